//! `missing-target`: a table or a column that the statement needs is not there.

use super::{Check, Needs, Rule};
use crate::lint::context::Case;
use crate::lint::sizes::has_words;
use crate::model::finding::{Finding, Severity};
use crate::model::lint::Attempt;
use crate::model::schema::Schema;
use crate::sql::ddl::{AlterAction, Effect, IndexDefinition};

pub(super) const RULE: Rule = Rule {
    id: "missing-target",
    severity: Severity::Error,
    summary: "a table or a column that the statement needs is not there",
    help: "The run stops there, with the migrations before it applied and those after it not.",
    needs: Needs::Trial,
    check: Check::Statement(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let missing = missing(case);
    if missing.is_empty() {
        return Vec::new();
    }
    let target = case.targets.first().map(|target| target.table.as_str());
    let mut finding =
        case.finding(RULE.id, RULE.severity, target, format!("needs {}, which is not there", missing.join(" and ")));
    if let Some((code, message)) = case.failure() {
        finding.evidence.push(format!("error {code}: {message}"));
    }
    if let Some(at) = case.failed {
        finding.evidence.push(format!("the statement at {at} failed before it, which may be why"));
    }
    finding.remedy = "make it in a migration before this one, or correct the name".into();
    vec![finding]
}

/// What is missing, in words. Nothing where the statement ran, or the schema was not read.
pub(super) fn missing(case: &Case<'_>) -> Vec<String> {
    let Some(schema) = case.trial.before.as_deref().filter(|_| case.failure().is_some() || is_untried(case)) else {
        return Vec::new();
    };
    // IF EXISTS asks for nothing.
    if has_words(&case.statement.sql, &["IF", "EXISTS"]) {
        return Vec::new();
    }
    match case.effect {
        Effect::CreateIndex { table, index } => needed(schema, table, index, &[]),
        Effect::DropIndex { table, index } => named(schema, table, index),
        Effect::AlterTable { table, actions } => {
            let own: Vec<&str> = actions.iter().filter_map(new_column).collect();
            let of = |action: &AlterAction| match action {
                AlterAction::AddIndex(index) => needed(schema, table, index, &own),
                AlterAction::DropIndex(index) => named(schema, table, index),
                AlterAction::DropColumn(column)
                | AlterAction::ModifyColumn(column)
                | AlterAction::ChangeColumn(column, _)
                | AlterAction::RenameColumn(column, _) => columns(schema, table, &[column.as_str()], &own),
                _ => columns(schema, table, &[], &own),
            };
            let mut missing: Vec<String> = actions.iter().flat_map(of).collect();
            missing.sort();
            missing.dedup();
            missing
        }
        _ => Vec::new(),
    }
}

fn is_untried(case: &Case<'_>) -> bool {
    matches!(case.trial.attempt, Attempt::Unknown { .. })
}

fn new_column(action: &AlterAction) -> Option<&str> {
    match action {
        AlterAction::AddColumn(name) | AlterAction::ChangeColumn(_, name) | AlterAction::RenameColumn(_, name) => {
            Some(name)
        }
        _ => None,
    }
}

fn needed(schema: &Schema, table: &str, index: &IndexDefinition, own: &[&str]) -> Vec<String> {
    columns(schema, table, &index.columns.iter().map(String::as_str).collect::<Vec<_>>(), own)
}

fn named(schema: &Schema, table: &str, index: &str) -> Vec<String> {
    let Some(found) = schema.table(table) else { return vec![format!("the table {table}")] };
    if found.index(index).is_some() { Vec::new() } else { vec![format!("the index {index} of {table}")] }
}

fn columns(schema: &Schema, table: &str, columns: &[&str], own: &[&str]) -> Vec<String> {
    let Some(found) = schema.table(table) else { return vec![format!("the table {table}")] };
    let is_there =
        |column: &&str| found.column(column).is_some() || own.iter().any(|own| own.eq_ignore_ascii_case(column));
    columns.iter().filter(|column| !is_there(column)).map(|column| format!("the column {column} of {table}")).collect()
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::{Bench, fails, inplace, untried};

    const USERS: &str = "CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(9), KEY by_name (name))";

    #[test]
    fn what_is_missing_is_named() {
        let message = |sql: &str| {
            let bench = Bench::new(sql).schemas(USERS, USERS).attempt(fails(1072, "Key column doesn't exist"));
            bench.only("missing-target").map(|finding| finding.message)
        };
        let needs = |what: &str| Some(format!("needs {what}, which is not there"));
        assert_eq!(message("CREATE INDEX idx_xp ON users (xp, name)"), needs("the column xp of users"));
        assert_eq!(
            message("ALTER TABLE users ADD INDEX a (a), DROP COLUMN b"),
            needs("the column a of users and the column b of users")
        );
        assert_eq!(message("ALTER TABLE members ADD c INT"), needs("the table members"));
        assert_eq!(message("DROP INDEX i ON users"), needs("the index i of users"));
        assert_eq!(message("ALTER TABLE users ADD c INT, ADD INDEX i (c)"), None);
        assert_eq!(message("ALTER TABLE users DROP COLUMN IF EXISTS c"), None);
    }

    #[test]
    fn what_ran_needed_nothing_and_what_was_not_tried_is_told() {
        let sql = "CREATE INDEX idx_xp ON users (xp)";
        assert!(Bench::new(sql).schemas(USERS, USERS).attempt(inplace()).only("missing-target").is_none());
        assert!(Bench::new(sql).schemas(USERS, USERS).attempt(untried()).only("missing-target").is_some());
        assert!(Bench::new(sql).attempt(untried()).only("missing-target").is_none());
    }
}
