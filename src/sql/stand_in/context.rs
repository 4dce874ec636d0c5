//! What a placeholder stands for, by the parts around it.

use super::tokens::Part;
use crate::model::schema::{Column, Schema, Table};

/// Operators whose sides are of one type.
const COMPARISONS: [&str; 8] = ["=", "<", ">", "<=", ">=", "<>", "!=", "<=>"];
/// Functions whose result is text.
const TEXTS: [&str; 7] = ["LOWER", "UPPER", "TRIM", "CONCAT", "SUBSTRING", "LEFT", "RIGHT"];
/// Functions whose result is a number.
const NUMBERS: [&str; 11] =
    ["COUNT", "SUM", "AVG", "LENGTH", "CHAR_LENGTH", "YEAR", "MONTH", "DAY", "HOUR", "DATEDIFF", "TIMESTAMPDIFF"];
/// Rows of a page, in place of one that nobody has told.
const PAGE: i64 = 20;

/// What a value is.
#[derive(Debug)]
pub(super) enum Meaning<'a> {
    /// One of a column.
    Column(&'a Table, &'a Column),
    /// What a column is `LIKE`.
    Pattern(&'a Column),
    Number(i64),
    Text,
    Day,
    Unknown,
}

/// The parts before a place, and the tables.
struct Around<'a> {
    parts: &'a [Part],
    schema: &'a Schema,
}

/// What the placeholder at a place stands for.
pub(super) fn meaning<'a>(parts: &'a [Part], at: usize, schema: &'a Schema) -> Meaning<'a> {
    let around = Around { parts, schema };
    let before = |back: usize| at.checked_sub(back).and_then(|at| parts.get(at));
    let is = |back: usize, text: &str| before(back).is_some_and(|part| part.is(text));
    if is(1, "LIMIT") {
        // `LIMIT first, count`
        let is_offset = parts.get(at + 1).is_some_and(|part| part.is(",")) && parts.get(at + 2).is_some();
        return Meaning::Number(if is_offset { 0 } else { PAGE });
    }
    if is(1, ",") && (is(3, "LIMIT")) {
        return Meaning::Number(PAGE);
    }
    if is(1, "OFFSET") {
        return Meaning::Number(0);
    }
    if is(1, "INTERVAL") || is(1, "SELECT") || ["+", "-", "*", "/", "%"].iter().any(|sign| is(1, sign)) {
        return Meaning::Number(1);
    }
    if is(1, "LIKE") {
        let end = if is(2, "NOT") { at.checked_sub(3) } else { at.checked_sub(2) };
        return match around.operand(end) {
            Meaning::Column(_, column) => Meaning::Pattern(column),
            other => other,
        };
    }
    if is(1, "(") && is(2, "AGAINST") {
        return Meaning::Text;
    }
    if COMPARISONS.iter().any(|sign| is(1, sign)) {
        return around.operand(at.checked_sub(2));
    }
    if let Some(end) = between(parts, at) {
        return around.operand(Some(end));
    }
    match around.list(at) {
        Meaning::Unknown => {}
        found => return found,
    }
    if COMPARISONS.iter().any(|sign| parts.get(at + 1).is_some_and(|part| part.is(sign))) {
        // `name`, or `table.name`
        let is_name = |at: usize| parts.get(at).is_some_and(|part| part.name().is_some());
        let mut end = at + 2;
        while is_name(end) && parts.get(end + 1).is_some_and(|part| part.is(".")) && is_name(end + 2) {
            end += 2;
        }
        let is_call = parts.get(end + 1).is_some_and(|part| part.is("("));
        return if is_call { Meaning::Unknown } else { around.operand(Some(end)) };
    }
    Meaning::Unknown
}

/// Where the operand ends that is `BETWEEN` this placeholder and another value.
fn between(parts: &[Part], at: usize) -> Option<usize> {
    let word = match parts.get(at.checked_sub(1)?)? {
        part if part.is("BETWEEN") => at - 1,
        part if part.is("AND") => {
            let word = at.checked_sub(3)?;
            parts[word].is("BETWEEN").then_some(word)?
        }
        _ => return None,
    };
    let end = word.checked_sub(1)?;
    if parts[end].is("NOT") { end.checked_sub(1) } else { Some(end) }
}

impl<'a> Around<'a> {
    /// What an operand is that ends at a place: a column, or a function of which the type is known.
    fn operand(&self, end: Option<usize>) -> Meaning<'a> {
        let Some((end, part)) = end.and_then(|end| Some((end, self.parts.get(end)?))) else { return Meaning::Unknown };
        if part.is(")") {
            let function = self.open(end).and_then(|open| self.parts.get(open.checked_sub(1)?)).and_then(Part::name);
            let is_one =
                |list: &[&str]| function.is_some_and(|name| list.iter().any(|one| one.eq_ignore_ascii_case(name)));
            return match () {
                () if is_one(&TEXTS) => Meaning::Text,
                () if is_one(&NUMBERS) => Meaning::Number(1),
                () if is_one(&["DATE"]) => Meaning::Day,
                () => Meaning::Unknown,
            };
        }
        let Some(name) = part.name() else { return Meaning::Unknown };
        let is_qualified = end > 1 && self.parts[end - 1].is(".");
        let qualifier = if is_qualified { self.parts[end - 2].name() } else { None };
        self.column(name, qualifier).map_or(Meaning::Unknown, |(table, column)| Meaning::Column(table, column))
    }

    /// What an element of a list is: of `IN (…)`, or of the rows of an `INSERT`.
    fn list(&self, at: usize) -> Meaning<'a> {
        let (mut open, mut depth, mut commas) = (at, 0_u32, 0);
        loop {
            let Some(next) = open.checked_sub(1) else { return Meaning::Unknown };
            open = next;
            match &self.parts[open] {
                part if part.is(")") => depth += 1,
                part if part.is("(") && depth == 0 => break,
                part if part.is("(") => depth -= 1,
                part if part.is(",") && depth == 0 => commas += 1,
                _ => {}
            }
        }
        // An element that is a value by itself, and no part of an expression.
        let is_edge = |part: Option<&Part>| part.is_some_and(|part| part.is(",") || part.is("(") || part.is(")"));
        if !is_edge(self.parts.get(at + 1)) || !is_edge(at.checked_sub(1).and_then(|at| self.parts.get(at))) {
            return Meaning::Unknown;
        }
        let before = |back: usize| open.checked_sub(back).and_then(|at| self.parts.get(at));
        let is = |back: usize, text: &str| before(back).is_some_and(|part| part.is(text));
        if is(1, "IN") {
            let end = if is(2, "NOT") { open.checked_sub(3) } else { open.checked_sub(2) };
            return self.operand(end);
        }
        if is(1, "VALUES") || is(1, "VALUE") || is(1, ",") && is(2, ")") {
            let written = self.written(commas);
            return written.map_or(Meaning::Unknown, |(table, column)| Meaning::Column(table, column));
        }
        Meaning::Unknown
    }

    /// The column that an `INSERT` writes at a place of its rows, from 0.
    fn written(&self, place: usize) -> Option<(&'a Table, &'a Column)> {
        let into = self.parts.iter().position(|part| part.is("INTO"))?;
        let mut at = into + 1;
        while self.parts.get(at + 1)?.is(".") {
            at += 2;
        }
        let table = self.table(self.parts.get(at)?.name()?)?;
        if !self.parts.get(at + 1)?.is("(") {
            return Some((table, table.columns.get(place)?));
        }
        let end = at + self.parts[at..].iter().position(|part| part.is(")"))?;
        let names = self.parts[at + 2..end].iter().filter_map(Part::name);
        let name = names.into_iter().nth(place)?;
        Some((table, column_of(table, name)?))
    }

    /// Where the parenthesis opens that closes at a place.
    fn open(&self, close: usize) -> Option<usize> {
        let mut depth = 0_u32;
        (0..=close).rev().find(|at| {
            if self.parts[*at].is(")") {
                depth += 1;
            } else if self.parts[*at].is("(") {
                depth -= 1;
            }
            depth == 0
        })
    }

    /// The column of that name among the tables that the statement names; `None` when several differ.
    fn column(&self, name: &str, qualifier: Option<&str>) -> Option<(&'a Table, &'a Column)> {
        let named = |at: usize| {
            let table = self.table(self.parts[at].name()?)?;
            let Some(qualifier) = qualifier else { return Some(table) };
            let next = if self.parts.get(at + 1)?.is("AS") { at + 2 } else { at + 1 };
            let alias = self.parts.get(next).and_then(Part::name);
            let is_it = table.name.eq_ignore_ascii_case(qualifier)
                || alias.is_some_and(|alias| alias.eq_ignore_ascii_case(qualifier));
            is_it.then_some(table)
        };
        let tables = (0..self.parts.len()).filter_map(named);
        let mut found = tables.filter_map(|table| Some((table, column_of(table, name)?)));
        let first = found.next()?;
        found.all(|(_, other)| other.base_type() == first.1.base_type()).then_some(first)
    }

    fn table(&self, name: &str) -> Option<&'a Table> {
        let tables = &self.schema.tables;
        tables.iter().find(|table| table.name == name).or_else(|| {
            // MariaDB's digests write a name in capitals that is a keyword, too.
            tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))
        })
    }
}

fn column_of<'a>(table: &'a Table, name: &str) -> Option<&'a Column> {
    table.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
}
