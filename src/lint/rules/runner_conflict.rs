//! `runner-conflict`: the statement cannot mean in a run what it means in a client.

use super::{Check, Needs, Rule};
use crate::lint::context::Case;
use crate::migration::runner_conflict::conflict;
use crate::model::engine::EngineKind;
use crate::model::finding::{Finding, Severity};

pub(super) const RULE: Rule = Rule {
    id: "runner-conflict",
    severity: Severity::Error,
    summary: "locks, or numbers of the statement before, that a run cannot keep",
    help: "The run is refused before anything runs.",
    needs: Needs::Text,
    check: Check::Statement(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    if case.engine == EngineKind::Embedded {
        return Vec::new();
    }
    let before = case.before.map(|statement| statement.sql.as_str());
    let Some(conflict) = conflict(&case.statement.sql, before, None) else { return Vec::new() };
    let mut finding = case.finding(RULE.id, RULE.severity, None, conflict.reason);
    finding.remedy = conflict.remedy.into();
    vec![finding]
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::Bench;

    #[test]
    fn the_statement_before_decides_what_can_be_read_of_it() {
        let bench = Bench::new("SET @n = ROW_COUNT()");
        assert!(bench.clone().after_running("CREATE TABLE t (a INT)").only("runner-conflict").is_some());
        assert!(bench.after_running("UPDATE orders SET state = 'x'").only("runner-conflict").is_none());
        assert!(Bench::new("SELECT RELEASE_ALL_LOCKS()").only("runner-conflict").is_some());
    }
}
