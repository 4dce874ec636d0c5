//! The settings of a session as a run found it. What a migration sets is put back to them at its end, so that the next one
//! runs as it would by itself.

use super::session::SessionConnection;
use super::{EngineError, Session, text};
use std::collections::BTreeMap;

/// What follows from statements and is no setting.
const NO_SETTINGS: [&str; 12] = [
    "error_count",
    "gtid_binlog_pos",
    "gtid_current_pos",
    "gtid_owned",
    "identity",
    "in_transaction",
    "insert_id",
    "last_gtid",
    "last_insert_id",
    "rand_seed1",
    "rand_seed2",
    "warning_count",
];

/// The servers' codes for what is not set for a session: unknown, the whole server's, read only.
const NOT_OURS: [u32; 4] = [1193, 1229, 1238, 1621];
/// The servers' codes for a number where a text has to stand, or the reverse.
const WRONG_TYPE: [u32; 2] = [1231, 1232];

/// Settings by their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Baseline(BTreeMap<String, String>);

/// The settings that a file's next statement would find.
///
/// # Errors
/// When the server refuses or the connection breaks.
pub(super) async fn read(session: &mut Session) -> Result<Baseline, EngineError> {
    session.hand_over().await?;
    variables(session).await.map(Baseline)
}

async fn variables(session: &mut Session) -> Result<BTreeMap<String, String>, EngineError> {
    let SessionConnection::Server(connection) = &mut session.connection else { return Ok(BTreeMap::new()) };
    let rows = text::lossy_rows(connection, "SHOW SESSION VARIABLES".into()).await?;
    Ok(rows.iter().map(|row| (row.text(0).to_lowercase(), row.text(1))).collect())
}

/// Puts back what is set otherwise by now, and ends the session's guard. No transaction may be open.
///
/// # Errors
/// When the server refuses one of them, or the connection breaks.
pub(super) async fn put_back(session: &mut Session, baseline: &Baseline) -> Result<(), EngineError> {
    // A limit on rows, or another character set, would be in the way of reading them.
    session.own().await?;
    session.unguard();
    session.flush().await?;
    // It runs on while nobody sets it.
    session.run_own("SET SESSION timestamp = DEFAULT").await?;
    for (name, value) in variables(session).await? {
        let Some(before) = baseline.0.get(&name).filter(|before| **before != value) else { continue };
        if name == "timestamp" || NO_SETTINGS.contains(&name.as_str()) {
            continue;
        }
        set(session, &name, before).await?;
    }
    Ok(())
}

async fn set(session: &mut Session, name: &str, value: &str) -> Result<(), EngineError> {
    let is_number = value.parse::<f64>().is_ok();
    let quoted = text::text(value);
    let literals: Vec<&str> = match value {
        "" if name.starts_with("character_set") => vec!["NULL"],
        // What is empty when nothing is set can often be set to nothing, but not to an empty text.
        "" => vec![&quoted, "NULL", "DEFAULT"],
        _ if is_number => vec![value, &quoted],
        _ => vec![&quoted],
    };
    for (at, literal) in literals.iter().enumerate() {
        match session.run_own(&format!("SET SESSION {name} = {literal}")).await {
            Err(error) if error.code().is_some_and(|code| NOT_OURS.contains(&code)) => return Ok(()),
            Err(error) if at + 1 < literals.len() && error.code().is_some_and(|code| WRONG_TYPE.contains(&code)) => {}
            outcome => return outcome,
        }
    }
    Ok(())
}
