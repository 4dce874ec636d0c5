//! The status report for people.

use super::Style;
use super::paint::{lines, plain_table};
use crate::model::report::StatusReport;
use comfy_table::{Cell, Color};
use std::fmt::Write;

/// A table of versions, then the problems, then counts and the fingerprint.
#[must_use]
pub fn render(report: &StatusReport, style: &Style) -> String {
    let mut table = plain_table(style);
    table.set_header(["VERSION", "STATE", "SET", "DESCRIPTION", "APPLIED (UTC)", "TOOK"]);
    for row in &report.rows {
        let mut state = Cell::new(&row.state);
        if style.color {
            state = state.fg(match row.state.as_str() {
                "applied" => Color::Green,
                "pending" => Color::Yellow,
                _ => Color::Red,
            });
        }
        let took = row.execution_ms.map(|ms| format!("{ms:.0} ms")).unwrap_or_default();
        table.add_row([
            Cell::new(row.version),
            state,
            Cell::new(row.set.map(|set| set.to_string()).unwrap_or_default()),
            Cell::new(&row.description),
            Cell::new(row.installed_on.as_deref().unwrap_or_default()),
            Cell::new(took),
        ]);
    }
    let mut text = String::new();
    if !report.rows.is_empty() {
        text.push_str(&lines(&table));
        text.push('\n');
    }
    for problem in &report.problems {
        let _ = writeln!(text, "! {problem}");
    }
    let of = |state: &str| report.rows.iter().filter(|row| row.state == state).count();
    let other = report.rows.len() - of("applied") - of("pending");
    let _ = write!(text, "{} applied, {} pending", of("applied"), of("pending"));
    let _ = if other > 0 { writeln!(text, ", {other} need attention") } else { writeln!(text) };
    let _ = writeln!(text, "schema fingerprint {}", report.fingerprint);
    text
}
