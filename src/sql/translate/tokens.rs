//! From text to the syntax tree, by way of tokens: what the parser reads otherwise than `MySQL` does, or not at all
//! although it means nothing to the embedded engine, is put right between the two.

use super::refusal::{Leading, leading};
use super::{Notes, alter_tokens};
use crate::sql::depth::is_too_deep;
use crate::sql::parse::SqlError;
use sqlparser::ast::Statement;
use sqlparser::dialect::MySqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// Unquoted words of a statement, in upper case.
#[derive(Debug)]
pub(super) struct Words<'a>(pub(super) &'a [TokenWithSpan]);

impl Words<'_> {
    /// The word at that token; empty when it is none, or quoted.
    pub(super) fn at(&self, at: usize) -> String {
        match self.0.get(at).map(|found| &found.token) {
            Some(Token::Word(word)) if word.quote_style.is_none() => word.value.to_ascii_uppercase(),
            _ => String::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether these words follow one another from that token on.
    pub(super) fn are(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(offset, word)| self.at(at + offset) == *word)
    }

    pub(super) fn is(&self, at: usize, token: &Token) -> bool {
        self.0.get(at).is_some_and(|found| &found.token == token)
    }
}

/// An error at a place of the statement.
pub(super) fn error_at(message: impl Into<String>, place: Location) -> SqlError {
    let number = |value: u64| u32::try_from(value).unwrap_or(0);
    SqlError { message: message.into(), line: number(place.line), column: number(place.column) }
}

/// Reads one statement; `None` when nothing of it is left for the embedded engine.
pub(super) fn parse(sql: &str, notes: &mut Notes) -> Result<Option<Statement>, SqlError> {
    let mut tokens = Tokenizer::new(&MySqlDialect {}, sql)
        .tokenize_with_location()
        .map_err(|error| error_at(error.message, error.location))?;
    tokens.retain(|found| !matches!(found.token, Token::Whitespace(_)));
    while tokens.last().is_some_and(|found| matches!(found.token, Token::SemiColon | Token::EOF)) {
        tokens.pop();
    }
    let start = tokens.first().map_or(Location::new(1, 1), |found| found.span.start);
    match leading(&Words(&tokens)) {
        Leading::Translate => {}
        Leading::Nothing(note) => {
            notes.add(note);
            return Ok(None);
        }
        Leading::Refuse(message) => return Err(error_at(message, start)),
    }
    expressions(&mut tokens);
    let words = Words(&tokens);
    match (words.at(0).as_str(), words.at(1).as_str()) {
        ("CREATE", _) => definition(&mut tokens, notes),
        ("DROP", "INDEX") => cut_from(&mut tokens, "ALGORITHM", "LOCK"),
        ("UPDATE", _) => {
            modifiers(&mut tokens);
            update_list(&mut tokens);
        }
        ("DELETE", _) => modifiers(&mut tokens),
        ("ALTER", _) => {
            definition(&mut tokens, notes);
            alter_tokens::normalise(&mut tokens, notes)?;
            if tokens.is_empty() {
                return Ok(None);
            }
        }
        _ => {}
    }
    if is_too_deep(&tokens) {
        return Err(error_at("the statement is nested too deeply", start));
    }
    let mut parser = Parser::new(&MySqlDialect {}).with_tokens_with_locations(tokens);
    let mut statements = parser.parse_statements().map_err(|error| parser_error(&error, start))?;
    match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => Ok(Some(statement)),
        (None, _) => Ok(None),
        _ => Err(error_at("expected one statement", start)),
    }
}

/// The parser gives the place as text at the end of its message.
fn parser_error(error: &ParserError, start: Location) -> SqlError {
    let text = match error {
        ParserError::ParserError(text) | ParserError::TokenizerError(text) => text.clone(),
        ParserError::RecursionLimitExceeded => "the statement is nested too deeply".into(),
    };
    let place = text.rsplit_once(" at Line: ").and_then(|(message, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((message.to_owned(), Location::new(line.trim().parse().ok()?, column.trim().parse().ok()?)))
    });
    let (message, place) = place.unwrap_or((text, start));
    error_at(format!("the embedded engine's translation cannot read this: {message}"), place)
}

/// Words that `SQLite` reserves and `MySQL` does not.
const RESERVED_THERE: [&str; 6] = ["AUTOINCREMENT", "COMMIT", "DEFERRABLE", "NOTHING", "NOTNULL", "TRANSACTION"];

/// Operators, and names that only `SQLite` reserves; placeholders are numbered so that they may change their order.
fn expressions(tokens: &mut Vec<TokenWithSpan>) {
    let mut at = 0;
    let mut placeholders = 0;
    while at < tokens.len() {
        let words = Words(tokens);
        let new = match &tokens[at].token {
            // OR unless the mode PIPES_AS_CONCAT is set, which no server has by default.
            Token::StringConcat => Some(Token::make_keyword("OR")),
            Token::Placeholder(_) => {
                placeholders += 1;
                Some(Token::Placeholder(format!("?{placeholders}")))
            }
            // NOT binds more loosely, so nothing may follow that the operand would be drawn into.
            Token::ExclamationMark => match words.at(after_operand(&words, at + 1)).as_str() {
                "AND" | "OR" | "THEN" | "AS" | "GROUP" | "ORDER" | "LIMIT" => Some(Token::make_keyword("NOT")),
                _ if matches!(
                    tokens.get(after_operand(&words, at + 1)).map(|next| &next.token),
                    None | Some(Token::Comma | Token::RParen | Token::StringConcat | Token::Overlap)
                ) =>
                {
                    Some(Token::make_keyword("NOT"))
                }
                _ => None,
            },
            Token::Word(_) => match words.at(at).as_str() {
                "MOD" if at > 0 && ends_operand(&tokens[at - 1].token) => Some(Token::Mod),
                "LOCK" if words.are(at, &["LOCK", "IN", "SHARE", "MODE"]) => {
                    tokens.drain(at..at + 4);
                    continue;
                }
                // Adds nothing to the statement's meaning here.
                "SQL_CACHE" => {
                    tokens.remove(at);
                    continue;
                }
                word if at > 1 && RESERVED_THERE.contains(&word) => {
                    let name = tokens[at].token.to_string();
                    Some(Token::make_word(&name, Some('`')))
                }
                _ => None,
            },
            _ => None,
        };
        if let Some(new) = new {
            tokens[at].token = new;
        }
        at += 1;
    }
}

/// After these an operand begins, so that MOD is the function.
const BEFORE_OPERAND: [&str; 22] = [
    "SELECT",
    "DISTINCT",
    "ALL",
    "WHERE",
    "AND",
    "OR",
    "XOR",
    "NOT",
    "ON",
    "BY",
    "HAVING",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "SET",
    "BETWEEN",
    "LIKE",
    "DIV",
    "IN",
    "LIMIT",
    "RETURNING",
];

fn ends_operand(token: &Token) -> bool {
    match token {
        Token::Number(..) | Token::RParen | Token::SingleQuotedString(_) | Token::Placeholder(_) => true,
        Token::Word(word) => {
            word.quote_style.is_some() || !BEFORE_OPERAND.contains(&word.value.to_ascii_uppercase().as_str())
        }
        _ => false,
    }
}

/// What definitions may carry that has no counterpart in the embedded engine.
fn definition(tokens: &mut Vec<TokenWithSpan>, notes: &mut Notes) {
    let mut at = 0;
    while at < tokens.len() {
        let words = Words(tokens);
        let after_parts = at > 0 && matches!(tokens[at - 1].token, Token::RParen | Token::SingleQuotedString(_));
        let inside = at > 0 && !matches!(tokens[at - 1].token, Token::Comma | Token::LParen | Token::Period);
        let cut = match words.at(at).as_str() {
            "PARTITION" if words.are(at, &["PARTITION", "BY"]) && at > 0 && !words.is(at - 1, &Token::LParen) => {
                notes.add("the embedded engine has no partitions; PARTITION BY was left out".into());
                tokens.len() - at
            }
            "ZEROFILL" if inside => 1,
            "VISIBLE" | "INVISIBLE" | "IGNORED" if after_parts => {
                if words.at(at) != "VISIBLE" {
                    notes.add("the embedded engine cannot hide an index; it stays visible".into());
                }
                1
            }
            "NOT" if after_parts && words.at(at + 1) == "IGNORED" => 2,
            "KEY_BLOCK_SIZE" if after_parts => 1 + usize::from(words.is(at + 1, &Token::Eq)) + 1,
            "USING" if matches!(words.at(at + 1).as_str(), "BTREE" | "HASH" | "RTREE") => 2,
            "WITH" if words.are(at, &["WITH", "PARSER"]) => 3,
            "WITH" if words.are(at, &["WITH", "CHECK", "OPTION"]) => 3,
            "WITH" if words.at(at + 2) == "CHECK" && words.at(at + 3) == "OPTION" => 4,
            "CHARSET" if inside && words.at(at - 1) != "DEFAULT" && !words.is(at + 1, &Token::Eq) => {
                let mut set = tokens[at].clone();
                tokens[at].token = Token::make_keyword("CHARACTER");
                set.token = Token::make_keyword("SET");
                tokens.insert(at + 1, set);
                0
            }
            "BINARY" if at > 0 && collates_binary(&words, at) => {
                let mut name = tokens[at].clone();
                tokens[at].token = Token::make_keyword("COLLATE");
                name.token = Token::make_word("binary", None);
                tokens.insert(at + 1, name);
                0
            }
            _ => 0,
        };
        if cut == 0 {
            at += 1;
        } else {
            tokens.drain(at..(at + cut).min(tokens.len()));
        }
    }
}

/// `VARCHAR(5) BINARY` and `TEXT BINARY`, where BINARY stands for the `_bin` collation.
fn collates_binary(words: &Words<'_>, at: usize) -> bool {
    let before = words.at(at - 1);
    let of_length = words.is(at - 1, &Token::RParen)
        && at >= 4
        && matches!(words.at(at - 4).as_str(), "VARCHAR" | "CHAR" | "TEXT" | "NVARCHAR" | "NCHAR");
    of_length || matches!(before.as_str(), "TEXT" | "TINYTEXT" | "MEDIUMTEXT" | "LONGTEXT")
}

/// Cuts the statement where the first of two words stands.
pub(super) fn cut_from(tokens: &mut Vec<TokenWithSpan>, one: &str, other: &str) {
    let words = Words(tokens);
    if let Some(at) = (4..words.len()).find(|&at| {
        let word = words.at(at);
        word == one || word == other
    }) {
        tokens.truncate(at);
    }
}

/// `LOW_PRIORITY` and QUICK say nothing here; UPDATE IGNORE is UPDATE OR IGNORE, and DELETE IGNORE has no errors to ignore.
fn modifiers(tokens: &mut Vec<TokenWithSpan>) {
    while matches!(Words(tokens).at(1).as_str(), "LOW_PRIORITY" | "QUICK") {
        tokens.remove(1);
    }
    let words = Words(tokens);
    if words.at(1) == "IGNORE" {
        if words.at(0) == "UPDATE" {
            tokens.insert(1, TokenWithSpan::wrap(Token::make_keyword("OR")));
        } else {
            tokens.remove(1);
        }
    }
}

/// The token after the operand that begins here: a name, a literal, or what stands in parentheses.
fn after_operand(words: &Words<'_>, mut at: usize) -> usize {
    if !words.is(at, &Token::LParen) {
        at += 1;
        while words.is(at, &Token::Period) {
            at += 2;
        }
    }
    if words.is(at, &Token::LParen) {
        let mut depth = 0_usize;
        while at < words.len() {
            depth += usize::from(words.is(at, &Token::LParen));
            depth -= usize::from(words.is(at, &Token::RParen));
            at += 1;
            if depth == 0 {
                break;
            }
        }
    }
    at
}

/// `UPDATE a, b SET` means the same as `UPDATE a JOIN b SET`, which the parser reads.
fn update_list(tokens: &mut [TokenWithSpan]) {
    let mut depth = 0_usize;
    for at in 1..tokens.len() {
        if depth == 0 && Words(tokens).at(at) == "SET" {
            return;
        }
        match tokens[at].token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            Token::Comma if depth == 0 => tokens[at].token = Token::make_keyword("JOIN"),
            _ => {}
        }
    }
}
