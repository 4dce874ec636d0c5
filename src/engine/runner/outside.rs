//! Settings that no open transaction lets a file make, such as `sql_log_bin` or `SET TRANSACTION`: a client would find none
//! open, so the runner's is ended before them and begun again after them.

use super::step::{Course, open};
use super::{Open, Runner};
use crate::engine::execute::{Notice, execute};
use crate::engine::{EngineError, journal};
use crate::model::journal::{JournalRow, Progress};
use crate::sql::ddl::Effect;

/// Commits what is open, as DDL would, runs the statement, and begins again.
pub(super) async fn run(
    runner: &mut Runner<'_>,
    course: &mut Course<'_>,
    mut row: JournalRow,
    sql: &str,
    tell: &mut (dyn FnMut(Notice) + Send),
) -> Result<(), EngineError> {
    // The ledger's row must not stand alone: the journal knows then that the migration is begun.
    journal::write_and_commit(runner.session, &row).await?;
    runner.open = Open::Nothing;
    course.wrote_rows = false;
    execute(runner.session, sql, &Effect::Session, &mut runner.executor, tell).await?;
    open(runner, course);
    row.variables = course.memory.learn(runner.session, sql).await?;
    row.progress = Progress::Done;
    journal::write(runner.session, &row).await?;
    course.completed = Some(row);
    Ok(())
}
