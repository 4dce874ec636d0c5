//! Settles one statement of the journal against the catalogue, for a run that goes on and for one that takes back.

use crate::engine::{EngineError, Session, objects};
use crate::migration::recovery::{Settled, settle};
use crate::migration::witness::witness_of;
use crate::model::journal::{JournalRow, Progress};
use crate::sql::ddl::{databases, effect, unseen};

/// What became of a statement that is not known to be done. `edited`: the file has another text there now. `refused`: the
/// server has just answered it with an error.
///
/// # Errors
/// When the catalogue cannot be read.
pub(super) async fn settled_row(
    session: &mut Session,
    row: &JournalRow,
    edited: bool,
    refused: bool,
) -> Result<Settled, EngineError> {
    // Who has changed a statement since it failed knows what it had left behind.
    if row.progress == Progress::Failed || (row.progress == Progress::Entered && edited && !row.note.is_empty()) {
        return Ok(Settled::NotDone);
    }
    let effect = effect(&row.sql);
    let elsewhere = databases(&row.sql).into_iter().find(|other| session.is_elsewhere(other));
    let witness = witness_of(&row.sql, &effect, elsewhere.as_deref());
    let before = serde_json::from_str(&row.before).unwrap_or_default();
    let now = objects::states(session, &witness).await?;
    let settled = settle(&row.sql, &effect, &witness, &before, &now);
    Ok(match (settled, unseen(&row.sql)) {
        (Settled::NotDone, Some(reason)) if row.note.is_empty() && !refused => Settled::InDoubt(reason.into()),
        (settled, _) => settled,
    })
}
