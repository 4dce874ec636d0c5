//! The splitter: pieces are parts of the script, in its order, where they say that they are.

use crate::text;
use aura_db::sql::lex;

/// Splits a script.
pub fn split(data: &[u8]) {
    let Some(script) = text(data) else { return };
    let comments = lex::comments(script);
    let pieces = match lex::split(script) {
        Ok(pieces) => pieces,
        Err(error) => {
            assert!(comments.is_err() && error.line > 0 && error.column > 0);
            return;
        }
    };
    let mut end = 0;
    for piece in &pieces {
        assert!(piece.offset >= end && !piece.sql.is_empty());
        end = piece.offset + piece.sql.len();
        assert_eq!(&script[piece.offset..end], piece.sql);
        assert_eq!(piece.sql.trim(), piece.sql, "no space is part of a statement's ends");
    }
    // The place of each is counted from the beginning, so only some are asked for.
    for piece in pieces.iter().take(16).chain(pieces.last()) {
        assert_eq!(lex::place(script, piece.offset), (piece.line, piece.column));
    }
    for comment in comments.expect("a script that splits has comments that can be read") {
        assert!(["--", "#", "/*"].iter().any(|mark| comment.sql.starts_with(mark)));
    }
}
