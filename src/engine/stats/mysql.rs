//! Injected statistics on `MySQL`: loaded again by FLUSH TABLE, with costs that do not depend on what is in memory.

use super::innodb;
use super::table::TableStatistics;
use crate::engine::error::EngineError;
use crate::engine::text;
use sqlx::MySqlConnection;

/// Writes the statistics and has the server load them.
pub(super) async fn inject(
    conn: &mut MySqlConnection,
    database: &str,
    tables: &[TableStatistics],
) -> Result<(), EngineError> {
    innodb::write(conn, database, tables).await?;
    text::run(conn, format!("FLUSH TABLES {}", innodb::names(tables))).await?;
    equalise_costs(conn).await
}

/// Makes a page on disk cost what a page in memory costs. Nothing of an empty table is in memory, so that the server would
/// take every page for one on disk and find look-ups up to four times dearer than on a server with its rows in memory.
async fn equalise_costs(conn: &mut MySqlConnection) -> Result<(), EngineError> {
    text::run(conn, "UPDATE mysql.engine_cost SET cost_value = 0.25".into()).await?;
    text::run(conn, "FLUSH OPTIMIZER_COSTS".into()).await
}
