//! How a statement of a run goes to the server: in the least harmful way that the server knows, giving way to the app.

use super::{Observer, Runner};
use crate::engine::execute::{Notice, execute};
use crate::engine::online::run_asserted;
use crate::engine::{EngineError, Session};
use crate::model::location::Location;
use crate::sql::ddl::Effect;

/// Sends a statement; `sql` is what is sent and `stands_for` what that does.
pub(super) async fn send(
    runner: &mut Runner<'_>,
    place: &Location,
    (sql, stands_for): (&str, &Effect),
    observer: &mut dyn Observer,
) -> Result<(), EngineError> {
    let executor = &mut runner.executor;
    let sender = async |session: &mut Session, text: &str| {
        let mut tell = |notice: Notice| match notice {
            Notice::Progress(progress) => observer.progress(&progress),
            notice => observer.note(&format!("{place}: {notice}")),
        };
        execute(session, text, stands_for, executor, &mut tell).await
    };
    let outcome = run_asserted(runner.session, sql, &runner.copies, sender).await?;
    if let Some(note) = outcome.and_then(|outcome| outcome.note()) {
        observer.note(&format!("{place}: {note}"));
    }
    runner.copies.learn(sql);
    Ok(())
}
