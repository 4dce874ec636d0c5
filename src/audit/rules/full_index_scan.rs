//! `full-index-scan`: a whole index of a large table is read.

use super::full_table_scan::finding;
use super::{Check, Rule};
use crate::audit::context::Context;
use crate::audit::reading::{Reading, readings};
use crate::model::finding::{Finding, Severity};

pub(super) const RULE: Rule = Rule {
    id: "full-index-scan",
    severity: Severity::Error,
    summary: "a whole index of a large table is read",
    help: "\"Using index\" spares the rows, not the index: its time grows with the table just as a scan's does.",
    check: Check::Query(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let whole = |reading: &Reading<'_>| reading.whole_read(context).filter(|whole| whole.index);
    readings(context)
        .iter()
        .filter_map(|reading| finding(RULE.id, "index", reading, &whole(reading)?, context))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Case, SHOP, access};
    use crate::model::finding::Severity;
    use crate::model::plan::{AccessType, Node, Operation};

    fn walk(sql: &str, index: &str) -> Case {
        Case::new(SHOP, sql).plan(access("orders", AccessType::IndexScan).key(index).covering().rows(200.0).node())
    }

    fn verdict(case: &Case) -> Option<Severity> {
        case.only("full-index-scan").first().map(|finding| finding.severity)
    }

    #[test]
    fn counting_a_large_table_reads_an_index_from_end_to_end() {
        let case = walk("SELECT COUNT(*) FROM orders", "by_placed").wrap(Operation::Aggregate);
        let findings = case.only("full-index-scan");
        assert_eq!(findings[0].severity, Severity::Error);
        assert_eq!(findings[0].subject.index.as_deref(), Some("by_placed"));
        assert!(findings[0].message.contains("1,000,000"));
    }

    #[test]
    fn how_often_it_runs_counts() {
        assert_eq!(
            verdict(&walk("SELECT COUNT(*) FROM orders", "by_placed").per_minute(0.001)),
            Some(Severity::Warning)
        );
        assert_eq!(verdict(&walk("SELECT COUNT(*) FROM orders", "by_placed").per_minute(4.0)), Some(Severity::Error));
    }

    #[test]
    fn an_index_in_order_with_a_limit_is_fine() {
        assert_eq!(verdict(&walk("SELECT id FROM orders ORDER BY placed_at DESC LIMIT 100", "by_placed")), None);
        assert_eq!(verdict(&walk("SELECT id FROM orders ORDER BY placed_at LIMIT 100 OFFSET 20", "by_placed")), None);
    }

    #[test]
    fn a_condition_beside_the_order_may_walk_the_whole_index() {
        // One customer in fifty thousand: twenty of its rows are far apart.
        let hidden = walk("SELECT * FROM orders WHERE customer_id = 5 ORDER BY placed_at DESC LIMIT 20", "by_placed");
        assert_eq!(verdict(&hidden), Some(Severity::Warning));
        let with_join = Case::new(
            SHOP,
            "SELECT * FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.placed_at DESC LIMIT 20",
        );
        let outer = access("o", AccessType::IndexScan).key("by_placed").rows(20.0).node();
        let inner = access("c", AccessType::EqRef).key("PRIMARY").rows(1.0).node();
        assert_eq!(verdict(&with_join.plan(Node::new(Operation::Join, vec![outer, inner]))), None);
    }
}
