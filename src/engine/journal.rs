//! The journal's table: one row for each statement of a migration, so that a later run knows what an earlier one did.
//!
//! Rows are written as text over one round trip with the transaction's own `COMMIT` or `START TRANSACTION`: the journal
//! must cost a migration next to nothing. A migration's rows stay while it is applied and go when it is rolled back.

use super::text::{self, TextRow};
use super::{EngineError, Session};
use crate::migration::abridged::abridged;
use crate::migration::recovery::{States, without_definitions};
use crate::model::journal::{JournalRow, Progress};
use crate::model::migration::Direction;
use crate::sql::secret::{masked, masked_in};

/// The servers' code for a table that is not there.
pub(super) const NO_SUCH_TABLE: u32 = 1146;

/// Rows in one statement: those of ordinary statements stay within one message.
const AT_ONCE: usize = 8;

/// The longest copy of a statement, in bytes. Its text is in the file; the copy is for whoever looks back.
const LONGEST: usize = 64 << 10;

/// Of what the server takes in one message, the part that is left to a copy of a statement: quoting may double it.
const SHARE: usize = 8;

/// The journal's table.
pub const TABLE: &str = "_aura_db_journal";

const CREATE: &str = "CREATE TABLE IF NOT EXISTS _aura_db_journal (
    version BIGINT NOT NULL,
    direction VARCHAR(4) CHARACTER SET ascii NOT NULL,
    position INT UNSIGNED NOT NULL,
    total INT UNSIGNED NOT NULL,
    hash CHAR(64) CHARACTER SET ascii NOT NULL,
    progress VARCHAR(8) CHARACTER SET ascii NOT NULL,
    statement LONGTEXT NOT NULL,
    place TEXT NOT NULL,
    state_before LONGTEXT NOT NULL,
    variables LONGTEXT NOT NULL,
    connection BIGINT UNSIGNED NOT NULL,
    note TEXT NOT NULL,
    begun_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    done_at TIMESTAMP(6) NULL DEFAULT NULL,
    heartbeat TIMESTAMP(6) NULL DEFAULT NULL,
    ledger VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
    PRIMARY KEY (ledger, version, direction, position)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4";

/// Tables whose names differ in case alone are two, on most servers.
const LEDGER_COLLATION: &str = "utf8mb4_bin";

const COLUMNS: &str = "version, direction, position, total, hash, progress, statement, place, state_before, variables, \
                       connection, note, ledger";

/// Creates the journal if it is missing, and mends that of an earlier version; gives whether it was there. The embedded
/// engine, whose runs are one transaction, has none.
///
/// # Errors
/// When the server refuses.
pub async fn create(session: &mut Session) -> Result<bool, EngineError> {
    let sql = format!(
        "SELECT COLLATION_NAME FROM information_schema.columns \
         WHERE table_schema = DATABASE() AND table_name = '{TABLE}' AND column_name = 'ledger'"
    );
    let Some(collation) = ask(session, sql).await?.first().map(|row| row.text(0)) else {
        session.run_own(CREATE).await?;
        return Ok(false);
    };
    if collation != LEDGER_COLLATION {
        let sql = format!(
            "ALTER TABLE {TABLE} MODIFY ledger VARCHAR(64) CHARACTER SET utf8mb4 COLLATE {LEDGER_COLLATION} NOT NULL"
        );
        match session.run_own(&sql).await {
            // Without the right to alter tables the journal serves as it did, unless ledgers differ in case alone.
            Err(EngineError::Server(_)) => {}
            mended => mended?,
        }
    }
    Ok(true)
}

/// Drops the journal. Only for one that this run created and that is empty again.
///
/// # Errors
/// When the server refuses.
pub async fn drop_table(session: &mut Session) -> Result<(), EngineError> {
    session.run_own(&format!("DROP TABLE IF EXISTS {TABLE}")).await
}

/// All rows of a ledger's migrations, in the order of versions and positions; none when the journal is not there. Writes nothing.
///
/// # Errors
/// When they cannot be read.
pub async fn rows(session: &mut Session, ledger: &str) -> Result<Vec<JournalRow>, EngineError> {
    select(session, COLUMNS, ledger).await
}

async fn select(session: &mut Session, columns: &str, ledger: &str) -> Result<Vec<JournalRow>, EngineError> {
    let sql = format!(
        "SELECT {columns} FROM {TABLE} WHERE ledger = {} ORDER BY version, direction, position",
        text::text(ledger)
    );
    match ask(session, sql).await {
        Err(error) if error.code() == Some(NO_SUCH_TABLE) => Ok(Vec::new()),
        rows => rows?.iter().map(read).collect(),
    }
}

/// The same as [`rows`], without what only a run needs of statements that are settled: their texts, hashes and states.
///
/// # Errors
/// When they cannot be read.
pub async fn outline(session: &mut Session, ledger: &str) -> Result<Vec<JournalRow>, EngineError> {
    let open = |column: &str| format!("IF(progress IN ('done', 'skipped', 'adopted'), '', {column})");
    let columns = COLUMNS
        .split(", ")
        .map(|column| match column {
            "hash" | "statement" | "state_before" | "variables" => open(column),
            _ => column.to_owned(),
        })
        .collect::<Vec<_>>()
        .join(", ");
    select(session, &columns, ledger).await
}

/// The rows of one version and direction.
///
/// # Errors
/// When they cannot be read.
pub async fn rows_of(
    session: &mut Session,
    ledger: &str,
    version: i64,
    direction: Direction,
) -> Result<Vec<JournalRow>, EngineError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLE} WHERE ledger = {} AND version = {version} AND direction = '{}' ORDER BY position",
        text::text(ledger),
        word(direction)
    );
    ask(session, sql).await?.iter().map(read).collect()
}

/// Writes a row, in place of the one that may be there, and commits: what the row says stands before its statement runs.
///
/// # Errors
/// When the server refuses.
pub async fn write_and_commit(session: &mut Session, row: &JournalRow) -> Result<(), EngineError> {
    let row = fitted(session, row)?;
    session.run_own(&format!("{row}; COMMIT")).await
}

/// Writes a row, in place of the one that may be there, as part of the open transaction.
///
/// # Errors
/// When the server refuses.
pub async fn write(session: &mut Session, row: &JournalRow) -> Result<(), EngineError> {
    let row = fitted(session, row)?;
    session.run_own(&row).await
}

/// Writes rows and commits, in a few round trips.
///
/// # Errors
/// When the server refuses.
pub(super) async fn write_all_and_commit(session: &mut Session, rows: &[JournalRow]) -> Result<(), EngineError> {
    let (most, longest) = (session.longest_statement() / 2, longest(session));
    let mut left = rows.iter().map(|row| values(row, longest)).peekable();
    while let Some(mut values) = left.next() {
        let mut rows = 1;
        while let Some(next) = left.next_if(|next| rows < AT_ONCE && values.len() + next.len() < most) {
            rows += 1;
            values.push_str(", ");
            values.push_str(&next);
        }
        session.defer(format!("REPLACE INTO {TABLE} ({COLUMNS}, done_at) VALUES {values}"));
    }
    session.run_own("COMMIT").await
}

/// Makes the only statements of these versions say that, together with the next statement.
pub(super) fn defer_progress(
    session: &mut Session,
    ledger: &str,
    direction: Direction,
    progress: Progress,
    of: &[i64],
) {
    let done = if progress.is_settled() { "CURRENT_TIMESTAMP(6), state_before = ''" } else { "NULL" };
    session.defer(format!(
        "UPDATE {TABLE} SET progress = '{progress}', done_at = {done} WHERE ledger = {} AND direction = '{}' \
         AND position = 1 AND version IN ({})",
        text::text(ledger),
        word(direction),
        text::numbers(of)
    ));
}

/// Opens a transaction and completes a row in it, together with the next statement.
pub(super) fn begin_and_complete(session: &mut Session, row: &JournalRow) {
    session.defer("START TRANSACTION");
    session.defer(format!(
        "UPDATE {TABLE} SET progress = '{}', variables = {}, note = {}, done_at = CURRENT_TIMESTAMP(6) WHERE {}",
        row.progress,
        text::text(&row.variables),
        text::text(&row.note),
        key(row)
    ));
}

/// Blanks, together with the next statement, what only the next run after a crash would need of a version that is applied.
pub(super) fn defer_ease(session: &mut Session, ledger: &str, version: i64) {
    session.defer(format!(
        "UPDATE {TABLE} SET state_before = '', variables = '' WHERE ledger = {} AND version = {version} \
         AND direction = 'up' AND position > 0 AND (state_before <> '' OR variables <> '')",
        text::text(ledger)
    ));
}

/// Removes a version's rows as part of the open transaction: those of one direction, or all.
///
/// # Errors
/// When the server refuses.
pub async fn remove(
    session: &mut Session,
    ledger: &str,
    version: i64,
    direction: Option<Direction>,
) -> Result<(), EngineError> {
    session.run_own(&removal(ledger, &[version], direction)).await
}

/// [`remove`] for several versions, together with the next statement.
pub(super) fn defer_removal(session: &mut Session, ledger: &str, versions: &[i64], direction: Option<Direction>) {
    session.defer(removal(ledger, versions, direction));
}

fn removal(ledger: &str, versions: &[i64], direction: Option<Direction>) -> String {
    let only = direction.map(|direction| format!(" AND direction = '{}'", word(direction))).unwrap_or_default();
    let versions = text::numbers(versions);
    format!("DELETE FROM {TABLE} WHERE ledger = {} AND version IN ({versions}){only}", text::text(ledger))
}

/// Removes the rows that are no statements, of units that are at their end.
///
/// # Errors
/// When the server refuses.
pub async fn remove_units(session: &mut Session, ledger: &str) -> Result<(), EngineError> {
    let ledger = text::text(ledger);
    session.run_own(&format!("DELETE FROM {TABLE} WHERE ledger = {ledger} AND position = 0")).await
}

/// Removes what an adoption was not sure of.
///
/// # Errors
/// When the server refuses.
pub async fn remove_unsure(session: &mut Session, ledger: &str) -> Result<(), EngineError> {
    let (ledger, unsure) = (text::text(ledger), Progress::Unsure);
    session.run_own(&format!("DELETE FROM {TABLE} WHERE ledger = {ledger} AND progress = '{unsure}'")).await
}

/// The longest copy of a statement that this server's journal holds.
fn longest(session: &Session) -> usize {
    LONGEST.min(session.longest_statement() / SHARE)
}

/// The statement that writes a row. One that the server would not take for the definitions in it goes without them, which
/// leaves what it says of its statement to be asked about after a crash.
fn fitted(session: &Session, row: &JournalRow) -> Result<String, EngineError> {
    const COMMIT: usize = "; COMMIT".len();
    let (longest, most) = (longest(session), session.longest_statement() - COMMIT);
    let written = replace(row, longest);
    if written.len() <= most {
        return Ok(written);
    }
    if let Ok(states) = serde_json::from_str::<States>(&row.before) {
        let before = serde_json::to_string(&without_definitions(states, "too long for max_allowed_packet"));
        let written = replace(&JournalRow { before: before.unwrap_or_default(), ..row.clone() }, longest);
        if written.len() <= most {
            return Ok(written);
        }
    }
    let what = if row.position == 0 { "what this run would be taken back to" } else { row.place.as_str() };
    Err(EngineError::Refused(format!(
        "{what}: its row in {TABLE} takes {} bytes, and the server takes {most} in one message; raise \
         max_allowed_packet (SET GLOBAL max_allowed_packet = …), and run the command again",
        written.len()
    )))
}

fn replace(row: &JournalRow, longest: usize) -> String {
    format!("REPLACE INTO {TABLE} ({COLUMNS}, done_at) VALUES {}", values(row, longest))
}

fn values(row: &JournalRow, longest: usize) -> String {
    let done = if row.progress.is_settled() { "CURRENT_TIMESTAMP(6)" } else { "NULL" };
    format!(
        "({}, '{}', {}, {}, '{}', '{}', {}, {}, {}, {}, {}, {}, {}, {done})",
        row.version,
        word(row.direction),
        row.position,
        row.of,
        row.hash,
        row.progress,
        text::text(&masked(&abridged(&row.sql, longest))),
        text::text(&row.place),
        text::text(&row.before),
        text::text(&row.variables),
        row.connection,
        text::text(&masked_in(&row.note, &row.sql)),
        text::text(&row.ledger)
    )
}

fn key(row: &JournalRow) -> String {
    format!(
        "ledger = {} AND version = {} AND direction = '{}' AND position = {}",
        text::text(&row.ledger),
        row.version,
        word(row.direction),
        row.position
    )
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "up",
        Direction::Down => "down",
    }
}

fn read(row: &TextRow) -> Result<JournalRow, EngineError> {
    let unexpected =
        |what: &str| EngineError::Unexpected(format!("{TABLE} holds {what} that this version does not know"));
    let number = |column: usize| row.number(column).ok_or_else(|| unexpected("a number"));
    let small =
        |column: usize| number(column).and_then(|number| u32::try_from(number).map_err(|_| unexpected("a number")));
    Ok(JournalRow {
        version: row.text(0).parse().map_err(|_| unexpected("a version"))?,
        direction: if row.text(1) == "down" { Direction::Down } else { Direction::Up },
        position: small(2)?,
        of: small(3)?,
        hash: row.text(4),
        progress: Progress::from_word(&row.text(5)).ok_or_else(|| unexpected(&format!("the state {}", row.text(5))))?,
        sql: row.text(6),
        place: row.text(7),
        before: row.text(8),
        variables: row.text(9),
        connection: number(10)?,
        note: row.text(11),
        ledger: row.text(12),
    })
}

async fn ask(session: &mut Session, sql: String) -> Result<Vec<TextRow>, EngineError> {
    match session.own().await? {
        Some(connection) => text::rows(connection, sql).await,
        None => Ok(Vec::new()),
    }
}
