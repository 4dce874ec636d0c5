//! What must hold before several migrations run as one unit, all or nothing, on an engine whose DDL commits by itself.

use super::failure::Failure;
use super::prepare::History;
use crate::engine::Session;
use crate::engine::ledger::Ledger;
use crate::migration::undoable::obstacles_after;
use crate::migration::unit::Began;
use crate::model::journal::{JournalRow, Progress};
use crate::model::migration::Migration;

/// Why the migrations could not be taken back as a whole if one of them failed.
///
/// # Errors
/// When the schema or the journal cannot be read.
pub(super) async fn refusals(
    session: &mut Session,
    ledger: &Ledger,
    history: &History,
    chosen: &[&Migration],
) -> Result<Vec<String>, Failure> {
    if session.has_transactional_ddl() {
        return Ok(Vec::new());
    }
    let now = session.schema(&[ledger.table()]).await?;
    let unit = history.unit()?;
    let mut refusals = half_applied(history, chosen, unit.as_ref());
    // What a unit that was cut off has done so far is judged as it was before it.
    let made = unit.as_ref().map(|began| began.made(&now)).unwrap_or_default();
    let before = match unit {
        Some(began) => began.before(now),
        None => now,
    };
    let statements: Vec<_> = chosen.iter().flat_map(|migration| &migration.up.statements).collect();
    let found = obstacles_after(made, &statements, &before, session.database().as_deref());
    refusals.extend(found.into_iter().map(|obstacle| {
        format!(
            "{}: {}, which could not be taken back if a later statement failed; run `aura-db migrate`, which goes one \
             migration at a time",
            obstacle.statement.at, obstacle.reason
        )
    }));
    Ok(refusals)
}

/// Why migrations cannot be part of a unit: `migrate` was cut off in them, and what was there before that is not known.
fn half_applied(history: &History, chosen: &[&Migration], unit: Option<&Began>) -> Vec<String> {
    let begun = |version: i64| {
        let is_begun = |row: &JournalRow| row.position > 0 && row.progress != Progress::Unsure;
        history.journal.iter().any(|row| row.version == version && is_begun(row))
    };
    let is_units = |version: &i64| unit.is_some_and(|unit| unit.versions.contains(version));
    let half = chosen.iter().filter(|migration| begun(migration.version) && !is_units(&migration.version));
    half.map(|migration| {
        format!(
            "{}: half-applied, so that it cannot be taken back as a part of this unit; finish it with `aura-db migrate`, or \
             take it down with `aura-db rollback`, and apply then",
            migration.up.file
        )
    })
    .collect()
}
