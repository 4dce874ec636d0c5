//! The second connection that looks after a statement which takes long: it names who is in the way, says how far the
//! statement has come, and shows other runners that this one is alive. It never makes the statement fail.

use super::blockers::Blockers;
use super::waits::{self, Wanted};
use super::{Notice, Notify};
use crate::engine::canceller::Canceller;
use crate::engine::progress::progress;
use crate::engine::text;
use crate::engine::{EngineError, journal};
use sqlx::MySqlConnection;
use std::time::{Duration, Instant};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(1);
/// Longest time that one look may take.
const ROUND: Duration = Duration::from_secs(5);
/// How often the connection must be missing from the process list before it is taken to be gone.
const MISSING: u32 = 3;

/// What is known of a session through its companion.
#[derive(Debug)]
pub(super) struct Companion {
    canceller: Canceller,
    connection: Option<MySqlConnection>,
    /// Who was last seen in the way of the statement at hand.
    pub(super) blockers: Option<Blockers>,
    /// Whether the session was ever seen; behind a proxy its id may mean nothing to the server.
    seen: bool,
}

impl Companion {
    pub(super) fn new(canceller: Canceller) -> Self {
        Self { canceller, connection: None, blockers: None, seen: false }
    }

    /// Looks after a statement until this future is dropped. It ends by itself only when the statement's connection is
    /// certain to be dead, and says why.
    pub(super) async fn watch(
        &mut self,
        wanted: &Wanted,
        heartbeat: bool,
        after: Duration,
        dead_after: Duration,
        notify: &mut Notify<'_>,
    ) -> String {
        tokio::time::sleep(after).await;
        let mut told = Told::default();
        let mut unreachable: Option<Instant> = None;
        let mut missing = 0;
        loop {
            // Dropped in the middle, it takes the connection with it, whose answer nobody would read.
            let connection = self.connection.take();
            let round = Self::round(&self.canceller, connection, wanted, heartbeat);
            match tokio::time::timeout(ROUND, round).await.unwrap_or_else(|_| Err(silent())) {
                Ok((connection, look)) => {
                    self.connection = Some(connection);
                    unreachable = None;
                    missing = if look.state.is_none() { missing + 1 } else { 0 };
                    self.seen |= look.state.is_some();
                    if self.seen && missing >= MISSING {
                        return format!(
                            "the server no longer knows connection {}, and has not answered",
                            wanted.connection
                        );
                    }
                    self.tell(look, &mut told, notify);
                }
                // The server answers, and gives no second connection.
                Err(EngineError::Server(_)) => unreachable = None,
                Err(error) => {
                    let since = *unreachable.get_or_insert_with(Instant::now);
                    if since.elapsed() >= dead_after {
                        return format!(
                            "the server has been out of reach for {} s: {error}",
                            since.elapsed().as_secs()
                        );
                    }
                }
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    async fn round(
        canceller: &Canceller,
        connection: Option<MySqlConnection>,
        wanted: &Wanted,
        heartbeat: bool,
    ) -> Result<(MySqlConnection, Look), EngineError> {
        let mut connection = match connection {
            Some(connection) => connection,
            None => open(canceller).await?,
        };
        if heartbeat {
            // The table may not be there, and a row of it may be locked: the next second is as good.
            let _ = text::run(&mut connection, beat(wanted.connection)).await;
        }
        let listed = text::lossy_rows(&mut connection, "SHOW PROCESSLIST".into()).await?;
        let state = listed.iter().find(|row| row.number(0) == Some(wanted.connection)).map(|row| row.text(6));
        let waits = state.as_deref().is_some_and(waits_for_lock);
        // A wait for a row is no state of its own.
        let rows = if wanted.rows && state.is_some() && !waits {
            waits::row_holders(&mut connection, wanted).await.ok().filter(|holders| !holders.is_empty())
        } else {
            None
        };
        let state = if rows.is_some() { Some("Waiting for a row lock".to_owned()) } else { state };
        let blockers = match rows {
            Some(holders) => Some(Blockers::Known(holders)),
            None if waits => Some(waits::blockers(&mut connection, wanted).await),
            None => None,
        };
        // Rows that are written have no progress that a server would tell.
        let progress = if heartbeat && !waits {
            progress(&mut connection, wanted.kind, wanted.connection).await.map(|progress| progress.to_string())
        } else {
            None
        };
        Ok((connection, Look { state, blockers, progress }))
    }

    fn tell(&mut self, look: Look, told: &mut Told, notify: &mut Notify<'_>) {
        if let Some(blockers) = look.blockers {
            let ids = blockers.connections();
            if !told.waiting || ids != told.connections {
                notify(Notice::Waiting { state: look.state.unwrap_or_default(), blockers: blockers.clone() });
                *told = Told { waiting: true, connections: ids, ..std::mem::take(told) };
            }
            self.blockers = Some(blockers);
        }
        if let Some(progress) = look.progress
            && told.progress.as_ref() != Some(&progress)
        {
            notify(Notice::Progress(progress.clone()));
            told.progress = Some(progress);
        }
    }
}

/// What one look has found.
#[derive(Debug)]
struct Look {
    /// The state of the session; `None` when the server does not list it.
    state: Option<String>,
    blockers: Option<Blockers>,
    progress: Option<String>,
}

/// What the user has been told of the attempt at hand.
#[derive(Debug, Default)]
struct Told {
    waiting: bool,
    connections: Vec<u64>,
    progress: Option<String>,
}

fn silent() -> EngineError {
    EngineError::Connection("the second connection did not answer".into())
}

/// Opens the companion's connection, which must never hold anybody up.
async fn open(canceller: &Canceller) -> Result<MySqlConnection, EngineError> {
    let mut connection =
        canceller.connect().await?.ok_or_else(|| EngineError::Unexpected("there is no server".into()))?;
    let careful = "SET SESSION lock_wait_timeout = 1, innodb_lock_wait_timeout = 1, autocommit = 1; \
                   SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";
    text::run(&mut connection, careful.into()).await?;
    Ok(connection)
}

fn beat(connection: u64) -> String {
    format!(
        "UPDATE {} SET heartbeat = CURRENT_TIMESTAMP(6) WHERE connection = {connection} AND progress = 'begun'",
        journal::TABLE
    )
}

/// Whether a state in the process list is a wait for a lock on a table or another object. `MySQL` and `MariaDB` have
/// `Waiting for table metadata lock` and the like, `Waiting for table flush`, `Waiting for backup lock`.
fn waits_for_lock(state: &str) -> bool {
    state.starts_with("Waiting for ") && (state.ends_with(" lock") || state.ends_with(" flush"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn waits_are_told_from_work() {
        for state in ["Waiting for table metadata lock", "Waiting for schema metadata lock", "Waiting for table flush"]
        {
            assert!(super::waits_for_lock(state), "{state}");
        }
        for state in ["altering table", "copy to tmp table", "User sleep", "Waiting for handler commit", ""] {
            assert!(!super::waits_for_lock(state), "{state}");
        }
    }
}
