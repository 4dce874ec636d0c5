//! `CREATE TABLE`: the table without its secondary indexes, then one `CREATE INDEX` for each.

use super::column::Column;
use super::index::{Index, References};
use super::types::Collation;
use super::{Notes, names, query};
use crate::sql::parse::SqlError;
use sqlparser::ast::{CreateTable, CreateTableOptions, Ident, Spanned, SqlOption, TableConstraint};
use std::collections::BTreeSet;

/// A table as it is put together.
#[derive(Debug, Default)]
struct Draft {
    columns: Vec<Column>,
    primary: Vec<Ident>,
    indexes: Vec<Index>,
    /// FOREIGN KEY and CHECK clauses.
    clauses: Vec<String>,
    /// Foreign keys that need an index: its name, when they give one, and the columns.
    keys: Vec<(Option<String>, Vec<Ident>)>,
}

/// `CREATE TABLE`.
pub(super) fn create(statement: &CreateTable, notes: &mut Notes) -> Result<Vec<String>, SqlError> {
    let refuse = |what: &str| Err(query::refusal(format!("the embedded engine has no {what}"), statement.name.span()));
    let Some(name) = names::last(&statement.name) else { return refuse("table without a name") };
    if statement.like.is_some() {
        return refuse("CREATE TABLE … LIKE; write the columns out");
    }
    let temporary = if statement.temporary { "TEMPORARY " } else { "" };
    let condition = if statement.if_not_exists { "IF NOT EXISTS " } else { "" };
    let mut statements = Vec::new();
    if statement.or_replace {
        statements.push(format!("DROP TABLE IF EXISTS {name}"));
    }
    if let Some(rows) = &statement.query {
        if !statement.columns.is_empty() {
            return refuse("CREATE TABLE with columns and SELECT at once; use INSERT … SELECT after it");
        }
        statements.push(format!("CREATE {temporary}TABLE {condition}{name} AS {}", query::query(rows, notes)?));
        return Ok(statements);
    }
    let collation = default_collation(&statement.table_options, notes);
    let mut draft = Draft::default();
    for def in &statement.columns {
        draft.column(Column::read(def, collation, notes)?);
    }
    for constraint in &statement.constraints {
        draft.constraint(constraint, notes)?;
    }
    statements.push(format!("CREATE {temporary}TABLE {condition}{name} ({})", draft.body(notes).join(", ")));
    statements.extend(draft.index_statements(name, statement.if_not_exists));
    Ok(statements)
}

impl Draft {
    fn column(&mut self, column: Column) {
        let own = || vec![column.name.clone()];
        if column.primary {
            self.primary = own();
        }
        if column.unique {
            self.indexes.push(Index::on(None, true, &own()));
        }
        if let Some(references) = &column.references {
            self.clauses.push(format!("FOREIGN KEY ({}) {}", column.name, references.written()));
            self.keys.push((None, own()));
        }
        self.columns.push(column);
    }

    fn constraint(&mut self, constraint: &TableConstraint, notes: &mut Notes) -> Result<(), SqlError> {
        match constraint {
            TableConstraint::PrimaryKey(key) => {
                let index = Index::read(None, true, &key.columns, notes)?;
                self.primary = index.parts.iter().filter_map(|part| part.column.as_deref().map(as_ident)).collect();
            }
            TableConstraint::Unique(key) => {
                let name = key.index_name.as_ref().or(key.name.as_ref());
                self.indexes.push(Index::read(name, true, &key.columns, notes)?);
            }
            TableConstraint::Index(key) => {
                self.indexes.push(Index::read(key.name.as_ref(), false, &key.columns, notes)?);
            }
            TableConstraint::ForeignKey(key) => {
                let name = key.name.as_ref().map(|name| format!("CONSTRAINT {name} ")).unwrap_or_default();
                let references = References::read(key).written();
                self.clauses.push(format!("{name}FOREIGN KEY ({}) {references}", names::list(&key.columns)));
                let index = key.name.as_ref().or(key.index_name.as_ref()).map(|name| name.value.clone());
                self.keys.push((index, key.columns.clone()));
            }
            TableConstraint::Check(check) if check.enforced != Some(false) => {
                let name = check.name.as_ref().map(|name| format!("CONSTRAINT {name} ")).unwrap_or_default();
                self.clauses.push(format!("{name}CHECK ({})", query::expression(&check.expr, notes)?));
            }
            TableConstraint::Check(_) => notes.add("a CHECK that is NOT ENFORCED was left out".into()),
            TableConstraint::FulltextOrSpatial(index) => {
                let kind = if index.fulltext { "FULLTEXT" } else { "SPATIAL" };
                notes.add(format!("the embedded engine has no {kind} index; it was left out"));
            }
            other => {
                let message = format!("the embedded engine has no such constraint: {other}");
                return Err(query::refusal(message, other.span()));
            }
        }
        Ok(())
    }

    /// Columns and clauses. An integer primary key of one column is the row's own number, which is as near as `SQLite`
    /// comes to a clustered index.
    fn body(&mut self, notes: &mut Notes) -> Vec<String> {
        if self.primary.is_empty()
            && let Some(column) = self.columns.iter().find(|column| column.auto_increment)
        {
            // Without a primary key InnoDB clusters the table by its first UNIQUE NOT NULL key, which this is.
            let name = column.name.clone();
            self.indexes.retain(|index| !(index.parts.len() == 1 && index.begins_with(std::slice::from_ref(&name))));
            self.primary = vec![name];
        }
        let is_primary = |primary: &[Ident], column: &Column| {
            primary.iter().any(|name| name.value.eq_ignore_ascii_case(&column.name.value))
        };
        let row_number = self.primary.len() == 1
            && self.columns.iter().any(|column| column.kind.integer && is_primary(&self.primary, column));
        let mut body = Vec::new();
        for column in &mut self.columns {
            let primary = is_primary(&self.primary, column);
            column.nullable &= !primary;
            if column.auto_increment && !(row_number && primary) {
                notes.add(format!("{}: AUTO_INCREMENT works on a primary key of its own only", column.name.value));
            }
            body.push(column.written(row_number && primary));
        }
        if !row_number && !self.primary.is_empty() {
            body.push(format!("PRIMARY KEY ({})", names::list(&self.primary)));
        }
        body.append(&mut self.clauses);
        body
    }

    /// One statement per index, those that foreign keys need among them: InnoDB makes one unless an index begins with
    /// the key's columns.
    fn index_statements(&mut self, table: &Ident, if_not_exists: bool) -> Vec<String> {
        for (name, columns) in std::mem::take(&mut self.keys) {
            let primary = Index::on(None, true, &self.primary);
            if !primary.begins_with(&columns) && !self.indexes.iter().any(|index| index.begins_with(&columns)) {
                self.indexes.push(Index::on(name, false, &columns));
            }
        }
        let mut taken: BTreeSet<String> =
            self.indexes.iter().filter_map(|index| index.name.as_ref().map(|name| name.to_ascii_lowercase())).collect();
        let mut statements = Vec::new();
        for index in &self.indexes {
            let name = index.name_among(&taken);
            statements.push(index.create(table, &name, if_not_exists));
            taken.insert(name.to_ascii_lowercase());
        }
        statements
    }
}

/// A column's name as an identifier of its own.
fn as_ident(name: &str) -> Ident {
    let quoted = names::quoted(name);
    if quoted == name { Ident::new(name) } else { Ident::with_quote('`', name) }
}

/// The collation of columns that give none: the table's, or that of the servers' default, which is without case.
fn default_collation(options: &CreateTableOptions, notes: &mut Notes) -> Collation {
    let CreateTableOptions::Plain(options) = options else { return Collation::NoCase };
    let mut collation = Collation::NoCase;
    for option in options {
        let SqlOption::KeyValue { key, value } = option else { continue };
        let value = value.to_string();
        match key.value.to_ascii_uppercase().trim_start_matches("DEFAULT ") {
            "COLLATE" => return Collation::named(value.trim_matches(['\'', '"'])),
            "CHARSET" | "CHARACTER SET" => collation = Collation::of_charset(&value),
            "AUTO_INCREMENT" => notes.add("the first AUTO_INCREMENT value was left out".into()),
            _ => {}
        }
    }
    collation
}

#[cfg(test)]
mod tests {
    #[test]
    fn indexes_without_names_get_different_ones_however_many_there_are() {
        let sql = format!("CREATE TABLE t (a INT{})", ", KEY (a)".repeat(2000));
        let translation = crate::sql::translate::to_sqlite(&sql).unwrap();
        assert_eq!(translation.statements.len(), 2001);
        assert!(translation.statements[2000].contains("\"t.a_2000\""), "{}", translation.statements[2000]);
    }
}
