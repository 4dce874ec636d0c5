//! A table that `rollback --restore` has renamed back stands where the migration that was rolled back will make it anew. The
//! registry remembers it, so that a later run puts it aside once more and brings its rows back as those of any archive.

use super::archive::{ask, columns, discard, literal};
use super::archive_table::{Shape, shape};
use super::{EngineError, Session, archive};
use crate::model::archive::{Archive, ArchiveState};
use crate::sql::quote;

/// Marks an archive as about to be renamed back. While its table has the archive's name it counts as kept.
pub(super) async fn mark(session: &mut Session, archive: &Archive) -> Result<(), EngineError> {
    let line = archive::line(session, archive);
    session.run_own(&format!("UPDATE {} SET state = 'renamed' WHERE {line}", archive::TABLE)).await
}

/// What has been renamed back, with the table's name.
///
/// # Errors
/// When the registry cannot be read.
pub async fn renamed(session: &mut Session, ledger: &str) -> Result<Vec<Archive>, EngineError> {
    if session.has_transactional_ddl() || shape(session).await? != Shape::Current {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT name, CAST(version AS CHAR), CAST(position AS CHAR), table_name FROM {} WHERE state = 'renamed' AND \
         ledger = {} ORDER BY version, position",
        archive::TABLE,
        literal(session, ledger)
    );
    let mut found = Vec::new();
    for row in ask(session, sql, 4).await? {
        if columns(session, &row[0]).await?.is_empty() {
            found.push(Archive {
                name: row[0].clone(),
                ledger: ledger.to_owned(),
                version: row[1].parse().unwrap_or_default(),
                position: row[2].parse().unwrap_or_default(),
                table: row[3].clone(),
                column: None,
                state: ArchiveState::Kept,
            });
        }
    }
    Ok(found)
}

/// Puts aside what had been renamed back of these versions, whose migrations are about to make it. Gives what was put aside.
///
/// # Errors
/// When the server refuses, or a table that came later refers to one.
pub async fn put_aside(session: &mut Session, ledger: &str, versions: &[i64]) -> Result<Vec<Archive>, EngineError> {
    let mut aside = Vec::new();
    for one in renamed(session, ledger).await?.into_iter().filter(|one| versions.contains(&one.version)) {
        if columns(session, &one.table).await?.is_empty() {
            // Somebody has dropped it since.
            discard(session, &one).await?;
            continue;
        }
        let referring = format!(
            "SELECT CONCAT(TABLE_NAME, '.', CONSTRAINT_NAME) FROM information_schema.KEY_COLUMN_USAGE WHERE \
             REFERENCED_TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME = {table} AND TABLE_NAME <> {table}",
            table = literal(session, &one.table)
        );
        if let Some(row) = ask(session, referring, 1).await?.first() {
            return Err(EngineError::Conflict(format!(
                "table {}, which `rollback --restore` has brought back, is in the way of migration {}, and the foreign key \
                 {} refers to it, so that it cannot be put aside: drop the key first",
                one.table, one.version, row[0]
            )));
        }
        let (table, name) = (quote::name(&one.table), quote::name(&one.name));
        session.run_own(&format!("RENAME TABLE {table} TO {name}")).await?;
        archive::set_state(session, &one, ArchiveState::Due).await?;
        aside.push(one);
    }
    Ok(aside)
}
