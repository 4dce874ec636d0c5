//! The rules, one file each, in one table. Lists, documentation and waivers read this table.

mod adjacent_indexes;
mod blocks_writes;
mod breaks_query;
mod data_loss;
mod foreign_dialect;
mod foreign_key_added;
mod foreign_key_index;
mod large_update;
mod long_replication;
mod missing_target;
mod narrowed_type;
mod not_reversible;
mod rename;
mod runner_conflict;
mod statement_fails;
mod table_copy;
mod table_rebuild;
mod unique_on_existing;
mod waivers;

#[cfg(test)]
mod pages;

use super::context::Case;
use crate::model::finding::{Finding, Severity};
use crate::model::migration::Migration;

/// One rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The id that outputs and waivers use.
    pub id: &'static str,
    /// The worst severity that it reports.
    pub severity: Severity,
    /// What it finds, in a few words.
    pub summary: &'static str,
    /// One sentence on why that hurts.
    pub help: &'static str,
    /// What it needs beside the text. Where that is missing its silence proves nothing, and a waiver of it may be right.
    pub needs: Needs,
    /// How it is decided.
    pub check: Check,
}

/// What a rule needs beside the text of the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Text,
    /// The statement was tried on a server.
    Trial,
    /// The statement was tried, and its table has a size that matters.
    TrialAndSize,
    /// Its table has a size that matters.
    Size,
    /// A catalogue was explained.
    Catalogue,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// One statement.
    Statement(fn(&Case<'_>) -> Vec<Finding>),
    /// One migration.
    Migration(fn(&Migration) -> Vec<Finding>),
    /// The waivers themselves; decided once all findings are known.
    Waivers,
}

/// All rules, in the order of reports.
pub static RULES: [Rule; 22] = [
    statement_fails::RULE,
    foreign_dialect::RULE,
    runner_conflict::RULE,
    missing_target::RULE,
    breaks_query::RULE,
    data_loss::RULE,
    narrowed_type::RULE,
    table_copy::RULE,
    table_rebuild::RULE,
    blocks_writes::RULE,
    long_replication::RULE,
    adjacent_indexes::RULE,
    large_update::RULE,
    unique_on_existing::RULE,
    foreign_key_added::RULE,
    foreign_key_index::RULE,
    rename::RULE,
    not_reversible::RULE,
    waivers::UNKNOWN_WAIVER,
    waivers::WAIVER_WITHOUT_REASON,
    waivers::EXPIRED_WAIVER,
    waivers::UNUSED_WAIVER,
];

/// The rule of that id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}
