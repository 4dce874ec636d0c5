//! The audit for people: what was found, query by query, worst first.

use super::paint::{bold, count, fix_widths, lines, plain_table, severity_cell};
use super::{Style, basis};
use crate::model::finding::{Finding, Severity};
use crate::model::report::{AuditReport, AuditedQuery, Summary};
use comfy_table::Cell;
use std::fmt::Write;

/// Widths of the severity and the rule; the finding takes the rest.
const WIDTHS: [u16; 2] = [10, 21];

/// The report. Without `verbose`, infos are only counted and evidence is left out.
#[must_use]
pub fn audit(report: &AuditReport, verbose: bool, style: &Style) -> String {
    let mut text = basis::render(&report.basis, style);
    let shown = |finding: &&Finding| verbose || finding.severity > Severity::Info;
    let findings: Vec<&Finding> = report.findings.iter().filter(shown).collect();
    for group in groups(&findings) {
        text.push('\n');
        text.push_str(&title(group[0], report, style));
        let mut table = plain_table(style);
        for finding in group {
            table.add_row([
                severity_cell(finding.severity, style),
                Cell::new(&finding.rule),
                Cell::new(words(finding, verbose)),
            ]);
        }
        fix_widths(&mut table, &WIDTHS);
        text.push_str(&lines(&table));
    }
    if findings.is_empty() {
        text.push_str("\nnothing found\n");
    }
    let hidden = report.findings.len() - findings.len();
    if hidden > 0 {
        let _ = write!(
            text,
            "\n{} not shown: --verbose shows them, with the evidence of every finding\n",
            count(hidden, "info")
        );
    }
    text.push('\n');
    text.push_str(&bold(&summary(&report.summary), style));
    text.push('\n');
    text
}

/// Findings of one subject together, in the order of the worst of each.
fn groups<'a>(findings: &[&'a Finding]) -> Vec<Vec<&'a Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let same = |group: &&mut Vec<&Finding>| key(group[0]) == key(finding);
        match groups.iter_mut().find(same) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

fn key(finding: &Finding) -> (Option<&str>, Option<&str>) {
    let query = finding.subject.query.as_deref();
    (query, if query.is_some() { None } else { finding.subject.table.as_deref() })
}

/// The query with where and how often it runs, or the table.
fn title(finding: &Finding, report: &AuditReport, style: &Style) -> String {
    let Some(name) = &finding.subject.query else {
        let table = finding.subject.table.as_deref().unwrap_or("schema");
        return format!("{}\n", bold(&format!("table {table}"), style));
    };
    let mut parts = vec![bold(name, style)];
    if let Some(query) = report.queries.iter().find(|query| query.name == *name) {
        parts.extend(place(query));
        parts.extend(query.frequency.map(frequency));
        parts.extend(query.cache_seconds.map(|seconds| format!("cached {}", duration(seconds))));
    }
    format!("{}\n", parts.join("  "))
}

fn place(query: &AuditedQuery) -> Option<String> {
    let source = query.source.as_ref()?;
    Some(source.line.map_or_else(|| source.file.clone(), |line| format!("{}:{line}", source.file)))
}

fn frequency(frequency: crate::model::query::Frequency) -> String {
    let (number, unit) = match frequency.per_minute {
        rate if rate >= 1.0 || rate == 0.0 => (rate, "min"),
        rate if rate * 60.0 >= 1.0 => (rate * 60.0, "hour"),
        rate => (rate * 1440.0, "day"),
    };
    let client = if frequency.per_client { " per client" } else { "" };
    format!("{}/{unit}{client}", (number * 100.0).round() / 100.0)
}

fn duration(seconds: u64) -> String {
    match seconds {
        s if s.is_multiple_of(3600) && s > 0 => format!("{} h", s / 3600),
        s if s.is_multiple_of(60) && s > 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

fn words(finding: &Finding, verbose: bool) -> String {
    let mut text = finding.message.clone();
    if let Some(sample) = &finding.subject.sample {
        let _ = write!(text, " (with the sample `{sample}`)");
    }
    if verbose {
        for evidence in &finding.evidence {
            let _ = write!(text, "\n· {evidence}");
        }
    }
    let _ = write!(text, "\n→ {}", finding.remedy);
    text
}

/// `152 queries: 140 clean · 7 errors · 12 warnings · 9 infos · fails at warning`
fn summary(summary: &Summary) -> String {
    let queries = if summary.queries == 1 { "1 query".into() } else { format!("{} queries", summary.queries) };
    let verdict = match (summary.fail_on, summary.failed) {
        (None, _) => "never fails".into(),
        (Some(least), true) => format!("failed at {least}"),
        (Some(least), false) => format!("passed at {least}"),
    };
    format!(
        "{queries}: {} clean · {} · {} · {} · {verdict}",
        summary.clean,
        count(summary.errors, "error"),
        count(summary.warnings, "warning"),
        count(summary.infos, "info"),
    )
}
