//! Statements that lock tables, or give up the locks of their session.

use crate::sql::ddl::{Effect, effect};
use crate::sql::words::names_any;
use sqlparser::dialect::MySqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

/// What a statement does with locks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locking {
    /// `LOCK TABLES`.
    Tables,
    /// `FLUSH TABLES … WITH READ LOCK` or `FOR EXPORT`.
    FlushedTables,
    /// Gives up every named lock of the session, by `RELEASE_ALL_LOCKS()`.
    ReleasesAll,
    /// Gives up the lock of this name.
    Releases(String),
    /// Ends its own connection, and with it everything that the session holds.
    Ends,
}

/// Reads a statement; `None` when it is none of these. A program's body counts when it is called, not where it is made.
#[must_use]
pub fn locking(sql: &str) -> Option<Locking> {
    if !names_any(sql, &["LOCK", "FLUSH", "RELEASE_ALL_LOCKS", "RELEASE_LOCK", "KILL"]) {
        return None;
    }
    let plain = sql.replace("/*M!", "/*!");
    let tokens = Tokenizer::new(&MySqlDialect {}, &plain).tokenize().ok()?;
    let tokens: Vec<Token> = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    let word = |at: usize| match tokens.get(at) {
        Some(Token::Word(word)) if word.quote_style.is_none() => word.value.to_ascii_uppercase(),
        _ => String::new(),
    };
    let is_table = |at: usize| matches!(word(at).as_str(), "TABLE" | "TABLES");
    let names = |text: &str| (0..tokens.len()).any(|at| word(at) == text);
    match word(0).as_str() {
        "LOCK" if is_table(1) => return Some(Locking::Tables),
        "FLUSH" if (1..3).any(is_table) && (names("READ") || names("EXPORT")) => return Some(Locking::FlushedTables),
        "KILL" if names("CONNECTION_ID") => return Some(Locking::Ends),
        _ => {}
    }
    if matches!(effect(sql), Effect::Routine { .. }) {
        return None;
    }
    (0..tokens.len()).find_map(|at| match (word(at).as_str(), tokens.get(at + 1)?, tokens.get(at + 2)?) {
        ("RELEASE_ALL_LOCKS", Token::LParen, Token::RParen) => Some(Locking::ReleasesAll),
        ("RELEASE_LOCK", Token::LParen, Token::SingleQuotedString(name) | Token::DoubleQuotedString(name)) => {
            Some(Locking::Releases(name.clone()))
        }
        _ => None,
    })
}

/// Whether a statement does nothing but to take or release a named lock, whose name is written out.
#[must_use]
pub fn is_of_a_named_lock(sql: &str) -> bool {
    if !names_any(sql, &["GET_LOCK", "RELEASE_LOCK"]) {
        return false;
    }
    let Ok(tokens) = Tokenizer::new(&MySqlDialect {}, sql).tokenize() else { return false };
    let tokens: Vec<Token> = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    let is = |token: &Token, words: &[&str]| {
        matches!(token, Token::Word(word) if word.quote_style.is_none()
            && words.iter().any(|known| word.value.eq_ignore_ascii_case(known)))
    };
    let [verb, function, Token::LParen, arguments @ .., Token::RParen] = &tokens[..] else { return false };
    let is_literal = |token: &Token| {
        matches!(
            token,
            Token::SingleQuotedString(_)
                | Token::DoubleQuotedString(_)
                | Token::Number(..)
                | Token::Comma
                | Token::Minus
        )
    };
    is(verb, &["SELECT", "DO"]) && is(function, &["GET_LOCK", "RELEASE_LOCK"]) && arguments.iter().all(is_literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_are_told_from_what_only_looks_like_them() {
        for (sql, found) in [
            ("LOCK TABLES t WRITE", Some(Locking::Tables)),
            ("lock table t read, u write", Some(Locking::Tables)),
            ("/*!40000 LOCK TABLES `t` WRITE */", Some(Locking::Tables)),
            ("FLUSH TABLES WITH READ LOCK", Some(Locking::FlushedTables)),
            ("FLUSH LOCAL TABLES t FOR EXPORT", Some(Locking::FlushedTables)),
            ("SELECT RELEASE_ALL_LOCKS()", Some(Locking::ReleasesAll)),
            ("SET @a = release_all_locks ( )", Some(Locking::ReleasesAll)),
            ("DO RELEASE_LOCK('a'), 1", Some(Locking::Releases("a".into()))),
            ("KILL CONNECTION CONNECTION_ID()", Some(Locking::Ends)),
            ("KILL 7", None),
            ("UNLOCK TABLES", None),
            ("FLUSH TABLES t", None),
            ("SELECT * FROM t WHERE a = 'LOCK TABLES t WRITE' FOR UPDATE", None),
            ("ALTER TABLE t ADD COLUMN a INT, LOCK = NONE", None),
            ("CREATE PROCEDURE p() SELECT RELEASE_ALL_LOCKS()", None),
            ("INSERT INTO `lock` VALUES ('RELEASE_ALL_LOCKS()')", None),
        ] {
            assert_eq!(locking(sql), found, "{sql}");
        }
    }

    #[test]
    fn a_statement_of_a_named_lock_does_nothing_else() {
        for sql in ["SELECT GET_LOCK('a', 10)", "do get_lock(\"a\", -1)", "SELECT RELEASE_LOCK('a') -- now"] {
            assert!(is_of_a_named_lock(sql), "{sql}");
        }
        for sql in [
            "SELECT GET_LOCK('a', 10), f()",
            "SELECT GET_LOCK(CONCAT('a', UUID()), 10)",
            "INSERT INTO t VALUES (GET_LOCK('a', 1))",
            "SELECT IS_USED_LOCK('a')",
        ] {
            assert!(!is_of_a_named_lock(sql), "{sql}");
        }
    }
}
