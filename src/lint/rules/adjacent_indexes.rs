//! `adjacent-indexes`: statements that follow each other build indexes on one table, each with a scan of its own.

use super::{Check, Needs, Rule};
use crate::lint::context::{Case, Weight};
use crate::model::finding::{Finding, Severity};
use crate::model::migration::Statement;
use crate::sql::ddl::{AlterAction, Effect, effect};
use crate::sql::online::group;

pub(super) const RULE: Rule = Rule {
    id: "adjacent-indexes",
    severity: Severity::Warning,
    summary: "adjacent statements build indexes on one table, each reading all of it",
    help: "One ALTER TABLE that adds them all reads the table once.",
    needs: Needs::Size,
    check: Check::Statement(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let [target] = case.targets else { return Vec::new() };
    let severity = match case.weight(target) {
        Weight::Small => return Vec::new(),
        Weight::Large => Severity::Warning,
        Weight::Medium | Weight::Unknown => Severity::Info,
    };
    let Some((members, combined)) = run(case) else { return Vec::new() };
    let built =
        members.iter().map(|statement| indexes_built(&effect(&statement.sql))).filter(|built| *built > 0).count();
    if built < 2 || case.failure().is_some() {
        return Vec::new();
    }
    let message = format!(
        "these {} adjacent index statements read the whole table `{}` {built} times: {}",
        members.len(),
        target.table,
        target.size
    );
    let mut finding = case.finding(RULE.id, severity, Some(&target.table), message);
    finding.evidence = members.iter().map(|statement| statement.at.to_string()).collect();
    finding.remedy =
        format!("write them as one, which reads it once and takes effect as a whole or not at all: {combined}");
    vec![finding]
}

/// The statements that could run as one with this one, which is the first of them, and that one statement.
fn run<'a>(case: &Case<'a>) -> Option<(&'a [Statement], String)> {
    if !case.effect.is_index_only() {
        return None;
    }
    let script = [Some(&case.migration.up), case.migration.down.as_ref()].into_iter().flatten();
    let all = script.map(|script| &script.statements).find(|all| all.iter().any(|one| one.at == case.statement.at))?;
    let first = all.iter().position(|one| one.at == case.statement.at)?;
    if first > 0 && group(&[&all[first - 1].sql, &case.statement.sql]).len() == 1 {
        return None;
    }
    let near: Vec<&str> = all[first..]
        .iter()
        .map(|statement| statement.sql.as_str())
        .take_while(|sql| effect(sql).is_index_only())
        .collect();
    let group = group(&near).into_iter().next()?;
    Some((&all[first..first + group.members.len()], group.combined?))
}

fn indexes_built(effect: &Effect) -> usize {
    match effect {
        Effect::CreateIndex { .. } => 1,
        Effect::AlterTable { actions, .. } => {
            actions.iter().filter(|action| matches!(action, AlterAction::AddIndex(_))).count()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::{Bench, inplace};
    use crate::model::finding::Severity;

    const THREE: &str = "CREATE INDEX a ON orders (a);\nALTER TABLE orders ADD KEY b (b(9)), DROP KEY old;\nCREATE INDEX c ON `orders` (c DESC);";

    fn bench(sql: &str, rows: u64) -> Bench {
        Bench::new(sql).attempt(inplace()).size("orders", Some(rows), None)
    }

    #[test]
    fn one_finding_at_the_first_of_them_with_the_one_statement() {
        let bench = bench(THREE, 5_000_000);
        let found: Vec<_> =
            bench.verdict().findings.into_iter().filter(|finding| finding.rule == "adjacent-indexes").collect();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject.location.as_ref().unwrap().line, 2);
        assert!(
            found[0].message.starts_with("these 3 adjacent index statements read the whole table `orders` 3 times")
        );
        assert!(
            found[0]
                .remedy
                .ends_with("ALTER TABLE orders ADD INDEX a (a), ADD KEY b (b(9)), DROP KEY old, ADD INDEX c (c DESC)"),
            "{}",
            found[0].remedy
        );
        assert_eq!(found[0].evidence.len(), 3);
    }

    #[test]
    fn small_tables_single_builds_and_strangers_are_passed_over() {
        assert_eq!(bench(THREE, 9000).severity("adjacent-indexes"), Some(Severity::Info));
        assert_eq!(bench(THREE, 900).severity("adjacent-indexes"), None);
        for sql in [
            "CREATE INDEX a ON orders (a);\nDROP INDEX b ON orders;",
            "CREATE INDEX a ON orders (a);\nCREATE INDEX b ON items (b);",
            "CREATE INDEX a ON orders (a);\nUPDATE orders SET a = 1;\nCREATE INDEX b ON orders (b);",
            "CREATE INDEX a ON orders (a);\nCREATE UNIQUE INDEX b ON orders (b);",
            "ALTER TABLE orders ADD KEY a (a), ADD KEY b (b);",
        ] {
            assert_eq!(bench(sql, 5_000_000).severity("adjacent-indexes"), None, "{sql}");
        }
    }
}
