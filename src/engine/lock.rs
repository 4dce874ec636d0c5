//! One runner at a time, by the advisory lock that sqlx's own migrator takes, so that the two wait for each other.
//!
//! sqlx asks with an endless timeout and throws the answer away, which on `MariaDB` means no lock at all (a negative
//! timeout gives NULL there, MDEV-4017). Here the timeout is finite and the answer is looked at.

use super::session::SessionConnection;
use super::{EngineError, Session};
use std::time::Duration;

/// Takes the runner lock, waiting for at most `timeout`. `waiting` is told for whom, once, if somebody holds it.
/// The lock goes with the session. On the embedded engine the run's write transaction is the lock.
///
/// # Errors
/// When another runner still holds it after the timeout, or when the server gives no lock.
pub async fn acquire(
    session: &mut Session,
    timeout: Duration,
    waiting: &mut (dyn FnMut(&str) + Send),
) -> Result<(), EngineError> {
    let SessionConnection::Server(_) = session.connection else { return Ok(()) };
    let name = name(&current_database(session).await?);
    if ask(session, &name, 0).await? {
        return Ok(());
    }
    let holder = holder(session, &name).await?;
    waiting(&holder);
    if ask(session, &name, timeout.as_secs().max(1)).await? {
        return Ok(());
    }
    Err(EngineError::Locked(format!(
        "another runner holds the migration lock of this database: {holder}; waited {} s. Try again when it is done",
        timeout.as_secs()
    )))
}

/// sqlx's name for the lock of a database: a constant times the CRC-32 of its name, in hex.
#[must_use]
pub fn name(database: &str) -> String {
    let crc = i64::from(crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(database.as_bytes()));
    format!("{:x}", 0x3d32_ad9e_i64.wrapping_mul(crc))
}

async fn current_database(session: &mut Session) -> Result<String, EngineError> {
    let SessionConnection::Server(connection) = &mut session.connection else { return Ok(String::new()) };
    Ok(sqlx::query_scalar("SELECT CAST(DATABASE() AS CHAR)").fetch_one(connection.as_mut()).await?)
}

async fn ask(session: &mut Session, name: &str, seconds: u64) -> Result<bool, EngineError> {
    let SessionConnection::Server(connection) = &mut session.connection else { return Ok(true) };
    let answer: Option<i64> =
        sqlx::query_scalar("SELECT GET_LOCK(?, ?)").bind(name).bind(seconds).fetch_one(connection.as_mut()).await?;
    match answer {
        Some(1) => Ok(true),
        Some(_) => Ok(false),
        None => Err(EngineError::Unexpected("GET_LOCK answered NULL: the server gives no advisory lock".into())),
    }
}

/// Who holds the lock, as far as this account may see.
async fn holder(session: &mut Session, name: &str) -> Result<String, EngineError> {
    let SessionConnection::Server(connection) = &mut session.connection else { return Ok(String::new()) };
    let id: Option<u64> = sqlx::query_scalar("SELECT CAST(IS_USED_LOCK(?) AS UNSIGNED)")
        .bind(name)
        .fetch_one(connection.as_mut())
        .await?;
    let Some(id) = id else { return Ok("a connection that is just ending".into()) };
    // Only a courtesy, so it may fail: MySQL refuses to read the process list (3854) while any session runs a statement
    // with binary values in it, such as a runner that is just writing a checksum.
    let who: Result<Option<(String, String, i64)>, sqlx::Error> = sqlx::query_as(
        "SELECT CAST(user AS CHAR), CAST(host AS CHAR), CAST(time AS SIGNED) FROM information_schema.processlist \
         WHERE id = ?",
    )
    .bind(id)
    .fetch_optional(connection.as_mut())
    .await;
    Ok(match who {
        Ok(Some((user, host, seconds))) => format!("connection {id}, {user}@{host}, in its state for {seconds} s"),
        _ => format!("connection {id}"),
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_name_is_sqlxs() {
        // Python: '%x' % (0x3d32ad9e * zlib.crc32(b'peer_beh'))
        assert_eq!(super::name("peer_beh"), "11388403628f36c2");
    }
}
