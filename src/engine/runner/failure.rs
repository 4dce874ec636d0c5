//! What becomes of a run that fails: as much as can be is taken back, and what cannot is said.

use super::{Runner, Unit};
use crate::engine::ledger::Mark;
use crate::engine::{EngineError, restore};
use crate::migration::undoable::obstacles;
use crate::model::migration::{Direction, Migration, Statement};
use crate::model::schema::Table;
use crate::sql::ddl::{Effect, effect, targets};
use std::collections::BTreeSet;

/// The servers' code for a statement that was ended by `KILL QUERY`.
pub const INTERRUPTED: u32 = 1317;

/// The servers' code for a statement that does not parse.
const SYNTAX: u32 = 1064;

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

pub(super) async fn settle(
    runner: Runner<'_>,
    migration: &Migration,
    position: usize,
    error: EngineError,
    begun: &[i64],
) -> RunError {
    let statements = runner.direction.statements(migration);
    let Some(statement) = statements.get(position).or(statements.last()) else { return RunError::Engine(error) };
    let failed = (Box::new(statement.clone()), (position + 1).min(statements.len()), statements.len());
    let mut runner = runner;
    // A statement that does not parse has not even ended the transaction.
    let ran = ran(statements, position, error.code() == Some(SYNTAX));
    let mut taken_back = take_back(&mut runner, migration, position, &ran, begun).await;
    if matches!(&taken_back, Err(error) if error.code() == Some(INTERRUPTED)) {
        // The cancellation that ended the statement may have come late and hit this instead; it comes only once.
        taken_back = take_back(&mut runner, migration, position, &ran, begun).await;
    }
    let mut after = match taken_back {
        Ok(because) if because.is_empty() => After::Restored,
        Ok(because) => After::HalfApplied { because },
        Err(EngineError::Connection(_)) => After::Unknown,
        // An error of its own of the embedded engine, such as a full disk, has ended the transaction already.
        Err(_) if runner.session.has_transactional_ddl() => After::Restored,
        Err(second) => After::HalfApplied { because: vec![format!("taking it back failed too: {second}")] },
    };
    if matches!(after, After::HalfApplied { .. })
        && let Err(second) = bear_witness(&mut runner, migration, begun).await
        && let After::HalfApplied { because } = &mut after
    {
        because.push(format!("and the ledger could not be told: {second}"));
    }
    RunError::Statement { statement: failed.0, position: failed.1, of: failed.2, error, after }
}

/// The statements that may have had an effect, the failed one last.
fn ran(statements: &[Statement], position: usize, without_effect: bool) -> Vec<Statement> {
    let mut ran = statements[..(position + 1).min(statements.len())].to_vec();
    if let (true, Some(last)) = (without_effect, ran.last_mut()) {
        "DO 0".clone_into(&mut last.sql);
    }
    ran
}

/// Takes the unit back; gives the reasons why it could not be, none when it was.
async fn take_back(
    runner: &mut Runner<'_>,
    migration: &Migration,
    position: usize,
    ran: &[Statement],
    begun: &[i64],
) -> Result<Vec<String>, EngineError> {
    if runner.session.has_transactional_ddl() {
        if runner.unit == Unit::Migration {
            runner.session.run_own("ROLLBACK TO migration").await?;
            runner.session.run_own("RELEASE SAVEPOINT migration").await?;
            drop_new_ledger(runner).await?;
        }
        return Ok(Vec::new());
    }
    runner.session.run_own("ROLLBACK").await?;
    // The file may have changed both for the session, and what follows relies on them.
    runner.session.run_own("SET autocommit = 1").await?;
    runner.session.run_own("SET NAMES utf8mb4").await?;
    if runner.unit == Unit::Migration && is_untouched(runner, migration, ran).await? {
        drop_new_ledger(runner).await?;
        return Ok(Vec::new());
    }
    let statements = runner.direction.statements(migration);
    if position >= statements.len() && runner.before.is_none() {
        return Ok(vec!["its statement took effect, and only the ledger could not be brought up to date".into()]);
    }
    if let Some(before) = runner.before.clone() {
        let succeeded = succeeded(runner, ran, position < statements.len());
        let ran: Vec<&Statement> = ran.iter().collect();
        let because: Vec<String> = match runner.unit {
            // A run that is one unit was found free of obstacles before it began.
            Unit::Run => Vec::new(),
            Unit::Migration => obstacles(&ran, &before, runner.session.database().as_deref())
                .into_iter()
                .map(|obstacle| format!("{}: {}", obstacle.statement.at, obstacle.reason))
                .collect(),
        };
        if !because.is_empty() {
            return Ok(because);
        }
        let touched: BTreeSet<String> = succeeded
            .iter()
            .flat_map(|statement| targets(&statement.sql))
            .map(|name| name.to_ascii_lowercase())
            .collect();
        let left = restore::restore(runner.session, &before, &[runner.ledger.table()], &touched).await?;
        if !left.is_empty() {
            return Ok(left);
        }
    }
    mend_ledger(runner, migration.version, begun).await?;
    Ok(Vec::new())
}

/// The statements of the unit that have taken effect. What the failed one names may be somebody else's, as after "already
/// exists", and what comes after it has not been touched.
fn succeeded(runner: &Runner<'_>, ran: &[Statement], last_failed: bool) -> Vec<Statement> {
    let (failed, before) = match ran.split_last() {
        Some((failed, before)) if last_failed => (Some(&failed.at), before),
        _ => (None, ran),
    };
    match (runner.unit, failed) {
        (Unit::Migration, _) => before.to_vec(),
        (Unit::Run, None) => runner.statements.clone(),
        (Unit::Run, Some(at)) => {
            runner.statements.iter().take_while(|statement| statement.at != *at).cloned().collect()
        }
    }
}

/// Makes the ledger say that the unit's migrations are half-applied, whatever the transaction took with it.
async fn bear_witness(runner: &mut Runner<'_>, migration: &Migration, begun: &[i64]) -> Result<(), EngineError> {
    let versions: &[i64] = if runner.unit == Unit::Run { begun } else { &[migration.version] };
    for version in versions {
        match runner.ledger.success(runner.session, *version).await? {
            Some(_) => runner.ledger.mark(runner.session, *version, Mark::Reverting).await?,
            None if *version == migration.version && runner.direction == Direction::Up => {
                runner.ledger.begin(runner.session, migration).await?;
            }
            None => {}
        }
    }
    runner.session.run_own("COMMIT").await
}

/// Whether nothing of the migration was committed: the ledger's row, which is written first, was rolled back too.
async fn is_untouched(runner: &mut Runner<'_>, migration: &Migration, ran: &[Statement]) -> Result<bool, EngineError> {
    // What an engine without transactions has written stays, whatever becomes of the ledger's row.
    let rolls_back = runner.before.as_ref().is_none_or(|before| {
        let other =
            |table: &Table| table.storage_engine.as_deref().is_some_and(|name| !name.eq_ignore_ascii_case("InnoDB"));
        !before.tables.iter().any(other)
    });
    let known = ran.iter().all(|statement| effect(&statement.sql) != Effect::Other);
    // Without a row for what is begun, nothing tells that a statement has committed.
    if !rolls_back || !known || !runner.ledger.format.remembers_begun() {
        return Ok(false);
    }
    let success = runner.ledger.success(runner.session, migration.version).await?;
    Ok(match runner.direction {
        Direction::Up => success.is_none(),
        Direction::Down => success == Some(true),
    })
}

/// Puts the ledger's rows back, as DDL may have committed them half-way.
async fn mend_ledger(runner: &mut Runner<'_>, version: i64, begun: &[i64]) -> Result<(), EngineError> {
    let versions: &[i64] = if runner.unit == Unit::Run { begun } else { &[version] };
    for version in versions {
        let mark = match runner.direction {
            Direction::Up => Mark::Removed,
            Direction::Down => Mark::Kept,
        };
        // A transaction that was rolled back has taken the row with it.
        if runner.ledger.success(runner.session, *version).await?.is_some() {
            runner.ledger.mark(runner.session, *version, mark).await?;
        }
    }
    drop_new_ledger(runner).await
}

/// A ledger that this run created is gone again when nothing is in it.
async fn drop_new_ledger(runner: &mut Runner<'_>) -> Result<(), EngineError> {
    if !runner.ledger_was_there && runner.ledger.rows(runner.session).await?.is_empty() {
        runner.ledger.drop_table(runner.session).await?;
    }
    Ok(())
}
