//! The events of a log: their header lines and their statements.

use crate::source::log::{Event, Piece, is_banner, line, next_line, number};
use memchr::memmem;

/// What is said of an event into which another one was written.
const CUT: &str = "the statement is cut off by what comes after it";

/// The pieces of a part of a log, each with its place in it.
#[derive(Debug)]
pub(super) struct Pieces<'a> {
    text: &'a [u8],
    at: usize,
    goes_on: bool,
}

impl<'a> Pieces<'a> {
    /// Of a text that begins between two events; `goes_on` says that it ends there too.
    pub(super) fn new(text: &'a [u8], goes_on: bool) -> Self {
        Self { text, at: 0, goes_on }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = (usize, Piece<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
        let mut event = Event::default();
        let (mut at, mut has_head) = (0, false);
        // Header lines, up to the first line of the statement.
        while let Some(line) = line(rest, at) {
            let end = at + line.len();
            if is_banner(line) {
                if at == 0 {
                    self.at = start + next_line(rest, end);
                    return Some((start, Piece::Banner));
                }
                self.at = start + at;
                return Some((start, Piece::Broken("the server stopped before the statement was written")));
            }
            if line.starts_with(b"# administrator command: ") {
                event.statement = line[2..].trim_ascii_end();
                event.statement = event.statement.strip_suffix(b";").unwrap_or(event.statement);
                self.at = start + next_line(rest, end);
                return Some((start, Piece::Event(event)));
            }
            if has_head && event.is_timed && is_start(line) {
                self.at = start + at;
                return Some((start, Piece::Event(without_statement(event))));
            }
            if line.starts_with(b"#") {
                has_head |= head(line, &mut event);
            } else if let Some(name) = line.strip_prefix(b"use ") {
                event.database = Some(name.trim_ascii_end().strip_suffix(b";").unwrap_or(name));
            } else if let Some(set) = line.strip_prefix(b"SET ").filter(|set| is_set(set)) {
                event.timestamp = timestamp(set).or(event.timestamp);
            } else {
                break;
            }
            at = next_line(rest, end);
        }
        let from = at;
        let (to, cut) = statement_end(rest, from);
        if let Some(within) = swallowed(&rest[from..to]) {
            self.at = start + from + within;
            return Some((start, Piece::Broken(CUT)));
        }
        self.at = start + to;
        let statement = rest[from..to].trim_ascii_end();
        let whole = statement.strip_suffix(b";");
        let is_last = self.at == self.text.len() && !self.goes_on;
        let piece = match whole {
            _ if !has_head => Piece::Broken("a statement without its header lines"),
            _ if !event.is_timed => Piece::Broken("header lines without a time"),
            None if statement.is_empty() && is_last => Piece::Broken("the log ends before the statement"),
            None if statement.is_empty() => Piece::Event(without_statement(event)),
            None if cut => Piece::Broken(CUT),
            None if is_last => Piece::Broken("the log ends within the statement"),
            whole => {
                event.statement = whole.unwrap_or(statement);
                Piece::Event(event)
            }
        };
        Some((start, piece))
    }
}

/// What pt-query-digest calls an event that has a header only.
fn without_statement(mut event: Event<'_>) -> Event<'_> {
    event.statement = b"/* No query */";
    event
}

/// Where the last event of a text begins that is not the only one.
pub(super) fn start_of_last(text: &[u8]) -> Option<usize> {
    let at = memmem::rfind(text, b"\n# User@Host: ")?;
    let before = memchr::memrchr(b'\n', &text[..at]).map_or(0, |newline| newline + 1);
    Some(if text[before..].starts_with(b"# Time: ") { before } else { at + 1 })
}

/// Where the statement ends that begins at `from`, and whether what follows is the banner of a server that came after.
fn statement_end(rest: &[u8], from: usize) -> (usize, bool) {
    let mut at = from;
    loop {
        // Of most statements the next line begins with the next event.
        let Some(end) = memchr::memchr(b'\n', &rest[at..]).map(|offset| at + offset + 1) else {
            return (rest.len(), false);
        };
        let next = &rest[end..];
        match next.first() {
            None => return (rest.len(), false),
            Some(b'#') if is_start(next) => return (end, !rest[..end].trim_ascii_end().ends_with(b";")),
            Some(b'/' | b'A'..=b'Z') if line(rest, end).is_some_and(is_banner) => return (end, true),
            _ => at = end,
        }
    }
}

/// Where in a statement the header of another event begins, in the middle of a line: what came before it is cut off.
fn swallowed(statement: &[u8]) -> Option<usize> {
    let time = memmem::find(statement, b"\n# Query_time: ")?;
    let host = memmem::rfind(&statement[..time], b"# User@Host: ")?;
    let before = memmem::rfind(&statement[..host], b"# Time: ");
    Some(before.filter(|at| memchr::memchr_iter(b'\n', &statement[*at..host]).count() == 1).unwrap_or(host))
}

/// Whether a line is the first of an event.
fn is_start(line: &[u8]) -> bool {
    line.starts_with(b"# User@Host: ")
        || line.strip_prefix(b"# Time: ").and_then(<[u8]>::first).is_some_and(u8::is_ascii_digit)
}

fn is_set(set: &[u8]) -> bool {
    [&b"timestamp"[..], b"last_insert_id", b"insert_id"].iter().any(|name| set.starts_with(name))
}

/// Takes the figures of a header line; false for a line that is none.
fn head<'a>(line: &'a [u8], event: &mut Event<'a>) -> bool {
    if is_start(line) {
        return true;
    }
    let mut rest = line.get(1..).unwrap_or_default();
    while let Some(colon) = memchr::memchr(b':', rest) {
        let name = &rest[..colon];
        let name = &name[memchr::memrchr(b' ', name).map_or(0, |space| space + 1)..];
        let after = rest[colon + 1..].trim_ascii_start();
        let value = &after[..after.iter().position(u8::is_ascii_whitespace).unwrap_or(after.len())];
        match name {
            b"Query_time" => {
                if let Some(time) = micros(value) {
                    (event.micros, event.is_timed) = (time, true);
                }
            }
            b"Rows_sent" => event.rows_sent = number(value).unwrap_or(0),
            b"Rows_examined" => event.rows_examined = number(value).unwrap_or(0),
            // An empty one is followed by the next name.
            b"Schema" if !value.is_empty() && !value.ends_with(b":") => event.database = Some(value),
            b"Schema" => {
                rest = after;
                continue;
            }
            _ => {}
        }
        rest = &after[value.len()..];
    }
    true
}

/// `SET timestamp=1700000000`, with whatever else the statement sets.
fn timestamp(set: &[u8]) -> Option<u64> {
    let at = memmem::find(set, b"timestamp=")?;
    let digits = &set[at + 10..];
    number(&digits[..digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len())])
}

/// Seconds with a fraction, as microseconds.
fn micros(text: &[u8]) -> Option<u64> {
    let (seconds, fraction) = match memchr::memchr(b'.', text) {
        Some(point) => (&text[..point], &text[point + 1..]),
        None => (text, &b""[..]),
    };
    let digits = &fraction[..fraction.len().min(6)];
    let missing = u32::try_from(6 - digits.len()).ok()?;
    let parts = if digits.is_empty() { 0 } else { number(digits)? * 10_u64.pow(missing) };
    number(seconds)?.checked_mul(1_000_000)?.checked_add(parts)
}
