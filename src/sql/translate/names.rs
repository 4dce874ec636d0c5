//! Names as `SQLite` needs them.
//!
//! Names in backticks stay in backticks: `SQLite` reads them too, and unlike names in double quotes it never takes an
//! unknown one for a string. Index names are one name space per database in `SQLite` and one per table in `MySQL`, so
//! every index is called `table.index` there.

use crate::sql::quote;
use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};

/// The name that an index has in the embedded engine, not quoted.
#[must_use]
pub fn index_name(table: &str, index: &str) -> String {
    format!("{table}.{index}")
}

/// Table and index of a name that [`index_name`] made; `None` for any other name.
#[must_use]
pub fn split_index_name(name: &str) -> Option<(&str, &str)> {
    name.split_once('.').filter(|(table, index)| !table.is_empty() && !index.is_empty())
}

/// The index's name in double quotes, for `CREATE INDEX` and `DROP INDEX`.
pub(super) fn quoted_index(table: &str, index: &str) -> String {
    format!("\"{}\"", index_name(table, index).replace('"', "\"\""))
}

/// A name made here, in backticks when it needs them.
pub(super) fn quoted(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain && !sqlparser::keywords::ALL_KEYWORDS.contains(&name.to_ascii_uppercase().as_str()) {
        name.to_owned()
    } else {
        quote::name(name)
    }
}

/// The last part of a possibly qualified name: there is only one database.
pub(super) fn last(name: &ObjectName) -> Option<&Ident> {
    name.0.last().and_then(ObjectNamePart::as_ident)
}

/// The last part's text, empty for a name without one.
pub(super) fn text(name: &ObjectName) -> &str {
    last(name).map_or("", |ident| ident.value.as_str())
}

/// The last part as it is written into SQL.
pub(super) fn written(name: &ObjectName) -> String {
    last(name).map_or_else(|| name.to_string(), ToString::to_string)
}

/// A list of names as it is written into SQL.
pub(super) fn list(names: &[Ident]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_name_can_be_taken_apart_again() {
        assert_eq!(split_index_name(&index_name("users", "idx_xp")), Some(("users", "idx_xp")));
        assert_eq!(split_index_name("sqlite_autoindex_users_1"), None);
        assert_eq!(split_index_name(".x"), None);
    }

    #[test]
    fn names_are_quoted_when_they_must_be() {
        assert_eq!(quoted("plain_1"), "plain_1");
        assert_eq!(quoted("order"), "`order`");
        assert_eq!(quoted("a b`c"), "`a b``c`");
    }
}
