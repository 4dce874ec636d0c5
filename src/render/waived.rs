//! What is waived, a paragraph each, the same in every report for people.

use super::Style;
use super::paint::wrap;
use crate::model::waiver::Waived;
use std::fmt::Write;

/// The waived findings with their reasons.
pub(super) fn render(waived: &[Waived], style: &Style) -> String {
    let mut text = String::new();
    for one in waived {
        let subject = one.finding.subject.query.as_ref().map(|query| format!("{query}: ")).unwrap_or_default();
        let until = one.until.map(|day| format!(", until {day}")).unwrap_or_default();
        let line = format!(
            "waived at {}: {subject}{} ({}), because {}{until}",
            one.at, one.finding.rule, one.finding.message, one.reason
        );
        let _ = write!(text, "\n{}\n", wrap(&line, style.width, "  ").join("\n"));
    }
    text
}
