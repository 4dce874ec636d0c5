//! A throwaway server with the migrations replayed and a scale profile injected.

use super::{Connections, Planner, PlannerError, cause, in_time, size};
use crate::engine::connect::{Purpose, session};
use crate::engine::explain::JsonVersion;
use crate::engine::sandbox::{Options, Sandbox, ServerKind};
use crate::engine::settings::{Address, Settings};
use crate::engine::stats::Literals;
use crate::engine::{EngineError, explain, stats};
use crate::model::engine::Engine;
use crate::model::migration::Statement;
use crate::model::plan::Plan;
use crate::model::report::Statistics;
use crate::model::scale::Scale;
use crate::model::schema::Schema;
use sqlx::mysql::MySqlPoolOptions;
use sqlx::{ConnectOptions, Executor, MySqlPool};
use std::time::Duration;

/// The throwaway database's name.
const DATABASE: &str = "aura_db_sandbox";
/// Connections for EXPLAIN: plans cost the server a fraction of a millisecond, so a few keep it busy.
const POOL: u32 = 4;
/// Longest wait for one of them. The server is this machine's own, and each has one of the questions to itself.
const ACQUIRE: Duration = Duration::from_secs(15);

impl Planner {
    /// Starts a throwaway server, replays these statements and injects the scale.
    ///
    /// # Errors
    /// When no server can be started, a statement does not run there, or the statistics cannot be written.
    pub async fn sandbox(
        kind: ServerKind,
        statements: &[&Statement],
        scale: &Scale,
        version: JsonVersion,
    ) -> Result<Self, PlannerError> {
        let sandbox = Sandbox::start(&Options::new(kind)).await?;
        let filled = match fill(&sandbox, statements, scale).await {
            Err(PlannerError::Engine(error)) => return Err(cause(&sandbox, error).await.into()),
            Err(PlannerError::Replay { at, error }) => {
                return Err(PlannerError::Replay { at, error: cause(&sandbox, error).await });
            }
            filled => filled?,
        };
        let Filled { engine, schema, sizeless, notes } = filled;
        let literals = Literals::new(engine.clone(), DATABASE, sizeless, scale.clone());
        let for_sessions = engine.clone();
        let clock = std::sync::Arc::new((schema.clone(), scale.clone()));
        let pool = MySqlPoolOptions::new()
            .max_connections(POOL)
            .acquire_timeout(ACQUIRE)
            .test_before_acquire(false)
            .after_connect(move |connection, _| {
                let (engine, clock) = (for_sessions.clone(), clock.clone());
                Box::pin(async move {
                    let prepared = async {
                        stats::prepare_session(connection, &engine).await?;
                        stats::set_collation(connection, &engine, &clock.0).await?;
                        stats::set_clock(connection, &clock.0, &clock.1).await?;
                        explain::prepare_session(connection, &engine, version).await
                    };
                    prepared.await.map_err(|error| sqlx::Error::Protocol(error.to_string()))
                })
            })
            .connect_lazy_with(sandbox.connect_options().database(DATABASE));
        Ok(Self {
            engine,
            place: "sandbox".into(),
            statistics: Statistics::Injected { scale: scale.name.clone() },
            schema,
            notes,
            untranslated: Vec::new(),
            concurrency: POOL as usize,
            version,
            connections: Connections::Sandbox(pool, Box::new(sandbox), Box::new(literals)),
        })
    }
}

/// What a throwaway server holds when it is ready for questions.
struct Filled {
    engine: Engine,
    schema: Schema,
    /// The schema as the server gives it.
    sizeless: Schema,
    notes: Vec<String>,
}

/// Replays the statements and injects the scale.
async fn fill(sandbox: &Sandbox, statements: &[&Statement], scale: &Scale) -> Result<Filled, PlannerError> {
    let mut connection = sandbox.connect_options().connect().await?;
    connection.execute("CREATE DATABASE aura_db_sandbox CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci").await?;
    connection.execute("USE aura_db_sandbox").await?;
    let settings = Settings {
        address: Address::Server(Box::new(sandbox.connect_options().database(DATABASE))),
        pool: POOL,
        connect_timeout: Duration::from_secs(30),
        lock_wait_timeout: Duration::from_secs(30),
        lock_give_up: Duration::ZERO,
        runner_lock_timeout: Duration::from_secs(30),
    };
    let mut replay = session(&settings, Purpose::Write).await?;
    for statement in statements {
        replay.run(&statement.sql).await.map_err(|error| PlannerError::Replay { at: statement.at.clone(), error })?;
    }
    let mut schema = replay.schema(&[]).await?;
    let engine = replay.engine.clone();
    replay.close().await?;
    let injected = stats::inject(&mut connection, &engine, DATABASE, &schema, scale).await?;
    let sizeless = schema.clone();
    let mut notes = size(&mut schema, scale);
    let not_innodb = injected.skipped.iter().filter(|(_, reason)| reason.contains("InnoDB"));
    notes.extend(not_innodb.map(|(table, reason)| format!("{table} has no injected statistics: {reason}")));
    Ok(Filled { engine, schema, sizeless, notes })
}

pub(super) async fn explain(
    planner: &Planner,
    pool: &MySqlPool,
    literals: &Literals,
    sql: &str,
) -> Result<Plan, EngineError> {
    let mut connection = pool.acquire().await?;
    in_time(literals.explain(&mut connection, sql, planner.version)).await
}
