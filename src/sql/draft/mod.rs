//! What migrations build, read from their statements: the schema in the catalogue's words, for where no server can build it.
//!
//! What a text does not tell, or what is not known here, is left in doubt and never guessed.

mod alter;
mod column;
mod options;
mod program;
mod table;
mod types;

pub use program::same as same_program;

use super::ddl::reader::Reader;
use super::ddl::{Effect, databases, effect, targets, temporary};
use crate::model::built::{Built, Defaults};
use crate::model::drift::{Object, ObjectKind};
use crate::model::schema::Table;
use options::whole;

/// The schema while the statements are read, in their order.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// What they have built so far.
    pub built: Built,
    defaults: Defaults,
}

impl Draft {
    /// Nothing yet, for a server with these defaults.
    #[must_use]
    pub fn new(defaults: Defaults) -> Self {
        let built = Built { is_read: true, mariadb: defaults.mariadb, ..Built::default() };
        Self { built, defaults }
    }

    /// Reads one more statement; `at` is its place, for what is not known of it.
    pub fn apply(&mut self, sql: &str, at: &str) {
        if temporary(sql).is_some() {
            return;
        }
        if !databases(sql).is_empty() {
            // It may be another database.
            self.built.wild.push(at.to_owned());
            return;
        }
        match effect(sql) {
            Effect::CreateTable { table } | Effect::ReplaceTable { table } => self.create(sql, &table, at),
            Effect::DropTable { tables } => tables.iter().for_each(|table| self.drop_table(table)),
            Effect::RenameTable { pairs } => pairs.iter().for_each(|(from, to)| self.rename_table(from, to)),
            Effect::AlterTable { table, .. } => self.change(&table, at, |draft, table| {
                let mut reader = Reader::new(sql)?;
                reader.seek(&["TABLE"]);
                reader.word();
                reader.if_exists();
                reader.name()?;
                draft.alter(table, &mut reader)
            }),
            Effect::CreateIndex { table, index } => self.change(&table, at, |draft, table| {
                if index.name.as_ref().is_none_or(|name| table.index(name).is_none()) {
                    draft.create_index(table, index);
                }
                None
            }),
            Effect::DropIndex { table, index } => self.change(&table, at, |_, table| {
                table.indexes.retain(|one| !one.name.eq_ignore_ascii_case(&index));
                None
            }),
            // Only of views there may be several.
            Effect::Routine { verb, kind, name: Some(_) } if verb == "DROP" => {
                for name in targets(sql) {
                    self.program(&verb, &kind, &name, sql);
                }
            }
            Effect::Routine { verb, kind, name: Some(name) } => self.program(&verb, &kind, &name, sql),
            Effect::Routine { .. } => self.built.wild.push(at.to_owned()),
            Effect::Other if !is_harmless(sql) => self.built.wild.push(at.to_owned()),
            _ => {}
        }
    }

    fn program(&mut self, verb: &str, kind: &str, name: &str, sql: &str) {
        let routines = &mut self.built.schema.routines;
        let object = Object { kind: ObjectKind::Program, table: kind.into(), name: Some(name.into()) };
        let was = routines.iter().position(|one| one.kind == kind && one.name.eq_ignore_ascii_case(name));
        let Some(mut reader) = Reader::new(sql) else { return };
        reader.seek(&[kind.to_ascii_uppercase().as_str()]);
        reader.word();
        reader.if_exists();
        reader.name();
        match verb {
            "DROP" => {
                routines.retain(|one| !(one.kind == kind && one.name.eq_ignore_ascii_case(name)));
                self.built.doubts.remove(&object);
            }
            "CREATE" => {
                let made = program::read(kind, name, &mut reader);
                let is_read = made.is_some() && !matches!(kind, "view" | "event");
                let made = made.unwrap_or_else(|| crate::model::schema::Routine {
                    kind: kind.into(),
                    name: name.into(),
                    definition: String::new(),
                });
                match was {
                    Some(at) => routines[at] = made,
                    None => routines.push(made),
                }
                routines.sort();
                if is_read {
                    self.built.doubts.remove(&object);
                } else {
                    // With the statement, so that another one is seen to change it.
                    self.built.doubts.remove(&object);
                    self.built.doubt(object.clone(), "*");
                    self.built.doubt(object, sql);
                }
            }
            _ => {
                self.built.doubt(object.clone(), "*");
                self.built.doubt(object, sql);
            }
        }
    }

    fn create(&mut self, sql: &str, name: &str, at: &str) {
        let replaces = matches!(effect(sql), Effect::ReplaceTable { .. });
        if replaces {
            self.drop_table(name);
        } else if self.built.schema.table(name).is_some() {
            // `IF NOT EXISTS`: what is there stays.
            return;
        }
        let mut table = Table {
            name: name.to_owned(),
            storage_engine: Some(self.defaults.storage_engine.clone()).filter(|engine| !engine.is_empty()),
            collation: Some(self.defaults.collation.clone()).filter(|name| !name.is_empty()),
            ..Table::default()
        };
        let read = self.create_body(&mut table, sql);
        if read.is_none() {
            self.built.doubt(whole(&table), "*");
            self.built.doubt(whole(&table), at);
        }
        self.put_table(table);
    }

    fn create_body(&mut self, table: &mut Table, sql: &str) -> Option<()> {
        let mut reader = Reader::new(sql)?;
        reader.seek(&["TABLE"]);
        reader.word();
        reader.if_exists();
        reader.name()?;
        let in_brackets = reader.eat("(");
        if reader.eat("LIKE") {
            let like = reader.name()?;
            let model = self.built.schema.table(&like)?;
            *table = Table { name: table.name.clone(), foreign_keys: Vec::new(), ..model.clone() };
            let doubts = self.built.doubts.iter().filter(|(object, _)| object.table.eq_ignore_ascii_case(&like));
            let doubts: Vec<_> = doubts.map(|(object, doubts)| (object.clone(), doubts.clone())).collect();
            for (object, doubts) in doubts.into_iter().filter(|(object, _)| object.kind != ObjectKind::Program) {
                self.built.doubts.insert(Object { table: table.name.clone(), ..object }, doubts);
            }
            return Some(());
        }
        in_brackets.then_some(())?;
        // The options decide the columns' collations, and stand behind them.
        let mut ahead = reader.clone();
        while ahead.next_element()? {}
        while !ahead.is_done() {
            self.option(table, &mut ahead)?;
            ahead.eat(",");
        }
        loop {
            if is_key(&reader) {
                self.constraint(table, &mut reader)?;
            } else {
                let name = reader.name()?;
                let read = column::read(&mut reader, name, &self.defaults)?;
                self.put_column(table, read, None);
            }
            if !reader.next_element()? {
                return Some(());
            }
        }
    }

    /// Changes a table; one that no migration makes is left in doubt.
    fn change(&mut self, name: &str, at: &str, change: impl FnOnce(&mut Self, &mut Table) -> Option<String>) {
        let tables = &mut self.built.schema.tables;
        let Some(place) = tables.iter().position(|table| table.name.eq_ignore_ascii_case(name)) else {
            self.built.wild.push(at.to_owned());
            return;
        };
        let mut table = tables.remove(place);
        let renamed = change(self, &mut table);
        let name = table.name.clone();
        self.put_table(table);
        if let Some(to) = renamed {
            self.rename_table(&name, &to);
        }
    }

    fn put_table(&mut self, mut table: Table) {
        table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
        table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
        table.checks.sort();
        // A key without columns refers to the primary key.
        let primary = |of: &str| -> Option<Vec<String>> {
            let other = if of.eq_ignore_ascii_case(&table.name) { Some(&table) } else { self.built.schema.table(of) };
            other?.primary_key()?.parts.iter().map(|part| part.column.clone()).collect()
        };
        let found: Vec<Option<Vec<String>>> =
            table.foreign_keys.iter().map(|key| primary(&key.referenced_table)).collect();
        for (key, columns) in table.foreign_keys.iter_mut().zip(found) {
            if key.referenced_columns.is_empty() {
                key.referenced_columns = columns.unwrap_or_default();
            }
        }
        self.built.schema.tables.push(table);
        self.built.schema.tables.sort_by(|a, b| a.name.cmp(&b.name));
    }

    fn drop_table(&mut self, name: &str) {
        self.built.schema.tables.retain(|table| !table.name.eq_ignore_ascii_case(name));
        let is_of = |object: &Object| object.kind != ObjectKind::Program && object.table.eq_ignore_ascii_case(name);
        self.built.doubts.retain(|object, _| !is_of(object));
        let head = format!(" on {} for each row ", name.to_lowercase());
        self.built
            .schema
            .routines
            .retain(|one| !(one.kind == "trigger" && one.definition.to_lowercase().contains(&head)));
    }

    fn rename_table(&mut self, from: &str, to: &str) {
        for table in &mut self.built.schema.tables {
            let own = table.name.eq_ignore_ascii_case(from);
            for key in &mut table.foreign_keys {
                if key.referenced_table.eq_ignore_ascii_case(from) {
                    to.clone_into(&mut key.referenced_table);
                }
                // Names that InnoDB has made up follow the table.
                if let Some(number) = key.name.strip_prefix(&format!("{from}_ibfk_")).filter(|_| own) {
                    key.name = format!("{to}_ibfk_{number}");
                }
            }
            if own {
                to.clone_into(&mut table.name);
            }
        }
        self.built.schema.tables.sort_by(|a, b| a.name.cmp(&b.name));
        let doubts = std::mem::take(&mut self.built.doubts);
        self.built.doubts = doubts
            .into_iter()
            .map(|(object, doubts)| {
                let own = object.kind != ObjectKind::Program && object.table.eq_ignore_ascii_case(from);
                (if own { Object { table: to.to_owned(), ..object } } else { object }, doubts)
            })
            .collect();
        let heads = [from, to].map(|name| format!(" ON {name} FOR EACH ROW "));
        for one in self.built.schema.routines.iter_mut().filter(|one| one.kind == "trigger") {
            one.definition = one.definition.replacen(&heads[0], &heads[1], 1);
        }
    }
}

/// Whether a key or a check stands here, and no column.
fn is_key(reader: &Reader) -> bool {
    let word = reader.peek(0);
    matches!(word.as_str(), "CONSTRAINT" | "PRIMARY" | "FOREIGN" | "CHECK" | "UNIQUE" | "FULLTEXT" | "SPATIAL")
        || matches!(word.as_str(), "INDEX" | "KEY")
}

/// Whether a statement that is not known otherwise changes no object of the database.
fn is_harmless(sql: &str) -> bool {
    const ACCOUNTS: [&str; 5] = ["USER", "ROLE", "RESOURCE", "SERVER", "LOGFILE"];
    let Some(mut reader) = Reader::new(sql) else { return false };
    match reader.word().as_str() {
        "GRANT" | "REVOKE" | "KILL" | "RESET" | "PURGE" | "SHUTDOWN" | "INSTALL" | "UNINSTALL" | "SIGNAL" | "CACHE"
        | "HANDLER" | "HELP" | "SET" | "OPTIMIZE" | "REPAIR" => true,
        "CREATE" | "ALTER" | "DROP" => {
            let _noise = reader.eat("OR") && reader.eat("REPLACE");
            ACCOUNTS.contains(&reader.peek(0).as_str())
        }
        _ => false,
    }
}
