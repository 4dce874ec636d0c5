//! `full-table-scan`: a large table is read from end to end.

use super::{Check, Rule};
use crate::audit::context::Context;
use crate::audit::reading::{Reading, WholeRead, readings};
use crate::audit::{harm, remedy};
use crate::model::finding::{Finding, Severity};

pub(super) const RULE: Rule = Rule {
    id: "full-table-scan",
    severity: Severity::Error,
    summary: "a large table is read from end to end",
    help: "The time of a scan grows with the table, and it pushes the pages that other queries need out of the buffer pool.",
    check: Check::Query(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let whole = |reading: &Reading<'_>| reading.whole_read(context).filter(|whole| !whole.index);
    readings(context)
        .iter()
        .filter_map(|reading| finding(RULE.id, "table", reading, &whole(reading)?, context))
        .collect()
}

/// The finding about a whole read; both rules about scans word it the same way.
pub(super) fn finding(
    rule: &str,
    what: &str,
    reading: &Reading<'_>,
    whole: &WholeRead,
    context: &Context<'_>,
) -> Option<Finding> {
    let severity = match whole.rows {
        _ if whole.mild => Severity::Info,
        None => Severity::Info,
        Some(rows) => harm::of_reading(rows, context)?,
    };
    // What may happen is never worse than a warning.
    let severity = if whole.may.is_some() { severity.min(Severity::Warning) } else { severity };
    let table = &reading.table.name;
    let rows = whole.rows.map_or_else(|| "of unknown size".into(), |rows| format!("{} rows", harm::count(rows)));
    let index =
        reading.access.key.as_deref().filter(|_| whole.index).map(|key| format!("index {key} of ")).unwrap_or_default();
    let message = match whole.may {
        Some(_) => format!("may walk {index}`{table}` up to {rows} before LIMIT is satisfied"),
        None if whole.partly => {
            let key = reading.access.key.as_deref().unwrap_or("an index");
            let why = if reading.times > 1.0 { "" } else { " to check further conditions" };
            if whole.index {
                format!("skips through the index {key} of `{table}`: {rows}")
            } else {
                format!("reads a large part of `{table}` by index {key}{why}: {rows}")
            }
        }
        None => format!("reads the whole {what}: {index}`{table}`, {rows}"),
    };
    let mut finding = context.finding(rule, severity, Some(table), message);
    if whole.index {
        finding.subject.index.clone_from(&reading.access.key);
    }
    finding.evidence.push(reading.evidence());
    finding.evidence.extend(whole.may.clone());
    if let Some(rows) = reading.table.rows {
        finding.evidence.push(format!("schema: `{table}` has {} rows", harm::count(rows as f64)));
    }
    finding.remedy = remedy::create_index(reading).unwrap_or_else(|| remedy::advice(reading, context));
    Some(finding)
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Case, SHOP, access};
    use crate::model::finding::Severity;
    use crate::model::plan::{AccessType, Node, Operation};

    fn scan(sql: &str) -> Case {
        Case::new(SHOP, sql).plan(access("orders", AccessType::FullScan).rows(990_000.0).node())
    }

    fn verdict(case: &Case) -> Option<Severity> {
        case.only("full-table-scan").first().map(|finding| finding.severity)
    }

    #[test]
    fn a_scan_of_a_large_table_has_its_index_as_remedy() {
        let findings = scan("SELECT id FROM orders WHERE status = ? ORDER BY placed_at DESC LIMIT 10")
            .wrap(Operation::Sort)
            .only("full-table-scan");
        assert_eq!(findings[0].severity, Severity::Error);
        assert_eq!(findings[0].remedy, "CREATE INDEX idx_orders_status_placed_at ON orders (status, placed_at)");
    }

    #[test]
    fn a_probe_reads_what_its_limit_says() {
        assert_eq!(verdict(&scan("SELECT status FROM orders LIMIT 1")), None);
        assert_eq!(verdict(&scan("SELECT EXISTS (SELECT 1 FROM orders)")), None);
        assert_eq!(verdict(&scan("SELECT status FROM orders LIMIT ?").param(5)), None);
    }

    #[test]
    fn a_limit_behind_a_condition_may_walk_the_whole_table() {
        assert_eq!(verdict(&scan("SELECT * FROM orders WHERE note = 'x' LIMIT 1")), Some(Severity::Warning));
        assert_eq!(verdict(&scan("SELECT * FROM orders WHERE archived = 0 LIMIT 20")), Some(Severity::Info));
    }

    #[test]
    fn sorting_and_counting_defeat_the_limit() {
        let sorted = scan("SELECT id FROM orders ORDER BY total LIMIT 1").wrap(Operation::Sort);
        assert_eq!(verdict(&sorted), Some(Severity::Error));
        assert_eq!(verdict(&scan("SELECT COUNT(*) FROM orders WHERE note = 'x' LIMIT 1")), Some(Severity::Error));
    }

    #[test]
    fn an_update_shown_as_an_index_scan_is_a_table_scan() {
        let node = access("orders", AccessType::IndexScan).key("PRIMARY").rows(990_000.0).node();
        let case = Case::new(SHOP, "UPDATE orders SET total = 0 WHERE note = 'x'")
            .plan(Node::new(Operation::Modify, vec![node]));
        assert_eq!(verdict(&case), Some(Severity::Error));
        let node = access("orders", AccessType::Range).key("PRIMARY").rows(990_000.0).node();
        let case =
            Case::new(SHOP, "DELETE FROM orders WHERE note = 'x'").plan(Node::new(Operation::Modify, vec![node]));
        assert_eq!(verdict(&case), Some(Severity::Error));
    }

    #[test]
    fn a_range_over_everything_is_a_scan_and_a_true_range_is_not() {
        let range = |sql: &str| {
            Case::new(SHOP, sql).plan(access("orders", AccessType::Range).key("PRIMARY").rows(900_000.0).node())
        };
        assert_eq!(verdict(&range("SELECT * FROM orders WHERE id <> 5")), Some(Severity::Error));
        assert_eq!(verdict(&range("SELECT * FROM orders WHERE id > 5")), None);
        assert_eq!(verdict(&range("SELECT * FROM orders WHERE id <> 5 AND id BETWEEN 3 AND 9")), None);
    }

    #[test]
    fn an_index_that_leads_to_half_of_the_table_is_no_better() {
        let by = |sql: &str, rows: f64| {
            let mut node = access("orders", AccessType::Ref).key("by_customer").rows(rows).node();
            node.access.as_mut().unwrap().key_parts = vec!["customer_id".into()];
            Case::new(SHOP, sql).plan(node)
        };
        let half = by("SELECT id FROM orders WHERE customer_id = 5 AND note = 'x'", 500_000.0);
        assert_eq!(verdict(&half), Some(Severity::Error));
        let found = half.only("full-table-scan");
        assert!(
            found[0].message.starts_with("reads a large part of `orders` by index by_customer"),
            "{}",
            found[0].message
        );
        assert_eq!(found[0].remedy, "CREATE INDEX idx_orders_customer_id_note ON orders (customer_id, note(100))");
        assert_eq!(verdict(&by("SELECT id FROM orders WHERE customer_id = 5 AND note = 'x'", 20.0)), None);
        assert_eq!(verdict(&by("SELECT id FROM orders WHERE customer_id = 5 AND archived = 0", 500_000.0)), None);
        assert_eq!(verdict(&by("SELECT id FROM orders WHERE customer_id = 5", 500_000.0)), None);
    }

    #[test]
    fn small_tables_lookups_and_misses_are_silent() {
        let small = Case::new(SHOP, "SELECT * FROM settings WHERE value = 'x'")
            .plan(access("settings", AccessType::FullScan).rows(40.0).node());
        assert_eq!(verdict(&small), None);
        let miss = Case::new(SHOP, "SELECT * FROM orders WHERE id = 0")
            .plan(Node::new(Operation::NoTable("no matching row in const table".into()), vec![]));
        assert_eq!(verdict(&miss), None);
        let lookup = Case::new(SHOP, "SELECT * FROM orders WHERE id = 1")
            .plan(access("orders", AccessType::Const).key("PRIMARY").rows(1.0).node());
        assert_eq!(verdict(&lookup), None);
    }

    #[test]
    fn the_alias_of_a_plan_is_resolved_and_derived_tables_are_not_judged() {
        let case = Case::new(
            SHOP,
            "SELECT x.id FROM (SELECT o.id, o.note FROM orders o WHERE o.note = 'y') x JOIN customers c ON c.id = x.id",
        );
        let inner = access("o", AccessType::FullScan).rows(990_000.0).node();
        let derived = access("x", AccessType::Derived).rows(100_000.0).node();
        let findings = case
            .plan(Node::new(
                Operation::Join,
                vec![Node { operation: Operation::Materialize, children: vec![inner], ..derived }],
            ))
            .only("full-table-scan");
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].subject.table.as_deref(), Some("orders"));
    }

    #[test]
    fn the_inner_side_of_a_join_is_not_excused_by_a_limit() {
        let case = Case::new(SHOP, "SELECT * FROM customers c JOIN orders o ON o.note = c.name LIMIT 5");
        let outer = access("c", AccessType::FullScan).rows(50_000.0).node();
        let inner = access("o", AccessType::FullScan).rows(990_000.0).node();
        let findings = case.plan(Node::new(Operation::Join, vec![outer, inner])).only("full-table-scan");
        assert_eq!(findings.iter().filter_map(|f| f.subject.table.as_deref()).collect::<Vec<_>>(), ["orders"]);
    }

    #[test]
    fn an_unknown_size_is_said_and_not_guessed() {
        let case = Case::new("CREATE TABLE t (id INT PRIMARY KEY, a INT)", "SELECT * FROM t WHERE a = 1");
        let mut node = access("t", AccessType::FullScan).node();
        node.access.as_mut().unwrap().rows = crate::model::plan::Estimate::Unknown("the table is empty".into());
        let findings = case.plan(node).only("full-table-scan");
        assert_eq!(findings[0].severity, Severity::Info);
        assert!(findings[0].message.contains("unknown"));
    }

    #[test]
    fn an_anti_join_may_walk_far_and_is_not_told_to_index_the_missing_row() {
        let sql = "SELECT c.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL LIMIT 5";
        let outer = access("c", AccessType::FullScan).rows(50_000.0).node();
        let inner = access("o", AccessType::FullScan).rows(1_000_000.0).node();
        let found = Case::new(SHOP, sql).plan(Node::new(Operation::Join, vec![outer, inner])).only("full-table-scan");
        let of = |table: &str| found.iter().find(|f| f.subject.table.as_deref() == Some(table)).unwrap();
        assert_eq!(of("customers").severity, Severity::Warning);
        assert!(!of("orders").remedy.contains("(id"), "{}", of("orders").remedy);
    }

    #[test]
    fn no_index_is_advised_that_could_not_help() {
        let of = |case: Case| {
            let plan = access("orders", AccessType::FullScan).rows(1_000_000.0).node();
            case.plan(plan).only("full-table-scan").remove(0).remedy
        };
        let bound = of(Case::new(SHOP, "SELECT id FROM orders WHERE reference LIKE ? AND total > 5").text("%x"));
        assert_eq!(bound, "CREATE INDEX idx_orders_total ON orders (total)");
        let either = of(Case::new(SHOP, "SELECT id FROM orders WHERE customer_id = 5 OR total > 5"));
        assert!(either.starts_with("OR needs an index for each side: one that begins with each of total;"), "{either}");
        let left_out = of(Case::new(SHOP, "SELECT id FROM orders WHERE status <> 'x'"));
        assert!(left_out.starts_with("`status <> 'x'` only leaves rows out"), "{left_out}");
        let begun = of(Case::new(SHOP, "SELECT id FROM orders WHERE placed_at > ?").text("2001-01-01"));
        assert!(begun.starts_with("an index begins with placed_at already"), "{begun}");
        let keyed = of(Case::new(SHOP, "SELECT id FROM orders WHERE id = 5 AND total > 5"));
        assert!(!keyed.contains("CREATE INDEX"), "{keyed}");
    }
}
