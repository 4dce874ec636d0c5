//! YAML files to trees, and the one way in which a mistake in such a file is shown.

use super::error::SourceError;
use super::node::Node;
use super::text::{read, shown};
use crate::model::location::Location;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde_saphyr::{Error, Location as Spot, MessageFormatter, UserMessageFormatter};
use std::path::Path;

/// A YAML file's text, with its name as the user would write it.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// The name.
    pub(super) file: String,
    /// The text without a byte order mark.
    pub(super) text: String,
}

impl Document {
    /// Reads a file.
    pub(super) fn open(path: &Path) -> Result<Self, SourceError> {
        let text = read(path)?;
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        Ok(Self { file: shown(path), text })
    }

    /// The file's tree. The parser's limits on depth, size and aliases stay on: a few lines of aliases that stand for
    /// gigabytes are refused.
    pub(super) fn root(&self) -> Result<Node, SourceError> {
        match self.tree() {
            Ok(node) if node.is_null() => Err(self.empty()),
            Ok(node) => Ok(node),
            Err(error) if matches!(error.without_snippet(), Error::Eof { .. }) => Err(self.empty()),
            Err(error) => {
                let (message, at) = self.said(&error);
                Err(match at {
                    Some(at) => self.mistake(at, &message, ""),
                    None => SourceError { message: format!("{}: {message}", self.file), at: None },
                })
            }
        }
    }

    /// As [`Document::root`], for a file in which a secret may stand by mistake: no line of it is shown.
    pub(super) fn root_unseen(&self) -> Result<Node, SourceError> {
        match self.tree() {
            Ok(node) if node.is_null() => Err(self.empty()),
            Ok(node) => Ok(node),
            Err(error) if matches!(error.without_snippet(), Error::Eof { .. }) => Err(self.empty()),
            Err(error) => {
                let (_, at) = self.said(&error);
                let at = at.unwrap_or_else(|| self.at(1, 1));
                Err(unseen(
                    at,
                    "this is not valid YAML from here on; compare it with the profiles that ship with aura-db",
                ))
            }
        }
    }

    fn tree(&self) -> Result<Node, Error> {
        // YAML 1.2's own notions: `yes` is a word, `0755` and `1_000` are no decimal numbers.
        let options = serde_saphyr::options! {
            strict_booleans: true,
            leading_zero_numbers_as_strings: true,
            underscored_numbers_as_strings: true,
            with_snippet: false,
        };
        serde_saphyr::from_str_with_options(&self.text, options)
    }

    fn said(&self, error: &Error) -> (String, Option<Location>) {
        let message = UserMessageFormatter.format_message(error.without_snippet()).into_owned();
        (message, error.location().filter(|spot| spot.line() > 0).map(|spot| self.spot(spot)))
    }

    fn empty(&self) -> SourceError {
        SourceError { message: format!("{}: the file is empty", self.file), at: Some(Location::line(&self.file, 1)) }
    }

    /// A place in this file.
    pub(super) fn at(&self, line: u32, column: u32) -> Location {
        Location { file: self.file.clone(), line: line.max(1), column: Some(column.max(1)) }
    }

    /// A place that the parser gave.
    pub(super) fn spot(&self, spot: Spot) -> Location {
        let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
        self.at(number(spot.line()), number(spot.column()))
    }

    /// The text of a scalar as it is written.
    pub(super) fn written(&self, node: &Node) -> Option<&str> {
        let span = node.written.span();
        let start = usize::try_from(span.byte_offset()?).ok()?;
        let length = usize::try_from(span.byte_len()?).ok()?;
        self.text.get(start..start.checked_add(length)?)
    }

    /// A mistake at a place, with the line and a caret under it.
    pub(super) fn mistake(&self, at: Location, message: &str, remedy: &str) -> SourceError {
        let offset = self.offset(&at);
        let length = self.text[offset..].chars().next().map_or(0, char::len_utf8);
        let snippet = Snippet::source(self.text.as_str())
            .path(self.file.as_str())
            .annotation(AnnotationKind::Primary.span(offset..offset + length));
        let mut group = Level::ERROR.no_name().primary_title(message).element(snippet);
        if !remedy.is_empty() {
            group = group.element(Level::HELP.message(remedy));
        }
        SourceError { message: Renderer::plain().render(&[group]), at: Some(at) }
    }

    /// The byte at which a place stands; the end of its line when that is shorter.
    pub(super) fn offset(&self, at: &Location) -> usize {
        let start: usize =
            self.text.split_inclusive('\n').take(usize::try_from(at.line - 1).unwrap_or(0)).map(str::len).sum();
        let column = usize::try_from(at.column.unwrap_or(1) - 1).unwrap_or(0);
        let line = self.text[start..].lines().next().unwrap_or_default();
        start + line.char_indices().nth(column).map_or(line.len(), |(index, _)| index)
    }

    /// The place of a byte.
    pub(super) fn place_of(&self, offset: usize) -> Location {
        let before = &self.text[..offset];
        let line = before.rsplit('\n').next().unwrap_or_default();
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.at(number(before.matches('\n').count() + 1), number(line.chars().count() + 1))
    }
}

/// A mistake whose line is not shown, as a secret may stand in it.
pub(super) fn unseen(at: Location, message: &str) -> SourceError {
    SourceError { message: format!("{at}: {message}"), at: Some(at) }
}

#[cfg(test)]
mod tests {
    use super::super::node::Content;
    use super::*;
    use crate::model::query::Value;
    use proptest::prelude::*;

    fn document(text: &str) -> Document {
        Document { file: "a.yaml".into(), text: text.into() }
    }

    fn list(text: &str) -> Vec<Value> {
        let Content::List(items) = document(text).root().unwrap().content else { panic!("no list: {text}") };
        let value = |node: Node| match node.content {
            Content::Scalar(value) => value,
            other => panic!("{other:?}"),
        };
        items.into_iter().map(value).collect()
    }

    #[test]
    fn the_yaml_type_is_the_type_of_the_value() {
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(
            list("[\"42\", '42', 42, -1, 1.5, \"1.5\", true, \"true\", null, \"null\", ~, \"\", general]"),
            [
                text("42"),
                text("42"),
                Value::Int(42),
                Value::Int(-1),
                Value::Float(1.5),
                text("1.5"),
                Value::Bool(true),
                text("true"),
                Value::Null,
                text("null"),
                Value::Null,
                text(""),
                text("general")
            ]
        );
        // Words and dates that older YAML takes for something else.
        let words = ["2026-01-15", "2026-01-15 12:00:00", "yes", "off", "0755", "1_000", "12:30:45"];
        assert_eq!(list(&format!("[{}]", words.join(", "))), words.map(text));
    }

    #[test]
    fn a_syntax_error_has_its_line_and_a_caret() {
        let error = document("a: 1\nb: [1, 2\nc: 3\n").root().unwrap_err();
        assert!(error.at.is_some_and(|at| at.line > 1), "{}", error.message);
        assert!(error.message.contains("a.yaml:") && error.message.contains('^'), "{}", error.message);
        let twice = document("a: 1\na: 2\n").root().unwrap_err();
        assert!(twice.message.contains("a.yaml:2:1") && twice.message.contains("duplicate"), "{}", twice.message);
    }

    #[test]
    fn a_file_that_holds_nothing_is_called_empty() {
        for text in ["", "\n \n", "# only a remark\n", "---\n", "---\n...\n", "null\n"] {
            let error = document(text).root().unwrap_err();
            assert_eq!(error.message, "a.yaml: the file is empty", "{text:?}");
        }
    }

    #[test]
    fn a_file_that_unfolds_without_end_is_refused() {
        let level = |number: usize| match number {
            0 => "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(),
            _ => format!("a{number}: &a{number} [{}]\n", vec![format!("*a{}", number - 1); 10].join(", ")),
        };
        let bomb: String = (0..12).map(level).collect();
        assert!(document(&bomb).root().is_err());
        let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        assert!(document(&deep).root().is_err());
    }

    #[test]
    fn places_and_bytes_are_two_names_of_one_thing() {
        let document = document("a: é\r\nkey: wörd\n");
        let offset = document.offset(&document.at(2, 8));
        assert_eq!(&document.text[offset..], "rd\n");
        assert_eq!(document.place_of(offset), document.at(2, 8));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_at_a_place(text in "([-a-z:{}\\[\\]|>&*!%#\"' ,?~0-9\\n\\r\\t]|\\PC){0,60}") {
            if let Err(error) = document(&text).root() {
                prop_assert!(error.message.contains("a.yaml"), "{}", error.message);
            }
        }
    }
}
