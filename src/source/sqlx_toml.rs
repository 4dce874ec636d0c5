//! `sqlx.toml`, the settings of sqlx-cli and sqlx's macros, as far as they say where migrations and ledger are.
//!
//! What else is in it is sqlx's own business and is passed over.

use super::error::SourceError;
use super::text::{read, shown};
use crate::model::ledger::table_name;
use crate::model::location::Location;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// What `[migrate]` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SqlxToml {
    /// `table-name`: the ledger's table.
    pub table: Option<String>,
    /// `migrations-dir`: the folder, relative to the file.
    pub folder: Option<PathBuf>,
    /// `ignored-chars`: what the checksum leaves out.
    pub ignored: Vec<char>,
}

#[derive(Debug, Default, Deserialize)]
struct File {
    migrate: Option<Migrate>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Migrate {
    table_name: Option<Spanned<String>>,
    migrations_dir: Option<PathBuf>,
    #[serde(default)]
    ignored_chars: Vec<char>,
}

/// Loads the file; nothing is said where there is none.
///
/// # Errors
/// When it cannot be read, is no TOML, or names a table that aura-db cannot use.
pub fn load(path: &Path) -> Result<SqlxToml, SourceError> {
    if !path.exists() {
        return Ok(SqlxToml::default());
    }
    let text = read(path)?;
    let mistake = |offset: usize, message: &str| {
        let line = text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1);
        let at = Location::line(shown(path), u32::try_from(line).unwrap_or(u32::MAX));
        SourceError { message: format!("{at}: {message}"), at: Some(at) }
    };
    let file: File =
        toml::from_str(&text).map_err(|error| mistake(error.span().map_or(0, |span| span.start), error.message()))?;
    let migrate = file.migrate.unwrap_or_default();
    let table = migrate.table_name.map(|name| {
        table_name(name.get_ref()).map_err(|reason| mistake(name.span().start, &format!("table-name: {reason}")))
    });
    Ok(SqlxToml { table: table.transpose()?, folder: migrate.migrations_dir, ignored: migrate.ignored_chars })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(text: &str) -> Result<SqlxToml, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sqlx.toml");
        std::fs::write(&path, text).unwrap();
        load(&path).map_err(|error| error.message)
    }

    #[test]
    fn what_concerns_migrations_is_taken_and_the_rest_passed_over() {
        let all = loaded(
            "[common]\ndatabase-url-var = \"X\"\n[migrate]\ntable-name = \"history\"\nmigrations-dir = \"db/up\"\n\
             ignored-chars = [\"\\r\", \"\\uFEFF\"]\ncreate-schemas = []\n[migrate.defaults]\nmigration-type = \"simple\"\n",
        );
        let expected =
            SqlxToml { table: Some("history".into()), folder: Some("db/up".into()), ignored: vec!['\r', '\u{feff}'] };
        assert_eq!(all, Ok(expected));
        assert_eq!(loaded(""), Ok(SqlxToml::default()));
        assert_eq!(load(Path::new("/no/such/sqlx.toml")).unwrap(), SqlxToml::default());
    }

    #[test]
    fn mistakes_are_shown_with_their_line() {
        let other = loaded("[migrate]\n\ntable-name = \"foo._sqlx_migrations\"\n").unwrap_err();
        assert!(other.contains("sqlx.toml:3: table-name: `foo._sqlx_migrations` names another database"), "{other}");
        let broken = loaded("[migrate]\ntable-name = 7\n").unwrap_err();
        assert!(broken.contains("sqlx.toml:2: "), "{broken}");
    }
}
