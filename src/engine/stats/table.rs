//! A table's statistics as both servers keep them, computed from a scale profile. Pure.

use super::cardinality;
use crate::model::query::Value;
use crate::model::scale::{ColumnScale, Scale};
use crate::model::schema::{Column, Index, IndexKind, KeyPart, Schema, Table};

/// Bytes of an index page that hold rows: 16 KiB, of which the server leaves a sixteenth free when it fills them in order.
const PAGE: f64 = 16384.0 * 15.0 / 16.0;
/// Bytes that an entry of a secondary index takes beside its columns.
const ENTRY: u64 = 6;
/// Bytes that a row takes beside its columns: header, transaction number and roll pointer.
const ROW: u64 = 20;

/// One table's statistics.
#[derive(Debug, Clone, PartialEq)]
pub struct TableStatistics {
    /// The table.
    pub table: String,
    /// Rows.
    pub rows: u64,
    /// Pages of the rows themselves, be it under the primary key or under the server's own row number.
    pub data_pages: u64,
    /// Each index except FULLTEXT and SPATIAL ones, which have no such statistics.
    pub indexes: Vec<IndexStatistics>,
    /// The columns that the profile describes.
    pub columns: Vec<ColumnStatistics>,
}

/// One index's statistics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexStatistics {
    /// The index.
    pub name: String,
    /// Distinct keys of each left prefix, of its own key parts first and then of the primary key's that it carries along.
    pub distinct: Vec<u64>,
    /// Pages that hold its entries.
    pub leaf_pages: u64,
}

impl IndexStatistics {
    /// Pages of the whole index, the ones above the leaves included.
    #[must_use]
    pub fn pages(&self) -> u64 {
        with_branches(self.leaf_pages)
    }
}

/// One column's statistics.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnStatistics {
    /// The column.
    pub name: String,
    /// Distinct values that are not NULL.
    pub distinct: u64,
    /// Share of rows that are NULL, 0 to 1.
    pub null_fraction: f64,
    /// Smallest value, as text.
    pub min: Option<String>,
    /// Largest value, as text.
    pub max: Option<String>,
    /// Average length in bytes.
    pub bytes: u64,
}

/// The table's statistics at the scale; `None` when the profile does not list the table.
#[must_use]
pub fn statistics(table: &Table, schema: &Schema, scale: &Scale) -> Option<TableStatistics> {
    let rows = cardinality::rows_of(table, scale)?;
    let countable = |index: &&Index| !matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial);
    let indexes =
        table.indexes.iter().filter(countable).map(|index| of_index(table, index, rows, schema, scale)).collect();
    let described = cardinality::table_scale(table, scale).map(|found| &found.columns);
    let columns = table.columns.iter().filter_map(|column| {
        let (_, known) = described?.iter().find(|(name, _)| name.eq_ignore_ascii_case(&column.name))?;
        let null_fraction = known.null_fraction.clamp(0.0, 1.0);
        Some(ColumnStatistics {
            name: column.name.clone(),
            distinct: known.distinct?,
            null_fraction,
            min: known.min.as_ref().and_then(text_of),
            max: known.max.as_ref().and_then(text_of),
            bytes: bytes_of(column),
        })
    });
    let data_pages = with_branches(pages(rows, row_bytes(table, scale)));
    Some(TableStatistics { table: table.name.clone(), rows, data_pages, columns: columns.collect(), indexes })
}

fn of_index(table: &Table, index: &Index, rows: u64, schema: &Schema, scale: &Scale) -> IndexStatistics {
    let mut distinct = cardinality::distinct_of_prefix(table, index, scale, schema);
    let appended = appended(table, index);
    let key_bytes: u64 = index.parts.iter().map(|part| bytes_of_part(table, part, scale)).sum();
    let bytes = if index.kind == IndexKind::Primary {
        row_bytes(table, scale)
    } else {
        key_bytes + ENTRY + appended.iter().map(|part| bytes_of_part(table, part, scale)).sum::<u64>()
    };
    // The last part of the primary key makes an entry unique; one before it can only be said to lie in between.
    let own = distinct.last().copied().unwrap_or(1);
    distinct.extend((1..=appended.len()).map(|carried| if carried == appended.len() { rows.max(1) } else { own }));
    // Entries come in any order, so that pages are split in halves; rows come in the order of their key.
    let bytes = if index.kind == IndexKind::Primary { bytes } else { bytes * 4 / 3 };
    let known = cardinality::key_scale(table, index, index.parts.len(), scale).and_then(|known| known.entry_bytes);
    let bytes = known.filter(|_| index.kind != IndexKind::Primary).unwrap_or(bytes);
    IndexStatistics { name: index.name.clone(), distinct, leaf_pages: pages(rows, bytes) }
}

fn row_bytes(table: &Table, scale: &Scale) -> u64 {
    cardinality::table_scale(table, scale)
        .and_then(|found| found.row_bytes)
        .unwrap_or_else(|| ROW + table.columns.iter().map(bytes_of).sum::<u64>())
}

/// The primary key's parts that an index carries along behind its own: all that it does not hold already.
pub(super) fn appended<'a>(table: &'a Table, index: &Index) -> Vec<&'a KeyPart> {
    let Some(primary) = table.primary_key().filter(|_| index.kind != IndexKind::Primary) else { return Vec::new() };
    let held = |part: &&KeyPart| !index.parts.iter().any(|own| own.column == part.column && own.prefix.is_none());
    primary.parts.iter().filter(held).collect()
}

/// Leaf pages and the pages above them, about an eighth more.
fn with_branches(leaf_pages: u64) -> u64 {
    if leaf_pages <= 1 { 1 } else { leaf_pages.saturating_mul(112).div_ceil(100) }
}

/// Leaf pages of an index with that many entries of that many bytes.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a product of two counts, far below 2^63")]
pub fn pages(rows: u64, bytes: u64) -> u64 {
    ((rows as f64 * bytes as f64 / PAGE).ceil() as u64).max(1)
}

fn bytes_of_part(table: &Table, part: &KeyPart, scale: &Scale) -> u64 {
    let column = part.column.as_deref().and_then(|name| table.column(name));
    let whole = column.map_or(8, |column| {
        let known = cardinality::column_scale(table, &column.name, scale);
        let text = known.filter(|_| column.base_type().ends_with("char")).and_then(bytes_of_texts);
        let there = 1.0 - known.map_or(0.0, |known| known.null_fraction.clamp(0.0, 1.0));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a column's length")]
        let bytes = (text.unwrap_or_else(|| bytes_of(column)) as f64 * there).ceil() as u64;
        bytes
    });
    part.prefix.map_or(whole, |prefix| whole.min(u64::from(prefix)))
}

/// The bytes of the texts that the profile names, by how often they occur, with the byte of their length; `None` without any.
/// Those it does not name are as long as its smallest and largest.
fn bytes_of_texts(known: &ColumnScale) -> Option<u64> {
    let length = |value: &Value| match value {
        Value::Text(text) => Some(text.len() as f64),
        _ => None,
    };
    let hot: Vec<(f64, f64)> = known.hot.iter().filter_map(|hot| Some((hot.fraction, length(&hot.value)?))).collect();
    let ends: Vec<f64> = [&known.min, &known.max].into_iter().flatten().filter_map(length).collect();
    let share: f64 = hot.iter().map(|(share, _)| share).sum();
    let own: f64 = hot.iter().map(|(share, length)| share * length).sum();
    let average = match (ends.as_slice(), share > 0.0) {
        ([], false) => return None,
        ([], true) => own / share,
        (ends, _) => own + (1.0 - share).max(0.0) * ends.iter().sum::<f64>() / ends.len() as f64,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a text's length")]
    Some(average.round() as u64 + 1)
}

/// The bytes that a value of the column takes on average, by its type. Texts are taken as half full.
fn bytes_of(column: &Column) -> u64 {
    let length = declared_length(&column.column_type);
    match column.base_type().as_str() {
        "tinyint" | "year" | "enum" | "bool" | "boolean" => 1,
        "smallint" => 2,
        "mediumint" | "date" | "time" => 3,
        "int" | "integer" | "float" | "timestamp" => 4,
        "datetime" => 5,
        "decimal" | "numeric" => length.unwrap_or(10) / 2 + 1,
        "bit" => length.unwrap_or(1).div_ceil(8),
        "char" | "binary" => length.unwrap_or(1),
        "varchar" | "varbinary" => (length.unwrap_or(255) / 2).clamp(1, 64) + 1,
        "uuid" | "inet6" => 16,
        "text" | "mediumtext" | "longtext" | "blob" | "mediumblob" | "longblob" | "json" => 200,
        "tinytext" | "tinyblob" => 64,
        _ => 8,
    }
}

/// The first number in the type's parentheses.
fn declared_length(column_type: &str) -> Option<u64> {
    let (_, inside) = column_type.split_once('(')?;
    inside.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(set) => Some(u8::from(*set).to_string()),
        Value::Int(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::scale::TableScale;

    fn column(name: &str, column_type: &str) -> Column {
        Column { name: name.into(), column_type: column_type.into(), ..Column::default() }
    }

    fn index(name: &str, kind: IndexKind, columns: &[&str]) -> Index {
        let parts = columns.iter().map(|name| KeyPart::column(*name)).collect();
        Index { name: name.into(), kind, parts, visible: true, comment: String::new(), cardinality: Vec::new() }
    }

    fn orders() -> (Schema, Scale) {
        let table = Table {
            name: "orders".into(),
            columns: vec![column("id", "bigint"), column("customer_id", "int"), column("note", "varchar(40)")],
            indexes: vec![
                index("PRIMARY", IndexKind::Primary, &["id"]),
                index("by_customer", IndexKind::Plain, &["customer_id"]),
                index("words", IndexKind::Fulltext, &["note"]),
            ],
            ..Table::default()
        };
        let known = ColumnScale { distinct: Some(50_000), max: Some(Value::Int(50_000)), ..ColumnScale::default() };
        let size =
            TableScale { rows: 1_000_000, columns: [("customer_id".into(), known)].into(), ..TableScale::default() };
        let scale = Scale { tables: [("orders".into(), size)].into(), ..Scale::default() };
        (Schema { tables: vec![table], routines: Vec::new() }, scale)
    }

    #[test]
    fn a_secondary_index_carries_the_primary_key_along() {
        let (schema, scale) = orders();
        let found = statistics(&schema.tables[0], &schema, &scale).unwrap();
        let names: Vec<&str> = found.indexes.iter().map(|index| index.name.as_str()).collect();
        assert_eq!(names, ["PRIMARY", "by_customer"], "FULLTEXT has no such statistics");
        assert_eq!(found.indexes[1].distinct, [50_000, 1_000_000]);
        // 1M entries of 4 + 8 + 6 bytes in pages of 15,360 that are three quarters full.
        assert_eq!((found.indexes[1].leaf_pages, found.indexes[1].pages()), (1563, 1751));
        assert_eq!(found.columns[0].max.as_deref(), Some("50000"));
    }

    #[test]
    fn a_table_that_the_profile_leaves_out_has_no_statistics() {
        let (schema, _) = orders();
        assert_eq!(statistics(&schema.tables[0], &schema, &Scale::default()), None);
    }

    #[test]
    fn lengths_come_from_the_type() {
        assert_eq!(bytes_of(&column("a", "decimal(10,2)")), 6);
        assert_eq!(bytes_of(&column("a", "varchar(20)")), 11);
        assert_eq!(bytes_of(&column("a", "int unsigned")), 4);
        assert_eq!(bytes_of(&column("a", "bit(12)")), 2);
    }
}
