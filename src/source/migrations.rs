//! The migrations folder, in sqlx-cli's layout: `<version>_<name>.up.sql`, `.down.sql`, or `.sql` alone.
//!
//! Read so that sqlx would read the same: not recursive, the version before the first underscore, the text kept
//! byte for byte for its checksum. What sqlx would trip over at run time is refused here with its file named.

use super::error::SourceError;
use super::text::{read, shown};
use crate::model::ledger::DEFAULT_TABLES;
use crate::model::location::Location;
use crate::model::migration::{Migration, Naming, Script, Set, Statement};
use crate::sql::ddl::{Effect, effect, targets};
use crate::sql::lex;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Loads a folder. All problems are reported, not only the first.
///
/// # Errors
/// When the folder or a file cannot be read, or a file cannot be used.
pub fn load(folder: &Path) -> Result<Vec<Migration>, Vec<SourceError>> {
    let mut problems = Vec::new();
    let mut versions: BTreeMap<i64, Files> = BTreeMap::new();
    for path in sql_files(folder).map_err(|error| vec![error])? {
        match name(&path) {
            Ok(named) => place_file(versions.entry(named.version).or_default(), &path, named, &mut problems),
            Err(error) => problems.push(error),
        }
    }
    let mut migrations = Vec::new();
    for (version, files) in versions {
        match files.read(version) {
            Ok(migration) => migrations.push(migration),
            Err(errors) => problems.extend(errors),
        }
    }
    if problems.is_empty() { Ok(migrations) } else { Err(problems) }
}

/// The files of one version.
#[derive(Debug, Default)]
struct Files {
    description: String,
    up: Option<PathBuf>,
    down: Option<PathBuf>,
}

struct Named {
    version: i64,
    description: String,
    down: bool,
}

fn sql_files(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        problem(folder, &format!("cannot read the migrations folder: {error}; point to one with --migrations DIR"))
    })?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| problem(folder, &error.to_string()))?.path();
        let is_sql = path.extension().is_some_and(|extension| extension == "sql");
        if is_sql && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn name(path: &Path) -> Result<Named, SourceError> {
    let file_name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let stem = file_name.trim_end_matches(".sql");
    let (stem, down) = match stem.strip_suffix(".down") {
        Some(stem) => (stem, true),
        None => (stem.strip_suffix(".up").unwrap_or(stem), false),
    };
    let (digits, rest) = stem.split_once('_').unwrap_or((stem, ""));
    match digits.parse::<i64>() {
        Ok(version) if version > 0 && !rest.is_empty() => {
            Ok(Named { version, description: rest.replace('_', " "), down })
        }
        _ => Err(problem(
            path,
            "the name is not of the form <version>_<name>.up.sql, <version>_<name>.down.sql or <version>_<name>.sql; \
             rename it, or move it out of the folder",
        )),
    }
}

fn place_file(files: &mut Files, path: &Path, named: Named, problems: &mut Vec<SourceError>) {
    let slot = if named.down { &mut files.down } else { &mut files.up };
    if let Some(first) = slot {
        problems.push(problem(
            path,
            &format!(
                "version {} is already taken by {}; give one of them another version",
                named.version,
                shown(first)
            ),
        ));
        return;
    }
    *slot = Some(path.to_owned());
    if !named.down || files.description.is_empty() {
        files.description = named.description;
    }
}

impl Files {
    fn read(self, version: i64) -> Result<Migration, Vec<SourceError>> {
        let Some(up) = self.up else {
            let path = self.down.unwrap_or_default();
            return Err(vec![problem(&path, "this down file has no up file of the same version")]);
        };
        let up = script(&up);
        let down = self.down.as_deref().map(script).transpose();
        match (up, down) {
            (Ok(up), Ok(down)) => Ok(Migration {
                version,
                description: self.description,
                naming: Naming::Sqlx,
                set: set_of(&up),
                up,
                down,
            }),
            (up, down) => Err(up.err().into_iter().chain(down.err()).collect()),
        }
    }
}

fn script(path: &Path) -> Result<Script, SourceError> {
    let text = read(path)?;
    let file = shown(path);
    let pieces = lex::split(&text).map_err(|error| SourceError {
        message: format!("{file}:{}:{}: {}", error.line, error.column, error.message),
        at: Some(Location { file: file.clone(), line: error.line, column: Some(error.column) }),
    })?;
    let statements: Vec<Statement> = pieces
        .into_iter()
        .map(|piece| Statement {
            sql: piece.sql.to_owned(),
            at: Location { file: file.clone(), line: piece.line, column: Some(piece.column) },
        })
        .collect();
    for statement in &statements {
        let names = targets(&statement.sql);
        if let Some(ledger) =
            DEFAULT_TABLES.iter().find(|ledger| names.iter().any(|name| name.eq_ignore_ascii_case(ledger)))
        {
            let message =
                format!("{}: a migration may not touch the ledger {ledger}; remove the statement", statement.at);
            return Err(SourceError { message, at: Some(statement.at.clone()) });
        }
        if effect(&statement.sql) == Effect::Use {
            let message = format!(
                "{}: `{}` would leave the database that was asked for; remove it (the connection's database is used)",
                statement.at, statement.sql
            );
            return Err(SourceError { message, at: Some(statement.at.clone()) });
        }
    }
    Ok(Script { file, text, statements })
}

/// Nothing but secondary indexes makes an index migration; statements that only set the session do not count.
fn set_of(up: &Script) -> Set {
    let effects: Vec<Effect> = up.statements.iter().map(|statement| effect(&statement.sql)).collect();
    let any_index = effects.iter().any(Effect::is_index_only);
    let only_indexes = effects.iter().all(|effect| effect.is_index_only() || effect.is_neutral());
    if any_index && only_indexes { Set::Indexes } else { Set::Schema }
}

fn problem(path: &Path, message: &str) -> SourceError {
    let file = shown(path);
    SourceError { message: format!("{file}: {message}"), at: Some(Location::line(&file, 1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        folder
    }

    fn refusal(files: &[(&str, &[u8])]) -> String {
        let errors = load(folder(files).path()).unwrap_err();
        errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn names_sets_and_order_are_as_sqlx_reads_them() {
        let folder = folder(&[
            ("20260102000000_add_an_index.up.sql", b"CREATE INDEX i ON t (a);"),
            ("20260102000000_add_an_index.down.sql", b"DROP INDEX i ON t;"),
            ("20260101000000_make_t.sql", b"\xef\xbb\xbfCREATE TABLE t (a INT)"),
            ("notes.txt", b"not a migration"),
        ]);
        let migrations = load(folder.path()).unwrap();
        let seen: Vec<_> = migrations
            .iter()
            .map(|m| (m.version, m.description.as_str(), m.set, m.down.is_some(), m.up.statements.len()))
            .collect();
        assert_eq!(
            seen,
            [
                (20_260_101_000_000, "make t", Set::Schema, false, 1),
                (20_260_102_000_000, "add an index", Set::Indexes, true, 1)
            ]
        );
        assert!(migrations[0].up.text.starts_with('\u{feff}'), "the text keeps its byte order mark");
    }

    #[test]
    fn every_unusable_file_is_named() {
        let refused = refusal(&[
            ("1_a.up.sql", b"SELECT 1"),
            ("01_b.up.sql", b"SELECT 1"),
            ("README_x.sql", b"SELECT 1"),
            ("2_orphan.down.sql", b"SELECT 1"),
            ("3_use.sql", b"SELECT 1;\n USE railway;"),
            ("4_latin.sql", b"SELECT 1;\nSELECT '\xe4'"),
            ("6_open.sql", b"SELECT 'abc"),
            ("7_ledger.sql", b"DROP TABLE IF EXISTS a, `_SQLX_migrations`"),
        ]);
        for expected in [
            "version 1 is already taken",
            "README_x.sql: the name is not of the form",
            "no up file",
            "3_use.sql:2:2: `USE railway`",
            "4_latin.sql:2: the file is not UTF-8",
            "7_ledger.sql:1:1: a migration may not touch the ledger",
            "6_open.sql:1:8: this quote is never closed",
        ] {
            assert!(refused.contains(expected), "{expected} not in:\n{refused}");
        }
    }

    #[test]
    fn a_missing_folder_says_how_to_name_one() {
        let errors = load(Path::new("/no/such/folder")).unwrap_err();
        assert!(errors[0].message.contains("--migrations"), "{}", errors[0].message);
    }
}
