//! Conditions, in `MySQL`'s dialect, that hold for rows with exactly some values. None of them is ever NULL, so that each
//! may be negated.

use super::Seed;
use crate::model::schema::{Column, Table};
use crate::sql::quote::{literal, name as quote};

/// Holds for rows of which the column has this constant, letter by letter: to most collations `general` and `General`
/// are equal, and to a comparison of a text with a number `5 apples` is 5. `None` when no such condition is known.
pub(super) fn exact(column: &Column, value: &str, embedded: bool) -> Option<String> {
    const TEXTS: [&str; 6] = ["char", "varchar", "tinytext", "text", "mediumtext", "longtext"];
    let name = quote(&column.name);
    let equal = format!("{name} <=> {value}");
    if !TEXTS.contains(&column.base_type().as_str()) || value.eq_ignore_ascii_case("NULL") {
        return Some(equal);
    }
    let is_number = value.trim_start_matches('-').chars().all(|c| c.is_ascii_digit());
    let value = match value {
        quoted if quoted.starts_with('\'') => quoted.to_owned(),
        number if is_number => format!("'{number}'"),
        _ => return None,
    };
    let text = if embedded { name } else { format!("CONVERT({name} USING utf8mb4)") };
    Some(format!("{equal} AND HEX({text}) <=> HEX({value})"))
}

/// Holds for a row that is exactly as it was inserted: every column that was given has that value still, and every other
/// has its default. Columns that the server fills by itself do not count.
pub(super) fn unchanged(table: &Table, seed: &Seed, embedded: bool) -> String {
    let given = seed.iter().map(|(name, value)| {
        let equal = || Some(format!("{} <=> {value}", quote(name)));
        table.column(name).map_or_else(equal, |column| exact(column, value, embedded)).unwrap_or_else(|| "FALSE".into())
    });
    let others =
        table.columns.iter().filter(|column| !seed.iter().any(|(name, _)| name.eq_ignore_ascii_case(&column.name)));
    let terms: Vec<String> = given.chain(others.filter_map(default_term)).collect();
    format!("({})", terms.join(" AND "))
}

fn default_term(column: &Column) -> Option<String> {
    let automatic = !column.extra.is_empty() || !column.generated.is_empty();
    match column.default.as_deref() {
        _ if automatic => None,
        None => Some(format!("{} IS NULL", quote(&column.name))),
        Some(default) if default.eq_ignore_ascii_case("NULL") => Some(format!("{} IS NULL", quote(&column.name))),
        Some(default) if default.contains('(') || default.to_ascii_lowercase().contains("current_") => None,
        Some(default) => Some(format!("{} <=> {}", quote(&column.name), literal(default.trim_matches('\'')))),
    }
}
