//! Writes a statement word by word, and puts `?` where the code puts a value.

use super::compose::{HOLE, Passed, is_mark};
use super::sample::Hint;
use super::value::{Hole, Kind};

/// Words that stand before a value.
const BEFORE_VALUE: [&str; 12] =
    ["LIKE", "LIMIT", "OFFSET", "INTERVAL", "BETWEEN", "REGEXP", "RLIKE", "THEN", "ELSE", "WHEN", "DIV", "MOD"];
/// Words that stand before a name.
const BEFORE_NAME: [&str; 8] = ["FROM", "JOIN", "INTO", "UPDATE", "TABLE", "BY", "INDEX", "AS"];
/// Words that begin a part of a statement.
const CLAUSES: [&str; 14] = [
    "SELECT", "FROM", "WHERE", "SET", "VALUES", "VALUE", "ORDER", "GROUP", "HAVING", "LIMIT", "ON", "INTO", "IN",
    "BETWEEN",
];
const KEYWORDS: [&str; 10] = ["AND", "OR", "NOT", "IS", "NULL", "LIKE", "INTERVAL", "ASC", "DESC", "OFFSET"];

/// A statement that is being written.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    passed: &'a Passed,
    holes: Vec<&'a Hole>,
    pub(super) out: String,
    pub(super) values: Vec<String>,
    pub(super) hints: Vec<Hint>,
    /// Placeholders of the code so far.
    asked: usize,
    /// The part of the statement, and those around each open parenthesis.
    clause: String,
    outer: Vec<String>,
    /// The last word in upper case; empty after punctuation.
    word: String,
    /// The last name that may be a column's.
    column: String,
    /// An INSERT's columns, and the place in its row.
    columns: Vec<String>,
    place: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(passed: &'a Passed, holes: Vec<&'a Hole>) -> Self {
        Self {
            passed,
            holes,
            out: String::new(),
            values: Vec::new(),
            hints: Vec::new(),
            asked: 0,
            clause: String::new(),
            outer: Vec::new(),
            word: String::new(),
            column: String::new(),
            columns: Vec::new(),
            place: 0,
        }
    }

    /// Writes the text.
    ///
    /// # Errors
    /// Why it is no whole statement.
    pub(super) fn write(&mut self, text: &str) -> Result<(), String> {
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let length = match letter {
                '\'' | '"' => self.quoted(rest, letter),
                '`' => self.name(rest)?,
                '#' => rest.find('\n').unwrap_or(rest.len()),
                '-' if rest.starts_with("-- ") || rest.starts_with("--\n") => rest.find('\n').unwrap_or(rest.len()),
                '/' if rest.starts_with("/*") => {
                    let end = rest.find("*/").map_or(rest.len(), |end| end + 2);
                    self.out.extend(rest[..end].chars().filter(|letter| !is_mark(*letter)));
                    end
                }
                '?' if rest.starts_with("??") => {
                    return Err(format!("a name in it is only known at run time: `??`{}", self.given()));
                }
                '?' => {
                    self.asked()?;
                    1
                }
                ':' if self.is_named(rest) => {
                    let name: String = rest[1..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    self.value(name.clone());
                    1 + name.len()
                }
                letter if is_mark(letter) => {
                    self.hole(letter, &rest[letter.len_utf8()..])?;
                    letter.len_utf8()
                }
                letter if letter.is_alphanumeric() || letter == '_' || letter == '@' => {
                    let end = rest.find(|c: char| !(c.is_alphanumeric() || "_$@.".contains(c)) || is_mark(c));
                    let word = &rest[..end.unwrap_or(rest.len())];
                    self.word(word);
                    word.len()
                }
                letter => {
                    self.mark(letter);
                    letter.len_utf8()
                }
            };
            if matches!(letter, '#') || rest.starts_with("-- ") || rest.starts_with("--\n") {
                self.out.extend(rest[..length].chars().filter(|letter| !is_mark(*letter)));
            }
            rest = &rest[length..];
        }
        Ok(())
    }

    fn given(&self) -> String {
        self.passed.values.get(self.asked).map(|value| format!(", `{value}`")).unwrap_or_default()
    }

    fn is_named(&self, rest: &str) -> bool {
        let follows = rest[1..].starts_with(|next: char| next.is_ascii_alphabetic() || next == '_');
        follows && !self.out.ends_with(|last: char| last.is_alphanumeric() || last == ':')
    }

    fn word(&mut self, word: &str) {
        self.out.push_str(word);
        let upper = word.to_ascii_uppercase();
        if CLAUSES.contains(&upper.as_str()) {
            if upper.starts_with("VALUE") {
                self.place = 0;
            }
            self.clause.clone_from(&upper);
        } else if !KEYWORDS.contains(&upper.as_str()) && word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            self.named(word);
        }
        self.word = upper;
    }

    fn named(&mut self, name: &str) {
        name.rsplit('.').next().unwrap_or(name).clone_into(&mut self.column);
        if self.clause == "COLUMNS" {
            self.columns.push(self.column.clone());
        }
    }

    fn mark(&mut self, letter: char) {
        let is_value = self.out.trim_end().ends_with('?');
        self.out.push(letter);
        if letter.is_whitespace() {
            return;
        }
        match letter {
            '(' => {
                self.outer.push(self.clause.clone());
                let inside = match self.word.as_str() {
                    "IN" => "IN",
                    "VALUES" | "VALUE" => "VALUES",
                    "" if self.clause == "VALUES" => "VALUES",
                    "" | "AND" | "OR" | "WHERE" | "ON" | "NOT" | "FROM" | "HAVING" | "JOIN" | "BY" | "AS" => "(",
                    _ if self.clause == "INTO" => "COLUMNS",
                    _ => "CALL",
                };
                if inside == "VALUES" {
                    self.place = 0;
                }
                inside.clone_into(&mut self.clause);
            }
            ')' => self.clause = self.outer.pop().unwrap_or_default(),
            // `LIMIT first, count`
            ',' if self.clause == "LIMIT" && is_value => {
                if let Some(hint @ Hint::Limit) = self.hints.last_mut() {
                    *hint = Hint::Offset;
                }
            }
            ',' => self.place += usize::from(self.clause == "VALUES"),
            _ => {}
        }
        self.word.clear();
    }

    /// A text in quotes; one with a hole in it is a value as a whole.
    fn quoted(&mut self, rest: &str, quote: char) -> usize {
        let length = crate::sql::quote::length(rest).unwrap_or(rest.len());
        let text = &rest[..length];
        let inside: Vec<String> = text
            .chars()
            .filter(|c| is_mark(*c))
            .filter_map(|c| self.of(c))
            .map(|hole| hole.expression.clone())
            .collect();
        if inside.is_empty() || !text.ends_with(quote) {
            self.out.push_str(text);
            self.word.clear();
        } else {
            self.value(inside.join(", "));
        }
        length
    }

    fn name(&mut self, rest: &str) -> Result<usize, String> {
        let length = crate::sql::quote::length(rest).unwrap_or(rest.len());
        let text = &rest[..length];
        if let Some(hole) = text.chars().find(|c| is_mark(*c)).and_then(|c| self.of(c)) {
            return Err(format!("a name in it is only known at run time: `{}`", hole.expression));
        }
        self.out.push_str(text);
        self.named(text.trim_matches('`'));
        "NAME".clone_into(&mut self.word);
        Ok(length)
    }

    fn of(&self, mark: char) -> Option<&'a Hole> {
        self.holes.get(usize::try_from(u32::from(mark) - HOLE).ok()?).copied()
    }

    /// A `?` of the code.
    fn asked(&mut self) -> Result<(), String> {
        let value = self.passed.values.get(self.asked).cloned().unwrap_or_default();
        self.asked += 1;
        if self.clause == "SET" && self.word == "SET" {
            return Err("its columns are only known at run time: `SET ?`".into());
        }
        if self.word == "VALUES" && self.passed.spreads {
            if self.columns.is_empty() {
                return Err("its columns are only known at run time: `VALUES ?`".into());
            }
            self.mark('(');
            for number in 0..self.columns.len() {
                if number > 0 {
                    self.mark(',');
                    self.out.push(' ');
                }
                self.value(value.clone());
            }
            self.mark(')');
            return Ok(());
        }
        let is_list = self.passed.spreads && self.clause == "IN" && self.out.ends_with('(');
        self.value(value.clone());
        if is_list {
            // The client writes the list's values here; one look-up of several values is not planned as one of one.
            self.list(&value, 2);
        }
        Ok(())
    }

    fn list(&mut self, value: &str, more: usize) {
        for _ in 0..more {
            self.mark(',');
            self.out.push(' ');
            self.value(value.to_owned());
        }
    }

    fn value(&mut self, expression: String) {
        let hint = match self.word.as_str() {
            "LIMIT" => Hint::Limit,
            "OFFSET" => Hint::Offset,
            "INTERVAL" => Hint::Count,
            "LIKE" => Hint::Like(self.column.clone()),
            _ if self.clause == "LIMIT" => Hint::Limit,
            _ if self.clause == "VALUES" => {
                Hint::Column(self.columns.get(self.place).cloned().unwrap_or_else(|| expression.clone()))
            }
            _ => Hint::Column(self.column.clone()),
        };
        self.out.push('?');
        self.values.push(expression);
        self.hints.push(hint);
        self.word.clear();
    }

    fn hole(&mut self, mark: char, rest: &str) -> Result<(), String> {
        let Some(hole) = self.of(mark) else { return Err("it cannot be read".into()) };
        let words = &hole.expression;
        let name = || Err(format!("a name in it is only known at run time: `{words}`"));
        let part = || Err(format!("a part of it is built elsewhere: `{words}`"));
        match hole.kind {
            Kind::Value => {}
            Kind::List => {
                self.value(words.clone());
                self.list(words, 2);
                return Ok(());
            }
            Kind::Identifier => return name(),
            Kind::Fragment => return part(),
            Kind::Open => {
                let touches = |letter: Option<char>| letter.is_some_and(|c| c.is_alphanumeric() || "_$`.".contains(c));
                let before = self.out.trim_end().chars().next_back();
                if touches(self.out.chars().next_back()) || touches(rest.chars().next()) {
                    return name();
                }
                let is_operator = before.is_some_and(|c| "=<>+-/%!".contains(c));
                let word = self.word.as_str();
                let is_item = before == Some('(') || before == Some(',');
                let in_list = matches!(self.clause.as_str(), "IN" | "VALUES" | "CALL" | "LIMIT");
                if is_item && self.clause == "IN" && rest.trim_start().starts_with(')') && before == Some('(') {
                    self.value(words.clone());
                    self.list(words, 2);
                    return Ok(());
                }
                let is_value = is_operator
                    || BEFORE_VALUE.contains(&word)
                    || (is_item && in_list)
                    || (word == "AND" && self.clause == "BETWEEN");
                if !is_value {
                    let is_name =
                        BEFORE_NAME.contains(&word) || matches!(self.clause.as_str(), "ORDER" | "GROUP" | "COLUMNS");
                    return if is_name { name() } else { part() };
                }
            }
        }
        self.value(words.clone());
        Ok(())
    }
}
