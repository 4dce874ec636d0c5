//! One runner at a time: by the advisory lock that sqlx's own migrator takes, so that the two wait for each other, or by a
//! row in a table of ours where a server, a cluster or a proxy gives no advisory lock.
//!
//! sqlx asks with an endless timeout and throws the answer away, which on `MariaDB` means no lock at all (a negative
//! timeout gives NULL there, MDEV-4017). Here the timeout is finite and the answer is looked at.

mod advisory;
mod orphan;
mod row;

pub use advisory::name;
pub use row::TABLE;

use super::session::SessionConnection;
use super::{EngineError, Session};
use crate::model::environment::RunnerLockKind;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// Told of what happens while a lock is waited for, in whole lines.
pub type Tell<'a> = dyn FnMut(&str) + Send + 'a;

/// The lock of a run. An advisory lock goes with the session; a row stays until [`RunnerLock::release`], or until its
/// heartbeat is old.
#[derive(Debug, Default)]
pub struct RunnerLock {
    row: Option<row::Held>,
}

impl RunnerLock {
    /// Set when another runner has taken the lock over, because this one showed no life: nothing may be sent any more.
    #[must_use]
    pub fn lost(&self) -> Arc<AtomicBool> {
        self.row.as_ref().map(row::Held::lost).unwrap_or_default()
    }

    /// Gives the row back, if there is one.
    pub async fn release(self) {
        if let Some(row) = self.row {
            row.release().await;
        }
    }

    /// Gives everything back while the session goes on, so that nobody waits while a question is being answered.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn suspend(self, session: &mut Session) -> Result<(), EngineError> {
        self.release().await;
        advisory::release(session).await
    }
}

/// Takes the runner lock, waiting for at most `timeout`, and tells for whom. On the embedded engine the run's write
/// transaction is the lock.
///
/// # Errors
/// When another runner still holds it after the timeout, or when the server gives no lock of any kind.
pub async fn acquire(
    session: &mut Session,
    kind: RunnerLockKind,
    timeout: Duration,
    tell: &mut Tell<'_>,
) -> Result<RunnerLock, EngineError> {
    if !matches!(session.connection, SessionConnection::Server(_)) {
        return Ok(RunnerLock::default());
    }
    let until = Instant::now() + timeout;
    if kind == RunnerLockKind::Advisory {
        match advisory::acquire(session, timeout, until, tell).await? {
            advisory::Outcome::Taken => return Ok(RunnerLock::default()),
            advisory::Outcome::Refused(reason) => tell(&format!(
                "the server gives no advisory lock ({reason}): a row in {TABLE} is the runner lock instead, with a heartbeat"
            )),
        }
    }
    let held = row::acquire(session, timeout, until, tell).await?;
    if kind == RunnerLockKind::Row {
        // Whoever goes by the advisory lock, as sqlx does, is waited for all the same, where there is one.
        match advisory::acquire(session, timeout, until, tell).await {
            Ok(_) => {}
            Err(error) => {
                held.release().await;
                return Err(error);
            }
        }
    }
    Ok(RunnerLock { row: Some(held) })
}

fn locked(holder: &str, timeout: Duration) -> EngineError {
    EngineError::Locked(format!(
        "another runner holds the migration lock of this database: {holder}; waited {} s. Try again when it is done",
        timeout.as_secs()
    ))
}
