//! One migration on the embedded engine, whose DDL is part of a transaction.

use super::Runner;
use crate::engine::EngineError;
use crate::engine::ledger::Mark;
use crate::model::migration::{Direction, Migration};
use std::time::Instant;

/// Runs one migration behind a savepoint. The error says at which statement, counted from 0; the number of statements
/// stands for the ledger's own update after them.
pub(super) async fn run(
    runner: &mut Runner<'_>,
    migration: &Migration,
    started: Instant,
) -> Result<(), (usize, EngineError)> {
    let statements = runner.direction.statements(migration);
    begin(runner, migration).await.map_err(|error| (0, error))?;
    for (position, statement) in statements.iter().enumerate() {
        let result = match runner.check_interrupt() {
            Ok(()) => runner.session.run(&statement.sql).await,
            Err(interrupted) => Err(interrupted),
        };
        // A cancelled statement may end early without an error; it can still be rolled back.
        result.and_then(|()| runner.check_interrupt()).map_err(|error| (position, error))?;
    }
    finish(runner, migration, started).await.map_err(|error| (statements.len(), error))
}

async fn begin(runner: &mut Runner<'_>, migration: &Migration) -> Result<(), EngineError> {
    runner.session.run_own("SAVEPOINT migration").await?;
    match runner.direction {
        Direction::Up => runner.ledger.begin(runner.session, migration).await,
        Direction::Down => runner.ledger.mark(runner.session, migration.version, Mark::Reverting).await,
    }
}

async fn finish(runner: &mut Runner<'_>, migration: &Migration, started: Instant) -> Result<(), EngineError> {
    match runner.direction {
        Direction::Up => {
            let nanos = i64::try_from(started.elapsed().as_nanos()).unwrap_or(i64::MAX);
            runner.ledger.finish(runner.session, migration, nanos).await?;
        }
        Direction::Down => runner.ledger.mark(runner.session, migration.version, Mark::Removed).await?,
    }
    runner.session.run_own("RELEASE SAVEPOINT migration").await
}
