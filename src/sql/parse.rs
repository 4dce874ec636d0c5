//! `MySQL` statements to a syntax tree, with the place of every error.
//!
//! The parser knows most but not all of `MySQL`; what it rejects is bent at the level of tokens (see [`super::bend`]) and tried again.

use super::bend;
use super::depth::is_too_deep;
pub use super::placeholder::{bind, literal, placeholders};
use sqlparser::ast::Statement;
use sqlparser::dialect::MySqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{TokenWithSpan, Tokenizer};

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

/// Parses exactly one statement in `MySQL`'s dialect. Spans in the tree are those of the given text.
///
/// # Errors
/// When the text is no single statement that the parser knows.
pub fn parse_statement(sql: &str) -> Result<Statement, SqlError> {
    let tokens = Tokenizer::new(&MySqlDialect {}, sql).tokenize_with_location().map_err(|error| SqlError {
        message: error.message,
        line: u32::try_from(error.location.line).unwrap_or(0),
        column: u32::try_from(error.location.column).unwrap_or(0),
    })?;
    if is_too_deep(&tokens) {
        return Err(place(&ParserError::RecursionLimitExceeded));
    }
    let tokens = bend::always(tokens);
    one(tokens.clone()).or_else(|error| {
        // The error of the text as written is the one worth reading when bending does not help either.
        bend::on_failure(&tokens).and_then(|bent| one(bent).ok()).ok_or(error)
    })
}

fn one(tokens: Vec<TokenWithSpan>) -> Result<Statement, SqlError> {
    let parser = Parser::new(&MySqlDialect {}).with_tokens_with_locations(tokens);
    let mut statements = { parser }.parse_statements().map_err(|error| place(&error))?;
    match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => Ok(statement),
        (None, _) => Err(SqlError { message: "there is no statement".into(), line: 1, column: 1 }),
        (Some(_), false) => Err(SqlError { message: "expected one statement".into(), line: 1, column: 1 }),
    }
}

/// Splits "… at Line: 1, Column: 8" off the parser's message.
fn place(error: &ParserError) -> SqlError {
    let text = match error {
        ParserError::ParserError(text) | ParserError::TokenizerError(text) => text.clone(),
        ParserError::RecursionLimitExceeded => "the statement is nested too deeply".into(),
    };
    let Some((message, rest)) = text.rsplit_once(" at Line: ") else {
        return SqlError { message: text, line: 0, column: 0 };
    };
    let mut numbers = rest.split(", Column: ").map(|number| number.trim().parse().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(line), Some(column)) => SqlError { message: message.into(), line, column },
        _ => SqlError { message: text, line: 0, column: 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_its_place_and_a_message_without_it() {
        let error = parse_statement("SELECT a\nFROM t WHERE WHERE b").unwrap_err();
        assert_eq!((error.line, error.column), (2, 20));
        assert!(!error.message.contains("Line"), "{}", error.message);
    }

    #[test]
    fn exactly_one_statement_is_read() {
        assert!(parse_statement("SELECT 1;").is_ok());
        assert_eq!(parse_statement("SELECT 1; SELECT 2").unwrap_err().message, "expected one statement");
        assert_eq!(parse_statement("-- nothing").unwrap_err().message, "there is no statement");
    }

    #[test]
    fn what_the_parser_does_not_know_is_bent() {
        for sql in [
            "SELECT a FROM t WHERE id = 1 LOCK IN SHARE MODE",
            "SELECT a FROM t WHERE a MOD 2 = 1",
            "SELECT a FROM t WHERE !a",
            "SELECT EXTRACT(YEAR_MONTH FROM created_at) FROM t",
            "SELECT created_at + INTERVAL '1:30' HOUR_MINUTE FROM t",
            "SELECT INTERVAL(23, 1, 15, 17) FROM t",
            "INSERT INTO t (a, b) VALUES ?",
            "TABLE t",
            "TABLE t ORDER BY a LIMIT 3",
            "SELECT a FROM t FOR UPDATE WAIT 3",
            "SELECT a FROM t WHERE name SOUNDS LIKE 'x'",
            "SELECT a FROM t WHERE BINARY name = 'x'",
            "UPDATE LOW_PRIORITY IGNORE t SET a = 1",
            "DELETE QUICK FROM t WHERE a = 1",
            "DELETE LOW_PRIORITY QUICK IGNORE FROM t WHERE a = 1",
            "REPLACE LOW_PRIORITY INTO t (a) VALUES (1)",
            "SELECT CHAR(77, 121 USING utf8mb4)",
            "SELECT a, GROUP_CONCAT(DISTINCT b ORDER BY c DESC SEPARATOR ', ') FROM t GROUP BY a WITH ROLLUP",
            "SELECT TIMESTAMPDIFF(MINUTE, a, b), DATE_SUB(NOW(), INTERVAL ? DAY) FROM t",
            "SELECT SQL_NO_CACHE a FROM t PARTITION (p0) WHERE MATCH(a, b) AGAINST (? IN BOOLEAN MODE)",
            "CREATE INDEX i ON t (a) USING BTREE COMMENT 'x' INVISIBLE",
            "CREATE FULLTEXT INDEX i ON t (a) WITH PARSER ngram",
            "CREATE TABLE t (a INT UNSIGNED ZEROFILL, KEY k (a) USING BTREE COMMENT 'x' /*!80000 INVISIBLE */)",
            "SELECT a FROM t WHERE a <=> ? AND b REGEXP BINARY 'x' AND c XOR d AND e && f || g",
            "INSERT INTO t SET a = 1, b = ? ON DUPLICATE KEY UPDATE b = VALUES(b)",
            "INSERT INTO t (a) VALUES (?) AS new ON DUPLICATE KEY UPDATE a = new.a",
            "SELECT j->>'$.a', j->'$.b' FROM t WHERE JSON_CONTAINS(j, '1', '$.c') AND 3 MEMBER OF (j->'$.d')",
            "DELETE t1, t2 FROM t1 JOIN t2 ON t1.id = t2.id WHERE t1.a = ?",
            "DELETE FROM t1 USING t1 JOIN t2 ON t1.id = t2.id WHERE t2.a = ?",
            "UPDATE t1 JOIN t2 ON t1.id = t2.id SET t1.a = t2.a WHERE t2.b = ?",
            "UPDATE t1, t2 SET t1.a = t2.a WHERE t1.id = t2.id",
            "SELECT @rn := @rn + 1, a FROM t, (SELECT @rn := 0) r",
        ] {
            assert!(parse_statement(sql).is_ok(), "{sql}: {:?}", parse_statement(sql));
        }
    }

    #[test]
    fn modifiers_are_not_taken_for_a_table_and_its_alias() {
        let statement = parse_statement("UPDATE IGNORE accounts SET a = 1").unwrap();
        assert_eq!(statement.to_string(), "UPDATE accounts SET a = 1");
    }
}
