//! One query's plan as a tree, with its findings.

use super::paint::{bold, fix_widths, lines, plain_table, rows, severity_cell};
use super::{Style, basis};
use crate::model::plan::{Access, AccessType, Estimate, Node, Operation, Plan};
use crate::model::report::AuditReport;
use comfy_table::Cell;
use std::fmt::Write;

/// The report: basis, statement, a tree per sample, findings. `verbose` adds conditions and candidate indexes.
#[must_use]
pub fn explain(report: &AuditReport, verbose: bool, style: &Style) -> String {
    let mut text = basis::render(&report.basis, style);
    for query in &report.queries {
        let _ = write!(text, "\n{}\n", bold(&query.name, style));
        for line in query.sql.lines() {
            let _ = writeln!(text, "  {line}");
        }
        for sample in &query.plans {
            text.push('\n');
            if !sample.sample.is_empty() {
                let _ = writeln!(text, "with the sample `{}`:", sample.sample);
            }
            match (&sample.plan, &sample.error) {
                (Some(plan), _) => text.push_str(&tree(plan, verbose)),
                (None, error) => {
                    let _ = writeln!(text, "no plan: {}", error.as_deref().unwrap_or("the reason is not known"));
                }
            }
        }
    }
    if report.findings.is_empty() {
        text.push_str("\nno findings\n");
        return text;
    }
    text.push('\n');
    let mut table = plain_table(style);
    for finding in &report.findings {
        let mut words = finding.message.clone();
        for evidence in &finding.evidence {
            let _ = write!(words, "\n· {evidence}");
        }
        let _ = write!(words, "\n→ {}", finding.remedy);
        table.add_row([severity_cell(finding.severity, style), Cell::new(&finding.rule), Cell::new(words)]);
    }
    fix_widths(&mut table, &[10, 21]);
    text.push_str(&lines(&table));
    text
}

fn tree(plan: &Plan, verbose: bool) -> String {
    let mut text = String::new();
    node(&plan.root, "", "", verbose, &mut text);
    if let Some(cost) = plan.cost {
        let _ = writeln!(text, "cost {cost:.1}");
    }
    for warning in &plan.warnings {
        let _ = writeln!(text, "{} {}: {}", warning.level.to_lowercase(), warning.code, warning.message);
    }
    text
}

fn node(node_at: &Node, branch: &str, indent: &str, verbose: bool, text: &mut String) {
    let _ = writeln!(text, "{branch}{}", label(node_at));
    if let (true, Some(access)) = (verbose, &node_at.access) {
        let bar = if node_at.children.is_empty() { "    " } else { "│   " };
        if let Some(condition) = &access.condition {
            let _ = writeln!(text, "{indent}{bar}where {condition}");
        }
        if !access.possible_keys.is_empty() {
            let _ = writeln!(text, "{indent}{bar}candidates {}", access.possible_keys.join(", "));
        }
    }
    let last = node_at.children.len().saturating_sub(1);
    for (position, child) in node_at.children.iter().enumerate() {
        let (corner, bar) = if position == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        node(child, &format!("{indent}{corner}"), &format!("{indent}{bar}"), verbose, text);
    }
}

fn label(node: &Node) -> String {
    let operation = match &node.operation {
        Operation::Query => "query".to_owned(),
        Operation::Table => String::new(),
        Operation::Join => "join".into(),
        Operation::Sort => "sort".into(),
        Operation::Temporary => "temporary table".into(),
        Operation::Aggregate => "aggregate".into(),
        Operation::Filter => "filter".into(),
        Operation::Limit => "limit".into(),
        Operation::Union => "union".into(),
        Operation::Subquery { dependent: true } => "subquery, once per outer row".into(),
        Operation::Subquery { dependent: false } => "subquery".into(),
        Operation::Materialize => "materialize".into(),
        Operation::Window => "window".into(),
        Operation::Modify => "modify".into(),
        Operation::NoTable(reason) => format!("no table: {reason}"),
        Operation::Other(words) => words.clone(),
    };
    match (&node.access, operation.is_empty()) {
        (Some(access), true) => self::access(access),
        (Some(access), false) => format!("{operation}  {}", self::access(access)),
        (None, _) => operation,
    }
}

fn access(access: &Access) -> String {
    let mut text = format!("{}  {}", access.table, access_type(access.access_type));
    if let Some(key) = &access.key {
        let _ = write!(text, " {key}");
    }
    if !access.key_parts.is_empty() {
        let _ = write!(text, " ({})", access.key_parts.join(", "));
    }
    if access.covering {
        text.push_str(", covering");
    }
    match &access.rows {
        Estimate::Rows(1.0) => text.push_str(", 1 row"),
        Estimate::Rows(number) => {
            let _ = write!(text, ", {} rows", rows(*number));
        }
        Estimate::Unknown(reason) => {
            let _ = write!(text, ", rows unknown: {reason}");
        }
    }
    if let Some(filtered) = access.filtered.filter(|filtered| *filtered < 100.0) {
        let _ = write!(text, ", {filtered:.1} % kept");
    }
    text
}

/// The words of `MySQL`'s own access types.
fn access_type(access_type: AccessType) -> &'static str {
    match access_type {
        AccessType::Const => "const",
        AccessType::EqRef => "eq_ref",
        AccessType::Ref => "ref",
        AccessType::RefOrNull => "ref_or_null",
        AccessType::Fulltext => "fulltext",
        AccessType::IndexMerge => "index_merge",
        AccessType::Range => "range",
        AccessType::IndexScan => "index (whole)",
        AccessType::FullScan => "ALL (whole table)",
        AccessType::Derived => "derived",
    }
}
