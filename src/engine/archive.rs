//! The registry of what rollbacks have put aside, in a small table that people can read too.
//!
//! It also keeps the rewritten down scripts of a rollback under way, so that a run which goes on after a crash runs the
//! same statements.

use super::archive_table::{Shape, create, shape};
use super::counter;
use super::session::SessionConnection;
use super::text;
use super::{EngineError, Session};
use crate::model::archive::{Archive, ArchiveState};
use crate::sql::quote;
#[expect(clippy::disallowed_types, reason = "our own words, with names and texts quoted")]
use sqlx::AssertSqlSafe;
use sqlx::Row as _;
use std::collections::BTreeMap;

pub use super::archive_again::{put_aside, renamed};
pub use super::archive_restore::{Outcome, restore};
pub use super::archive_table::mend;

/// The registry's table.
pub const TABLE: &str = "_aura_db_archives";

/// A rewritten down script: the hash of the file's text, and each statement with the position, from 0, of the one in the
/// file that it stands for.
pub type RewrittenScript = (String, Vec<(usize, String)>);

/// Rows of a query of our own, every value as text and NULL as the empty text.
pub(super) async fn ask(session: &mut Session, sql: String, columns: usize) -> Result<Vec<Vec<String>>, EngineError> {
    match &mut session.connection {
        SessionConnection::Server(connection) => {
            let rows = text::rows(connection, sql).await?;
            Ok(rows.iter().map(|row| (0..columns).map(|column| row.text(column)).collect()).collect())
        }
        SessionConnection::Embedded(connection) => {
            let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection.as_mut()).await?;
            let read = |row: &sqlx::sqlite::SqliteRow| {
                (0..columns).map(|column| row.try_get::<String, _>(column)).collect::<Result<Vec<_>, _>>()
            };
            Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
        }
    }
}

/// A text in quotes for the session's engine.
pub(super) fn literal(session: &Session, value: &str) -> String {
    if session.has_transactional_ddl() { format!("'{}'", value.replace('\'', "''")) } else { quote::text(value) }
}

/// The names of a table's columns, none when it is not there.
pub(super) async fn columns(session: &mut Session, table: &str) -> Result<Vec<String>, EngineError> {
    let table = literal(session, table);
    let sql = if session.has_transactional_ddl() {
        format!("SELECT name FROM pragma_table_info({table})")
    } else {
        format!(
            "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = \
             {table} ORDER BY ORDINAL_POSITION"
        )
    };
    Ok(ask(session, sql, 1).await?.into_iter().flatten().collect())
}

/// The archives of a ledger, and of none, that are there: those of the oldest version first and within one in the order
/// to bring them back in. Writes nothing.
///
/// # Errors
/// When the registry cannot be read.
pub async fn list(session: &mut Session, ledger: &str) -> Result<Vec<Archive>, EngineError> {
    let shape = shape(session).await?;
    if shape == Shape::Missing {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT name, CAST(version AS CHAR), CAST(position AS CHAR), table_name, column_name, state, {}, script FROM {TABLE} \
         WHERE position > 0 AND {}",
        shape.ledger(session, ledger),
        shape.of_ledger(session, ledger, true)
    );
    let mut archives = Vec::new();
    for row in ask(session, sql, 8).await? {
        let archive = Archive {
            name: row[0].clone(),
            ledger: row[6].clone(),
            version: row[1].parse().unwrap_or_default(),
            position: row[2].parse().unwrap_or_default(),
            table: row[3].clone(),
            column: (!row[4].is_empty()).then(|| row[4].clone()),
            state: match row[5].as_str() {
                "due" => ArchiveState::Due,
                "filled" => ArchiveState::Filled,
                "rest" => ArchiveState::Rest(serde_json::from_str(&row[7]).unwrap_or_default()),
                _ => ArchiveState::Kept,
            },
        };
        // Planned by a rollback that did not come to it, or restored by a run that was cut off at its very end.
        if !columns(session, &archive.name).await?.is_empty() {
            archives.push(archive);
        }
    }
    archives.sort_by_key(|archive| (archive.version, std::cmp::Reverse(archive.position)));
    Ok(archives)
}

/// The names of archives that other ledgers have, or plan, each with its ledger. Writes nothing.
///
/// # Errors
/// When the registry cannot be read.
pub async fn others(session: &mut Session, ledger: &str) -> Result<Vec<(String, String)>, EngineError> {
    if shape(session).await? != Shape::Current {
        return Ok(Vec::new());
    }
    let own = literal(session, ledger);
    let sql = format!("SELECT name, ledger FROM {TABLE} WHERE position > 0 AND ledger NOT IN ({own}, '')");
    let rows = ask(session, sql, 2).await?;
    Ok(rows.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect())
}

/// Writes down what a rollback is about to put aside, and the scripts that it runs for it.
///
/// # Errors
/// When the registry cannot be written.
pub async fn begin(
    session: &mut Session,
    ledger: &str,
    archives: &[Archive],
    scripts: &BTreeMap<i64, RewrittenScript>,
) -> Result<(), EngineError> {
    create(session).await?;
    let own = literal(session, ledger);
    let mut rows = Vec::new();
    for archive in archives {
        rows.push(format!(
            "({own}, {}, {}, {}, {}, {}, 'kept', '')",
            literal(session, &archive.name),
            archive.version,
            archive.position,
            literal(session, &archive.table),
            literal(session, archive.column.as_deref().unwrap_or_default())
        ));
    }
    for (version, script) in scripts {
        let text = serde_json::to_string(script).unwrap_or_default();
        rows.push(format!(
            "({own}, 'rollback of {version}', {version}, 0, '', '', 'script', {})",
            literal(session, &text)
        ));
    }
    if rows.is_empty() {
        return Ok(());
    }
    session
        .run_own(&format!(
            "REPLACE INTO {TABLE} (ledger, name, version, position, table_name, column_name, state, script) VALUES {}",
            rows.join(", ")
        ))
        .await
}

/// The rewritten scripts of a ledger's rollbacks that are not finished: by version, the hash of the file's text and the statements.
///
/// # Errors
/// When the registry cannot be read.
pub async fn scripts(session: &mut Session, ledger: &str) -> Result<BTreeMap<i64, RewrittenScript>, EngineError> {
    let shape = shape(session).await?;
    if shape == Shape::Missing {
        return Ok(BTreeMap::new());
    }
    let own = shape.of_ledger(session, ledger, false);
    let sql = format!("SELECT CAST(version AS CHAR), script FROM {TABLE} WHERE position = 0 AND {own}");
    let rows = ask(session, sql, 2).await?;
    let read = |row: &Vec<String>| Some((row[0].parse().ok()?, serde_json::from_str(&row[1]).ok()?));
    Ok(rows.iter().filter_map(read).collect())
}

/// Forgets the rewritten script of a version, whose rollback is finished.
///
/// # Errors
/// When the registry cannot be written.
pub async fn finish(session: &mut Session, ledger: &str, version: i64) -> Result<(), EngineError> {
    let own = literal(session, ledger);
    session.run_own(&format!("DELETE FROM {TABLE} WHERE position = 0 AND version = {version} AND ledger = {own}")).await
}

/// The condition for an archive's line.
pub(super) fn line(session: &Session, archive: &Archive) -> String {
    format!("ledger = {} AND name = {}", literal(session, &archive.ledger), literal(session, &archive.name))
}

/// Says how far bringing back an archive has come.
///
/// # Errors
/// When the registry cannot be written.
pub async fn set_state(session: &mut Session, archive: &Archive, state: ArchiveState) -> Result<(), EngineError> {
    let state = match state {
        ArchiveState::Kept => "'kept'".to_owned(),
        ArchiveState::Due => "'due'".to_owned(),
        ArchiveState::Filled => "'filled'".to_owned(),
        ArchiveState::Rest(columns) => {
            let columns = serde_json::to_string(&columns).unwrap_or_default();
            format!("'rest', script = {}", literal(session, &columns))
        }
    };
    let line = line(session, archive);
    session.run_own(&format!("UPDATE {TABLE} SET state = {state} WHERE {line}")).await
}

/// Marks an archive as not to be brought back for now, unless its rows are back already: they are not to be written again.
///
/// # Errors
/// When the server refuses.
pub async fn keep(session: &mut Session, archive: &Archive) -> Result<(), EngineError> {
    let line = line(session, archive);
    session
        .run_own(&format!("UPDATE {TABLE} SET state = 'kept' WHERE {line} AND state NOT IN ('filled', 'rest')"))
        .await
}

/// Destroys an archive: the table first, then its line in the registry.
///
/// # Errors
/// When the server refuses.
pub async fn discard(session: &mut Session, archive: &Archive) -> Result<(), EngineError> {
    session.run_own(&format!("DROP TABLE IF EXISTS {}", quote::name(&archive.name))).await?;
    counter::forget(session, &archive.name).await?;
    let line = line(session, archive);
    session.run_own(&format!("DELETE FROM {TABLE} WHERE {line}")).await
}

/// The triggers of each table, whose name is in lower case. The embedded engine's go with their table and need no care.
///
/// # Errors
/// When the catalogue cannot be read.
pub async fn triggers(session: &mut Session) -> Result<BTreeMap<String, Vec<String>>, EngineError> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if !session.has_transactional_ddl() {
        let sql = "SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME FROM information_schema.TRIGGERS \
                   WHERE TRIGGER_SCHEMA = DATABASE() \
                   ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER";
        for row in ask(session, sql.to_owned(), 2).await? {
            found.entry(row[0].to_ascii_lowercase()).or_default().push(row[1].clone());
        }
    }
    Ok(found)
}

/// Copies these columns on the embedded engine, within the run's transaction, before a rollback drops them.
///
/// # Errors
/// When a copy fails.
pub async fn copy_embedded(session: &mut Session, archive: &Archive, columns: &[String]) -> Result<(), EngineError> {
    let (name, table, columns) = (quote::name(&archive.name), quote::name(&archive.table), quote::names(columns));
    session.run_own(&format!("CREATE TABLE {name} AS SELECT {columns} FROM {table}")).await?;
    match (&archive.column, counter::next(session, &archive.table).await?) {
        (None, Some(next)) => counter::raise(session, &archive.name, next).await,
        _ => Ok(()),
    }
}
