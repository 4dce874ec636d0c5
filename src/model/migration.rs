//! Migrations as they stand in files and in the ledger.

use super::location::Location;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which set a migration belongs to, derived from its statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Set {
    /// Tables, columns, constraints, rows.
    Schema,
    /// Nothing but secondary indexes.
    Indexes,
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Schema => "schema",
            Self::Indexes => "indexes",
        })
    }
}

/// How a migration's file is named, and so which tool's rules it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Naming {
    /// sqlx's `20260105090000_create_users.up.sql`.
    #[default]
    Sqlx,
    /// refinery's `V1__create_users.sql`: belongs after every migration of a lower version.
    Versioned,
    /// refinery's `U1__create_users.sql`: may be applied at any time.
    Unversioned,
}

/// One version: an up script and, when it can be reversed, a down script.
#[derive(Debug, Clone, PartialEq)]
pub struct Migration {
    /// The version, the digits before the first underscore of the file name.
    pub version: i64,
    /// The description: the rest of the file name, with spaces for underscores where it is sqlx's.
    pub description: String,
    /// How the file is named.
    pub naming: Naming,
    /// The set, derived from the up script.
    pub set: Set,
    /// The up script.
    pub up: Script,
    /// The down script; `None` for a migration that cannot be reversed.
    pub down: Option<Script>,
}

/// Which way a migration is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Applies up scripts.
    Up,
    /// Applies down scripts.
    Down,
}

impl Direction {
    /// The statements that a migration runs this way.
    #[must_use]
    pub fn statements(self, migration: &Migration) -> &[Statement] {
        match (self, &migration.down) {
            (Self::Up, _) => &migration.up.statements,
            (Self::Down, Some(down)) => &down.statements,
            (Self::Down, None) => &[],
        }
    }
}

/// One migration file, read and split.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// The file as the user would name it.
    pub file: String,
    /// The text exactly as read, for the checksum.
    pub text: String,
    /// Its statements in order.
    pub statements: Vec<Statement>,
}

/// One statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The statement without its delimiter and without comments around it.
    pub sql: String,
    /// Where it begins.
    pub at: Location,
}

/// One row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// The version.
    pub version: i64,
    /// The description when it was applied.
    pub description: String,
    /// When, in UTC, as `2026-01-05 09:00:00`.
    pub installed_on: String,
    /// False between the begin and the end of a migration, and for good when that was cut off.
    pub success: bool,
    /// The checksum as the ledger holds it: the 48 bytes of a SHA-384 in sqlx's, decimal digits in refinery's.
    pub checksum: Vec<u8>,
    /// Duration in nanoseconds; -1 when it was not measured.
    pub execution_time: i64,
}
