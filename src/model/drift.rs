//! What a database has of the objects that migrations build, object by object.

use super::engine::Engine;
use super::location::Location;
use serde::Serialize;
use std::fmt;

/// What sort of object it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A base table.
    Table,
    /// A column.
    Column,
    /// An index or the primary key.
    Index,
    /// A foreign key.
    ForeignKey,
    /// A CHECK constraint.
    Check,
    /// A view or a stored program.
    Program,
}

/// An object by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Object {
    /// What sort it is.
    pub kind: ObjectKind,
    /// Its table; for a program what it is, such as `view`.
    pub table: String,
    /// Its name in the table; `None` for the table itself.
    pub name: Option<String>,
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.as_deref().unwrap_or_default();
        match self.kind {
            ObjectKind::Table => write!(f, "table {}", self.table),
            ObjectKind::Column => write!(f, "column {}.{name}", self.table),
            ObjectKind::Index => write!(f, "index {name} on {}", self.table),
            ObjectKind::ForeignKey => write!(f, "foreign key {name} on {}", self.table),
            ObjectKind::Check => write!(f, "check {name} on {}", self.table),
            ObjectKind::Program => write!(f, "{} {name}", self.table),
        }
    }
}

/// One attribute that is not as the migrations make it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// The attribute, such as `type` or `collation`.
    pub attribute: String,
    /// What the migrations make.
    pub expected: String,
    /// What the database has.
    pub found: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found {}", self.attribute, self.expected, self.found)
    }
}

/// How the database stands to one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// It is there as the migrations make it.
    Present,
    /// It is there under another name, or with a difference that changes nothing that can be read or written.
    Equivalent {
        /// What is otherwise.
        because: String,
    },
    /// An index that is not there, and that another one covers.
    Redundant {
        /// The index that covers it.
        covered_by: String,
    },
    /// It is there and otherwise.
    Conflicting {
        /// What is otherwise.
        mismatches: Vec<Mismatch>,
    },
    /// It is not there.
    Missing,
    /// It cannot be known.
    Unknown {
        /// Why, and what would tell.
        because: String,
    },
    /// It is there and no migration makes it.
    Foreign,
}

impl Verdict {
    /// Whether what the migrations make is there in effect.
    #[must_use]
    pub fn holds(&self) -> bool {
        matches!(self, Self::Present | Self::Equivalent { .. } | Self::Redundant { .. })
    }

    /// The word for it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Equivalent { .. } => "equivalent",
            Self::Redundant { .. } => "redundant",
            Self::Conflicting { .. } => "conflicting",
            Self::Missing => "missing",
            Self::Unknown { .. } => "unknown",
            Self::Foreign => "foreign",
        }
    }

    /// What there is to say beside the word; empty when nothing.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Present | Self::Missing => String::new(),
            Self::Equivalent { because } | Self::Unknown { because } => because.clone(),
            Self::Redundant { covered_by } => format!("covered by {covered_by}"),
            Self::Conflicting { mismatches } => {
                mismatches.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
            }
            Self::Foreign => "no migration makes it".into(),
        }
    }
}

/// One object with its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The object, by the name that the migrations give it.
    #[serde(flatten)]
    pub object: Object,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The statement that makes it, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Location>,
}

/// Drift: the live schema against what the applied migrations build.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DriftReport {
    /// The version of this form, [`super::report::FORMAT_VERSION`].
    pub format_version: u32,
    /// The engine of the database.
    pub engine: Engine,
    /// The database, without secrets.
    pub place: String,
    /// The engine on which the migrations were replayed; `None` where they were only read, in embedded terms.
    pub replayed_on: Option<Engine>,
    /// How many applied migrations were replayed.
    pub applied: usize,
    /// Whether anything drifted; exit code 1, as with anything unknown.
    pub drifted: bool,
    /// Every object that is not simply present; foreign ones only where asked for.
    pub objects: Vec<Compared>,
    /// Objects that are present.
    pub present: usize,
    /// What the reader must know.
    pub notes: Vec<String>,
}

/// What becomes of one pending migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// All that it makes is there: it is recorded.
    Adopted,
    /// Nothing that it makes is there: it stays pending.
    Pending,
    /// Some of it is there and some is not: it stays pending, and cannot simply run.
    Partial,
    /// Something is there otherwise: nothing is recorded.
    Conflicting,
    /// It cannot be known from the database.
    Unknown,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Adopted => "adopted",
            Self::Pending => "pending",
            Self::Partial => "partial",
            Self::Conflicting => "conflicting",
            Self::Unknown => "unknown",
        })
    }
}

/// One pending migration, judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AdoptedRow {
    /// Its version.
    pub version: i64,
    /// Its description.
    pub description: String,
    /// Its up file.
    pub file: String,
    /// What becomes of it.
    pub standing: Standing,
    /// Why, where the objects do not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What it makes or changes.
    pub objects: Vec<Compared>,
}

/// What `adopt` saw and did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AdoptReport {
    /// The version of this form, [`super::report::FORMAT_VERSION`].
    pub format_version: u32,
    /// The engine of the database.
    pub engine: Engine,
    /// The database, without secrets.
    pub place: String,
    /// The engine on which the migrations were replayed; `None` where they were only read, in embedded terms.
    pub replayed_on: Option<Engine>,
    /// Whether the ledger was written.
    pub recorded: bool,
    /// Each pending migration in order.
    pub migrations: Vec<AdoptedRow>,
    /// What the reader must know.
    pub notes: Vec<String>,
}
