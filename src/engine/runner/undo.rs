//! Taking a failed unit back, in a way that a crash cannot leave half-done: what to restore is in the journal before the
//! first step, and the next run finishes what was begun.

use super::{Observer, RunError, Runner, Unit};
use crate::engine::ledger::Mark;
use crate::engine::{EngineError, journal, restore};
use crate::model::journal::{JournalRow, Progress};
use crate::model::migration::{Direction, Migration};
use crate::model::schema::Schema;
use crate::sql::ddl::targets;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a unit is to be taken back to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Target {
    /// The definitions from before the unit, of what it names.
    pub(super) schema: Schema,
    /// The names that its statements have touched, in lower case.
    #[serde(default)]
    touched: BTreeSet<String>,
    /// Its migrations.
    pub(super) versions: Vec<i64>,
}

/// Begins a unit of several migrations, or goes on with one that an earlier run was cut off in.
pub(super) async fn begin(
    runner: &mut Runner<'_>,
    migrations: &[&Migration],
    observer: &mut dyn Observer,
) -> Result<(), EngineError> {
    let mut versions: Vec<i64> = migrations.iter().map(|migration| migration.version).collect();
    if let Some(row) = runner.journal.iter().find(|row| row.progress == Progress::Applying) {
        let target: Target = read(row)?;
        observer.note("an earlier run was cut off in this unit; going on with it");
        versions.extend(&target.versions);
        runner.before = Some(target.schema);
    } else {
        let statements = migrations.iter().flat_map(|migration| runner.direction.statements(migration));
        let mut names: Vec<String> = statements.flat_map(|statement| targets(&statement.sql)).collect();
        names.sort();
        names.dedup();
        let schema = runner.session.schema_of(&names).await?;
        let target = Target { schema, versions: versions.clone(), ..Target::default() };
        let first = versions.iter().min().copied().unwrap_or_default();
        journal::write(runner.session, &row(runner, Progress::Applying, first, &target)).await?;
        runner.before = Some(target.schema);
    }
    versions.sort_unstable();
    versions.dedup();
    runner.versions = versions;
    Ok(())
}

/// Ends a unit: what it began from is of no use any more.
pub(super) async fn end(runner: &mut Runner<'_>) -> Result<(), EngineError> {
    journal::remove_units(runner.session, runner.ledger.table()).await
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
    journal::write(runner.session, &row(runner, Progress::Undoing, version, &target)).await?;
    restore_and_forget(runner, &target, runner.direction).await
}

fn row(runner: &Runner<'_>, progress: Progress, version: i64, target: &Target) -> JournalRow {
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

fn read(row: &JournalRow) -> Result<Target, EngineError> {
    serde_json::from_str(&row.before)
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
        journal::remove(runner.session, runner.ledger.table(), *version, Some(direction)).await?;
    }
    if runner.unit == Unit::Run {
        journal::remove_units(runner.session, runner.ledger.table()).await?;
    }
    runner.session.run_own("COMMIT").await
}
