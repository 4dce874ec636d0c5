//! `unbounded-write`: an UPDATE, a DELETE or an INSERT … SELECT of as many rows as there happen to be.

use super::unbounded_result::{describe, expectation, expected_rows, of_rows, size, unknown};
use super::{Check, Rule};
use crate::audit::context::Context;
use crate::model::finding::{Finding, Severity};
use crate::sql::shape::{Bound, StatementKind};

pub(super) const RULE: Rule = Rule {
    id: "unbounded-write",
    severity: Severity::Error,
    summary: "a write of as many rows as there happen to be",
    help: "One statement locks every row that it changes until it commits, and replicas repeat it as one piece.",
    check: Check::Query(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let Some(shape) = context.shape.filter(|shape| shape.kind.writes()) else { return Vec::new() };
    let Bound::Unbounded { scope, expected, missing } = &shape.bound else { return Vec::new() };
    let table = context.schema.table(scope.table());
    let rows = expected_rows(scope, *expected, context);
    if table.is_some_and(|table| context.is_small(table))
        && rows.is_none_or(|rows| rows <= context.options.small_table_rows as f64)
    {
        return Vec::new();
    }
    let severity = match rows {
        Some(rows) => of_rows(rows, context.options, context.per_minute()),
        None => Some(unknown(scope, table.and_then(|table| table.rows))),
    };
    let Some(severity) = severity else { return Vec::new() };
    let verb = match shape.kind {
        StatementKind::Delete => "deletes",
        StatementKind::Update => "updates",
        _ => "copies",
    };
    let message = format!("{verb} {} in one statement: {}", describe(scope), expectation(rows));
    let target = shape.targets.first().map_or(scope.table(), String::as_str);
    let mut finding = context.finding(RULE.id, severity, Some(target), message);
    finding.evidence.push(format!("missing for a proof: {missing}"));
    finding.evidence.push(size(scope.table(), context));
    finding.remedy = match shape.kind {
        StatementKind::Delete | StatementKind::Update if shape.targets.len() < 2 => {
            "work in batches: add ORDER BY on the key and LIMIT 1000, commit, and repeat until no row is affected".into()
        }
        _ => "work in batches: walk the key in ranges of about 1000 rows (WHERE id > last AND id <= last + 1000), committing each".into(),
    };
    vec![finding]
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Case, SHOP};
    use crate::model::finding::Severity;

    fn verdict(sql: &str) -> Option<Severity> {
        Case::new(SHOP, sql).only("unbounded-write").first().map(|finding| finding.severity)
    }

    #[test]
    fn writes_without_a_bound_are_found() {
        assert_eq!(verdict("DELETE FROM orders"), Some(Severity::Error));
        assert_eq!(verdict("UPDATE orders SET status = 'x' WHERE id <> 5"), Some(Severity::Error));
        assert_eq!(verdict("DELETE FROM orders WHERE placed_at < NOW() - INTERVAL 30 DAY"), Some(Severity::Warning));
        assert_eq!(verdict("INSERT INTO settings (id) SELECT id FROM orders"), Some(Severity::Error));
        assert_eq!(
            verdict("UPDATE orders o JOIN customers c ON c.id = o.customer_id SET o.status = c.name"),
            Some(Severity::Error)
        );
    }

    #[test]
    fn what_a_derived_table_gives_counts_for_the_table_behind_it() {
        use crate::audit::fixture::access;
        use crate::model::plan::{AccessType, Node, Operation};
        let sql = "DELETE o FROM orders o JOIN (SELECT customer_id, MAX(placed_at) AS last FROM orders GROUP BY customer_id) m \
                   ON m.customer_id = o.customer_id WHERE o.placed_at < m.last";
        let found = |rows: f64| {
            let derived = access("m", AccessType::Derived).rows(rows).node();
            let target = access("o", AccessType::Ref).key("by_customer").rows(20.0).node();
            let plan = Node::new(Operation::Join, vec![derived, Node::new(Operation::Modify, vec![target])]);
            Case::new(SHOP, sql).plan(plan).only("unbounded-write").first().map(|finding| finding.severity)
        };
        assert_eq!((found(50_000.0), found(2.0)), (Some(Severity::Error), None));
    }

    #[test]
    fn bounded_writes_are_silent() {
        for sql in [
            "DELETE FROM orders WHERE id = 5",
            "DELETE FROM orders WHERE placed_at < ? ORDER BY placed_at LIMIT 1000",
            "UPDATE settings SET value = 1",
            "DELETE FROM orders WHERE customer_id = 5",
            "INSERT INTO orders (id) VALUES (1), (2)",
            "REPLACE INTO settings (id) VALUES (1)",
        ] {
            assert_eq!(verdict(sql), None, "{sql}");
        }
    }
}
