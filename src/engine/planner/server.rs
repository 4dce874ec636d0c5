//! A configured server, judged as it is: its own statistics, and nothing written to it.

use super::{Connections, Planner, PlannerError};
use crate::engine::connect::{Pool, Purpose, database, session};
use crate::engine::settings::Settings;
use crate::engine::{EngineError, explain, explain::JsonVersion, ledger};
use crate::model::plan::Plan;
use crate::model::report::Statistics;
use sqlx::MySqlPool;

impl Planner {
    /// Connects to a configured server.
    ///
    /// # Errors
    /// When it cannot be reached, or its catalogue cannot be read.
    pub async fn server(settings: &Settings, version: JsonVersion) -> Result<Self, PlannerError> {
        let mut session = session(settings, Purpose::Read).await?;
        let schema = session.schema(&[ledger::TABLE]).await?;
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
        Ok(Self {
            engine,
            place,
            statistics: Statistics::Server,
            schema,
            notes,
            concurrency: usize::try_from(settings.pool).unwrap_or(1).max(1),
            version,
            connections: Connections::Server(pool),
        })
    }
}

pub(super) async fn explain(planner: &Planner, pool: &MySqlPool, sql: &str) -> Result<Plan, EngineError> {
    let mut connection = pool.acquire().await?;
    explain::prepare_session(&mut connection, &planner.engine, planner.version).await?;
    explain::explain(&mut connection, &planner.engine, sql, planner.version).await
}
