//! One statement of a migration on a server, with its row in the journal.

use super::send::send;
use super::step::{Course, open};
use super::{Observer, Open, Runner, outside};
use crate::engine::execute::{Notice, execute};
use crate::engine::untransacted::Untransacted;
use crate::engine::{EngineError, journal, objects};
use crate::migration::checksum::statement_hash;
use crate::migration::existing::Existing;
use crate::migration::partial_down::Action;
use crate::migration::witness::{Witness, witness_of};
use crate::model::journal::{JournalRow, Progress};
use crate::sql::ddl::{Effect, databases, effect};
use crate::sql::setting::is_between_transactions;

/// Whether everything up to and with a statement is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Committed {
    /// Yes.
    Yes,
    /// It is part of the open transaction.
    No,
}

/// Runs the statement at a position, counted from 0. The error says at which statement; one after it means that the
/// statement itself took effect.
pub(super) async fn run(
    runner: &mut Runner<'_>,
    course: &mut Course<'_>,
    at: usize,
    observer: &mut dyn Observer,
) -> Result<Committed, (usize, EngineError)> {
    let failed = |error| (at, error);
    let statement = &runner.direction.statements(course.migration)[at];
    let stands_for = course.memory.stands_for(runner.session, &statement.sql).await.map_err(failed)?;
    let sql = stands_for.unwrap_or_else(|| statement.sql.clone());
    let mut effect = effect(&sql);
    let existing = match course.rest {
        None => runner.existing(&sql, &effect).await.map_err(failed)?,
        // What an earlier run has made of it is left out already.
        Some(_) => Existing::Run,
    };
    let mut row = runner.row(course, at, sql);
    match existing {
        Existing::Run => {}
        Existing::RunInstead(rest, reason) => {
            observer.note(&format!("{}: {reason}; the rest of the statement runs", statement.at));
            effect = self::effect(&rest);
            row.sql.clone_from(&rest);
            course.rest = Some(rest);
        }
        Existing::Skip(reason) => {
            observer.note(&format!("{}: skipped: {reason}", statement.at));
            return skip(runner, course, row, &reason).await.map_err(failed);
        }
        Existing::Conflict(reason) => return Err(failed(EngineError::Conflict(reason))),
    }
    let text = match runner.actions.get(at).cloned() {
        Some(Action::Skip(reason)) => {
            observer.note(&format!("{}: skipped: {reason}", statement.at));
            return skip(runner, course, row, &reason).await.map_err(failed);
        }
        Some(Action::RunInstead(sql)) => {
            effect = self::effect(&sql);
            row.sql.clone_from(&sql);
            sql
        }
        _ => course.rest.take().unwrap_or_else(|| statement.sql.clone()),
    };
    runner.before_setting(&row.sql, &effect).await.map_err(failed)?;
    let rolls_back = runner.rolls_back(&row.sql, &effect).await.map_err(failed)?;
    match &effect {
        Effect::Transaction => control(runner, course, row, (&text, &effect), observer).await.map_err(failed),
        effect if effect.is_transactional() && rolls_back => {
            rows(runner, course, row, (&text, effect), observer).await.map_err(failed)
        }
        effect => {
            let elsewhere = elsewhere(runner, &row.sql);
            let witness = witness_of(&row.sql, effect, elsewhere.as_deref());
            let before = objects::states(runner.session, &witness).await.map_err(failed)?;
            row.before = serde_json::to_string(&before).unwrap_or_default();
            let keeps_row = rolls_back && !runner.may_roll_back(&row.sql, effect).await.map_err(failed)?;
            before_it(runner, course, &mut row, &witness, keeps_row).await.map_err(failed)?;
            if let Err(error) = send(runner, &statement.at, (&text, effect), observer).await {
                return Err(failed(runner.explain(error, &text, effect).await));
            }
            runner.note_made(&text, effect);
            // DDL that succeeded was not cut short, and is better finished than taken back.
            after_it(runner, course, row, &witness).await.map_err(|error| (at + 1, error))?;
            Ok(Committed::Yes)
        }
    }
}

/// The other database that a statement names, if any.
fn elsewhere(runner: &Runner<'_>, sql: &str) -> Option<String> {
    databases(sql).into_iter().find(|other| runner.session.is_elsewhere(other))
}

/// A statement whose effect the open transaction holds, its row with it.
async fn rows(
    runner: &mut Runner<'_>,
    course: &mut Course<'_>,
    mut row: JournalRow,
    (sql, effect): (&str, &Effect),
    observer: &mut dyn Observer,
) -> Result<Committed, EngineError> {
    runner.end_bookkeeping().await?;
    open(runner, course);
    let place = row.place.clone();
    let mut tell = |notice: Notice| observer.note(&format!("{place}: {notice}"));
    if *effect == Effect::Session && is_between_transactions(sql) {
        outside::run(runner, course, row, sql, &mut tell).await?;
        return Ok(Committed::Yes);
    }
    execute(runner.session, sql, effect, &mut runner.executor, &mut tell).await?;
    course.wrote_rows |= !effect.is_neutral();
    row.variables = course.memory.learn(runner.session, sql).await?;
    row.progress = Progress::Done;
    journal::write(runner.session, &row).await?;
    // A cancelled statement may end early without an error, as SLEEP does; it can still be rolled back.
    runner.check_interrupt()?;
    Ok(Committed::No)
}

/// `COMMIT`, `LOCK TABLES` and their like: the transaction is opened again after them.
async fn control(
    runner: &mut Runner<'_>,
    course: &mut Course<'_>,
    mut row: JournalRow,
    (sql, effect): (&str, &Effect),
    observer: &mut dyn Observer,
) -> Result<Committed, EngineError> {
    runner.end_bookkeeping().await?;
    open(runner, course);
    if sql.split_whitespace().take(4).any(|word| word.eq_ignore_ascii_case("SAVEPOINT")) || is_back_to(sql) {
        // The transaction goes on.
        let mut tell = |notice: Notice| observer.note(&format!("{}: {notice}", row.place));
        execute(runner.session, sql, effect, &mut runner.executor, &mut tell).await?;
        row.progress = Progress::Done;
        journal::write(runner.session, &row).await?;
        return Ok(Committed::No);
    }
    // It may commit the ledger's row, which must not stand alone: the journal knows then that the migration is begun.
    journal::write(runner.session, &row).await?;
    let mut tell = |notice: Notice| observer.note(&format!("{}: {notice}", row.place));
    execute(runner.session, sql, effect, &mut runner.executor, &mut tell).await?;
    runner.session.run_own("START TRANSACTION").await?;
    course.wrote_rows = false;
    // What rolled back has taken the ledger's row too, which is the witness that the migration is under way.
    course.entered = runner.is_known(course.migration).await?;
    open(runner, course);
    row.progress = Progress::Done;
    journal::write(runner.session, &row).await?;
    Ok(Committed::Yes)
}

/// `ROLLBACK [WORK] TO name`, without the word that says what the name is of.
fn is_back_to(sql: &str) -> bool {
    let words: Vec<String> = sql.split_whitespace().take(3).map(str::to_ascii_uppercase).collect();
    words.first().is_some_and(|word| word == "ROLLBACK") && words.iter().any(|word| word == "TO")
}

async fn skip(
    runner: &mut Runner<'_>,
    course: &mut Course<'_>,
    mut row: JournalRow,
    reason: &str,
) -> Result<Committed, EngineError> {
    runner.end_bookkeeping().await?;
    open(runner, course);
    row.progress = Progress::Skipped;
    reason.clone_into(&mut row.note);
    journal::write(runner.session, &row).await?;
    Ok(Committed::No)
}

/// Writes the row of a statement that commits by itself, so that it stands whatever becomes of the statement.
async fn before_it(
    runner: &mut Runner<'_>,
    course: &mut Course<'_>,
    row: &mut JournalRow,
    witness: &Witness,
    keeps_row: bool,
) -> Result<(), EngineError> {
    let shows_nothing = matches!(witness, Witness::None(_));
    if shows_nothing {
        runner.end_bookkeeping().await?;
    }
    open(runner, course);
    if shows_nothing {
        // Whatever it commits it commits together with this row.
        row.progress = Progress::Entered;
    }
    // Rows that the file wrote go with the statement's own commit, so that one that does not parse takes nothing with it.
    // Where rows are written outside of transactions, or the statement may roll back, the row must not wait for a commit.
    let commits = if shows_nothing { !keeps_row } else { !course.wrote_rows };
    if commits {
        runner.open = Open::Nothing;
        return journal::write_and_commit(runner.session, row).await;
    }
    journal::write(runner.session, row).await
}

async fn after_it(
    runner: &mut Runner<'_>,
    course: &mut Course<'_>,
    mut row: JournalRow,
    witness: &Witness,
) -> Result<(), EngineError> {
    // The file itself may have made a table, a trigger or a program.
    runner.untransacted = None;
    row.variables = course.memory.learn(runner.session, &row.sql).await?;
    row.progress = Progress::Done;
    if matches!(witness, Witness::None(_)) {
        // Committed together with what the statement left in the transaction.
        journal::write_and_commit(runner.session, &row).await?;
        runner.session.run_own("START TRANSACTION").await?;
    } else {
        journal::begin_and_complete(runner.session, &row);
        course.completed = Some(row);
    }
    runner.open = Open::Work;
    course.wrote_rows = false;
    Ok(())
}

impl Runner<'_> {
    /// Commits what the open transaction says of migrations before the one at hand, if that is all that it holds: what rolls
    /// this one back must not take the end of those along.
    pub(super) async fn end_bookkeeping(&mut self) -> Result<(), EngineError> {
        if self.open == Open::Bookkeeping {
            self.session.run_own("COMMIT").await?;
            self.open = Open::Nothing;
        }
        Ok(())
    }

    /// Whether rows that a statement writes are undone by a rollback, as far as is known: its own, and what its triggers,
    /// foreign keys and functions write.
    pub(super) async fn rolls_back(&mut self, sql: &str, effect: &Effect) -> Result<bool, EngineError> {
        let Effect::Rows { table, .. } = effect else { return Ok(true) };
        let known = match self.untransacted.take() {
            Some(known) => known,
            None => Untransacted::read(self.session).await?,
        };
        let is_reached = known.is_reached(sql, table.as_deref());
        self.untransacted = Some(known);
        Ok(!is_reached)
    }

    /// The row of a statement that is about to run.
    pub(super) fn row(&self, course: &Course<'_>, at: usize, sql: String) -> JournalRow {
        let statements = self.direction.statements(course.migration);
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        JournalRow {
            ledger: self.ledger.table().to_owned(),
            version: course.migration.version,
            direction: self.direction,
            position: small(at + 1),
            of: small(statements.len()),
            hash: statement_hash(&statements[at].sql),
            progress: Progress::Begun,
            sql,
            place: statements[at].at.to_string(),
            before: String::new(),
            variables: String::new(),
            connection: self.connection,
            note: String::new(),
        }
    }
}
