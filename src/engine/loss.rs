//! Counts on the database what a rollback would destroy.

use super::{EngineError, Session};
use crate::migration::loss::{AtRisk, Seed, What};
use crate::model::location::Location;
use crate::model::schema::{Schema, Table};
use crate::sql::quote::{literal, name as quote};
use std::collections::{BTreeMap, BTreeSet};

/// A loss that is certain, with its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The table, with the column when only its values go: `messages` or `users.xp`.
    pub what: String,
    /// Rows, or values, that would be destroyed; `None` when nobody can tell.
    pub rows: Option<u64>,
    /// More words on it, empty when the count says all.
    pub note: String,
    /// The statement that would do it.
    pub at: Location,
}

/// Counts every risk that is a real loss; one line per table or column.
///
/// # Errors
/// When a count fails.
pub async fn count(
    session: &mut Session,
    risks: &[AtRisk],
    seeds: &BTreeMap<String, Vec<Seed>>,
    schema: &Schema,
) -> Result<Vec<Loss>, EngineError> {
    let mut losses = Vec::new();
    let mut seen = BTreeSet::new();
    // A table that goes as a whole says more than the rows or columns of it that go before.
    let whole: BTreeSet<String> = risks
        .iter()
        .filter_map(|risk| if let What::Table(table) = &risk.what { Some(table.to_ascii_lowercase()) } else { None })
        .collect();
    for risk in risks {
        let (table_name, condition, what, note) = match &risk.what {
            What::Unknown(reason) => {
                losses.push(Loss { what: "unknown".into(), rows: None, note: reason.clone(), at: risk.at.clone() });
                continue;
            }
            What::Table(table) => (table, String::from("TRUE"), table.clone(), String::new()),
            What::RowsWhere(table, condition) => (table, condition.clone(), table.clone(), String::new()),
            What::ValuesWhere(table, column, condition) => (
                table,
                format!("({condition}) AND {} IS NOT NULL", quote(column)),
                format!("{table}.{column}"),
                "they become NULL with the rows that they refer to".to_owned(),
            ),
            What::Column(table, column) => {
                (table, format!("{} IS NOT NULL", quote(column)), format!("{table}.{column}"), String::new())
            }
            What::ColumnType(table, column) => (
                table,
                format!("{} IS NOT NULL", quote(column)),
                format!("{table}.{column}"),
                "values may change, as the column gets another definition".to_owned(),
            ),
        };
        let is_part = !matches!(risk.what, What::Table(_)) && whole.contains(&table_name.to_ascii_lowercase());
        let Some(table) = schema.table(table_name) else { continue };
        if is_part || !seen.insert(format!("{what}\n{condition}")) {
            continue;
        }
        let is_rows = matches!(risk.what, What::Table(_) | What::RowsWhere(..));
        let kept = if is_rows { seeds.get(&table_name.to_ascii_lowercase()) } else { None };
        let unchanged = kept
            .map(|seeds| unchanged_seeds(table, seeds, session.has_transactional_ddl()))
            .filter(|text| !text.is_empty());
        let filter = match unchanged {
            Some(unchanged) => format!("({condition}) AND NOT ({unchanged})"),
            None => condition,
        };
        let sql = format!("SELECT COUNT(*) FROM {} WHERE {filter}", quote(&table.name));
        match session.count(&sql).await {
            Ok(0) => {}
            Ok(rows) => losses.push(Loss { what, rows: Some(rows), note, at: risk.at.clone() }),
            Err(error @ (EngineError::Connection(_) | EngineError::Interrupted)) => return Err(error),
            // An earlier down statement may make what this condition names.
            Err(error) => {
                let note = format!("the rows of {what} could not be counted: {error}");
                losses.push(Loss { what, rows: None, note, at: risk.at.clone() });
            }
        }
    }
    Ok(losses)
}

/// A condition that holds for rows which are exactly as a migration inserted them: every column that it gave has that
/// value still, and every other has its default. Columns that the server fills by itself do not count.
fn unchanged_seeds(table: &Table, seeds: &[Seed], embedded: bool) -> String {
    let rows: Vec<String> = seeds
        .iter()
        .map(|seed| {
            let mut terms: Vec<String> =
                seed.iter().map(|(column, value)| format!("{} <=> {value}", quote(column))).collect();
            terms.extend(seed.iter().filter_map(|(column, value)| exact_term(table.column(column)?, value, embedded)));
            for column in &table.columns {
                let given = seed.iter().any(|(name, _)| name.eq_ignore_ascii_case(&column.name));
                if !given && let Some(term) = default_term(column) {
                    terms.push(term);
                }
            }
            format!("({})", terms.join(" AND "))
        })
        .collect();
    rows.join(" OR ")
}

/// A text counts as unchanged only letter by letter: to most collations `general` and `General` are equal.
fn exact_term(column: &crate::model::schema::Column, value: &str, embedded: bool) -> Option<String> {
    const TEXTS: [&str; 6] = ["char", "varchar", "tinytext", "text", "mediumtext", "longtext"];
    if !value.starts_with('\'') || !TEXTS.contains(&column.base_type().as_str()) {
        return None;
    }
    let name = quote(&column.name);
    let text = if embedded { name } else { format!("CONVERT({name} USING utf8mb4)") };
    Some(format!("HEX({text}) <=> HEX({value})"))
}

fn default_term(column: &crate::model::schema::Column) -> Option<String> {
    let automatic = !column.extra.is_empty() || !column.generated.is_empty();
    match column.default.as_deref() {
        _ if automatic => None,
        None => Some(format!("{} IS NULL", quote(&column.name))),
        Some(default) if default.eq_ignore_ascii_case("NULL") => Some(format!("{} IS NULL", quote(&column.name))),
        Some(default) if default.contains('(') || default.to_ascii_lowercase().contains("current_") => None,
        Some(default) => Some(format!("{} <=> {}", quote(&column.name), literal(default.trim_matches('\'')))),
    }
}
