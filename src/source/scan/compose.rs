//! A text with holes becomes a statement with `?`, or the reason why it cannot.
//!
//! What a hole is, its place tells: a value after a comparison, a name after FROM, a part of the statement otherwise.

use super::sample::Hint;
use super::value::{Form, Piece};
use super::writer::Writer;
use crate::sql::parse::{parse_statement, placeholders};

/// What became of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Composed {
    /// A statement that EXPLAIN may have a plan for.
    Statement(Composition),
    /// A statement that changes the schema; its first words.
    Ddl(String),
    /// A statement with no plan, or one that is not known as a whole; why.
    Uncovered(String),
    /// No SQL.
    NoSql,
}

/// A statement with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Composition {
    pub(super) sql: String,
    /// The code's expression for each `?`.
    pub(super) values: Vec<String>,
    /// What each `?` is compared with.
    pub(super) hints: Vec<Hint>,
}

/// How the call passes its parameters.
#[derive(Debug, Clone, Default)]
pub(super) struct Passed {
    /// The code's expressions for the `?`, as far as they are told one by one.
    pub(super) values: Vec<String>,
    /// Whether the client writes `?` of a list as many values.
    pub(super) spreads: bool,
}

const PLANNED: [&str; 6] = ["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"];
const SCHEMA: [&str; 5] = ["CREATE", "ALTER", "DROP", "TRUNCATE", "RENAME"];
const OTHER: [&str; 16] = [
    "SHOW", "SET", "CALL", "BEGIN", "COMMIT", "ROLLBACK", "START", "LOCK", "UNLOCK", "USE", "DESCRIBE", "EXPLAIN",
    "ANALYZE", "OPTIMIZE", "GRANT", "REVOKE",
];
/// The character that stands for the first hole; those for the others follow it.
pub(super) const HOLE: u32 = 0xe000;

/// Makes a statement of a text.
pub(super) fn compose(form: &Form, passed: &Passed) -> Composed {
    let (mut text, mut holes) = (String::new(), Vec::new());
    for piece in form {
        match piece {
            Piece::Text { text: words, .. } => text.push_str(words),
            Piece::Hole(hole) => {
                let number = u32::try_from(holes.len()).unwrap_or(u32::MAX);
                let Some(mark) = char::from_u32(HOLE.saturating_add(number)).filter(|mark| mark.len_utf8() == 3) else {
                    return Composed::Uncovered("it has too many parts that are only known at run time".into());
                };
                text.push(mark);
                holes.push(hole);
            }
        }
    }
    let text = text.trim().trim_end_matches(';').trim_end();
    let start = without_comments(text);
    let verb: String = start
        .trim_start_matches('(')
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect::<String>()
        .to_ascii_uppercase();
    let rest = start.trim_start_matches('(').get(verb.len()..).unwrap_or_default();
    let is_word = rest.chars().next().is_none_or(|next| next.is_whitespace() || "(`*".contains(next));
    if !is_word {
        return Composed::NoSql;
    }
    let first: String = start.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    let first: String = first.chars().filter(|letter| !is_mark(*letter)).collect();
    match verb.as_str() {
        verb if SCHEMA.contains(&verb) => return Composed::Ddl(first),
        verb if OTHER.contains(&verb) => return Composed::Uncovered(format!("EXPLAIN has no plan for {verb}")),
        verb if PLANNED.contains(&verb) => {}
        _ => return Composed::NoSql,
    }
    let mut writer = Writer::new(passed, holes);
    if let Err(because) = writer.write(text) {
        return Composed::Uncovered(because);
    }
    let Writer { out: sql, values, hints, .. } = writer;
    match (placeholders(&sql), parse_statement(&sql)) {
        (Ok(count), Ok(_)) if count == values.len() => Composed::Statement(Composition { sql, values, hints }),
        (Err(error), _) | (_, Err(error)) => Composed::Uncovered(format!("it does not parse: {}", error.message)),
        _ => Composed::Uncovered("its placeholders cannot be told from its text".into()),
    }
}

pub(super) fn is_mark(letter: char) -> bool {
    (HOLE..=0xf8ff).contains(&u32::from(letter))
}

fn without_comments(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        let end = if text.starts_with("/*") && !text.starts_with("/*!") {
            text.find("*/").map(|end| end + 2)
        } else if text.starts_with("-- ") || text.starts_with('#') {
            text.find('\n')
        } else {
            None
        };
        match end {
            Some(end) => text = &text[end..],
            None => return text,
        }
    }
}
