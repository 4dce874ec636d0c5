//! One question with a limit of time, which the engine itself keeps: a client that only stops waiting leaves the statement
//! running.

use crate::engine::session::SessionConnection;
use crate::engine::{EngineError, Session, text};
use crate::model::engine::EngineKind;
#[expect(clippy::disallowed_types, reason = "aura-db's own words, with names quoted")]
use sqlx::AssertSqlSafe;
use sqlx::{Row as _, SqliteConnection};
use std::time::{Duration, Instant};

/// `ER_QUERY_TIMEOUT` of `MySQL`, `ER_STATEMENT_TIMEOUT` of `MariaDB`.
const TIMEOUT: [u32; 2] = [3024, 1969];
/// Steps of `SQLite`'s machine between two looks at the clock: a fraction of a millisecond.
const STEPS: i32 = 10_000;

/// What came of a question.
#[derive(Debug)]
pub(super) enum Answer {
    /// The rows, each value as text.
    Rows(Vec<Vec<Option<String>>>),
    /// The time was up.
    CutOff,
    /// The engine does not answer that, or not to this account.
    Refused(String),
}

impl Answer {
    /// The number in that column of the only row.
    pub(super) fn number(&self, column: usize) -> Option<u64> {
        match self {
            Self::Rows(rows) => rows.first()?.get(column)?.as_deref()?.parse().ok(),
            _ => None,
        }
    }
}

/// Asks what follows the word SELECT.
///
/// # Errors
/// When the connection breaks.
pub(super) async fn ask(session: &mut Session, what: &str, limit: Duration) -> Result<Answer, EngineError> {
    if limit.is_zero() {
        return Ok(Answer::CutOff);
    }
    let answer = match &mut session.connection {
        SessionConnection::Server(connection) => {
            let sql = if session.engine.kind == EngineKind::Mariadb {
                format!("SET STATEMENT max_statement_time = {:.3} FOR SELECT {what}", limit.as_secs_f64())
            } else {
                format!("SELECT /*+ MAX_EXECUTION_TIME({}) */ {what}", limit.as_millis().max(1))
            };
            let rows = text::lossy_rows(connection, sql).await;
            rows.map(|rows| rows.into_iter().map(text::TextRow::values).collect())
        }
        SessionConnection::Embedded(connection) => {
            let end = Instant::now() + limit;
            match embedded(connection, &format!("SELECT {what}"), end).await {
                Err(EngineError::Server(_)) if Instant::now() >= end => return Ok(Answer::CutOff),
                answer => answer,
            }
        }
    };
    match answer {
        Ok(rows) => Ok(Answer::Rows(rows)),
        Err(error) if error.code().is_some_and(|code| TIMEOUT.contains(&code)) => Ok(Answer::CutOff),
        Err(EngineError::Server(error)) => Ok(Answer::Refused(error.message)),
        Err(error) => Err(error),
    }
}

async fn embedded(
    connection: &mut SqliteConnection,
    sql: &str,
    end: Instant,
) -> Result<Vec<Vec<Option<String>>>, EngineError> {
    connection.lock_handle().await?.set_progress_handler(STEPS, move || Instant::now() < end);
    let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(&mut *connection).await;
    connection.lock_handle().await?.remove_progress_handler();
    let values = |row: &sqlx::sqlite::SqliteRow| (0..row.len()).map(|at| row.try_get_unchecked(at)).collect();
    Ok(rows?.iter().map(values).collect::<Result<_, sqlx::Error>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::connect::{Purpose, session};
    use crate::engine::settings::{Address, Settings};

    #[test]
    fn the_embedded_engine_is_stopped_when_the_time_is_up() {
        let folder = tempfile::tempdir().unwrap();
        let second = Duration::from_secs(1);
        let settings = Settings {
            address: Address::Embedded(folder.path().join("none.sqlite3")),
            pool: 1,
            connect_timeout: second,
            lock_wait_timeout: second,
            lock_give_up: second,
            runner_lock_timeout: second,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut session = session(&settings, Purpose::Read).await.unwrap();
            let endless =
                "COUNT(*) FROM (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n)";
            let answer = ask(&mut session, endless, Duration::from_millis(20)).await.unwrap();
            assert!(matches!(answer, Answer::CutOff), "{answer:?}");
            assert_eq!(ask(&mut session, "7", second).await.unwrap().number(0), Some(7));
            assert!(matches!(ask(&mut session, "nothing", second).await.unwrap(), Answer::Refused(_)));
        });
    }
}
