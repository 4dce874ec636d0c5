//! Statements that read what the one before them has left, as `ROW_COUNT()`: they are sent with nothing of ours in between,
//! and their rows in the journal follow, in the same transaction.

use super::statement::Committed;
use super::step::{Course, open};
use super::{Observer, Open, Runner};
use crate::engine::execute::{Notice, execute};
use crate::engine::{EngineError, journal};
use crate::migration::partial_down::Action;
use crate::model::journal::Progress;
use crate::model::migration::Statement;
use crate::sql::ddl::effect;
use crate::sql::setting::{keeps_what_it_reads, reads_last};

/// How many statements from that one on belong together; 1 for one that is followed by none that reads what it left.
pub(super) fn length(statements: &[Statement], at: usize) -> usize {
    let reads = |statement: &&Statement| {
        reads_last(&statement.sql).is_some() && {
            let effect = effect(&statement.sql);
            effect.is_transactional() && keeps_what_it_reads(&statement.sql, &effect)
        }
    };
    1 + statements[at + 1..].iter().take_while(reads).count()
}

/// Runs that many statements. The error says at which one.
pub(super) async fn run(
    runner: &mut Runner<'_>,
    course: &mut Course<'_>,
    (at, length): (usize, usize),
    observer: &mut dyn Observer,
) -> Result<Committed, (usize, EngineError)> {
    let statements = &runner.direction.statements(course.migration)[at..at + length];
    let mut rows = Vec::with_capacity(length);
    // Everything that has to be asked is asked before the first one is sent.
    for (position, statement) in (at..).zip(statements) {
        let failed = |error| (position, error);
        let stands_for = course.memory.stands_for(runner.session, &statement.sql).await.map_err(failed)?;
        let sql = stands_for.unwrap_or_else(|| statement.sql.clone());
        let effect = effect(&sql);
        runner.before_setting(&sql, &effect).await.map_err(failed)?;
        let is_whole = !matches!(runner.actions.get(position), Some(Action::Skip(_) | Action::RunInstead(_)));
        if !is_whole || !effect.is_transactional() || !runner.rolls_back(&sql, &effect).await.map_err(failed)? {
            let reads = statements.get(1).and_then(|next| reads_last(&next.sql)).unwrap_or("it");
            return Err(failed(EngineError::Conflict(format!(
                "it cannot be run together with {} as one transaction, and {reads} would be lost in between; write the \
                 number as such",
                statements[1].at
            ))));
        }
        rows.push((runner.row(course, position, sql), effect));
    }
    let failed = |error| (at, error);
    if runner.open == Open::Bookkeeping {
        runner.session.run_own("COMMIT").await.map_err(failed)?;
        runner.open = Open::Nothing;
    }
    open(runner, course);
    for (position, (statement, (row, effect))) in (at..).zip(statements.iter().zip(&rows)) {
        let mut tell = |notice: Notice| observer.note(&format!("{}: {notice}", row.place));
        let outcome = execute(runner.session, &statement.sql, effect, &mut runner.executor, &mut tell).await;
        outcome.map_err(|error| (position, error))?;
        course.wrote_rows |= !effect.is_neutral();
    }
    let failed = |error| (at + length - 1, error);
    course.memory.learn(runner.session, &statements[length - 1].sql).await.map_err(failed)?;
    for (mut row, _) in rows {
        // None of them can be computed again.
        row.variables.clone_from(&course.memory.saved);
        row.progress = Progress::Done;
        journal::write(runner.session, &row).await.map_err(failed)?;
    }
    runner.check_interrupt().map_err(failed)?;
    Ok(Committed::No)
}
