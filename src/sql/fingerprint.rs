//! The class of a statement: its text without what differs from one run to the next, as pt-query-digest writes it, so that
//! figures of both tools can be laid side by side.
//!
//! Source: `QueryRewriter::fingerprint` of percona-toolkit 3.2, whose steps are followed in their order, quirks included
//! (digits within names are abstracted too, and a double quote within single quotes may pair with a later one).

mod key;
#[cfg(test)]
mod tests;
mod union;

pub use key::key;

use regex::bytes::Regex;
use std::borrow::Cow;

/// The first bytes of what `mysqldump` sends for each table.
const MYSQLDUMP: &[u8] = b"SELECT /*!40001 SQL_NO_CACHE */ * FROM `";
/// How the slow log names commands that are no statements.
const ADMINISTRATOR: &[u8] = b"administrator command: ";

/// The steps that are patterns.
#[derive(Debug)]
pub struct Fingerprints {
    tool: Regex,
    call: Regex,
    rows: Regex,
    comment: Regex,
    database: Regex,
    escaped: Regex,
    double_quoted: Regex,
    single_quoted: Regex,
    truth: Regex,
    number: Regex,
    signed: Regex,
    blank: Regex,
    null: Regex,
    list: Regex,
    limit: Regex,
    order: Regex,
    ascending: Regex,
}

impl Fingerprints {
    /// Prepares the patterns.
    ///
    /// # Errors
    /// Never with the patterns as they stand here.
    pub fn new() -> Result<Self, regex::Error> {
        // Bytes, not letters: a log may hold statements in any character set, and Perl reads it so.
        let of = |pattern: &str| Regex::new(&format!("(?-u){pattern}"));
        Ok(Self {
            tool: of(r"/\*\w+\.\w+:[0-9]/[0-9]\*/")?,
            call: of(r"(?i)\A\s*(call\s+\S+)\(")?,
            rows: of(r"(?is)\A((?:INSERT|REPLACE)(?: IGNORE)?\s+INTO.+?VALUES\s*\(.*?\))\s*,\s*\(")?,
            comment: of(r"(?s)/\*[^!].*?\*/")?,
            database: of(r"(?i)\Ause \S+\n?\z")?,
            escaped: of(r#"\\["']"#)?,
            double_quoted: of(r#"(?s)".*?""#)?,
            single_quoted: of(r"(?s)'.*?'")?,
            truth: of(r"(?i)\bfalse\b|\btrue\b")?,
            number: of(r"[0-9+-][0-9a-f.xb+-]*")?,
            signed: of(r"[xb.+-]\?")?,
            blank: of(r"[ \n\t\r\x0c]+")?,
            null: of(r"\bnull\b")?,
            list: of(r"\b(in|values?)(?:[\s,]*\([\s?,]*\))+")?,
            limit: of(r"\blimit \?(?:, ?\?| offset \?)?")?,
            order: of(r"\border by ")?,
            ascending: of(r"(.+?)\s+asc")?,
        })
    }

    /// The fingerprint of a statement.
    #[must_use]
    pub fn of(&self, statement: &[u8]) -> Vec<u8> {
        if statement.starts_with(MYSQLDUMP) {
            return b"mysqldump".to_vec();
        }
        if self.tool.is_match(statement) {
            return b"percona-toolkit".to_vec();
        }
        if statement.starts_with(ADMINISTRATOR) {
            return statement.to_vec();
        }
        if let Some(call) = self.call.captures(statement).and_then(|found| found.get(1)) {
            return call.as_bytes().to_ascii_lowercase();
        }
        let text = self.comment.replace_all(self.first_row(statement), &b""[..]);
        let text = without_line_comments(&text);
        if self.database.is_match(&text) {
            return b"use ?".to_vec();
        }
        let mut text = text.into_owned();
        for (pattern, by) in [
            (&self.escaped, &b""[..]),
            (&self.double_quoted, b"?"),
            (&self.single_quoted, b"?"),
            (&self.truth, b"?"),
            (&self.number, b"?"),
            (&self.signed, b"?"),
        ] {
            replace(pattern, &mut text, by);
        }
        let start = text.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0x0b).count();
        let end = text.len() - usize::from(text.last() == Some(&b'\n') && text.len() > start);
        let mut text = text[start..end].to_vec();
        replace(&self.blank, &mut text, b" ");
        text.make_ascii_lowercase();
        replace(&self.null, &mut text, b"?");
        replace(&self.list, &mut text, b"$1(?+)");
        let text = union::repeated(text);
        let text = self.limit.replace(&text, &b"limit ?"[..]);
        match self.order.find(&text) {
            Some(order) => {
                let (before, after) = text.split_at(order.end());
                [before, &self.ascending.replace_all(after, &b"$1"[..])].concat()
            }
            None => text.into_owned(),
        }
    }

    /// An `INSERT` of many rows up to the end of its first row; any other statement as it is.
    #[must_use]
    pub fn first_row<'a>(&self, statement: &'a [u8]) -> &'a [u8] {
        let is_insert = statement
            .get(..7)
            .is_some_and(|word| word[..6].eq_ignore_ascii_case(b"INSERT") || word.eq_ignore_ascii_case(b"REPLACE"));
        if !is_insert {
            return statement;
        }
        self.rows.captures(statement).and_then(|found| found.get(1)).map_or(statement, |row| row.as_bytes())
    }
}

fn replace(pattern: &Regex, text: &mut Vec<u8>, by: &[u8]) {
    if let Cow::Owned(changed) = pattern.replace_all(text, by) {
        *text = changed;
    }
}

/// Without the comments that end with their line. What has a quote before the line's end is none to pt-query-digest.
fn without_line_comments(text: &[u8]) -> Cow<'_, [u8]> {
    let mut kept: Option<Vec<u8>> = None;
    let (mut from, mut at) = (0, 0);
    while let Some(start) = memchr::memchr2(b'#', b'-', &text[at..]).map(|offset| at + offset) {
        if text[start] == b'-' && text.get(start + 1) != Some(&b'-') {
            at = start + 1;
            continue;
        }
        let rest = &text[start..];
        let length = rest.iter().position(|byte| matches!(byte, b'\'' | b'"' | b'\r' | b'\n')).unwrap_or(rest.len());
        let quoted = matches!(rest.get(length), Some(b'\'' | b'"'));
        at = start + length;
        if !quoted {
            kept.get_or_insert_default().extend_from_slice(&text[from..start]);
            from = at;
        }
    }
    match kept {
        None => Cow::Borrowed(text),
        Some(mut kept) => {
            kept.extend_from_slice(&text[from..]);
            Cow::Owned(kept)
        }
    }
}
