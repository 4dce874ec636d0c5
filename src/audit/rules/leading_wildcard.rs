//! `leading-wildcard`: a LIKE pattern whose beginning is open on a large table.

use super::{Check, Rule};
use crate::audit::context::Context;
use crate::audit::harm;
use crate::audit::reading::readings;
use crate::model::finding::{Finding, Severity};
use crate::sql::shape::{Comparison, Condition, Operand, Operator, Term};

pub(super) const RULE: Rule = Rule {
    id: "leading-wildcard",
    severity: Severity::Error,
    summary: "a LIKE pattern begins with a wildcard",
    help: "A B-tree finds beginnings: with an open beginning every value must be compared.",
    check: Check::Query(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for reading in readings(context) {
        let Some((_, _, at)) = reading.place else { continue };
        if reading.is_narrowed(context) || context.is_small(reading.table) {
            continue;
        }
        let of_this = |comparison: &&Comparison| {
            let here = match &comparison.left {
                Term::Column(column) => column.level == 0 && column.source == at,
                Term::Wrapped { columns, .. } => columns.iter().any(|column| column.level == 0 && column.source == at),
                Term::Row(_) => false,
            };
            let open = context.text_of(&comparison.right).is_some_and(|text| text.starts_with(['%', '_']));
            here && comparison.operator == Operator::Like && open
        };
        let conditions = reading.conditions();
        let Some(comparison) = conditions.into_iter().flat_map(Condition::comparisons).find(of_this) else { continue };
        let severity = reading.table_rows().map_or(Some(Severity::Info), |rows| harm::of_reading(rows, context));
        let Some(severity) = severity else { continue };
        let table = &reading.table.name;
        let message = format!("every row of `{table}` is compared with a pattern that begins with a wildcard");
        let mut finding = context.finding(RULE.id, severity, Some(table), message);
        finding.evidence.push(format!("statement: {}", comparison.text));
        finding.evidence.push(reading.evidence());
        finding.remedy = "search by beginnings (LIKE 'text%'), or use a FULLTEXT index with MATCH … AGAINST (ngram parser for parts of words)".into();
        findings.push(finding);
    }
    findings
}

/// Whether a LIKE's pattern is open at its beginning by the text alone.
pub(in crate::audit) fn is_open(comparison: &Comparison) -> bool {
    let text = match &comparison.right {
        Operand::Text(text) => Some(text.as_str()),
        Operand::Constant { prefix, .. } => prefix.as_deref(),
        _ => None,
    };
    comparison.operator == Operator::Like && text.is_some_and(|text| text.starts_with(['%', '_']))
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Case, SHOP, access};
    use crate::model::plan::AccessType;

    fn found(case: Case) -> usize {
        case.plan(access("orders", AccessType::FullScan).rows(990_000.0).node()).only("leading-wildcard").len()
    }

    #[test]
    fn an_open_beginning_is_found_as_literal_parameter_and_concatenation() {
        assert_eq!(found(Case::new(SHOP, "SELECT id FROM orders WHERE note LIKE '%x%'")), 1);
        assert_eq!(found(Case::new(SHOP, "SELECT id FROM orders WHERE note LIKE ?").text("%x")), 1);
        assert_eq!(found(Case::new(SHOP, "SELECT id FROM orders WHERE note LIKE CONCAT('%', ?, '%')").text("x")), 1);
        assert_eq!(found(Case::new(SHOP, "SELECT id FROM orders WHERE LOWER(note) LIKE '%x' OR total = 1")), 1);
    }

    #[test]
    fn closed_beginnings_negations_and_small_tables_are_silent() {
        assert_eq!(found(Case::new(SHOP, "SELECT id FROM orders WHERE note LIKE 'x%'")), 0);
        assert_eq!(found(Case::new(SHOP, "SELECT id FROM orders WHERE note LIKE ?").text("x%")), 0);
        assert_eq!(found(Case::new(SHOP, "SELECT id FROM orders WHERE note NOT LIKE '%x%'")), 0);
        let narrowed = Case::new(SHOP, "SELECT id FROM orders WHERE customer_id = 5 AND note LIKE '%x%'");
        let narrowed = narrowed.plan(access("orders", AccessType::Ref).key("by_customer").rows(20.0).node());
        assert!(narrowed.only("leading-wildcard").is_empty());
    }
}
