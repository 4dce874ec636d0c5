//! What migrations build: the schema, and what of it cannot be known because no server has built it.

use super::drift::Object;
use super::schema::Schema;
use std::collections::{BTreeMap, BTreeSet};

/// A schema that migrations build.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Built {
    /// The schema.
    pub schema: Schema,
    /// Whether it was read from the statements' text, in embedded terms, and not from a server's catalogue.
    pub is_read: bool,
    /// Whether the server that they are for is a `MariaDB`, which words its catalogue otherwise.
    pub mariadb: bool,
    /// What is not known of objects, by the attributes' names in [`super::drift::Mismatch`]; `*` is all of them. On a table,
    /// `*` is everything in it too.
    pub doubts: BTreeMap<Object, BTreeSet<String>>,
    /// The statements that may have changed anything at all.
    pub wild: Vec<String>,
}

impl Built {
    /// As a server's catalogue says.
    #[must_use]
    pub fn by_server(schema: Schema) -> Self {
        Self { schema, ..Self::default() }
    }

    /// Remembers that an attribute of an object is not known.
    pub fn doubt(&mut self, object: Object, attribute: &str) {
        self.doubts.entry(object).or_default().insert(attribute.to_owned());
    }

    /// Whether an attribute of an object is in doubt.
    #[must_use]
    pub fn is_doubtful(&self, object: &Object, attribute: &str) -> bool {
        self.doubts.get(object).is_some_and(|doubts| doubts.contains(attribute) || doubts.contains("*"))
    }
}

/// What a server says of its own defaults, which no statement does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defaults {
    /// Whether it is a `MariaDB`.
    pub mariadb: bool,
    /// Major and minor version.
    pub version: (u32, u32),
    /// The database's collation.
    pub collation: String,
    /// The default collation of each character set.
    pub charsets: BTreeMap<String, String>,
    /// The storage engine of tables that name none.
    pub storage_engine: String,
    /// Whether a TIMESTAMP is as any other column (`explicit_defaults_for_timestamp`).
    pub explicit_timestamps: bool,
}
