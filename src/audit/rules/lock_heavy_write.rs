//! `lock-heavy-write`: a statement that locks far more rows than it changes.
//!
//! Under REPEATABLE READ, the default of both servers, InnoDB locks every row that an UPDATE, a DELETE or a locking read
//! looks at, with the gap before it, whether the row passes the condition or not.

use super::{Check, Rule};
use crate::audit::context::Context;
use crate::audit::reading::{Reading, is_guess, readings};
use crate::audit::{harm, remedy};
use crate::model::engine::EngineKind;
use crate::model::finding::{Finding, Severity};
use crate::model::schema::Table;
use crate::sql::shape::{Bound, StatementKind};

pub(super) const RULE: Rule = Rule {
    id: "lock-heavy-write",
    severity: Severity::Error,
    summary: "far more rows are locked than changed",
    help: "Under REPEATABLE READ every row that is looked at stays locked until the commit, with the gap before it: other writers wait.",
    check: Check::Query(check),
};

/// So many times more rows have to be locked than changed to be worth a word.
const TIMES: f64 = 10.0;

fn check(context: &Context<'_>) -> Vec<Finding> {
    let Some(shape) = context.shape.filter(|_| context.engine != EngineKind::Embedded) else { return Vec::new() };
    let writes = matches!(shape.kind, StatementKind::Update | StatementKind::Delete);
    let readings = readings(context);
    let locks = |reading: &&Reading<'_>| {
        let target = shape.targets.iter().any(|target| target.eq_ignore_ascii_case(&reading.table.name));
        let locked = reading.place.is_some_and(|(query, ..)| query.locks);
        ((writes && target) || locked) && is_innodb(reading.table) && !context.is_small(reading.table)
    };
    let heaviest = readings.iter().filter(locks).filter_map(|reading| one(reading, &shape.bound, context));
    heaviest.max_by_key(|finding| finding.severity).into_iter().collect()
}

fn is_innodb(table: &Table) -> bool {
    table.storage_engine.as_deref().is_none_or(|engine| engine.eq_ignore_ascii_case("InnoDB"))
}

fn one(reading: &Reading<'_>, bound: &Bound, context: &Context<'_>) -> Option<Finding> {
    let whole = reading.whole_read(context);
    // LIMIT ends a walk in the index's order after the rows that it wants.
    let stops = reading.place.and_then(|(query, block, _)| reading.stops_after(query, block, context));
    if whole.is_none() && stops.is_some() {
        return None;
    }
    let locked = match &whole {
        Some(whole) => whole.rows?,
        None => reading.rows_read()?,
    };
    let kept = reading.access.filtered.filter(|share| !is_guess(*share)).map(|share| locked * share / 100.0);
    let changed = match bound {
        Bound::Proved { at_most, .. } => at_most.map(|rows| rows as f64),
        // A guess of the optimizer's is no figure to hold against it.
        Bound::Unbounded { expected, .. } => kept.or(*expected),
        Bound::Unknown { .. } => kept,
    };
    let changed = changed.filter(|changed| *changed * TIMES <= locked);
    let unserved = whole.is_some() && !reading.conditions().is_empty();
    if changed.is_none() && !(unserved && kept.is_none() && !known(bound)) {
        return None;
    }
    let severity = harm::of_reading(locked, context)?;
    // LIMIT may stop the walk early.
    let may = whole.as_ref().is_some_and(|whole| whole.may.is_some());
    let severity = if may || changed.is_none() { severity.min(Severity::Warning) } else { severity };
    let table = &reading.table.name;
    let few = changed.map_or_else(
        || "however few of them it changes".into(),
        |rows| format!("to change about {}", harm::count(rows.max(1.0))),
    );
    let verb = if may { "may lock up to" } else { "locks about" };
    let message = format!("{verb} {} rows of `{table}` {few}", harm::count(locked));
    let mut finding = context.finding(RULE.id, severity, Some(table), message);
    finding.evidence.push(reading.evidence());
    finding.evidence.push("server: under REPEATABLE READ each row that is looked at is locked until the commit".into());
    let advice = "read the keys first without locks, and change the rows by primary key";
    finding.remedy =
        remedy::create_index(reading).map_or_else(|| advice.into(), |index| format!("{index}, or {advice}"));
    Some(finding)
}

/// Whether the text or the schema tells how many rows are changed.
fn known(bound: &Bound) -> bool {
    matches!(bound, Bound::Unbounded { expected: Some(_), .. } | Bound::Proved { at_most: Some(_), .. })
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Case, SHOP, access};
    use crate::model::finding::Severity;
    use crate::model::plan::{AccessType, Node, Operation};

    fn verdict(sql: &str, kind: AccessType, key: &str, rows: f64) -> Option<Severity> {
        let node = access("orders", kind).key(key).rows(rows).node();
        let case = Case::new(SHOP, sql).plan(Node::new(Operation::Modify, vec![node]));
        case.only("lock-heavy-write").first().map(|finding| finding.severity)
    }

    #[test]
    fn a_write_that_looks_at_everything_to_change_a_little_is_found() {
        let scan = |sql: &str| verdict(sql, AccessType::FullScan, "PRIMARY", 990_000.0);
        assert_eq!(scan("UPDATE orders SET total = 0 WHERE note = 'x'"), Some(Severity::Warning));
        assert_eq!(scan("DELETE FROM orders WHERE note = 'x' LIMIT 10"), Some(Severity::Warning));
        assert_eq!(scan("SELECT id FROM orders WHERE note = 'x' FOR UPDATE"), Some(Severity::Warning));
    }

    #[test]
    fn writes_that_change_what_they_look_at_are_silent() {
        assert_eq!(verdict("DELETE FROM orders", AccessType::FullScan, "PRIMARY", 990_000.0), None);
        assert_eq!(verdict("UPDATE orders SET total = 0 WHERE id = 5", AccessType::Const, "PRIMARY", 1.0), None);
        let keyed = "UPDATE orders SET total = 0 WHERE customer_id = 5";
        assert_eq!(verdict(keyed, AccessType::Ref, "by_customer", 20.0), None);
        let batch = "DELETE FROM orders WHERE placed_at < '2020-01-01' ORDER BY placed_at LIMIT 1000";
        assert_eq!(verdict(batch, AccessType::Range, "by_placed", 300_000.0), None);
        let read = "SELECT id FROM orders WHERE note = 'x'";
        assert_eq!(verdict(read, AccessType::FullScan, "PRIMARY", 990_000.0), None);
    }

    #[test]
    fn the_schemas_figure_of_the_changed_rows_counts() {
        let known = format!("{SHOP}\n-- values orders note 500000\n");
        let node = access("orders", AccessType::FullScan).rows(990_000.0).node();
        let case = Case::new(&known, "DELETE FROM orders WHERE id <> 5 AND customer_id = 7");
        let found = case.plan(Node::new(Operation::Modify, vec![node])).only("lock-heavy-write");
        assert_eq!(found[0].severity, Severity::Error);
        assert!(found[0].message.ends_with("rows of `orders` to change about 20"), "{}", found[0].message);
    }
}
