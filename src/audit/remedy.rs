//! The index that would serve a table's conditions and order, as SQL.
//!
//! Equality columns first, then the order, or one range: the order in which a B-tree can use them.

use super::reading::Reading;
use crate::model::schema::Table;
use crate::sql::quote;
use crate::sql::shape::{Condition, Operand, Operator, Term};

/// Reserved words of `MySQL` that apps use as names of columns and tables.
const RESERVED: [&str; 44] = [
    "all",
    "analyze",
    "and",
    "as",
    "asc",
    "between",
    "by",
    "case",
    "change",
    "char",
    "check",
    "column",
    "condition",
    "desc",
    "describe",
    "distinct",
    "exists",
    "explain",
    "float",
    "from",
    "function",
    "group",
    "groups",
    "in",
    "index",
    "int",
    "interval",
    "key",
    "keys",
    "lead",
    "limit",
    "match",
    "option",
    "or",
    "order",
    "outer",
    "range",
    "rank",
    "read",
    "references",
    "row",
    "rows",
    "system",
    "usage",
];

/// A name as SQL needs it: in backticks when it is reserved or not a plain word.
pub(super) fn name(name: &str) -> String {
    let plain =
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    if plain && !RESERVED.contains(&name.to_lowercase().as_str()) { name.to_owned() } else { quote::name(name) }
}

/// The `CREATE INDEX` that would let the table be read in part; `None` when the conditions offer nothing to an index or one exists.
pub(super) fn create_index(reading: &Reading<'_>) -> Option<String> {
    let columns = candidate(reading)?;
    let exists = reading.table.indexes.iter().any(|index| {
        index.visible
            && index.parts.len() >= columns.len()
            && index
                .parts
                .iter()
                .zip(&columns)
                .all(|(part, column)| part.column.as_deref().is_some_and(|c| c.eq_ignore_ascii_case(column)))
    });
    if exists { None } else { Some(statement(reading.table, &columns)) }
}

/// `CREATE INDEX` on these columns.
pub(super) fn statement(table: &Table, columns: &[String]) -> String {
    let parts: Vec<String> = columns.iter().map(|column| part(table, column)).collect();
    let index = format!("idx_{}_{}", table.name, columns.join("_")).to_lowercase();
    let index: String = index.chars().take(64).collect();
    format!("CREATE INDEX {} ON {} ({})", name(&index), name(&table.name), parts.join(", "))
}

/// Long text can only be indexed by a prefix.
fn part(table: &Table, column: &str) -> String {
    let known = table.column(column);
    let long = known.is_some_and(|column| column.base_type().ends_with("text") || column.base_type().ends_with("blob"));
    let written = name(known.map_or(column, |column| &column.name));
    if long { format!("{written}(100)") } else { written }
}

fn candidate(reading: &Reading<'_>) -> Option<Vec<String>> {
    let (query, block, at) = reading.place?;
    let mut columns: Vec<String> = Vec::new();
    let mut ranges: Vec<String> = Vec::new();
    for condition in reading.conditions() {
        let Condition::Compare(comparison) = condition else { continue };
        let of_this = |column: &crate::sql::shape::ColumnRef| column.level == 0 && column.source == at;
        let left = if let Term::Column(column) = &comparison.left { Some(column) } else { None };
        let right = if let Operand::Column(column) = &comparison.right { Some(column) } else { None };
        let Some(column) = [left, right].into_iter().flatten().find(|column| of_this(column)) else { continue };
        // NOT NULL columns are only NULL where an outer join found no row, which no index can look up.
        let impossible = reading.table.column(&column.column).is_some_and(|column| !column.nullable);
        match comparison.operator {
            Operator::IsNull if impossible => {}
            Operator::Eq | Operator::NullSafeEq | Operator::In | Operator::IsNull => push(&mut columns, &column.column),
            // A pattern that is bound may be open; leading-wildcard sees the sample's.
            Operator::Like if matches!(comparison.right, Operand::Param(_)) => {}
            operator if operator.is_range() && !super::rules::leading_wildcard::is_open(comparison) => {
                push(&mut ranges, &column.column);
            }
            _ => {}
        }
    }
    let terms: Vec<_> = if block.grouped() {
        block.group_by.clone()
    } else {
        query.order_by.iter().map(|term| term.column.clone()).collect()
    };
    let order: Option<Vec<String>> =
        terms.into_iter().map(|column| column.filter(|c| c.level == 0 && c.source == at).map(|c| c.column)).collect();
    let ordered = order.filter(|order| !order.is_empty() && (ranges.is_empty() || query.limit.is_some()));
    match ordered {
        Some(order) => order.iter().for_each(|column| push(&mut columns, column)),
        None => ranges.iter().take(1).for_each(|column| push(&mut columns, column)),
    }
    // Whoever has a whole unique key looks rows up by it: what stands behind it in an index narrows nothing.
    let has_key = reading.table.indexes.iter().filter(|index| index.is_unique()).any(|key| {
        columns.get(..key.parts.len()).is_some_and(|leading| {
            key.parts.iter().all(|part| {
                part.column
                    .as_deref()
                    .is_some_and(|name| leading.iter().any(|column| column.eq_ignore_ascii_case(name)))
            })
        })
    });
    if has_key {
        return None;
    }
    let json = |column: &String| reading.table.column(column).is_none_or(|column| column.base_type() == "json");
    if columns.is_empty() || columns.len() > 16 || columns.iter().any(json) {
        return None;
    }
    let real = |column: &String| reading.table.column(column).map(|column| column.name.clone());
    columns.iter().map(real).collect()
}

fn push(columns: &mut Vec<String>, column: &str) {
    if !columns.iter().any(|known| known.eq_ignore_ascii_case(column)) {
        columns.push(column.to_owned());
    }
}
