//! Taking a failed unit back, in a way that a crash cannot leave half-done: what to restore is in the journal before the
//! first step, and the next run finishes what was begun.

use super::{Observer, RunError, Runner};
use crate::engine::ledger::Mark;
use crate::engine::{EngineError, journal, restore};
use crate::model::journal::{JournalRow, Progress};
use crate::model::migration::Direction;
use crate::model::schema::Schema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a unit is to be taken back to.
#[derive(Debug, Serialize, Deserialize)]
struct Target {
    /// The definitions from before the unit, of what it names.
    schema: Schema,
    /// The names that its statements have touched, in lower case.
    touched: BTreeSet<String>,
    /// Its migrations.
    versions: Vec<i64>,
}

/// Restores what the names in `touched` were in `before`, and forgets the migrations `versions`. Gives what could not be
/// restored, in words.
pub(super) async fn undo(
    runner: &mut Runner<'_>,
    before: &Schema,
    touched: BTreeSet<String>,
    versions: &[i64],
) -> Result<Vec<String>, EngineError> {
    let Some(version) = versions.last().copied() else { return Ok(Vec::new()) };
    let named = |name: &str| touched.contains(&name.to_ascii_lowercase());
    let schema = Schema {
        tables: before.tables.iter().filter(|table| named(&table.name)).cloned().collect(),
        routines: before.routines.iter().filter(|routine| named(&routine.name)).cloned().collect(),
    };
    let target = Target { schema, touched, versions: versions.to_vec() };
    let row = JournalRow {
        version,
        direction: runner.direction,
        position: 0,
        of: 0,
        hash: String::new(),
        progress: Progress::Undoing,
        sql: String::new(),
        place: String::new(),
        // Plain data with text keys: writing it as JSON cannot fail.
        before: serde_json::to_string(&target).unwrap_or_default(),
        variables: String::new(),
        connection: runner.connection,
        note: String::new(),
    };
    journal::write(runner.session, &row).await?;
    restore_and_forget(runner, &target, runner.direction).await
}

/// Finishes taking back what an earlier run was cut off in.
pub(super) async fn finish(runner: &mut Runner<'_>, observer: &mut dyn Observer) -> Result<(), RunError> {
    let undoing = |row: &&JournalRow| row.progress == Progress::Undoing;
    let Some(row) = runner.journal.iter().find(undoing).cloned() else { return Ok(()) };
    let target: Target = serde_json::from_str(&row.before)
        .map_err(|error| EngineError::Unexpected(format!("{} holds no state to restore: {error}", journal::TABLE)))?;
    observer.note(&format!("a run was cut off while it took migration {} back; finishing that first", row.version));
    let left = restore_and_forget(runner, &target, row.direction).await?;
    if !left.is_empty() {
        return Err(RunError::Left(left));
    }
    runner.journal = journal::rows(runner.session).await?;
    Ok(())
}

async fn restore_and_forget(
    runner: &mut Runner<'_>,
    target: &Target,
    direction: Direction,
) -> Result<Vec<String>, EngineError> {
    let left = restore::restore(runner.session, &target.schema, &[runner.ledger.table()], &target.touched).await?;
    if left.is_empty() {
        forget(runner, &target.versions, direction).await?;
    }
    Ok(left)
}

/// Makes ledger and journal say that the migrations never began to run in that direction.
pub(super) async fn forget(runner: &mut Runner<'_>, versions: &[i64], direction: Direction) -> Result<(), EngineError> {
    runner.session.run_own("START TRANSACTION").await?;
    for version in versions {
        let mark = match direction {
            Direction::Up => Mark::Removed,
            Direction::Down => Mark::Kept,
        };
        // A transaction that was rolled back has taken the row with it.
        if runner.ledger.success(runner.session, *version).await?.is_some() {
            runner.ledger.mark(runner.session, *version, mark).await?;
        }
        journal::remove(runner.session, *version, Some(direction)).await?;
    }
    runner.session.run_own("COMMIT").await
}
