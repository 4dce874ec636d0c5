//! One migration on a server, from where it begins or was cut off to its end.

use super::chain;
use super::memory::Memory;
use super::resume::Resumption;
use super::statement::{self, Committed};
use super::{Observer, Open, Runner, Unit};
use crate::engine::ledger::Mark;
use crate::engine::{EngineError, journal};
use crate::model::journal::JournalRow;
use crate::model::migration::{Direction, Migration};
use crate::model::schema::Schema;
use crate::sql::ddl::{Effect, effect, targets};
use std::time::Instant;

/// How often a transaction that was rolled back by a deadlock is tried again.
const DEADLOCKS: u32 = 5;

/// What a migration's run knows while it goes on.
pub(super) struct Course<'a> {
    pub(super) migration: &'a Migration,
    pub(super) memory: Memory,
    /// Whether the ledger and the journal know of the migration.
    pub(super) entered: bool,
    /// In place of the first statement: what an earlier run left of it.
    pub(super) rest: Option<String>,
    /// Whether the open transaction holds rows that the migration has written.
    pub(super) wrote_rows: bool,
    /// Whether an earlier run was cut off in the migration.
    pub(super) resumed: bool,
    /// The row of the last statement that committed by itself: that it is done may stand in the open transaction only.
    pub(super) completed: Option<JournalRow>,
}

/// Runs one migration. The error says at which statement, counted from 0; the number of statements stands for the
/// ledger's own update after them.
pub(super) async fn run(
    runner: &mut Runner<'_>,
    migration: &Migration,
    resumption: Resumption,
    started: Instant,
    observer: &mut dyn Observer,
) -> Result<(), (usize, EngineError)> {
    let statements = runner.direction.statements(migration);
    let from = resumption.from;
    if runner.unit == Unit::Migration {
        // What an earlier run has done cannot be compared with what was before it.
        let before = if resumption.is_fresh { before(runner, migration).await } else { Ok(None) };
        runner.before = before.map_err(|error| (from, error))?;
    }
    let mut course = Course {
        migration,
        memory: resumption.memory,
        entered: !resumption.is_fresh,
        rest: resumption.rest,
        wrote_rows: false,
        resumed: !resumption.is_fresh,
        completed: None,
    };
    if course.entered {
        runner.end_bookkeeping().await.map_err(|error| (from, error))?;
        open(runner, &mut course);
    }
    // A deadlock takes the whole transaction; in a run that is one unit that may be more than this migration's.
    let (mut at, mut committed) = (from, (runner.unit == Unit::Migration).then_some(from));
    let mut saved = course.memory.saved.clone();
    let mut deadlocks = 0;
    while at < statements.len() {
        let length = chain::length(statements, at);
        let outcome = if length == 1 {
            statement::run(runner, &mut course, at, observer).await
        } else {
            chain::run(runner, &mut course, (at, length), observer).await
        };
        match outcome {
            Ok(Committed::Yes) => {
                at += length;
                committed = Some(at);
                saved.clone_from(&course.memory.saved);
            }
            Ok(Committed::No) => at += length,
            Err((_, error)) if error.is_deadlock() && committed.is_some() && deadlocks < DEADLOCKS => {
                deadlocks += 1;
                observer.note(&format!("{}: {error}; trying the transaction again", statements[at].at));
                at = committed.unwrap_or(from);
                again(runner, &mut course, &saved).await.map_err(|error| (at, error))?;
            }
            Err(error) => return Err(error),
        }
    }
    finish(runner, &mut course, started).await.map_err(|error| (statements.len(), error))
}

/// Starts the transaction anew after a deadlock has rolled it back.
async fn again(runner: &mut Runner<'_>, course: &mut Course<'_>, saved: &str) -> Result<(), EngineError> {
    runner.session.run_own("ROLLBACK").await?;
    runner.open = Open::Nothing;
    course.memory.restore(runner.session, saved).await?;
    course.entered = runner.is_known(course.migration).await?;
    if let Some(row) = &course.completed {
        journal::begin_and_complete(runner.session, row);
        runner.open = Open::Work;
    }
    Ok(())
}

/// The definitions that may be needed to take the migration back: of what its statements name.
async fn before(runner: &mut Runner<'_>, migration: &Migration) -> Result<Option<Schema>, EngineError> {
    let statements = runner.direction.statements(migration);
    // One statement that is no procedure or list has taken effect as a whole or not at all.
    if let [one] = statements {
        match effect(&one.sql) {
            Effect::DropTable { tables } if tables.len() == 1 => return Ok(None),
            Effect::CreateIndex { .. } | Effect::DropIndex { .. } | Effect::CreateTable { .. } => return Ok(None),
            _ => {}
        }
    }
    let mut names: Vec<String> = statements.iter().flat_map(|statement| targets(&statement.sql)).collect();
    names.sort();
    names.dedup();
    runner.session.schema_of(&names).await.map(Some)
}

/// Makes sure that what is sent next finds a transaction open in which the ledger knows of the migration.
pub(super) fn open(runner: &mut Runner<'_>, course: &mut Course<'_>) {
    if runner.open == Open::Nothing {
        runner.session.defer("START TRANSACTION");
    }
    runner.open = Open::Work;
    if !course.entered {
        course.entered = true;
        match runner.direction {
            Direction::Up => runner.ledger.defer_begin(runner.session, &[course.migration]),
            Direction::Down => {
                runner.ledger.defer_mark(runner.session, &[course.migration.version], Mark::Reverting);
            }
        }
    }
}

impl Runner<'_> {
    /// Whether the ledger has a row that says that this migration is under way, as far as its format can say so.
    pub(super) async fn is_known(&mut self, migration: &Migration) -> Result<bool, EngineError> {
        let success = self.ledger.success(self.session, migration.version).await?;
        Ok(match self.direction {
            Direction::Up => success.is_some() || !self.ledger.format.remembers_begun(),
            Direction::Down => success != Some(true) || !self.ledger.format.remembers_begun(),
        })
    }
}

async fn finish(runner: &mut Runner<'_>, course: &mut Course<'_>, started: Instant) -> Result<(), EngineError> {
    open(runner, course);
    let migration = course.migration;
    let wrote = course.wrote_rows;
    match runner.direction {
        Direction::Up => {
            if course.resumed && runner.ledger.success(runner.session, migration.version).await? == Some(false) {
                // The file may have been mended since: the row gets the checksum of what was applied in the end.
                runner.ledger.defer_mark(runner.session, &[migration.version], Mark::Removed);
                runner.ledger.defer_begin(runner.session, &[migration]);
            }
            let nanos = i64::try_from(started.elapsed().as_nanos()).unwrap_or(i64::MAX);
            runner.ledger.defer_finish(runner.session, &[(migration, nanos)])?;
            journal::defer_ease(runner.session, runner.ledger.table(), migration.version);
        }
        Direction::Down => {
            runner.ledger.defer_mark(runner.session, &[migration.version], Mark::Removed);
            journal::defer_removal(runner.session, runner.ledger.table(), &[migration.version], None);
        }
    }
    course.memory.forget(runner.session);
    runner.actions.clear();
    runner.partial = false;
    match runner.unit {
        Unit::Migration if wrote => {
            runner.session.run_own("COMMIT").await?;
            runner.open = Open::Nothing;
        }
        Unit::Migration => runner.open = Open::Bookkeeping,
        Unit::Run => {}
    }
    Ok(())
}
