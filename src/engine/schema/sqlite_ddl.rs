//! What `SQLite`'s pragmas do not tell and only the stored `CREATE` statements do: collations, expressions and names.

use sqlparser::ast::{ColumnOption, Expr, Statement, TableConstraint};
use sqlparser::dialect::SQLiteDialect;
use sqlparser::parser::Parser;

/// The parts of a stored `CREATE TABLE`; all empty when it cannot be read.
#[derive(Debug, Default)]
pub(super) struct TableText {
    /// Column and collation, in upper case.
    pub(super) collations: Vec<(String, String)>,
    /// Column and generation expression.
    pub(super) generated: Vec<(String, String)>,
    /// Name, or nothing, and expression.
    pub(super) checks: Vec<(String, String)>,
    /// Columns and the constraint's name.
    pub(super) foreign_keys: Vec<(Vec<String>, String)>,
}

/// Reads a stored `CREATE TABLE`.
pub(super) fn table(sql: &str) -> TableText {
    let mut text = TableText::default();
    let Some(Statement::CreateTable(create)) = parse(sql) else { return text };
    for column in &create.columns {
        let name = column.name.value.clone();
        for option in &column.options {
            match &option.option {
                ColumnOption::Collation(collation) => {
                    text.collations.push((name.clone(), collation.to_string().to_ascii_uppercase()));
                }
                ColumnOption::Generated { generation_expr: Some(expr), .. } => {
                    text.generated.push((name.clone(), expr.to_string()));
                }
                ColumnOption::Check(check) => text.checks.push((String::new(), check.expr.to_string())),
                _ => {}
            }
        }
    }
    for constraint in &create.constraints {
        match constraint {
            TableConstraint::Check(check) => {
                let name = check.name.as_ref().map(|name| name.value.clone()).unwrap_or_default();
                text.checks.push((name, check.expr.to_string()));
            }
            TableConstraint::ForeignKey(key) => {
                if let Some(name) = &key.name {
                    let columns = key.columns.iter().map(|column| column.value.clone()).collect();
                    text.foreign_keys.push((columns, name.value.clone()));
                }
            }
            _ => {}
        }
    }
    text.checks.sort();
    text
}

/// The key parts of a stored `CREATE INDEX`, as they are written.
pub(super) fn key_parts(sql: &str) -> Vec<String> {
    let Some(Statement::CreateIndex(create)) = parse(sql) else { return Vec::new() };
    let bare = |expr: &Expr| match expr {
        Expr::Nested(inner) => inner.to_string(),
        other => other.to_string(),
    };
    create.columns.iter().map(|part| bare(&part.column.expr)).collect()
}

fn parse(sql: &str) -> Option<Statement> {
    Parser::parse_sql(&SQLiteDialect {}, sql).ok()?.pop()
}
