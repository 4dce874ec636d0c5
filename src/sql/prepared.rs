//! `PREPARE` and `EXECUTE`: which statement it is that a file runs by them.

use sqlparser::dialect::MySqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

/// What a statement does with prepared statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prepared {
    /// `PREPARE name FROM source`.
    Prepare {
        /// The name, in lower case.
        name: String,
        /// The text.
        source: Source,
    },
    /// `EXECUTE name`.
    Execute {
        /// The name, in lower case.
        name: String,
    },
    /// `EXECUTE IMMEDIATE source`, `MariaDB`'s.
    ExecuteImmediate {
        /// The text.
        source: Source,
    },
}

/// Where the text of a prepared statement comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// It stands there.
    Text(String),
    /// It is the value of this user variable, named with its `@`.
    Variable(String),
}

/// Reads a statement; `None` when it is none of these, or takes its text from an expression.
#[must_use]
pub fn prepared(sql: &str) -> Option<Prepared> {
    let start = sql.trim_start().get(..7)?;
    if !start.eq_ignore_ascii_case("PREPARE") && !start.eq_ignore_ascii_case("EXECUTE") {
        return None;
    }
    let tokens = Tokenizer::new(&MySqlDialect {}, sql).tokenize().ok()?;
    let tokens: Vec<Token> = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    let word = |at: usize| match tokens.get(at) {
        Some(Token::Word(word)) => Some(word.value.to_lowercase()),
        _ => None,
    };
    // An expression, such as CONCAT(…), is more than one token.
    let source = |at: usize| match (tokens.get(at)?, tokens.get(at + 1)) {
        (_, Some(next)) if !matches!(next, Token::SemiColon) && word(at + 1).as_deref() != Some("using") => None,
        (Token::SingleQuotedString(text) | Token::DoubleQuotedString(text), _) => Some(Source::Text(text.clone())),
        (Token::Word(name), _) if name.value.starts_with('@') => Some(Source::Variable(name.value.clone())),
        _ => None,
    };
    match (word(0)?.as_str(), word(1)?) {
        ("prepare", name) if word(2).as_deref() == Some("from") => Some(Prepared::Prepare { name, source: source(3)? }),
        ("execute", word) if word == "immediate" => Some(Prepared::ExecuteImmediate { source: source(2)? }),
        ("execute", name) => Some(Prepared::Execute { name }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_read() {
        let of = |sql: &str| prepared(sql);
        let variable = Source::Variable("@sql".into());
        let prepare = |source| Some(Prepared::Prepare { name: "s".into(), source });
        assert_eq!(of("PREPARE s FROM @sql"), prepare(variable.clone()));
        assert_eq!(of("prepare `S` from 'DROP TABLE t'"), prepare(Source::Text("DROP TABLE t".into())));
        assert_eq!(of("EXECUTE s"), Some(Prepared::Execute { name: "s".into() }));
        assert_eq!(of("EXECUTE s USING @a, @b"), Some(Prepared::Execute { name: "s".into() }));
        assert_eq!(of("EXECUTE IMMEDIATE @sql"), Some(Prepared::ExecuteImmediate { source: variable }));
        assert_eq!(of("EXECUTE IMMEDIATE CONCAT('a', @b)"), None);
        assert_eq!(of("SELECT 1"), None);
        assert_eq!(of("é"), None);
    }
}
