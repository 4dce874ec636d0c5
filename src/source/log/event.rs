//! What a log is made of, whichever log it is.

use memchr::memmem;

/// One statement with its figures.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::source) struct Event<'a> {
    /// Microseconds.
    pub(in crate::source) micros: u64,
    pub(in crate::source) rows_examined: u64,
    pub(in crate::source) rows_sent: u64,
    pub(in crate::source) database: Option<&'a [u8]>,
    /// Seconds since 1970.
    pub(in crate::source) timestamp: Option<u64>,
    pub(in crate::source) statement: &'a [u8],
    /// Whether the log has told the time that it took, and its rows.
    pub(in crate::source) is_timed: bool,
}

/// What stands at a place of a log.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::source) enum Piece<'a> {
    Event(Event<'a>),
    /// Something that is no whole event, with the reason.
    Broken(&'static str),
    /// What a server writes at its start, into either log.
    Banner,
    /// What is no statement.
    Other,
}

/// Whether a line is one of the three that a server writes at its start or when the log is flushed.
pub(in crate::source) fn is_banner(line: &[u8]) -> bool {
    let version = || memmem::find(line, b", Version: ").is_some() && memmem::find(line, b"started with:").is_some();
    line.starts_with(b"Tcp port: ")
        || line.starts_with(b"TCP Port: ")
        || (line.starts_with(b"Time") && memmem::find(line, b"Id Command").is_some())
        || (matches!(line.first(), Some(b'/' | b'A'..=b'Z')) && version())
}

/// The line at a place, without its end; `None` behind the text.
pub(in crate::source) fn line(text: &[u8], at: usize) -> Option<&[u8]> {
    let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
    Some(memchr::memchr(b'\n', rest).map_or(rest, |end| &rest[..end]))
}

/// Where the line after one begins that ends there.
pub(in crate::source) fn next_line(text: &[u8], end: usize) -> usize {
    (end + 1).min(text.len())
}

/// A whole number in decimal digits, and nothing else.
pub(in crate::source) fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |sum, byte| {
        byte.is_ascii_digit().then(|| sum.checked_mul(10)?.checked_add(u64::from(byte - b'0'))).flatten()
    })
}
