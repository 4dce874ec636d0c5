//! Quoting for `MySQL` and `MariaDB`, both ways: names and texts as SQL writes them, and where a quoted one ends.
//! One home, because a difference between two copies of these rules would be an injection.

/// A name in backticks, with backticks in it doubled.
#[must_use]
pub fn name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Names in backticks, with commas between them.
#[must_use]
pub fn names<N: AsRef<str>>(names: &[N]) -> String {
    names.iter().map(|one| name(one.as_ref())).collect::<Vec<_>>().join(", ")
}

/// A text in quotes, right under every `sql_mode` and every character set of the connection: the letters travel as a
/// hexadecimal literal when a backslash or one beyond ASCII is among them.
#[must_use]
pub fn text(text: &str) -> String {
    if !text.contains('\\') && text.is_ascii() {
        return literal(text);
    }
    let mut hex = String::with_capacity(2 * text.len());
    for byte in text.bytes() {
        use std::fmt::Write as _;
        let _ = write!(hex, "{byte:02x}");
    }
    format!("_utf8mb4 x'{hex}'")
}

/// A plain literal, for where the grammar takes nothing else (`COMMENT`). Wrong under `NO_BACKSLASH_ESCAPES`.
#[must_use]
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// The length in bytes of the quoted text or name that `rest` begins with, quotes included; `None` when it is never closed.
///
/// A doubled quote stands for itself, and a backslash escapes outside backticks.
#[must_use]
pub fn length(rest: &str) -> Option<usize> {
    length_under(rest, Backslash::Escapes)
}

/// What a backslash in a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backslash {
    /// It says that the next letter is meant otherwise.
    Escapes,
    /// A letter like any other, under `NO_BACKSLASH_ESCAPES`.
    Plain,
}

/// The same as [`length`], under either mode.
#[must_use]
pub fn length_under(rest: &str, backslash: Backslash) -> Option<usize> {
    let mut characters = rest.char_indices().peekable();
    let (_, quote) = characters.next()?;
    while let Some((at, character)) = characters.next() {
        if character == '\\' && quote != '`' && backslash == Backslash::Escapes {
            characters.next();
        } else if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return Some(at + quote.len_utf8());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_texts_cannot_end_their_quotes() {
        assert_eq!(name("a`b"), "`a``b`");
        assert_eq!(names(&["a", "b`"]), "`a`, `b```");
        assert_eq!(text("it's"), "'it''s'");
        assert_eq!(text("\\'"), "_utf8mb4 x'5c27'");
        assert_eq!(literal("\\'"), "'\\\\'''");
    }

    #[test]
    fn doubled_and_escaped_quotes_do_not_end_a_text() {
        assert_eq!(length("'it''s' x"), Some(7));
        assert_eq!(length("'it\\'s' x"), Some(7));
        assert_eq!(length("`a\\` x"), Some(4));
        assert_eq!(length("\"é\"\""), None);
        assert_eq!(length("'a\\"), None);
        assert_eq!(length(""), None);
        assert_eq!(length_under("'it\\'s' x", Backslash::Plain), Some(5));
    }

    proptest! {
        #[test]
        fn what_was_quoted_ends_where_its_quotes_do(inner in "\\PC*", after in "[^'`]*") {
            for quoted in [name(&inner), literal(&inner)] {
                prop_assert_eq!(length(&format!("{quoted}{after}")), Some(quoted.len()));
            }
        }
    }
}
