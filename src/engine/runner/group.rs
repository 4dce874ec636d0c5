//! Statements that make or drop one table each, planned together: one commit stands in the journal for all of them before
//! the first one runs, and another one completes them. See [`crate::migration::planned`].

use super::send::send;
use super::{Observer, Open, Runner, Unit};
use crate::engine::ledger::Mark;
use crate::engine::{EngineError, journal, objects, planned};
use crate::migration::checksum::statement_hash;
use crate::migration::planned::{shows, together};
use crate::migration::recovery::{State, States};
use crate::model::journal::{JournalRow, Progress};
use crate::model::migration::{Direction, Migration};
use crate::sql::ddl::effect;
use std::time::{Duration, Instant};

/// How long what is done may wait to be written down.
const LATEST: Duration = Duration::from_secs(1);

/// Runs as many of the migrations, from the first, as can be planned together; gives how many those were, 0 when the first
/// has to run by itself. The error says at which migration, counted from 0.
pub(super) async fn run(
    runner: &mut Runner<'_>,
    migrations: &[&Migration],
    observer: &mut dyn Observer,
) -> Result<usize, (usize, EngineError)> {
    let planned = plan(runner, migrations).await.map_err(|error| (0, error))?;
    let group = &migrations[..planned];
    let mut done: Vec<(&Migration, i64)> = Vec::new();
    let mut written = Instant::now();
    for (at, migration) in group.iter().enumerate() {
        let started = Instant::now();
        if let Err(error) = one(runner, migration, observer).await {
            // Where the connection is gone, the next run finds out.
            abandon(runner, &done, &group[at..]).await.ok();
            return Err((at, error));
        }
        done.push((migration, i64::try_from(started.elapsed().as_nanos()).unwrap_or(i64::MAX)));
        observer.done(migration, started.elapsed());
        let last = at + 1 == group.len();
        if last || written.elapsed() > LATEST {
            complete(runner, &done).map_err(|error| (at, error))?;
            done.clear();
            if !last {
                runner.session.run_own("COMMIT").await.map_err(|error| (at, error))?;
                runner.open = Open::Nothing;
                written = Instant::now();
            }
        }
    }
    Ok(planned)
}

/// Writes the plan; gives how many statements it has.
async fn plan(runner: &mut Runner<'_>, migrations: &[&Migration]) -> Result<usize, EngineError> {
    if runner.unit == Unit::Run || !runner.actions.is_empty() {
        return Ok(0);
    }
    let direction = runner.direction;
    // On the way up nothing may be known of a migration; on the way down only that it was applied, by running it.
    let is_known = |version: i64| {
        let plain = |row: &JournalRow| {
            direction == Direction::Down && row.direction == Direction::Up && row.progress == Progress::Done
        };
        runner.journal.iter().any(|row| row.version == version && !plain(row))
    };
    let tables = together(migrations, direction, is_known);
    if tables.len() < 2 {
        return Ok(0);
    }
    let states = objects::presence(runner.session, &tables).await?;
    let fits = |at: usize| {
        let state = states.get(at).cloned()?;
        shows(&direction.statements(migrations[at])[0].sql, &state).then_some(state)
    };
    let states: Vec<State> = (0..tables.len()).map_while(fits).collect();
    if states.len() < 2 {
        return Ok(0);
    }
    let group = &migrations[..states.len()];
    let rows: Vec<JournalRow> = group
        .iter()
        .zip(&tables)
        .zip(states)
        .map(|((migration, table), state)| row(runner, migration, (table, state)))
        .collect();
    if runner.open == Open::Bookkeeping {
        // What it says is true whatever becomes of the plan, which is taken back as a whole where it cannot be written.
        runner.session.defer("COMMIT");
    }
    runner.session.defer("START TRANSACTION");
    runner.open = Open::Work;
    match direction {
        Direction::Up => runner.ledger.defer_begin(runner.session, group),
        Direction::Down => runner.ledger.defer_mark(runner.session, &versions(group), Mark::Reverting),
    }
    journal::write_all_and_commit(runner.session, &rows).await?;
    runner.open = Open::Nothing;
    runner.before = None;
    Ok(group.len())
}

async fn one(runner: &mut Runner<'_>, migration: &Migration, observer: &mut dyn Observer) -> Result<(), EngineError> {
    runner.check_interrupt()?;
    let statement = &runner.direction.statements(migration)[0];
    let effect = effect(&statement.sql);
    send(runner, &statement.at, (&statement.sql, &effect), observer).await?;
    runner.note_made(&statement.sql, &effect);
    Ok(())
}

/// Opens a transaction in which ledger and journal say that these are done, together with the next statement.
fn complete(runner: &mut Runner<'_>, done: &[(&Migration, i64)]) -> Result<(), EngineError> {
    if done.is_empty() {
        return Ok(());
    }
    let versions: Vec<i64> = done.iter().map(|(migration, _)| migration.version).collect();
    let table = runner.ledger.table().to_owned();
    runner.session.defer("START TRANSACTION");
    runner.open = Open::Bookkeeping;
    match runner.direction {
        Direction::Up => {
            journal::defer_progress(runner.session, &table, Direction::Up, Progress::Done, &versions);
            runner.ledger.defer_finish(runner.session, done)?;
        }
        Direction::Down => {
            runner.ledger.defer_mark(runner.session, &versions, Mark::Removed);
            journal::defer_removal(runner.session, &table, &versions, None);
        }
    }
    Ok(())
}

/// Writes down what is done and that the first one of `left` was begun, and takes the others back from the plan.
async fn abandon(runner: &mut Runner<'_>, done: &[(&Migration, i64)], left: &[&Migration]) -> Result<(), EngineError> {
    complete(runner, done)?;
    if runner.open == Open::Nothing {
        runner.session.defer("START TRANSACTION");
    }
    let versions = versions(left);
    let ledger = runner.ledger.clone();
    journal::defer_progress(runner.session, ledger.table(), runner.direction, Progress::Begun, &versions[..1]);
    planned::retract(runner.session, &ledger, runner.direction, &versions[1..]);
    runner.open = Open::Nothing;
    runner.session.run_own("COMMIT").await
}

fn versions(migrations: &[&Migration]) -> Vec<i64> {
    migrations.iter().map(|migration| migration.version).collect()
}

fn row(runner: &Runner<'_>, migration: &Migration, (table, state): (&str, State)) -> JournalRow {
    let statement = &runner.direction.statements(migration)[0];
    let before = States::from([(format!("table {table}"), state)]);
    JournalRow {
        ledger: runner.ledger.table().to_owned(),
        version: migration.version,
        direction: runner.direction,
        position: 1,
        of: 1,
        hash: statement_hash(&statement.sql),
        progress: Progress::Planned,
        sql: statement.sql.clone(),
        place: statement.at.to_string(),
        before: serde_json::to_string(&before).unwrap_or_default(),
        variables: String::new(),
        connection: runner.connection,
        note: String::new(),
    }
}
