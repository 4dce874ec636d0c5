//! Whether a run may keep account of itself, found out before it does anything: an account that may change tables and not
//! the ledger would leave a migration half-applied that nobody knows of.

use crate::engine::ledger::Ledger;
use crate::engine::{EngineError, Session, journal};
use crate::sql::quote;

/// No right on a table, a column, a database or the server.
const DENIED: [u32; 4] = [1142, 1143, 1044, 1227];
/// The server, or its transactions, take no writes.
const READ_ONLY: [u32; 3] = [1290, 1792, 1836];

/// Tries the statements that a run needs, on no row.
///
/// # Errors
/// When the server refuses one, with what that means.
pub(super) async fn probe(session: &mut Session, ledger: &Ledger) -> Result<(), EngineError> {
    let tried = |table: &str| {
        format!(
            "INSERT INTO {table} SELECT * FROM {table} WHERE 1 = 0; UPDATE {table} SET version = version WHERE 1 = 0; \
             DELETE FROM {table} WHERE 1 = 0"
        )
    };
    let both = format!("{}; {}", tried(&quote::name(ledger.table())), tried(journal::TABLE));
    session.run_own(&both).await.map_err(explained)
}

/// The server's refusal to let this account write, with what that means.
pub(super) fn explained(error: EngineError) -> EngineError {
    let EngineError::Server(error) = error else { return error };
    let story = match error.code {
        code if DENIED.contains(&code) => {
            "nothing was run: this account may not write the tables in which migrations are accounted for; it needs \
             SELECT, INSERT, UPDATE, DELETE, CREATE and DROP on the database, and the rights that the migrations need"
        }
        code if READ_ONLY.contains(&code) => "nothing was run: the server takes no writes; is this a replica?",
        _ => return EngineError::Server(error),
    };
    EngineError::Explained { error, story: story.into() }
}
