//! `not-reversible`: the migration has no down file with a statement.

use super::{Check, Needs, Rule};
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::location::Location;
use crate::model::migration::Migration;

pub(super) const RULE: Rule = Rule {
    id: "not-reversible",
    severity: Severity::Warning,
    summary: "the migration has no down file",
    help: "When the new version of the app has to go back, the database cannot go with it.",
    needs: Needs::Text,
    check: Check::Migration(check),
};

fn check(migration: &Migration) -> Vec<Finding> {
    if migration.down.as_ref().is_some_and(|down| !down.statements.is_empty()) {
        return Vec::new();
    }
    let file = &migration.up.file;
    let missing = if migration.down.is_some() { "has a down file without a statement" } else { "has no down file" };
    let down =
        format!("{}.down.sql", file.strip_suffix(".up.sql").or_else(|| file.strip_suffix(".sql")).unwrap_or(file));
    vec![Finding {
        rule: RULE.id.into(),
        severity: RULE.severity,
        subject: Subject { location: Some(Location::line(file, 1)), ..Subject::default() },
        message: format!("the migration {missing}, so it cannot be rolled back"),
        evidence: Vec::new(),
        remedy: format!("write {down}"),
    }]
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::Bench;

    #[test]
    fn a_migration_without_a_way_back_is_found() {
        let finding = Bench::new("CREATE TABLE t (a INT)").without_down().only("not-reversible").unwrap();
        assert_eq!(finding.remedy, "write m.down.sql");
        assert!(Bench::new("CREATE TABLE t (a INT)").only("not-reversible").is_none());
    }
}
