//! What `adopt` and `drift` compare with: an empty database like the target's, in which migrations are run.

use super::failure::Failure;
use crate::engine::ledger::Ledger;
use crate::engine::planner::PlannerError;
use crate::engine::rehearsal::Rehearsal;
use crate::engine::sandbox::ServerKind;
use crate::engine::{Session, definitions};
use crate::model::engine::EngineKind;
use crate::model::migration::Migration;
use crate::term::Term;

/// Starts it: a throwaway server of the target's engine, or the embedded engine in memory. With what the reader must know.
///
/// # Errors
/// When no such server is installed or can be started.
pub(super) async fn start(
    session: &mut Session,
    ledger: &Ledger,
    term: &Term,
) -> Result<(Rehearsal, Vec<String>), Failure> {
    let kind = match session.engine.kind {
        EngineKind::Embedded => return Ok((Rehearsal::embedded().await?, Vec::new())),
        EngineKind::Mysql => ServerKind::Mysql,
        EngineKind::Mariadb => ServerKind::Mariadb,
    };
    let like = definitions::read(session, ledger.table()).await?;
    let waiting = term.spinner("starting a throwaway server");
    let started = Rehearsal::sandbox(kind, Some(&like)).await;
    drop(waiting);
    let mut replica = started.map_err(|error| Failure::unable(error.to_string()))?;
    // Migrations may refer to tables that no migration makes.
    replica.session().run_own("SET SESSION foreign_key_checks = 0").await?;
    let other = replica.engine.version != like.engine.version;
    let note = format!("compared with {}, while the server is {}", replica.engine, like.engine);
    Ok((replica, if other { vec![note] } else { Vec::new() }))
}

/// Runs a migration there. On the embedded engine, what it does not know is left out and told.
///
/// # Errors
/// When a statement does not run; its place is named.
pub(super) async fn replay(replica: &mut Rehearsal, migration: &Migration) -> Result<Vec<String>, Failure> {
    let statements: Vec<_> = migration.up.statements.iter().collect();
    replica.replay(&statements).await.map_err(|error| match error {
        PlannerError::Replay { at, error } => Failure::unable(format!(
            "{at}: this does not run on an empty database, so that it cannot be known what the migrations build: {error}"
        )),
        other => Failure::unable(other.to_string()),
    })
}
