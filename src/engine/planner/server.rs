//! A configured server, judged as it is: its own statistics, and nothing written to it.

use super::lanes::{Lanes, Turn, is_whole};
use super::{Connections, Planner, PlannerError, in_time};
use crate::engine::connect::{Purpose, session};
use crate::engine::settings::{Address, Settings, server_options};
use crate::engine::{EngineError, explain, explain::JsonVersion, ledger};
use crate::model::plan::Plan;
use crate::model::report::Statistics;
use sqlx::Connection as _;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use std::sync::atomic::{AtomicUsize, Ordering};
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
        // Before any other is opened, so that one free connection on the server is enough.
        session.close().await.ok();
        let links = Links::new(settings)?;
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
            connections: Connections::Server(Box::new(links)),
        })
    }
}

/// What a server says that has no further connection for this account, or for anybody (`ER_CON_COUNT_ERROR`,
/// `ER_TOO_MANY_USER_CONNECTIONS`, `ER_USER_LIMIT_REACHED`).
const NO_MORE_CONNECTIONS: [u32; 3] = [1040, 1203, 1226];
/// How often to look for one of our own connections to become free, then.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Connections to a configured server, each opened when it is first needed.
#[derive(Debug)]
pub(super) struct Links {
    options: MySqlConnectOptions,
    /// Longest wait for one.
    timeout: Duration,
    lanes: Lanes<MySqlConnection>,
    open: AtomicUsize,
}

impl Links {
    fn new(settings: &Settings) -> Result<Self, EngineError> {
        let Address::Server(options) = &settings.address else {
            return Err(EngineError::Unexpected("the embedded engine is read in memory, not through links".into()));
        };
        let timeout = settings.connect_timeout.max(Duration::from_secs(1));
        let most = usize::try_from(settings.pool).unwrap_or(1);
        let lanes = Lanes::new(most, Vec::new());
        Ok(Self { options: server_options(options), timeout, lanes, open: AtomicUsize::new(0) })
    }

    /// A connection. Where the server gives no further one, those at hand have to do.
    async fn open(&self, turn: &Turn<'_, MySqlConnection>) -> Result<MySqlConnection, EngineError> {
        loop {
            if let Some(free) = turn.take() {
                return Ok(free);
            }
            let connecting = MySqlConnection::connect_with(&self.options);
            let timed = tokio::time::timeout(self.timeout, connecting).await;
            match timed.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(EngineError::from) {
                Ok(connection) => {
                    self.open.fetch_add(1, Ordering::SeqCst);
                    return Ok(connection);
                }
                Err(error)
                    if error.code().is_some_and(|code| NO_MORE_CONNECTIONS.contains(&code))
                        && self.open.load(Ordering::SeqCst) > 0 =>
                {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                Err(EngineError::Server(error)) => {
                    return Err(EngineError::Connection(format!("the server refused a connection: {}", error.message)));
                }
                Err(error) => return Err(error),
            }
        }
    }
}

pub(super) async fn explain(planner: &Planner, links: &Links, sql: &str) -> Result<Plan, EngineError> {
    let turn = links.lanes.turn().await?;
    let mut connection = links.open(&turn).await?;
    let answer = in_time(explain::explain_alone(&mut connection, &planner.engine, sql, planner.version)).await;
    if is_whole(&answer) {
        turn.give(connection);
    } else {
        links.open.fetch_sub(1, Ordering::SeqCst);
    }
    answer
}
