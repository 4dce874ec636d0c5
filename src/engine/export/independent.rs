//! `MariaDB`'s engine-independent statistics, where the account may read them. They hold the smallest and largest value of
//! each column, which are only asked for where they are allowed.

use super::Figures;
use super::values::value_of;
use crate::engine::error::EngineError;
use crate::engine::text::{self, text as quoted};
use crate::model::schema::{Column, Table};
use sqlx::MySqlConnection;
use std::collections::BTreeMap;

/// What these statistics say of one table.
#[derive(Debug, Clone, Default)]
pub(super) struct Independent {
    rows: f64,
    /// Rows for each key by index and number of parts.
    per_key: BTreeMap<(String, usize), f64>,
    /// Share of NULLs, and rows for each value, by column.
    columns: BTreeMap<String, (f64, f64)>,
}

impl Independent {
    /// Distinct keys of an index's prefix.
    pub(super) fn distinct(&self, index: &str, length: usize) -> Option<u64> {
        let per_key = self.per_key.get(&(index.to_lowercase(), length)).filter(|rows| **rows > 0.0)?;
        Some(count(self.rows / per_key))
    }

    /// Puts down what is known of columns by themselves.
    pub(super) fn columns(self, figures: &mut Figures) {
        for (name, (nulls, per_value)) in self.columns {
            let column = figures.column(&name);
            column.null_fraction = nulls;
            if per_value > 0.0 {
                column.distinct = Some(count(self.rows * (1.0 - nulls) / per_value));
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 1 and 1e15")]
fn count(distinct: f64) -> u64 {
    distinct.round().clamp(1.0, 1e15) as u64
}

/// Reads them; nothing when there are none or the account may not.
pub(super) async fn read(
    conn: &mut MySqlConnection,
    notes: &mut Vec<String>,
) -> Result<BTreeMap<String, Independent>, EngineError> {
    let queries = [
        "SELECT table_name, cardinality FROM mysql.table_stats WHERE db_name = DATABASE()",
        "SELECT table_name, index_name, prefix_arity, avg_frequency FROM mysql.index_stats WHERE db_name = DATABASE()",
        "SELECT table_name, column_name, nulls_ratio, avg_frequency FROM mysql.column_stats WHERE db_name = DATABASE()",
    ];
    let mut answers = Vec::new();
    for sql in queries {
        match text::rows(conn, sql.into()).await {
            Ok(rows) => answers.push(rows),
            Err(EngineError::Server(_)) => {
                notes.push(
                    "mysql.table_stats, index_stats and column_stats may not all be read: shares of NULL, and values of \
                     columns without an index, are unknown"
                        .into(),
                );
                return Ok(BTreeMap::new());
            }
            Err(error) => return Err(error),
        }
    }
    let number = |row: &text::TextRow, at: usize| row.get(at).and_then(|text| text.parse::<f64>().ok());
    let mut known: BTreeMap<String, Independent> = BTreeMap::new();
    for row in &answers[0] {
        known.entry(row.text(0)).or_default().rows = number(row, 1).unwrap_or(0.0);
    }
    for row in &answers[1] {
        let (Some(one), Some(per_key)) = (known.get_mut(&row.text(0)), number(row, 3)) else { continue };
        let length = row.number(2).and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        one.per_key.insert((row.text(1).to_lowercase(), length), per_key);
    }
    for row in &answers[2] {
        let (Some(one), Some(nulls)) = (known.get_mut(&row.text(0)), number(row, 2)) else { continue };
        one.columns.insert(row.text(1), (nulls, number(row, 3).unwrap_or(0.0)));
    }
    known.retain(|_, one| one.rows > 0.0);
    Ok(known)
}

/// The smallest and the largest value of one column.
pub(super) async fn values(
    conn: &mut MySqlConnection,
    table: &Table,
    column: &Column,
    figures: &mut Figures,
) -> Result<(), EngineError> {
    let sql = format!(
        "SELECT min_value, max_value FROM mysql.column_stats WHERE db_name = DATABASE() AND table_name = {} \
         AND column_name = {}",
        quoted(&table.name),
        quoted(&column.name)
    );
    let rows = match text::lossy_rows(conn, sql).await {
        Err(EngineError::Server(_)) => return Ok(()),
        rows => rows?,
    };
    if let Some(row) = rows.first() {
        let value = |at: usize| row.get(at).and_then(|text| value_of(column, text));
        let scale = figures.column(&column.name);
        (scale.min, scale.max) = (value(0), value(1));
    }
    Ok(())
}
