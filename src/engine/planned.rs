//! Settles statements that a run has planned and not completed: what is read of them, and how that is written down.

use super::ledger::{Ledger, Mark};
use super::{EngineError, Session, journal, objects};
use crate::migration::planned::Outcome;
use crate::migration::recovery::settle;
use crate::migration::witness::witness;
use crate::model::journal::{JournalRow, Progress};
use crate::model::migration::Direction;
use crate::sql::ddl::effect;

/// What became of the planned statements among the rows of a journal. Writes nothing.
///
/// # Errors
/// When the connection breaks.
pub async fn outcome(session: &mut Session, rows: &[JournalRow]) -> Result<Outcome, EngineError> {
    let mut planned: Vec<&JournalRow> = rows.iter().filter(|row| row.progress == Progress::Planned).collect();
    // As they were to run: a run goes one way only.
    planned.sort_by_key(|row| if row.direction == Direction::Down { -row.version } else { row.version });
    let mut settled = Vec::with_capacity(planned.len());
    for row in planned {
        let effect = effect(&row.sql);
        let witness = witness(&effect, None);
        let before = serde_json::from_str(&row.before).unwrap_or_default();
        let now = objects::states(session, &witness).await?;
        settled.push((row.clone(), settle(&row.sql, &effect, &witness, &before, &now)));
    }
    Ok(Outcome::of(settled))
}

/// Writes down what became of planned statements, in one transaction.
///
/// # Errors
/// When the server refuses.
pub async fn record(session: &mut Session, ledger: &Ledger, outcome: &Outcome) -> Result<(), EngineError> {
    let versions = |rows: &[JournalRow], direction: Direction| -> Vec<i64> {
        rows.iter().filter(|row| row.direction == direction).map(|row| row.version).collect()
    };
    session.defer("START TRANSACTION");
    for direction in [Direction::Up, Direction::Down] {
        let done = versions(&outcome.done, direction);
        match direction {
            _ if done.is_empty() => {}
            Direction::Up => {
                ledger.defer_mark(session, &done, Mark::Kept);
                // A ledger that gets its row only from the migration's own run has it settled there.
                let progress = if ledger.format.remembers_begun() { Progress::Done } else { Progress::Begun };
                journal::defer_progress(session, ledger.table(), direction, progress, &done);
            }
            Direction::Down => {
                ledger.defer_mark(session, &done, Mark::Removed);
                journal::defer_removal(session, ledger.table(), &done, None);
            }
        }
        let doubt = versions(outcome.doubt.as_slice(), direction);
        if !doubt.is_empty() {
            journal::defer_progress(session, ledger.table(), direction, Progress::Begun, &doubt);
        }
        retract(session, ledger, direction, &versions(&outcome.not_run, direction));
    }
    session.run_own("COMMIT").await
}

/// Makes ledger and journal say, together with the next statement, that planned statements never were to run.
pub(super) fn retract(session: &mut Session, ledger: &Ledger, direction: Direction, versions: &[i64]) {
    if versions.is_empty() {
        return;
    }
    match direction {
        Direction::Up if ledger.format.remembers_begun() => ledger.defer_mark(session, versions, Mark::Removed),
        Direction::Up => {}
        Direction::Down => ledger.defer_mark(session, versions, Mark::Kept),
    }
    journal::defer_removal(session, ledger.table(), versions, Some(direction));
}
