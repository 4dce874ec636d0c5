//! A scratch schema: a database of its own on the server in use, named by the user, made for trying statements on the very
//! server that will run them, and dropped again whatever happens.
//!
//! A table in it marks it as aura-db's: what a run that was killed has left is known by it, and removed by the next run.

use crate::engine::EngineError;
use crate::engine::definitions::Definitions;
use crate::engine::settings::{Address, Settings, server_options};
use crate::engine::text::{self, name, text};
use crate::model::engine::Engine;
use crate::sql::reach;
use sha2::{Digest as _, Sha256};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{ConnectOptions, Connection};
use std::collections::BTreeSet;
use std::time::Duration;

/// The table that marks a scratch schema.
pub(super) const MARKER: &str = "_aura_db_scratch";
/// The marker's comment.
const MARK: &str = "scratch schema of aura-db: dropped by its next run";
/// The servers' own databases.
const SYSTEM: [&str; 4] = ["mysql", "sys", "information_schema", "performance_schema"];
/// Seconds that the connection which holds the lock may be idle.
const IDLE: u32 = 8 * 3600;
/// Longest time for removing it when there is nobody left to wait for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// The database. Dropped without [`Scratch::end`], as by Ctrl-C or after an error, it is removed all the same.
#[derive(Debug)]
pub(super) struct Scratch {
    name: String,
    engine: Engine,
    /// The server's databases, in lower case.
    known: BTreeSet<String>,
    way: Box<MySqlConnectOptions>,
    /// Holds the lock by which a second run with the same name is refused.
    keeper: Option<MySqlConnection>,
    /// Connections that work in it: they must be gone before it can be dropped.
    guests: Vec<u64>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is not there, or not ours.
    None,
    /// Its making was asked for: it is ours if it is empty.
    Making,
    /// It is there, and marked.
    Made,
}

impl Scratch {
    /// Makes it, like the database that it stands for. What a killed run has left under its name is removed first.
    ///
    /// # Errors
    /// [`EngineError::Conflict`] when there is a database of that name that is not aura-db's, or another run uses it; else
    /// what the server says.
    pub(super) async fn make(settings: &Settings, wanted: &str, like: &Definitions) -> Result<Self, EngineError> {
        let Address::Server(options) = &settings.address else {
            return Err(EngineError::Configuration("the embedded engine has no scratch schema".into()));
        };
        let way = Box::new(server_options(options));
        let mut keeper = way.connect().await?;
        // It has nothing to do until the end, and must not be ended for that before: the lock would go with it.
        text::run(&mut keeper, format!("SET SESSION wait_timeout = {IDLE}")).await?;
        let sql = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA";
        let known: Vec<String> = text::rows(&mut keeper, sql.into()).await?.iter().map(|row| row.text(0)).collect();
        let own = [like.database.as_str()].into_iter().chain(SYSTEM);
        if let Some(taken) = own.into_iter().find(|taken| taken.eq_ignore_ascii_case(wanted)) {
            return Err(EngineError::Conflict(format!(
                "`{taken}` cannot be the scratch schema: name a database that does not exist"
            )));
        }
        lock(&mut keeper, wanted).await?;
        if known.iter().any(|there| there.eq_ignore_ascii_case(wanted)) {
            if !is_ours(&mut keeper, wanted).await? {
                return Err(EngineError::Conflict(format!(
                    "the database `{wanted}` exists and is not marked as aura-db's scratch schema: name one that does not \
                     exist, or drop it yourself if it is of no use"
                )));
            }
            // The killed run may have left a statement at work there, which holds what is to be dropped.
            let guests = guests_of(&mut keeper, wanted).await?;
            remove(&mut keeper, wanted, &guests, State::Made).await?;
        }
        let known = known.iter().map(|known| known.to_lowercase()).chain([wanted.to_lowercase()]).collect();
        let engine = like.engine.clone();
        let state = State::None;
        let mut made =
            Self { name: wanted.into(), engine, known, way, keeper: Some(keeper), guests: Vec::new(), state };
        made.create(&like.collation).await?;
        Ok(made)
    }

    async fn create(&mut self, (charset, collation): &(String, String)) -> Result<(), EngineError> {
        let place = name(&self.name);
        let create = format!("CREATE DATABASE {place} CHARACTER SET {} COLLATE {}", text(charset), text(collation));
        let mark = format!("CREATE TABLE {place}.{MARKER} (id INT NOT NULL PRIMARY KEY) COMMENT = {}", text(MARK));
        let Some(keeper) = self.keeper.as_mut() else { return Ok(()) };
        self.state = State::Making;
        if let Err(error) = text::run(keeper, create).await {
            let named = &self.name;
            return Err(match error {
                EngineError::Server(error) => {
                    self.state = State::None;
                    EngineError::Conflict(format!(
                        "the scratch schema `{named}` could not be made: error {}: {}; it takes the right to create, change and \
                     drop it, as by GRANT ALL ON `{named}`.*",
                        error.code, error.message
                    ))
                }
                // Whether it was made is not known, so that it is looked for.
                other => other,
            });
        }
        text::run(keeper, mark).await?;
        self.state = State::Made;
        Ok(())
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How to connect to it.
    pub(super) fn options(&self) -> MySqlConnectOptions {
        self.way.as_ref().clone().database(&self.name)
    }

    /// Takes note of a connection that works in it.
    pub(super) fn receive(&mut self, connection: u64) {
        self.guests.push(connection);
    }

    /// Why a statement may touch more than this database, so that it must not be tried here.
    pub(super) fn beyond(&self, sql: &str) -> Option<String> {
        reach::beyond(sql, &self.engine, &self.known)
    }

    /// Drops it, once everybody who worked in it has gone.
    ///
    /// # Errors
    /// When the server refuses; the next run tries again.
    pub(super) async fn end(mut self) -> Result<(), EngineError> {
        let mut outcome = Err(EngineError::Unexpected("the scratch schema has lost its connection".into()));
        if let Some(mut keeper) = self.keeper.take() {
            outcome = remove(&mut keeper, &self.name, &self.guests, self.state).await;
            keeper.close().await.ok();
        }
        if outcome.is_err() {
            // The server may have ended a connection that had nothing to do for so long.
            let mut again = self.way.connect().await?;
            outcome = remove(&mut again, &self.name, &self.guests, self.state).await;
            again.close().await.ok();
        }
        if outcome.is_ok() {
            self.state = State::None;
        }
        outcome
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.state == State::None {
            return;
        }
        let (way, place, guests, state) =
            (self.way.clone(), self.name.clone(), std::mem::take(&mut self.guests), self.state);
        // The runtime at hand may be on its way out, and nothing may be awaited here: a thread with one of its own.
        let removing = std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
            let work = async {
                let mut connection = way.connect().await?;
                remove(&mut connection, &place, &guests, state).await
            };
            // Nobody is left to be told; the marker tells the next run.
            let _ = runtime.block_on(async { tokio::time::timeout(PATIENCE, work).await });
        });
        let _ = removing.join();
    }
}

async fn remove(conn: &mut MySqlConnection, place: &str, guests: &[u64], state: State) -> Result<(), EngineError> {
    for guest in guests {
        match text::run(conn, format!("KILL {guest}")).await {
            // Gone already.
            Err(error) if error.code() == Some(1094) => {}
            other => other?,
        }
    }
    let is_ours = match state {
        State::None => false,
        State::Made => true,
        State::Making => is_ours(conn, place).await? || is_empty(conn, place).await?,
    };
    if is_ours {
        text::run(conn, format!("SET SESSION lock_wait_timeout = {}", PATIENCE.as_secs())).await?;
        text::run(conn, format!("DROP DATABASE IF EXISTS {}", name(place))).await?;
    }
    Ok(())
}

/// The connections that work in it. `SHOW` rather than a query: see `engine::canceller`.
async fn guests_of(conn: &mut MySqlConnection, place: &str) -> Result<Vec<u64>, EngineError> {
    let rows = text::lossy_rows(conn, "SHOW PROCESSLIST".into()).await?;
    Ok(rows.iter().filter(|row| row.text(3).eq_ignore_ascii_case(place)).filter_map(|row| row.number(0)).collect())
}

/// Takes the lock of that name, which the server gives back when the connection ends.
async fn lock(conn: &mut MySqlConnection, place: &str) -> Result<(), EngineError> {
    let hash = Sha256::digest(place.to_lowercase());
    let hash = hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    let rows = text::rows(conn, format!("SELECT GET_LOCK('aura_db_scratch.{hash:016x}', 5)")).await?;
    match rows.first().and_then(|row| row.number(0)) {
        Some(1) => Ok(()),
        _ => Err(EngineError::Conflict(format!("another run uses the scratch schema `{place}`: give each its own"))),
    }
}

async fn is_ours(conn: &mut MySqlConnection, place: &str) -> Result<bool, EngineError> {
    let sql = format!(
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} AND TABLE_COMMENT = {}",
        text(place),
        text(MARKER),
        text(MARK)
    );
    Ok(text::rows(conn, sql).await?.first().and_then(|row| row.number(0)) == Some(1))
}

async fn is_empty(conn: &mut MySqlConnection, place: &str) -> Result<bool, EngineError> {
    let sql = format!("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = {}", text(place));
    Ok(text::rows(conn, sql).await?.first().and_then(|row| row.number(0)) == Some(0))
}
