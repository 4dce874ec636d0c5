//! Files of statements with `-- name:` comments, as sqlc, yesql, `HugSQL` and aiosql read them.
//!
//! A statement without a name gets one from the file and its line. Waivers above it stay with it.

use super::error::SourceError;
use super::text::{read, shown};
use crate::model::location::Location;
use crate::sql::lex::{Piece, comments, split};
use crate::sql::marks::to_marks;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A statement of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedStatement {
    /// Its name, unique among all that were read together.
    pub name: String,
    /// The statement with `?` for its parameters, and the waivers above it; or why it has none that could be explained.
    pub sql: Result<String, String>,
    /// Where it begins.
    pub at: Location,
}

/// Reads the files, one after the other.
///
/// # Errors
/// When a file cannot be read, or ends within a quote or a comment.
pub fn load(paths: &[PathBuf]) -> Result<Vec<NamedStatement>, SourceError> {
    let mut found = Vec::new();
    let mut names = BTreeSet::new();
    for path in paths {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        for mut statement in of_text(&read(path)?, &shown(path), &stem)? {
            let mut name = statement.name.clone();
            if names.contains(&name) {
                name = format!("{stem}.{name}");
            }
            let base = name.clone();
            let mut number = 2;
            while !names.insert(name.clone()) {
                name = format!("{base}-{number}");
                number += 1;
            }
            statement.name = name;
            found.push(statement);
        }
    }
    Ok(found)
}

/// The statements of one file; names may still be there twice.
///
/// # Errors
/// When the text ends within a quote or a comment.
pub fn of_text(text: &str, file: &str, stem: &str) -> Result<Vec<NamedStatement>, SourceError> {
    let unreadable = |error: crate::sql::lex::LexError| SourceError {
        message: format!("{file}:{}:{}: {error}", error.line, error.column),
        at: Some(Location { file: file.to_owned(), line: error.line, column: Some(error.column) }),
    };
    let (pieces, remarks) = (split(text).map_err(unreadable)?, comments(text).map_err(unreadable)?);
    let mut found = Vec::new();
    let (mut remarks, mut name) = (remarks.iter().peekable(), None::<Name>);
    for piece in &pieces {
        let (mut above, mut is_fresh) = (Vec::new(), false);
        while let Some(remark) = remarks.next_if(|remark| remark.offset < piece.offset) {
            if let Some(given) = Name::of(remark.sql) {
                // What stands above a name speaks of what came before.
                above.clear();
                name = Some(given);
                is_fresh = true;
            } else {
                above.push(remark);
            }
        }
        let end = piece.offset + piece.sql.len();
        while remarks.next_if(|remark| remark.offset < end || on_line_of(text, end, remark)).is_some() {}
        // A name is that of the statement below it, and no further one's.
        let given = name.take().filter(|_| is_fresh);
        let at = Location { file: file.to_owned(), line: piece.line, column: None };
        let is_fragment = given.as_ref().is_some_and(|name| name.is_fragment);
        let sql = if is_fragment {
            Err("it is a part of other statements, and none by itself".to_owned())
        } else {
            statement(text, piece, &above)
        };
        let name = given.map_or_else(|| format!("{stem}.line-{}", piece.line), |name| name.name);
        found.push(NamedStatement { name, sql, at });
    }
    Ok(found)
}

/// Whether a comment stands behind the statement that ends there, on its last line.
fn on_line_of(text: &str, end: usize, remark: &Piece<'_>) -> bool {
    !text[end..remark.offset].contains('\n')
}

fn statement(text: &str, piece: &Piece<'_>, above: &[&Piece<'_>]) -> Result<String, String> {
    // `SET @a = 1` or `@a := 1` or `INTO @a` anywhere in the file makes it a variable.
    let lower = text.to_ascii_lowercase();
    let is_variable = |name: &str| {
        let name = name.to_ascii_lowercase();
        [format!("set @{name}"), format!("@{name} :="), format!("@{name}:="), format!("into @{name}")]
            .iter()
            .any(|words| lower.contains(words))
    };
    let sql = to_marks(piece.sql, &is_variable)?;
    let mut lines: Vec<String> = Vec::new();
    for remark in above.iter().filter(|remark| crate::waiver::comment::of_statement(remark.sql).len() == 1) {
        // A comment that ends with its line keeps a line of its own.
        lines.push(remark.sql.trim_end().to_owned());
    }
    lines.push(sql);
    let behind = text[piece.offset + piece.sql.len()..].lines().next().unwrap_or_default();
    let behind = behind.trim_start_matches(';').trim();
    if crate::waiver::comment::of_statement(behind).len() == 1 {
        lines.insert(0, behind.to_owned());
    }
    Ok(lines.join("\n"))
}

/// What a comment names.
#[derive(Debug)]
struct Name {
    name: String,
    /// `HugSQL`'s `:snip` and `:frag`.
    is_fragment: bool,
}

impl Name {
    fn of(comment: &str) -> Option<Self> {
        let inside = comment.strip_prefix("--").or_else(|| comment.strip_prefix('#'));
        let inside = inside.or_else(|| comment.strip_prefix("/*").and_then(|text| text.strip_suffix("*/")))?;
        let mut words = inside.split_whitespace();
        let (rest, is_fragment) = match words.next()? {
            "name:" | ":name" => (words.next()?, false),
            ":snip" | ":frag" => (words.next()?, true),
            word => (word.strip_prefix("name:")?, false),
        };
        // aiosql's marks for what is given back.
        let name = rest.trim_end_matches(['^', '$', '!', '<', '*', '#', '?']);
        (!name.is_empty()).then(|| Self { name: name.to_owned(), is_fragment })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Vec<(String, u32, Result<String, String>)> {
        let found = of_text(text, "q/users.sql", "users").unwrap();
        found.into_iter().map(|one| (one.name, one.at.line, one.sql)).collect()
    }

    #[test]
    fn the_conventions_of_several_tools_are_read() {
        let text = "-- queries of users\n\n-- name: findUser :one\n-- Finds one.\nSELECT * FROM users\nWHERE id = ?;\n\
                    -- :name by-email :? :1\n-- :doc by email\nSELECT id FROM users WHERE email = :email\n;\n\
                    -- name: all_users^\n# aura-db: allow unbounded-result because it is an export\nSELECT id FROM users;\n\
                    SELECT 1; -- aura-db: allow x because y\r\n/* name: last */ SELECT sqlc.arg(a);\n\
                    -- :snip cond\nWHERE a = :i:b";
        let ok = |sql: &str| Ok(sql.to_owned());
        let found = of(text);
        assert_eq!(found[0], ("findUser".into(), 5, ok("SELECT * FROM users\nWHERE id = ?")));
        assert_eq!(found[1], ("by-email".into(), 9, ok("SELECT id FROM users WHERE email = ?")));
        let waived = "# aura-db: allow unbounded-result because it is an export\nSELECT id FROM users";
        assert_eq!(found[2], ("all_users".into(), 13, ok(waived)));
        assert_eq!(found[3], ("users.line-14".into(), 14, ok("-- aura-db: allow x because y\nSELECT 1")));
        assert_eq!(found[4], ("last".into(), 15, ok("SELECT ?")));
        assert_eq!(found[5].0, "cond");
        assert!(found[5].2.as_ref().is_err_and(|because| because.contains("part of other statements")));
        assert_eq!(found.len(), 6);
    }

    #[test]
    fn names_are_unique_and_what_is_not_closed_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let one = write("one.sql", "\u{feff}-- name: a\nSELECT 1;\r\n-- name: a\r\nSELECT 2;");
        let two = write("two.sql", "-- name: a\nSELECT 3");
        let names: Vec<String> = load(&[one, two]).unwrap().into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["a", "one.a", "two.a"]);
        let broken = write("broken.sql", "SELECT 1;\nSELECT 'a");
        assert!(load(&[broken]).unwrap_err().message.contains("broken.sql:2:8"));
    }

    proptest! {
        #[test]
        fn every_statement_is_there_once_in_order(
            parts in prop::collection::vec(prop::sample::select(vec![
                "-- name: a\n", "-- aura-db: allow x because y\n", "SELECT ?;\n", "SELECT :a\n;", "\n", "-- b\n", "/* c */", ";",
                "SELECT 'é:x';", "-- :name d :? :*\r\n", "#\n",
            ]), 0..20),
        ) {
            let text = parts.concat();
            let lines: Vec<u32> = of(&text).iter().map(|(_, line, _)| *line).collect();
            let expected: Vec<u32> = split(&text).unwrap().iter().map(|piece| piece.line).collect();
            prop_assert_eq!(lines, expected);
        }
    }
}
