//! Migrations of which `adopt` could not tell whether they had run: none of them runs, or is recorded, before somebody has
//! said which it is.

use super::failure::{self, Failure};
use super::files::Files;
use super::prepare::History;
use crate::engine::ledger::Ledger;
use crate::engine::runner::{Answer, Answers, Doubt, Since};
use crate::engine::{Session, adoption};
use crate::model::journal::{JournalRow, Progress};
use crate::model::migration::Migration;

/// Records as applied those of which the user says that they had run; whether there was any.
///
/// # Errors
/// When the server refuses.
pub(super) async fn record(
    session: &mut Session,
    ledger: &Ledger,
    files: &Files,
    history: &History,
    answers: &Answers,
) -> Result<bool, Failure> {
    let unsure = |migration: &&Migration| row(history, migration.version).is_some();
    let had_run = |migration: &&Migration| {
        let answer = row(history, migration.version).and_then(|row| answers.of(&row.place, &row.sql));
        answer == Some(Answer::TookEffect)
    };
    let (ran, left): (Vec<&Migration>, Vec<&Migration>) = files.migrations.iter().filter(unsure).partition(had_run);
    if ran.is_empty() {
        return Ok(false);
    }
    let reason = |migration: &Migration| row(history, migration.version).map_or("", |row| row.note.as_str());
    let left: Vec<_> = left.into_iter().map(|migration| (migration, reason(migration))).collect();
    adoption::record(session, ledger, &ran, &left).await?;
    Ok(true)
}

/// Refuses to run one of them without the user's word.
///
/// # Errors
/// When there is one.
pub(super) fn refuse(chosen: &[&Migration], history: &History, answers: &Answers) -> Result<(), Failure> {
    let asked = chosen.iter().filter_map(|migration| row(history, migration.version));
    let Some(row) = asked.into_iter().find(|row| answers.of(&row.place, &row.sql).is_none()) else { return Ok(()) };
    let doubt =
        Doubt { place: row.place.clone(), sql: row.sql.clone(), reason: row.note.clone(), since: Since::Adoption };
    Err(failure::unsure(doubt))
}

fn row(history: &History, version: i64) -> Option<&JournalRow> {
    let is_applied = history.ledger.iter().any(|row| row.version == version);
    history.journal.iter().find(|row| row.version == version && row.progress == Progress::Unsure && !is_applied)
}
