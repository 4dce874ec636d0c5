//! Injected statistics on `MySQL`: loaded again by FLUSH TABLE, with costs that do not depend on what is in memory.

use super::table::TableStatistics;
use super::{cardinality, histogram, innodb};
use crate::engine::error::EngineError;
use crate::engine::text;
use crate::model::scale::Scale;
use crate::model::schema::Table;
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

/// Writes a histogram for each column that the profile describes and no index answers for, of `known` or of a copy of it.
///
/// A server that does not take one (`USING DATA` came with 8.0.31) goes on without.
pub(super) async fn write_histograms(
    conn: &mut MySqlConnection,
    name: &str,
    known: &Table,
    scale: &Scale,
) -> Result<(), EngineError> {
    for column in known.columns.iter().filter(|column| !histogram::is_indexed(known, &column.name)) {
        let Some(described) = cardinality::column_scale(known, &column.name, scale) else { continue };
        let Some(data) = histogram::of_column(column, described) else { continue };
        let (table, column) = (text::name(name), text::name(&column.name));
        let sql = format!(
            "ANALYZE NO_WRITE_TO_BINLOG TABLE {table} UPDATE HISTOGRAM ON {column} USING DATA {}",
            crate::sql::quote::literal(&data)
        );
        match text::rows(conn, sql).await {
            Ok(_) | Err(EngineError::Server(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Makes a page on disk cost what a page in memory costs. Nothing of an empty table is in memory, so that the server would
/// take every page for one on disk and find look-ups up to four times dearer than on a server with its rows in memory.
async fn equalise_costs(conn: &mut MySqlConnection) -> Result<(), EngineError> {
    text::run(conn, "UPDATE mysql.engine_cost SET cost_value = 0.25".into()).await?;
    text::run(conn, "FLUSH OPTIMIZER_COSTS".into()).await
}
