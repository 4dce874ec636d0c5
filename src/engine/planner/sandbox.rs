//! A throwaway server with the migrations replayed and a scale profile injected.

use super::lanes::{Lanes, is_whole};
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
use sqlx::{ConnectOptions, Executor, MySqlConnection};
use std::time::Duration;

/// The throwaway database's name.
const DATABASE: &str = "aura_db_sandbox";
/// Plans that are worth a lane of their own: its copies of tables are made while some hundred plans are.
const PLANS_PER_LANE: usize = 300;
/// Most lanes that a machine of many cores gets unless more are asked for.
const LANES: usize = 8;

/// A connection for EXPLAIN, with copies of tables that only it uses.
#[derive(Debug)]
pub(super) struct Lane {
    connection: MySqlConnection,
    literals: Literals,
}

/// How many plans of that many are made at once: as many as the machine has cores, if there is work for them.
#[must_use]
pub fn lanes_for(plans: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    plans.div_ceil(PLANS_PER_LANE).min(cores).clamp(1, LANES)
}

impl Planner {
    /// Starts a throwaway server, replays these statements and injects the scale. That many plans are made at once; they
    /// are the same however many.
    ///
    /// # Errors
    /// When no server can be started, a statement does not run there, or the statistics cannot be written.
    pub async fn sandbox(
        kind: ServerKind,
        statements: &[&Statement],
        scale: &Scale,
        version: JsonVersion,
        concurrency: usize,
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
        let opening = async {
            let literals = Literals::new(engine.clone(), DATABASE, sizeless, scale.clone());
            let mut lanes = Vec::new();
            for number in 1..concurrency {
                lanes.push(Lane {
                    connection: open(&sandbox, &engine, &schema, scale, version).await?,
                    literals: literals.beside(number),
                });
            }
            lanes.push(Lane { connection: open(&sandbox, &engine, &schema, scale, version).await?, literals });
            Ok(lanes)
        };
        let lanes = match opening.await {
            Ok(lanes) => lanes,
            Err(error) => return Err(cause(&sandbox, error).await.into()),
        };
        Ok(Self {
            engine,
            place: "sandbox".into(),
            statistics: Statistics::Injected { scale: scale.name.clone() },
            schema,
            notes,
            untranslated: Vec::new(),
            concurrency: lanes.len(),
            version,
            connections: Connections::Sandbox(Lanes::new(lanes.len(), lanes), Box::new(sandbox)),
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
        pool: 1,
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

/// A session that plans from injected statistics.
async fn open(
    sandbox: &Sandbox,
    engine: &Engine,
    schema: &Schema,
    scale: &Scale,
    version: JsonVersion,
) -> Result<MySqlConnection, EngineError> {
    let mut connection = sandbox.connect_options().database(DATABASE).connect().await?;
    stats::prepare_session(&mut connection, engine).await?;
    stats::set_collation(&mut connection, engine, schema).await?;
    stats::set_clock(&mut connection, schema, scale).await?;
    explain::prepare_session(&mut connection, engine, version).await?;
    Ok(connection)
}

pub(super) async fn explain(planner: &Planner, lanes: &Lanes<Lane>, sql: &str) -> Result<Plan, EngineError> {
    let turn = lanes.turn().await?;
    let Some(mut lane) = turn.take() else {
        return Err(EngineError::Connection("the connection to the throwaway server was lost".into()));
    };
    let answer = in_time(lane.literals.explain(&mut lane.connection, sql, planner.version)).await;
    if is_whole(&answer) {
        turn.give(lane);
    }
    answer
}
