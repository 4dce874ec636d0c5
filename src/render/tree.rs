//! One query's plan as a tree, with its findings.

use super::paint::{bold, rows};
use super::{Style, basis, findings, waived};
use crate::model::finding::Finding;
use crate::model::plan::{Access, AccessType, Estimate, Node, Operation, Plan};
use crate::model::report::AuditReport;
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
    text.push('\n');
    if report.findings.is_empty() {
        text.push_str("no findings\n");
    } else {
        let findings: Vec<&Finding> = report.findings.iter().collect();
        text.push_str(&findings::render(&findings, true, style));
    }
    text.push_str(&waived::render(&report.waived, style));
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
        // A small share is not none.
        let share = if filtered > 0.0 && filtered < 0.05 { "under 0.1".into() } else { format!("{filtered:.1}") };
        let _ = write!(text, ", {share} % kept");
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

#[cfg(test)]
mod tests {
    use super::super::fixture::{failed, finding, plain, query, report, sample};
    use super::*;
    use crate::model::finding::Severity;

    fn orders() -> AuditReport {
        let mut scan =
            finding("full-table-scan", Severity::Error, Some("shop.orders"), "reads the whole table: `lines`");
        scan.subject.sample = Some("busy day".into());
        let plans =
            vec![sample("busy day"), failed("odd day", "error 1054: Unknown column 'o.colour' in 'field list'")];
        report(vec![query("shop.orders", Some("api/orders.js"), plans)], vec![scan])
    }

    #[test]
    fn a_plan_at_80_columns() {
        insta::assert_snapshot!(explain(&orders(), false, &plain(80)), @r#"
        MySQL 9.7.0 · sandbox · statistics of the scale profile `high`, on empty tables
        note: the scale profile says nothing about 2 tables, which count as empty:
              audit_log, sessions

        shop.orders
          SELECT o.id
          FROM orders o JOIN customers c ON c.id = o.customer_id

        with the sample `busy day`:
        query
        ├─ sort
        │  └─ join
        │     ├─ o  range idx_placed (placed_at, id), rows unknown: a range on an empty table
        │     └─ c  eq_ref PRIMARY (id), covering, 1 row
        └─ subquery, once per outer row
           └─ l  ALL (whole table), 1,234,567 rows, under 0.1 % kept
        cost 1234.6
        warning 1739: Cannot use ref access on index 'idx_state' due to type or collation conversion

        with the sample `odd day`:
        no plan: error 1054: Unknown column 'o.colour' in 'field list'

         error     full-table-scan      reads the whole table: `lines` (with the sample
                                        `busy day`)
                                        · plan: orders is read by full scan, 1,000,000
                                        rows
                                        → CREATE INDEX idx_orders_placed_at ON orders
                                        (placed_at)
        "#);
    }

    #[test]
    fn a_verbose_plan_at_120_columns() {
        insta::assert_snapshot!(explain(&orders(), true, &plain(120)), @r#"
        MySQL 9.7.0 · sandbox · statistics of the scale profile `high`, on empty tables
        note: the scale profile says nothing about 2 tables, which count as empty: audit_log, sessions

        shop.orders
          SELECT o.id
          FROM orders o JOIN customers c ON c.id = o.customer_id

        with the sample `busy day`:
        query
        ├─ sort
        │  └─ join
        │     ├─ o  range idx_placed (placed_at, id), rows unknown: a range on an empty table
        │     │      where (`o`.`state` = 'open')
        │     │      candidates idx_placed, idx_state
        │     └─ c  eq_ref PRIMARY (id), covering, 1 row
        └─ subquery, once per outer row
           └─ l  ALL (whole table), 1,234,567 rows, under 0.1 % kept
        cost 1234.6
        warning 1739: Cannot use ref access on index 'idx_state' due to type or collation conversion

        with the sample `odd day`:
        no plan: error 1054: Unknown column 'o.colour' in 'field list'

         error     full-table-scan      reads the whole table: `lines` (with the sample `busy day`)
                                        · plan: orders is read by full scan, 1,000,000 rows
                                        → CREATE INDEX idx_orders_placed_at ON orders (placed_at)
        "#);
    }

    #[test]
    fn without_findings_it_says_so() {
        let report = report(vec![query("shop.orders", None, vec![sample("")])], Vec::new());
        let text = explain(&report, false, &plain(80));
        assert!(text.ends_with("\nno findings\n"), "{text}");
        assert!(!text.contains("with the sample"), "a single sample has no name: {text}");
    }

    #[test]
    fn colours_leave_the_tree_alone() {
        let text = explain(&orders(), false, &Style { color: true, width: 80 });
        assert!(text.contains("\u{1b}[1mshop.orders\u{1b}[0m"), "{text:?}");
        assert!(text.contains("\n│  └─ join\n"), "{text:?}");
    }

    #[test]
    fn details_of_a_step_stand_under_it_and_beside_its_branch() {
        let mut inner = super::super::fixture::plan();
        let scan = inner.root.children.remove(1).children.remove(0);
        let mut top = scan.clone();
        if let Some(access) = &mut top.access {
            access.condition = Some("(`l`.`open` = 1)".into());
        }
        top.children = vec![scan];
        let plan = Plan { root: Node::new(Operation::Query, vec![top]), cost: None, warnings: Vec::new() };
        insta::assert_snapshot!(tree(&plan, true), @r#"
        query
        └─ l  ALL (whole table), 1,234,567 rows, under 0.1 % kept
           │   where (`l`.`open` = 1)
           └─ l  ALL (whole table), 1,234,567 rows, under 0.1 % kept
        "#);
    }
}
