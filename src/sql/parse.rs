//! `MySQL` statements to a syntax tree, and sample parameters into placeholders.

use crate::model::query::Value;
use sqlparser::ast::Statement;
use sqlparser::dialect::MySqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

/// SQL that could not be read. Line and column count from 1 within the statement's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SqlError {
    /// What is wrong, without the place.
    pub message: String,
    /// Line, from 1; 0 when unknown.
    pub line: u32,
    /// Column in characters, from 1; 0 when unknown.
    pub column: u32,
}

/// Parses exactly one statement in `MySQL`'s dialect.
///
/// # Errors
/// When the text is no single statement that the parser knows.
pub fn parse_statement(sql: &str) -> Result<Statement, SqlError> {
    let mut statements = Parser::parse_sql(&MySqlDialect {}, sql).map_err(|error| SqlError {
        message: error.to_string(),
        line: 0,
        column: 0,
    })?;
    match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => Ok(statement),
        _ => Err(SqlError { message: "expected one statement".into(), line: 1, column: 1 }),
    }
}

/// The number of `?` placeholders outside strings and comments.
///
/// # Errors
/// When the text cannot be tokenized.
pub fn placeholders(sql: &str) -> Result<usize, SqlError> {
    Ok(tokens(sql)?.iter().filter(|token| matches!(token, Token::Placeholder(_))).count())
}

/// Writes the parameters as literals in place of the placeholders, quoted as `MySQL` reads them.
///
/// # Errors
/// When the text cannot be tokenized or the counts differ.
pub fn bind(sql: &str, params: &[Value]) -> Result<String, SqlError> {
    let mut bound = String::with_capacity(sql.len() + 16 * params.len());
    let mut rest = params.iter();
    for token in tokens(sql)? {
        match (&token, matches!(token, Token::Placeholder(_))) {
            (_, true) => match rest.next() {
                Some(value) => bound.push_str(&literal(value)),
                None => return Err(count_error(sql, params.len())?),
            },
            (token, false) => bound.push_str(&token.to_string()),
        }
    }
    if rest.next().is_some() { Err(count_error(sql, params.len())?) } else { Ok(bound) }
}

/// A value as a `MySQL` literal.
#[must_use]
pub fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Bool(true) => "TRUE".into(),
        Value::Bool(false) => "FALSE".into(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")),
    }
}

fn count_error(sql: &str, given: usize) -> Result<SqlError, SqlError> {
    let wanted = placeholders(sql)?;
    Ok(SqlError { message: format!("{wanted} placeholders, but {given} parameters"), line: 0, column: 0 })
}

fn tokens(sql: &str) -> Result<Vec<Token>, SqlError> {
    Tokenizer::new(&MySqlDialect {}, sql).with_unescape(false).tokenize().map_err(|error| SqlError {
        message: error.message,
        line: u32::try_from(error.location.line).unwrap_or(0),
        column: u32::try_from(error.location.column).unwrap_or(0),
    })
}
