//! What a scan of an app's source files finds: its statements, what it cannot tell, and what its code does that no
//! statement shows.

use super::location::Location;
use super::query::{Query, Value};
use serde::Serialize;

/// All that a scan found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Scan {
    /// Files read.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// The statements by file and line.
    pub statements: Vec<Scanned>,
    /// What is no entry, and why.
    pub not_covered: Vec<Uncovered>,
    /// What the code does that it should not.
    pub findings: Vec<CodeFinding>,
}

/// One statement of the app's code.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scanned {
    /// Its name, made of file, function, verb and table.
    pub name: String,
    /// Where its first word stands.
    pub at: Location,
    /// The statement with `?` for values.
    pub sql: String,
    /// One value for each `?`, guessed.
    pub params: Vec<Value>,
    /// The code's expression for each `?`, empty where none is known.
    pub values: Vec<String>,
    /// Whether it stands in a loop.
    pub in_loop: bool,
    /// The call that runs it; `None` when it was seen in none.
    pub call: Option<String>,
}

/// Statements of files that name them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Named {
    /// Files read.
    pub files: u64,
    /// Statements that became entries, shown or not.
    pub count: u64,
    /// The entries, as many as were asked for.
    pub statements: Vec<Query>,
    /// What is no entry, and why.
    pub not_covered: Vec<Uncovered>,
}

/// What is no entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Uncovered {
    /// The place; line 1 for a whole file.
    pub at: Location,
    /// Why.
    pub because: String,
}

/// What the code does beside its statements.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CodeFinding {
    /// The place.
    pub at: Location,
    /// `ddl-in-request` or `connection-per-request`.
    pub rule: String,
    /// What is wrong, in words.
    pub message: String,
}
