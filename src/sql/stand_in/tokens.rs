//! A statement as the few kinds of parts that tell what a placeholder stands for.

use sqlparser::dialect::MySqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

/// One part; spaces and comments are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// A word that is not quoted; it may be a name all the same.
    Word(String),
    /// A quoted name.
    Name(String),
    /// `?`
    Mark,
    /// A number or a text.
    Literal,
    /// Anything else, as it is written.
    Sign(String),
}

impl Part {
    /// Whether it is this word, or this sign.
    pub(super) fn is(&self, text: &str) -> bool {
        match self {
            Self::Word(word) => word.eq_ignore_ascii_case(text),
            Self::Sign(sign) => sign == text,
            _ => false,
        }
    }

    /// The name, if it may be one.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Word(name) | Self::Name(name) => Some(name),
            _ => None,
        }
    }
}

/// The parts; `None` for what is no SQL.
pub(super) fn parts(sql: &str) -> Option<Vec<Part>> {
    let tokens = Tokenizer::new(&MySqlDialect {}, sql).tokenize().ok()?;
    let part = |token| match token {
        Token::Whitespace(_) | Token::EOF => None,
        Token::Word(word) if word.quote_style == Some('"') => Some(Part::Literal),
        Token::Word(word) if word.quote_style.is_some() => Some(Part::Name(word.value)),
        Token::Word(word) => Some(Part::Word(word.value)),
        Token::Placeholder(text) if text.starts_with('?') => Some(Part::Mark),
        Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::DoubleQuotedString(_)
        | Token::HexStringLiteral(_) => Some(Part::Literal),
        other => Some(Part::Sign(other.to_string())),
    };
    Some(tokens.into_iter().filter_map(part).collect())
}
