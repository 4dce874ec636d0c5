//! The two formats that a history of migrations can have. The tables are other tools' own, so nothing is added to them.

use std::fmt;

/// The tables that the two tools use unless they are told otherwise.
pub const DEFAULT_TABLES: [&str; 2] = ["_sqlx_migrations", "refinery_schema_history"];

/// The format of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// sqlx's: SHA-384 of the file, and a row that says when a migration is half-applied.
    Sqlx,
    /// refinery's: `SipHash` of name, version and file; a row means applied.
    Refinery {
        /// Whether versions have 64 bits, as in a refinery built with `int8-versions`; the checksum depends on it.
        wide: bool,
    },
}

impl Format {
    /// The table that the tool itself uses unless it is told otherwise.
    #[must_use]
    pub fn default_table(self) -> &'static str {
        match self {
            Self::Sqlx => DEFAULT_TABLES[0],
            Self::Refinery { .. } => DEFAULT_TABLES[1],
        }
    }

    /// Whether a migration that was begun and cut off can be told from the ledger.
    #[must_use]
    pub fn remembers_begun(self) -> bool {
        self == Self::Sqlx
    }

    /// The same format, whatever the width of the versions.
    #[must_use]
    pub fn is_like(self, other: Self) -> bool {
        (self == Self::Sqlx) == (other == Self::Sqlx)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sqlx => "sqlx",
            Self::Refinery { .. } => "refinery",
        })
    }
}
