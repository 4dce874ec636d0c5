//! INSERT and REPLACE, with what they do about rows that are there already.

use super::query::refusal;
use super::{literal, names};
use crate::sql::parse::SqlError;
use sqlparser::ast::{AssignmentTarget, Expr, Insert, OnInsert, SetExpr, Spanned, TableObject};

/// The row that an INSERT brings, as ON DUPLICATE KEY UPDATE may call it.
#[derive(Debug)]
pub(super) struct Inserted {
    alias: String,
    /// Alias and column.
    columns: Vec<(String, String)>,
}

impl Inserted {
    /// The alias that the statement gives its row.
    pub(super) fn of(insert: &Insert) -> Option<Self> {
        let alias = insert.insert_alias.as_ref()?;
        let given = alias.col_aliases.iter().flatten();
        let columns = given.zip(&insert.columns).map(|(alias, column)| (alias.value.clone(), names::written(column)));
        Some(Self { alias: names::text(&alias.row_alias).to_owned(), columns: columns.collect() })
    }

    /// The column of the row that these names stand for.
    pub(super) fn column(&self, qualifier: Option<&str>, column: &str, written: &str) -> Option<String> {
        let aliased = self.columns.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(column)).map(|(_, name)| name);
        match qualifier {
            Some(qualifier) if qualifier.eq_ignore_ascii_case(&self.alias) => {
                Some(format!("excluded.{}", aliased.map_or(written, String::as_str)))
            }
            Some(_) => None,
            None => aliased.map(|name| format!("excluded.{name}")),
        }
    }
}

/// The statement's text; its expressions have been translated.
pub(super) fn written(insert: &mut Insert) -> Result<String, SqlError> {
    let place = insert.insert_token.0.span;
    let TableObject::TableName(table) = &insert.table else {
        return Err(refusal("the embedded engine inserts into tables only", place));
    };
    let table = names::written(table);
    let verb = match (insert.replace_into, insert.ignore) {
        (true, _) => "REPLACE INTO",
        (false, true) => "INSERT OR IGNORE INTO",
        (false, false) => "INSERT INTO",
    };
    let mut columns: Vec<String> = insert.columns.iter().map(names::written).collect();
    let mut rows = String::new();
    if !insert.assignments.is_empty() {
        let mut values = Vec::new();
        for assignment in insert.assignments.iter().filter(|assignment| !is_default(&assignment.value)) {
            columns.push(target(&assignment.target)?);
            values.push(assignment.value.to_string());
        }
        rows = format!("VALUES ({})", values.join(", "));
    } else if let Some(source) = &mut insert.source {
        if let SetExpr::Values(values) = &mut *source.body {
            let mut lists: Vec<&mut Vec<Expr>> = values.rows.iter_mut().map(|row| &mut row.content).collect();
            without_defaults(&mut columns, &mut lists).map_err(|message| refusal(message, place))?;
            if lists.iter().all(|row| row.is_empty()) {
                columns.clear();
            } else {
                rows = source.to_string();
            }
        } else {
            if insert.on.is_some() {
                unambiguous(&mut source.body);
            }
            rows = source.to_string();
        }
    }
    if rows.is_empty() || columns.is_empty() && rows == "VALUES ()" {
        return Ok(format!("{verb} {table} DEFAULT VALUES"));
    }
    let list = if columns.is_empty() { String::new() } else { format!(" ({})", columns.join(", ")) };
    let mut text = format!("{verb} {table}{list} {rows}");
    if let Some(OnInsert::DuplicateKeyUpdate(assignments)) = &insert.on {
        let mut changes = Vec::new();
        for assignment in assignments {
            changes.push(format!("{} = {}", target(&assignment.target)?, assignment.value));
        }
        text = format!("{text} ON CONFLICT DO UPDATE SET {}", changes.join(", "));
    }
    Ok(text)
}

/// The column that is assigned to, without its table.
pub(super) fn target(target: &AssignmentTarget) -> Result<String, SqlError> {
    match target {
        AssignmentTarget::ColumnName(name) => Ok(names::written(name)),
        AssignmentTarget::Tuple(_) => {
            Err(refusal("the embedded engine assigns to one column at a time", target.span()))
        }
    }
}

fn is_default(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(name) if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("default"))
}

/// Leaves out the columns whose value is DEFAULT in every row.
fn without_defaults(columns: &mut Vec<String>, rows: &mut [&mut Vec<Expr>]) -> Result<(), String> {
    let width = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    for at in (0..width).rev() {
        let defaults = rows.iter().filter(|row| row.get(at).is_some_and(is_default)).count();
        if defaults == 0 {
            continue;
        }
        if defaults < rows.len() || columns.len() != width {
            return Err(
                "the embedded engine has no DEFAULT among values; name the columns and leave this one out".into()
            );
        }
        columns.remove(at);
        for row in rows.iter_mut() {
            row.remove(at);
        }
    }
    Ok(())
}

/// `SQLite` would read ON CONFLICT after a bare FROM as a join's ON; a WHERE parts the two.
fn unambiguous(body: &mut SetExpr) {
    match body {
        SetExpr::Select(select) if select.selection.is_none() => select.selection = Some(literal::raw("true")),
        SetExpr::SetOperation { right, .. } => unambiguous(right),
        _ => {}
    }
}
