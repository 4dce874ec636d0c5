//! Runs EXPLAIN QUERY PLAN on the embedded engine.

use super::EngineError;
use crate::explain::sqlite::PlanRow;
#[expect(clippy::disallowed_types, reason = "the statement is the user's own and is explained, not run")]
use sqlx::AssertSqlSafe;
use sqlx::{Row, SqlitePool};

/// The plan of one statement in `SQLite`'s dialect. The statement itself is not run.
///
/// # Errors
/// When the embedded engine refuses the statement.
pub async fn explain_sqlite(pool: &SqlitePool, sql: &str) -> Result<Vec<PlanRow>, EngineError> {
    let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(pool).await?;
    rows.iter()
        .map(|row| {
            Ok(PlanRow { id: row.try_get("id")?, parent: row.try_get("parent")?, detail: row.try_get("detail")? })
        })
        .collect()
}
