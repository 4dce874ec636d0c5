//! A database that plans are asked of: a configured server as it is, or a throwaway one at a scale profile's size.

mod embedded;
mod lanes;
mod sandbox;
mod server;

use super::EngineError;
use super::explain::JsonVersion;
use super::sandbox::Sandbox;
use super::stats::cardinality::{column_scale, distinct_of_prefix, rows_of};
use crate::model::engine::Engine;
use crate::model::location::Location;
use crate::model::plan::Plan;
use crate::model::report::Statistics;
use crate::model::scale::Scale;
use crate::model::schema::Schema;
use lanes::Lanes;
use sandbox::Lane;
pub use sandbox::lanes_for;
use sqlx::SqlitePool;
use std::future::Future;
use std::time::Duration;

/// Longest wait for one plan. The server's own limit on an EXPLAIN is 20 s.
const SILENCE: Duration = Duration::from_secs(45);

/// A database that plans are asked of. Dropping it ends its throwaway server.
#[derive(Debug)]
pub struct Planner {
    /// The engine and its version.
    pub engine: Engine,
    /// Where it is: `embedded`, `sandbox`, or a server without secrets.
    pub place: String,
    /// Where its statistics come from.
    pub statistics: Statistics,
    /// Its schema, with rows and cardinalities from the same source as the plans.
    pub schema: Schema,
    /// What the reader must know before believing its plans.
    pub notes: Vec<String>,
    /// Statements of migrations that could not be replayed there, each with the reason.
    pub untranslated: Vec<(Location, String)>,
    /// How many plans may be asked for at once.
    pub concurrency: usize,
    version: JsonVersion,
    connections: Connections,
}

#[derive(Debug)]
enum Connections {
    /// A configured server, judged as it is.
    Server(Box<server::Links>),
    /// A throwaway server with injected statistics.
    Sandbox(Lanes<Lane>, Box<Sandbox>),
    /// `SQLite` in memory with injected statistics.
    Embedded(SqlitePool, Box<Scale>),
}

/// A planner that could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum PlannerError {
    /// A migration's statement does not run there.
    #[error("{at}: {error}")]
    Replay {
        /// The statement.
        at: Location,
        /// What went wrong.
        error: EngineError,
    },
    /// No server could be started.
    #[error(transparent)]
    Sandbox(#[from] super::sandbox::SandboxError),
    /// The database refused, or could not be reached.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<sqlx::Error> for PlannerError {
    fn from(error: sqlx::Error) -> Self {
        Self::Engine(error.into())
    }
}

impl Planner {
    /// The plan of one statement in `MySQL`'s dialect, its parameters bound. Only EXPLAIN is run.
    ///
    /// # Errors
    /// What the engine says, or why the statement may not be explained.
    pub async fn explain(&self, sql: &str) -> Result<Plan, EngineError> {
        match &self.connections {
            Connections::Server(links) => server::explain(self, links, sql).await,
            Connections::Sandbox(lanes, server) => match sandbox::explain(self, lanes, sql).await {
                Err(error) => Err(cause(server, error).await),
                plan => plan,
            },
            Connections::Embedded(pool, scale) => embedded::explain(self, pool, scale, sql).await,
        }
    }
}

/// Gives up on a server that says nothing any more, although its own limit on an EXPLAIN has long passed.
async fn in_time(asking: impl Future<Output = Result<Plan, EngineError>>) -> Result<Plan, EngineError> {
    within(SILENCE, asking).await
}

async fn within<T>(limit: Duration, asking: impl Future<Output = Result<T, EngineError>>) -> Result<T, EngineError> {
    tokio::time::timeout(limit, asking).await.unwrap_or_else(|_| {
        Err(EngineError::Connection(format!("the server has not answered for {} s", limit.as_secs())))
    })
}

/// Puts the end of a throwaway server in place of the broken connection that came of it.
async fn cause(server: &Sandbox, error: EngineError) -> EngineError {
    match error {
        EngineError::Connection(broken) => {
            EngineError::Connection(server.ended().await.map_or(broken, |end| end.to_string()))
        }
        error => error,
    }
}

/// Gives a schema the sizes of a scale profile, as they were injected; names the tables that the profile leaves out.
fn size(schema: &mut Schema, scale: &Scale) -> Vec<String> {
    let sizeless = schema.clone();
    let mut unknown = Vec::new();
    for table in &mut schema.tables {
        table.rows = rows_of(table, scale);
        if table.rows.is_none() {
            unknown.push(table.name.clone());
            continue;
        }
        let whole = table.clone();
        for column in &mut table.columns {
            let known = column_scale(&whole, &column.name, scale);
            column.distinct = known.and_then(|column| column.distinct);
            column.null_fraction = known.map(|column| column.null_fraction);
            column.hot = known.map(|column| column.hot.clone()).unwrap_or_default();
        }
        for index in &mut table.indexes {
            index.cardinality = distinct_of_prefix(&whole, index, scale, &sizeless);
        }
    }
    if unknown.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "the scale profile `{}` does not list {}: plans on them say little, and nothing is said of their size",
        scale.name,
        unknown.join(", ")
    )]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_says_nothing_is_given_up_on() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let silent = std::future::pending::<Result<(), EngineError>>();
        let error = runtime.block_on(within(Duration::from_millis(1), silent)).unwrap_err();
        assert!(matches!(error, EngineError::Connection(_)), "{error}");
        assert_eq!(runtime.block_on(within(SILENCE, async { Ok(7) })).unwrap(), 7);
    }
}
