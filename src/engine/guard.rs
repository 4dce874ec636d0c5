//! Our own statements run under settings of ours, whatever a migration file has set for the session it shares with them:
//! a `SHOW CREATE` under `ANSI_QUOTES` has other quotes, a text under another character set other letters.
//!
//! The file's settings are kept in user variables and put back right before its next statement. Where no file has touched
//! a setting, and the server's own mode is harmless, nothing of this is sent.

use super::session::{Session, SessionConnection};
use super::{EngineError, text};
use crate::sql::quote::Backslash;
use crate::sql::words::names_any;
use sqlx::MySqlConnection;

/// Modes that change what `SHOW CREATE` says, or what our own statements mean.
const BENDING: [&str; 16] = [
    "ANSI",
    "ANSI_QUOTES",
    "ORACLE",
    "MSSQL",
    "DB2",
    "POSTGRESQL",
    "MAXDB",
    "MYSQL323",
    "MYSQL40",
    "NO_FIELD_OPTIONS",
    "NO_KEY_OPTIONS",
    "NO_TABLE_OPTIONS",
    "NO_BACKSLASH_ESCAPES",
    "EMPTY_STRING_IS_NULL",
    "PAD_CHAR_TO_FULL_LENGTH",
    "SIMULTANEOUS_ASSIGNMENT",
];

/// The settings at stake, in the order in which they can be put back: a collation sets its character set too.
const AT_STAKE: [&str; 10] = [
    "sql_mode",
    "sql_big_selects",
    "sql_quote_show_create",
    "sql_select_limit",
    "sql_safe_updates",
    "time_zone",
    "character_set_client",
    "character_set_connection",
    "collation_connection",
    "character_set_results",
];

/// How a session reads statements and shows definitions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mode {
    /// Its `sql_mode`.
    sql: String,
    /// Whether `SHOW CREATE` leaves names without quotes.
    bare: bool,
}

impl Mode {
    pub(super) fn new(sql: String, quotes: bool) -> Self {
        Self { sql, bare: !quotes }
    }

    /// What a backslash in a text is.
    pub(super) fn backslash(&self) -> Backslash {
        if names_any(&self.sql, &["NO_BACKSLASH_ESCAPES"]) { Backslash::Plain } else { Backslash::Escapes }
    }

    /// Whether it changes what our own statements say.
    fn bends(&self) -> bool {
        self.bare || self.sql.split(',').any(is_bending)
    }
}

fn is_bending(mode: &str) -> bool {
    BENDING.iter().any(|bending| mode.eq_ignore_ascii_case(bending))
}

/// The guard of a session.
#[derive(Debug)]
pub(super) struct Guard {
    /// Keeps the file's settings and sets ours.
    ours: String,
    /// Whether ours are set.
    is_up: bool,
}

impl Guard {
    fn new(mode: &Mode) -> Self {
        let kept: Vec<&str> = mode.sql.split(',').filter(|one| !is_bending(one)).collect();
        let keep: Vec<String> = AT_STAKE.iter().map(|name| format!("@_aura_db_{name} = @@SESSION.{name}")).collect();
        Self {
            ours: format!(
                "SET {}, SESSION sql_mode = {}, SESSION sql_quote_show_create = 1, SESSION sql_select_limit = DEFAULT, \
                 SESSION sql_safe_updates = 0, SESSION sql_big_selects = 1, SESSION time_zone = '+00:00', NAMES utf8mb4",
                keep.join(", "),
                text::text(&kept.join(","))
            ),
            is_up: false,
        }
    }
}

fn theirs() -> String {
    let back: Vec<String> = AT_STAKE.iter().map(|name| format!("SESSION {name} = @_aura_db_{name}")).collect();
    format!("SET {}", back.join(", "))
}

impl Session {
    /// From here on a file's statements may change settings.
    pub(super) fn guard(&mut self) {
        if self.guard.is_none() {
            self.guard = Some(Guard::new(&self.mode));
        }
    }

    /// Ends the guard, with whatever settings are in force: nothing of a file is sent after it. Where the server's own
    /// mode bends our statements, it stays.
    pub(super) fn unguard(&mut self) {
        self.guard = self.mode.bends().then(|| Guard::new(&self.mode));
    }

    /// What has to be sent first, so that a statement of our own runs under our settings.
    pub(super) fn raise(&mut self) -> Option<String> {
        let guard = self.guard.as_mut().filter(|guard| !guard.is_up)?;
        guard.is_up = true;
        Some(guard.ours.clone())
    }

    /// The server's connection, under our settings; `None` on the embedded engine.
    ///
    /// # Errors
    /// When the server refuses or the connection breaks.
    pub(super) async fn own(&mut self) -> Result<Option<&mut MySqlConnection>, EngineError> {
        if let Some(ours) = self.raise() {
            self.send(ours).await?;
        }
        Ok(match &mut self.connection {
            SessionConnection::Server(connection) => Some(connection),
            SessionConnection::Embedded(_) => None,
        })
    }

    /// Sends what was kept of ours, and puts the file's settings back for its next statement.
    ///
    /// # Errors
    /// When the server refuses or the connection breaks.
    pub(super) async fn hand_over(&mut self) -> Result<(), EngineError> {
        let ours = self.has_deferred();
        if self.guard.as_ref().is_some_and(|guard| guard.is_up || ours) {
            self.defer(theirs());
        }
        self.flush().await?;
        if let Some(guard) = &mut self.guard {
            guard.is_up = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_bends_our_statements_is_left_out_of_the_mode() {
        let mode = |sql: &str| Mode::new(sql.into(), true);
        let guard = Guard::new(&mode("ANSI_QUOTES,STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES,NO_ENGINE_SUBSTITUTION"));
        assert!(guard.ours.contains("SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'"), "{guard:?}");
        assert!(mode("STRICT_ALL_TABLES,ansi_quotes").bends() && Mode::new(String::new(), false).bends());
        assert!(!mode("STRICT_ALL_TABLES").bends() && !mode("").bends());
    }
}
