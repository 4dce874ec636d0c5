//! Injected statistics on `MariaDB`: `InnoDB`'s own, loaded again by a rename, and the engine-independent ones above them.
//!
//! `InnoDB` alone would report half the rows per key; the engine-independent tables are believed as they are.

use super::innodb;
use super::table::{ColumnStatistics, IndexStatistics, TableStatistics};
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
    load(conn, database, tables).await
}

/// Has the server load what was written, and writes the engine-independent statistics.
pub(super) async fn load(
    conn: &mut MySqlConnection,
    database: &str,
    tables: &[TableStatistics],
) -> Result<(), EngineError> {
    // FLUSH does not make InnoDB load its statistics again; opening a table under a new name does.
    let moves = tables.iter().enumerate().map(|(number, one)| {
        let (own, other) = (text::name(&one.table), format!("`aura_db_reload_{number}`"));
        format!("{own} TO {other}, {other} TO {own}")
    });
    text::run(conn, format!("RENAME TABLE {}", moves.collect::<Vec<_>>().join(", "))).await?;
    write_independent(conn, database, tables).await?;
    text::run(conn, format!("FLUSH TABLES {}", innodb::names(tables))).await
}

async fn write_independent(
    conn: &mut MySqlConnection,
    database: &str,
    tables: &[TableStatistics],
) -> Result<(), EngineError> {
    let database = text::text(database);
    let (mut of_tables, mut of_indexes, mut of_columns) = (Vec::new(), Vec::new(), Vec::new());
    for one in tables {
        let table = text::text(&one.table);
        of_tables.push(format!("({database}, {table}, {})", one.rows));
        of_indexes.extend(one.indexes.iter().flat_map(|index| index_rows(&database, &table, one.rows, index)));
        of_columns.extend(one.columns.iter().map(|column| column_row(&database, &table, one.rows, column)));
    }
    innodb::replace(conn, "mysql.table_stats (db_name, table_name, cardinality)", &of_tables).await?;
    innodb::replace(
        conn,
        "mysql.index_stats (db_name, table_name, index_name, prefix_arity, avg_frequency)",
        &of_indexes,
    )
    .await?;
    innodb::replace(
        conn,
        "mysql.column_stats (db_name, table_name, column_name, min_value, max_value, nulls_ratio, avg_length, avg_frequency)",
        &of_columns,
    )
    .await
}

fn index_rows(database: &str, table: &str, rows: u64, index: &IndexStatistics) -> Vec<String> {
    let name = text::text(&index.name);
    let row = |(prefix, distinct): (usize, &u64)| {
        format!("({database}, {table}, {name}, {}, {:.4})", prefix + 1, frequency(rows as f64, *distinct))
    };
    index.distinct.iter().enumerate().map(row).collect()
}

fn column_row(database: &str, table: &str, rows: u64, column: &ColumnStatistics) -> String {
    let value = |value: &Option<String>| value.as_deref().map_or_else(|| "NULL".to_owned(), text::text);
    format!(
        "({database}, {table}, {}, {}, {}, {:.4}, {:.4}, {:.4})",
        text::text(&column.name),
        value(&column.min),
        value(&column.max),
        column.null_fraction,
        column.bytes as f64,
        frequency(rows as f64 * (1.0 - column.null_fraction), column.distinct)
    )
}

/// Rows for each key; the server's column ends at eight digits before the point.
fn frequency(rows: f64, distinct: u64) -> f64 {
    (rows / distinct.max(1) as f64).clamp(1.0, 99_999_999.0)
}
