//! Finds the `?` placeholders of a statement and writes sample values in their place.
//!
//! The scan follows `MySQL`'s lexical rules on bytes and copies everything else as it stands, so that literals, comments
//! and executable comments reach the server unchanged.

use super::parse::SqlError;
use super::quote;
use crate::model::count::counted;
use crate::model::query::Value;

/// The number of `?` placeholders outside strings, quoted names and comments.
///
/// # Errors
/// When a string, a quoted name or a comment is not closed.
pub fn placeholders(sql: &str) -> Result<usize, SqlError> {
    Ok(offsets(sql)?.len())
}

/// Writes the parameters as literals in place of the placeholders, quoted as `MySQL` reads them. All other bytes are copied.
///
/// # Errors
/// When a string, a quoted name or a comment is not closed, or the counts differ.
pub fn bind(sql: &str, params: &[Value]) -> Result<String, SqlError> {
    let places = offsets(sql)?;
    if places.len() != params.len() {
        let message = {
            let (wanted, given) = (places.len() as u64, params.len() as u64);
            format!("{}, but {}", counted(wanted, "placeholder"), counted(given, "parameter"))
        };
        return Err(SqlError { message, line: 0, column: 0 });
    }
    let mut bound = String::with_capacity(sql.len() + 16 * params.len());
    let mut copied = 0;
    for (place, value) in places.into_iter().zip(params) {
        bound.push_str(&sql[copied..place]);
        copied = place + 1;
        let text = literal(value);
        // `LIMIT?` and `-?` would otherwise run together with their neighbours.
        if bound.ends_with(word_or_dash) {
            bound.push(' ');
        }
        bound.push_str(&text);
        if sql[copied..].starts_with(word_or_dash) {
            bound.push(' ');
        }
    }
    bound.push_str(&sql[copied..]);
    Ok(bound)
}

/// A value as a `MySQL` literal. A number that SQL cannot write (infinity, not-a-number) becomes NULL.
#[must_use]
pub fn literal(value: &Value) -> String {
    match value {
        Value::Bool(true) => "TRUE".into(),
        Value::Bool(false) => "FALSE".into(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) if number.is_finite() => format!("{number:?}"),
        Value::Null | Value::Float(_) => "NULL".into(),
        Value::Text(text) => quote::literal(text),
    }
}

fn word_or_dash(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '-' | '@')
}

/// Byte offsets of the placeholders.
fn offsets(sql: &str) -> Result<Vec<usize>, SqlError> {
    let bytes = sql.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        at = match bytes[at] {
            b'?' => {
                found.push(at);
                at + 1
            }
            b'\'' | b'"' => at + quote::length(&sql[at..]).ok_or_else(|| unclosed(sql, at, "string"))?,
            b'`' => at + quote::length(&sql[at..]).ok_or_else(|| unclosed(sql, at, "quoted name"))?,
            b'#' => line_end(bytes, at),
            b'-' if starts_dash_comment(&bytes[at..]) => line_end(bytes, at),
            b'/' if bytes[at..].starts_with(b"/*!") => at + 3,
            b'/' if bytes[at..].starts_with(b"/*M!") => at + 4,
            b'/' if bytes[at..].starts_with(b"/*") => match sql[at + 2..].find("*/") {
                Some(length) => at + 2 + length + 2,
                None => return Err(unclosed(sql, at, "comment")),
            },
            _ => at + 1,
        };
    }
    Ok(found)
}

/// `--` begins a comment only before white space, a control character or the end.
fn starts_dash_comment(rest: &[u8]) -> bool {
    rest.starts_with(b"--") && rest.get(2).is_none_or(|next| next.is_ascii_whitespace() || next.is_ascii_control())
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| from + length)
}

fn unclosed(sql: &str, at: usize, what: &str) -> SqlError {
    let before = &sql[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    SqlError {
        message: format!("the {what} that begins here is not closed"),
        line: u32::try_from(line).unwrap_or(0),
        column: u32::try_from(column).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::parse::parse_statement;
    use proptest::prelude::*;

    #[test]
    fn question_marks_in_strings_names_and_comments_are_not_placeholders() {
        let sql =
            "SELECT '?', \"it''s ?\\\"?\", `a?b` -- ? \n, # ?\n /* ? */ /*+ ? */ x FROM t WHERE a = ? /*! AND b = ? */";
        assert_eq!(placeholders(sql), Ok(2));
    }

    #[test]
    fn two_dashes_without_a_space_are_arithmetic() {
        assert_eq!(placeholders("SELECT 5--?"), Ok(1));
        assert_eq!(bind("SELECT 5-?", &[Value::Int(-1)]), Ok("SELECT 5- -1".into()));
    }

    #[test]
    fn everything_but_the_placeholder_is_copied() {
        let sql = "SELECT /*!80000 SQL_NO_CACHE */ 'a\\'b''c', x'41' FROM `t`\tWHERE a=?AND b IN(?) LIMIT?";
        let params = [Value::Int(7), Value::Text("o'\\n".into()), Value::Int(3)];
        let bound =
            "SELECT /*!80000 SQL_NO_CACHE */ 'a\\'b''c', x'41' FROM `t`\tWHERE a=7 AND b IN('o''\\\\n') LIMIT 3";
        assert_eq!(bind(sql, &params), Ok(bound.into()));
    }

    #[test]
    fn a_wrong_count_and_an_open_string_are_errors() {
        assert_eq!(bind("SELECT ?", &[]).unwrap_err().message, "1 placeholder, but 0 parameters");
        let open = bind("SELECT\n  'abc", &[]).unwrap_err();
        assert_eq!((open.line, open.column), (2, 3));
    }

    #[test]
    fn numbers_that_sql_cannot_write_are_null() {
        assert_eq!(literal(&Value::Float(f64::NAN)), "NULL");
        assert_eq!(literal(&Value::Float(1.0)), "1.0");
    }

    proptest! {
        #[test]
        fn binding_nothing_changes_nothing(sql in "[^?]*") {
            if let Ok(bound) = bind(&sql, &[]) {
                prop_assert_eq!(bound, sql);
            }
        }

        #[test]
        fn any_text_survives_as_a_literal(text in "\\PC*") {
            let sql = bind("SELECT ?", &[Value::Text(text.clone())]).unwrap();
            let written = parse_statement(&sql).unwrap();
            let sqlparser::ast::Statement::Query(query) = written else { panic!("not a query") };
            let sqlparser::ast::SetExpr::Select(select) = *query.body else { panic!("not a select") };
            let [sqlparser::ast::SelectItem::UnnamedExpr(sqlparser::ast::Expr::Value(value))] = &select.projection[..] else {
                panic!("not one value")
            };
            prop_assert_eq!(value.value.clone().into_string(), Some(text));
        }
    }
}
