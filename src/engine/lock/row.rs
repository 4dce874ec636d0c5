//! The lock as a row of a table, with a heartbeat: for servers, clusters and proxies without advisory locks.
//!
//! The row is written over a connection of its own, since the run's transaction must not hold it. All times are the
//! server's. A row whose heartbeat is old is taken over, and the connection of its runner ended first.

use super::{Tell, locked};
use crate::engine::canceller::Canceller;
use crate::engine::text::{self, TextRow};
use crate::engine::{EngineError, Session};
use sqlx::{Connection as _, MySqlConnection};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// The table.
pub const TABLE: &str = "_aura_db_lock";

const CREATE: &str = "CREATE TABLE IF NOT EXISTS _aura_db_lock (
    id TINYINT NOT NULL,
    owner CHAR(32) CHARACTER SET ascii NOT NULL,
    connection BIGINT UNSIGNED NOT NULL,
    server VARCHAR(255) NOT NULL,
    host VARCHAR(255) NOT NULL,
    pid INT UNSIGNED NOT NULL,
    acquired_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    heartbeat TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4";

/// The server that a connection's id belongs to, as other members of a cluster have ids of their own.
const SERVER: &str = "CONCAT(@@hostname, ':', @@port)";

/// A row without a heartbeat for so many seconds is nobody's.
const STALE: u64 = 15;
/// How often the heartbeat is written.
const BEAT: Duration = Duration::from_secs(2);
/// How often a waiting runner looks.
const LOOK: Duration = Duration::from_millis(500);

/// The row, held.
#[derive(Debug)]
pub(super) struct Held {
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
    lost: Arc<AtomicBool>,
}

impl Held {
    pub(super) fn lost(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.lost)
    }

    /// Removes the row. One that cannot be removed is stale soon.
    pub(super) async fn release(self) {
        let _ = self.stop.send(());
        let _ = tokio::time::timeout(Duration::from_secs(5), self.task).await;
    }
}

/// Who has the row.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owner {
    token: String,
    connection: u64,
    /// In words.
    who: String,
    /// For how long there was no heartbeat, in seconds.
    silent: u64,
    /// Whether its connection is one of this server, since its last start.
    is_here: bool,
}

pub(super) async fn acquire(
    session: &Session,
    timeout: Duration,
    until: Instant,
    tell: &mut Tell<'_>,
) -> Result<Held, EngineError> {
    let canceller = session.canceller();
    let mut connection = open(&canceller).await.map_err(|error| match error {
        EngineError::Server(error) => EngineError::Locked(format!(
            "the lock row needs a second connection, which the server refused: error {}: {}",
            error.code, error.message
        )),
        other => other,
    })?;
    let token = token();
    let mut told = None;
    loop {
        let owner = match attempt(&mut connection, &token, canceller.connection_id()).await {
            Ok(None) => return Ok(keep(canceller, connection, token)),
            Ok(owner) => owner,
            // Members of a cluster find out at commit that two of them wrote the row at once.
            Err(error) if error.is_deadlock() || error.is_lock_timeout() => None,
            Err(error) => return Err(error),
        };
        if let Some(owner) = &owner {
            if told.as_ref() != Some(&owner.token) {
                tell(&format!("waiting for another runner: {}", owner.who));
                told = Some(owner.token.clone());
            }
            if owner.silent >= STALE && take_over(&mut connection, owner, &token, &canceller, tell).await? {
                return Ok(keep(canceller, connection, token));
            }
        }
        if Instant::now() >= until {
            return Err(locked(&owner.map_or_else(|| "one that was just ending".into(), |owner| owner.who), timeout));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Writes the row, or says whose it is.
async fn attempt(connection: &mut MySqlConnection, token: &str, id: u64) -> Result<Option<Owner>, EngineError> {
    let host = std::env::var("HOSTNAME").unwrap_or_default();
    let insert = format!(
        "INSERT IGNORE INTO {TABLE} (id, owner, connection, server, host, pid) VALUES (1, '{token}', {id}, {SERVER}, {}, {})",
        text::text(&host),
        std::process::id()
    );
    let written = match text::affected(connection, insert.clone()).await {
        Err(error) if error.code() == Some(1146) => {
            text::run(connection, CREATE.into()).await?;
            text::affected(connection, insert).await?
        }
        other => other?,
    };
    if written > 0 {
        return Ok(None);
    }
    let uptime = text::rows(connection, "SHOW GLOBAL STATUS LIKE 'Uptime'".into()).await?;
    let uptime = uptime.first().and_then(|row| row.number(1)).unwrap_or(0);
    let read = format!(
        "SELECT owner, connection, host, pid, GREATEST(0, TIMESTAMPDIFF(SECOND, heartbeat, CURRENT_TIMESTAMP(6))), \
         server = {SERVER}, TIMESTAMPDIFF(SECOND, acquired_at, CURRENT_TIMESTAMP(6)) FROM {TABLE} WHERE id = 1"
    );
    let row = text::rows(connection, read).await?;
    // Given back in between: the next attempt gets it.
    Ok(row.first().map(|row| owner(row, uptime)))
}

fn owner(row: &TextRow, uptime: u64) -> Owner {
    let (connection, silent, age) =
        (row.number(1).unwrap_or(0), row.number(4).unwrap_or(0), row.number(6).unwrap_or(u64::MAX));
    let host = row.text(2);
    let host = if host.is_empty() { "an unnamed host" } else { host.as_str() };
    Owner {
        token: row.text(0),
        connection,
        who: format!("process {} on {host}, connection {connection}, last heartbeat {silent} s ago", row.text(3)),
        silent,
        is_here: row.number(5) == Some(1) && age < uptime,
    }
}

/// Takes a row that is nobody's, after the connection of its runner is gone for certain.
async fn take_over(
    connection: &mut MySqlConnection,
    owner: &Owner,
    token: &str,
    canceller: &Canceller,
    tell: &mut Tell<'_>,
) -> Result<bool, EngineError> {
    let host = std::env::var("HOSTNAME").unwrap_or_default();
    let update = format!(
        "UPDATE {TABLE} SET owner = '{token}', connection = {}, server = {SERVER}, host = {}, pid = {}, \
         acquired_at = CURRENT_TIMESTAMP(6), heartbeat = CURRENT_TIMESTAMP(6) WHERE id = 1 AND owner = {} \
         AND heartbeat < CURRENT_TIMESTAMP(6) - INTERVAL {STALE} SECOND",
        canceller.connection_id(),
        text::text(&host),
        std::process::id(),
        text::text(&owner.token)
    );
    if text::affected(connection, update).await? == 0 {
        return Ok(false);
    }
    tell(&format!("the lock row had no heartbeat for {} s and is taken over: {}", owner.silent, owner.who));
    // Its runner may be alive and cut off: what it left running must not go on beside this run.
    if owner.is_here
        && let Err(error) = canceller.of(owner.connection).end().await
    {
        text::run(connection, format!("DELETE FROM {TABLE} WHERE id = 1 AND owner = '{token}'")).await?;
        return Err(EngineError::Locked(format!(
            "connection {} of the runner that showed no life could not be ended: {error}",
            owner.connection
        )));
    }
    Ok(true)
}

/// Writes the heartbeat until it is told to stop, then removes the row.
fn keep(canceller: Canceller, connection: MySqlConnection, token: String) -> Held {
    let (stop, mut stopped) = oneshot::channel();
    let lost = Arc::new(AtomicBool::new(false));
    let is_lost = Arc::clone(&lost);
    let task = tokio::spawn(async move {
        let mut connection = Some(connection);
        let mut seen = Instant::now();
        loop {
            tokio::select! {
                _ = &mut stopped => break,
                () = tokio::time::sleep(BEAT) => {}
            }
            let beat =
                format!("UPDATE {TABLE} SET heartbeat = CURRENT_TIMESTAMP(6) WHERE id = 1 AND owner = '{token}'");
            let beating = async {
                let mut open = match connection.take() {
                    Some(open) => open,
                    None => self::open(&canceller).await?,
                };
                let rows = text::affected(&mut open, beat).await?;
                Ok::<_, EngineError>((open, rows))
            };
            match tokio::time::timeout(BEAT * 2, beating).await {
                Ok(Ok((open, rows))) => {
                    connection = Some(open);
                    seen = Instant::now();
                    is_lost.fetch_or(rows == 0, Ordering::SeqCst);
                }
                // The next beat opens another connection. Without one for long, somebody else has the row by now.
                Ok(Err(_)) | Err(_) => {
                    is_lost.fetch_or(seen.elapsed() >= Duration::from_secs(STALE), Ordering::SeqCst);
                }
            }
        }
        let mut open = match connection {
            Some(connection) => connection,
            None => match self::open(&canceller).await {
                Ok(connection) => connection,
                Err(_) => return,
            },
        };
        let _ = text::run(&mut open, format!("DELETE FROM {TABLE} WHERE id = 1 AND owner = '{token}'")).await;
        let _ = open.close().await;
    });
    Held { stop, task, lost }
}

async fn open(canceller: &Canceller) -> Result<MySqlConnection, EngineError> {
    let mut connection =
        canceller.connect().await?.ok_or_else(|| EngineError::Unexpected("there is no server".into()))?;
    text::run(
        &mut connection,
        "SET SESSION lock_wait_timeout = 3, innodb_lock_wait_timeout = 3, autocommit = 1".into(),
    )
    .await?;
    Ok(connection)
}

/// A name that no other run has.
fn token() -> String {
    let part = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", part(), part())
}
