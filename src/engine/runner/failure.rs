//! What becomes of a run that fails: as much as can be is taken back, and what cannot is said.

use super::resume::Doubt;
use super::settling::settled_row;
use super::{Open, Runner, Unit, undo};
use crate::engine::ledger::Mark;
use crate::engine::{EngineError, journal};
use crate::migration::checksum::statement_hash;
use crate::migration::recovery::Settled;
use crate::migration::traces::Traces;
use crate::migration::undoable::obstacles;
use crate::migration::witness::{Witness, witness};
use crate::model::journal::{JournalRow, Progress};
use crate::model::migration::{Direction, Migration, Statement};
use crate::sql::ddl::{Effect, effect};

/// The servers' code for a statement that was ended by `KILL QUERY`.
pub const INTERRUPTED: u32 = 1317;

/// A run that failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A statement failed.
    #[error("{error}")]
    Statement {
        /// The statement.
        statement: Box<Statement>,
        /// Its position in its file, from 1.
        position: usize,
        /// Statements in the file.
        of: usize,
        /// What went wrong.
        error: EngineError,
        /// What became of the database.
        after: After,
    },
    /// Nothing tells whether a statement of a run that was cut off took effect.
    #[error("{}: {}", .0.place, .0.reason)]
    Doubt(Box<Doubt>),
    /// A statement that took effect is not the one that stands in the file now.
    #[error("{place}: statement {position} of {of} took effect and is not what stands in the file now")]
    Edited {
        /// Where it stood.
        place: String,
        /// Its position, from 1.
        position: u32,
        /// Statements in the file.
        of: u32,
    },
    /// A migration that was cut off on its way up cannot be taken down.
    #[error("{place}: {reason}")]
    Partial {
        /// The statement of the down script that cannot be judged.
        place: String,
        /// Why not.
        reason: String,
        /// Statements of the up script that took effect.
        done: usize,
        /// Statements in the up script.
        of: usize,
    },
    /// What an earlier run began to take back cannot be taken back: what is left, in words.
    #[error("{}", .0.join("; "))]
    Left(Vec<String>),
    /// The run's own work failed, before or between migrations.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What became of the database after a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// It is as it was before the migration, or before the run where that was the unit.
    Restored,
    /// The migration is half-applied, and why it could not be taken back.
    HalfApplied {
        /// The reasons.
        because: Vec<String>,
    },
    /// The connection is gone, and with it the way to find out or to take anything back.
    Unknown,
}

pub(super) async fn settle(runner: Runner<'_>, migration: &Migration, position: usize, error: EngineError) -> RunError {
    let statements = runner.direction.statements(migration);
    let Some(statement) = statements.get(position).or(statements.last()) else { return RunError::Engine(error) };
    let failed = (Box::new(statement.clone()), (position + 1).min(statements.len()), statements.len());
    let mut runner = runner;
    let mut taken_back = take_back(&mut runner, migration, position).await;
    if matches!(&taken_back, Err(error) if error.code() == Some(INTERRUPTED)) {
        // The cancellation that ended the statement may have come late and hit this instead; it comes only once.
        taken_back = take_back(&mut runner, migration, position).await;
    }
    let mut after = match taken_back {
        Ok(because) if because.is_empty() => After::Restored,
        Ok(because) => After::HalfApplied { because },
        Err(EngineError::Connection(_)) => After::Unknown,
        // An error of its own of the embedded engine, such as a full disk, has ended the transaction already.
        Err(_) if runner.session.has_transactional_ddl() => After::Restored,
        Err(second) => After::HalfApplied { because: vec![format!("taking it back failed too: {second}")] },
    };
    if let After::HalfApplied { because } = &mut after
        && let Err(second) = bear_witness(&mut runner, migration, position, &error).await
    {
        because.push(format!("and the ledger could not be told: {second}"));
    }
    RunError::Statement { statement: failed.0, position: failed.1, of: failed.2, error, after }
}

/// Takes the unit back; gives the reasons why it could not be, none when it was.
async fn take_back(
    runner: &mut Runner<'_>,
    migration: &Migration,
    position: usize,
) -> Result<Vec<String>, EngineError> {
    if runner.session.has_transactional_ddl() {
        if runner.unit == Unit::Migration {
            runner.session.run_own("ROLLBACK TO migration").await?;
            runner.session.run_own("RELEASE SAVEPOINT migration").await?;
            drop_new_tables(runner).await?;
        }
        return Ok(Vec::new());
    }
    // What the open transaction says of migrations before this one is true and stays.
    let end = if runner.open == Open::Bookkeeping { "COMMIT" } else { "ROLLBACK" };
    runner.session.run_own(end).await?;
    runner.open = Open::Nothing;
    // What follows relies on them.
    runner.put_back().await?;
    let versions = if runner.unit == Unit::Run { runner.versions.clone() } else { vec![migration.version] };
    if runner.partial {
        return Ok(vec!["it was being taken down after it had been applied in part".into()]);
    }
    if runner.unit == Unit::Migration && is_untouched(runner, migration, position).await? {
        undo::forget(runner, &versions, runner.direction).await?;
        drop_new_tables(runner).await?;
        return Ok(Vec::new());
    }
    let statements = runner.direction.statements(migration);
    let Some(before) = runner.before.clone() else {
        let mut because = left_traces(runner, &statements[..position.min(statements.len())]).await?;
        because.push(if position >= statements.len() {
            "its statements took effect, and only the ledger could not be brought up to date".into()
        } else {
            format!(
                "an earlier run had begun it, and what was there before that is not known; the statements before this one \
                 ({position} of {}) stay",
                statements.len()
            )
        });
        return Ok(because);
    };
    let ran: Vec<&Statement> = statements[..(position + 1).min(statements.len())].iter().collect();
    if runner.unit == Unit::Migration {
        // A run that is one unit was found free of obstacles before it began.
        let obstacles = obstacles(&ran, &before, runner.session.database().as_deref());
        if !obstacles.is_empty() {
            return Ok(obstacles.into_iter().map(|one| format!("{}: {}", one.statement.at, one.reason)).collect());
        }
    }
    let traces = traces(runner, migration, position, &versions).await?;
    let left = undo::undo(runner, &before, traces, &versions).await?;
    if left.is_empty() {
        drop_new_tables(runner).await?;
    }
    Ok(left)
}

/// What the statements that took effect have left that could not be taken back, told from their text: tables that they
/// made count as theirs.
async fn left_traces(runner: &mut Runner<'_>, done: &[Statement]) -> Result<Vec<String>, EngineError> {
    let mut schema = runner.session.schema(&[runner.ledger.table()]).await?;
    for statement in done {
        if let Effect::CreateTable { table } = effect(&statement.sql) {
            schema.tables.retain(|one| !one.name.eq_ignore_ascii_case(&table));
        }
    }
    let done: Vec<&Statement> = done.iter().collect();
    let found = obstacles(&done, &schema, runner.session.database().as_deref());
    Ok(found.into_iter().map(|one| format!("{}: {}", one.statement.at, one.reason)).collect())
}

/// What the unit's statements which took effect have left. What the failed one names may be somebody else's, as after
/// "already exists".
async fn traces(
    runner: &mut Runner<'_>,
    migration: &Migration,
    position: usize,
    versions: &[i64],
) -> Result<Traces, EngineError> {
    let mut sql: Vec<String> = Vec::new();
    for version in versions.iter().filter(|version| **version != migration.version) {
        sql.extend(
            journal::rows_of(runner.session, runner.ledger.table(), *version, runner.direction)
                .await?
                .into_iter()
                .map(|row| row.sql),
        );
    }
    let statements = runner.direction.statements(migration);
    let own = statements[..position.min(statements.len())].iter().map(|statement| statement.sql.clone());
    Ok(Traces::of(sql.into_iter().chain(own).collect::<Vec<_>>().iter().map(String::as_str)))
}

/// Whether nothing of the migration took effect: no statement is committed, and the failed one left no trace.
async fn is_untouched(runner: &mut Runner<'_>, migration: &Migration, position: usize) -> Result<bool, EngineError> {
    let rows = journal::rows_of(runner.session, runner.ledger.table(), migration.version, runner.direction).await?;
    for row in rows {
        let refused = row.position as usize == position + 1;
        // An earlier statement's failure is an earlier run's: what that has left is not known here.
        let settles = matches!(row.progress, Progress::Begun | Progress::Planned);
        let untouched = settles && settled_row(runner.session, &row, false, refused).await? == Settled::NotDone;
        if !untouched {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes ledger and journal say that the migration is half-applied and where it stopped, whatever the transaction took
/// with it.
async fn bear_witness(
    runner: &mut Runner<'_>,
    migration: &Migration,
    position: usize,
    error: &EngineError,
) -> Result<(), EngineError> {
    runner.session.run_own("START TRANSACTION").await?;
    match (runner.ledger.success(runner.session, migration.version).await?, runner.direction) {
        (Some(_), _) => runner.ledger.mark(runner.session, migration.version, Mark::Reverting).await?,
        (None, Direction::Up) => runner.ledger.begin(runner.session, migration).await?,
        (None, Direction::Down) => {}
    }
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let rows = journal::rows_of(runner.session, runner.ledger.table(), migration.version, runner.direction).await?;
    // They took effect in this run, whatever became of the transaction that said so.
    for row in rows.iter().filter(|row| row.position <= small(position) && !row.progress.is_settled()) {
        let done = JournalRow { progress: Progress::Done, ..row.clone() };
        journal::write(runner.session, &done).await?;
    }
    if let Some(statement) = runner.direction.statements(migration).get(position) {
        let known = rows.into_iter().find(|row| row.position == small(position + 1));
        let mut row = known.unwrap_or_else(|| JournalRow {
            ledger: runner.ledger.table().to_owned(),
            version: migration.version,
            direction: runner.direction,
            position: small(position + 1),
            of: small(runner.direction.statements(migration).len()),
            hash: statement_hash(&statement.sql),
            progress: Progress::Failed,
            sql: statement.sql.clone(),
            place: statement.at.to_string(),
            before: String::new(),
            variables: String::new(),
            connection: runner.connection,
            note: String::new(),
        });
        // What has committed something may have done so in part; only somebody who looks can tell.
        if row.progress == Progress::Begun && matches!(witness(&effect(&row.sql), None), Witness::None(_)) {
            row.progress = Progress::Failed;
        }
        row.note = statement.at.of_server(&error.to_string());
        journal::write(runner.session, &row).await?;
    }
    runner.session.run_own("COMMIT").await
}

/// Tables of our own that this run created are gone again when nothing is in them.
async fn drop_new_tables(runner: &mut Runner<'_>) -> Result<(), EngineError> {
    if !runner.ledger_was_there && runner.ledger.rows(runner.session).await?.is_empty() {
        runner.ledger.drop_table(runner.session).await?;
    }
    if !runner.journal_was_there && journal::rows(runner.session, runner.ledger.table()).await?.is_empty() {
        journal::drop_table(runner.session).await?;
    }
    Ok(())
}
