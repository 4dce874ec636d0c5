//! `ALTER TABLE`, clause by clause. A clause that is not known leaves the whole table in doubt.

use super::Draft;
use super::column;
use super::options::whole;
use crate::model::drift::{Object, ObjectKind};
use crate::model::schema::{IndexKind, Table};
use crate::sql::ddl::reader::Reader;
use crate::sql::words::names_any;

impl Draft {
    /// Reads the clauses. Gives the table's new name, where it gets one.
    pub(super) fn alter(&mut self, table: &mut Table, reader: &mut Reader) -> Option<String> {
        let mut renamed = None;
        while !reader.is_done() {
            if reader.peek(0) == "RENAME" && !matches!(reader.peek(1).as_str(), "COLUMN" | "INDEX" | "KEY") {
                reader.word();
                let _noise = reader.eat("TO") || reader.eat("AS") || reader.eat("=");
                renamed = reader.name();
            } else if self.clause(table, reader).is_none() {
                self.built.doubt(whole(table), "*");
            }
            // Options may stand side by side without commas.
            if !(reader.is_done() || reader.at_comma()) && is_option(&reader.peek(0)) {
                continue;
            }
            if !reader.next_clause() {
                break;
            }
        }
        renamed
    }

    fn clause(&mut self, table: &mut Table, reader: &mut Reader) -> Option<()> {
        match reader.peek(0).as_str() {
            "ADD" => {
                reader.word();
                self.add(table, reader)
            }
            "DROP" => {
                reader.word();
                self.drop_part(table, reader)
            }
            verb @ ("MODIFY" | "CHANGE") => {
                reader.word();
                reader.eat("COLUMN");
                reader.if_exists();
                let from = reader.name()?;
                let name = if verb == "CHANGE" { reader.name()? } else { from.clone() };
                let read = column::read(reader, name, &self.defaults)?;
                // A check of the old definition goes on as it was, unless it is MariaDB's, which is part of the definition.
                if self.defaults.mariadb {
                    table.checks.retain(|check| !check.0.eq_ignore_ascii_case(&from));
                }
                self.put_column(table, read, Some(&from));
                Some(())
            }
            "ALTER" => {
                reader.word();
                alter_part(table, reader)
            }
            "RENAME" => {
                reader.word();
                let is_column = reader.word() == "COLUMN";
                let from = reader.name()?;
                reader.eat("TO").then_some(())?;
                let to = reader.name()?;
                if is_column {
                    self.rename_column(table, &from, &to);
                } else {
                    table.indexes.iter_mut().find(|index| index.name.eq_ignore_ascii_case(&from))?.name = to;
                }
                Some(())
            }
            "CONVERT" => {
                reader.word();
                reader.eat("TO").then_some(())?;
                let _noise = reader.eat("CHARSET") || (reader.eat("CHARACTER") && reader.eat("SET"));
                let charset = reader.value()?.to_ascii_lowercase();
                self.charset(table, Some(&charset));
                if reader.eat("COLLATE") {
                    table.collation = Some(reader.value()?.to_ascii_lowercase());
                }
                for column in table.columns.iter_mut().filter(|column| is_text(&column.base_type())) {
                    column.collation.clone_from(&table.collation);
                    if column.base_type().ends_with("text") {
                        // It may have grown, to hold the same letters.
                        let name = Some(column.name.clone());
                        let object = Object { kind: ObjectKind::Column, table: table.name.clone(), name };
                        self.built.doubt(object, "type");
                    }
                }
                Some(())
            }
            "ALGORITHM" | "LOCK" | "FORCE" | "ENABLE" | "DISABLE" | "ORDER" | "WAIT" | "NOWAIT" | "WITH"
            | "WITHOUT" => {
                reader.word();
                Some(())
            }
            "REMOVE" => {
                table.options.clear();
                self.built.doubts.entry(whole(table)).or_default().remove("partitions");
                Some(())
            }
            "COALESCE" | "REORGANIZE" | "EXCHANGE" | "TRUNCATE" | "ANALYZE" | "CHECK" | "OPTIMIZE" | "REBUILD"
            | "REPAIR" | "DISCARD" | "IMPORT" => {
                self.built.doubt(whole(table), "partitions");
                reader.skip_all();
                Some(())
            }
            _ => self.option(table, reader),
        }
    }

    fn add(&mut self, table: &mut Table, reader: &mut Reader) -> Option<()> {
        match reader.peek(0).as_str() {
            "CONSTRAINT" | "PRIMARY" | "FOREIGN" | "CHECK" | "INDEX" | "KEY" | "UNIQUE" | "FULLTEXT" | "SPATIAL" => {
                return self.constraint(table, reader);
            }
            "PARTITION" => {
                self.built.doubt(whole(table), "partitions");
                reader.skip_all();
                return Some(());
            }
            "PERIOD" | "SYSTEM" => return None,
            _ => {}
        }
        reader.eat("COLUMN");
        let is_list = !reader.if_exists_was() && reader.eat("(");
        loop {
            let name = reader.name()?;
            let is_there = table.column(&name).is_some();
            let read = column::read(reader, name, &self.defaults)?;
            // `IF NOT EXISTS`: what is there stays.
            if !is_there {
                self.put_column(table, read, None);
            }
            if !(is_list && reader.eat(",")) {
                return Some(());
            }
        }
    }

    fn drop_part(&mut self, table: &mut Table, reader: &mut Reader) -> Option<()> {
        match reader.peek(0).as_str() {
            "PRIMARY" => {
                table.indexes.retain(|index| index.kind != IndexKind::Primary);
            }
            "INDEX" | "KEY" => {
                reader.word();
                reader.if_exists();
                let name = reader.name()?;
                table.indexes.retain(|index| !index.name.eq_ignore_ascii_case(&name));
            }
            word @ ("FOREIGN" | "CHECK" | "CONSTRAINT") => {
                let word = word.to_owned();
                reader.word();
                reader.eat("KEY");
                reader.if_exists();
                let name = reader.name()?;
                if word != "CHECK" {
                    table.foreign_keys.retain(|key| !key.name.eq_ignore_ascii_case(&name));
                }
                if word != "FOREIGN" {
                    table.checks.retain(|check| !check.0.eq_ignore_ascii_case(&name));
                }
                if word == "CONSTRAINT" {
                    table.indexes.retain(|index| !(index.is_unique() && index.name.eq_ignore_ascii_case(&name)));
                }
            }
            "PARTITION" => self.built.doubt(whole(table), "partitions"),
            "SYSTEM" | "PERIOD" => return None,
            _ => {
                reader.eat("COLUMN");
                reader.if_exists();
                let name = reader.name()?;
                drop_column(table, &name);
            }
        }
        Some(())
    }

    /// `CREATE INDEX`.
    pub(super) fn create_index(&mut self, table: &mut Table, index: crate::sql::ddl::IndexDefinition) {
        self.put_defined(table, index);
    }
}

/// What stands after `ALTER`: an index, a check or a column.
fn alter_part(table: &mut Table, reader: &mut Reader) -> Option<()> {
    match reader.peek(0).as_str() {
        "INDEX" | "KEY" => {
            reader.word();
            reader.if_exists();
            let name = reader.name()?;
            let hidden = match (reader.word().as_str(), reader.peek(0).as_str()) {
                ("VISIBLE", _) | ("NOT", "IGNORED") => false,
                ("INVISIBLE" | "IGNORED", _) => true,
                _ => return None,
            };
            table.indexes.iter_mut().find(|index| index.name.eq_ignore_ascii_case(&name))?.visible = !hidden;
        }
        "CHECK" | "CONSTRAINT" => {
            reader.word();
            let name = reader.name()?;
            let is_off = reader.word() == "NOT";
            let check = table.checks.iter_mut().find(|check| check.0.eq_ignore_ascii_case(&name))?;
            let bare = check.1.trim_end_matches(" NOT ENFORCED").to_owned();
            check.1 = if is_off { format!("{bare} NOT ENFORCED") } else { bare };
        }
        _ => {
            reader.eat("COLUMN");
            reader.if_exists();
            let name = reader.name()?;
            let verb = reader.word();
            let what = reader.word();
            let column = table.columns.iter_mut().find(|column| column.name.eq_ignore_ascii_case(&name))?;
            match (verb.as_str(), what.as_str()) {
                ("SET", "DEFAULT") => column::default(reader, &mut column.default)?,
                ("DROP", "DEFAULT") => column.default = None,
                ("SET", "INVISIBLE") => format!("{} invisible", column.extra).trim().clone_into(&mut column.extra),
                ("SET", "VISIBLE") => column.extra.replace("invisible", "").trim().clone_into(&mut column.extra),
                _ => return None,
            }
        }
    }
    Some(())
}

fn is_option(word: &str) -> bool {
    matches!(
        word,
        "COLLATE" | "ENGINE" | "COMMENT" | "DEFAULT" | "CHARSET" | "CHARACTER" | "ROW_FORMAT" | "AUTO_INCREMENT"
    )
}

fn is_text(base: &str) -> bool {
    matches!(base, "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set")
}

/// Drops a column, and takes it out of the indexes; one that is left without columns goes.
fn drop_column(table: &mut Table, name: &str) {
    let is_it = |part: Option<&String>| part.is_some_and(|part| part.eq_ignore_ascii_case(name));
    table.columns.retain(|column| !column.name.eq_ignore_ascii_case(name));
    // A check goes with its column; of one that names others too, the server lets none of them go.
    table.checks.retain(|check| !names_any(&check.1, &[name]));
    for index in &mut table.indexes {
        index.parts.retain(|part| !is_it(part.column.as_ref()));
    }
    table.indexes.retain(|index| !index.parts.is_empty());
}
