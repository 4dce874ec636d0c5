//! A configured server, judged as it is: its own statistics, and nothing written to it.

use super::{Connections, Planner, PlannerError, in_time};
use crate::engine::connect::{Pool, Purpose, database, session};
use crate::engine::settings::Settings;
use crate::engine::{EngineError, explain, explain::JsonVersion, ledger};
use crate::model::plan::Plan;
use crate::model::report::Statistics;
use sqlx::pool::PoolConnection;
use sqlx::{MySql, MySqlPool};
use std::time::Duration;

impl Planner {
    /// Connects to a configured server.
    ///
    /// # Errors
    /// When it cannot be reached, or its catalogue cannot be read.
    pub async fn server(settings: &Settings, version: JsonVersion) -> Result<Self, PlannerError> {
        let mut session = session(settings, Purpose::Read).await?;
        let mut schema = session.schema(&ledger::DEFAULT_TABLES).await?;
        let (engine, place) = (session.engine.clone(), session.place.clone());
        session.close().await.ok();
        let Pool::Server(pool) = database(settings).await?.pool else {
            return Err(EngineError::Unexpected("no server".into()).into());
        };
        let mut notes = Vec::new();
        let empty = schema.tables.iter().filter(|table| table.rows.unwrap_or(0) == 0).count();
        if schema.tables.is_empty() {
            notes.push("the database has no table: nothing can be said about its queries".into());
        } else if empty > 0 {
            notes.push(format!(
                "{empty} of {} tables are empty here, and plans on empty tables say little: use --sandbox to judge at a \
                 scale profile's size",
                schema.tables.len()
            ));
        }
        for table in schema.tables.iter_mut().filter(|table| table.rows == Some(0)) {
            // Nobody keeps an empty table for good: how large it will be is not known, rather than small.
            table.rows = None;
        }
        Ok(Self {
            engine,
            place,
            statistics: Statistics::Server,
            schema,
            notes,
            untranslated: Vec::new(),
            concurrency: usize::try_from(settings.pool).unwrap_or(1).max(1),
            version,
            connections: Connections::Server(pool),
        })
    }
}

/// What a server says that has no further connection for this account, or for anybody (`ER_CON_COUNT_ERROR`,
/// `ER_TOO_MANY_USER_CONNECTIONS`, `ER_USER_LIMIT_REACHED`).
const NO_MORE_CONNECTIONS: [u32; 3] = [1040, 1203, 1226];
/// How often to look for one of our own connections to become free, then.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A connection of the pool. Where the server gives no further one, those at hand have to do.
async fn acquire(pool: &MySqlPool) -> Result<PoolConnection<MySql>, EngineError> {
    match pool.acquire().await.map_err(EngineError::from) {
        Err(error) if error.code().is_some_and(|code| NO_MORE_CONNECTIONS.contains(&code)) && pool.size() > 0 => {}
        Err(EngineError::Server(error)) => {
            return Err(EngineError::Connection(format!("the server refused a connection: {}", error.message)));
        }
        other => return other,
    }
    loop {
        match pool.try_acquire() {
            Some(connection) => return Ok(connection),
            None if pool.size() == 0 => return Ok(pool.acquire().await?),
            None => tokio::time::sleep(LOOK_AGAIN).await,
        }
    }
}

pub(super) async fn explain(planner: &Planner, pool: &MySqlPool, sql: &str) -> Result<Plan, EngineError> {
    let mut connection = acquire(pool).await?;
    in_time(explain::explain_alone(&mut connection, &planner.engine, sql, planner.version)).await
}
