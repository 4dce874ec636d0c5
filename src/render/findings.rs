//! Findings as rows of severity, rule and words, the same in every report for people.

use super::Style;
use super::paint::{fix_widths, lines, plain_table, severity_cell};
use crate::model::finding::Finding;
use comfy_table::Cell;
use std::fmt::Write;

/// Widths of the severity and the rule; the words take the rest.
const WIDTHS: [u16; 2] = [10, 21];

/// The findings, each with its remedy, and with its evidence where that is asked for.
pub(super) fn render(findings: &[&Finding], evidence: bool, style: &Style) -> String {
    let mut table = plain_table(style);
    for finding in findings {
        table.add_row([
            severity_cell(finding.severity, style),
            Cell::new(&finding.rule),
            Cell::new(words(finding, evidence)),
        ]);
    }
    fix_widths(&mut table, &WIDTHS);
    lines(&table)
}

fn words(finding: &Finding, evidence: bool) -> String {
    let mut text = finding.message.clone();
    if let Some(sample) = finding.subject.sample.as_ref().filter(|sample| !sample.is_empty()) {
        let _ = write!(text, " (with the sample `{sample}`)");
    }
    // A query's place stands beside its name; what is about the schema has only this line to say it on.
    if let (None, Some(location)) = (&finding.subject.query, &finding.subject.location) {
        let _ = write!(text, " ({location})");
    }
    for line in finding.evidence.iter().filter(|_| evidence) {
        let _ = write!(text, "\n· {line}");
    }
    if !finding.remedy.is_empty() {
        let _ = write!(text, "\n→ {}", finding.remedy);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::fixture::finding;
    use super::*;
    use crate::model::finding::Severity;
    use crate::model::location::Location;

    #[test]
    fn a_place_is_said_where_no_query_says_it() {
        let mut schema = finding("redundant-index", Severity::Warning, None, "idx_state is redundant");
        schema.subject.location = Some(Location::line("migrations/9_index.up.sql", 3));
        assert!(words(&schema, false).starts_with("idx_state is redundant (migrations/9_index.up.sql:3)\n→ "));
        let query = finding("filesort", Severity::Warning, Some("shop.orders"), "sorts 9 rows");
        assert!(words(&query, false).starts_with("sorts 9 rows\n→ "));
    }

    #[test]
    fn what_is_empty_leaves_no_trace() {
        let mut bare = finding("filesort", Severity::Info, Some("shop.orders"), "sorts 9 rows");
        bare.subject.sample = Some(String::new());
        bare.remedy = String::new();
        bare.evidence.clear();
        assert_eq!(words(&bare, true), "sorts 9 rows");
    }
}
