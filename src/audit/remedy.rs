//! The index that would serve a table's conditions and order, as SQL.
//!
//! Equality columns first, then the order, or one range: the order in which a B-tree can use them.

use super::context::Context;
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

/// What to do where no index serves the conditions of a read as they are written, from the first of them that stands in the way.
pub(super) fn advice(reading: &Reading<'_>, context: &Context<'_>) -> String {
    let table = &reading.table.name;
    let Some((_, _, at)) = reading.place else {
        return "the statement's text was not understood, so that no index can be proposed: look at the plan".into();
    };
    let conditions = reading.conditions();
    if conditions.is_empty() {
        return format!(
            "no condition narrows `{table}`: read fewer rows, or keep the answer (a counter, a cache) instead of computing it"
        );
    }
    if let Some(arms) = conditions.iter().find_map(|condition| match condition {
        Condition::Or(arms) => Some(arms),
        _ => None,
    }) {
        let bare = |condition: &Condition| {
            let own = condition.comparisons().into_iter().find_map(|comparison| {
                let own = comparison.own_column().filter(|own| own.source == at && comparison.operator.narrows())?;
                Some(own.column.clone())
            });
            own.filter(|_| condition.mentions(at))
        };
        let columns: Option<Vec<String>> = arms.iter().map(bare).collect();
        return match columns {
            Some(columns) => {
                let indexes: Vec<String> =
                    columns.iter().filter(|column| !leads(reading.table, column)).map(|c| name(c)).collect();
                let what = if indexes.is_empty() {
                    "each side of OR has its index, and the optimizer holds a scan for cheaper".to_owned()
                } else {
                    format!("OR needs an index for each side: one that begins with each of {}", indexes.join(", "))
                };
                format!("{what}; or write the sides as arms of a UNION")
            }
            None => "a side of OR cannot use an index, so that none helps the whole: ask for the sides in arms of a UNION, and \
                     compare bare columns there"
                .into(),
        };
    }
    let comparisons: Vec<_> = conditions.iter().flat_map(|condition| condition.comparisons()).collect();
    let wrapped = comparisons.iter().find(|comparison| matches!(comparison.left, Term::Wrapped { .. }));
    if let Some(comparison) = wrapped {
        return format!("no index is in the order of an expression: compare the bare column in `{}`", comparison.text);
    }
    let typed = comparisons.iter().find(|comparison| {
        let column = comparison.own_column().and_then(|own| reading.table.column(&own.column));
        column.is_some_and(super::reading::is_text) && context.number_in(&comparison.right).is_some()
    });
    if let Some(comparison) = typed {
        return format!("pass text where a column of text is compared: `{}`", comparison.text);
    }
    if let Some(comparison) = comparisons.iter().find(|comparison| !comparison.operator.narrows()) {
        return format!(
            "`{}` only leaves rows out, which no index finds: add a condition that names what is wanted, or a LIMIT in the order of an index",
            comparison.text
        );
    }
    if comparisons.iter().any(|comparison| {
        comparison.operator == Operator::Like
            && context.text_of(&comparison.right).is_some_and(|text| text.starts_with(['%', '_']))
    }) {
        return "a pattern with an open beginning needs a FULLTEXT index and MATCH … AGAINST".into();
    }
    let indexed = comparisons.iter().filter_map(|comparison| {
        let own = comparison.columns().into_iter().find(|column| column.level == 0 && column.source == at)?;
        Some(own.column.clone())
    });
    match indexed.into_iter().find(|column| leads(reading.table, column)) {
        Some(column) => format!(
            "an index begins with {} already, and the optimizer holds reading `{table}` as a whole for cheaper, as too many of its rows are wanted: narrow the condition, or read in portions",
            name(&column)
        ),
        None => format!(
            "no index can be proposed for these conditions on `{table}`: narrow them by a bare column that is compared with values of its own type"
        ),
    }
}

/// Whether a visible index begins with the column.
fn leads(table: &Table, column: &str) -> bool {
    table.indexes.iter().filter(|index| index.visible).any(|index| {
        index
            .parts
            .first()
            .and_then(|part| part.column.as_deref())
            .is_some_and(|name| name.eq_ignore_ascii_case(column))
    })
}

/// What to do about a sort or a temporary table that no index spares, from what stands in the order's way.
pub(super) fn sorting(reading: &Reading<'_>) -> String {
    let general =
        "read fewer rows into the sort, by a condition or by sorting a page of keys first and fetching the rest by key";
    let Some((query, block, at)) = reading.place else { return general.into() };
    let expression = query.order_by.iter().find(|term| term.column.is_none());
    if let Some(term) = expression.filter(|_| !block.grouped()) {
        return format!(
            "no index is in the order of `{}`: order by a bare column, or keep the value in a generated column with an index",
            term.text
        );
    }
    let columns = query.order_by.iter().filter_map(|term| term.column.as_ref()).chain(block.group_by.iter().flatten());
    let other = columns.into_iter().find(|column| column.level == 0 && column.source != at);
    if let Some(source) = other.and_then(|column| block.sources.get(column.source)) {
        return format!(
            "the order comes from `{}`, while `{}` is read first: narrow and order by columns of one table, or keep the order's column in the table that is read first",
            source.alias, reading.table.name
        );
    }
    if query.order_by.iter().any(|term| term.descending) && query.order_by.iter().any(|term| !term.descending) {
        return "the directions of the order differ: an index with the same directions (a DESC, b) serves it".into();
    }
    general.into()
}

fn push(columns: &mut Vec<String>, column: &str) {
    if !columns.iter().any(|known| known.eq_ignore_ascii_case(column)) {
        columns.push(column.to_owned());
    }
}
