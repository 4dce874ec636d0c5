//! A statement's elements with their depth in parentheses, and the places where a construct may stand.

use crate::sql::online::scan::{Element, Kind, elements};
use std::ops::Range;

/// What begins an entry of `CREATE TABLE (…)` or a clause's object that is no column.
const NO_COLUMN: [&str; 14] = [
    "PRIMARY",
    "KEY",
    "INDEX",
    "UNIQUE",
    "FULLTEXT",
    "SPATIAL",
    "CONSTRAINT",
    "FOREIGN",
    "CHECK",
    "PERIOD",
    "LIKE",
    "TABLE",
    "VALUES",
    "PARTITION",
];

/// The elements of one statement.
pub(super) struct Words<'text> {
    all: Vec<Element<'text>>,
    /// How many parentheses are open around each element; a parenthesis counts as outside of what it encloses.
    depths: Vec<usize>,
}

impl<'text> Words<'text> {
    /// `None` when a quote or a comment is never closed, or a parenthesis.
    pub(super) fn of(sql: &'text str) -> Option<Self> {
        let all = elements(sql)?;
        let (mut depth, mut depths) = (0_usize, Vec::with_capacity(all.len()));
        for element in &all {
            if is_symbol(element, ")") {
                depth = depth.checked_sub(1)?;
            }
            depths.push(depth);
            if is_symbol(element, "(") {
                depth += 1;
            }
        }
        (depth == 0).then_some(Self { all, depths })
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether these words and symbols, unquoted, stand there.
    pub(super) fn at(&self, position: usize, words: &[&str]) -> bool {
        let there = self.all.get(position..position + words.len());
        there.is_some_and(|there| there.iter().zip(words).all(|(element, word)| element.is(word)))
    }

    /// Whether one of these words stands there.
    pub(super) fn any(&self, position: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.at(position, &[word]))
    }

    /// Whether these words stand anywhere, at any depth.
    pub(super) fn has(&self, words: &[&str]) -> bool {
        (0..self.len()).any(|position| self.at(position, words))
    }

    /// Whether these words stand within these positions outside of all further parentheses.
    pub(super) fn within(&self, range: &Range<usize>, words: &[&str]) -> bool {
        let Some(depth) = self.depths.get(range.start) else { return false };
        range.clone().any(|position| self.depths[position] == *depth && self.at(position, words))
    }

    /// The text there.
    pub(super) fn text(&self, position: usize) -> &'text str {
        self.all.get(position).map_or("", |element| element.text)
    }

    /// Whether an unquoted word stands there, which may be a number.
    pub(super) fn is_word(&self, position: usize) -> bool {
        self.all.get(position).is_some_and(|element| element.kind == Kind::Word)
    }

    pub(super) fn is_number(&self, position: usize) -> bool {
        self.is_word(position) && self.text(position).bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Whether a text in quotes stands there, which in the server's usual mode is no name.
    pub(super) fn is_text(&self, position: usize) -> bool {
        self.all.get(position).is_some_and(|element| element.kind == Kind::Quoted && !element.text.starts_with('`'))
    }

    /// Whether two symbols stand there with nothing between them.
    pub(super) fn touching(&self, position: usize, first: &str, second: &str) -> bool {
        self.at(position, &[first, second]) && self.all[position].end() == self.all[position + 1].start
    }

    /// The position behind a name that may be qualified with its database.
    pub(super) fn behind_name(&self, position: usize) -> Option<usize> {
        self.all.get(position)?.name()?;
        if self.at(position + 1, &["."]) {
            self.all.get(position + 2)?.name().map(|_| position + 3)
        } else {
            Some(position + 1)
        }
    }

    /// The position behind the parenthesis that closes the one that stands there.
    pub(super) fn behind_parenthesis(&self, position: usize) -> Option<usize> {
        let depth = *self.depths.get(position)?;
        let close = (position + 1..self.len()).find(|at| self.depths[*at] == depth && self.at(*at, &[")"]))?;
        Some(close + 1)
    }

    /// The position of the table's name in `ALTER [ONLINE] [IGNORE] TABLE [IF EXISTS] name`, if it is one.
    pub(super) fn altered(&self) -> Option<usize> {
        if !self.at(0, &["ALTER"]) {
            return None;
        }
        let table = (1..4).find(|position| self.at(*position, &["TABLE"]))?;
        Some(if self.at(table + 1, &["IF", "EXISTS"]) { table + 3 } else { table + 1 })
    }

    /// The clauses of an `ALTER TABLE`.
    pub(super) fn clauses(&self) -> Vec<Range<usize>> {
        let start = self.altered().and_then(|name| self.behind_name(name));
        start.map(|start| self.split(start..self.len())).unwrap_or_default()
    }

    /// The position of the table's name in `CREATE … TABLE [IF NOT EXISTS] name`, if it is one.
    pub(super) fn created(&self) -> Option<usize> {
        if !self.at(0, &["CREATE"]) {
            return None;
        }
        let table = (1..5).find(|position| self.at(*position, &["TABLE"]))?;
        let between = (1..table).all(|position| self.any(position, &["OR", "REPLACE", "TEMPORARY"]));
        between.then(|| if self.at(table + 1, &["IF", "NOT", "EXISTS"]) { table + 4 } else { table + 1 })
    }

    /// The entries in the parentheses of a `CREATE TABLE`, and the positions of what comes behind them. None for a table
    /// that is made from a query, where names stand in places of their own.
    pub(super) fn definitions(&self) -> Option<(Vec<Range<usize>>, Range<usize>)> {
        let open = self.created().and_then(|name| self.behind_name(name)).filter(|open| self.at(*open, &["("]))?;
        if self.any_select() {
            return None;
        }
        let behind = self.behind_parenthesis(open)?;
        Some((self.split(open + 1..behind - 1), behind..self.len()))
    }

    /// Whether a query may be part of the statement.
    pub(super) fn any_select(&self) -> bool {
        self.has(&["SELECT"])
    }

    /// The positions of a column's type in every definition of a column.
    pub(super) fn types(&self) -> Vec<usize> {
        let mut found = Vec::new();
        let is_column = |at: usize| !self.any(at, &NO_COLUMN);
        for entry in self.definitions().iter().flat_map(|(entries, _)| entries) {
            if is_column(entry.start) && entry.len() > 1 {
                found.push(entry.start + 1);
            }
        }
        for clause in self.clauses() {
            let mut at = clause.start + 1;
            let names = if self.any(clause.start, &["ADD", "MODIFY"]) {
                1
            } else if self.at(clause.start, &["CHANGE"]) {
                2
            } else {
                continue;
            };
            at += usize::from(self.at(at, &["COLUMN"]));
            if self.at(at, &["IF", "EXISTS"]) {
                at += 2;
            } else if self.at(at, &["IF", "NOT", "EXISTS"]) {
                at += 3;
            }
            if names == 1 && self.at(at, &["("]) {
                let Some(behind) = self.behind_parenthesis(at) else { continue };
                found.extend(
                    self.split(at + 1..behind - 1).iter().filter(|entry| is_column(entry.start)).map(|e| e.start + 1),
                );
            } else if is_column(at) {
                found.push(at + names);
            }
        }
        found
    }

    /// Every definition of a secondary index: the position of its first key part, and the positions behind its parts.
    pub(super) fn keys(&self) -> Vec<(usize, Range<usize>)> {
        let mut found = Vec::new();
        if self.at(0, &["CREATE"]) {
            let index = (1..5).find(|at| self.at(*at, &["INDEX"]));
            let on = index.and_then(|index| (index + 1..index + 8).find(|at| self.at(*at, &["ON"])));
            let open = on.and_then(|on| self.behind_name(on + 1)).filter(|open| self.at(*open, &["("]));
            if let Some(open) = open {
                found.extend(self.key(open, self.len()));
            }
        }
        let entries = self.definitions().map(|(entries, _)| entries).unwrap_or_default();
        for entry in entries {
            found.extend(self.key_of(&entry));
        }
        for clause in self.clauses() {
            if self.at(clause.start, &["ADD"]) {
                found.extend(self.key_of(&(clause.start + 1..clause.end)));
            }
        }
        found
    }

    /// The definition of an index that an entry is: `[UNIQUE] KEY [name] [USING x] (…)`.
    fn key_of(&self, entry: &Range<usize>) -> Option<(usize, Range<usize>)> {
        if !self.any(entry.start, &["KEY", "INDEX", "UNIQUE", "FULLTEXT", "SPATIAL"]) {
            return None;
        }
        let open = entry.clone().find(|at| self.at(*at, &["("]))?;
        self.key(open, entry.end)
    }

    fn key(&self, open: usize, end: usize) -> Option<(usize, Range<usize>)> {
        let behind = self.behind_parenthesis(open)?;
        Some((open + 1, behind..end))
    }

    /// Whether a key part that begins there, or a later one of the same key, is an expression in parentheses.
    pub(super) fn has_expression(&self, first: usize) -> bool {
        let Some(end) = self.behind_parenthesis(first - 1) else { return false };
        self.split(first..end - 1).iter().any(|part| self.at(part.start, &["("]))
    }

    /// Splits at the commas that stand at the depth of the first position.
    fn split(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let Some(depth) = self.depths.get(range.start) else { return Vec::new() };
        let mut parts = Vec::new();
        let mut start = range.start;
        for at in range.clone() {
            if self.depths[at] == *depth && self.at(at, &[","]) {
                parts.push(start..at);
                start = at + 1;
            }
        }
        parts.push(start..range.end);
        parts.retain(|part| !part.is_empty());
        parts
    }
}

fn is_symbol(element: &Element<'_>, symbol: &str) -> bool {
    element.kind == Kind::Symbol && element.text == symbol
}
