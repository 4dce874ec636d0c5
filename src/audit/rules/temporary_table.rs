//! `temporary-table`: many rows are written to a temporary table to be grouped or made distinct.

use super::filesort::collected;
use super::{Check, Rule};
use crate::audit::context::Context;
use crate::model::finding::{Finding, Severity};
use crate::model::plan::{Node, Operation};

pub(super) const RULE: Rule = Rule {
    id: "temporary-table",
    severity: Severity::Error,
    summary: "many rows go through a temporary table",
    help: "GROUP BY, DISTINCT and UNION without a fitting index copy their rows, and beyond the memory limit they do so on disk.",
    check: Check::Query(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let Some(plan) = context.plan else { return Vec::new() };
    let copies: Vec<&Node> = plan.nodes().into_iter().filter(|node| node.operation == Operation::Temporary).collect();
    let mut findings = collected("copies to a temporary table", &copies, RULE.id, context);
    let distinct_union =
        copies.iter().any(|node| node.children.iter().any(|child| child.operation == Operation::Union));
    if distinct_union {
        for finding in &mut findings {
            finding.remedy =
                "write UNION ALL where the arms cannot give equal rows: UNION stores all rows to compare them".into();
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Case, SHOP, access};
    use crate::model::finding::Severity;
    use crate::model::plan::{AccessType, Node, Operation};

    #[test]
    fn grouping_a_large_table_without_an_index_is_found() {
        let case = Case::new(SHOP, "SELECT status, COUNT(*) FROM orders GROUP BY status");
        let case = case.plan(access("orders", AccessType::FullScan).rows(990_000.0).node()).wrap(Operation::Temporary);
        let findings = case.only("temporary-table");
        assert_eq!(findings[0].severity, Severity::Error);
        assert_eq!(findings[0].remedy, "CREATE INDEX idx_orders_status ON orders (status)");
    }

    #[test]
    fn a_few_rows_are_silent_and_a_union_gets_its_own_advice() {
        let few = Case::new(SHOP, "SELECT DISTINCT status FROM orders WHERE customer_id = 5");
        let few =
            few.plan(access("orders", AccessType::Ref).key("by_customer").rows(20.0).node()).wrap(Operation::Temporary);
        assert!(few.only("temporary-table").is_empty());
        let arms = vec![
            access("orders", AccessType::FullScan).rows(990_000.0).node(),
            access("customers", AccessType::FullScan).rows(50_000.0).node(),
        ];
        let union = Case::new(SHOP, "SELECT id FROM orders UNION SELECT id FROM customers");
        let union = union.plan(Node::new(Operation::Union, arms)).wrap(Operation::Temporary);
        assert!(union.only("temporary-table")[0].remedy.contains("UNION ALL"));
    }
}
