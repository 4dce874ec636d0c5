//! Findings as the workflow commands of GitHub Actions, which shows them at their lines. Escapes are those of the toolkit's
//! `command.ts`.

use super::review::{Found, Review};
use super::root::Root;
use crate::model::finding::Severity;
use std::fmt::Write;

/// A command for each finding that counts, then the summary as plain text.
#[must_use]
pub fn render(review: &Review, root: &Root) -> String {
    let mut text = String::new();
    for found in review.open() {
        let _ = writeln!(text, "{}", command(found, review, root));
    }
    let _ = writeln!(text, "{}", review.summary);
    text
}

fn command(found: &Found, review: &Review, root: &Root) -> String {
    let finding = &found.finding;
    let word = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let mut properties = Vec::new();
    if let Some(at) = &finding.subject.location {
        properties.push(format!("file={}", property(&root.path(&at.file))));
        properties.push(format!("line={}", at.line));
        properties.extend(at.column.map(|column| format!("col={column}")));
    }
    properties.push(format!("title={}", property(&format!("{}: {}", finding.rule, found.subject(&review.cases)))));
    let remedy = if finding.remedy.is_empty() { String::new() } else { format!("\n{}", finding.remedy) };
    format!("::{word} {}::{}", properties.join(","), data(&format!("{}{remedy}", finding.message)))
}

fn data(text: &str) -> String {
    // A terminal's sequences have no place in a log that others read.
    let clean = text.replace(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t'), "\u{fffd}");
    clean.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
