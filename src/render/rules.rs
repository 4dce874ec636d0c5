//! The rules as a list.

use super::Style;
use super::paint::{lines, plain_table, severity_cell};
use crate::model::finding::Severity;
use comfy_table::Cell;

/// Id, worst severity and summary of each rule.
#[must_use]
pub fn list(rules: &[(&str, Severity, &str)], style: &Style) -> String {
    let mut table = plain_table(style);
    table.set_header(["RULE", "AT WORST", "WHAT IT FINDS"]);
    for (id, severity, summary) in rules {
        table.add_row([Cell::new(id), severity_cell(*severity, style), Cell::new(summary)]);
    }
    lines(&table)
}
