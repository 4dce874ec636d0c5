//! The events of a general log: a line with time, connection and command, and the further lines of the statement.

use super::head::{Head, ending_at, head, is_torn};
use crate::source::log::{Event, Piece, is_banner, line, next_line};
use memchr::memmem;

/// The pieces of a part of a log, each with its place in it.
#[derive(Debug)]
pub(super) struct Pieces<'a> {
    text: &'a [u8],
    at: usize,
    goes_on: bool,
    /// The time of the last event that had one: those of the same second leave it out.
    timestamp: Option<u64>,
}

impl<'a> Pieces<'a> {
    /// Of a text that begins between two events; `goes_on` says that it ends there too.
    pub(super) fn new(text: &'a [u8], goes_on: bool) -> Self {
        Self { text, at: 0, goes_on, timestamp: None }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = (usize, Piece<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
        let first = line(rest, 0)?;
        if is_banner(first) {
            self.at = start + next_line(rest, first.len());
            return Some((start, Piece::Banner));
        }
        let head = head(rest);
        let from = head.as_ref().map_or(0, |head| head.length);
        self.timestamp = head.as_ref().and_then(|head| head.timestamp).or(self.timestamp);
        let (to, cut) = end(rest, from);
        self.at = start + to;
        let ends_here = self.at == self.text.len() && !self.goes_on;
        let piece = match head {
            None if is_torn(first) => Piece::Broken("the beginning of an event that is cut off"),
            None if rest[..to].trim_ascii().is_empty() => Piece::Banner,
            None => Piece::Broken("a statement without the line that it begins with"),
            Some(_) if cut => Piece::Broken("the statement is cut off by what comes after it"),
            Some(Head { is_statement: true, .. }) => {
                let statement = rest[from..to].trim_ascii();
                if ends_here && !rest[..to].ends_with(b"\n") {
                    Piece::Broken("the log ends within the statement")
                } else if statement.is_empty() {
                    Piece::Other
                } else {
                    let statement = statement.strip_suffix(b";").unwrap_or(statement);
                    Piece::Event(Event {
                        statement: without_id(statement),
                        timestamp: self.timestamp,
                        ..Event::default()
                    })
                }
            }
            Some(_) => Piece::Other,
        };
        Some((start, piece))
    }
}

/// Where the last event of a text begins that is not the only one.
pub(super) fn start_of_last(text: &[u8]) -> Option<usize> {
    let mut end = text.len();
    while let Some(newline) = memchr::memrchr(b'\n', &text[..end]) {
        if head(&text[newline + 1..]).is_some() {
            return Some(newline + 1);
        }
        end = newline;
    }
    None
}

/// Where the event ends whose statement begins at `from`, and whether another one, or a server's start, cuts it off.
fn end(rest: &[u8], from: usize) -> (usize, bool) {
    let mut at = from;
    loop {
        let length = memchr::memchr(b'\n', &rest[at..]).map_or(rest.len() - at, |length| length + 1);
        if let Some(within) = swallowed(rest, at, at + length) {
            return (within, true);
        }
        at += length;
        let Some(next) = rest.get(at..).filter(|next| !next.is_empty()) else { return (rest.len(), false) };
        let is_start = match next[0] {
            b'\t' | b'0'..=b'9' => head(next).is_some() || line(next, 0).is_some_and(is_torn),
            b'/' | b'A'..=b'Z' => line(next, 0).is_some_and(is_banner),
            _ => false,
        };
        if is_start {
            return (at, false);
        }
    }
}

/// Where in the middle of a line another event begins, or what a server writes at its start.
fn swallowed(rest: &[u8], from: usize, to: usize) -> Option<usize> {
    let line = &rest[..to];
    let tabs = memchr::memchr_iter(b'\t', &line[from..]).map(|offset| from + offset);
    let event = tabs.filter_map(|tab| ending_at(line, tab)).find(|start| *start > from);
    event.or_else(|| {
        let text = line[from..].trim_ascii_end();
        let version = text.ends_with(b"started with:").then(|| memmem::rfind(text, b", Version: ")).flatten()?;
        let path = memchr::memrchr(b'/', &text[..version]).unwrap_or(0);
        let is_port = rest[to..].starts_with(b"Tcp port: ") || rest[to..].starts_with(b"TCP Port: ");
        (is_port && path > 0).then_some(from + path)
    })
}

/// Without the `[3] ` that servers before 5.1 write before the statement of an `Execute`.
fn without_id(statement: &[u8]) -> &[u8] {
    let Some(rest) = statement.strip_prefix(b"[") else { return statement };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    rest[digits..].strip_prefix(b"] ").filter(|_| digits > 0).unwrap_or(statement)
}
