//! `narrowed-type`: a column no longer holds every value that it may hold now.

use super::{Check, Needs, Rule};
use crate::lint::context::Case;
use crate::migration::narrowing::{Narrowing, narrowing};
use crate::model::finding::{Finding, Severity};
use crate::model::schema::Column;
use crate::sql::ddl::{AlterAction, Effect};

pub(super) const RULE: Rule = Rule {
    id: "narrowed-type",
    severity: Severity::Error,
    summary: "a column no longer holds every value that it may hold now",
    help: "In strict mode the statement fails at the first such value; otherwise the value is cut or changed.",
    needs: Needs::Trial,
    check: Check::Statement(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for target in case.standing() {
        let Some((before, after)) = case.tables(&target.table) else { continue };
        for column in &before.columns {
            let name = renamed(case.effect, &column.name).unwrap_or(&column.name);
            let Some(now) = after.column(name) else { continue };
            let (severity, what, evidence) = match narrowing(column, now) {
                Narrowing::None => continue,
                Narrowing::Narrowed(reasons) => {
                    // NOT NULL alone cuts nothing: it fails where there is a NULL.
                    let only_null = reasons.len() == 1 && column.nullable && !now.nullable;
                    let severity = if only_null { Severity::Warning } else { RULE.severity };
                    (
                        severity,
                        format!("is narrowed: {}", reasons.join("; ")),
                        "whether such a value exists cannot be seen on an empty copy",
                    )
                }
                Narrowing::Unknown(because) => {
                    (Severity::Info, format!("may be narrowed; unknown, because {because}"), "")
                }
            };
            let message = format!("the column `{}`.`{}` {what}", target.table, column.name);
            let mut finding = case.finding(RULE.id, severity, Some(&target.table), message);
            finding.evidence.push(format!("from {} to {}", words(column), words(now)));
            finding.evidence.extend((!evidence.is_empty()).then(|| evidence.to_owned()));
            finding.remedy =
                "look for values that no longer fit first; or add a column of the new type beside the old one, \
                              and move the app over"
                    .into();
            findings.push(finding);
        }
    }
    findings
}

fn renamed<'a>(effect: &'a Effect, column: &str) -> Option<&'a str> {
    let Effect::AlterTable { actions, .. } = effect else { return None };
    actions.iter().find_map(|action| match action {
        AlterAction::ChangeColumn(from, to) | AlterAction::RenameColumn(from, to)
            if from.eq_ignore_ascii_case(column) =>
        {
            Some(to.as_str())
        }
        _ => None,
    })
}

fn words(column: &Column) -> String {
    let collation = column.collation.as_ref().map(|collation| format!(" {collation}")).unwrap_or_default();
    let null = if column.nullable { "" } else { " not null" };
    format!("{}{collation}{null}", column.column_type)
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::{Bench, copy};
    use crate::model::finding::Severity;

    #[test]
    fn a_narrower_column_is_found_under_its_new_name_too() {
        let seen = |sql: &str, before: &str, after: &str| {
            let table = |column: &str| format!("CREATE TABLE users (id INT PRIMARY KEY, {column})");
            let bench = Bench::new(sql).schemas(&table(before), &table(after)).attempt(copy());
            bench.only("narrowed-type").map(|finding| (finding.severity, finding.message))
        };
        let (severity, message) =
            seen("ALTER TABLE users CHANGE name nick VARCHAR(9)", "name VARCHAR(20)", "nick VARCHAR(9)").unwrap();
        assert_eq!(severity, Severity::Error);
        assert_eq!(message, "the column `users`.`name` is narrowed: at most 9 characters fit");
        let null = seen("ALTER TABLE users MODIFY a INT NOT NULL", "a INT", "a INT NOT NULL").unwrap();
        assert_eq!(null.0, Severity::Warning);
        assert_eq!(seen("ALTER TABLE users MODIFY a BIGINT", "a INT", "a BIGINT"), None);
        assert_eq!(seen("ALTER TABLE users DROP a", "a INT", "b INT"), None, "that is data-loss");
    }
}
