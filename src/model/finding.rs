//! What a rule found: plain data that every output format renders.

use super::location::Location;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How much harm a finding stands for. Ordered from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never fails a run by itself.
    Info,
    /// Costs more than it should.
    Warning,
    /// Breaks at the scale that was judged, or cannot be judged at all.
    Error,
}

impl Severity {
    /// The word that outputs use.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's id, such as `full-table-scan`.
    pub rule: String,
    /// The harm.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
    /// One sentence: what is wrong, with numbers.
    pub message: String,
    /// What the verdict rests on: lines from the plan, the statement or the schema; the proof, or the piece that is missing.
    pub evidence: Vec<String>,
    /// What to do about it.
    pub remedy: String,
}

/// What a finding is about; what does not apply is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// The query's name in the workload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The sample it was seen with, when the query has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<String>,
    /// The table (its real name, not the alias).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// The place in a file of the user's: the app's source when known, else the workload or migration file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}
