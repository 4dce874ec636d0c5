//! From a place in a statement to its place in the YAML file, whatever sort of scalar holds it.
//!
//! YAML moves white space about (indentation, folding, line ends) and escapes characters, but keeps all others in
//! their order. So statement and file are read side by side without their white space until the place is reached; at the
//! first difference there is no answer rather than a wrong one.

use crate::model::location::Location;
use crate::source::node::Node;
use crate::source::yaml::Document;
use crate::sql::parse::SqlError;
use std::iter::Peekable;
use std::str::CharIndices;

/// The place of the error, when it can be told.
pub(super) fn of(document: &Document, scalar: &Node, sql: &str, error: &SqlError) -> Option<Location> {
    let target = target(sql, error)?;
    let start = document.offset(&document.spot(scalar.written));
    let text = document.text.get(start..)?;
    let quote = text.chars().next().filter(|first| ['"', '\''].contains(first) && !sql.starts_with(*first));
    let mut file = text.char_indices().peekable();
    if quote.is_some() {
        file.next();
    }
    let mut end = 0;
    for wanted in sql[..target].chars().filter(|c| !c.is_whitespace()) {
        end = take(&mut file, wanted, quote)?;
    }
    if !sql[target..].trim().is_empty() {
        skip_space(&mut file, quote);
        end = file.peek()?.0;
    }
    Some(document.place_of(start + end))
}

/// The error's byte in the statement. The parser gives no place for an end that comes too early: that is the end.
fn target(sql: &str, error: &SqlError) -> Option<usize> {
    if error.line == 0 {
        return error.message.ends_with("found: EOF").then(|| sql.trim_end().len());
    }
    let lines = usize::try_from(error.line).ok()? - 1;
    let start: usize = sql.split_inclusive('\n').take(lines).map(str::len).sum();
    let line = sql[start..].lines().next().unwrap_or_default();
    let column = usize::try_from(error.column).ok()?.checked_sub(1)?;
    Some(start + line.char_indices().nth(column).map_or(line.len(), |(index, _)| index))
}

/// Takes the next character of the scalar, which must be the wanted one; the byte behind it.
fn take(file: &mut Peekable<CharIndices<'_>>, wanted: char, quote: Option<char>) -> Option<usize> {
    skip_space(file, quote);
    let (at, found) = match (file.next()?, quote) {
        // Both escapes that stand for a character of the statement have two characters.
        ((_, '\\'), Some('"')) | ((_, '\''), Some('\'')) => file.next()?,
        (plain, _) => plain,
    };
    (found == wanted).then(|| at + found.len_utf8())
}

/// Passes over white space, escaped white space among it.
fn skip_space(file: &mut Peekable<CharIndices<'_>>, quote: Option<char>) {
    loop {
        let mut ahead = file.clone();
        match ahead.next() {
            Some((_, c)) if c.is_whitespace() => {
                file.next();
            }
            Some((_, '\\'))
                if quote == Some('"') && matches!(ahead.next(), Some((_, 'n' | 't' | 'r' | '\n' | '\r' | ' '))) =>
            {
                file.next();
                file.next();
            }
            _ => return,
        }
    }
}
