//! A runner that is gone while its connection still works: the server does not look whether a client is there until the
//! statement ends, so a long DDL statement keeps running, and keeps the lock, for nobody.
//!
//! A live runner must never be ended. It shows life by a heartbeat in the journal, written every second over a second
//! connection. So a holder is taken for an orphan only when the journal says that this very connection is in a statement
//! without a heartbeat for [`SILENCE`], the server that it has been in that one statement all the time, and when the
//! runner could have had its second connection: this one, of the same account, was given one.

use crate::engine::canceller::Canceller;
use crate::engine::session::SessionConnection;
use crate::engine::text;
use crate::engine::{EngineError, Session, journal};
use sqlx::{Connection as _, MySqlConnection};
use std::time::Duration;

/// How long there must be no sign of life, in seconds.
const SILENCE: u64 = 10;
/// How long it is looked again after this runner was given a second connection.
const AGAIN: Duration = Duration::from_secs(3);

/// How many characters of a statement are compared.
const SAME: usize = 200;

/// A statement without a sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Silent {
    /// For how long, in seconds.
    seconds: u64,
    /// Where it stands.
    place: String,
    /// When the server began it and heard of it last, as it words times.
    last: String,
}

/// Ends the holder of the lock if it is certain that nobody waits for its statement; what was done, in a line.
///
/// # Errors
/// When this runner's own connection breaks.
pub(super) async fn end_if_orphaned(session: &mut Session, id: u64) -> Result<Option<String>, EngineError> {
    let canceller = session.canceller();
    let SessionConnection::Server(connection) = &mut session.connection else { return Ok(None) };
    let Some(first) = silent(connection, &canceller, id).await? else { return Ok(None) };
    // Whether a second connection can be had; it is given back, as the runner in question may be waiting for it.
    match canceller.connect().await {
        Ok(Some(second)) => second.close().await.unwrap_or_default(),
        _ => return Ok(None),
    }
    tokio::time::sleep(AGAIN).await;
    match silent(connection, &canceller, id).await? {
        Some(still) if still.last == first.last => {}
        _ => return Ok(None),
    }
    let Silent { seconds, place, .. } = first;
    Ok(Some(match canceller.of(id).end().await {
        Ok(()) => format!(
            "connection {id} was in {place} without a sign of life of its runner for {seconds} s, so it was ended"
        ),
        Err(error) => format!(
            "connection {id} is in {place} without a sign of life of its runner for {seconds} s, and could not be ended: \
             {error}"
        ),
    }))
}

async fn silent(
    connection: &mut MySqlConnection,
    canceller: &Canceller,
    id: u64,
) -> Result<Option<Silent>, EngineError> {
    let sql = format!(
        "SELECT TIMESTAMPDIFF(SECOND, COALESCE(heartbeat, begun_at), CURRENT_TIMESTAMP(6)), \
         TIMESTAMPDIFF(SECOND, begun_at, CURRENT_TIMESTAMP(6)), place, CONCAT(begun_at, COALESCE(heartbeat, '')), LEFT(statement, {SAME}) \
         FROM {} \
         WHERE connection = {id} AND progress = 'begun' ORDER BY begun_at DESC LIMIT 1",
        journal::TABLE
    );
    let rows = match text::rows(connection, sql).await {
        Ok(rows) => rows,
        // No journal, no right to read it: nothing is known.
        Err(EngineError::Server(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(row) = rows.first() else { return Ok(None) };
    let (Some(seconds), Some(begun)) = (row.number(0), row.number(1)) else { return Ok(None) };
    // Ids begin again with the server, so an older row may be of another connection.
    let uptime = text::rows(connection, "SHOW GLOBAL STATUS LIKE 'Uptime'".into()).await?;
    let is_of_this_server = uptime.first().and_then(|row| row.number(1)).is_some_and(|uptime| uptime > begun);
    if seconds < SILENCE || !is_of_this_server {
        return Ok(None);
    }
    let sessions = text::lossy_rows(connection, "SHOW FULL PROCESSLIST".into()).await?;
    let of = |id: u64| sessions.iter().find(|row| row.number(0) == Some(id));
    let (Some(theirs), Some(ours)) = (of(id), of(canceller.connection_id())) else { return Ok(None) };
    // Another account may have other limits, under which a live runner has no second connection.
    let is_like_us = theirs.get(1) == ours.get(1);
    // A runner that has gone on to something else is alive; the two clocks may differ by a second.
    let in_it_since = theirs.number(5).filter(|_| theirs.get(4) != Some("Sleep"));
    let in_it_all_the_time = in_it_since.is_some_and(|time| time + 2 >= seconds);
    // Until the next commit the journal has a statement as begun that is done, while its runner is in one that writes rows.
    let is_in_it = theirs.get(7).is_some_and(|running| is_same(running, &row.text(4)));
    Ok((is_like_us && is_in_it && in_it_all_the_time).then(|| Silent {
        seconds,
        place: row.text(2),
        last: row.text(3),
    }))
}

/// Whether the statement that a server shows is the journal's, of which the beginning is known: it may have been sent with
/// clauses at its end. One that was prepared is shown as `EXECUTE`.
fn is_same(running: &str, journalled: &str) -> bool {
    let running = running.trim_start();
    let is_execute = running.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("EXECUTE"));
    let beginning = journalled.trim().trim_end_matches(';');
    is_execute || (!beginning.is_empty() && running.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn a_statement_is_known_by_its_beginning() {
        assert!(is_same("ALTER TABLE t ADD c INT, ALGORITHM=INPLACE", "ALTER TABLE t ADD c INT"));
        assert!(is_same("EXECUTE s", "ALTER TABLE t ADD c INT"));
        assert!(!is_same("UPDATE t SET c = SLEEP(40)", "ALTER TABLE t ADD c INT"));
        assert!(!is_same("UPDATE t SET c = SLEEP(40)", ""));
    }
}
