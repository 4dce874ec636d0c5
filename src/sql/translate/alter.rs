//! `ALTER TABLE`, one statement per operation.

use super::column::Column;
use super::index::{self, Index};
use super::types::Collation;
use super::{Notes, names, query};
use crate::sql::parse::SqlError;
use sqlparser::ast::{AlterTable, AlterTableOperation, Ident, RenameTableNameKind, Spanned, TableConstraint};
use std::collections::BTreeSet;

/// `ALTER TABLE`.
pub(super) fn alter(statement: &AlterTable, notes: &mut Notes) -> Result<Vec<String>, SqlError> {
    let Some(table) = names::last(&statement.name) else {
        return Err(query::refusal("ALTER TABLE without a table", statement.name.span()));
    };
    let mut statements = Vec::new();
    for operation in &statement.operations {
        one(table, operation, notes, &mut statements)?;
    }
    Ok(statements)
}

/// Makes an index under its own name, or under one that no statement before has taken.
fn make(table: &Ident, index: &Index, statements: &mut Vec<String>) {
    let made = |name: &str| {
        let quoted = names::quoted_index(&table.value, name);
        statements.iter().any(|statement| statement.starts_with("CREATE") && statement.contains(&quoted))
    };
    let mut taken = BTreeSet::new();
    let mut name = index.name_among(&taken);
    while index.name.is_none() && made(&name) {
        taken.insert(name.to_ascii_lowercase());
        name = index.name_among(&taken);
    }
    statements.push(index.create(table, &name, false));
}

fn one(
    table: &Ident,
    operation: &AlterTableOperation,
    notes: &mut Notes,
    statements: &mut Vec<String>,
) -> Result<(), SqlError> {
    match operation {
        AlterTableOperation::AddColumn { column_def, column_position, .. } => {
            let column = Column::read(column_def, Collation::NoCase, notes)?;
            if column_position.is_some() {
                notes.add(format!("{}: the embedded engine adds columns at the end", column.name.value));
            }
            add_column(table, &column, notes, statements)?;
        }
        AlterTableOperation::AddConstraint { constraint, .. } => add(table, constraint, notes, statements)?,
        AlterTableOperation::DropIndex { name } => statements.push(index::drop(table, name, false)),
        AlterTableOperation::DropColumn { column_names, .. } => {
            for name in column_names {
                statements.push(format!("ALTER TABLE {table} DROP COLUMN {name}"));
            }
        }
        AlterTableOperation::RenameColumn { old_column_name, new_column_name } => {
            statements.push(format!("ALTER TABLE {table} RENAME COLUMN {old_column_name} TO {new_column_name}"));
        }
        AlterTableOperation::RenameTable { table_name } => {
            let (RenameTableNameKind::As(new) | RenameTableNameKind::To(new)) = table_name;
            statements.push(rename(&table.to_string(), &names::written(new), notes));
        }
        AlterTableOperation::Algorithm { .. }
        | AlterTableOperation::Lock { .. }
        | AlterTableOperation::AutoIncrement { .. } => {}
        other => {
            let what = match other {
                AlterTableOperation::ModifyColumn { .. } | AlterTableOperation::ChangeColumn { .. } => {
                    "change a column's definition"
                }
                AlterTableOperation::AlterColumn { .. } => "change a column's default",
                AlterTableOperation::DropPrimaryKey { .. } => "drop a primary key",
                AlterTableOperation::DropForeignKey { .. } => "drop a foreign key",
                AlterTableOperation::DropConstraint { .. } => "drop a constraint",
                _ => return Err(cannot(&format!("run this part of ALTER TABLE: {other}"), other.span(), table)),
            };
            return Err(cannot(what, other.span(), table));
        }
    }
    Ok(())
}

fn cannot(what: &str, place: sqlparser::tokenizer::Span, table: &Ident) -> SqlError {
    let place = if place.start.line == 0 { table.span } else { place };
    query::refusal(format!("the embedded engine cannot {what}; declare it so in CREATE TABLE, or use a server"), place)
}

fn add_column(table: &Ident, column: &Column, notes: &mut Notes, statements: &mut Vec<String>) -> Result<(), SqlError> {
    if column.primary || column.auto_increment {
        return Err(cannot("add a primary key", column.name.span, table));
    }
    let mut text = column.written_for_alter(notes);
    let own = std::slice::from_ref(&column.name);
    if let Some(references) = &column.references {
        text = format!("{text} {}", references.written());
    }
    statements.push(format!("ALTER TABLE {table} ADD COLUMN {text}"));
    if column.unique || column.references.is_some() {
        make(table, &Index::on(None, column.unique, own), statements);
    }
    Ok(())
}

fn add(
    table: &Ident,
    constraint: &TableConstraint,
    notes: &mut Notes,
    statements: &mut Vec<String>,
) -> Result<(), SqlError> {
    let index = match constraint {
        TableConstraint::Unique(key) => {
            Index::read(key.index_name.as_ref().or(key.name.as_ref()), true, &key.columns, notes)?
        }
        TableConstraint::Index(key) => Index::read(key.name.as_ref(), false, &key.columns, notes)?,
        TableConstraint::FulltextOrSpatial(_) => {
            notes.add("the embedded engine has no FULLTEXT or SPATIAL index; it was left out".into());
            return Ok(());
        }
        TableConstraint::ForeignKey(_) => return Err(cannot("add a foreign key", constraint.span(), table)),
        TableConstraint::PrimaryKey(_) => return Err(cannot("add a primary key", constraint.span(), table)),
        _ => return Err(cannot("add a constraint", constraint.span(), table)),
    };
    make(table, &index, statements);
    Ok(())
}

/// Renames a table; both names are written as they go into SQL.
pub(super) fn rename(old: &str, new: &str, notes: &mut Notes) -> String {
    notes.add(format!("the indexes of {old} keep names that begin with it"));
    format!("ALTER TABLE {old} RENAME TO {new}")
}
