//! Taking a failed unit back, in a way that a crash cannot leave half-done: what to restore is in the journal before the
//! first step, and the next run finishes what was begun.

use super::{Observer, RunError, Runner, Unit};
use crate::engine::ledger::Mark;
use crate::engine::{EngineError, journal, restore};
use crate::migration::traces::Traces;
use crate::migration::unit::Began;
use crate::model::journal::{JournalRow, Progress};
use crate::model::migration::{Direction, Migration};
use crate::model::schema::Schema;
use crate::sql::ddl::targets;
use std::collections::BTreeSet;

/// Begins a unit of several migrations, or goes on with one that an earlier run was cut off in. What only the files of this
/// run name is read now: the earlier run has not touched it.
pub(super) async fn begin(
    runner: &mut Runner<'_>,
    migrations: &[&Migration],
    observer: &mut dyn Observer,
) -> Result<(), EngineError> {
    let cut_off = cut_off(runner, observer).await?;
    let (first, mut began) = cut_off.unwrap_or_else(|| {
        (migrations.iter().map(|migration| migration.version).min().unwrap_or_default(), Began::default())
    });
    let statements = migrations.iter().flat_map(|migration| runner.direction.statements(migration));
    let names: BTreeSet<String> =
        statements.flat_map(|statement| targets(&statement.sql)).map(|name| name.to_ascii_lowercase()).collect();
    let unknown: Vec<String> = names.difference(&began.names).cloned().collect();
    let read = runner.session.schema_of(&unknown).await?;
    began.schema.tables.extend(read.tables);
    began.schema.routines.extend(read.routines);
    began.names.extend(unknown);
    began.versions.extend(migrations.iter().map(|migration| migration.version));
    began.versions.sort_unstable();
    began.versions.dedup();
    journal::write(runner.session, &row(runner, Progress::Applying, first, &began)).await?;
    runner.before = Some(began.schema);
    runner.versions = began.versions;
    Ok(())
}

/// The unit that an earlier run was cut off in, with the version that its row stands under.
async fn cut_off(runner: &mut Runner<'_>, observer: &mut dyn Observer) -> Result<Option<(i64, Began)>, EngineError> {
    let Some(row) = runner.journal.iter().find(|row| row.progress == Progress::Applying).cloned() else {
        return Ok(None);
    };
    let began = read(&row)?;
    let ledger = runner.ledger.rows(runner.session).await?;
    if began.is_over(&ledger, &runner.journal) {
        end(runner).await?;
        return Ok(None);
    }
    observer.note("an earlier run was cut off in this unit; going on with it");
    Ok(Some((row.version, began)))
}

/// Ends a unit: what it began from is of no use any more.
pub(super) async fn end(runner: &mut Runner<'_>) -> Result<(), EngineError> {
    journal::remove_units(runner.session, runner.ledger.table()).await
}

/// Takes back what left these traces, so that what they name is as in `before`, and forgets the migrations `versions`. Gives
/// what could not be restored, in words.
pub(super) async fn undo(
    runner: &mut Runner<'_>,
    before: &Schema,
    traces: Traces,
    versions: &[i64],
) -> Result<Vec<String>, EngineError> {
    let Some(version) = versions.last().copied() else { return Ok(Vec::new()) };
    let target = Began { schema: before.clone(), traces, versions: versions.to_vec(), ..Began::default() };
    journal::write(runner.session, &row(runner, Progress::Undoing, version, &target)).await?;
    restore_and_forget(runner, &target, runner.direction).await
}

fn row(runner: &Runner<'_>, progress: Progress, version: i64, target: &Began) -> JournalRow {
    JournalRow {
        ledger: runner.ledger.table().to_owned(),
        version,
        direction: runner.direction,
        position: 0,
        of: 0,
        hash: String::new(),
        progress,
        sql: String::new(),
        place: String::new(),
        // Plain data with text keys: writing it as JSON cannot fail.
        before: serde_json::to_string(target).unwrap_or_default(),
        variables: String::new(),
        connection: runner.connection,
        note: String::new(),
    }
}

fn read(row: &JournalRow) -> Result<Began, EngineError> {
    Began::read(row)
        .map_err(|error| EngineError::Unexpected(format!("{} holds no state to restore: {error}", journal::TABLE)))
}

/// Finishes taking back what an earlier run was cut off in. What is to run can be told only afterwards, as a unit takes
/// more migrations with it than the one that failed.
pub(super) async fn finish(runner: &mut Runner<'_>, observer: &mut dyn Observer) -> Result<(), RunError> {
    let undoing = |row: &&JournalRow| row.progress == Progress::Undoing;
    let Some(row) = runner.journal.iter().find(undoing).cloned() else { return Ok(()) };
    let target = read(&row)?;
    observer.note(&format!("a run was cut off while it took migration {} back; finishing that first", row.version));
    let left = restore_and_forget(runner, &target, row.direction).await?;
    if !left.is_empty() {
        return Err(RunError::Left(left));
    }
    end(runner).await?;
    Ok(())
}

async fn restore_and_forget(
    runner: &mut Runner<'_>,
    target: &Began,
    direction: Direction,
) -> Result<Vec<String>, EngineError> {
    let left = restore::restore(runner.session, &target.schema, &[runner.ledger.table()], &target.traces).await?;
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
        journal::remove(runner.session, runner.ledger.table(), *version, Some(direction)).await?;
    }
    if runner.unit == Unit::Run {
        journal::remove_units(runner.session, runner.ledger.table()).await?;
    }
    runner.session.run_own("COMMIT").await
}
