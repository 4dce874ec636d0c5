//! Empty copies of tables on the throwaway server, each with statistics of its own.

use super::want::Want;
use crate::engine::error::EngineError;
use crate::engine::stats::table::{self, TableStatistics};
use crate::engine::stats::{innodb, mariadb, mysql};
use crate::engine::text;
use crate::model::engine::EngineKind;
use crate::model::scale::Scale;
use crate::model::schema::{Index, IndexKind, Schema, Table};
use sqlx::MySqlConnection;
use std::collections::{BTreeMap, BTreeSet};

/// The column behind a primary key that must not be unique any more.
const WIDENING: &str = "aura_db_widening";

/// Which copy: of which table, the how-many-th of a statement, and with which unique keys widened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CopyKey {
    pub(super) table: String,
    pub(super) ordinal: usize,
    pub(super) widened: BTreeSet<String>,
}

/// A copy and what its statistics say now.
#[derive(Debug, Clone)]
pub(super) struct Copy {
    /// Its name.
    pub(super) name: String,
    average: TableStatistics,
    figures: BTreeMap<(String, usize), f64>,
}

/// Whether a copy of the table would be planned for as the table is.
pub(super) fn can_copy(table: &Table) -> bool {
    let innodb = table.storage_engine.as_deref().is_some_and(|engine| engine.eq_ignore_ascii_case("InnoDB"));
    innodb && !table.options.to_lowercase().contains("partition")
}

impl Copy {
    /// Makes a copy with the profile's statistics.
    pub(super) async fn make(
        conn: &mut MySqlConnection,
        engine: EngineKind,
        database: &str,
        schema: &Schema,
        scale: &Scale,
        key: &CopyKey,
        name: String,
    ) -> Result<Option<Self>, EngineError> {
        let Some(original) = schema.table(&key.table) else { return Ok(None) };
        let Some(mut average) = table::statistics(original, schema, scale) else { return Ok(None) };
        average.table.clone_from(&name);
        text::run(conn, format!("CREATE TABLE {} LIKE {}", text::name(&name), text::name(&original.name))).await?;
        for index in original.indexes.iter().filter(|index| key.widened.contains(&index.name)) {
            text::run(conn, format!("ALTER TABLE {} {}", text::name(&name), widening(index))).await?;
        }
        let all = std::slice::from_ref(&average);
        innodb::write(conn, database, all).await?;
        if engine == EngineKind::Mariadb {
            mariadb::load(conn, database, all).await?;
        } else {
            text::run(conn, format!("FLUSH TABLES {}", text::name(&name))).await?;
            mysql::write_histograms(conn, &name, original, scale).await?;
        }
        Ok(Some(Self { name, average, figures: BTreeMap::new() }))
    }

    /// Has its statistics say what a statement wants.
    pub(super) async fn prepare(
        &mut self,
        conn: &mut MySqlConnection,
        engine: EngineKind,
        database: &str,
        want: &Want,
    ) -> Result<(), EngineError> {
        if self.figures == want.figures {
            return Ok(());
        }
        let places: BTreeSet<&(String, usize)> = self.figures.keys().chain(want.figures.keys()).collect();
        let (database, table) = (text::text(database), text::text(&self.name));
        let mut message = Vec::new();
        for place in places {
            let (index, depth) = place;
            let rows = want.figures.get(place).copied().unwrap_or_else(|| self.average_of(index, *depth));
            let name = text::text(index);
            let sql = if engine == EngineKind::Mariadb {
                format!(
                    "REPLACE INTO mysql.index_stats (db_name, table_name, index_name, prefix_arity, avg_frequency) \
                     VALUES ({database}, {table}, {name}, {depth}, {:.4})",
                    rows.clamp(1.0, 99_999_999.0)
                )
            } else {
                let distinct = distinct_for(rows, self.average.rows as f64);
                format!(
                    "UPDATE mysql.innodb_index_stats SET stat_value = {distinct:.0} WHERE database_name = {database} \
                     AND table_name = {table} AND index_name = {name} AND stat_name = 'n_diff_pfx{depth:02}'"
                )
            };
            message.push(sql);
        }
        message.push(format!("FLUSH TABLES {}", text::name(&self.name)));
        text::run(conn, message.join("; ")).await?;
        self.figures.clone_from(&want.figures);
        Ok(())
    }

    fn average_of(&self, index: &str, depth: usize) -> f64 {
        let found = self.average.indexes.iter().find(|one| one.name == index);
        let distinct = found.and_then(|one| one.distinct.get(depth.saturating_sub(1))).copied();
        self.average.rows as f64 / distinct.unwrap_or(self.average.rows).max(1) as f64
    }
}

/// The whole number of distinct keys that gives nearest to so many rows for each. One stands for all rows, where no index is
/// of any use; two is nearer to a value that most rows have.
fn distinct_for(rows: f64, all: f64) -> f64 {
    let distinct = (all / rows).round().clamp(1.0, all.max(1.0));
    if rows < 0.97 * all { distinct.max(2.0) } else { distinct }
}

/// What makes a unique key one that a value may be in twice.
fn widening(index: &Index) -> String {
    let part = |part: &crate::model::schema::KeyPart| {
        let column = part
            .column
            .as_deref()
            .map_or_else(|| format!("({})", part.expression.clone().unwrap_or_default()), text::name);
        let prefix = part.prefix.map(|length| format!("({length})")).unwrap_or_default();
        let order = if part.descending { " DESC" } else { "" };
        format!("{column}{prefix}{order}")
    };
    let parts: Vec<String> = index.parts.iter().map(part).collect();
    let parts = parts.join(", ");
    if index.kind == IndexKind::Primary {
        return format!(
            "ADD COLUMN {WIDENING} TINYINT NOT NULL DEFAULT 0 INVISIBLE, DROP PRIMARY KEY, ADD PRIMARY KEY ({parts}, {WIDENING})"
        );
    }
    let name = text::name(&index.name);
    format!("DROP INDEX {name}, ADD INDEX {name} ({parts})")
}
