//! What a verb has to say, as one value that every output format renders.
//!
//! The JSON form is stable: fields are added, never renamed or removed within a `format_version`.

use super::baseline::BaselineReport;
use super::engine::Engine;
use super::finding::{Finding, Severity};
use super::location::Location;
use super::plan::Plan;
use super::query::{Frequency, Source};
use super::waiver::Waived;
use serde::Serialize;

/// The version of the JSON form of every report.
pub const FORMAT_VERSION: u32 = 1;

/// What the verdicts rest on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Basis {
    /// The engine that made the plans.
    pub engine: Engine,
    /// Where it ran: `embedded`, `sandbox` or a host with its database. Never a secret.
    pub place: String,
    /// Where table and index statistics come from.
    pub statistics: Statistics,
    /// What the reader must know before believing the plans, such as tables that are empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Where statistics come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "source")]
pub enum Statistics {
    /// The server's own, of its own rows.
    Server,
    /// A scale profile's, injected into empty tables.
    Injected {
        /// The profile's name.
        scale: String,
    },
}

/// The audit of a workload.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditReport {
    /// The version of this form, [`FORMAT_VERSION`].
    pub format_version: u32,
    /// What the verdicts rest on.
    pub basis: Basis,
    /// Each query with its plan, in the order of the workload.
    pub queries: Vec<AuditedQuery>,
    /// The findings: worst first, then by query; those that are waived, and those that a baseline knows, left out.
    pub findings: Vec<Finding>,
    /// Findings that the workload allows, each with its reason.
    pub waived: Vec<Waived>,
    /// What has changed since a baseline, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineReport>,
    /// Counts.
    pub summary: Summary,
}

/// One query of an audit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditedQuery {
    /// Its name.
    pub name: String,
    /// Where the app runs it.
    pub source: Option<Source>,
    /// Where the workload has it.
    pub defined_at: Location,
    /// The statement with `?`.
    pub sql: String,
    /// How often it runs.
    pub frequency: Option<Frequency>,
    /// For how long the app caches it, in seconds.
    pub cache_seconds: Option<u64>,
    /// One plan per sample.
    pub plans: Vec<SamplePlan>,
}

/// The plan for one sample of parameters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SamplePlan {
    /// The sample's label, empty when there is only one.
    pub sample: String,
    /// The plan, when the statement could be explained.
    pub plan: Option<Plan>,
    /// Why not, otherwise.
    pub error: Option<String>,
}

/// Counts of an audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Queries looked at.
    pub queries: usize,
    /// Queries without a finding of `fail_on` or worse.
    pub clean: usize,
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity info.
    pub infos: usize,
    /// Findings that are waived.
    pub waived: usize,
    /// The least severity that fails the run.
    pub fail_on: Option<Severity>,
    /// Whether the run fails by that measure.
    pub failed: bool,
}

/// The rules of the audit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RulesReport {
    /// The version of this form, [`FORMAT_VERSION`].
    pub format_version: u32,
    /// One entry per rule.
    pub rules: Vec<RuleEntry>,
}

/// A rule of the audit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleEntry {
    /// Its id.
    pub id: String,
    /// How severe its findings are at worst.
    pub severity: Severity,
    /// What it finds, in one sentence.
    pub summary: String,
    /// Why that matters.
    pub help: String,
}

/// Ledger and files side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatusReport {
    /// The version of this form, [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The engine.
    pub engine: Engine,
    /// Where it is. Never a secret.
    pub place: String,
    /// SHA-256 over every definition in the schema, the ledger left out.
    pub fingerprint: String,
    /// Every version that files or ledger know, in order.
    pub rows: Vec<StatusRow>,
    /// What would keep `migrate` from going on.
    pub problems: Vec<String>,
    /// What `rollback --archive` has put aside, a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub archives: Vec<String>,
}

/// One version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatusRow {
    /// The version.
    pub version: i64,
    /// Its description.
    pub description: String,
    /// Its set; absent when its file is missing.
    pub set: Option<super::migration::Set>,
    /// `pending`, `out of order`, `applied`, `half-applied`, `edited` or `missing`.
    pub state: String,
    /// How far it came when it is half-applied, as `3 of 8 statements, stopped at FILE:LINE:COLUMN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// When it was applied, in UTC.
    pub installed_on: Option<String>,
    /// How long that took, in milliseconds, when it was measured.
    pub execution_ms: Option<f64>,
    /// The up file.
    pub file: Option<String>,
}
