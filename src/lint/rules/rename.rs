//! `rename`: a table or a column gets another name while the app that knows the old one is running.

use super::{Check, Needs, Rule};
use crate::lint::context::Case;
use crate::model::finding::{Finding, Severity};
use crate::sql::ddl::{AlterAction, Effect};

pub(super) const RULE: Rule = Rule {
    id: "rename",
    severity: Severity::Warning,
    summary: "a table or a column gets another name while the app runs",
    help: "Between the migration and the last restart of the app, one of the two knows the wrong name.",
    needs: Needs::Text,
    check: Check::Statement(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let renames: Vec<(&str, String)> = match case.effect {
        Effect::RenameTable { pairs } => {
            pairs.iter().map(|(from, to)| (from.as_str(), format!("the table `{from}` becomes `{to}`"))).collect()
        }
        Effect::AlterTable { table, actions } => {
            actions.iter().filter_map(|action| Some((table.as_str(), renamed(table, action)?))).collect()
        }
        _ => Vec::new(),
    };
    let standing = |table: &str| case.standing().any(|target| target.table == table);
    let finding = |(table, what): (&str, String)| {
        let message = format!("{what} while the app that knows the old name is running");
        let mut finding = case.finding(RULE.id, RULE.severity, Some(table), message);
        finding.remedy =
            "add the new name beside the old one (a column kept in step, a view), let the app move over, and \
                          drop the old one in a later migration"
                .into();
        finding
    };
    renames.into_iter().filter(|(table, _)| standing(table)).map(finding).collect()
}

fn renamed(table: &str, action: &AlterAction) -> Option<String> {
    match action {
        AlterAction::RenameTo(to) => Some(format!("the table `{table}` becomes `{to}`")),
        AlterAction::RenameColumn(from, to) | AlterAction::ChangeColumn(from, to) if !from.eq_ignore_ascii_case(to) => {
            Some(format!("the column `{table}`.`{from}` becomes `{to}`"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::Bench;

    #[test]
    fn names_that_change_are_found() {
        let message = |sql: &str| Bench::new(sql).only("rename").map(|finding| finding.message);
        assert!(
            message("RENAME TABLE orders TO purchases").unwrap().starts_with("the table `orders` becomes `purchases`")
        );
        assert!(
            message("ALTER TABLE orders CHANGE a b INT").unwrap().starts_with("the column `orders`.`a` becomes `b`")
        );
        assert!(message("ALTER TABLE orders RENAME COLUMN a TO b").is_some());
        assert_eq!(message("ALTER TABLE orders CHANGE a A BIGINT"), None);
        assert_eq!(message("ALTER TABLE orders RENAME INDEX a TO b"), None);
    }

    #[test]
    fn a_table_that_nobody_uses_yet_may_be_renamed() {
        let bench = Bench::new("RENAME TABLE fresh TO t").after_running("CREATE TABLE fresh (a INT)");
        assert!(bench.only("rename").is_none());
    }
}
