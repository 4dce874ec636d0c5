//! Readies the operations of `ALTER TABLE` for the parser: each is looked at by its first words, what concerns only a
//! server's storage is left out, and what the embedded engine cannot do is refused by its name.

use super::Notes;
use super::tokens::{Words, error_at};
use crate::sql::parse::SqlError;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Leaves in `tokens` what the parser reads; nothing when no operation is left.
pub(super) fn normalise(tokens: &mut Vec<TokenWithSpan>, notes: &mut Notes) -> Result<(), SqlError> {
    let words = Words(tokens);
    let Some(table) = (1..words.len()).find(|&at| words.at(at) == "TABLE") else { return Ok(()) };
    let mut begin = table + 1;
    if words.are(begin, &["IF", "EXISTS"]) {
        begin += 2;
    }
    begin += 1;
    while words.is(begin, &Token::Period) {
        begin += 2;
    }
    let mut kept: Vec<Vec<TokenWithSpan>> = Vec::new();
    for operation in split(&tokens[begin.min(tokens.len())..]) {
        kept.extend(one(operation, notes)?);
    }
    if kept.is_empty() {
        tokens.clear();
        return Ok(());
    }
    let comma = TokenWithSpan::wrap(Token::Comma);
    tokens.truncate(begin);
    tokens.extend(kept.join(&comma));
    Ok(())
}

/// Parts between commas that stand outside parentheses.
fn split(tokens: &[TokenWithSpan]) -> Vec<&[TokenWithSpan]> {
    let mut depth = 0_usize;
    tokens
        .split(|found| {
            match found.token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && found.token == Token::Comma
        })
        .filter(|part| !part.is_empty())
        .collect()
}

/// One operation as the parser reads it; several when it adds several columns, none when nothing is left of it.
fn one(operation: &[TokenWithSpan], notes: &mut Notes) -> Result<Vec<Vec<TokenWithSpan>>, SqlError> {
    let words = Words(operation);
    let place = operation[0].span.start;
    let refuse = |what: &str| {
        Err(error_at(
            format!("the embedded engine cannot {what}; declare it so in CREATE TABLE, or use a server"),
            place,
        ))
    };
    let mut tokens = operation.to_vec();
    match (words.at(0).as_str(), words.at(1).as_str()) {
        ("ALGORITHM" | "LOCK" | "WITHOUT" | "WITH" | "NOWAIT" | "WAIT", _) => return Ok(vec![]),
        ("CONVERT", "TO") | ("DEFAULT" | "COLLATE" | "CHARACTER" | "CHARSET", _) => {
            notes
                .add("the embedded engine keeps the collations that CREATE TABLE gave; the change was left out".into());
            return Ok(vec![]);
        }
        ("ENGINE" | "COMMENT" | "ROW_FORMAT" | "KEY_BLOCK_SIZE" | "AUTO_INCREMENT" | "FORCE", _) => {
            notes.add(format!("the table option {} was left out", words.at(0)));
            return Ok(vec![]);
        }
        (option, _) if option.starts_with("STATS_") => {
            notes.add(format!("the table option {option} was left out"));
            return Ok(vec![]);
        }
        ("ADD", "FULLTEXT" | "SPATIAL") => {
            notes.add(format!("the embedded engine has no {} index; it was left out", words.at(1)));
            return Ok(vec![]);
        }
        ("ALTER", "INDEX") => {
            notes.add("the embedded engine cannot hide an index; it stays visible".into());
            return Ok(vec![]);
        }
        ("RENAME", "INDEX" | "KEY") => return refuse("rename an index"),
        (
            "ADD" | "DROP" | "TRUNCATE" | "REORGANIZE" | "EXCHANGE" | "COALESCE" | "REMOVE",
            "PARTITION" | "PARTITIONING",
        ) => {
            return refuse("partition a table");
        }
        ("ORDER", _) => return refuse("order a table"),
        ("ADD" | "DROP" | "MODIFY" | "CHANGE", "IF") => return refuse("add or drop a column IF [NOT] EXISTS"),
        ("ADD" | "DROP", "COLUMN" | "INDEX" | "KEY" | "UNIQUE" | "CONSTRAINT" | "FOREIGN")
            if (2..4).any(|at| words.at(at) == "IF") =>
        {
            return refuse("ALTER with IF [NOT] EXISTS");
        }
        ("DROP", "KEY") => tokens[1].token = Token::make_keyword("INDEX"),
        ("RENAME", word) if !matches!(word, "TO" | "AS" | "COLUMN") => {
            let mut to = tokens[0].clone();
            to.token = Token::make_keyword("TO");
            tokens.insert(1, to);
        }
        ("ADD", word) => {
            let open = 1 + usize::from(word == "COLUMN");
            if words.is(open, &Token::LParen) && operation.last().is_some_and(|last| last.token == Token::RParen) {
                let add = operation[0].clone();
                let columns = split(&operation[open + 1..operation.len() - 1]);
                return Ok(columns.into_iter().map(|column| [std::slice::from_ref(&add), column].concat()).collect());
            }
        }
        _ => {}
    }
    Ok(vec![tokens])
}
