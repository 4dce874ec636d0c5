//! The rules, one file each, in one table. Lists, documentation and output formats read this table.

mod cannot_explain;
mod charset_mismatch;
mod deep_pagination;
mod filesort;
mod full_index_scan;
mod full_table_scan;
mod function_on_column;
mod implicit_conversion;
mod index_never_used;
pub(super) mod leading_wildcard;
mod lock_heavy_write;
mod many_in_values;
mod missing_primary_key;
mod n_plus_one;
mod order_by_rand;
mod redundant_index;
mod select_star;
mod temporary_table;
mod unbounded_result;
mod unbounded_write;
mod waivers;
mod wide_index_key;

#[cfg(test)]
mod pages;

use super::context::{Context, SchemaContext};
use crate::model::finding::{Finding, Severity};

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
    /// How it is decided.
    pub check: Check,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// One query with one sample.
    Query(fn(&Context<'_>) -> Vec<Finding>),
    /// The schema as a whole.
    Schema(fn(&SchemaContext<'_>) -> Vec<Finding>),
    /// The waivers themselves; decided once all findings are known.
    Waivers,
}

/// All rules, in the order of reports.
pub static RULES: [Rule; 25] = [
    cannot_explain::RULE,
    unbounded_result::RULE,
    unbounded_write::RULE,
    full_table_scan::RULE,
    full_index_scan::RULE,
    implicit_conversion::RULE,
    charset_mismatch::RULE,
    function_on_column::RULE,
    leading_wildcard::RULE,
    filesort::RULE,
    temporary_table::RULE,
    deep_pagination::RULE,
    order_by_rand::RULE,
    lock_heavy_write::RULE,
    many_in_values::RULE,
    n_plus_one::RULE,
    select_star::RULE,
    missing_primary_key::RULE,
    wide_index_key::RULE,
    redundant_index::RULE,
    index_never_used::RULE,
    waivers::UNKNOWN_WAIVER,
    waivers::WAIVER_WITHOUT_REASON,
    waivers::EXPIRED_WAIVER,
    waivers::UNUSED_WAIVER,
];

/// The id of the rule about statements without a plan.
pub const CANNOT_EXPLAIN: &str = cannot_explain::RULE.id;

/// The rule of that id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}
