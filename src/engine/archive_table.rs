//! The registry's table: its shape, and the mending of one that an earlier version made, which did not know of ledgers.

use super::archive::{TABLE, ask, literal};
use super::journal::{self, NO_SUCH_TABLE};
use super::ledger::find;
use super::{EngineError, Session};
use std::collections::BTreeSet;

/// The servers' codes for a column that is not there, and for one that is there already.
const NO_SUCH_COLUMN: u32 = 1054;
const COLUMN_IS_THERE: u32 = 1060;

const CREATE: &str = "CREATE TABLE IF NOT EXISTS _aura_db_archives (
    ledger VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    name VARCHAR(64) NOT NULL,
    version BIGINT NOT NULL,
    position INT NOT NULL,
    table_name VARCHAR(64) NOT NULL,
    column_name VARCHAR(64) NOT NULL,
    state VARCHAR(8) NOT NULL,
    script LONGTEXT NOT NULL,
    PRIMARY KEY (ledger, name)
)";

/// What there is of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing.
    Missing,
    /// A table whose rows do not say whose they are.
    Old,
    /// A table as this version makes it.
    Current,
}

impl Shape {
    /// The condition for the rows of a ledger, and for those of which nobody knows whose they are where `unclaimed`.
    pub(super) fn of_ledger(self, session: &Session, ledger: &str, unclaimed: bool) -> String {
        match (self, unclaimed) {
            (Self::Missing | Self::Old, _) => "1 = 1".into(),
            (Self::Current, false) => format!("ledger = {}", literal(session, ledger)),
            (Self::Current, true) => format!("ledger IN ({}, '')", literal(session, ledger)),
        }
    }

    /// What to select for the ledger of a row.
    pub(super) fn ledger(self, session: &Session, ledger: &str) -> String {
        if self == Self::Old { literal(session, ledger) } else { "ledger".into() }
    }
}

/// Looks at the registry. Writes nothing.
pub(super) async fn shape(session: &mut Session) -> Result<Shape, EngineError> {
    if session.has_transactional_ddl() {
        let columns = super::archive::columns(session, TABLE).await?;
        return Ok(match (columns.is_empty(), columns.iter().any(|column| column == "ledger")) {
            (true, _) => Shape::Missing,
            (false, false) => Shape::Old,
            (false, true) => Shape::Current,
        });
    }
    // The table itself tells faster than the catalogue.
    match ask(session, format!("SELECT ledger FROM {TABLE} LIMIT 0"), 1).await {
        Err(error) if error.code() == Some(NO_SUCH_TABLE) => Ok(Shape::Missing),
        Err(error) if error.code() == Some(NO_SUCH_COLUMN) => Ok(Shape::Old),
        answer => answer.map(|_| Shape::Current),
    }
}

/// Makes the registry where it is not there.
pub(super) async fn create(session: &mut Session) -> Result<(), EngineError> {
    if session.has_transactional_ddl() {
        return session.run_own(&CREATE.replace(" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "")).await;
    }
    session.run_own(CREATE).await
}

/// Gives the rows of a registry that an earlier version made to their ledger: to the only one that the database has, else
/// to the one whose rollback of that version is under way, else to none. Those of none show in the status of every ledger
/// and come back when they are asked for. Gives whether there is a registry at all.
///
/// # Errors
/// When the server refuses.
pub async fn mend(session: &mut Session, ledger: &str) -> Result<bool, EngineError> {
    match shape(session).await? {
        Shape::Missing => return Ok(false),
        Shape::Current => return Ok(true),
        Shape::Old => {}
    }
    let (ledgers, has_journal) = ledgers(session).await?;
    let owner = match ledgers.iter().collect::<Vec<_>>().as_slice() {
        [] => literal(session, ledger),
        [only] => literal(session, only),
        _ => String::from("''"),
    };
    if session.has_transactional_ddl() {
        session.run_own(&format!("ALTER TABLE {TABLE} ADD COLUMN ledger TEXT NOT NULL DEFAULT {owner}")).await?;
        return Ok(true);
    }
    // Under a name of its own until it is filled, so that a run which is cut off leaves the old shape.
    let kind = "VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL";
    match session.run_own(&format!("ALTER TABLE {TABLE} ADD COLUMN owner {kind} DEFAULT ''")).await {
        Err(error) if error.code() == Some(COLUMN_IS_THERE) => {}
        added => added?,
    }
    let owner = if ledgers.len() < 2 || !has_journal {
        owner
    } else {
        format!(
            "COALESCE((SELECT IF(COUNT(DISTINCT ledger) = 1, MIN(ledger), '') FROM {} journal \
             WHERE journal.version = {TABLE}.version AND journal.direction = 'down'), '')",
            journal::TABLE
        )
    };
    session.run_own(&format!("UPDATE {TABLE} SET owner = {owner}")).await?;
    session
        .run_own(&format!(
            "ALTER TABLE {TABLE} CHANGE owner ledger {kind} FIRST, DROP PRIMARY KEY, ADD PRIMARY KEY (ledger, name)"
        ))
        .await?;
    Ok(true)
}

/// The ledgers that the database has, as far as tables with a ledger's columns or the journal show, and whether there is a
/// journal.
async fn ledgers(session: &mut Session) -> Result<(BTreeSet<String>, bool), EngineError> {
    let tables = if session.has_transactional_ddl() {
        "SELECT name FROM sqlite_schema WHERE type = 'table'"
    } else {
        "SELECT TABLE_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND COLUMN_NAME = 'checksum'"
    };
    let tables: Vec<String> = ask(session, tables.into(), 1).await?.into_iter().flatten().collect();
    let found = find(session, &tables.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let mut ledgers: BTreeSet<String> =
        found.into_iter().filter(|found| found.format.is_some()).map(|found| found.table).collect();
    if session.has_transactional_ddl() {
        return Ok((ledgers, false));
    }
    match ask(session, format!("SELECT DISTINCT ledger FROM {}", journal::TABLE), 1).await {
        Err(error) if error.code() == Some(NO_SUCH_TABLE) => Ok((ledgers, false)),
        rows => {
            ledgers.extend(rows?.into_iter().flatten());
            Ok((ledgers, true))
        }
    }
}
