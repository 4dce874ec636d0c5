//! One migration file: read, split into statements, and refused where it would do what no migration may.

use super::client;
use crate::model::ledger::DEFAULT_TABLES;
use crate::model::location::Location;
use crate::model::migration::{Script, Set, Statement};
use crate::source::error::SourceError;
use crate::source::text::{read, shown};
use crate::sql::ddl::{Effect, effect, targets};
use crate::sql::lex::{self, Piece};
use crate::sql::words::names_any;
use std::path::Path;

/// Reads a file. `ignored` characters are left out of the text that the checksum is taken of.
pub(super) fn script(path: &Path, ignored: &[char]) -> Result<Script, SourceError> {
    let text = read(path)?;
    let file = shown(path);
    let pieces = lex::split(&text).map_err(|error| SourceError {
        message: format!("{file}:{}:{}: {}", error.line, error.column, error.message),
        at: Some(Location { file: file.clone(), line: error.line, column: Some(error.column) }),
    })?;
    let nul = |piece: &Piece<'_>| {
        let remedy = "a NUL character stands here; remove it (a text that needs one has the two characters \\0)";
        Some((piece.offset + piece.sql.find('\0')?, remedy.to_owned()))
    };
    if let Some((at, message)) = pieces.iter().find_map(|piece| nul(piece).or_else(|| client::command(piece))) {
        let (line, column) = lex::place(&text, at);
        let at = Location { file, line, column: Some(column) };
        return Err(SourceError { message: format!("{at}: {message}"), at: Some(at) });
    }
    let statements: Vec<Statement> = pieces
        .into_iter()
        .map(|piece| Statement {
            sql: piece.sql.to_owned(),
            at: Location { file: file.clone(), line: piece.line, column: Some(piece.column) },
        })
        .collect();
    for statement in &statements {
        let is_target = |ledger: &str| targets(&statement.sql).iter().any(|name| name.eq_ignore_ascii_case(ledger));
        let names_one = names_any(&statement.sql, &DEFAULT_TABLES);
        if let Some(ledger) = DEFAULT_TABLES.into_iter().find(|ledger| names_one && is_target(ledger)) {
            let message =
                format!("{}: a migration may not touch the ledger {ledger}; remove the statement", statement.at);
            return Err(SourceError { message, at: Some(statement.at.clone()) });
        }
        if names_any(&statement.sql, &["USE"]) && effect(&statement.sql) == Effect::Use {
            let message = format!(
                "{}: `{}` would leave the database that was asked for; remove it (the connection's database is used)",
                statement.at, statement.sql
            );
            return Err(SourceError { message, at: Some(statement.at.clone()) });
        }
    }
    let text = if ignored.is_empty() { text } else { text.replace(ignored, "") };
    Ok(Script { file, text, statements })
}

/// Nothing but secondary indexes makes an index migration; statements that only set the session do not count.
pub(super) fn set_of(up: &Script) -> Set {
    let mut any_index = false;
    for statement in &up.statements {
        if makes_table(&statement.sql) {
            return Set::Schema;
        }
        let effect = effect(&statement.sql);
        any_index |= effect.is_index_only();
        if !effect.is_index_only() && !effect.is_neutral() {
            return Set::Schema;
        }
    }
    if any_index { Set::Indexes } else { Set::Schema }
}

/// Whether the first two words tell, as they do in most files: reading a whole statement takes longer than reading its file.
fn makes_table(sql: &str) -> bool {
    let mut words = sql.split_ascii_whitespace();
    let mut next = |word: &str| words.next().is_some_and(|it| it.eq_ignore_ascii_case(word));
    next("CREATE") && next("TABLE")
}

/// What is wrong with a file as a whole.
pub(super) fn problem(path: &Path, message: &str) -> SourceError {
    let file = shown(path);
    SourceError { message: format!("{file}: {message}"), at: Some(Location::line(&file, 1)) }
}
