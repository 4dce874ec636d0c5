//! What a rollback would destroy, read from the down scripts before any of them runs.
//!
//! Rows that a migration itself inserted, and that nobody has changed since, are no loss: rolling that migration back
//! is meant to take them away. They are called seeds here.

mod course;
mod engine;
#[cfg(test)]
mod fixture;
mod redefined;
mod seeds;
mod terms;
#[cfg(test)]
mod tests;
mod written;

pub use engine::engine_doubt;
pub use seeds::{Seed, seeds, unchanged};

use crate::model::location::Location;
use crate::model::migration::Migration;
use crate::model::schema::{Routine, Schema};
use crate::sql::ddl::{AlterAction, Effect, RowLoss, databases, deletes_history, effect, row_losses};
use crate::sql::overwrite::overwrite;
use crate::sql::parse::parse_statement;
use course::Course;
use sqlparser::ast::{FromTable, Statement as Ast, TableFactor};
use written::{On, written};

/// Something that a down statement destroys, to be counted on the database.
#[derive(Debug, Clone, PartialEq)]
pub struct AtRisk {
    /// What.
    pub what: What,
    /// Why the size of it is not to be counted before the rollback runs: its condition only says that nothing is lost
    /// where no row meets it.
    pub doubt: Option<String>,
    /// The statement that does it.
    pub at: Location,
}

/// What a statement destroys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// All rows of a table.
    Table(String),
    /// The rows of a table that meet a condition, in the statement's own words.
    RowsWhere(String, String),
    /// The values of a column in the rows that meet a condition; (table, column, condition).
    ValuesWhere(String, String, String),
    /// The values of a column.
    Column(String, String),
    /// Values of a column may be changed, as it gets another definition.
    Redefined {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The rows of which the value may be changed.
        condition: String,
        /// In which way.
        why: String,
    },
    /// Values of rows that meet a condition are overwritten.
    Overwritten {
        /// The table.
        table: String,
        /// Its name in the condition, when that is another.
        alias: Option<String>,
        /// The columns; empty when the whole row is replaced.
        columns: Vec<String>,
        /// The rows.
        condition: String,
        /// The words that do it, such as `UPDATE`.
        by: String,
    },
    /// Rows of a table that are not current any more, on `MariaDB`.
    History(String),
    /// All rows of a table, by another storage engine: the table, and in which way.
    Engine(String, String),
    /// Nobody can tell; the reason.
    Unknown(String),
}

/// What these migrations' down scripts destroy, in the order in which they would run; without a database's name, on the
/// embedded engine.
#[must_use]
pub fn at_risk(migrations: &[&Migration], schema: &Schema, database: Option<&str>) -> Vec<AtRisk> {
    let mut course = Course::default();
    let updates = seeds::updates(migrations);
    let on = On { schema, embedded: database.is_none(), updates: &updates };
    let mut found = Vec::new();
    for statement in migrations.iter().filter_map(|migration| migration.down.as_ref()).flat_map(|down| &down.statements)
    {
        let effect = effect(&statement.sql);
        let elsewhere = databases(&statement.sql).into_iter().find(|other| database.is_some_and(|own| own != other));
        let risks = match elsewhere {
            _ if matches!(effect, Effect::Transaction | Effect::Session | Effect::Read) => Vec::new(),
            Some(other) => sure(vec![What::Unknown(format!("another database, {other}, is changed"))]),
            None => risks(&statement.sql, &effect, &course, &on),
        };
        let risks = risks.into_iter().map(|(what, doubt)| (behind_view(what, schema), doubt));
        let risks = risks.filter(|(what, _)| exists(what, schema));
        found.extend(risks.map(|(what, doubt)| AtRisk { what, doubt, at: statement.at.clone() }));
        course.follow(&statement.sql, &effect);
    }
    found
}

/// Whether these migrations' down scripts do nothing but drop tables, as a whole and without rows of the migrations' own:
/// what they destroy is then known from the tables' names, without their definitions.
#[must_use]
pub fn drops_tables_only(migrations: &[&Migration]) -> bool {
    let drops = |sql: &str| {
        matches!(effect(sql), Effect::DropTable { .. } | Effect::Transaction | Effect::Session | Effect::Read)
    };
    let downs = migrations.iter().filter_map(|migration| migration.down.as_ref());
    downs.flat_map(|down| &down.statements).all(|statement| drops(&statement.sql)) && seeds(migrations).is_empty()
}

/// What is destroyed, with the reason where its size is in doubt.
type Risk = (What, Option<String>);

fn sure(whats: Vec<What>) -> Vec<Risk> {
    whats.into_iter().map(|what| (what, None)).collect()
}

fn risks(sql: &str, effect: &Effect, course: &Course, on: &On<'_>) -> Vec<Risk> {
    match effect {
        Effect::DropTable { tables } => sure(tables.iter().map(|table| What::Table(course.table(table))).collect()),
        Effect::Truncate { table } | Effect::ReplaceTable { table } => sure(vec![What::Table(course.table(table))]),
        Effect::AlterTable { table, actions } => sure(altered(sql, &course.table(table), actions, course, on)),
        Effect::Rows { table: Some(table), .. } if deletes_history(sql).is_some() => {
            let part = deletes_history(sql) == Some(true);
            vec![(What::History(course.table(table)), part.then(|| "it says before which time".to_owned()))]
        }
        Effect::Rows { verb, table } if verb == "DELETE" => vec![deleted(sql, table.as_deref(), course)],
        Effect::Rows { .. } => overwrite(sql).and_then(|write| written(&write, course, on)).into_iter().collect(),
        Effect::Other => sure(unknown(sql).into_iter().collect()),
        _ => Vec::new(),
    }
}

/// Rows that are written through a view are those of a table that nobody has read out of it.
fn behind_view(what: What, schema: &Schema) -> What {
    let (What::RowsWhere(name, _) | What::ValuesWhere(name, ..) | What::Overwritten { table: name, .. }) = &what else {
        return what;
    };
    let is_view = |one: &&Routine| one.kind == "view" && one.name.eq_ignore_ascii_case(name);
    match schema.routines.iter().find(is_view) {
        Some(view) => What::Unknown(format!("rows behind the view {} are deleted or overwritten", view.name)),
        None => what,
    }
}

/// What is not there cannot be lost (`DROP TABLE IF EXISTS`).
fn exists(what: &What, schema: &Schema) -> bool {
    match what {
        What::Table(table)
        | What::RowsWhere(table, _)
        | What::Overwritten { table, .. }
        | What::History(table)
        | What::Engine(table, _) => schema.table(table).is_some(),
        What::Column(table, column) | What::Redefined { table, column, .. } | What::ValuesWhere(table, column, _) => {
            schema.table(table).is_some_and(|table| table.column(column).is_some())
        }
        What::Unknown(_) => true,
    }
}

fn altered(sql: &str, table: &str, actions: &[AlterAction], course: &Course, on: &On<'_>) -> Vec<What> {
    let mut whats: Vec<What> = actions
        .iter()
        .filter_map(|action| match action {
            AlterAction::DropColumn(column) => Some(What::Column(table.into(), course.column(table, column))),
            _ => None,
        })
        .collect();
    whats.extend(row_losses(sql).into_iter().filter_map(|loss| without_name(loss, table, on)));
    // MariaDB's `ALTER IGNORE TABLE`: of rows with the same new key one stays.
    let ignores = sql.split_whitespace().take_while(|word| !word.eq_ignore_ascii_case("TABLE"));
    let is_key = |action: &AlterAction| match action {
        AlterAction::AddIndex(index) => index.unique,
        action => matches!(action, AlterAction::AddConstraint),
    };
    if ignores.into_iter().any(|word| word.eq_ignore_ascii_case("IGNORE")) && actions.iter().any(is_key) {
        whats.push(What::Unknown(format!("rows of {table} that break the new key are thrown away")));
    }
    // The embedded engine refuses another definition, and knows one character set only.
    if let Some(table) = on.schema.table(table).filter(|_| !on.embedded) {
        whats.extend(redefined::redefined(sql, table, course));
    }
    whats
}

/// What takes rows of a table away without naming the table or a column as its prey.
fn without_name(loss: RowLoss, table: &str, on: &On<'_>) -> Option<What> {
    let has_engine = |name: &str| {
        let now = on.schema.table(table).and_then(|table| table.storage_engine.as_deref());
        now.is_some_and(|now| now.eq_ignore_ascii_case(name))
    };
    Some(What::Unknown(match loss {
        RowLoss::PartitionDropped => format!("a partition of {table} is dropped"),
        RowLoss::PartitionEmptied => format!("a partition of {table} is emptied"),
        RowLoss::PartitionExchanged => format!("a partition of {table} is exchanged for the rows of another table"),
        RowLoss::Tablespace => format!("the tablespace of {table} is discarded, with the rows in it"),
        RowLoss::History => return Some(What::History(table.into())),
        // The embedded engine has only its own.
        RowLoss::Engine(name) if on.embedded || has_engine(&name) => return None,
        RowLoss::Engine(name) => return engine_doubt(&name).map(|why| What::Engine(table.into(), why)),
    }))
}

fn deleted(sql: &str, table: Option<&str>, course: &Course) -> Risk {
    let Some(table) = table else {
        return (What::Unknown("rows are deleted from a table that could not be read".into()), None);
    };
    // The syntax tree does not give backslashes back as they stood: such a condition would count other rows.
    let single = match parse_statement(sql) {
        _ if sql.contains('\\') => None,
        Ok(Ast::Delete(delete)) => {
            let from = match &delete.from {
                FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from) => from,
            };
            let simple = from.len() == 1
                && from[0].joins.is_empty()
                && delete.tables.is_empty()
                && delete.using.is_none()
                && delete.limit.is_none()
                && matches!(from[0].relation, TableFactor::Table { alias: None, .. });
            simple.then(|| delete.selection.map_or_else(|| "TRUE".into(), |condition| condition.to_string()))
        }
        _ => None,
    };
    let table = course.table(table);
    let doubt = match &single {
        Some(condition) => course.doubt(&table, condition),
        None => Some("which rows are deleted could not be read".into()),
    };
    // All of them may be meant, and those that refer to them.
    let condition = single.filter(|_| doubt.is_none()).unwrap_or_else(|| "TRUE".into());
    (What::RowsWhere(table, condition), doubt)
}

fn unknown(sql: &str) -> Option<What> {
    const HARMLESS: [&str; 8] = ["CREATE", "ALTER", "GRANT", "REVOKE", "SET", "REPAIR", "KILL", "HELP"];
    let mut words = sql.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    // MariaDB's `SET STATEMENT … FOR` runs any statement.
    let runs = first.eq_ignore_ascii_case("SET") && second.eq_ignore_ascii_case("STATEMENT");
    (runs || !HARMLESS.contains(&first.to_ascii_uppercase().as_str())).then(|| {
        What::Unknown(format!("what `{}` does cannot be read from it", sql.lines().next().unwrap_or_default()))
    })
}
