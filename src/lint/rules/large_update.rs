//! `large-update`: rows are changed without a bound, in one transaction.

use super::{Check, Needs, Rule};
use crate::lint::context::{Case, Target, Weight};
use crate::model::finding::{Finding, Severity};
use crate::model::schema::Schema;
use crate::sql::ddl::Effect;
use crate::sql::parse::parse_statement;
use crate::sql::shape::{Bound, Scope, shape};

pub(super) const RULE: Rule = Rule {
    id: "large-update",
    severity: Severity::Error,
    summary: "an UPDATE, a DELETE or an INSERT … SELECT of as many rows as there happen to be",
    help: "Every row stays locked until the transaction ends, undo grows with it, and replicas repeat it as one piece.",
    needs: Needs::Size,
    check: Check::Statement(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let Effect::Rows { verb, .. } = case.effect else { return Vec::new() };
    let reads_its_target = matches!(verb.as_str(), "UPDATE" | "DELETE");
    let small = !case.targets.is_empty() && case.targets.iter().all(|target| case.weight(target) == Weight::Small);
    if verb == "LOAD" || reads_its_target && small {
        return Vec::new();
    }
    let sql = &case.statement.sql;
    let Ok(statement) = parse_statement(sql) else {
        return if reads_its_target { vec![unknown(case, "the statement could not be read")] } else { Vec::new() };
    };
    let empty = Schema::default();
    let facts = shape(&statement, case.trial.before.as_deref().unwrap_or(&empty));
    let (scope, missing) = match &facts.bound {
        Bound::Proved { .. } => return Vec::new(),
        Bound::Unknown { because } => return vec![unknown(case, because)],
        Bound::Unbounded { scope, missing, .. } => (scope, missing),
    };
    // The rows that it reads decide; the table that it writes may be another one.
    let size = case.trial.sizes.get(&scope.table().to_ascii_lowercase()).copied().unwrap_or_default();
    let target = case
        .targets
        .iter()
        .find(|target| target.table.eq_ignore_ascii_case(scope.table()))
        .cloned()
        .unwrap_or_else(|| Target { table: scope.table().to_owned(), size, fresh: false });
    let whole = matches!(scope, Scope::WholeTable { .. });
    let severity = match case.weight(&target) {
        Weight::Small => return Vec::new(),
        Weight::Large if whole => Severity::Error,
        Weight::Large | Weight::Medium | Weight::Unknown => Severity::Warning,
    };
    let rows = if whole { "every row" } else { "as many rows as there happen to be" };
    let message = format!("changes {rows} of `{}` in one transaction: {}", target.table, target.size);
    let mut finding = case.finding(RULE.id, severity, Some(&target.table), message);
    finding.evidence.push(format!("missing for a bound: {missing}"));
    finding.remedy =
        "work in batches outside of the migration: ranges of the key of about 1000 rows, each committed".into();
    vec![finding]
}

fn unknown(case: &Case<'_>, because: &str) -> Finding {
    let target = case.targets.first().map(|target| target.table.as_str());
    let message = format!("how many rows it changes is unknown, because {because}");
    case.finding(RULE.id, Severity::Info, target, message)
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::Bench;
    use crate::model::finding::Severity;

    const ORDERS: &str = "CREATE TABLE orders (id INT PRIMARY KEY, state VARCHAR(9), placed DATETIME)";

    fn severity(sql: &str, rows: Option<u64>) -> Option<Severity> {
        Bench::new(sql).schemas(ORDERS, ORDERS).size("orders", rows, None).severity("large-update")
    }

    #[test]
    fn a_write_without_a_bound_is_as_bad_as_the_table_is_large() {
        let all = "UPDATE orders SET state = 'x'";
        assert_eq!(severity(all, Some(900)), None);
        assert_eq!(severity(all, Some(9000)), Some(Severity::Warning));
        assert_eq!(severity(all, Some(900_000)), Some(Severity::Error));
        assert_eq!(severity(all, None), Some(Severity::Warning));
        assert_eq!(severity("DELETE FROM orders WHERE placed < '2020-01-01'", Some(900_000)), Some(Severity::Warning));
        assert_eq!(severity("INSERT INTO copies SELECT * FROM orders", Some(900_000)), Some(Severity::Error));
    }

    #[test]
    fn a_bound_is_enough() {
        for sql in [
            "UPDATE orders SET state = 'x' WHERE id = 7",
            "DELETE FROM orders LIMIT 100",
            "INSERT INTO orders VALUES (1, 'a', NULL)",
        ] {
            assert_eq!(severity(sql, Some(900_000)), None, "{sql}");
        }
        assert_eq!(
            Bench::new("UPDATE fresh SET a = 1").after_running("CREATE TABLE fresh (a INT)").severity("large-update"),
            None
        );
    }
}
