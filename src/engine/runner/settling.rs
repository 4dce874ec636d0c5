//! Settles one statement of the journal against the catalogue, for a run that goes on and for one that takes back.

use crate::engine::{EngineError, Session, objects};
use crate::migration::recovery::{Settled, settle};
use crate::migration::witness::{Witness, witness};
use crate::model::journal::{JournalRow, Progress};
use crate::sql::ddl::{databases, effect};
use crate::sql::event::fires_once;

/// What became of a statement that is not known to be done; `edited` says that the file has another one in its place by now.
///
/// # Errors
/// When the catalogue cannot be read.
pub(super) async fn settled_row(session: &mut Session, row: &JournalRow, edited: bool) -> Result<Settled, EngineError> {
    let effect = effect(&row.sql);
    let own = session.database();
    let elsewhere = databases(&row.sql).into_iter().find(|other| own.as_ref().is_some_and(|own| own != other));
    let witness = witness(&effect, elsewhere.as_deref());
    match (row.progress, &witness) {
        // Who has changed a statement since it failed knows what it had left behind.
        (Progress::Entered, Witness::None(_)) if edited && !row.note.is_empty() => Ok(Settled::NotDone),
        (Progress::Failed, _) => Ok(Settled::NotDone),
        (_, Witness::None(reason)) => Ok(Settled::InDoubt(reason.clone())),
        _ => {
            let before = serde_json::from_str(&row.before).unwrap_or_default();
            let now = objects::states(session, &witness).await?;
            Ok(match settle(&effect, &witness, &before, &now) {
                Settled::NotDone if fires_once(&row.sql) => Settled::InDoubt(
                    "an event that fires once is gone when it has fired, unless it says ON COMPLETION PRESERVE".into(),
                ),
                settled => settled,
            })
        }
    }
}
