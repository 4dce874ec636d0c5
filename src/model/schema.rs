//! A database's schema as its catalogue describes it, with what is known about sizes.
//!
//! Two schemas are compared by these values, never by their DDL text; sizes are left out of comparisons.

use super::scale::HotValue;
use serde::{Deserialize, Serialize};

/// All objects of one database, each list sorted by name so that equal schemas are equal values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// Base tables.
    pub tables: Vec<Table>,
    /// Views, triggers, procedures, functions and events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routines: Vec<Routine>,
}

impl Schema {
    /// The table of that name. Names are compared without case, as table aliases in queries vary in it.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }
}

/// One base table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The table's name without its database.
    pub name: String,
    /// Columns in their order.
    pub columns: Vec<Column>,
    /// Indexes, the primary key among them, sorted by name.
    pub indexes: Vec<Index>,
    /// Foreign keys that this table declares, sorted by name.
    pub foreign_keys: Vec<ForeignKey>,
    /// CHECK constraints as (name, expression), sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<(String, String)>,
    /// Storage engine, such as `InnoDB`; `None` where the engine has no such notion.
    pub storage_engine: Option<String>,
    /// Default collation of the table.
    pub collation: Option<String>,
    /// Table comment, empty when there is none.
    #[serde(default)]
    pub comment: String,
    /// Options beside those above, such as `row_format=COMPRESSED`, and the partitions, in the catalogue's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub options: String,
    /// Rows: the server's statistics, or the scale profile's figure where one was injected. `None` when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

impl Table {
    /// The column of that name, compared without case as the servers do.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// The index of that name, compared without case as the servers do.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.name.eq_ignore_ascii_case(name))
    }

    /// The primary key.
    #[must_use]
    pub fn primary_key(&self) -> Option<&Index> {
        self.indexes.iter().find(|index| index.kind == IndexKind::Primary)
    }
}

/// One column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// The column's name.
    pub name: String,
    /// The full type in lower case as the catalogue gives it, such as `varchar(255)` or `int unsigned`.
    pub column_type: String,
    /// Whether NULL may be stored.
    pub nullable: bool,
    /// The default as the catalogue words it; `None` when there is none.
    pub default: Option<String>,
    /// What the catalogue's EXTRA says, such as `auto_increment` or `on update current_timestamp()`.
    #[serde(default)]
    pub extra: String,
    /// Collation of a text column.
    pub collation: Option<String>,
    /// The expression of a generated column, empty otherwise.
    #[serde(default)]
    pub generated: String,
    /// Comment, empty when there is none.
    #[serde(default)]
    pub comment: String,
    /// Distinct values that are not NULL, where statistics tell; no part of the definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct: Option<u64>,
    /// Share of the rows that are NULL, 0 to 1, where statistics tell; no part of the definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub null_fraction: Option<f64>,
    /// Values that are much more or less frequent than the average one, where statistics tell; no part of the definition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hot: Vec<HotValue>,
}

impl Column {
    /// The type's first word without length, in lower case: `varchar`, `int`, `timestamp`.
    #[must_use]
    pub fn base_type(&self) -> String {
        let end = self.column_type.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(self.column_type.len());
        self.column_type[..end].to_ascii_lowercase()
    }
}

/// What sort of index it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IndexKind {
    /// The primary key.
    Primary,
    /// A UNIQUE key.
    Unique,
    /// A plain secondary index.
    Plain,
    /// FULLTEXT.
    Fulltext,
    /// SPATIAL.
    Spatial,
}

/// One index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// The index's name; the primary key is `PRIMARY`.
    pub name: String,
    /// What sort of index it is.
    pub kind: IndexKind,
    /// Key parts in their order.
    pub parts: Vec<KeyPart>,
    /// Whether the optimizer may use it (`INVISIBLE` on `MySQL`, `IGNORED` on `MariaDB` make it false).
    pub visible: bool,
    /// Comment, empty when there is none.
    #[serde(default)]
    pub comment: String,
    /// Estimated distinct values of each left prefix: `cardinality[0]` of the first key part, and so on. Empty when unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cardinality: Vec<u64>,
}

impl Index {
    /// Whether the index admits no two equal keys (NULLs aside).
    #[must_use]
    pub fn is_unique(&self) -> bool {
        matches!(self.kind, IndexKind::Primary | IndexKind::Unique)
    }
}

/// One part of an index: a column, a prefix of one, or an expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPart {
    /// The column; `None` for an expression.
    pub column: Option<String>,
    /// The expression of a functional key part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Length of a prefix in characters (bytes for binary types); `None` when the whole column is indexed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<u32>,
    /// Whether the part is stored in descending order.
    #[serde(default)]
    pub descending: bool,
}

impl KeyPart {
    /// A whole column, ascending.
    pub fn column(name: impl Into<String>) -> Self {
        Self { column: Some(name.into()), expression: None, prefix: None, descending: false }
    }
}

/// One foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// The constraint's name.
    pub name: String,
    /// Referencing columns in order.
    pub columns: Vec<String>,
    /// The referenced table.
    pub referenced_table: String,
    /// Referenced columns in order.
    pub referenced_columns: Vec<String>,
    /// `ON DELETE` action, such as `CASCADE`.
    pub on_delete: String,
    /// `ON UPDATE` action.
    pub on_update: String,
}

/// A view or a stored program, known by its definition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Routine {
    /// `view`, `trigger`, `procedure`, `function` or `event`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its definition as the catalogue gives it.
    pub definition: String,
}
