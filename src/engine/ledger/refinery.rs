//! refinery's ledger. Its readers panic on a time that is not RFC 3339 and on a checksum that is no number, so rows are
//! written exactly as refinery writes them.

use super::statement::{self, Value, execute};
use crate::engine::session::SessionConnection;
use crate::engine::{EngineError, Session};
use crate::migration::refinery::checksum;
use crate::model::migration::{LedgerRow, Migration};
#[expect(clippy::disallowed_types, reason = "our own statements, with the quoted name of the ledger's table")]
use sqlx::AssertSqlSafe;
use sqlx::Row;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, UtcOffset};

/// refinery's own text; `wide` is its feature `int8-versions`.
pub(super) fn create(table: &str, wide: bool) -> String {
    let version = if wide { "int8" } else { "int4" };
    format!(
        "CREATE TABLE IF NOT EXISTS {table}(
             version {version} PRIMARY KEY,
             name VARCHAR(255),
             applied_on VARCHAR(255),
             checksum VARCHAR(255));"
    )
}

pub(super) async fn rows(session: &mut Session, table: &str) -> Result<Vec<LedgerRow>, EngineError> {
    let sql = AssertSqlSafe(format!(
        "SELECT version, COALESCE(name, '') AS name, COALESCE(applied_on, '') AS applied_on, \
         COALESCE(checksum, '') AS checksum FROM {table} ORDER BY version"
    ));
    match &mut session.connection {
        SessionConnection::Server(connection) => {
            sqlx::raw_sql(sql).fetch_all(connection.as_mut()).await?.iter().map(read).collect()
        }
        SessionConnection::Embedded(connection) => {
            sqlx::query(sql).fetch_all(connection.as_mut()).await?.iter().map(read).collect()
        }
    }
}

fn read<R: Row>(row: &R) -> Result<LedgerRow, EngineError>
where
    for<'a> &'a str: sqlx::ColumnIndex<R>,
    for<'a> i64: sqlx::Decode<'a, R::Database> + sqlx::Type<R::Database>,
    for<'a> String: sqlx::Decode<'a, R::Database> + sqlx::Type<R::Database>,
{
    Ok(LedgerRow {
        version: row.try_get("version")?,
        description: row.try_get("name")?,
        installed_on: shown(&row.try_get::<String, _>("applied_on")?),
        success: true,
        checksum: row.try_get::<String, _>("checksum")?.into_bytes(),
        execution_time: -1,
    })
}

/// The time in the words of `status`; as it stands where it is none that refinery can read.
fn shown(applied_on: &str) -> String {
    OffsetDateTime::parse(applied_on, &Rfc3339)
        .ok()
        .and_then(|time| {
            let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
            time.to_offset(UtcOffset::UTC).format(format).ok()
        })
        .unwrap_or_else(|| applied_on.to_owned())
}

/// Writes the row. The time is that of the migration's begin, as refinery takes it before it runs one.
pub(super) async fn insert(
    session: &mut Session,
    table: &str,
    migration: &Migration,
    wide: bool,
    nanos: i64,
) -> Result<u64, EngineError> {
    let (applied_on, checksum) = (begun(nanos)?, checksum(migration, wide).to_string());
    execute(session, inserted(table), &values(migration, &applied_on, &checksum)).await
}

/// [`insert`] as text.
pub(super) fn insert_text(table: &str, migration: &Migration, wide: bool, nanos: i64) -> Result<String, EngineError> {
    let (applied_on, checksum) = (begun(nanos)?, checksum(migration, wide).to_string());
    Ok(statement::text(&inserted(table), &values(migration, &applied_on, &checksum)))
}

fn inserted(table: &str) -> String {
    format!("INSERT INTO {table} (version, name, applied_on, checksum) VALUES (?, ?, ?, ?)")
}

fn values<'a>(migration: &'a Migration, applied_on: &'a str, checksum: &'a str) -> [Value<'a>; 4] {
    [
        Value::Number(migration.version),
        Value::Text(&migration.description),
        Value::Text(applied_on),
        Value::Text(checksum),
    ]
}

/// When a migration was begun that took so many nanoseconds.
fn begun(nanos: i64) -> Result<String, EngineError> {
    let begun = OffsetDateTime::now_utc() - Duration::nanoseconds(nanos.max(0));
    begun
        .format(&Rfc3339)
        .map_err(|error| EngineError::Unexpected(format!("the clock gives no time that can be written: {error}")))
}

pub(super) async fn is_there(session: &mut Session, table: &str, version: i64) -> Result<bool, EngineError> {
    let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table} WHERE version = ?"));
    let count: i64 = match &mut session.connection {
        SessionConnection::Server(connection) => {
            sqlx::query_scalar(sql).bind(version).fetch_one(connection.as_mut()).await?
        }
        SessionConnection::Embedded(connection) => {
            sqlx::query_scalar(sql).bind(version).fetch_one(connection.as_mut()).await?
        }
    };
    Ok(count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_alike_whoever_wrote_them() {
        assert_eq!(shown("2026-11-22T19:20:56.45970376Z"), "2026-11-22 19:20:56");
        assert_eq!(shown("2026-11-22T21:20:56+02:00"), "2026-11-22 19:20:56");
        assert_eq!(shown("yesterday"), "yesterday");
    }
}
