//! What a server's catalogue and statistics tables say, without a value of any row.
//!
//! Distinct keys come from what the optimizer plans with: `MariaDB`'s engine-independent statistics, else `InnoDB`'s own in
//! `mysql.innodb_index_stats`, else the cardinality that `information_schema` shows to everybody.

use super::{Figures, Wanted, histogram, independent, values};
use crate::engine::error::EngineError;
use crate::engine::text;
use crate::model::engine::{Engine, EngineKind};
use crate::model::scale::key_name;
use crate::model::schema::{Index, IndexKind, KeyPart, Table};
use sqlx::MySqlConnection;
use std::collections::BTreeMap;

/// Bytes of a page that a scale profile takes as filled, and pages of an index to each one of its leaves; the inverse of
/// what [`crate::engine::stats::table`] makes of a profile.
const FILLED: f64 = 16384.0 * 15.0 / 16.0;
const ALL_PAGES: f64 = 1.12;
const PAGE: f64 = 16384.0;

/// What `InnoDB` has stored of an index.
#[derive(Debug, Clone, Default)]
struct Persistent {
    /// Distinct keys of each left prefix.
    distinct: Vec<u64>,
    leaf_pages: u64,
    pages: u64,
}

impl Persistent {
    /// Pages that hold entries. `MariaDB` says 1 of an index that it has sampled as a whole.
    fn leaves(&self) -> f64 {
        if self.leaf_pages > 1 { self.leaf_pages as f64 } else { self.pages as f64 / ALL_PAGES }
    }
}

/// Reads the figures of the tables.
pub(super) async fn read(
    conn: &mut MySqlConnection,
    engine: &Engine,
    tables: &[&Table],
    wanted: &Wanted<'_>,
    notes: &mut Vec<String>,
) -> Result<BTreeMap<String, Figures>, EngineError> {
    let bytes = bytes(conn).await?;
    let persistent = persistent(conn).await?;
    if persistent.is_none() {
        let doubt = if engine.kind == EngineKind::Mariadb {
            ", which are taken for InnoDB's: those of tables with engine-independent statistics come out as half"
        } else {
            ""
        };
        notes.push(format!(
            "mysql.innodb_index_stats may not be read: distinct keys are those of information_schema{doubt}, and sizes of \
             indexes are estimated"
        ));
    }
    let mut independent = match engine.kind {
        EngineKind::Mariadb => independent::read(conn, notes).await?,
        _ => BTreeMap::new(),
    };
    let mut known = BTreeMap::new();
    let mut empty = Vec::new();
    for table in tables {
        let mut figures = Figures { rows: table.rows, ..Figures::default() };
        let rows = table.rows.unwrap_or(0);
        if rows == 0 {
            empty.push(table.name.as_str());
        }
        figures.scale.row_bytes = bytes.get(&table.name).and_then(|size| size.row_bytes(table, rows));
        let own = independent.remove(&table.name).unwrap_or_default();
        for index in table.indexes.iter().filter(|index| has_keys(index)) {
            let stored = persistent.as_ref().and_then(|all| all.get(&(table.name.clone(), index.name.clone())));
            for length in 1..=index.parts.len() {
                let of_columns = own.distinct(&index.name, length);
                let of_innodb = || stored.and_then(|stored| stored.distinct.get(length - 1).copied());
                let shown = || shown(index, length, rows, engine.kind);
                let Some(distinct) = of_columns.or_else(of_innodb).or_else(shown) else { continue };
                keep(&mut figures, table, &index.parts[..length], distinct);
            }
            let leaves = stored.map_or(0.0, Persistent::leaves);
            if let Some(key) =
                key_name(&index.parts).filter(|_| index.kind != IndexKind::Primary && leaves > 1.0 && rows > 0)
            {
                figures.scale.keys.entry(key).or_default().entry_bytes = Some(whole(leaves * FILLED / rows as f64));
            }
        }
        own.columns(&mut figures);
        known.insert(table.name.clone(), figures);
    }
    if engine.kind == EngineKind::Mysql {
        histogram::read(conn, &mut known).await?;
    }
    // What statistics know of the allowed columns' values; their own tables hold them, so no row is read for it.
    for table in tables {
        let Some(figures) = known.get_mut(&table.name) else { continue };
        let allowed = table.columns.iter().filter(|column| (wanted.values)(&table.name, &column.name));
        for column in allowed.filter(|column| values::can_be_written(column)) {
            match engine.kind {
                EngineKind::Mysql => histogram::values(conn, table, column, figures).await?,
                _ => independent::values(conn, table, column, figures).await?,
            }
        }
    }
    if !empty.is_empty() {
        notes.push(format!(
            "{}: no rows by the statistics, which a table that was filled just now, or never analysed, has too",
            empty.join(", ")
        ));
    }
    Ok(known)
}

/// Whether the index has distinct keys in the sense of a profile.
fn has_keys(index: &Index) -> bool {
    !matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial)
}

/// Puts a figure where the profile has it: with the column, or with the columns together. What a unique key says by itself
/// is left out.
fn keep(figures: &mut Figures, table: &Table, parts: &[KeyPart], distinct: u64) {
    match parts {
        [KeyPart { column: Some(column), prefix: None, .. }] => {
            // The same column may begin several indexes, each with a sample of its own.
            let known = &mut figures.column(column).distinct;
            *known = (*known).max(Some(distinct));
        }
        parts if is_whole_unique(table, parts) => {}
        parts => {
            if let Some(key) = key_name(parts) {
                figures.scale.keys.entry(key).or_default().distinct = Some(distinct);
            }
        }
    }
}

/// Whether these are all parts of a unique key that is never NULL, so that there are as many as rows.
pub(super) fn is_whole_unique(table: &Table, parts: &[KeyPart]) -> bool {
    let never_null = |part: &KeyPart| {
        part.prefix.is_none()
            && part.column.as_deref().and_then(|name| table.column(name)).is_some_and(|column| !column.nullable)
    };
    table.indexes.iter().any(|index| {
        index.is_unique()
            && !index.parts.is_empty()
            && index.parts.iter().all(|part| never_null(part) && parts.contains(part))
    })
}

/// The cardinality that `information_schema` shows.
fn shown(index: &Index, length: usize, rows: u64, kind: EngineKind) -> Option<u64> {
    let cardinality = index.cardinality.get(length - 1).copied()?;
    if kind != EngineKind::Mariadb || rows == 0 {
        return Some(cardinality);
    }
    // MariaDB shows rows / max(1, rows per key / 2), in whole numbers (ha_innobase::info_low): half the rows per key, unless
    // there are so few that nothing can be told.
    Some(if cardinality >= rows { rows } else { (cardinality / 2).max(1) })
}

/// What a table takes.
#[derive(Debug, Clone)]
struct Bytes {
    all: u64,
    of_a_row: u64,
    innodb: bool,
}

impl Bytes {
    fn row_bytes(&self, table: &Table, rows: u64) -> Option<u64> {
        if rows == 0 || self.all == 0 {
            return None;
        }
        let compressed = table.options.to_ascii_lowercase().contains("compressed");
        if !self.innodb || compressed {
            return Some(self.of_a_row).filter(|bytes| *bytes > 0);
        }
        let leaves = if self.all as f64 <= PAGE { 1.0 } else { self.all as f64 / PAGE / ALL_PAGES };
        Some(whole(leaves * FILLED / rows as f64))
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 1 and 1e15")]
fn whole(bytes: f64) -> u64 {
    bytes.round().clamp(1.0, 1e15) as u64
}

async fn bytes(conn: &mut MySqlConnection) -> Result<BTreeMap<String, Bytes>, EngineError> {
    let sql = "SELECT TABLE_NAME, DATA_LENGTH, AVG_ROW_LENGTH, ENGINE FROM information_schema.TABLES \
               WHERE TABLE_SCHEMA = DATABASE()";
    let rows = text::rows(conn, sql.into()).await?;
    let one = |row: &text::TextRow| Bytes {
        all: row.number(1).unwrap_or(0),
        of_a_row: row.number(2).unwrap_or(0),
        innodb: row.text(3).eq_ignore_ascii_case("InnoDB"),
    };
    Ok(rows.iter().map(|row| (row.text(0), one(row))).collect())
}

/// `InnoDB`'s stored statistics by table and index; `None` when the account may not read them. Partitions, which are stored
/// one by one, are left out.
async fn persistent(conn: &mut MySqlConnection) -> Result<Option<BTreeMap<(String, String), Persistent>>, EngineError> {
    let sql = "SELECT table_name, index_name, stat_name, stat_value FROM mysql.innodb_index_stats \
               WHERE database_name = DATABASE() ORDER BY table_name, index_name, stat_name";
    let rows = match text::rows(conn, sql.into()).await {
        Err(EngineError::Server(_)) => return Ok(None),
        rows => rows?,
    };
    let mut found: BTreeMap<(String, String), Persistent> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.text(0).to_lowercase().contains("#p#")) {
        let (Some(stat), Some(value)) = (row.get(2), row.number(3)) else { continue };
        let stored = found.entry((row.text(0), row.text(1))).or_default();
        if stat == "n_leaf_pages" {
            stored.leaf_pages = value;
        } else if stat == "size" {
            stored.pages = value;
        } else if stat.starts_with("n_diff_pfx") {
            stored.distinct.push(value);
        }
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mariadbs_cardinality_is_twice_the_distinct_keys_where_it_tells_anything() {
        let cardinality = vec![20, 1000];
        let parts = vec![KeyPart::column("a"), KeyPart::column("b")];
        let (name, comment) = ("i".into(), String::new());
        let index = Index { name, kind: IndexKind::Plain, parts, visible: true, comment, cardinality };
        assert_eq!(shown(&index, 1, 1000, EngineKind::Mariadb), Some(10));
        assert_eq!(shown(&index, 2, 1000, EngineKind::Mariadb), Some(1000));
        assert_eq!(shown(&index, 1, 1000, EngineKind::Mysql), Some(20));
        assert_eq!(shown(&index, 3, 1000, EngineKind::Mysql), None);
    }

    #[test]
    fn a_row_takes_what_makes_the_same_number_of_pages_again() {
        let size = Bytes { all: 1000 * 16384, of_a_row: 164, innodb: true };
        let bytes = size.row_bytes(&Table::default(), 100_000).unwrap();
        let again = crate::engine::stats::table::pages(100_000, bytes) * 112 / 100;
        assert!((990..=1010).contains(&again), "{bytes} bytes, {again} pages");
        assert_eq!(Bytes { innodb: false, ..size.clone() }.row_bytes(&Table::default(), 100_000), Some(164));
        assert_eq!(size.row_bytes(&Table::default(), 0), None);
    }
}
