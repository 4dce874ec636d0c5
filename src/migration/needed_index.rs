//! Dropped indexes that a foreign key needs: the servers refuse them (error 1553), which is better known beforehand.
//!
//! A foreign key needs an index with its columns leftmost in its own table, and one with the columns that it refers to
//! leftmost in the other, in the key's order (tried on `MySQL` 9.7 and `MariaDB` 10.11). What cannot be followed with
//! certainty is left to the server, whose error then gets the key's name: nothing is refused that it would run.

use super::existing::whole;
use crate::model::engine::EngineKind;
use crate::model::migration::Statement;
use crate::model::schema::{ForeignKey, Index, IndexKind, KeyPart, Schema, Table};
use crate::sql::ddl::{
    AlterAction, Effect, IndexDefinition, Temporary, databases, effect, targets, temporary as temporary_table,
};

/// A statement that would be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// Which foreign key needs which index, in words.
    pub reason: String,
}

/// What the server asks of the indexes that a foreign key needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules<'a> {
    /// The server's kind.
    pub engine: EngineKind,
    /// Whether the columns that are referred to need a UNIQUE key of their own, and not only an index that begins with
    /// them: `MySQL`'s `restrict_fk_on_non_standard_key`, which is on by default since 8.4.
    pub standard_key: bool,
    /// The session's database.
    pub database: Option<&'a str>,
}

/// Whether a statement drops an index by name, or the primary key.
#[must_use]
pub fn drops_index(sql: &str) -> bool {
    match effect(sql) {
        Effect::DropIndex { .. } => true,
        Effect::AlterTable { actions, .. } => {
            actions.iter().any(|action| matches!(action, AlterAction::DropIndex(_) | AlterAction::DropPrimaryKey))
        }
        _ => false,
    }
}

/// The statements among these, run in this order from this schema, that drop the last index that a foreign key needs.
/// Those that may or may not run, or not as they stand, are marked `false`.
#[must_use]
pub fn needed<'a>(
    statements: impl IntoIterator<Item = (&'a Statement, bool)>,
    before: &Schema,
    rules: Rules<'_>,
) -> Vec<Needed<'a>> {
    let mut course = Course { schema: before.clone(), rules };
    let mut found = Vec::new();
    for (statement, is_certain) in statements {
        let sql = statement.sql.as_str();
        // With its checks off MariaDB drops such an index; and what is not known may do anything.
        let lowered = sql.to_ascii_lowercase();
        if lowered.contains("foreign_key_checks") || lowered.contains("restrict_fk_on_non_standard_key") {
            break;
        }
        let effect = effect(sql);
        if matches!(effect, Effect::Other | Effect::Use) {
            break;
        }
        let elsewhere = databases(sql).iter().any(|database| Some(database.as_str()) != rules.database);
        if !is_certain || elsewhere {
            for table in targets(sql) {
                course.forget(&table);
            }
            continue;
        }
        found.extend(course.run(sql, effect).map(|reason| Needed { statement, reason }));
    }
    found
}

/// The schema as far as it is known at one point of the run. A table of which something is not known is not in it: then
/// neither its keys need an index, nor is one of its indexes judged.
struct Course<'a> {
    schema: Schema,
    rules: Rules<'a>,
}

impl Course<'_> {
    /// Runs a statement; gives the reason why it would be refused.
    fn run(&mut self, sql: &str, effect: Effect) -> Option<String> {
        match effect {
            Effect::DropTable { tables } => tables.iter().for_each(|table| self.forget(table)),
            Effect::ReplaceTable { table } => self.forget(&table),
            Effect::RenameTable { pairs } => pairs.iter().for_each(|(from, to)| self.rename(from, to)),
            Effect::CreateIndex { table, index } => return self.alter(&table, &[AlterAction::AddIndex(index)], sql),
            Effect::DropIndex { table, index } => return self.alter(&table, &[AlterAction::DropIndex(index)], sql),
            Effect::AlterTable { table, actions } => return self.alter(&table, &actions, sql),
            // A temporary table hides the one of its name.
            Effect::Session => match temporary_table(sql) {
                Some(Temporary::Made(table)) => self.forget(&table),
                Some(Temporary::Dropped(tables)) => tables.iter().for_each(|table| self.forget(table)),
                None => {}
            },
            // A table that is not in the schema is not judged; views and programs have no keys.
            _ => {}
        }
        None
    }

    fn alter(&mut self, name: &str, actions: &[AlterAction], sql: &str) -> Option<String> {
        let table = self.position(name)?;
        let renames =
            |action: &&AlterAction| matches!(action, AlterAction::RenameColumn(..) | AlterAction::ChangeColumn(..));
        // Columns may trade their names.
        let trades = actions.iter().filter(renames).count() > 1;
        if trades || !actions.iter().all(|action| self.follows(action, actions, sql, &self.schema.tables[table])) {
            self.forget(name);
            return None;
        }
        let before = self.schema.tables[table].clone();
        change(&mut self.schema.tables[table], actions);
        if words(sql).any(|word| word.eq_ignore_ascii_case("CONVERT")) {
            self.schema.tables[table].columns.iter_mut().for_each(|column| column.column_type.clear());
        }
        for action in actions {
            if let AlterAction::RenameColumn(from, to) | AlterAction::ChangeColumn(from, to) = action {
                self.rename_referenced(name, from, to);
            }
        }
        let reason = self.refused(&before, table);
        if reason.is_some() {
            // What comes after is judged as if it had not been there.
            self.schema.tables[table] = before;
            return reason;
        }
        for action in actions {
            if let AlterAction::RenameTo(to) = action {
                self.rename(name, to);
            }
        }
        None
    }

    fn follows(&self, action: &AlterAction, all: &[AlterAction], sql: &str, table: &Table) -> bool {
        let says = |any: &[&str]| words(sql).any(|word| any.iter().any(|one| word.eq_ignore_ascii_case(one)));
        match action {
            // A column that a foreign key or the primary key needs is refused for that, which the server says.
            AlterAction::DropColumn(column) => !self.in_key(table, column, all),
            // They may make an index of the column.
            AlterAction::ModifyColumn(_) | AlterAction::ChangeColumn(..) => !says(&["UNIQUE", "KEY", "PRIMARY"]),
            // A foreign key makes an index where it finds none.
            AlterAction::AddConstraint => !says(&["FOREIGN", "PRIMARY", "UNIQUE"]),
            AlterAction::Other => {
                !says(&[
                    "INDEX",
                    "KEY",
                    "KEYS",
                    "UNIQUE",
                    "PRIMARY",
                    "FOREIGN",
                    "REFERENCES",
                    "ENGINE",
                    "PARTITION",
                    "IGNORE",
                ]) && !says(&["PARTITIONS", "PARTITIONING", "TABLESPACE"])
            }
            // MariaDB 10.11 lets one that is added in the same statement pass for an index that the key can use.
            AlterAction::AddIndex(index) if matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial) => {
                self.rules.engine != EngineKind::Mariadb
                    || !all.iter().any(|one| matches!(one, AlterAction::DropIndex(_) | AlterAction::DropPrimaryKey))
            }
            AlterAction::AddIndex(_)
            | AlterAction::DropIndex(_)
            | AlterAction::DropConstraint(_)
            | AlterAction::AddColumn(_)
            | AlterAction::RenameTo(_)
            | AlterAction::RenameColumn(..)
            | AlterAction::RenameIndex(..)
            | AlterAction::AlterIndex
            | AlterAction::Execution => true,
            // MariaDB trades a primary key for any other, whatever needs it.
            AlterAction::DropPrimaryKey => !all.contains(&AlterAction::AddConstraint),
            AlterAction::DropPartition => false,
        }
    }

    /// Why a table, as it is now, would not be let become so from what it was.
    fn refused(&self, before: &Table, position: usize) -> Option<String> {
        let after = &self.schema.tables[position];
        if !before.storage_engine.as_deref().is_none_or(|engine| engine.eq_ignore_ascii_case("InnoDB")) {
            return None;
        }
        let own = after.foreign_keys.iter().map(|key| (after, key, &key.columns, false));
        let referring = self.schema.tables.iter().flat_map(|other| {
            let refers = |key: &&ForeignKey| self.position(&key.referenced_table) == Some(position);
            other.foreign_keys.iter().filter(refers).map(move |key| (other, key, &key.referenced_columns, true))
        });
        own.chain(referring).find_map(|(of, key, columns, referred)| {
            let serves = |index: &Index, table: &Table| self.serves(index, table, columns, referred);
            if after.indexes.iter().any(|index| serves(index, after)) {
                return None;
            }
            let lost = before.indexes.iter().find(|index| serves(index, before))?;
            let missing = if referred && self.rules.standard_key { "is a UNIQUE key of" } else { "begins with" };
            Some(format!(
                "the foreign key {} of {} needs {} on {}: no other index there {missing} ({})",
                key.name,
                of.name,
                if lost.kind == IndexKind::Primary { "the primary key".into() } else { format!("index {}", lost.name) },
                after.name,
                columns.join(", ")
            ))
        })
    }

    /// Whether an index is what a foreign key needs on these columns; where it is not certain, it is.
    fn serves(&self, index: &Index, table: &Table, columns: &[String], referred: bool) -> bool {
        if matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial) {
            return false;
        }
        // Of a definition that could not be read nothing is known.
        if index.parts.is_empty() {
            return true;
        }
        let standard = referred && self.rules.standard_key;
        // An index holds the primary key behind its own columns, which counts except for MySQL's own side of a key.
        let hidden =
            table.primary_key().filter(|_| !standard && (referred || self.rules.engine == EngineKind::Mariadb));
        let parts: Vec<&KeyPart> = index.parts.iter().chain(hidden.into_iter().flat_map(|key| &key.parts)).collect();
        let is_whole = |part: &KeyPart, column: &str| {
            let length = table.column(column).and_then(|column| whole(&column.column_type));
            part.prefix.is_none_or(|prefix| length.is_none_or(|length| prefix >= length))
        };
        let leads = parts.len() >= columns.len()
            && parts.iter().zip(columns).all(|(part, column)| {
                part.column.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(column)) && is_whole(part, column)
            });
        leads && (!standard || (index.is_unique() && index.parts.len() == columns.len()))
    }

    /// Whether the primary key or a foreign key that these clauses do not drop has the column.
    fn in_key(&self, table: &Table, column: &str, all: &[AlterAction]) -> bool {
        let holds = |columns: &[String]| columns.iter().any(|one| is(one, column));
        let goes = |key: &ForeignKey| {
            all.iter().any(|action| matches!(action, AlterAction::DropConstraint(name) if is(name, &key.name)))
        };
        let of_primary = |part: &KeyPart| part.column.as_deref().is_some_and(|one| is(one, column));
        table.primary_key().is_some_and(|key| key.parts.iter().any(of_primary))
            || table.foreign_keys.iter().any(|key| holds(&key.columns) && !goes(key))
            || self
                .schema
                .tables
                .iter()
                .flat_map(|other| &other.foreign_keys)
                .any(|key| is(&key.referenced_table, &table.name) && holds(&key.referenced_columns))
    }

    fn rename_referenced(&mut self, table: &str, from: &str, to: &str) {
        let position = self.position(table);
        let names: Vec<String> = self.schema.tables.iter().map(|table| table.name.clone()).collect();
        for key in self.schema.tables.iter_mut().flat_map(|table| &mut table.foreign_keys) {
            if named(&names, &key.referenced_table) == position {
                key.referenced_columns.iter_mut().filter(|name| is(name, from)).for_each(|name| to.clone_into(name));
            }
        }
    }

    fn position(&self, name: &str) -> Option<usize> {
        named(self.schema.tables.iter().map(|table| &table.name), name)
    }

    fn forget(&mut self, name: &str) {
        self.schema.tables.retain(|table| !is(&table.name, name));
    }

    fn rename(&mut self, from: &str, to: &str) {
        self.forget(to);
        let Some(position) = self.position(from) else { return };
        let names: Vec<String> = self.schema.tables.iter().map(|table| table.name.clone()).collect();
        for key in self.schema.tables.iter_mut().flat_map(|table| &mut table.foreign_keys) {
            if named(&names, &key.referenced_table) == Some(position) {
                to.clone_into(&mut key.referenced_table);
            }
        }
        to.clone_into(&mut self.schema.tables[position].name);
    }
}

/// Where a name stands among names. Where case tells them apart, one is exactly it.
fn named<'a>(names: impl IntoIterator<Item = &'a String> + Clone, name: &str) -> Option<usize> {
    let exactly = names.clone().into_iter().position(|one| one == name);
    exactly.or_else(|| names.into_iter().position(|one| is(one, name)))
}

fn is(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn words(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// Runs the clauses: the servers drop before they add, in whatever order they are written.
fn change(table: &mut Table, actions: &[AlterAction]) {
    for action in actions {
        match action {
            AlterAction::DropIndex(name) => table.indexes.retain(|index| !is(&index.name, name)),
            AlterAction::DropPrimaryKey => table.indexes.retain(|index| index.kind != IndexKind::Primary),
            AlterAction::DropConstraint(name) => table.foreign_keys.retain(|key| !is(&key.name, name)),
            AlterAction::DropColumn(name) => drop_column(table, name),
            // Its new type is not read, so that a prefix of it may be the whole.
            AlterAction::ModifyColumn(name) => rename_column(table, name, name, true),
            AlterAction::ChangeColumn(from, to) => rename_column(table, from, to, true),
            AlterAction::RenameColumn(from, to) => rename_column(table, from, to, false),
            AlterAction::RenameIndex(from, to) => {
                table
                    .indexes
                    .iter_mut()
                    .filter(|index| is(&index.name, from))
                    .for_each(|index| index.name.clone_from(to));
            }
            _ => {}
        }
    }
    for action in actions {
        if let AlterAction::AddIndex(definition) = action {
            table.indexes.push(index(definition));
        }
    }
}

/// A column goes out of the indexes that hold it, and an index that holds nothing else goes with it.
fn drop_column(table: &mut Table, name: &str) {
    table.columns.retain(|column| !is(&column.name, name));
    let holds = |part: &KeyPart| part.column.as_deref().is_some_and(|column| is(column, name));
    table.indexes.retain(|index| index.parts.is_empty() || !index.parts.iter().all(holds));
    table.indexes.iter_mut().for_each(|index| index.parts.retain(|part| !holds(part)));
}

fn rename_column(table: &mut Table, from: &str, to: &str, retyped: bool) {
    for column in table.columns.iter_mut().filter(|column| is(&column.name, from)) {
        to.clone_into(&mut column.name);
        if retyped {
            column.column_type.clear();
        }
    }
    let parts = table.indexes.iter_mut().flat_map(|index| &mut index.parts).filter_map(|part| part.column.as_mut());
    let own = table.foreign_keys.iter_mut().flat_map(|key| &mut key.columns);
    parts.chain(own).filter(|name| is(name, from)).for_each(|name| to.clone_into(name));
}

fn index(definition: &IndexDefinition) -> Index {
    Index {
        name: definition.name.clone().or_else(|| definition.columns.first().cloned()).unwrap_or_default(),
        kind: definition.kind,
        parts: definition.parts.clone(),
        visible: definition.visible,
        comment: String::new(),
        cardinality: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
