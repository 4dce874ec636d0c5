//! Whether a run of statements can be taken back as a unit, on an engine whose DDL commits by itself.
//!
//! What only adds to a schema is taken back by comparing the schema with what it was (see `difference`). Rows written into
//! a table that the run itself made go with the table. Everything else would leave a trace, and is named beforehand.

use crate::model::migration::Statement;
use crate::model::schema::Schema;
use crate::sql::ddl::{AlterAction, Effect, effect};

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
pub fn obstacles<'a>(statements: &[&'a Statement], before: &Schema) -> Vec<Obstacle<'a>> {
    let effects: Vec<Effect> = statements.iter().map(|statement| effect(&statement.sql)).collect();
    let last_ddl = effects.iter().rposition(|effect| !effect.is_transactional());
    let mut made: Vec<String> = Vec::new();
    let mut obstacles = Vec::new();
    for (position, (statement, effect)) in statements.iter().zip(&effects).enumerate() {
        if let Effect::CreateTable { table } = effect
            && before.table(table).is_none()
        {
            made.push(table.to_ascii_lowercase());
        }
        let in_last_transaction = last_ddl.is_none_or(|last| position > last);
        // The very last statement has nothing after it that could fail.
        let is_last = position + 1 == statements.len();
        if in_last_transaction || is_last {
            continue;
        }
        if let Some(reason) = trace(effect, &|table| made.contains(&table.to_ascii_lowercase())) {
            obstacles.push(Obstacle { statement, reason });
        }
    }
    obstacles
}

/// What a statement would leave behind, if anything.
fn trace(effect: &Effect, made_here: &dyn Fn(&str) -> bool) -> Option<String> {
    match effect {
        Effect::CreateTable { .. }
        | Effect::CreateIndex { .. }
        | Effect::DropIndex { .. }
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
        Effect::RenameTable { .. } => Some("it renames a table".into()),
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
            _ => Some(format!("it changes {table} in a way that is not known to be reversible")),
        }),
        Effect::Routine { verb, .. } if verb == "CREATE" => None,
        Effect::Routine { verb, kind } => Some(format!("it runs {verb} on a {kind}")),
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
        obstacles(&statements.iter().collect::<Vec<_>>(), &before).into_iter().map(|obstacle| obstacle.reason).collect()
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
    fn rows_after_the_last_ddl_roll_back_with_their_transaction() {
        assert_eq!(
            reasons(&["CREATE TABLE new (a INT)", "UPDATE old SET a = 1", "DELETE FROM old"]),
            [] as [String; 0]
        );
    }
}
