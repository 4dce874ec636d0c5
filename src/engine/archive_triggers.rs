//! The triggers of a table that rows are brought back into: they would fire on what is no new row. They are kept in the
//! registry while they are gone, so that a run that is cut off makes them again.

use super::archive::{TABLE, ask, line, literal};
use super::{EngineError, Session};
use crate::model::archive::Archive;
use crate::sql::quote;

/// The table on which triggers are made to see whether they can be.
const PROBE: &str = "_aura_db_trigger_probe";

/// A trigger: its name, the `sql_mode` that it was made with, and its statement.
pub(super) type Trigger = (String, String, String);

/// The triggers of the archive's table, those among them that an earlier run had saved and not yet made again.
pub(super) async fn save(session: &mut Session, archive: &Archive) -> Result<Vec<Trigger>, EngineError> {
    if session.has_transactional_ddl() {
        return Ok(Vec::new());
    }
    let line = line(session, archive);
    let saved = ask(session, format!("SELECT script FROM {TABLE} WHERE {line}"), 1).await?;
    let saved = saved.first().and_then(|row| serde_json::from_str(&row[0]).ok());
    if let Some(saved) = saved {
        return Ok(saved);
    }
    let mut triggers: Vec<Trigger> = Vec::new();
    let all = super::archive::triggers(session).await?;
    for trigger in all.get(&archive.table.to_ascii_lowercase()).into_iter().flatten() {
        let rows = ask(session, format!("SHOW CREATE TRIGGER {}", quote::name(trigger)), 3).await?;
        triggers.extend(rows.into_iter().map(|row| (row[0].clone(), row[1].clone(), row[2].clone())));
    }
    if !triggers.is_empty() {
        let json = serde_json::to_string(&triggers).unwrap_or_default();
        let json = literal(session, &json);
        session.run_own(&format!("UPDATE {TABLE} SET script = {json} WHERE {line}")).await?;
    }
    Ok(triggers)
}

/// Why one of them could not be made again, as when this account may not make programs for another one: found by making a
/// trigger for the same account on a table of our own, which nobody has in use.
pub(super) async fn obstacle(session: &mut Session, triggers: &[Trigger]) -> Result<Option<String>, EngineError> {
    if triggers.is_empty() {
        return Ok(None);
    }
    session.run_own(&format!("CREATE TABLE IF NOT EXISTS {PROBE} (i INT)")).await?;
    let found = refused(session, triggers).await;
    // Its triggers go with it.
    session.run_own(&format!("DROP TABLE IF EXISTS {PROBE}")).await?;
    found
}

async fn refused(session: &mut Session, triggers: &[Trigger]) -> Result<Option<String>, EngineError> {
    for (at, (name, _, statement)) in triggers.iter().enumerate() {
        let Some((begin, _)) = statement.split_once(" TRIGGER ") else { continue };
        let probe =
            format!("{begin} TRIGGER {PROBE}_{at} BEFORE INSERT ON {PROBE} FOR EACH ROW SET @aura_db_mode = NULL");
        match session.run_own(&probe).await {
            Err(EngineError::Server(error)) => {
                return Ok(Some(format!("the trigger {name} could not be made again after it: {}", error.message)));
            }
            made => made?,
        }
    }
    Ok(None)
}

/// Drops them, so that they do not fire.
pub(super) async fn drop(session: &mut Session, triggers: &[Trigger]) -> Result<(), EngineError> {
    for (name, ..) in triggers {
        session.run_own(&format!("DROP TRIGGER IF EXISTS {}", quote::name(name))).await?;
    }
    Ok(())
}

/// Makes those again that are not there, and forgets them.
pub(super) async fn make(session: &mut Session, archive: &Archive, triggers: &[Trigger]) -> Result<(), EngineError> {
    for (name, mode, statement) in triggers {
        let text = literal(session, name);
        let there = session
            .count(&format!(
                "SELECT COUNT(*) FROM information_schema.TRIGGERS \
                 WHERE TRIGGER_SCHEMA = DATABASE() AND TRIGGER_NAME = {text}"
            ))
            .await?;
        if there == 0 {
            let mode = literal(session, mode);
            session.run_own(&format!("SET @aura_db_mode = @@SESSION.sql_mode, SESSION sql_mode = {mode}")).await?;
            session.run_own(statement).await?;
            session.run_own("SET SESSION sql_mode = @aura_db_mode").await?;
        }
    }
    if triggers.is_empty() {
        return Ok(());
    }
    let line = line(session, archive);
    session.run_own(&format!("UPDATE {TABLE} SET script = '' WHERE {line}")).await
}
