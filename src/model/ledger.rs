//! Ledgers as they can be: whose, in which format and in which table. The tables are other tools' own, so nothing is
//! added to them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The tables that the two tools use unless they are told otherwise.
pub const DEFAULT_TABLES: [&str; 2] = ["_sqlx_migrations", "refinery_schema_history"];

/// The tool whose files and ledger are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tool {
    /// sqlx and sqlx-cli.
    Sqlx,
    /// refinery and `refinery_cli`.
    Refinery,
}

impl Tool {
    /// The table that the tool itself uses unless it is told otherwise.
    #[must_use]
    pub fn default_table(self) -> &'static str {
        match self {
            Self::Sqlx => DEFAULT_TABLES[0],
            Self::Refinery => DEFAULT_TABLES[1],
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sqlx => "sqlx",
            Self::Refinery => "refinery",
        })
    }
}

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
    /// Whose it is.
    #[must_use]
    pub fn tool(self) -> Tool {
        match self {
            Self::Sqlx => Tool::Sqlx,
            Self::Refinery { .. } => Tool::Refinery,
        }
    }

    /// Whether a migration that was begun and cut off can be told from the ledger.
    #[must_use]
    pub fn remembers_begun(self) -> bool {
        self == Self::Sqlx
    }
}

/// A ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// Its format.
    pub format: Format,
    /// Its table, without the database.
    pub table: String,
}

impl Default for Ledger {
    /// sqlx's own.
    fn default() -> Self {
        Self::new(Format::Sqlx)
    }
}

impl Ledger {
    /// The ledger of that format under its tool's own name.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self { format, table: format.tool().default_table().into() }
    }

    /// The table's name, for what must leave it alone.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}'s format", self.table, self.format.tool())?;
        if let Format::Refinery { wide: true } = self.format {
            f.write_str(", 64-bit versions")?;
        }
        f.write_str(")")
    }
}

/// A name for a ledger's table, as flags and profiles give it.
///
/// # Errors
/// Why it cannot be one.
pub fn table_name(name: &str) -> Result<String, String> {
    // MySQL's longest identifier.
    let fits = (1..=64).contains(&name.chars().count()) && !name.ends_with(' ');
    if name.contains('.') {
        Err(format!("`{name}` names another database; a ledger is a table of the database that is migrated"))
    } else if !fits || name.contains(['`', '"', '\'', '\\', '\0']) {
        Err(format!("`{name}` is no name for a table; write 1 to 64 characters without quotes"))
    } else {
        Ok(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_says_whose_it_is() {
        assert_eq!(Ledger::default().to_string(), "_sqlx_migrations (sqlx's format)");
        let wide = Ledger::new(Format::Refinery { wide: true });
        assert_eq!(wide.to_string(), "refinery_schema_history (refinery's format, 64-bit versions)");
    }

    #[test]
    fn a_table_name_is_one_plain_identifier() {
        assert_eq!(table_name("my_history").unwrap(), "my_history");
        assert!(table_name("other.history").unwrap_err().contains("another database"));
        for name in ["", "a`b", "'a'", &"x".repeat(65)] {
            assert!(table_name(name).unwrap_err().contains("is no name for a table"), "{name}");
        }
    }
}
