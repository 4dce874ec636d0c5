//! YAML files to typed values, and the one way in which a mistake in such a file is shown.
//!
//! Unknown fields are mistakes: a misspelt field that is silently ignored changes a verdict without anybody noticing.

use super::error::SourceError;
use super::text::{read, shown};
use crate::model::location::Location;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::de::DeserializeOwned;
use serde_saphyr::Spanned;
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
        let file = shown(path);
        let text = read(path)?;
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        let empty = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
        if empty {
            return Err(SourceError {
                message: format!("{file}: the file is empty"),
                at: Some(Location::line(&file, 1)),
            });
        }
        Ok(Self { file, text })
    }

    /// The file's value.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, SourceError> {
        serde_saphyr::from_str(&self.text).map_err(|error| {
            let place = error.location().map(|at| self.at(u32_of(at.line()), u32_of(at.column())));
            let options = serde_saphyr::render_options! { source_name: Some(self.file.as_str()) };
            let rendered = error.render_with_options(options);
            let header = place.as_ref().map_or_else(|| self.file.clone(), ToString::to_string);
            let message = if rendered.contains(&self.file) { rendered } else { format!("{header}: {rendered}") };
            SourceError { message, at: place }
        })
    }

    /// A place in this file.
    pub(super) fn at(&self, line: u32, column: u32) -> Location {
        Location { file: self.file.clone(), line: line.max(1), column: Some(column.max(1)) }
    }

    /// The place of a value.
    pub(super) fn place<T>(&self, value: &Spanned<T>) -> Location {
        self.at(u32_of(value.referenced.line()), u32_of(value.referenced.column()))
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

    fn offset(&self, at: &Location) -> usize {
        let start: usize =
            self.text.split_inclusive('\n').take(usize::try_from(at.line - 1).unwrap_or(0)).map(str::len).sum();
        let column = usize::try_from(at.column.unwrap_or(1) - 1).unwrap_or(0);
        let line = self.text[start..].lines().next().unwrap_or_default();
        start + line.char_indices().nth(column).map_or(line.len(), |(index, _)| index)
    }
}

pub(super) fn u32_of(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
