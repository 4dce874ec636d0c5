//! How many distinct keys an index has at a scale: the figure that every engine's statistics are made of.
//!
//! Pure. A column that the scale profile does not describe is guessed from its keys and its type; the guesses are
//! listed at [`distinct_of_column`]. Columns are taken as independent, as the optimizers do.

use crate::model::query::Value;
use crate::model::scale::{ColumnScale, KeyScale, Scale, TableScale, key_name};
use crate::model::schema::{Column, Index, Schema, Table};

/// A foreign key is followed to its parent at most this far, so that tables which refer to each other come to an end.
const MAX_PARENTS: u32 = 8;

/// The table's rows at the scale; `None` when the profile does not list the table.
#[must_use]
pub fn rows_of(table: &Table, scale: &Scale) -> Option<u64> {
    table_scale(table, scale).map(|found| found.rows)
}

/// What the profile says of the table. Names are compared without case.
#[must_use]
pub fn table_scale<'a>(table: &Table, scale: &'a Scale) -> Option<&'a TableScale> {
    scale.tables.iter().find(|(name, _)| name.eq_ignore_ascii_case(&table.name)).map(|(_, found)| found)
}

/// What the profile says of the column. Names are compared without case.
#[must_use]
pub fn column_scale<'a>(table: &Table, column: &str, scale: &'a Scale) -> Option<&'a ColumnScale> {
    let columns = &table_scale(table, scale)?.columns;
    columns.iter().find(|(name, _)| name.eq_ignore_ascii_case(column)).map(|(_, found)| found)
}

/// What the profile says of the index's first `length` parts taken together. Names are compared without case.
#[must_use]
pub fn key_scale(table: &Table, index: &Index, length: usize, scale: &Scale) -> Option<KeyScale> {
    let keys = &table_scale(table, scale)?.keys;
    let wanted = key_name(index.parts.get(..length)?).filter(|_| !keys.is_empty())?;
    keys.iter().find(|(name, _)| name.eq_ignore_ascii_case(&wanted)).map(|(_, found)| *found)
}

/// Distinct keys of each left prefix of the index: one number per key part, never falling, at least 1 and at most the
/// table's rows.
///
/// What the profile says of the columns together comes first. A prefix that holds a whole unique key has as many keys as
/// rows; any other has the product of its columns' distinct values. NULL counts as one value, as it does in the engines' own statistics.
#[must_use]
pub fn distinct_of_prefix(table: &Table, index: &Index, scale: &Scale, schema: &Schema) -> Vec<u64> {
    let rows = rows_or_known(table, scale).max(1);
    let mut product: u64 = 1;
    (1..=index.parts.len())
        .map(|length| {
            let part = &index.parts[length - 1];
            let distinct = match part.column.as_deref().and_then(|name| table.column(name)) {
                Some(column) => distinct_of_column(table, column, scale, schema),
                None => unlisted(rows),
            };
            let together = key_scale(table, index, length, scale).and_then(|known| known.distinct);
            product = match together {
                Some(known) => known.max(product),
                None if holds_unique_key(table, index, length) => rows,
                None => product.saturating_mul(distinct),
            };
            product = product.clamp(1, rows);
            product
        })
        .collect()
}

/// Distinct values of one column, NULL counted as one when the profile has some; at least 1 and at most the rows.
///
/// In this order: the profile's `distinct`; as many as rows for a unique key of its own; the parent's for a foreign
/// key; 2 for a boolean; the number of an ENUM's values; the span from `min` to `max` for integers; otherwise a tenth
/// of the rows, which is the guess `SQLite` starts from as well.
#[must_use]
pub fn distinct_of_column(table: &Table, column: &Column, scale: &Scale, schema: &Schema) -> u64 {
    distinct_within(table, column, scale, schema, MAX_PARENTS)
}

fn distinct_within(table: &Table, column: &Column, scale: &Scale, schema: &Schema, parents: u32) -> u64 {
    let rows = rows_or_known(table, scale).max(1);
    let profile = column_scale(table, &column.name, scale);
    let nulls = profile.map_or(0.0, |found| found.null_fraction.clamp(0.0, 1.0));
    let values = profile
        .and_then(|found| found.distinct)
        .or_else(|| is_unique_alone(table, &column.name).then(|| share(rows, 1.0 - nulls)))
        .or_else(|| parent_distinct(table, column, scale, schema, parents))
        .or_else(|| type_distinct(&column.column_type))
        .unwrap_or_else(|| profile.and_then(span).map_or(unlisted(rows), |span| span.min(unlisted(rows))));
    values.saturating_add(u64::from(nulls > 0.0)).clamp(1, rows)
}

/// The profile's rows, else what the catalogue says, else none.
fn rows_or_known(table: &Table, scale: &Scale) -> u64 {
    rows_of(table, scale).or(table.rows).unwrap_or(0)
}

fn unlisted(rows: u64) -> u64 {
    (rows / 10).max(1)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a share of a u64, never negative
fn share(rows: u64, fraction: f64) -> u64 {
    (rows as f64 * fraction).round() as u64
}

fn is_unique_alone(table: &Table, column: &str) -> bool {
    table.indexes.iter().any(|index| {
        index.is_unique() && index.parts.len() == 1 && index.parts[0].prefix.is_none() && names(index, 0, column)
    })
}

fn holds_unique_key(table: &Table, index: &Index, length: usize) -> bool {
    table.indexes.iter().filter(|key| key.is_unique() && !key.parts.is_empty()).any(|key| {
        (key.name == index.name && key.parts.len() <= length)
            || (0..key.parts.len()).all(|part| {
                key.parts[part].prefix.is_none()
                    && key.parts[part].column.as_deref().is_some_and(|column| {
                        table.column(column).is_some_and(|found| !found.nullable)
                            && (0..length).any(|at| names(index, at, column))
                    })
            })
    })
}

fn names(index: &Index, part: usize, column: &str) -> bool {
    index.parts.get(part).and_then(|part| part.column.as_deref()).is_some_and(|name| name.eq_ignore_ascii_case(column))
}

fn parent_distinct(table: &Table, column: &Column, scale: &Scale, schema: &Schema, parents: u32) -> Option<u64> {
    let left = parents.checked_sub(1)?;
    table.foreign_keys.iter().find_map(|key| {
        let at = key.columns.iter().position(|name| name.eq_ignore_ascii_case(&column.name))?;
        let parent = schema.table(&key.referenced_table)?;
        rows_of(parent, scale).or(parent.rows)?;
        let referenced = parent.column(key.referenced_columns.get(at)?)?;
        Some(distinct_within(parent, referenced, scale, schema, left))
    })
}

fn type_distinct(column_type: &str) -> Option<u64> {
    let lower = column_type.to_ascii_lowercase();
    match lower.as_str() {
        "tinyint(1)" | "boolean" | "bool" | "bit" | "bit(1)" => Some(2),
        // Values may hold a comma, so quotes are counted: each value has a pair, and a doubled quote inside adds one more.
        text if text.starts_with("enum(") => {
            let quotes = text.matches('\'').count() - 2 * text.replace("','", "").matches("''").count();
            u64::try_from(quotes / 2).ok().filter(|&values| values > 0)
        }
        _ => None,
    }
}

fn span(profile: &ColumnScale) -> Option<u64> {
    match (&profile.min, &profile.max) {
        (Some(Value::Int(min)), Some(Value::Int(max))) => u64::try_from(max.checked_sub(*min)?.checked_add(1)?).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schema::{ForeignKey, IndexKind, KeyPart};

    fn column(name: &str, column_type: &str) -> Column {
        Column { name: name.into(), column_type: column_type.into(), ..Column::default() }
    }

    fn index(name: &str, kind: IndexKind, columns: &[&str]) -> Index {
        let parts = columns.iter().map(|name| KeyPart::column(*name)).collect();
        Index { name: name.into(), kind, parts, visible: true, comment: String::new(), cardinality: vec![] }
    }

    fn shop() -> (Schema, Scale) {
        let customer = Table {
            name: "customer".into(),
            columns: vec![column("id", "int")],
            indexes: vec![index("PRIMARY", IndexKind::Primary, &["id"])],
            ..Table::default()
        };
        let columns = [("id", "int"), ("customer_id", "int"), ("state", "enum('new','it''s, paid','x')")];
        let orders = Table {
            name: "orders".into(),
            columns: columns.iter().map(|(name, kind)| column(name, kind)).collect(),
            indexes: vec![index("PRIMARY", IndexKind::Primary, &["id"])],
            foreign_keys: vec![ForeignKey {
                name: "fk".into(),
                columns: vec!["customer_id".into()],
                referenced_table: "customer".into(),
                referenced_columns: vec!["id".into()],
                on_delete: String::new(),
                on_update: String::new(),
            }],
            ..Table::default()
        };
        let mut scale = Scale::default();
        for (name, rows) in [("customer", 500), ("Orders", 10_000)] {
            scale.tables.insert(name.into(), TableScale { rows, ..TableScale::default() });
        }
        (Schema { tables: vec![customer, orders], routines: vec![] }, scale)
    }

    fn prefixes(columns: &[&str], schema: &Schema, scale: &Scale) -> Vec<u64> {
        let orders = schema.table("orders").unwrap();
        distinct_of_prefix(orders, &index("i", IndexKind::Plain, columns), scale, schema)
    }

    #[test]
    fn products_stop_at_the_rows_and_unique_keys_reach_them() {
        let (schema, scale) = shop();
        assert_eq!(prefixes(&["customer_id", "state"], &schema, &scale), [500, 1500]);
        assert_eq!(prefixes(&["state", "id", "customer_id"], &schema, &scale), [3, 10_000, 10_000]);
    }

    #[test]
    fn columns_that_the_profile_knows_together_are_not_taken_as_independent() {
        let (schema, mut scale) = shop();
        let known = KeyScale { distinct: Some(700), entry_bytes: None };
        scale.tables.get_mut("Orders").unwrap().keys.insert("Customer_id, state".into(), known);
        assert_eq!(prefixes(&["customer_id", "state"], &schema, &scale), [500, 700]);
    }

    #[test]
    fn the_profile_comes_before_every_guess_and_null_is_a_value() {
        let (schema, mut scale) = shop();
        let profile = ColumnScale { distinct: Some(7), null_fraction: 0.5, ..ColumnScale::default() };
        scale.tables.get_mut("Orders").unwrap().columns.insert("customer_id".into(), profile);
        assert_eq!(prefixes(&["customer_id"], &schema, &scale), [8]);
    }

    #[test]
    fn tables_that_refer_to_each_other_come_to_an_end() {
        let (mut schema, scale) = shop();
        let mut back = schema.tables[1].foreign_keys[0].clone();
        back.referenced_table = "orders".into();
        back.referenced_columns = vec!["customer_id".into()];
        schema.tables[1].foreign_keys = vec![back];
        assert_eq!(prefixes(&["customer_id"], &schema, &scale), [1000]);
    }

    #[test]
    fn a_table_without_rows_has_one_key() {
        let (schema, _) = shop();
        assert_eq!(prefixes(&["state", "id"], &schema, &Scale::default()), [1, 1]);
    }
}
