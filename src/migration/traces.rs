//! What statements may have added to a schema, so that taking them back takes nothing away that somebody else has added to
//! the same tables meanwhile.

use super::difference::Difference;
use crate::sql::ddl::{AlterAction, Effect, IndexDefinition, effect, targets};
use crate::sql::words::names_any;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The names of what some statements touch and make, in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traces {
    /// Tables and programs that they name as their target.
    names: BTreeSet<String>,
    /// Tables that they make.
    tables: BTreeSet<String>,
    /// Tables whose rows they write.
    filled: BTreeSet<String>,
    /// Columns that they add, with their tables.
    columns: BTreeSet<(String, String)>,
    /// Indexes that they add under a name of their own, with their tables.
    indexes: BTreeSet<(String, String)>,
    /// Tables that they give something whose name the server chooses, or that comes with something else: a key without a
    /// name, a constraint, a column with its key.
    unnamed: BTreeSet<String>,
}

impl Traces {
    /// Of these statements, in the order in which they ran.
    pub fn of<'a>(statements: impl IntoIterator<Item = &'a str>) -> Self {
        let mut traces = Self::default();
        statements.into_iter().for_each(|sql| traces.add(sql));
        traces
    }

    fn add(&mut self, sql: &str) {
        self.names.extend(targets(sql).iter().map(|name| name.to_ascii_lowercase()));
        match effect(sql) {
            Effect::CreateTable { table } | Effect::ReplaceTable { table } => {
                let table = table.to_ascii_lowercase();
                if names_any(sql, &["SELECT"]) {
                    self.filled.insert(table.clone());
                }
                self.tables.insert(table);
            }
            Effect::Rows { table: Some(table), .. } => {
                self.filled.insert(table.to_ascii_lowercase());
            }
            Effect::RenameTable { pairs } => pairs.iter().for_each(|(from, to)| self.rename(from, to)),
            Effect::CreateIndex { table, index } => self.index(&table, &index),
            Effect::AlterTable { table, actions } => {
                for action in &actions {
                    self.alter(sql, &table, action);
                }
            }
            _ => {}
        }
    }

    fn alter(&mut self, sql: &str, table: &str, action: &AlterAction) {
        let own = || table.to_ascii_lowercase();
        match action {
            AlterAction::AddColumn(column) => {
                self.columns.insert((own(), column.to_ascii_lowercase()));
                if names_any(sql, &["UNIQUE", "KEY", "CHECK", "REFERENCES"]) {
                    self.unnamed.insert(own());
                }
            }
            AlterAction::ChangeColumn(_, to) | AlterAction::RenameColumn(_, to) => {
                self.columns.insert((own(), to.to_ascii_lowercase()));
            }
            AlterAction::AddIndex(index) => self.index(table, index),
            AlterAction::RenameTo(to) => self.rename(table, to),
            AlterAction::RenameIndex(_, to) => {
                self.indexes.insert((own(), to.to_ascii_lowercase()));
            }
            AlterAction::Execution | AlterAction::AlterIndex => {}
            _ => {
                self.unnamed.insert(own());
            }
        }
    }

    fn index(&mut self, table: &str, index: &IndexDefinition) {
        let table = table.to_ascii_lowercase();
        match &index.name {
            Some(name) => drop(self.indexes.insert((table, name.to_ascii_lowercase()))),
            None => drop(self.unnamed.insert(table)),
        }
    }

    /// A table that was made keeps that under its new name, and so does one that was filled.
    fn rename(&mut self, from: &str, to: &str) {
        let (from, to) = (from.to_ascii_lowercase(), to.to_ascii_lowercase());
        for names in [&mut self.tables, &mut self.filled, &mut self.unnamed] {
            if names.remove(&from) {
                names.insert(to.clone());
            }
        }
    }

    /// Whether a difference may come from these statements.
    #[must_use]
    pub fn has(&self, difference: &Difference<'_>) -> bool {
        let subject = difference.subject().to_ascii_lowercase();
        if !self.names.contains(&subject) {
            return false;
        }
        match difference {
            Difference::TableAdded(_) => self.tables.contains(&subject),
            Difference::ColumnAdded(_, column) => self.columns.contains(&(subject, column.name.to_ascii_lowercase())),
            Difference::IndexAdded(_, index) => {
                self.unnamed.contains(&subject) || self.indexes.contains(&(subject, index.name.to_ascii_lowercase()))
            }
            Difference::ForeignKeyAdded(..) => self.unnamed.contains(&subject),
            // MariaDB's JSON column comes with a check of its own.
            Difference::CheckAdded(_, name) => {
                self.unnamed.contains(&subject) || self.columns.contains(&(subject, name.to_ascii_lowercase()))
            }
            _ => true,
        }
    }

    /// Whether these statements write rows of a table.
    #[must_use]
    pub fn fills(&self, table: &str) -> bool {
        self.filled.contains(&table.to_ascii_lowercase())
    }
}
