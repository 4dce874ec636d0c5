//! `table-rebuild`: the server rebuilds the whole table in place.

use super::{Check, Needs, Rule};
use crate::lint::context::{Case, Weight};
use crate::model::finding::{Finding, Severity};
use crate::model::online::OnlineClass;

pub(super) const RULE: Rule = Rule {
    id: "table-rebuild",
    severity: Severity::Warning,
    summary: "the server rebuilds the whole table in place",
    help: "Writes go on, but the table is read and written once more, and its room on disk is needed a second time.",
    needs: Needs::TrialAndSize,
    check: Check::Statement(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    if case.class() != Some(OnlineClass::Inplace { rebuild: Some(true) }) {
        return Vec::new();
    }
    let finding = |target: &crate::lint::context::Target| {
        let severity = match case.weight(target) {
            Weight::Small => return None,
            Weight::Large => Severity::Warning,
            Weight::Medium | Weight::Unknown => Severity::Info,
        };
        let message = format!("rebuilds the whole table `{}`: {}", target.table, target.size);
        let mut finding = case.finding(RULE.id, severity, Some(&target.table), message);
        finding.evidence = case.refusals();
        finding.remedy =
            "see that the disk has room for the table a second time, and run it when the server has little to do"
                .into();
        Some(finding)
    };
    case.targets.iter().filter_map(finding).collect()
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::{Bench, inplace, rebuild};
    use crate::model::finding::Severity;

    #[test]
    fn a_rebuild_of_a_large_table_is_a_warning() {
        let sql = "ALTER TABLE orders ENGINE=InnoDB";
        let seen =
            |attempt, rows| Bench::new(sql).attempt(attempt).size("orders", Some(rows), None).severity("table-rebuild");
        assert_eq!(seen(rebuild(), 900), None);
        assert_eq!(seen(rebuild(), 9000), Some(Severity::Info));
        assert_eq!(seen(rebuild(), 900_000), Some(Severity::Warning));
        assert_eq!(seen(inplace(), 900_000), None);
    }
}
