//! A throwaway server with the migrations replayed and a scale profile injected.

use super::{Connections, Planner, PlannerError, size};
use crate::engine::connect::{Purpose, session};
use crate::engine::explain::JsonVersion;
use crate::engine::sandbox::{Options, Sandbox, ServerKind};
use crate::engine::settings::{Address, Settings};
use crate::engine::{EngineError, explain, stats};
use crate::model::migration::Statement;
use crate::model::plan::Plan;
use crate::model::report::Statistics;
use crate::model::scale::Scale;
use sqlx::mysql::MySqlPoolOptions;
use sqlx::{ConnectOptions, Executor, MySqlPool};
use std::time::Duration;

/// The throwaway database's name.
const DATABASE: &str = "aura_db_sandbox";
/// Connections for EXPLAIN: plans cost the server a fraction of a millisecond, so a few keep it busy.
const POOL: u32 = 4;

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
        let mut connection = sandbox.connect_options().connect().await?;
        connection.execute("CREATE DATABASE aura_db_sandbox CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci").await?;
        connection.execute("USE aura_db_sandbox").await?;
        let options = sandbox.connect_options().database(DATABASE);
        let settings = Settings {
            address: Address::Server(Box::new(options.clone())),
            pool: POOL,
            connect_timeout: Duration::from_secs(30),
            lock_wait_timeout: Duration::from_secs(30),
            lock_give_up: Duration::ZERO,
            runner_lock_timeout: Duration::from_secs(30),
        };
        let mut replay = session(&settings, Purpose::Write).await?;
        for statement in statements {
            replay
                .run(&statement.sql)
                .await
                .map_err(|error| PlannerError::Replay { at: statement.at.clone(), error })?;
        }
        let mut schema = replay.schema(&[]).await?;
        let engine = replay.engine.clone();
        replay.close().await?;
        let injected = stats::inject(&mut connection, &engine, DATABASE, &schema, scale).await?;
        let mut notes = size(&mut schema, scale);
        let not_innodb = injected.skipped.iter().filter(|(_, reason)| reason.contains("InnoDB"));
        notes.extend(not_innodb.map(|(table, reason)| format!("{table} has no injected statistics: {reason}")));
        let for_sessions = engine.clone();
        let pool = MySqlPoolOptions::new()
            .max_connections(POOL)
            .acquire_timeout(Duration::from_mins(1))
            .test_before_acquire(false)
            .after_connect(move |connection, _| {
                let engine = for_sessions.clone();
                Box::pin(async move {
                    let prepared = async {
                        stats::prepare_session(connection, &engine).await?;
                        explain::prepare_session(connection, &engine, version).await
                    };
                    prepared.await.map_err(|error| sqlx::Error::Protocol(error.to_string()))
                })
            })
            .connect_lazy_with(options);
        Ok(Self {
            engine,
            place: "sandbox".into(),
            statistics: Statistics::Injected { scale: scale.name.clone() },
            schema,
            notes,
            untranslated: Vec::new(),
            concurrency: POOL as usize,
            version,
            connections: Connections::Sandbox(pool, Box::new(sandbox)),
        })
    }
}

pub(super) async fn explain(planner: &Planner, pool: &MySqlPool, sql: &str) -> Result<Plan, EngineError> {
    let mut connection = pool.acquire().await?;
    stats::explain(&mut connection, &planner.engine, &planner.schema, sql, planner.version).await
}
