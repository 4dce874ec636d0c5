//! Commands of the `mysql` client, which no server knows: a file that was written for the client may hold them, and the
//! server's own error (1064) does not say what they are.

use crate::sql::lex::{self, Piece};
use crate::sql::quote;

/// A command of the client in a statement: its byte offset in the script, and what to do about it.
pub(super) fn command(piece: &Piece<'_>) -> Option<(usize, String)> {
    let first = piece.sql.split_whitespace().next().unwrap_or_default();
    if first.eq_ignore_ascii_case("SOURCE") || first.starts_with("\\.") {
        let line = piece.sql.lines().next().unwrap_or_default();
        let message = format!(
            "`{line}` is a command of the mysql client, and no statement; put what that file holds here, or make it a \
             migration of its own"
        );
        return Some((piece.offset, message));
    }
    let (at, end) = end(piece.sql)?;
    Some((piece.offset + at, format!("`{end}` ends a statement for the mysql client only; write `;`")))
}

/// `\G` or `\g` outside of texts and comments.
fn end(sql: &str) -> Option<(usize, &str)> {
    if !sql.contains("\\G") && !sql.contains("\\g") {
        return None;
    }
    let comments = lex::comments(sql).ok()?;
    let mut at = 0;
    while let Some(first) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let comment = comments.iter().find(|comment| comment.offset == at);
        at += match (comment, first) {
            (Some(comment), _) => comment.sql.len(),
            (None, '\'' | '"' | '`') => quote::length(rest).unwrap_or(rest.len()),
            (None, '\\') if rest.starts_with("\\G") || rest.starts_with("\\g") => return Some((at, &rest[..2])),
            (None, other) => other.len_utf8(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sql: &str) -> Option<(usize, String)> {
        lex::split(sql).unwrap().iter().find_map(command)
    }

    #[test]
    fn the_clients_commands_are_known_where_they_stand() {
        assert_eq!(found("SELECT 1;\nsource x.sql;").unwrap().0, 10);
        assert!(found("\\. x.sql").unwrap().1.contains("a command of the mysql client"));
        let (at, message) = found("SELECT 1\\G\nSELECT 2;").unwrap();
        assert!(at == 8 && message.starts_with("`\\G` ends"), "{at} {message}");
        for sql in ["SELECT '\\G'", "SELECT 1 -- it's \\G\n, 2", "/* \\g */ SELECT 1", "INSERT INTO source VALUES (1)"]
        {
            assert_eq!(found(sql), None, "{sql}");
        }
    }
}
