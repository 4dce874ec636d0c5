//! How much data there is: what a plan has to be judged against when the tables at hand are empty.

use super::query::Value;
use super::schema::KeyPart;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A scale profile.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// The profile's name, such as `high`.
    pub name: String,
    /// One line for people.
    #[serde(default)]
    pub description: String,
    /// Concurrent users, for frequencies that are given per client.
    pub concurrent_users: u64,
    /// Tables by name.
    pub tables: BTreeMap<String, TableScale>,
}

/// One table's size.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TableScale {
    /// Rows.
    pub rows: u64,
    /// Average length of a row in bytes; `None` lets it be estimated from the column types.
    #[serde(default)]
    pub row_bytes: Option<u64>,
    /// Columns by name; a column that is not listed is estimated from its type and keys.
    #[serde(default)]
    pub columns: BTreeMap<String, ColumnScale>,
    /// What is known of columns taken together, as indexes have them, by [`key_name`].
    #[serde(default)]
    pub keys: BTreeMap<String, KeyScale>,
}

/// The key of an index, or of a left prefix of one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyScale {
    /// Distinct keys, NULL counted as one value; `None` takes the columns as independent of each other.
    #[serde(default)]
    pub distinct: Option<u64>,
    /// Bytes that an entry of such an index takes, free space of its pages included; `None` lets it be estimated.
    #[serde(default)]
    pub entry_bytes: Option<u64>,
}

/// What a profile calls a key: `customer_id, created_at`, with the length of a prefix as in `title(20)`. `None` with an
/// expression in it.
#[must_use]
pub fn key_name(parts: &[KeyPart]) -> Option<String> {
    let name = |part: &KeyPart| match (&part.column, part.prefix) {
        (Some(column), Some(length)) => Some(format!("{column}({length})")),
        (column, _) => column.clone(),
    };
    Some(parts.iter().map(name).collect::<Option<Vec<_>>>()?.join(", "))
}

/// One column's distribution.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnScale {
    /// Distinct values that are not NULL.
    #[serde(default)]
    pub distinct: Option<u64>,
    /// Share of rows that are NULL, 0 to 1.
    #[serde(default)]
    pub null_fraction: f64,
    /// Smallest value.
    #[serde(default)]
    pub min: Option<Value>,
    /// Largest value.
    #[serde(default)]
    pub max: Option<Value>,
    /// Values that are much more frequent than the average one.
    #[serde(default)]
    pub hot: Vec<HotValue>,
}

/// A frequent value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HotValue {
    /// The value.
    pub value: Value,
    /// Share of the table's rows that have it, 0 to 1.
    pub fraction: f64,
}
