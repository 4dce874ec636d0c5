//! `data-loss`: the statement throws rows or values away.

use super::{Check, Needs, Rule};
use crate::lint::context::{Case, Target};
use crate::lint::dialect::tokens;
use crate::lint::sizes::has_words;
use crate::migration::loss::engine_doubt;
use crate::model::finding::{Finding, Severity};
use crate::sql::ddl::{AlterAction, Effect, RowLoss, deletes_history, row_losses};

pub(super) const RULE: Rule = Rule {
    id: "data-loss",
    severity: Severity::Error,
    summary: "rows or values are thrown away",
    help: "What is dropped comes back from a backup only.",
    needs: Needs::Text,
    check: Check::Statement(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let lost: Vec<(Option<&Target>, String)> = match case.effect {
        Effect::DropTable { .. } => all(case, "drops the table"),
        Effect::ReplaceTable { .. } => all(case, "drops the table and makes a new one:"),
        Effect::Truncate { .. } => all(case, "empties the table"),
        Effect::AlterTable { actions, .. } => {
            let target = case.standing().next();
            let columns = actions.iter().filter_map(|action| dropped(action, target?));
            let rows = row_losses(&case.statement.sql);
            let rows = rows.into_iter().filter_map(|loss| without_name(loss, target?));
            columns.chain(rows).map(|what| (target, what)).collect()
        }
        Effect::Rows { .. } if deletes_history(&case.statement.sql).is_some() => all(case, "deletes history of"),
        Effect::Rows { verb, table } if verb == "DELETE" && chooses_none(&case.statement.sql) => match table {
            Some(_) => all(case, "deletes every row of"),
            None => vec![(None, "deletes every row of the tables that it joins".into())],
        },
        Effect::Other
            if has_words(&case.statement.sql, &["DROP", "DATABASE"])
                || has_words(&case.statement.sql, &["DROP", "SCHEMA"]) =>
        {
            vec![(None, "drops a whole database".into())]
        }
        _ => Vec::new(),
    };
    let finding = |(target, what): (Option<&Target>, String)| {
        let table = target.map(|target| target.table.as_str());
        let severity = match target {
            // An estimate: nobody promises that the table is empty.
            Some(Target { size, .. }) if size.rows == Some(0) => Severity::Warning,
            _ => RULE.severity,
        };
        let size = target.map(|target| format!(" ({})", target.size)).unwrap_or_default();
        let mut finding = case.finding(RULE.id, severity, table, format!("{what}{size}"));
        finding.remedy =
            "if the data is of no use any more, say so: -- aura-db: allow data-loss because …; else rename the \
                          table or keep the column until a backup is safe"
                .into();
        finding
    };
    lost.into_iter().map(finding).collect()
}

/// Whether it chooses no rows: without a condition, or with one that is true of every row, and without a limit.
fn chooses_none(sql: &str) -> bool {
    let tokens = tokens(sql);
    let Some(at) = tokens.iter().position(|token| token == "WHERE") else {
        return !tokens.iter().any(|token| token == "LIMIT");
    };
    let condition: Vec<&str> =
        tokens[at + 1..].iter().map(String::as_str).filter(|token| !["(", ")", ";"].contains(token)).collect();
    matches!(condition[..], ["1" | "TRUE"] | ["1", "=", "1"] | ["TRUE", "=", "TRUE"] | ["NOT", "0" | "FALSE"])
}

fn all<'a>(case: &Case<'a>, what: &str) -> Vec<(Option<&'a Target>, String)> {
    // What IF EXISTS does not find cannot be lost.
    let is_there =
        |target: &&Target| case.trial.before.as_deref().is_none_or(|schema| schema.table(&target.table).is_some());
    let standing = case.targets.iter().filter(|target| !target.fresh).filter(is_there);
    standing.map(|target| (Some(target), format!("{what} `{}`", target.table))).collect()
}

fn dropped(action: &AlterAction, target: &Target) -> Option<String> {
    match action {
        AlterAction::DropColumn(column) => {
            Some(format!("drops the column `{}`.`{column}` with its values", target.table))
        }
        _ => None,
    }
}

fn without_name(loss: RowLoss, target: &Target) -> Option<String> {
    let table = &target.table;
    Some(match loss {
        RowLoss::PartitionDropped => format!("drops a partition of `{table}`"),
        RowLoss::PartitionEmptied => format!("empties a partition of `{table}`"),
        RowLoss::PartitionExchanged => format!("trades a partition of `{table}` for the rows of another table"),
        RowLoss::Tablespace => format!("discards the tablespace of `{table}` with its rows"),
        RowLoss::History => format!("drops the history of `{table}`"),
        RowLoss::Engine(engine) => format!("changes the engine of `{table}`: {}", engine_doubt(&engine)?),
    })
}

#[cfg(test)]
mod tests {
    use crate::lint::fixture::Bench;
    use crate::model::finding::Severity;

    #[test]
    fn what_throws_data_away_is_found() {
        for sql in [
            "DROP TABLE orders",
            "TRUNCATE orders",
            "CREATE OR REPLACE TABLE orders (a INT)",
            "ALTER TABLE orders DROP note, ADD b INT",
            "ALTER TABLE orders DROP PARTITION p0",
            "ALTER TABLE orders ENGINE=MEMORY",
            "ALTER TABLE orders DISCARD TABLESPACE",
            "DELETE HISTORY FROM orders",
            "DELETE FROM orders",
            "DELETE FROM orders WHERE 1",
            "DELETE FROM orders WHERE (1 = 1)",
            "delete from orders where true",
            "DROP DATABASE shop",
        ] {
            assert_eq!(Bench::new(sql).severity("data-loss"), Some(Severity::Error), "{sql}");
        }
        for sql in [
            "DELETE FROM orders WHERE id = 1",
            "DELETE FROM orders WHERE 1 LIMIT 1",
            "DELETE FROM orders WHERE 1 = 1 AND id = 1",
            "DROP INDEX i ON orders",
            "DROP VIEW v",
            "ALTER TABLE orders DROP PRIMARY KEY",
        ] {
            assert_eq!(Bench::new(sql).severity("data-loss"), None, "{sql}");
        }
    }

    #[test]
    fn what_holds_nothing_loses_nothing() {
        assert_eq!(
            Bench::new("DROP TABLE fresh").after_running("CREATE TABLE fresh (a INT)").severity("data-loss"),
            None
        );
        assert_eq!(
            Bench::new("DROP TABLE IF EXISTS gone").schemas("CREATE TABLE orders (a INT)", "").severity("data-loss"),
            None
        );
        assert_eq!(
            Bench::new("DROP TABLE orders").size("orders", Some(0), None).severity("data-loss"),
            Some(Severity::Warning)
        );
    }
}
