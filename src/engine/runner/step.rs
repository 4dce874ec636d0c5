//! One migration, up or down.

use super::{Runner, Unit};
use crate::engine::ledger::{self, Mark};
use crate::engine::online::run_asserted;
use crate::engine::{EngineError, Session};
use crate::model::migration::{Direction, Migration};
use crate::sql::ddl::{Effect, effect};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Runs one migration. The error says at which statement, counted from 0; the number of statements stands for the
/// ledger's own update after them.
pub(super) async fn run(
    runner: &mut Runner<'_>,
    migration: &Migration,
    started: Instant,
) -> Result<(), (usize, EngineError)> {
    let statements = runner.direction.statements(migration);
    begin(runner, migration).await.map_err(|error| (0, error))?;
    let transactional = runner.session.has_transactional_ddl();
    for (position, statement) in statements.iter().enumerate() {
        let result = match runner.check_interrupt() {
            Ok(()) => send(runner, &statement.sql).await,
            Err(interrupted) => Err(interrupted),
        };
        result.map_err(|error| (position, error))?;
        let effect = effect(&statement.sql);
        if transactional || effect.is_transactional() {
            // A cancelled statement may end early without an error, as SLEEP does; it can still be rolled back. DDL that
            // succeeded was not cut short, and is better finished than taken back.
            runner.check_interrupt().map_err(|error| (position, error))?;
        } else {
            // DDL has committed: what follows must be inside a transaction again, the ledger's row included.
            reopen(runner, migration, &effect).await.map_err(|error| (position + 1, error))?;
        }
    }
    finish(runner, migration, started).await.map_err(|error| (statements.len(), error))
}

/// Sends one statement, DDL on a table in use in the least harmful way that the server knows.
async fn send(runner: &mut Runner<'_>, sql: &str) -> Result<(), EngineError> {
    let interrupted = Arc::clone(&runner.interrupted);
    let sender = async |session: &mut Session, text: &str| {
        // Ctrl-C may have come between two attempts, when there was no statement to end.
        if interrupted.load(Ordering::SeqCst) {
            return Err(EngineError::Interrupted);
        }
        session.run(text).await
    };
    let outcome = run_asserted(runner.session, sql, &runner.copies, sender).await?;
    if let (Some(notes), Some(note)) = (&mut runner.notes, outcome.and_then(|outcome| outcome.note())) {
        notes.push(note);
    }
    runner.copies.learn(sql);
    Ok(())
}

/// Opens a transaction again. What may have rolled back, as `ROLLBACK` or a procedure, has taken the ledger's row too:
/// it is written anew, since it is the witness of what has taken effect.
async fn reopen(runner: &mut Runner<'_>, migration: &Migration, effect: &Effect) -> Result<(), EngineError> {
    runner.session.run_own("START TRANSACTION").await?;
    if !matches!(effect, Effect::Transaction | Effect::Other) {
        return Ok(());
    }
    match (runner.direction, ledger::success(runner.session, migration.version).await?) {
        (Direction::Up, None) => ledger::begin(runner.session, migration).await,
        (Direction::Down, Some(true)) => ledger::mark(runner.session, migration.version, Mark::Reverting).await,
        _ => Ok(()),
    }
}

async fn begin(runner: &mut Runner<'_>, migration: &Migration) -> Result<(), EngineError> {
    let session = &mut *runner.session;
    if session.has_transactional_ddl() {
        session.run_own("SAVEPOINT migration").await?;
    } else {
        // One statement that is no procedure or list has taken effect as a whole or not at all.
        let many = match runner.direction.statements(migration) {
            [one] => match effect(&one.sql) {
                Effect::DropTable { tables } => tables.len() > 1,
                Effect::CreateIndex { .. } | Effect::DropIndex { .. } | Effect::CreateTable { .. } => false,
                _ => true,
            },
            _ => true,
        };
        if runner.unit == Unit::Migration {
            runner.before = if many { Some(session.schema(&[ledger::TABLE]).await?) } else { None };
        }
        if runner.unit == Unit::Migration || !runner.begun {
            runner.session.run_own("START TRANSACTION").await?;
        }
    }
    match runner.direction {
        Direction::Up => ledger::begin(runner.session, migration).await,
        Direction::Down => ledger::mark(runner.session, migration.version, Mark::Reverting).await,
    }
}

async fn finish(runner: &mut Runner<'_>, migration: &Migration, started: Instant) -> Result<(), EngineError> {
    let mark = match runner.direction {
        Direction::Up => Mark::Applied { nanos: i64::try_from(started.elapsed().as_nanos()).unwrap_or(i64::MAX) },
        Direction::Down => Mark::Removed,
    };
    ledger::mark(runner.session, migration.version, mark).await?;
    runner.begun = true;
    match (runner.session.has_transactional_ddl(), runner.unit) {
        (true, _) => runner.session.run_own("RELEASE SAVEPOINT migration").await,
        (false, Unit::Migration) => runner.session.run_own("COMMIT").await,
        (false, Unit::Run) => Ok(()),
    }
}
