//! The statistics tables of `InnoDB`, which `MySQL` and `MariaDB` share.

use super::table::{IndexStatistics, TableStatistics};
use crate::engine::error::EngineError;
use crate::engine::text;
use sqlx::MySqlConnection;
use std::collections::{BTreeMap, BTreeSet};

/// Writes rows and distinct keys of the tables. The server goes on with its old figures until it loads them again, which
/// the two servers do on different occasions.
pub(super) async fn write(
    conn: &mut MySqlConnection,
    database: &str,
    tables: &[TableStatistics],
) -> Result<(), EngineError> {
    let known: BTreeMap<String, &TableStatistics> = tables.iter().map(|one| (one.table.to_lowercase(), one)).collect();
    for one in tables {
        let sql = format!("ALTER TABLE {} STATS_PERSISTENT = 1, STATS_AUTO_RECALC = 0", text::name(&one.table));
        text::run(conn, sql).await?;
    }
    // ANALYZE writes a row for every figure that the server keeps; those are the rows to fill.
    text::rows(conn, format!("ANALYZE NO_WRITE_TO_BINLOG TABLE {}", names(tables))).await?;
    let existing = text::rows(
        conn,
        format!(
            "SELECT table_name, index_name, stat_name, stat_description FROM mysql.innodb_index_stats \
             WHERE database_name = {}",
            text::text(database)
        ),
    )
    .await?;
    let mut partitions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in &existing {
        partitions.entry(base_name(&row.text(0))).or_default().insert(row.text(0));
    }
    let mut index_rows = Vec::new();
    for row in &existing {
        let base = base_name(&row.text(0));
        let (Some(table), Some(parts)) = (known.get(&base), partitions.get(&base)) else { continue };
        let Some(value) = figure(table, &row.text(1), &row.text(2)) else { continue };
        index_rows.push(format!(
            "({}, {}, {}, NOW(), {}, {}, 1, {})",
            text::text(database),
            text::text(&row.text(0)),
            text::text(&row.text(1)),
            text::text(&row.text(2)),
            share(value, parts.len()),
            text::text(&row.text(3))
        ));
    }
    let mut table_rows = Vec::new();
    for (base, parts) in &partitions {
        let Some(table) = known.get(base) else { continue };
        let own = |index: &&IndexStatistics| index.name != "PRIMARY";
        let other_pages: u64 = table.indexes.iter().filter(own).map(IndexStatistics::pages).sum();
        for part in parts {
            table_rows.push(format!(
                "({}, {}, NOW(), {}, {}, {})",
                text::text(database),
                text::text(part),
                share(table.rows, parts.len()),
                share(table.data_pages, parts.len()).max(1),
                share(other_pages, parts.len())
            ));
        }
    }
    replace(
        conn,
        "mysql.innodb_index_stats (database_name, table_name, index_name, last_update, stat_name, stat_value, \
         sample_size, stat_description)",
        &index_rows,
    )
    .await?;
    let columns = "(database_name, table_name, last_update, n_rows, clustered_index_size, sum_of_other_index_sizes)";
    replace(conn, &format!("mysql.innodb_table_stats {columns}"), &table_rows).await
}

/// REPLACE of ready-made rows into a table of the server's own.
pub(super) async fn replace(conn: &mut MySqlConnection, into: &str, rows: &[String]) -> Result<(), EngineError> {
    for some in rows.chunks(500) {
        text::run(conn, format!("REPLACE INTO {into} VALUES {}", some.join(", "))).await?;
    }
    Ok(())
}

/// The tables' names in a list.
pub(super) fn names(tables: &[TableStatistics]) -> String {
    tables.iter().map(|one| text::name(&one.table)).collect::<Vec<_>>().join(", ")
}

/// The figure that belongs into a row; `None` for a row of an unknown kind, which keeps its value.
fn figure(table: &TableStatistics, index: &str, stat: &str) -> Option<u64> {
    let found = table.indexes.iter().find(|one| one.name.eq_ignore_ascii_case(index));
    match (stat, found) {
        ("n_leaf_pages" | "size", None) => Some(table.data_pages),
        ("n_leaf_pages", Some(found)) => Some(found.leaf_pages),
        ("size", Some(found)) => Some(found.pages()),
        (stat, found) => {
            let prefix: usize = stat.strip_prefix("n_diff_pfx")?.parse().ok()?;
            // The server's own indexes (on its row number, or on FTS_DOC_ID) are unique.
            let Some(found) = found else { return Some(table.rows) };
            Some(found.distinct.get(prefix.checked_sub(1)?).copied().unwrap_or(table.rows).min(table.rows))
        }
    }
}

/// A partition's share of a figure.
fn share(figure: u64, partitions: usize) -> u64 {
    figure.div_ceil(u64::try_from(partitions).unwrap_or(1).max(1))
}

/// The table's name in lower case, without the partition that the statistics tables name behind `#p#`.
fn base_name(name: &str) -> String {
    let lower = name.to_lowercase();
    lower.split("#p#").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_row_gets_its_figure() {
        let by_a = IndexStatistics { name: "by_a".into(), distinct: vec![10, 100], leaf_pages: 7 };
        let table =
            TableStatistics { table: "t".into(), rows: 100, data_pages: 9, indexes: vec![by_a], columns: Vec::new() };
        assert_eq!(figure(&table, "by_a", "n_diff_pfx01"), Some(10));
        assert_eq!(figure(&table, "by_a", "n_diff_pfx02"), Some(100));
        assert_eq!(figure(&table, "by_a", "n_diff_pfx03"), Some(100), "a part that only the server knows of");
        assert_eq!(figure(&table, "GEN_CLUST_INDEX", "n_diff_pfx01"), Some(100));
        assert_eq!(figure(&table, "by_a", "size"), Some(8));
        assert_eq!(figure(&table, "by_a", "n_pages_freed"), None);
    }

    #[test]
    fn partitions_belong_to_their_table_and_share_its_rows() {
        assert_eq!(base_name("Log#P#p2024"), "log");
        assert_eq!(share(10, 4), 3);
    }
}
