//! The workload: the app's queries with what is needed to EXPLAIN and to weigh them.

use super::location::Location;
use super::waiver::Waiver;
use serde::{Deserialize, Serialize};

/// One query of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// Unique name within the workload.
    pub name: String,
    /// The app's source file that runs it, with a line when known.
    pub source: Option<Source>,
    /// The statement with `?` placeholders.
    pub sql: String,
    /// The sets of sample parameters to EXPLAIN with, at least one; each set fills every placeholder in order.
    pub samples: Vec<Sample>,
    /// How often the app runs it; `None` when nobody knows.
    pub frequency: Option<Frequency>,
    /// How long the app caches the result, in seconds; `None` when it does not.
    pub cache_seconds: Option<u64>,
    /// Whether the app runs it in a loop, once for each row of another result or each of many values.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_loop: bool,
    /// A note for the reader, empty when there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// What the workload allows it to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
    /// Where the entry stands in the workload file.
    pub defined_at: Location,
}

/// Where the app runs a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Path of the app's file.
    pub file: String,
    /// Line in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// One set of sample parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// What the sample stands for, such as `busy channel`; empty when there is only one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// One value per placeholder.
    pub params: Vec<Value>,
}

/// A typed parameter value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// TRUE or FALSE.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An approximate number.
    Float(f64),
    /// Text; dates and JSON travel as text too, as drivers send them.
    Text(String),
}

/// How often a query runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Frequency {
    /// Runs per minute.
    pub per_minute: f64,
    /// Whether the figure is for each concurrent user; multiply by the scale's users then.
    pub per_client: bool,
}

impl Frequency {
    /// Runs per minute with that many concurrent users.
    #[must_use]
    pub fn per_minute_with(self, concurrent_users: u64) -> f64 {
        if self.per_client { self.per_minute * concurrent_users as f64 } else { self.per_minute }
    }
}
