//! How a migration that was cut off on its way up is taken down: of its down script, what undoes something that took
//! effect runs, and what has nothing to undo is left out.
//!
//! Decided from the schema alone. What the schema does not show, as rows that a down script changes, runs only where it
//! cannot hit rows that the up script has not touched.

use crate::model::migration::Statement;
use crate::model::schema::Schema;
use crate::sql::ddl::{AlterAction, Effect, effect, targets};
use crate::sql::quote;

/// What becomes of one statement of the down script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It runs.
    Run,
    /// This runs in its place.
    RunInstead(String),
    /// It has nothing to undo, and why.
    Skip(String),
}

/// A statement for which it cannot be told whether it may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// Why.
    pub reason: String,
}

/// Decides for each statement of a down script; `up` is the up script and `done` the number of its statements that took
/// effect.
///
/// # Errors
/// At the first statement for which it cannot be told.
pub fn actions<'a>(
    down: &'a [Statement],
    up: &'a [Statement],
    done: usize,
    schema: &Schema,
) -> Result<Vec<Action>, Refusal<'a>> {
    let made: Vec<String> = up
        .iter()
        .filter_map(|statement| match effect(&statement.sql) {
            Effect::CreateTable { table } => Some(table.to_ascii_lowercase()),
            _ => None,
        })
        .collect();
    let rows_left = up[done.min(up.len())..]
        .iter()
        .any(|statement| matches!(effect(&statement.sql), Effect::Rows { .. } | Effect::Other));
    if let Some((statement, what)) = left_behind(down, up, done) {
        let reason = format!(
            "{what}, which it makes, is taken away only by a later statement of the up script, and by none of the down \
             script"
        );
        return Err(Refusal { statement, reason });
    }
    let context = Context { schema, made, rows_left };
    down.iter()
        .map(|statement| context.action(&statement.sql).map_err(|reason| Refusal { statement, reason }))
        .collect()
}

/// What the up script has made for itself and was to take away again: the down script knows nothing of it.
fn left_behind<'a>(down: &[Statement], up: &'a [Statement], done: usize) -> Option<(&'a Statement, String)> {
    let (done, rest) = up.split_at(done.min(up.len()));
    let goes = |script: &[Statement], what: &String| {
        // A column goes with its table.
        let table = what.strip_prefix("column ").and_then(|column| column.split_once('.'));
        let table = table.map(|(table, _)| object("table", table));
        let gone = |dropped: &String| dropped == what || Some(dropped) == table.as_ref();
        script.iter().any(|one| dropped(&one.sql).iter().any(gone))
    };
    done.iter().enumerate().find_map(|(at, statement)| {
        let left = |what: &String| !goes(&done[at + 1..], what) && goes(rest, what) && !goes(down, what);
        made(&statement.sql).into_iter().find(left).map(|what| (statement, what))
    })
}

/// The objects that a statement makes, as `table a`.
fn made(sql: &str) -> Vec<String> {
    match effect(sql) {
        Effect::CreateTable { table } => vec![object("table", &table)],
        Effect::Routine { verb, kind, name: Some(name) } if verb == "CREATE" => vec![object(&kind, &name)],
        Effect::AlterTable { table, actions } => actions
            .iter()
            .filter_map(|action| match action {
                AlterAction::AddColumn(column) => Some(object("column", &format!("{table}.{column}"))),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The objects that are not there under their name any more after a statement.
fn dropped(sql: &str) -> Vec<String> {
    match effect(sql) {
        Effect::DropTable { tables } => tables.iter().map(|table| object("table", table)).collect(),
        Effect::RenameTable { pairs } => pairs.iter().map(|(from, _)| object("table", from)).collect(),
        Effect::Routine { verb, kind, .. } if verb == "DROP" => {
            targets(sql).iter().map(|name| object(&kind, name)).collect()
        }
        Effect::AlterTable { table, actions } => actions
            .iter()
            .filter_map(|action| match action {
                AlterAction::DropColumn(column)
                | AlterAction::RenameColumn(column, _)
                | AlterAction::ChangeColumn(column, _) => Some(object("column", &format!("{table}.{column}"))),
                AlterAction::RenameTo(_) => Some(object("table", &table)),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn object(kind: &str, name: &str) -> String {
    format!("{kind} {name}").to_lowercase()
}

struct Context<'a> {
    schema: &'a Schema,
    /// The tables that the up script makes, in lower case.
    made: Vec<String>,
    /// Whether the up script has rows yet to write.
    rows_left: bool,
}

impl Context<'_> {
    fn action(&self, sql: &str) -> Result<Action, String> {
        let effect = &effect(sql);
        let there = |table: &str| {
            self.schema.table(table).is_some()
                || self
                    .schema
                    .routines
                    .iter()
                    .any(|routine| routine.kind == "view" && routine.name.eq_ignore_ascii_case(table))
        };
        let is_made = |table: &str| self.made.contains(&table.to_ascii_lowercase());
        match effect {
            Effect::DropTable { tables } => {
                let left: Vec<&String> = tables.iter().filter(|table| there(table)).collect();
                Ok(match left.len() {
                    0 => Action::Skip(format!("{} was not made", tables.join(", "))),
                    all if all == tables.len() => Action::Run,
                    _ => Action::RunInstead(format!("DROP TABLE {}", quote::names(&left))),
                })
            }
            Effect::DropIndex { table, index } => {
                let has = self.schema.table(table).is_some_and(|table| table.index(index).is_some());
                Ok(if has { Action::Run } else { Action::Skip(format!("index {index} on {table} was not made")) })
            }
            Effect::RenameTable { pairs } => match pairs.iter().filter(|(from, _)| there(from)).count() {
                0 => Ok(Action::Skip("the tables were not renamed".into())),
                all if all == pairs.len() && pairs.iter().all(|(_, to)| !there(to)) => Ok(Action::Run),
                _ => Err("it cannot be told which of the tables were renamed".into()),
            },
            Effect::Routine { verb, kind, name: Some(_) } if verb == "DROP" => {
                let is_there = |name: &&String| {
                    self.schema.routines.iter().any(|routine| {
                        routine.kind.eq_ignore_ascii_case(kind) && routine.name.eq_ignore_ascii_case(name)
                    })
                };
                // Only of views there may be several.
                let names = targets(sql);
                let left: Vec<&String> = names.iter().filter(is_there).collect();
                Ok(match left.len() {
                    0 => Action::Skip(format!("{kind} {} was not made", names.join(", "))),
                    all if all == names.len() => Action::Run,
                    _ => Action::RunInstead(format!("DROP VIEW {}", quote::names(&left))),
                })
            }
            Effect::AlterTable { table, .. } | Effect::Truncate { table } | Effect::CreateIndex { table, .. }
                if !there(table) && is_made(table) =>
            {
                Ok(Action::Skip(format!("table {table} was not made")))
            }
            Effect::AlterTable { table, actions } => self.altered(table, actions),
            Effect::Rows { table: Some(table), .. } if !there(table) => {
                Ok(Action::Skip(format!("table {table} was not made")))
            }
            Effect::Rows { table: Some(table), .. } if is_made(table) || !self.rows_left => Ok(Action::Run),
            Effect::Rows { .. } => {
                Err("it changes rows, and the up script had rows yet to write when it was cut off".into())
            }
            Effect::Session | Effect::Read | Effect::Transaction => Ok(Action::Run),
            _ => Err("the schema does not show whether what it undoes took effect".into()),
        }
    }

    fn altered(&self, table: &str, actions: &[AlterAction]) -> Result<Action, String> {
        let Some(table) = self.schema.table(table) else {
            return Err(format!("table {table} is not there"));
        };
        let mut undone = Vec::new();
        for action in actions {
            undone.push(match action {
                AlterAction::DropColumn(column) => table.column(column).is_none(),
                AlterAction::DropIndex(index) => table.index(index).is_none(),
                AlterAction::RenameColumn(from, to) => table.column(from).is_none() && table.column(to).is_some(),
                AlterAction::DropConstraint(name) => {
                    let is = |other: &str| other.eq_ignore_ascii_case(name);
                    !table.foreign_keys.iter().any(|key| is(&key.name))
                        && !table.checks.iter().any(|(check, _)| is(check))
                        && table.index(name).is_none()
                }
                AlterAction::Execution => continue,
                _ => return Err("the schema does not show whether what it undoes took effect".into()),
            });
        }
        if undone.iter().all(|undone| *undone) {
            return Ok(Action::Skip(format!("table {} was not changed", table.name)));
        }
        if undone.iter().any(|undone| *undone) {
            return Err("some of what it undoes took effect and some did not".into());
        }
        Ok(Action::Run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::location::Location;
    use crate::model::schema::{Column, Routine, Table};

    fn script(statements: &[&str]) -> Vec<Statement> {
        let at = Location::line("x.sql", 1);
        statements.iter().map(|sql| Statement { sql: (*sql).into(), at: at.clone() }).collect()
    }

    fn schema(tables: &[(&str, &[&str])]) -> Schema {
        let column = |name: &&str| Column { name: (*name).into(), ..Column::default() };
        let tables = tables.iter().map(|(name, columns)| Table {
            name: (*name).into(),
            columns: columns.iter().map(column).collect(),
            ..Table::default()
        });
        Schema { tables: tables.collect(), routines: vec![] }
    }

    #[test]
    fn only_what_took_effect_is_undone() {
        let up = script(&["CREATE TABLE a (x INT)", "CREATE TABLE b (x INT)", "ALTER TABLE c ADD y INT"]);
        let down = script(&["ALTER TABLE c DROP COLUMN y", "DROP TABLE b, a"]);
        let actions = actions(&down, &up, 1, &schema(&[("a", &["x"]), ("c", &["x"])])).unwrap();
        assert!(matches!(&actions[0], Action::Skip(reason) if reason.contains("c was not changed")));
        assert_eq!(actions[1], Action::RunInstead("DROP TABLE `a`".into()));
    }

    #[test]
    fn each_view_of_a_list_is_looked_for() {
        let up = script(&["CREATE VIEW a AS SELECT 1", "DROP TABLE t", "CREATE VIEW b AS SELECT 1", "DROP VIEW a, b"]);
        let down = script(&["DROP VIEW b, a", "DROP VIEW IF EXISTS b, c", "DROP VIEW a"]);
        let view = |name: &str| Routine { kind: "view".into(), name: name.into(), definition: String::new() };
        let schema = Schema { tables: vec![], routines: vec![view("a")] };
        let found = actions(&down, &up, 2, &schema).unwrap();
        assert_eq!(found[0], Action::RunInstead("DROP VIEW `a`".into()));
        assert_eq!(found[1], Action::Skip("view b, c was not made".into()));
        assert_eq!(found[2], Action::Run);
        // Neither is left for nobody to take away.
        let refusal = actions(&down[1..2], &up, 3, &schema).unwrap_err();
        assert!(refusal.reason.starts_with("view a, "), "{refusal:?}");
    }

    #[test]
    fn what_the_up_script_was_to_take_away_itself_is_not_left_behind() {
        let up = script(&[
            "CREATE PROCEDURE p() SELECT 1",
            "CREATE TABLE Helper (x INT)",
            "CREATE TABLE c (x INT)",
            "ALTER TABLE c ADD y INT",
            "DROP PROCEDURE p",
            "ALTER TABLE c DROP COLUMN y",
            "DROP TABLE helper, c2",
        ]);
        let down = script(&["DROP TABLE c"]);
        let left = |done| actions(&down, &up, done, &schema(&[("c", &["x"])])).map_err(|refusal| refusal.reason);
        assert!(left(0).is_ok());
        assert!(left(1).unwrap_err().starts_with("procedure p, "));
        // Not the column y, which goes with its table.
        assert!(left(5).unwrap_err().starts_with("table helper, "));
        assert!(left(7).is_ok());
    }

    #[test]
    fn rows_are_changed_only_where_none_were_left_to_write() {
        let up = script(&["ALTER TABLE c ADD y INT", "UPDATE c SET x = x * 100"]);
        let down = script(&["UPDATE c SET x = x / 100", "ALTER TABLE c DROP COLUMN y"]);
        let schema = schema(&[("c", &["x", "y"])]);
        let refusal = actions(&down, &up, 1, &schema).unwrap_err();
        assert!(refusal.reason.contains("rows yet to write"), "{refusal:?}");
        assert_eq!(actions(&down, &up, 2, &schema).unwrap(), [Action::Run, Action::Run]);
    }

    #[test]
    fn rows_of_a_table_that_the_file_makes_go_with_it() {
        let up = script(&["CREATE TABLE a (x INT)", "INSERT INTO a VALUES (1)"]);
        let down = script(&["DELETE FROM a", "DROP TABLE a"]);
        let none = actions(&down, &up, 0, &schema(&[])).unwrap();
        assert!(none.iter().all(|action| matches!(action, Action::Skip(_))), "{none:?}");
        assert_eq!(actions(&down, &up, 1, &schema(&[("a", &["x"])])).unwrap(), [Action::Run, Action::Run]);
    }

    #[test]
    fn a_constraint_shows_by_its_name() {
        let up = script(&["ALTER TABLE c ADD y INT", "ALTER TABLE c ADD CONSTRAINT ck CHECK (y > 0)", "DO 0"]);
        let down = script(&["ALTER TABLE c DROP CONSTRAINT ck", "ALTER TABLE c DROP COLUMN y"]);
        let mut schema = schema(&[("c", &["x", "y"])]);
        let stopped = actions(&down, &up, 1, &schema).unwrap();
        assert!(matches!(stopped[..], [Action::Skip(_), Action::Run]), "{stopped:?}");
        schema.tables[0].checks.push(("ck".into(), "y > 0".into()));
        assert_eq!(actions(&down, &up, 2, &schema).unwrap(), [Action::Run, Action::Run]);
    }

    #[test]
    fn what_the_schema_does_not_show_is_refused() {
        let up = script(&["ALTER TABLE c MODIFY x BIGINT", "CREATE TABLE a (x INT)"]);
        let down = script(&["ALTER TABLE c MODIFY x INT"]);
        assert!(actions(&down, &up, 1, &schema(&[("c", &["x"])])).is_err());
    }
}
