//! Whether a run of statements can be taken back as a unit, on an engine whose DDL commits by itself.
//!
//! What only adds to a schema is taken back by comparing the schema with what it was (see `difference`). Rows written into
//! a table that the run itself made go with the table. Everything else would leave a trace, and is named beforehand.

use crate::model::migration::Statement;
use crate::model::schema::Schema;
use crate::sql::ddl::{AlterAction, Effect, databases, effect, targets};
use crate::sql::setting::is_between_transactions;

/// A statement that could not be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// Why not.
    pub reason: String,
}

/// The statements among these that could not be taken back if a later one failed; `before` is the schema that the run
/// starts from. Rows written after the last DDL are no obstacle: they are one transaction with the ledger.
#[must_use]
pub fn obstacles<'a>(statements: &[&'a Statement], before: &Schema, database: Option<&str>) -> Vec<Obstacle<'a>> {
    obstacles_after(Vec::new(), statements, before, database)
}

/// The same for the rest of a run that was cut off after it had made the tables of these names, in lower case.
#[must_use]
pub fn obstacles_after<'a>(
    mut made: Vec<String>,
    statements: &[&'a Statement],
    before: &Schema,
    database: Option<&str>,
) -> Vec<Obstacle<'a>> {
    let effects: Vec<Effect> = statements.iter().map(|statement| effect(&statement.sql)).collect();
    let commits = |at: &usize| !effects[*at].is_transactional() || is_between_transactions(&statements[*at].sql);
    let last_ddl = (0..statements.len()).rfind(commits);
    let mut obstacles = Vec::new();
    for (position, (statement, effect)) in statements.iter().zip(&effects).enumerate() {
        follow(effect, before, &mut made);
        let in_last_transaction = last_ddl.is_none_or(|last| position > last);
        // The very last statement has nothing after it that could fail.
        let is_last = position + 1 == statements.len() && is_atomic(&statement.sql, effect, before);
        let elsewhere = databases(&statement.sql).into_iter().find(|other| database.is_some_and(|own| own != other));
        if let Some(other) = elsewhere
            && !is_last
            && !(in_last_transaction && effect.is_transactional())
        {
            obstacles.push(Obstacle { statement, reason: format!("it changes the database {other}") });
            continue;
        }
        if let Effect::Rows { table: Some(table), .. } = effect
            && let Some(storage) = before.table(table).and_then(|table| table.storage_engine.as_deref())
            && !storage.eq_ignore_ascii_case("InnoDB")
        {
            let reason = format!("it changes rows of {table}, whose engine {storage} cannot roll back");
            obstacles.push(Obstacle { statement, reason });
            continue;
        }
        if in_last_transaction || is_last {
            continue;
        }
        // What is not there cannot be destroyed: names that the run made, or that do not exist.
        let harmless = |table: &str| {
            made.contains(&table.to_ascii_lowercase()) || (before.table(table).is_none() && is_drop(effect))
        };
        if let Some(reason) = trace(&statement.sql, effect, &harmless, before) {
            obstacles.push(Obstacle { statement, reason });
        }
    }
    obstacles
}

/// Keeps the list of the tables that the run itself made.
fn follow(effect: &Effect, before: &Schema, made: &mut Vec<String>) {
    match effect {
        Effect::CreateTable { table } | Effect::ReplaceTable { table } if before.table(table).is_none() => {
            made.push(table.to_ascii_lowercase());
        }
        Effect::RenameTable { pairs } => {
            for (from, to) in pairs {
                if let Some(at) = made.iter().position(|name| name.eq_ignore_ascii_case(from)) {
                    made[at] = to.to_ascii_lowercase();
                }
            }
        }
        _ => {}
    }
}

fn is_drop(effect: &Effect) -> bool {
    matches!(effect, Effect::DropTable { .. } | Effect::ReplaceTable { .. })
}

/// Whether the statement, when it fails, has done nothing. `MariaDB` drops the first of two tables before it finds that
/// the second is not there, and what is not recognised may be a procedure of many steps.
fn is_atomic(sql: &str, effect: &Effect, before: &Schema) -> bool {
    match effect {
        Effect::DropTable { tables } => tables.iter().filter(|table| before.table(table).is_some()).count() < 2,
        Effect::Routine { verb, .. } => verb != "DROP",
        Effect::Other => !has_steps(sql),
        Effect::ReplaceTable { .. } => false,
        _ => true,
    }
}

/// Whether a statement that is not recognised runs others.
fn has_steps(sql: &str) -> bool {
    const VERBS: [&str; 10] = ["CALL", "EXECUTE", "BEGIN", "IF", "CASE", "LOOP", "WHILE", "REPEAT", "FOR", "DECLARE"];
    let word = sql.split(|c: char| !c.is_ascii_alphabetic()).find(|word| !word.is_empty()).unwrap_or_default();
    VERBS.contains(&word.to_ascii_uppercase().as_str())
}

/// What a statement would leave behind, if anything.
fn trace(sql: &str, effect: &Effect, made_here: &dyn Fn(&str) -> bool, before: &Schema) -> Option<String> {
    match effect {
        Effect::ReplaceTable { table } if made_here(table) => None,
        Effect::ReplaceTable { table } => Some(format!("it drops {table}")),
        Effect::Routine { kind, name: Some(_), verb } if verb != "ALTER" => {
            let is_there = |name: &String| {
                before
                    .routines
                    .iter()
                    .any(|one| one.kind.eq_ignore_ascii_case(kind) && one.name.eq_ignore_ascii_case(name))
            };
            let there = targets(sql).into_iter().find(is_there);
            there.map(|name| format!("it runs {verb} on the {kind} {name}, which is there already"))
        }
        Effect::CreateTable { .. }
        | Effect::CreateIndex { .. }
        | Effect::DropIndex { .. }
        | Effect::Transaction
        | Effect::Session
        | Effect::Read => None,
        Effect::Rows { table: Some(table), .. } if made_here(table) => None,
        Effect::Rows { table, .. } => {
            Some(format!("it changes rows of {}", table.as_deref().unwrap_or("a table that could not be read")))
        }
        Effect::Truncate { table } | Effect::AlterTable { table, .. } if made_here(table) => None,
        Effect::DropTable { tables } if tables.iter().all(|table| made_here(table)) => None,
        Effect::DropTable { tables } => Some(format!("it drops {}", tables.join(", "))),
        Effect::Truncate { table } => Some(format!("it empties {table}")),
        Effect::RenameTable { pairs } if pairs.iter().all(|(from, _)| made_here(from)) => None,
        Effect::RenameTable { pairs } => {
            let pairs: Vec<String> = pairs.iter().map(|(from, to)| format!("{from} to {to}")).collect();
            Some(format!("it renames table {}", pairs.join(", ")))
        }
        Effect::AlterTable { table, actions } => actions.iter().find_map(|action| match action {
            AlterAction::AddColumn(_)
            | AlterAction::AddIndex(_)
            | AlterAction::DropIndex(_)
            | AlterAction::AddConstraint
            | AlterAction::Execution => None,
            AlterAction::DropColumn(column) => Some(format!("it drops {table}.{column}")),
            AlterAction::ModifyColumn(column) | AlterAction::ChangeColumn(column, _) => {
                Some(format!("it redefines {table}.{column}"))
            }
            AlterAction::RenameColumn(from, to) => Some(format!("it renames column {table}.{from} to {to}")),
            AlterAction::RenameTo(to) => Some(format!("it renames table {table} to {to}")),
            AlterAction::RenameIndex(from, to) => Some(format!("it renames index {from} of {table} to {to}")),
            AlterAction::DropPrimaryKey => Some(format!("it drops the primary key of {table}")),
            AlterAction::DropConstraint(name) => Some(format!("it drops the constraint {name} of {table}")),
            AlterAction::DropPartition => Some(format!("it changes which rows the partitions of {table} hold")),
            _ => Some(format!("it changes {table} in a way that is not known to be reversible")),
        }),
        Effect::Routine { verb, kind, .. } => Some(format!("it runs {verb} on a {kind}")),
        Effect::Use | Effect::Other => Some("it is not known what it changes".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::location::Location;
    use crate::model::schema::Table;

    fn reasons(sqls: &[&str]) -> Vec<String> {
        let before = Schema { tables: vec![Table { name: "old".into(), ..Table::default() }], routines: vec![] };
        let statements: Vec<Statement> =
            sqls.iter().map(|sql| Statement { sql: (*sql).into(), at: Location::line("f.sql", 1) }).collect();
        obstacles(&statements.iter().collect::<Vec<_>>(), &before, Some("own"))
            .into_iter()
            .map(|obstacle| obstacle.reason)
            .collect()
    }

    #[test]
    fn additions_and_rows_of_new_tables_can_be_taken_back() {
        let none: [String; 0] = [];
        assert_eq!(
            reasons(&[
                "CREATE TABLE new (a INT)",
                "INSERT INTO new VALUES (1)",
                "ALTER TABLE new DROP COLUMN a",
                "SELECT 1"
            ]),
            none
        );
        assert_eq!(reasons(&["ALTER TABLE old ADD COLUMN b INT, ADD INDEX (b)", "CREATE INDEX i ON old (b)"]), none);
    }

    #[test]
    fn what_leaves_a_trace_is_named_when_something_follows_it() {
        assert_eq!(reasons(&["DELETE FROM old", "CREATE INDEX i ON old (a)"]), ["it changes rows of old"]);
        assert_eq!(
            reasons(&["ALTER TABLE old DROP COLUMN a", "SELECT 1", "CREATE TABLE x (a INT)"]),
            ["it drops old.a"]
        );
        assert_eq!(reasons(&["EXECUTE s", "CREATE TABLE x (a INT)"]), ["it is not known what it changes"]);
    }

    #[test]
    fn dumps_that_drop_nothing_can_be_taken_back() {
        let dump = [
            "/*!40101 SET NAMES utf8mb4 */",
            "DROP TABLE IF EXISTS `a`",
            "CREATE TABLE `a` (id INT)",
            "LOCK TABLES `a` WRITE",
            "INSERT INTO `a` VALUES (1)",
            "UNLOCK TABLES",
            "DROP VIEW IF EXISTS v",
            "CREATE OR REPLACE VIEW v AS SELECT 1",
            "COMMIT",
        ];
        assert_eq!(reasons(&dump), [] as [String; 0]);
    }

    #[test]
    fn what_reaches_further_than_its_first_name_is_an_obstacle() {
        assert_eq!(reasons(&["CREATE OR REPLACE TABLE old (a INT)", "CREATE TABLE x (a INT)"]), ["it drops old"]);
        let update = ["CREATE TABLE new (a INT)", "UPDATE new JOIN old SET old.a = 1", "CREATE TABLE x (a INT)"];
        assert_eq!(reasons(&update).len(), 1);
        assert_eq!(
            reasons(&["CREATE TABLE other.x (a INT)", "CREATE TABLE x (a INT)"]),
            ["it changes the database other"]
        );
        assert_eq!(reasons(&["SELECT 1", "CALL p()"]), ["it is not known what it changes"]);
    }

    #[test]
    fn rows_after_the_last_ddl_roll_back_with_their_transaction() {
        assert_eq!(
            reasons(&["CREATE TABLE new (a INT)", "UPDATE old SET a = 1", "DELETE FROM old"]),
            [] as [String; 0]
        );
    }
}
