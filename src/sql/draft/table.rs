//! Parts of a table being read: columns with what comes with them, keys, and the names that servers make up.

use super::Draft;
use super::column::{Position, Read, References};
use crate::model::drift::{Object, ObjectKind};
use crate::model::schema::{ForeignKey, Index, IndexKind, KeyPart, Table};
use crate::sql::ddl::IndexDefinition;
use crate::sql::ddl::reader::Reader;

impl Draft {
    /// Puts a column into a table, in the place of an older one of the name `from` if it is given.
    pub(super) fn put_column(&mut self, table: &mut Table, read: Read, from: Option<&str>) {
        let Read { mut column, doubts, is_text, primary, unique, checks, references, position } = read;
        if is_text && column.collation.is_none() && !doubts.contains(&"collation") {
            column.collation.clone_from(&table.collation);
        }
        let name = column.name.clone();
        let object = Object { kind: ObjectKind::Column, table: table.name.clone(), name: Some(name.clone()) };
        if let Some(from) = from {
            let old = Object { name: Some(from.to_owned()), ..object.clone() };
            self.built.doubts.remove(&old);
        }
        for attribute in doubts {
            self.built.doubt(object.clone(), attribute);
        }
        if is_text && column.collation.is_none() {
            self.built.doubt(object, "collation");
        }
        if table.primary_key().is_some_and(|key| {
            key.parts.iter().any(|part| part.column.as_ref().is_some_and(|part| part.eq_ignore_ascii_case(&name)))
        }) {
            column.nullable = false;
        }
        let is_it = |one: &str| one.eq_ignore_ascii_case(from.unwrap_or(&name));
        let was = table.columns.iter().position(|one| is_it(&one.name));
        if let Some(at) = was {
            table.columns.remove(at);
        }
        let after = |other: &String| table.columns.iter().position(|one| one.name.eq_ignore_ascii_case(other));
        let at = match &position {
            Some(Position::First) => 0,
            Some(Position::After(other)) => after(other).map_or(table.columns.len(), |at| at + 1),
            None => was.unwrap_or(table.columns.len()),
        };
        table.columns.insert(at.min(table.columns.len()), column);
        if let Some(from) = from.filter(|from| !from.eq_ignore_ascii_case(&name)) {
            self.rename_column(table, from, &name);
        }
        let part = || vec![KeyPart::column(name.clone())];
        if primary {
            put_primary(table, part());
        }
        if unique {
            put_index(table, None, IndexKind::Unique, part(), true);
        }
        for (own, check) in checks {
            let known = |one: &(String, String)| own.as_ref().is_some_and(|own| one.0.eq_ignore_ascii_case(own));
            table.checks.retain(|one| !known(one));
            self.put_check(table, own, check);
        }
        // MySQL 8 reads a REFERENCES of a column and makes nothing of it.
        if let Some(references) = references.filter(|_| self.defaults.mariadb || self.defaults.version.0 >= 9) {
            put_foreign_key(table, None, vec![name], references);
        }
    }

    /// Puts a check, named as the server would where nobody does.
    pub(super) fn put_check(&self, table: &mut Table, name: Option<String>, check: String) {
        let prefix = if self.defaults.mariadb { "CONSTRAINT_".to_owned() } else { format!("{}_chk_", table.name) };
        let pattern = |number: usize| format!("{prefix}{number}");
        let free =
            || (1..=table.checks.len() + 1).map(pattern).find(|name| !table.checks.iter().any(|one| one.0 == *name));
        let name = name.or_else(free).unwrap_or_default();
        table.checks.push((name, check));
    }

    /// Gives a column's new name to what refers to it.
    pub(super) fn rename_column(&mut self, table: &mut Table, from: &str, to: &str) {
        let rename = |name: &mut String| {
            if name.eq_ignore_ascii_case(from) {
                to.clone_into(name);
            }
        };
        table.columns.iter_mut().for_each(|one| rename(&mut one.name));
        let parts = table.indexes.iter_mut().flat_map(|index| &mut index.parts);
        parts.filter_map(|part| part.column.as_mut()).for_each(rename);
        table.foreign_keys.iter_mut().flat_map(|key| &mut key.columns).for_each(rename);
        let own = table.name.clone();
        let others = self.built.schema.tables.iter_mut().flat_map(|other| &mut other.foreign_keys);
        let keys = others.chain(&mut table.foreign_keys).filter(|key| key.referenced_table.eq_ignore_ascii_case(&own));
        keys.flat_map(|key| &mut key.referenced_columns).for_each(rename);
        let old = Object { kind: ObjectKind::Column, table: own, name: Some(from.to_owned()) };
        if let Some(doubts) = self.built.doubts.remove(&old) {
            self.built.doubts.entry(Object { name: Some(to.to_owned()), ..old }).or_default().extend(doubts);
        }
    }

    /// Reads a key or a check of a table, from its first word on; `None` when it is none, or cannot be read.
    pub(super) fn constraint(&mut self, table: &mut Table, reader: &mut Reader) -> Option<()> {
        let is_word = |word: &str| matches!(word, "UNIQUE" | "PRIMARY" | "FOREIGN" | "CHECK");
        let name = if reader.eat("CONSTRAINT") && !is_word(&reader.peek(0)) { reader.name() } else { None };
        match reader.peek(0).as_str() {
            "PRIMARY" => {
                reader.word();
                reader.eat("KEY");
                if reader.peek(0) != "USING" && !reader.peek_symbol("(") {
                    reader.name();
                }
                reader.index_type();
                put_primary(table, reader.key_parts()?);
            }
            "FOREIGN" => {
                reader.word();
                reader.eat("KEY");
                reader.if_exists();
                let own = if reader.peek_symbol("(") { None } else { reader.name() };
                let columns = reader.key_parts()?.into_iter().filter_map(|part| part.column).collect();
                reader.eat("REFERENCES").then_some(())?;
                let references = super::column::references(reader)?;
                put_foreign_key(table, name.or(own), columns, references);
            }
            "CHECK" => {
                reader.word();
                let mut check = reader.parenthesised()?;
                if reader.peek(0) == "NOT" && reader.peek(1) == "ENFORCED" {
                    check.push_str(" NOT ENFORCED");
                }
                self.put_check(table, name, check);
            }
            "INDEX" | "KEY" | "UNIQUE" | "FULLTEXT" | "SPATIAL" => {
                let index = crate::sql::ddl::index::within_table(reader, name);
                self.put_defined(table, index);
            }
            _ => return None,
        }
        Some(())
    }

    /// Puts an index as a statement defines it.
    pub(super) fn put_defined(&mut self, table: &mut Table, index: IndexDefinition) {
        let unsure = index.parts.is_empty();
        let parts = if unsure { index.columns.into_iter().map(KeyPart::column).collect() } else { index.parts };
        let name = put_index(table, index.name, index.kind, parts, index.visible);
        if unsure {
            let object = Object { kind: ObjectKind::Index, table: table.name.clone(), name: Some(name) };
            self.built.doubt(object, "*");
        }
    }
}

fn put_primary(table: &mut Table, parts: Vec<KeyPart>) {
    for part in &parts {
        let is_it = |name: &str| part.column.as_ref().is_some_and(|part| part.eq_ignore_ascii_case(name));
        table.columns.iter_mut().filter(|column| is_it(&column.name)).for_each(|column| column.nullable = false);
    }
    table.indexes.retain(|index| index.kind != IndexKind::Primary);
    put_index(table, Some("PRIMARY".into()), IndexKind::Primary, parts, true);
}

/// Puts an index, and gives its name: that of its first column, with a number when it is taken, where nobody names it.
pub(super) fn put_index(
    table: &mut Table,
    name: Option<String>,
    kind: IndexKind,
    parts: Vec<KeyPart>,
    visible: bool,
) -> String {
    let base = parts.first().and_then(|part| part.column.clone()).unwrap_or_else(|| "functional_index".into());
    let numbered = (2..=table.indexes.len() + 2).map(|number| format!("{base}_{number}"));
    let free = || std::iter::once(base.clone()).chain(numbered).find(|name| table.index(name).is_none());
    let name = name.or_else(free).unwrap_or_default();
    let index = Index { name: name.clone(), kind, parts, visible, comment: String::new(), cardinality: Vec::new() };
    // `IF NOT EXISTS`: what is there stays.
    if table.index(&name).is_none() {
        table.indexes.push(index);
    }
    name
}

/// Puts a foreign key, with the index that it brings along where there is none.
fn put_foreign_key(table: &mut Table, name: Option<String>, columns: Vec<String>, references: References) {
    let serves = |index: &Index| {
        index.parts.len() >= columns.len()
            && !matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial)
            && index.parts.iter().zip(&columns).all(|(part, column)| {
                part.prefix.is_none() && part.column.as_ref().is_some_and(|part| part.eq_ignore_ascii_case(column))
            })
    };
    if !table.indexes.iter().any(serves) {
        let parts = columns.iter().map(KeyPart::column).collect();
        put_index(table, name.clone(), IndexKind::Plain, parts, true);
    }
    let pattern = |number: usize| format!("{}_ibfk_{number}", table.name);
    let free = || {
        (1..=table.foreign_keys.len() + 1)
            .map(pattern)
            .find(|name| !table.foreign_keys.iter().any(|key| key.name == *name))
    };
    let name = name.or_else(free).unwrap_or_default();
    let References { table: referenced_table, columns: referenced_columns, on_delete, on_update } = references;
    table.foreign_keys.retain(|key| !key.name.eq_ignore_ascii_case(&name));
    let key = ForeignKey { name, columns, referenced_table, referenced_columns, on_delete, on_update };
    table.foreign_keys.push(key);
}
