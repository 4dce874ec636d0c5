//! What a user allows, for which reason and for how long; and the findings that are allowed by it.

use super::day::Day;
use super::finding::Finding;
use super::location::Location;
use serde::{Deserialize, Serialize};

/// One waiver, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// Where it stands.
    pub at: Location,
    /// What it says.
    pub says: Says,
}

/// What a waiver says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// It allows these rules, for a reason.
    Allow {
        /// The rules' ids as written.
        rules: Vec<String>,
        /// The reason; empty when there is none.
        reason: String,
        /// The last day on which it holds; `None` when it has no end.
        until: Option<Day>,
    },
    /// It cannot be read; its text.
    Unreadable(String),
}

/// A finding that a waiver takes on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waived {
    /// The finding.
    pub finding: Finding,
    /// The reason that the waiver gives.
    pub reason: String,
    /// The last day on which the waiver holds, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// Where the waiver stands.
    pub at: Location,
}

/// A waiver of what is found on a table or an index rather than on a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaWaiver {
    /// What it says, and where.
    pub waiver: Waiver,
    /// The table that it is about.
    pub table: String,
    /// The index that it is about; all of the table's when `None`.
    pub index: Option<String>,
}
