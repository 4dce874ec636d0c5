//! A statement's text as the journal keeps it: a long one is cut where that hides nothing of what it does.
//!
//! The file has the whole text, and its hash stands beside the copy. What reads the copy wants to know what the statement
//! does and to what, so that the beginning of an `INSERT` serves as well as all of its rows.

use crate::sql::ddl::{databases, effect, targets};
use crate::sql::quote;
use std::borrow::Cow;

/// Bytes that are set aside for the mark.
const MARK: usize = 100;

/// The text, or its beginning with a mark, of at most `most` bytes. A text whose beginning does not say all that it does,
/// such as a long `ALTER TABLE`, is kept as a whole.
#[must_use]
pub fn abridged(sql: &str, most: usize) -> Cow<'_, str> {
    if sql.len() <= most {
        return Cow::Borrowed(sql);
    }
    let beginning = &sql[..boundary(sql, most.saturating_sub(MARK))];
    let kept = format!("{beginning}\n/* aura-db: the first {} of {} bytes */", beginning.len(), sql.len());
    let says_all = effect(&kept) == effect(sql) && targets(&kept) == targets(sql) && databases(&kept) == databases(sql);
    if says_all { Cow::Owned(kept) } else { Cow::Borrowed(sql) }
}

/// The last place up to `most` that is outside of quotes and comments, so that what stands before it can be read.
fn boundary(sql: &str, most: usize) -> usize {
    let mut at = 0;
    while let Some(first) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let is_line = rest.starts_with('#') || ["-- ", "--\t", "--\n"].iter().any(|mark| rest.starts_with(mark));
        let length = match first {
            '\'' | '"' | '`' => quote::length(rest),
            '/' if rest.starts_with("/*") => rest.find("*/").map(|end| end + 2),
            _ if is_line => rest.find('\n'),
            _ => Some(first.len_utf8()),
        };
        match length {
            Some(length) if at + length <= most => at += length,
            _ => break,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 400;

    #[test]
    fn rows_are_cut_and_marked_once() {
        let sql = format!("INSERT INTO t VALUES {}", vec!["('é it''s')"; 200].join(", "));
        let kept = abridged(&sql, MOST);
        assert!(kept.len() <= MOST && kept.starts_with("INSERT INTO t VALUES ('é"), "{kept}");
        assert!(kept.ends_with(&format!(" of {} bytes */", sql.len())), "{kept}");
        assert_eq!(abridged(&kept, MOST), kept);
    }

    #[test]
    fn a_body_is_cut_and_clauses_and_names_are_not() {
        let body = format!("CREATE PROCEDURE p() BEGIN {} END", "SELECT 1; ".repeat(100));
        assert!(abridged(&body, MOST).len() <= MOST);
        for sql in [
            format!("ALTER TABLE t {}", vec!["ADD COLUMN a INT"; 100].join(", ")),
            format!("DROP TABLE {}", vec!["t"; 400].join(", ")),
        ] {
            assert_eq!(abridged(&sql, MOST), sql);
        }
    }

    #[test]
    fn one_long_value_is_left_out() {
        for value in [format!("'{}'", "x".repeat(MOST)), format!("/* {} */ 1", "it's ".repeat(MOST))] {
            let kept = abridged(&format!("INSERT INTO t VALUES (1, {value})"), MOST).into_owned();
            assert!(kept.starts_with("INSERT INTO t VALUES (1, \n/* aura-db: the first 25 of "), "{kept}");
        }
    }

    #[test]
    fn short_texts_stay_as_they_are() {
        assert_eq!(abridged("DROP TABLE t", MOST), "DROP TABLE t");
    }
}
