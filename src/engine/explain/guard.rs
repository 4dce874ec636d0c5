//! Lets nothing but one statement that EXPLAIN only plans reach the server behind an EXPLAIN.

use crate::engine::error::EngineError;
use crate::sql::quote;

const EXPLAINABLE: [&str; 8] = ["SELECT", "WITH", "TABLE", "VALUES", "INSERT", "REPLACE", "UPDATE", "DELETE"];

/// A statement that may stand behind EXPLAIN.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Explainable<'a> {
    /// The statement without a `;` at its end.
    pub(super) sql: &'a str,
    /// Whether its first word says that it changes rows.
    pub(super) modifies: bool,
}

/// Checks a statement.
///
/// # Errors
/// When it is empty, is several, begins with another word, or holds a comment that servers execute.
pub(super) fn check(sql: &str) -> Result<Explainable<'_>, EngineError> {
    let end = first_end(sql)?;
    let statement = sql[..end].trim();
    let word = first_word(statement);
    if !EXPLAINABLE.contains(&word.as_str()) {
        let found = if word.is_empty() { "nothing".to_owned() } else { format!("`{word}`") };
        return refuse(format!(
            "EXPLAIN takes SELECT, INSERT, REPLACE, UPDATE, DELETE, WITH, TABLE or VALUES; found {found}"
        ));
    }
    let modifies = matches!(word.as_str(), "INSERT" | "REPLACE" | "UPDATE" | "DELETE");
    Ok(Explainable { sql: statement, modifies })
}

fn refuse<T>(reason: impl Into<String>) -> Result<T, EngineError> {
    Err(EngineError::Refused(reason.into()))
}

/// Where the statement ends: at its `;`, which only blanks and comments may follow, or with the text.
fn first_end(sql: &str) -> Result<usize, EngineError> {
    let (mut end, mut at) = (None, 0);
    while let Some(c) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let length = match c {
            // Under `NO_BACKSLASH_ESCAPES` the end is misjudged; the server still takes one statement only, as it is sent to be
            // prepared.
            '\'' | '"' | '`' => match quote::length(rest) {
                Some(length) => length,
                None => return refuse("a quote is not closed"),
            },
            '#' => line(rest),
            // `--` begins a comment only before a blank or the end of the line.
            '-' if rest.starts_with("--")
                && rest[2..].chars().next().is_none_or(|c| c.is_whitespace() || c.is_control()) =>
            {
                line(rest)
            }
            '/' if rest.starts_with("/*!") || rest.starts_with("/*M!") => {
                return refuse("a comment that servers execute (`/*!`) may hide another statement");
            }
            '/' if rest.starts_with("/*") => match rest[2..].find("*/") {
                Some(inside) => inside + 4,
                None => return refuse("a comment is not closed"),
            },
            ';' if end.is_none() => {
                end = Some(at);
                1
            }
            c if c.is_whitespace() => c.len_utf8(),
            _ if end.is_some() => return refuse("more than one statement"),
            c => c.len_utf8(),
        };
        at += length;
    }
    Ok(end.unwrap_or(sql.len()))
}

fn line(rest: &str) -> usize {
    rest.find('\n').map_or(rest.len(), |end| end + 1)
}

/// The first word in upper case, past comments and opening parentheses.
fn first_word(statement: &str) -> String {
    let mut rest = statement;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
        let skipped = if rest.starts_with('#') || rest.starts_with("--") {
            line(rest)
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else {
            break;
        };
        rest = &rest[skipped..];
    }
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    rest[..end].to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(sql: &str) -> Option<&str> {
        check(sql).ok().map(|statement| statement.sql)
    }

    #[test]
    fn single_statements_pass_without_their_end() {
        assert_eq!(accepted("SELECT 1;"), Some("SELECT 1"));
        assert_eq!(accepted(" (select 1) union (select 2) ; -- done\n/* x */"), Some("(select 1) union (select 2)"));
        assert_eq!(
            accepted("-- why\nUPDATE t SET a = ';' WHERE b = \"it\\\"s;\""),
            Some("-- why\nUPDATE t SET a = ';' WHERE b = \"it\\\"s;\"")
        );
        assert_eq!(
            accepted("SELECT /*+ NO_INDEX(t) */ `a;b` FROM t # end;"),
            Some("SELECT /*+ NO_INDEX(t) */ `a;b` FROM t # end;")
        );
        assert_eq!(accepted("SELECT 5--1"), Some("SELECT 5--1"));
        assert_eq!(accepted("SELECT 'é''x;'"), Some("SELECT 'é''x;'"));
    }

    #[test]
    fn everything_else_is_refused() {
        for sql in [
            "",
            " ; ",
            "-- only",
            "DROP TABLE t",
            "SELECT 1; DROP TABLE t",
            "SELECT 1;;",
            "ANALYZE SELECT 1",
            "EXPLAIN SELECT 1",
            "FOR CONNECTION 7",
            "INTO @x SELECT 1",
            "/*!50000 DROP TABLE t */",
            "SELECT 1 /*! ; DROP TABLE t */",
            "SELECT 1 /*M! x */",
            "SELECT 'open",
            "SELECT 1 /* open",
            "CALL p()",
            "SET @a = 1",
            "DO SLEEP(1)",
            "SELECTX 1",
        ] {
            assert!(matches!(check(sql), Err(EngineError::Refused(_))), "{sql}");
        }
    }

    #[test]
    fn changes_are_told_from_reads() {
        assert!(check("delete from t").is_ok_and(|statement| statement.modifies));
        assert!(check("with x as (select 1) select * from x").is_ok_and(|statement| !statement.modifies));
    }
}
