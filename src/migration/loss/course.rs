//! What the earlier statements of a rollback have done when a later one runs: names that are others by then, and rows of
//! which today's values say nothing any more.

use super::unknown;
use crate::sql::ddl::{AlterAction, Effect, Redefinition, redefinitions};
use crate::sql::overwrite::overwrite;
use std::collections::{BTreeMap, BTreeSet};

/// The rollback up to a statement. Tables and columns are known by the names that they have before it.
#[derive(Debug, Default)]
pub(super) struct Course {
    tables: BTreeMap<String, String>,
    columns: BTreeMap<(String, String), String>,
    charsets: BTreeMap<String, Option<String>>,
    /// Tables of which values were changed.
    values: BTreeSet<String>,
    /// Tables of which rows were changed, added or taken away.
    rows: BTreeSet<String>,
    /// Columns that were given another name or type.
    redefined: BTreeSet<(String, String)>,
    /// Whether something ran that could not be read.
    unread: bool,
}

impl Course {
    /// The name that a table has before the rollback.
    pub(super) fn table(&self, name: &str) -> String {
        self.tables.get(&name.to_ascii_lowercase()).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// The name that a column of `table` has before the rollback.
    pub(super) fn column(&self, table: &str, name: &str) -> String {
        self.columns.get(&key(table, name)).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// The default character set that the rollback gave to a table; the inner value is `None` for the database's own.
    pub(super) fn charset(&self, table: &str) -> Option<&Option<String>> {
        self.charsets.get(&table.to_ascii_lowercase())
    }

    /// Why today's rows do not show which ones a condition will meet; `None` when they do.
    pub(super) fn doubt(&self, table: &str, condition: &str) -> Option<String> {
        const OF_THE_MOMENT: [&str; 6] = ["rand", "uuid", "last_insert_id", "found_rows", "row_count", "connection_id"];
        if condition == "TRUE" {
            return None;
        }
        let lower = condition.to_lowercase();
        let words: BTreeSet<&str> = lower.split(|c: char| !(c.is_alphanumeric() || "_$".contains(c))).collect();
        if condition.contains('@') || OF_THE_MOMENT.iter().any(|word| words.contains(word)) {
            return Some("its condition is known only when it runs".into());
        }
        if self.unread {
            return Some("an earlier statement changes rows that could not be read".into());
        }
        let table = table.to_ascii_lowercase();
        if self.values.contains(&table) {
            return Some(format!("an earlier statement changes rows of {table}"));
        }
        let other = self.rows.iter().find(|other| {
            let now =
                self.tables.iter().filter(|(_, from)| from.eq_ignore_ascii_case(other)).map(|(to, _)| to.as_str());
            **other != table && now.chain([other.as_str()]).any(|name| words.contains(name))
        });
        if let Some(other) = other {
            return Some(format!("an earlier statement changes rows of {other}"));
        }
        let redefined = self.redefined.iter().find(|(of, column)| *of == table && words.contains(column.as_str()));
        redefined.map(|(_, column)| format!("an earlier statement gives column {column} another name or type"))
    }

    /// Whether an earlier statement may have changed values of the table.
    pub(super) fn has_changed(&self, table: &str) -> bool {
        self.unread || self.values.contains(&table.to_ascii_lowercase())
    }

    /// Takes a statement in.
    pub(super) fn follow(&mut self, sql: &str, effect: &Effect) {
        match effect {
            Effect::Rows { table: Some(table), verb } => {
                let table = self.table(table).to_ascii_lowercase();
                if verb != "DELETE" && overwrite(sql).is_some() {
                    self.values.insert(table.clone());
                }
                self.rows.insert(table);
            }
            Effect::Rows { table: None, .. } => self.unread = true,
            Effect::DropTable { tables } => {
                let tables: Vec<String> = tables.iter().map(|table| self.table(table).to_ascii_lowercase()).collect();
                self.rows.extend(tables);
            }
            Effect::Truncate { table } | Effect::ReplaceTable { table } => {
                self.rows.insert(self.table(table).to_ascii_lowercase());
            }
            Effect::AlterTable { table, actions } => self.altered(sql, table, actions),
            Effect::RenameTable { pairs } => {
                for (from, to) in pairs {
                    self.rename(from, to);
                }
            }
            Effect::Other => self.unread |= unknown(sql).is_some(),
            _ => {}
        }
    }

    fn altered(&mut self, sql: &str, name: &str, actions: &[AlterAction]) {
        let table = self.table(name);
        for redefinition in redefinitions(sql) {
            if let Redefinition::Convert(charset) | Redefinition::Default(charset) = redefinition {
                self.charsets.insert(table.to_ascii_lowercase(), charset);
            }
        }
        for action in actions {
            match action {
                AlterAction::ModifyColumn(column) => {
                    self.redefined.insert(key(&table, column));
                }
                AlterAction::RenameColumn(from, to) | AlterAction::ChangeColumn(from, to) => {
                    self.redefined.extend([key(&table, from), key(&table, to)]);
                    let source = self.columns.remove(&key(&table, from)).unwrap_or_else(|| from.clone());
                    self.columns.insert(key(&table, to), source);
                }
                AlterAction::RenameTo(to) => self.rename(name, to),
                AlterAction::DropPartition => {
                    self.rows.insert(table.to_ascii_lowercase());
                }
                _ => {}
            }
        }
    }

    fn rename(&mut self, from: &str, to: &str) {
        let source = self.tables.remove(&from.to_ascii_lowercase()).unwrap_or_else(|| from.to_owned());
        self.tables.insert(to.to_ascii_lowercase(), source);
    }
}

fn key(table: &str, column: &str) -> (String, String) {
    (table.to_ascii_lowercase(), column.to_ascii_lowercase())
}
