//! Rewrites down scripts so that what they drop is put aside: a table is renamed, a column's values are copied with the
//! primary key before the column goes.
//!
//! What cannot be put aside exactly is refused. Each statement that is put in stands at the place of the one it is for.

use crate::model::archive::{Archive, ArchiveState};
use crate::model::location::Location;
use crate::model::migration::{Migration, Statement};
use crate::model::schema::{Column, Schema, Table};
use crate::sql::ddl::{AlterAction, Effect, effect};
use crate::sql::quote;
use std::collections::{BTreeMap, BTreeSet};

/// The longest name that the servers take.
const LONGEST: usize = 64;

/// What a rollback is to put aside, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The archives, in the order in which they are made.
    pub archives: Vec<Archive>,
    /// The down scripts that were changed, by version: each statement with the position, from 0, of the one in the file
    /// that it stands for.
    pub scripts: BTreeMap<i64, Vec<(usize, String)>>,
}

/// What is known of the database.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The schema before the rollback.
    pub schema: &'a Schema,
    /// The triggers of each table, whose name is in lower case.
    pub triggers: &'a BTreeMap<String, Vec<String>>,
    /// Whether the names of checks are unique in the whole database, as on `MySQL`.
    pub unique_checks: bool,
    /// Names of archives that are there already.
    pub taken: &'a [String],
    /// The tables that keep a history of their rows, in lower case.
    pub versioned: &'a [String],
    /// The table of the migrations' ledger.
    pub ledger: &'a str,
}

/// Plans the archives for losses that were counted: what (`users` or `users.xp`) and the statement's place.
///
/// # Errors
/// With everything that cannot be put aside, one line each.
pub fn plan(migrations: &[&Migration], losses: &[(String, Location)], on: Context<'_>) -> Result<Plan, Vec<String>> {
    let mut planner = Planner::new(on, losses);
    for migration in migrations {
        planner.migration(migration);
    }
    for (what, at) in losses {
        if !planner.covered.contains(&(what.to_ascii_lowercase(), at.to_string())) {
            let to = if what.is_empty() { String::new() } else { format!(" to {what}") };
            planner.refusals.push(format!("{at}: what this does{to} cannot be archived"));
        }
    }
    planner.refusals.sort();
    planner.refusals.dedup();
    if planner.refusals.is_empty() { Ok(planner.plan) } else { Err(planner.refusals) }
}

struct Planner<'a> {
    on: Context<'a>,
    losses: &'a [(String, Location)],
    plan: Plan,
    covered: BTreeSet<(String, String)>,
    refusals: Vec<String>,
    /// Tables whose rows, columns or names an earlier statement of the run changes, and how.
    changed: BTreeMap<String, String>,
    /// Tables that the run has dropped or put aside so far.
    gone: BTreeSet<String>,
    /// Constraints that the run has dropped so far, as (table, name).
    unbound: BTreeSet<(String, String)>,
}

impl<'a> Planner<'a> {
    fn new(on: Context<'a>, losses: &'a [(String, Location)]) -> Self {
        Self {
            on,
            losses,
            plan: Plan::default(),
            covered: BTreeSet::new(),
            refusals: Vec::new(),
            changed: BTreeMap::new(),
            gone: BTreeSet::new(),
            unbound: BTreeSet::new(),
        }
    }

    fn migration(&mut self, migration: &Migration) {
        let Some(down) = &migration.down else { return };
        let mut script = Vec::new();
        let mut position = 0;
        for (at, statement) in down.statements.iter().enumerate() {
            let mut archive = |planner: &mut Self, table: &Table, column: Option<&str>| {
                position += 1;
                planner.archive(migration.version, position, table, column)
            };
            let texts = match effect(&statement.sql) {
                Effect::DropTable { tables } => self.drop_tables(statement, &tables, &mut archive),
                Effect::AlterTable { table, actions } => self.alter(statement, &table, &actions, &mut archive),
                other => {
                    self.note(&other);
                    vec![statement.sql.clone()]
                }
            };
            script.extend(texts.into_iter().map(|text| (at, text)));
        }
        if position > 0 {
            self.plan.scripts.insert(migration.version, script);
        }
    }

    fn archive(&mut self, version: i64, position: u32, table: &Table, column: Option<&str>) -> String {
        let taken: Vec<&String> =
            self.on.taken.iter().chain(self.plan.archives.iter().map(|archive| &archive.name)).collect();
        let name = name(version, &table.name, column, &taken);
        self.plan.archives.push(Archive {
            name: name.clone(),
            ledger: self.on.ledger.to_owned(),
            version,
            position,
            table: table.name.clone(),
            column: column.map(str::to_owned),
            state: ArchiveState::Kept,
        });
        name
    }

    fn is_loss(&self, what: &str, at: &Location) -> bool {
        self.losses.iter().any(|(other, place)| other.eq_ignore_ascii_case(what) && place == at)
    }

    fn drop_tables(
        &mut self,
        statement: &Statement,
        names: &[String],
        archive: &mut dyn FnMut(&mut Self, &Table, Option<&str>) -> String,
    ) -> Vec<String> {
        let schema = self.on.schema;
        let kept: Vec<&Table> = names
            .iter()
            .filter(|name| self.is_loss(name, &statement.at))
            .filter_map(|name| schema.table(name))
            .filter(|table| !self.gone.contains(&table.name.to_ascii_lowercase()))
            .collect();
        self.gone.extend(names.iter().map(|name| name.to_ascii_lowercase()));
        if kept.is_empty() {
            return vec![statement.sql.clone()];
        }
        let (mut before, mut moves) = (Vec::new(), Vec::new());
        for table in &kept {
            let lower = table.name.to_ascii_lowercase();
            self.covered.insert((lower.clone(), statement.at.to_string()));
            if let Some(how) = self.changed.get(&lower) {
                let why = format!("{how} earlier in this rollback, so its rows are no longer what they were");
                self.refusals.push(format!("{}: table {} cannot be archived: {why}", statement.at, table.name));
            }
            self.referred(statement, table);
            let triggers = self.on.triggers.get(&lower).into_iter().flatten();
            before.extend(triggers.map(|trigger| format!("DROP TRIGGER IF EXISTS {}", quote::name(trigger))));
            let bound = |name: &&String| !self.unbound.contains(&(lower.clone(), name.to_ascii_lowercase()));
            // These names are unique in the database: the table's next life needs them.
            let keys = table.foreign_keys.iter().map(|key| &key.name).filter(bound);
            let mut drops: Vec<String> = keys.map(|key| format!("DROP FOREIGN KEY {}", quote::name(key))).collect();
            if self.on.unique_checks {
                let checks = table.checks.iter().map(|(name, _)| name).filter(bound);
                drops.extend(checks.map(|check| format!("DROP CHECK {}", quote::name(check))));
            }
            let from = quote::name(&table.name);
            if !drops.is_empty() {
                before.push(format!("ALTER TABLE {from} {}", drops.join(", ")));
            }
            let to = archive(self, table, None);
            moves.push(format!("RENAME TABLE {from} TO {}", quote::name(&to)));
        }
        before.extend(moves);
        let rest: Vec<&String> =
            names.iter().filter(|name| !kept.iter().any(|table| table.name.eq_ignore_ascii_case(name))).collect();
        if !rest.is_empty() {
            before.push(format!("DROP TABLE IF EXISTS {}", quote::names(&rest)));
        }
        before
    }

    /// Refuses a table that another one, which stays, refers to: the file's own DROP would fail, a renamed one would be
    /// followed.
    fn referred(&mut self, statement: &Statement, table: &Table) {
        for child in &self.on.schema.tables {
            if self.gone.contains(&child.name.to_ascii_lowercase()) {
                continue;
            }
            for key in &child.foreign_keys {
                let dropped = self.unbound.contains(&(child.name.to_ascii_lowercase(), key.name.to_ascii_lowercase()));
                if key.referenced_table.eq_ignore_ascii_case(&table.name) && !dropped {
                    self.refusals.push(format!(
                        "{}: table {} cannot be archived: foreign key {} of {}, which stays, refers to it",
                        statement.at, table.name, key.name, child.name
                    ));
                }
            }
        }
    }

    fn alter(
        &mut self,
        statement: &Statement,
        name: &str,
        actions: &[AlterAction],
        archive: &mut dyn FnMut(&mut Self, &Table, Option<&str>) -> String,
    ) -> Vec<String> {
        let schema = self.on.schema;
        let mut texts = Vec::new();
        if let Some(table) = schema.table(name) {
            // Of a table that goes later as a whole, the loss of a column is not counted by itself.
            let goes = self.losses.iter().any(|(what, _)| what.eq_ignore_ascii_case(&table.name));
            for action in actions {
                let AlterAction::DropColumn(column) = action else { continue };
                let Some(column) = table.column(column) else { continue };
                let what = format!("{}.{}", table.name, column.name);
                if !goes && !self.is_loss(&what, &statement.at) {
                    continue;
                }
                self.covered.insert((what.to_ascii_lowercase(), statement.at.to_string()));
                if !column.generated.is_empty() {
                    continue;
                }
                match self.key(table, column) {
                    Ok(key) => {
                        let to = archive(self, table, Some(&column.name));
                        texts.extend(copy(table, &key, column, &to));
                    }
                    Err(why) => {
                        self.refusals.push(format!("{}: column {what} cannot be archived: {why}", statement.at));
                    }
                }
            }
        }
        for action in actions {
            let lower = name.to_ascii_lowercase();
            match action {
                AlterAction::DropConstraint(constraint) => {
                    self.unbound.insert((lower, constraint.to_ascii_lowercase()));
                }
                AlterAction::ModifyColumn(_)
                | AlterAction::ChangeColumn(..)
                | AlterAction::RenameColumn(..)
                | AlterAction::RenameTo(_)
                | AlterAction::DropPartition => {
                    self.changed.insert(lower.clone(), "it is redefined".into());
                    if let AlterAction::RenameTo(to) = action {
                        self.changed.insert(to.to_ascii_lowercase(), "it is renamed".into());
                    }
                }
                _ => {}
            }
        }
        texts.push(statement.sql.clone());
        texts
    }

    /// The columns by which values of a column can be put back.
    fn key<'t>(&self, table: &'t Table, column: &Column) -> Result<Vec<&'t Column>, String> {
        if let Some(how) = self.changed.get(&table.name.to_ascii_lowercase()) {
            return Err(format!("{how} earlier in this rollback"));
        }
        if self.on.versioned.contains(&table.name.to_ascii_lowercase()) {
            return Err(format!("table {} keeps a history, of which the values could not be put back", table.name));
        }
        let Some(primary) = table.primary_key() else {
            return Err(format!("table {} has no primary key by which its values could be put back", table.name));
        };
        let parts = primary.parts.iter().map(|part| match (&part.column, part.prefix) {
            (Some(name), None) => table.column(name),
            _ => None,
        });
        let Some(key) = parts.collect::<Option<Vec<_>>>() else {
            return Err("the primary key has a part that is no whole column".into());
        };
        if key.iter().any(|part| part.name == column.name) {
            return Err("it is part of the primary key by which its values could be put back".into());
        }
        Ok(key)
    }

    fn note(&mut self, effect: &Effect) {
        let mut changed = |table: &str, how: &str| self.changed.insert(table.to_ascii_lowercase(), how.into());
        match effect {
            Effect::Rows { table: Some(table), .. } => drop(changed(table, "its rows are changed")),
            Effect::Truncate { table } => drop(changed(table, "it is emptied")),
            Effect::ReplaceTable { table } => drop(changed(table, "it is replaced")),
            Effect::RenameTable { pairs } => {
                for (from, to) in pairs {
                    changed(from, "it is renamed");
                    changed(to, "it is renamed");
                }
            }
            _ => {}
        }
    }
}

/// Copies a column's values with the key: a table of its own, then the rows in a transaction.
fn copy(table: &Table, key: &[&Column], column: &Column, to: &str) -> [String; 2] {
    let define = |column: &Column, null: &str| {
        let collation = column.collation.as_ref().map(|name| format!(" COLLATE {name}")).unwrap_or_default();
        format!("{} {}{collation} {null}", quote::name(&column.name), column.column_type)
    };
    let mut parts: Vec<String> = key.iter().map(|part| define(part, "NOT NULL")).collect();
    parts.push(define(column, "NULL"));
    let key: Vec<&String> = key.iter().map(|part| &part.name).collect();
    let columns = format!("{}, {}", quote::names(&key), quote::name(&column.name));
    let to = quote::name(to);
    [
        format!("CREATE TABLE {to} ({}, PRIMARY KEY ({})) ENGINE=InnoDB", parts.join(", "), quote::names(&key)),
        format!("INSERT INTO {to} ({columns}) SELECT {columns} FROM {}", quote::name(&table.name)),
    ]
}

/// A name that says what it holds, no longer than the servers take and not taken yet.
fn name(version: i64, table: &str, column: Option<&str>, taken: &[&String]) -> String {
    let column = column.map(|column| format!("__{column}")).unwrap_or_default();
    let whole = format!("_aura_db_archive_{version}_{table}{column}");
    (1..=u32::MAX)
        .map(|number| {
            let suffix = if number == 1 { String::new() } else { format!("_{number}") };
            let room = LONGEST - suffix.len();
            let start: String = whole.chars().take(room).collect();
            format!("{start}{suffix}")
        })
        .find(|name| !taken.iter().any(|other| other.eq_ignore_ascii_case(name)))
        .unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_and_differ() {
        let long = "t".repeat(64);
        let first = name(20_260_105_090_000, &long, None, &[]);
        assert_eq!(first.len(), 64);
        let second = name(20_260_105_090_000, &long, None, &[&first]);
        assert!(second.ends_with("_2") && second.len() == 64, "{second}");
        assert_eq!(name(1, "users", Some("xp"), &[]), "_aura_db_archive_1_users__xp");
    }
}
