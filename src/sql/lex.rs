//! Splits a script into statements, each with its place, the way the `mysql` client does.
//!
//! Quotes, comments, `DELIMITER` and the bodies of stored programs are understood; nothing else about SQL is. A
//! stored program needs no `DELIMITER` here: its body is followed to its END, as a server given the whole file would.

pub use super::place::place;
use super::quote::Backslash;
use super::words::names_any;

use super::place::Place;
use std::fmt;

/// A statement cut out of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece<'text> {
    /// The statement, without its delimiter and without comments around it.
    pub sql: &'text str,
    /// Byte offset of its first character in the script.
    pub offset: usize,
    /// Line of its first character, from 1.
    pub line: u32,
    /// Column of its first character, in characters from 1.
    pub column: u32,
}

/// A script that ends inside a quote or a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LexError {
    /// What was opened and never closed.
    pub message: String,
    /// Line where it was opened, from 1.
    pub line: u32,
    /// Column where it was opened, in characters from 1.
    pub column: u32,
}

impl fmt::Display for LexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for LexError {}

/// Splits a script. A byte order mark at its start and line ends of any kind are accepted.
///
/// # Errors
/// When a quote, a comment or a stored program's body is never closed.
pub fn split(text: &str) -> Result<Vec<Piece<'_>>, LexError> {
    split_under(text, Backslash::Escapes)
}

/// Splits a script for a session in which a backslash means this. A `SET` of `sql_mode` in the script is followed.
///
/// # Errors
/// As [`split`].
pub fn split_under(text: &str, backslash: Backslash) -> Result<Vec<Piece<'_>>, LexError> {
    let mut splitter = Splitter::new(text);
    (splitter.backslash, splitter.before) = (backslash, backslash);
    Ok(splitter.run()?.pieces)
}

/// The plain comments of a script with their marks, inside statements and between them. Executable comments and hints
/// are statements, and none of them.
///
/// # Errors
/// As [`split`].
pub fn comments(text: &str) -> Result<Vec<Piece<'_>>, LexError> {
    let ranges = Splitter::new(text).run()?.comments;
    let mut place = Place::default();
    let piece = |(start, end): (usize, usize)| {
        place.advance(text, start);
        Piece { sql: &text[start..end], offset: start, line: place.line, column: place.column }
    };
    Ok(ranges.into_iter().map(piece).collect())
}

/// One lexical element, by where it ends.
enum Element {
    Space,
    Comment,
    /// A quoted text, a number, an operator: anything that is no word.
    Other,
    Word,
}

struct Splitter<'text> {
    text: &'text str,
    at: usize,
    delimiter: &'text str,
    start: Option<usize>,
    /// End of the last element that is not space or comment.
    end: usize,
    program: Program,
    /// What a backslash is here.
    backslash: Backslash,
    /// What it is while the script has not said otherwise.
    before: Backslash,
    /// Of the last statement.
    place: Place,
    pieces: Vec<Piece<'text>>,
    /// Where plain comments begin and end.
    comments: Vec<(usize, usize)>,
}

impl<'text> Splitter<'text> {
    fn new(text: &'text str) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self {
            text,
            at,
            delimiter: ";",
            start: None,
            end: at,
            program: Program::default(),
            backslash: Backslash::Escapes,
            before: Backslash::Escapes,
            place: Place::default(),
            pieces: Vec::new(),
            comments: Vec::new(),
        }
    }

    fn run(mut self) -> Result<Self, LexError> {
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            if self.start.is_none() && self.delimiter_command(rest) {
                continue;
            }
            if rest.starts_with(self.delimiter) && (self.delimiter != ";" || !self.program.is_open()) {
                self.finish();
                self.at += self.delimiter.len();
                continue;
            }
            let (element, length) = self.element(rest)?;
            let from = self.at;
            self.at += length;
            if matches!(element, Element::Comment) {
                self.comments.push((from, self.at));
            }
            if matches!(element, Element::Space | Element::Comment) {
                continue;
            }
            self.start.get_or_insert(from);
            self.end = self.at;
            self.program.see(if matches!(element, Element::Word) { &rest[..length] } else { "" });
        }
        if let (Some(start), true) = (self.start, self.program.is_open() && self.delimiter == ";") {
            return Err(self.error_at(start, "this stored program has a BEGIN or CASE without its END".into()));
        }
        self.finish();
        Ok(self)
    }

    /// Closes the statement at hand, if there is one.
    fn finish(&mut self) {
        if let Some(start) = self.start.take() {
            self.place.advance(self.text, start);
            let Place { line, column, .. } = self.place;
            let sql = &self.text[start..self.end];
            if names_any(sql, &["sql_mode"]) && names_any(sql, &["SET"]) {
                self.backslash = after(sql, self.backslash, self.before);
            }
            self.pieces.push(Piece { sql, offset: start, line, column });
        }
        self.program = Program::default();
    }

    /// The client's own command `DELIMITER x`, which takes the rest of its line.
    fn delimiter_command(&mut self, rest: &'text str) -> bool {
        const COMMAND: &str = "delimiter";
        let Some(word) = rest.get(..COMMAND.len()).filter(|word| word.eq_ignore_ascii_case(COMMAND)) else {
            return false;
        };
        // Only now, as the end of a long line would be looked for at each of its spaces.
        let line = rest.lines().next().unwrap_or_default();
        let argument = line.get(word.len()..).unwrap_or_default();
        if !argument.starts_with([' ', '\t']) {
            return false;
        }
        self.delimiter = argument.split_whitespace().next().unwrap_or(";");
        self.at += line.len();
        true
    }

    fn element(&self, rest: &str) -> Result<(Element, usize), LexError> {
        let mut characters = rest.chars();
        let first = characters.next().unwrap_or(' ');
        let second = characters.next();
        match first {
            '\'' | '"' | '`' => Ok((Element::Other, self.quoted(rest, first)?)),
            '#' => Ok((Element::Comment, line_length(rest))),
            '-' if second == Some('-') && characters.next().is_none_or(|c| c.is_whitespace() || c.is_control()) => {
                Ok((Element::Comment, line_length(rest)))
            }
            '/' if second == Some('*') => match rest[2..].find("*/") {
                // `/*! … */` and `/*M! … */` are code to the server, and `/*+ … */` are hints: part of the statement.
                Some(_) if is_executable(rest) => Ok((Element::Other, comment_length(rest))),
                Some(_) => Ok((Element::Comment, comment_length(rest))),
                None => Err(self.error_at(self.at, "this comment is never closed: `*/` is missing".into())),
            },
            _ if first.is_whitespace() => Ok((Element::Space, first.len_utf8())),
            _ if is_word(first) => Ok((Element::Word, self.word_length(rest))),
            _ if first.is_ascii_digit() => Ok((Element::Other, self.word_length(rest))),
            _ => Ok((Element::Other, first.len_utf8())),
        }
    }

    /// The length of a word or a number. `END$$` and `1$$` end where the delimiter begins, although `$` may be part of a name.
    fn word_length(&self, rest: &str) -> usize {
        let is_end = |(at, character): &(usize, char)| {
            !(is_word(*character) || character.is_ascii_digit())
                || (self.delimiter != ";" && rest[*at..].starts_with(self.delimiter))
        };
        rest.char_indices().find(is_end).map_or(rest.len(), |(at, _)| at)
    }

    fn quoted(&self, rest: &str, quote: char) -> Result<usize, LexError> {
        super::quote::length_under(rest, self.backslash)
            .ok_or_else(|| self.error_at(self.at, format!("this quote is never closed: {quote} is missing")))
    }

    fn error_at(&self, offset: usize, message: String) -> LexError {
        let (line, column) = place(self.text, offset);
        LexError { message, line, column }
    }
}

/// What a backslash is after a statement: a `SET` of `sql_mode` may change it, or put back what it was before the script.
fn after(sql: &str, now: Backslash, before: Backslash) -> Backslash {
    let upper = sql.to_ascii_uppercase();
    let code = upper.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let Some((_, value)) = code.strip_prefix("SET").and_then(|rest| rest.rsplit_once("SQL_MODE")) else { return now };
    // In CONCAT(@@sql_mode, …) the last mention of it is no assignment.
    let value = if upper.contains("CONCAT") { upper.as_str() } else { value };
    match () {
        () if value.contains("NO_BACKSLASH_ESCAPES") && !upper.contains("REPLACE(") => Backslash::Plain,
        () if value.contains(['\'', '"']) => Backslash::Escapes,
        () => before,
    }
}

fn line_length(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

fn comment_length(rest: &str) -> usize {
    rest[2..].find("*/").map_or(rest.len(), |end| end + 4)
}

fn is_executable(comment: &str) -> bool {
    ["/*!", "/*M!", "/*+"].iter().any(|opening| comment.starts_with(opening))
}

fn is_word(character: char) -> bool {
    character.is_alphabetic() || matches!(character, '_' | '$' | '@')
}

/// Follows the words of a statement to know whether a `;` stands inside a stored program's body.
#[derive(Debug, Default)]
struct Program {
    words: usize,
    creates: bool,
    stored: bool,
    depth: usize,
    after_end: bool,
}

impl Program {
    fn is_open(&self) -> bool {
        self.stored && self.depth > 0
    }

    /// Takes the next element: a word, or an empty text for anything else.
    fn see(&mut self, word: &str) {
        let upper = word.to_ascii_uppercase();
        self.words += 1;
        if self.words == 1 {
            self.creates = upper == "CREATE";
        }
        // Between CREATE and the object's kind stand at most OR REPLACE and a DEFINER clause.
        if self.creates && !self.stored && self.words <= 16 {
            match upper.as_str() {
                "PROCEDURE" | "FUNCTION" | "TRIGGER" | "EVENT" | "PACKAGE" => self.stored = true,
                "TABLE" | "VIEW" | "INDEX" | "DATABASE" | "SCHEMA" | "USER" | "ROLE" => self.creates = false,
                _ => {}
            }
            return;
        }
        if !self.stored {
            return;
        }
        let after_end = std::mem::take(&mut self.after_end);
        match upper.as_str() {
            "BEGIN" => self.depth += 1,
            "CASE" if !after_end => self.depth += 1,
            "END" => self.after_end = true,
            _ => {}
        }
        if after_end && matches!(upper.as_str(), "IF" | "LOOP" | "WHILE" | "REPEAT" | "FOR") {
            // The END of these closes what was never counted as an opening.
            self.depth += 1;
        }
        if upper == "END" {
            self.depth = self.depth.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests;
