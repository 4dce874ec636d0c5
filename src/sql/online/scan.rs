//! Cuts a statement into its elements, each with its place in the text, so that text can be put between them or taken
//! over verbatim. Executable comments stay whole: what is in them depends on the server's version.

/// One element; spaces and comments are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sql) struct Element<'text> {
    pub(in crate::sql) kind: Kind,
    pub(in crate::sql) text: &'text str,
    /// Byte offset of its first character.
    pub(in crate::sql) start: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sql) enum Kind {
    /// A keyword, a name without quotes, a number.
    Word,
    /// In backticks or quotes.
    Quoted,
    /// `/*! … */`, `/*M! … */` or `/*+ … */`.
    Executable,
    /// One character of anything else.
    Symbol,
}

impl Element<'_> {
    /// Byte offset after its last character.
    pub(in crate::sql) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is this keyword, without quotes.
    pub(in crate::sql) fn is(&self, word: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Symbol) && self.text.eq_ignore_ascii_case(word)
    }

    /// The name that it is, without its quotes; `None` when it can be none.
    pub(in crate::sql) fn name(&self) -> Option<String> {
        let quote = self.text.chars().next()?;
        match self.kind {
            Kind::Word => Some(self.text.to_owned()),
            Kind::Quoted if quote != '\'' => {
                let inner = self.text.get(1..self.text.len().checked_sub(1)?)?;
                Some(inner.replace(&format!("{quote}{quote}"), &quote.to_string()))
            }
            _ => None,
        }
    }
}

/// The elements of a statement; `None` when a quote or a comment is never closed.
pub(in crate::sql) fn elements(sql: &str) -> Option<Vec<Element<'_>>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let (kind, length) = if first.is_whitespace() {
            (None, first.len_utf8())
        } else if first == '#' || is_dashed(rest) {
            (None, rest.find('\n').unwrap_or(rest.len()))
        } else if let Some(inside) = rest.strip_prefix("/*") {
            let length = 2 + inside.find("*/")? + 2;
            let runs = ["/*!", "/*M!", "/*+"].iter().any(|opening| rest.starts_with(opening));
            (runs.then_some(Kind::Executable), length)
        } else if matches!(first, '\'' | '"' | '`') {
            (Some(Kind::Quoted), quoted(rest, first)?)
        } else if is_word(first) {
            (Some(Kind::Word), rest.find(|character| !is_word(character)).unwrap_or(rest.len()))
        } else {
            (Some(Kind::Symbol), first.len_utf8())
        };
        if let Some(kind) = kind {
            found.push(Element { kind, text: &rest[..length], start: at });
        }
        at += length;
    }
    Some(found)
}

fn is_dashed(rest: &str) -> bool {
    rest.strip_prefix("--").is_some_and(|rest| rest.chars().next().is_none_or(|c| c.is_whitespace() || c.is_control()))
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$' | '@')
}

/// The length of a quoted text. Backslashes count in all but backticks; a doubled quote stands for itself.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((index, character)) = characters.next() {
        if character == '\\' && quote != '`' {
            characters.next();
        } else if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return Some(index + quote.len_utf8());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_stand_where_they_say() {
        let sql =
            "ALTER -- x\n TABLE `a``b`.\"c\" /* , */ ADD x INT /*!80000 INVISIBLE */ COMMENT 'it''s \\', y' # end";
        let found = elements(sql).unwrap();
        let texts: Vec<&str> = found.iter().map(|element| element.text).collect();
        let expected = [
            "ALTER",
            "TABLE",
            "`a``b`",
            ".",
            "\"c\"",
            "ADD",
            "x",
            "INT",
            "/*!80000 INVISIBLE */",
            "COMMENT",
            "'it''s \\', y'",
        ];
        assert_eq!(texts, expected);
        assert_eq!(found[2].name().unwrap(), "a`b");
        assert!(found.iter().all(|element| &sql[element.start..element.end()] == element.text));
        assert_eq!(elements("SELECT 'x"), None);
        assert_eq!(elements("SELECT /* x"), None);
    }
}
