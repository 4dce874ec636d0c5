//! `blocks-writes`: the change is made in place, but the app cannot write meanwhile.

use super::{Check, Needs, Rule};
use crate::lint::context::{Case, Weight};
use crate::model::finding::{Finding, Severity};
use crate::model::online::{LockTaken, OnlineClass};

pub(super) const RULE: Rule = Rule {
    id: "blocks-writes",
    severity: Severity::Error,
    summary: "the app cannot write to the table while the change is made",
    help: "Every write waits, and with it the app's connections, until none is left.",
    needs: Needs::TrialAndSize,
    check: Check::Statement(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    // What an instant change locks is over at once, and a copy says itself that it blocks writes.
    let Some((Some(OnlineClass::Inplace { .. }), lock)) = case.outcome().map(|outcome| (outcome.class, outcome.lock))
    else {
        return Vec::new();
    };
    let blocked = match lock {
        LockTaken::Shared => "writes",
        LockTaken::Exclusive => "reads and writes",
        LockTaken::None | LockTaken::Default => return Vec::new(),
    };
    let finding = |target: &crate::lint::context::Target| {
        let severity = match case.weight(target) {
            Weight::Small => return None,
            Weight::Large => Severity::Error,
            Weight::Medium | Weight::Unknown => Severity::Warning,
        };
        let message = format!("blocks {blocked} on `{}` while it runs: {}", target.table, target.size);
        let mut finding = case.finding(RULE.id, severity, Some(&target.table), message);
        finding.evidence = case.refusals();
        finding.remedy =
            "run it while the app rests, or write to a new table in the background and swap the two".into();
        Some(finding)
    };
    case.targets.iter().filter_map(finding).collect()
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::{Bench, copy, inplace, shared};
    use crate::model::finding::Severity;

    #[test]
    fn a_lock_on_a_large_table_is_an_error() {
        let sql = "ALTER TABLE orders ADD FULLTEXT INDEX i (note)";
        let seen =
            |attempt, rows| Bench::new(sql).attempt(attempt).size("orders", Some(rows), None).severity("blocks-writes");
        assert_eq!(seen(shared(), 900), None);
        assert_eq!(seen(shared(), 9000), Some(Severity::Warning));
        assert_eq!(seen(shared(), 900_000), Some(Severity::Error));
        assert_eq!(seen(inplace(), 900_000), None);
        assert_eq!(seen(copy(), 900_000), None, "table-copy speaks of that");
    }
}
