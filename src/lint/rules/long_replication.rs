//! `long-replication`: replicas repeat the change as one long statement.

use super::{Check, Needs, Rule};
use crate::lint::context::{Case, Weight};
use crate::model::finding::{Finding, Severity};
use crate::model::online::OnlineClass;
use crate::sql::ddl::{AlterAction, Effect};

pub(super) const RULE: Rule = Rule {
    id: "long-replication",
    severity: Severity::Warning,
    summary: "replicas repeat the change as one long statement",
    help: "A replica begins the change when the server has finished it, and applies nothing else of that table until it is done.",
    needs: Needs::TrialAndSize,
    check: Check::Statement(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    // What only touches definitions is as short on a replica.
    let is_long = match case.class() {
        Some(OnlineClass::Copy | OnlineClass::Inplace { rebuild: Some(true) }) => true,
        Some(OnlineClass::Inplace { .. }) => builds_an_index(case),
        Some(OnlineClass::Instant) | None => false,
    };
    if !is_long {
        return Vec::new();
    }
    let large = case.targets.iter().filter(|target| case.weight(target) == Weight::Large);
    large
        .map(|target| {
            let message = format!("replicates as one long statement on `{}`: {}", target.table, target.size);
            let mut finding = case.finding(RULE.id, RULE.severity, Some(&target.table), message);
            finding.evidence.push("a replica falls behind for as long as the statement takes on it".into());
            finding.remedy =
                "without replicas nothing; with them, run it when a lag does no harm, or change one server \
                              after the other"
                    .into();
            finding
        })
        .collect()
}

/// Whether the table has an index afterwards that it has not before. Unknown counts as yes.
fn builds_an_index(case: &Case<'_>) -> bool {
    match case.effect {
        Effect::CreateIndex { .. } => return true,
        Effect::DropIndex { .. } => return false,
        Effect::AlterTable { actions, .. } if case.effect.is_index_only() => {
            return actions.iter().any(|action| matches!(action, AlterAction::AddIndex(_)));
        }
        _ => {}
    }
    case.targets.iter().any(|target| {
        case.tables(&target.table).is_none_or(|(before, after)| {
            after.indexes.iter().any(|index| before.indexes.iter().all(|known| known.parts != index.parts))
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::{Bench, copy, inplace, instant};
    use crate::model::finding::Severity;

    #[test]
    fn only_what_takes_long_is_told() {
        let seen = |sql: &str, attempt, rows| {
            let table = "CREATE TABLE orders (id INT PRIMARY KEY, state INT, KEY old (state))";
            let after =
                if sql.contains("ADD INDEX") { table.replace("))", "), KEY new (id, state))") } else { table.into() };
            Bench::new(sql)
                .attempt(attempt)
                .schemas(table, &after)
                .size("orders", Some(rows), None)
                .severity("long-replication")
        };
        let index = "ALTER TABLE orders ADD INDEX new (id, state)";
        assert_eq!(seen(index, inplace(), 9_000_000), Some(Severity::Warning));
        assert_eq!(seen(index, inplace(), 9000), None);
        assert_eq!(seen("ALTER TABLE orders RENAME INDEX old TO o", inplace(), 9_000_000), None);
        assert_eq!(seen("ALTER TABLE orders ADD c INT", instant(), 9_000_000), None);
        assert_eq!(seen("ALTER TABLE orders MODIFY state TEXT", copy(), 9_000_000), Some(Severity::Warning));
    }
}
