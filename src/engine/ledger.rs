//! sqlx's ledger, `_sqlx_migrations`, byte for byte as sqlx itself writes it.

use super::session::SessionConnection;
use super::{EngineError, Session};
use crate::model::migration::{LedgerRow, Migration};
use sqlx::Row;

/// The ledger's table.
pub const TABLE: &str = "_sqlx_migrations";

/// sqlx's own text, the same on every engine here.
const CREATE: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);";

/// Whether the ledger is there.
///
/// # Errors
/// When the catalogue cannot be read.
pub async fn exists(session: &mut Session) -> Result<bool, EngineError> {
    let count: i64 = match &mut session.connection {
        SessionConnection::Server(connection) => {
            sqlx::query_scalar(
                "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?",
            )
            .bind(TABLE)
            .fetch_one(connection.as_mut())
            .await?
        }
        SessionConnection::Embedded(connection) => {
            sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = ?")
                .bind(TABLE)
                .fetch_one(connection.as_mut())
                .await?
        }
    };
    Ok(count > 0)
}

/// Creates the ledger if it is missing.
///
/// # Errors
/// When the engine refuses.
pub async fn create(session: &mut Session) -> Result<(), EngineError> {
    session.run_own(CREATE).await
}

/// Drops the ledger. Only for one that this run created and that is empty again.
///
/// # Errors
/// When the engine refuses.
pub async fn drop_table(session: &mut Session) -> Result<(), EngineError> {
    session.run_own("DROP TABLE IF EXISTS _sqlx_migrations").await
}

/// All rows by version; none when the ledger is not there. Writes nothing.
///
/// # Errors
/// When the rows cannot be read.
pub async fn rows(session: &mut Session) -> Result<Vec<LedgerRow>, EngineError> {
    if !exists(session).await? {
        return Ok(Vec::new());
    }
    match &mut session.connection {
        SessionConnection::Server(connection) => {
            let rows = sqlx::query(
                "SELECT version, CAST(description AS CHAR) AS description, \
                 DATE_FORMAT(installed_on, '%Y-%m-%d %H:%i:%s') AS installed_on, success, checksum, execution_time \
                 FROM _sqlx_migrations ORDER BY version",
            )
            .fetch_all(connection.as_mut())
            .await?;
            rows.iter().map(read).collect()
        }
        SessionConnection::Embedded(connection) => {
            let rows = sqlx::query(
                "SELECT version, description, CAST(installed_on AS TEXT) AS installed_on, success, checksum, \
                 execution_time FROM _sqlx_migrations ORDER BY version",
            )
            .fetch_all(connection.as_mut())
            .await?;
            rows.iter().map(read).collect()
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

/// Records that a migration is begun: the row that stays with `success = 0` if the run is cut off.
///
/// # Errors
/// When the engine refuses, for example as the version is there already.
pub async fn begin(session: &mut Session, migration: &Migration) -> Result<(), EngineError> {
    const INSERT: &str = "INSERT INTO _sqlx_migrations ( version, description, success, checksum, execution_time ) \
                          VALUES ( ?, ?, FALSE, ?, -1 )";
    let checksum = crate::migration::checksum::checksum(&migration.up.text);
    match &mut session.connection {
        SessionConnection::Server(connection) => {
            let query = sqlx::query(INSERT).bind(migration.version).bind(&migration.description).bind(checksum);
            query.execute(connection.as_mut()).await?;
        }
        SessionConnection::Embedded(connection) => {
            let query = sqlx::query(INSERT).bind(migration.version).bind(&migration.description).bind(checksum);
            query.execute(connection.as_mut()).await?;
        }
    }
    Ok(())
}

/// Whether the row of a migration is there, and its `success`.
///
/// # Errors
/// When it cannot be read.
pub async fn success(session: &mut Session, version: i64) -> Result<Option<bool>, EngineError> {
    const SELECT: &str = "SELECT success FROM _sqlx_migrations WHERE version = ?";
    Ok(match &mut session.connection {
        SessionConnection::Server(connection) => {
            sqlx::query_scalar(SELECT).bind(version).fetch_optional(connection.as_mut()).await?
        }
        SessionConnection::Embedded(connection) => {
            sqlx::query_scalar(SELECT).bind(version).fetch_optional(connection.as_mut()).await?
        }
    })
}

/// What becomes of a migration's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Applied, in that many nanoseconds.
    Applied {
        /// Nanoseconds.
        nanos: i64,
    },
    /// Being taken down: half-applied until the row is gone.
    Reverting,
    /// Applied after all: taking it down failed without effect.
    Kept,
    /// Gone.
    Removed,
}

/// Marks a migration's row.
///
/// # Errors
/// When the engine refuses.
pub async fn mark(session: &mut Session, version: i64, mark: Mark) -> Result<(), EngineError> {
    let sql = match mark {
        Mark::Applied { .. } => "UPDATE _sqlx_migrations SET success = TRUE, execution_time = ? WHERE version = ?",
        Mark::Reverting => "UPDATE _sqlx_migrations SET success = FALSE WHERE version = ?",
        Mark::Kept => "UPDATE _sqlx_migrations SET success = TRUE WHERE version = ?",
        Mark::Removed => "DELETE FROM _sqlx_migrations WHERE version = ?",
    };
    let nanos = if let Mark::Applied { nanos } = mark { Some(nanos) } else { None };
    match &mut session.connection {
        SessionConnection::Server(connection) => {
            let query = sqlx::query(sql);
            let query = if let Some(nanos) = nanos { query.bind(nanos) } else { query };
            query.bind(version).execute(connection.as_mut()).await?;
        }
        SessionConnection::Embedded(connection) => {
            let query = sqlx::query(sql);
            let query = if let Some(nanos) = nanos { query.bind(nanos) } else { query };
            query.bind(version).execute(connection.as_mut()).await?;
        }
    }
    Ok(())
}
