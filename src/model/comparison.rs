//! What was found of each object that migrations build: plain data for adopting and for drift.

use serde::Serialize;
use std::fmt;

/// An object of a schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Object {
    /// `table`, `column`, `index`, `foreign key`, `check`, `view`, `trigger`, `procedure`, `function` or `event`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The table that it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
}

impl Object {
    /// An object, part of a table or not.
    #[must_use]
    pub fn new(kind: &str, name: &str, table: Option<&str>) -> Self {
        Self { kind: kind.into(), name: name.into(), table: table.map(Into::into) }
    }

    /// A table.
    #[must_use]
    pub fn table(name: &str) -> Self {
        Self::new("table", name, None)
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.table, self.kind.as_str()) {
            (Some(table), "column") => write!(f, "column {table}.{}", self.name),
            (Some(table), kind) => write!(f, "{kind} {} on {table}", self.name),
            (None, kind) => write!(f, "{kind} {}", self.name),
        }
    }
}

/// One attribute in which an object differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The attribute, such as `type`, `nullability`, `default` or `collation`.
    pub attribute: String,
    /// What the migrations build; absent when they set none.
    pub expected: Option<String>,
    /// What the database has; absent when it has none.
    pub found: Option<String>,
}

impl Difference {
    /// A difference.
    #[must_use]
    pub fn new(attribute: &str, expected: Option<&str>, found: Option<&str>) -> Self {
        Self { attribute: attribute.into(), expected: expected.map(Into::into), found: found.map(Into::into) }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".into());
        write!(f, "{}: expected {}, found {}", self.attribute, word(&self.expected), word(&self.found))
    }
}

/// What was found of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "state")]
pub enum Verdict {
    /// It is there as it is expected.
    Present,
    /// It is there under another name.
    Equivalent {
        /// That name.
        name: String,
    },
    /// It is not there, and a wider index does its work.
    Redundant {
        /// That index.
        by: String,
    },
    /// It is there and differs.
    Conflicting(
        /// In these attributes.
        #[serde(serialize_with = "listed")]
        Vec<Difference>,
    ),
    /// It is not there.
    Missing,
    /// It is there, and no migration builds it.
    Foreign,
}

fn listed<S: serde::Serializer>(differences: &[Difference], serializer: S) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap as _;
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry("differences", differences)?;
    map.end()
}

impl Verdict {
    /// A conflict in one attribute.
    #[must_use]
    pub fn conflict(attribute: &str, expected: &str, found: &str) -> Self {
        Self::Conflicting(vec![Difference::new(attribute, Some(expected), Some(found))])
    }

    /// Whether what is expected is there, by whatever name.
    #[must_use]
    pub fn holds(&self) -> bool {
        matches!(self, Self::Present | Self::Equivalent { .. } | Self::Redundant { .. })
    }

    /// Whether the database is not as the migrations build it.
    #[must_use]
    pub fn is_drift(&self) -> bool {
        !self.holds()
    }
}

/// One object with what was found of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The object.
    pub object: Object,
    /// What was found.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Compared {
    /// An object with its verdict.
    #[must_use]
    pub fn new(object: Object, verdict: Verdict) -> Self {
        Self { object, verdict }
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let object = &self.object;
        match &self.verdict {
            Verdict::Present => write!(f, "{object}: present"),
            Verdict::Equivalent { name } => write!(f, "{object}: there as {name}"),
            Verdict::Redundant { by } => write!(f, "{object}: not there, and {by} does its work"),
            Verdict::Conflicting(differences) => {
                let words: Vec<String> = differences.iter().map(ToString::to_string).collect();
                write!(f, "{object}: {}", words.join("; "))
            }
            Verdict::Missing => write!(f, "{object}: missing"),
            Verdict::Foreign => write!(f, "{object}: no migration builds it"),
        }
    }
}
