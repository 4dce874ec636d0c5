//! The rows that an INSERT lists, with their literal values.

use super::parse::parse_statement;
use super::quote;
use sqlparser::ast::{Expr, ObjectName, SetExpr, Statement, TableObject, UnaryOperator, Value};

/// What an INSERT lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inserted {
    /// The table.
    pub table: String,
    /// The columns; empty when the statement names none.
    pub columns: Vec<String>,
    /// The values of each row as SQL; `None` for what is no literal, and for NULL, which equals nothing.
    pub rows: Vec<Vec<Option<String>>>,
}

/// Reads an INSERT or REPLACE with VALUES; `None` for anything else.
#[must_use]
pub fn inserted(sql: &str) -> Option<Inserted> {
    let Statement::Insert(insert) = parse_statement(sql).ok()? else { return None };
    let TableObject::TableName(table) = &insert.table else { return None };
    let SetExpr::Values(values) = &*insert.source.as_ref()?.body else { return None };
    let rows = values.rows.iter().map(|row| row.content.iter().map(literal).collect()).collect();
    let columns = insert.columns.iter().map(last).collect::<Option<Vec<_>>>()?;
    Some(Inserted { table: last(table)?, columns, rows })
}

fn last(name: &ObjectName) -> Option<String> {
    name.0.last()?.as_ident().map(|ident| ident.value.clone())
}

fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => Some(number.clone()),
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => Some(quote::text(text)),
            Value::Boolean(value) => Some(i32::from(*value).to_string()),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => literal(expr).map(|value| format!("-{value}")),
        _ => None,
    }
}
