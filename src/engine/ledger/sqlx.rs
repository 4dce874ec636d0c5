//! sqlx's ledger, byte for byte as sqlx itself writes it, the same on every engine here.

use super::statement::{self, Value, execute};
use crate::engine::session::SessionConnection;
use crate::engine::text::numbers;
use crate::engine::{EngineError, Session};
use crate::migration::checksum::checksum;
use crate::model::migration::{LedgerRow, Migration};
#[expect(clippy::disallowed_types, reason = "our own statements, with the quoted name of the ledger's table")]
use sqlx::AssertSqlSafe;
use sqlx::Row;

/// sqlx's own text.
pub(super) fn create(table: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {table} (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);"
    )
}

pub(super) async fn rows(session: &mut Session, table: &str) -> Result<Vec<LedgerRow>, EngineError> {
    match &mut session.connection {
        SessionConnection::Server(connection) => {
            let sql = format!(
                "SELECT version, CAST(description AS CHAR) AS description, \
                 DATE_FORMAT(installed_on, '%Y-%m-%d %H:%i:%s') AS installed_on, success, checksum, execution_time \
                 FROM {table} ORDER BY version"
            );
            // As text: a prepared statement takes two round trips.
            sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(connection.as_mut()).await?.iter().map(read).collect()
        }
        SessionConnection::Embedded(connection) => {
            let sql = format!(
                "SELECT version, description, CAST(installed_on AS TEXT) AS installed_on, success, checksum, \
                 execution_time FROM {table} ORDER BY version"
            );
            sqlx::query(AssertSqlSafe(sql)).fetch_all(connection.as_mut()).await?.iter().map(read).collect()
        }
    }
}

fn read<R: Row>(row: &R) -> Result<LedgerRow, EngineError>
where
    for<'a> &'a str: sqlx::ColumnIndex<R>,
    for<'a> i64: sqlx::Decode<'a, R::Database> + sqlx::Type<R::Database>,
    for<'a> String: sqlx::Decode<'a, R::Database> + sqlx::Type<R::Database>,
    for<'a> bool: sqlx::Decode<'a, R::Database> + sqlx::Type<R::Database>,
    for<'a> Vec<u8>: sqlx::Decode<'a, R::Database> + sqlx::Type<R::Database>,
{
    Ok(LedgerRow {
        version: row.try_get("version")?,
        description: row.try_get("description")?,
        installed_on: row.try_get("installed_on")?,
        success: row.try_get("success")?,
        checksum: row.try_get("checksum")?,
        execution_time: row.try_get("execution_time")?,
    })
}

const VALUES: &str = "( ?, ?, FALSE, ?, -1 )";

fn head(table: &str) -> String {
    format!("INSERT INTO {table} ( version, description, success, checksum, execution_time ) VALUES ")
}

/// [`begin`] of all these migrations as text.
pub(super) fn begin_text(table: &str, migrations: &[&Migration]) -> String {
    let row = |migration: &&Migration| {
        let checksum = checksum(&migration.up.text);
        let values = [Value::Number(migration.version), Value::Text(&migration.description), Value::Bytes(&checksum)];
        statement::text(VALUES, &values)
    };
    format!("{}{}", head(table), migrations.iter().map(row).collect::<Vec<_>>().join(", "))
}

pub(super) async fn begin(session: &mut Session, table: &str, migration: &Migration) -> Result<(), EngineError> {
    let checksum = checksum(&migration.up.text);
    let values = [Value::Number(migration.version), Value::Text(&migration.description), Value::Bytes(&checksum)];
    execute(session, head(table) + VALUES, &values).await.map(drop)
}

pub(super) async fn finish(session: &mut Session, table: &str, version: i64, nanos: i64) -> Result<u64, EngineError> {
    execute(session, finished(table), &[Value::Number(nanos), Value::Number(version)]).await
}

fn finished(table: &str) -> String {
    format!("UPDATE {table} SET success = TRUE, execution_time = ? WHERE version = ?")
}

/// [`finish`] of all these versions as text, each with its time in nanoseconds.
pub(super) fn finish_text(table: &str, times: &[(i64, i64)]) -> String {
    let cases: Vec<String> = times.iter().map(|(version, nanos)| format!("WHEN {version} THEN {nanos}")).collect();
    let versions: Vec<i64> = times.iter().map(|(version, _)| *version).collect();
    format!(
        "UPDATE {table} SET success = TRUE, execution_time = CASE version {} END WHERE version IN ({})",
        cases.join(" "),
        numbers(&versions)
    )
}

pub(super) async fn success(session: &mut Session, table: &str, version: i64) -> Result<Option<bool>, EngineError> {
    let sql = AssertSqlSafe(format!("SELECT success FROM {table} WHERE version = ?"));
    Ok(match &mut session.connection {
        SessionConnection::Server(connection) => {
            sqlx::query_scalar(sql).bind(version).fetch_optional(connection.as_mut()).await?
        }
        SessionConnection::Embedded(connection) => {
            sqlx::query_scalar(sql).bind(version).fetch_optional(connection.as_mut()).await?
        }
    })
}
