//! Writes down that migrations hold without having run: their rows in the ledger, and in the journal of a server.

use super::ledger::Ledger;
use super::{EngineError, Session, journal};
use crate::migration::checksum::statement_hash;
use crate::model::journal::{JournalRow, Progress};
use crate::model::migration::{Direction, Migration};

/// A migration of which nobody can tell whether it ran, and why.
pub type Unsure<'a> = (&'a Migration, &'a str);

/// Records the migrations as applied, all or none, and on a server those of which nobody can tell, in place of what an
/// earlier adoption said of any. On the embedded engine the caller's transaction is used.
///
/// # Errors
/// When the engine refuses; nothing is recorded then.
pub async fn record(
    session: &mut Session,
    ledger: &Ledger,
    migrations: &[&Migration],
    unsure: &[Unsure<'_>],
) -> Result<(), EngineError> {
    // A server commits when it makes a table: these two come first.
    ledger.create(session).await?;
    if session.has_transactional_ddl() {
        return write(session, ledger, migrations).await;
    }
    journal::create(session).await?;
    session.run_own("START TRANSACTION").await?;
    let written = async {
        journal::remove_unsure(session, ledger.table()).await?;
        for (migration, reason) in unsure {
            let row = JournalRow {
                progress: Progress::Unsure,
                note: (*reason).to_owned(),
                ..row(session, ledger, migration, 0)
            };
            journal::write(session, &row).await?;
        }
        write(session, ledger, migrations).await
    };
    match written.await {
        Ok(()) => session.run_own("COMMIT").await,
        Err(error) => {
            // A broken connection has rolled back by itself.
            session.run_own("ROLLBACK").await.ok();
            Err(error)
        }
    }
}

async fn write(session: &mut Session, ledger: &Ledger, migrations: &[&Migration]) -> Result<(), EngineError> {
    for migration in migrations {
        ledger.begin(session, migration).await?;
        if !session.has_transactional_ddl() {
            for at in 0..migration.up.statements.len() {
                journal::write(session, &row(session, ledger, migration, at)).await?;
            }
        }
        ledger.finish(session, migration, -1).await?;
    }
    Ok(())
}

fn row(session: &Session, ledger: &Ledger, migration: &Migration, at: usize) -> JournalRow {
    let statement = &migration.up.statements[at];
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    JournalRow {
        ledger: ledger.table().to_owned(),
        version: migration.version,
        direction: Direction::Up,
        position: small(at + 1),
        of: small(migration.up.statements.len()),
        hash: statement_hash(&statement.sql),
        progress: Progress::Adopted,
        sql: statement.sql.clone(),
        place: statement.at.to_string(),
        before: String::new(),
        variables: String::new(),
        connection: session.connection_id(),
        note: "recorded and not run".into(),
    }
}
