//! The advisory lock, under sqlx's name.

use super::{Tell, locked, orphan};
use crate::engine::execute::session_named;
use crate::engine::session::SessionConnection;
use crate::engine::text;
use crate::engine::{EngineError, Session};
use std::time::{Duration, Instant};

/// How long one request waits, before it is looked whether the holder is still alive.
const SLICE: Duration = Duration::from_secs(2);
/// A server that takes so much longer to answer than it was asked to is out of reach.
const SILENCE: Duration = Duration::from_secs(30);

/// What came of asking for the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is held.
    Taken,
    /// The server gives none to anybody, and its reason.
    Refused(String),
}

/// What the server answered to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    Taken,
    Busy,
    Refused(String),
}

pub(super) async fn acquire(
    session: &mut Session,
    timeout: Duration,
    until: Instant,
    tell: &mut Tell<'_>,
) -> Result<Outcome, EngineError> {
    let name = name(&session.database().unwrap_or_default());
    match ask(session, &name, 0).await? {
        Answer::Taken => return Ok(Outcome::Taken),
        Answer::Refused(reason) => return Ok(Outcome::Refused(reason)),
        Answer::Busy => {}
    }
    let mut told = None;
    loop {
        let id = holder(session, &name).await?;
        let holder = describe(session, id).await;
        if told != Some(id) {
            tell(&format!("waiting for another runner: {holder}"));
            told = Some(id);
        }
        if let Some(id) = id
            && let Some(ended) = orphan::end_if_orphaned(session, id).await?
        {
            tell(&ended);
        }
        let left = until.saturating_duration_since(Instant::now());
        match ask(session, &name, left.min(SLICE).as_secs().max(1)).await? {
            Answer::Taken => return Ok(Outcome::Taken),
            Answer::Refused(reason) => return Ok(Outcome::Refused(reason)),
            Answer::Busy if Instant::now() >= until => return Err(locked(&holder, timeout)),
            Answer::Busy => {}
        }
    }
}

/// Gives the lock back, if it is held.
pub(super) async fn release(session: &mut Session) -> Result<(), EngineError> {
    let name = name(&session.database().unwrap_or_default());
    let SessionConnection::Server(connection) = &mut session.connection else { return Ok(()) };
    let released = sqlx::query("DO RELEASE_LOCK(?)").bind(name).execute(connection.as_mut()).await;
    match released.map_err(EngineError::from) {
        // Where there are no advisory locks there is none to give back.
        Ok(_) | Err(EngineError::Server(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// sqlx's name for the lock of a database: a constant times the CRC-32 of its name, in hex.
#[must_use]
pub fn name(database: &str) -> String {
    let crc = i64::from(crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(database.as_bytes()));
    format!("{:x}", 0x3d32_ad9e_i64.wrapping_mul(crc))
}

async fn ask(session: &mut Session, name: &str, seconds: u64) -> Result<Answer, EngineError> {
    let SessionConnection::Server(connection) = &mut session.connection else { return Ok(Answer::Taken) };
    let sql = format!("SELECT GET_LOCK({}, {seconds})", text::text(name));
    let asking = text::rows(connection, sql);
    let Ok(answer) = tokio::time::timeout(Duration::from_secs(seconds) + SILENCE, asking).await else {
        return Err(EngineError::Connection("the server no longer answers".into()));
    };
    judge(answer.map(|rows| rows.first().and_then(|row| row.number(0))))
}

/// Tells a lock that is held from a server that gives none: clusters refuse the function (Galera's strict mode with 1105),
/// some proxies and servers do not know it.
fn judge(answer: Result<Option<u64>, EngineError>) -> Result<Answer, EngineError> {
    match answer {
        Ok(Some(1)) => Ok(Answer::Taken),
        Ok(Some(_)) => Ok(Answer::Busy),
        Ok(None) => Ok(Answer::Refused("GET_LOCK answered NULL".into())),
        // Interrupted, shut down, killed, or a deadlock of advisory locks: nothing is said about there being locks.
        Err(error) if matches!(error.code(), Some(1317 | 1053 | 1927 | 3058 | 3169)) => Err(error),
        Err(EngineError::Server(error)) => Ok(Answer::Refused(format!("error {}: {}", error.code, error.message))),
        Err(error) => Err(error),
    }
}

/// The connection that holds the lock; `None` when it has just been given back.
async fn holder(session: &mut Session, name: &str) -> Result<Option<u64>, EngineError> {
    let SessionConnection::Server(connection) = &mut session.connection else { return Ok(None) };
    let query = sqlx::query_scalar("SELECT CAST(IS_USED_LOCK(?) AS UNSIGNED)").bind(name);
    Ok(query.fetch_one(connection.as_mut()).await?)
}

/// Who that is and what it does, as far as this account may see.
async fn describe(session: &mut Session, id: Option<u64>) -> String {
    let Some(id) = id else { return "a connection that is just ending".into() };
    let SessionConnection::Server(connection) = &mut session.connection else { return String::new() };
    session_named(connection, id).await.map_or_else(|| format!("connection {id}"), |session| session.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::ServerWarning;

    #[test]
    fn the_name_is_sqlxs() {
        // Python: '%x' % (0x3d32ad9e * zlib.crc32(b'peer_beh'))
        assert_eq!(name("peer_beh"), "11388403628f36c2");
    }

    #[test]
    fn a_server_without_locks_is_told_from_one_whose_lock_is_held() {
        let server =
            |code| judge(Err(EngineError::Server(ServerWarning { level: "Error".into(), code, message: "no".into() })));
        assert_eq!(judge(Ok(Some(1))).unwrap(), Answer::Taken);
        assert_eq!(judge(Ok(Some(0))).unwrap(), Answer::Busy);
        assert!(matches!(judge(Ok(None)), Ok(Answer::Refused(_))));
        // Galera's strict mode; a server that does not know the function; a proxy that filters it.
        for code in [1105, 1305, 1235, 1290, 1148] {
            assert_eq!(server(code).unwrap(), Answer::Refused(format!("error {code}: no")));
        }
        for code in [1317, 3058] {
            assert!(server(code).is_err());
        }
        assert!(judge(Err(EngineError::Connection("gone".into()))).is_err());
    }
}
