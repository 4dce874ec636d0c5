//! Indexes: key parts, `CREATE INDEX`, `DROP INDEX`, and the index that InnoDB makes for a foreign key by itself.

use super::{Notes, names, query};
use crate::sql::parse::SqlError;
use sqlparser::ast::{
    CreateIndex, Expr, ForeignKeyConstraint, FunctionArguments, Ident, IndexColumn, ReferentialAction, Spanned,
};
use std::collections::BTreeSet;

/// An index of one table.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) name: Option<String>,
    pub(super) unique: bool,
    pub(super) parts: Vec<Part>,
}

/// One key part.
#[derive(Debug)]
pub(super) struct Part {
    /// The column, when the part is one.
    pub(super) column: Option<String>,
    /// As it is written.
    pub(super) text: String,
}

impl Index {
    /// Reads the parts of an index.
    pub(super) fn read(
        name: Option<&Ident>,
        unique: bool,
        columns: &[IndexColumn],
        notes: &mut Notes,
    ) -> Result<Self, SqlError> {
        let parts = columns.iter().map(|column| part(column, notes)).collect::<Result<_, _>>()?;
        Ok(Self { name: name.map(|name| name.value.clone()), unique, parts })
    }

    /// An index on whole columns.
    pub(super) fn on(name: Option<String>, unique: bool, columns: &[Ident]) -> Self {
        let parts =
            columns.iter().map(|name| Part { column: Some(name.value.clone()), text: name.to_string() }).collect();
        Self { name, unique, parts }
    }

    /// Whether the index begins with these columns in this order.
    pub(super) fn begins_with(&self, columns: &[Ident]) -> bool {
        columns.len() <= self.parts.len()
            && columns
                .iter()
                .zip(&self.parts)
                .all(|(column, part)| part.column.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(&column.value)))
    }

    /// Its name, or the one that `MySQL` gives: the first column's, with a number when that is taken;
    /// `taken` are names in lower case.
    pub(super) fn name_among(&self, taken: &BTreeSet<String>) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let base = self.parts.first().and_then(|part| part.column.clone()).unwrap_or_else(|| "functional_index".into());
        let is_taken = |name: &str| taken.contains(&name.to_ascii_lowercase());
        let mut name = base.clone();
        let mut number = 2_u32;
        while is_taken(&name) {
            name = format!("{base}_{number}");
            number += 1;
        }
        name
    }

    /// The statement that makes it.
    pub(super) fn create(&self, table: &Ident, name: &str, if_not_exists: bool) -> String {
        let unique = if self.unique { "UNIQUE " } else { "" };
        let condition = if if_not_exists { "IF NOT EXISTS " } else { "" };
        let parts: Vec<&str> = self.parts.iter().map(|part| part.text.as_str()).collect();
        let name = names::quoted_index(&table.value, name);
        format!("CREATE {unique}INDEX {condition}{name} ON {table} ({})", parts.join(", "))
    }
}

/// A key part. `a(20)` is a prefix and not a call, as `MySQL` wants expressions in parentheses.
fn part(column: &IndexColumn, notes: &mut Notes) -> Result<Part, SqlError> {
    let order = match column.column.options.sort {
        Some(sqlparser::ast::OrderBySort::Desc) => " DESC",
        _ => "",
    };
    let (name, text) = match &column.column.expr {
        Expr::Identifier(name) => (Some(name.value.clone()), name.to_string()),
        Expr::Function(prefix) if matches!(&prefix.args, FunctionArguments::List(list) if list.args.len() == 1) => {
            notes.add(format!("{prefix}: the embedded engine indexes the whole column, not a prefix of it"));
            (Some(names::text(&prefix.name).to_owned()), names::written(&prefix.name))
        }
        Expr::Nested(inner) => (None, format!("({})", query::expression(inner, notes)?)),
        other => return Err(query::refusal(format!("the embedded engine has no key part {other}"), other.span())),
    };
    Ok(Part { column: name, text: format!("{text}{order}") })
}

/// `CREATE INDEX`.
pub(super) fn create(statement: &CreateIndex, notes: &mut Notes) -> Result<Vec<String>, SqlError> {
    let name = statement.name.as_ref().and_then(names::last);
    let (Some(name), Some(table)) = (name, names::last(&statement.table_name)) else {
        return Err(query::refusal("CREATE INDEX without a name", statement.table_name.span()));
    };
    let index = Index::read(Some(name), statement.unique, &statement.columns, notes)?;
    Ok(vec![index.create(table, &name.value, statement.if_not_exists)])
}

/// `DROP INDEX`.
pub(super) fn drop(table: &Ident, index: &Ident, if_exists: bool) -> String {
    let condition = if if_exists { "IF EXISTS " } else { "" };
    format!("DROP INDEX {condition}{}", names::quoted_index(&table.value, &index.value))
}

/// What a foreign key refers to.
#[derive(Debug)]
pub(super) struct References {
    table: String,
    columns: Vec<Ident>,
    on_delete: Option<ReferentialAction>,
    on_update: Option<ReferentialAction>,
}

impl References {
    pub(super) fn read(key: &ForeignKeyConstraint) -> Self {
        Self {
            table: names::written(&key.foreign_table),
            columns: key.referred_columns.clone(),
            on_delete: key.on_delete,
            on_update: key.on_update,
        }
    }

    /// The clause, without the referencing columns.
    pub(super) fn written(&self) -> String {
        let mut text = format!("REFERENCES {}", self.table);
        if !self.columns.is_empty() {
            text = format!("{text} ({})", names::list(&self.columns));
        }
        if let Some(action) = &self.on_delete {
            text = format!("{text} ON DELETE {action}");
        }
        if let Some(action) = &self.on_update {
            text = format!("{text} ON UPDATE {action}");
        }
        text
    }
}
