//! A place in a file of the user's, so that every error and finding can point at it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A place in a text file. Lines and columns count from 1; a column counts characters, not bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// The file as the user would name it, relative where the user gave it so.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

impl Location {
    /// A place that is known by its line only.
    pub fn line(file: impl Into<String>, line: u32) -> Self {
        Self { file: file.into(), line, column: None }
    }

    /// A server's words on the statement that begins here, with the line of the file in place of the line that the server
    /// counts from the statement's beginning: `… near 'x' at line 2`.
    #[must_use]
    pub fn of_server(&self, words: &str) -> String {
        const MARK: &str = "' at line ";
        let Some(at) = words.rfind(MARK) else { return words.to_owned() };
        let rest = &words[at + MARK.len()..];
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        match rest[..digits].parse::<u32>() {
            Ok(line @ 1..) => {
                let line = self.line.saturating_add(line - 1);
                format!("{}{MARK}{line} of {}{}", &words[..at], self.file, &rest[digits..])
            }
            _ => words.to_owned(),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Location;

    #[test]
    fn a_servers_line_becomes_the_files() {
        let at = Location::line("m.sql", 7);
        let said = "error 1064: … right syntax to use near 'INTT,\n c' at line 2";
        assert_eq!(at.of_server(said), "error 1064: … right syntax to use near 'INTT,\n c' at line 8 of m.sql");
        assert_eq!(at.of_server("near '' at line 1\nmore"), "near '' at line 7 of m.sql\nmore");
        for other in ["Duplicate entry 'at line 2'", "' at line ", "no line"] {
            assert_eq!(at.of_server(other), other);
        }
    }
}
