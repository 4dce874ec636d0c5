//! Reads from the server who is in the way of a connection that waits for a lock, by the best source that is there and
//! that the account may read.
//!
//! `performance_schema.metadata_locks` says it (`MySQL` 8.0 with its defaults, `MariaDB` where it is turned on), then
//! `MariaDB`'s plugin `METADATA_LOCK_INFO`. Otherwise only the open transactions are known, and that is said.

use super::blockers::{Blocker, Blockers};
use crate::engine::EngineError;
use crate::engine::text::{self, TextRow};
use crate::model::engine::EngineKind;
use sqlx::MySqlConnection;
use std::fmt::Write as _;

/// The lock that a statement asks for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// The server's kind.
    pub(super) kind: EngineKind,
    /// The connection that runs the statement.
    pub(super) connection: u64,
    /// The tables that the statement names, in lower case, for when it has stopped waiting.
    pub(super) tables: Vec<String>,
    /// The databases that they may be in, in lower case.
    pub(super) databases: Vec<String>,
    /// Whether it writes rows, so that it may wait for a row and not for a table.
    pub(super) rows: bool,
}

/// How long a transaction has been open, of one row of `innodb_trx`, whose times are in the server's own zone.
const AGE: &str = "TIMESTAMPDIFF(SECOND, trx_started, CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM'))";

/// Who is in the way. Never fails: what cannot be read is a reason.
pub(super) async fn blockers(connection: &mut MySqlConnection, wanted: &Wanted) -> Blockers {
    let mut reasons = Vec::new();
    for source in [Source::PerformanceSchema, Source::Plugin] {
        match known(connection, wanted, source).await {
            Ok(Some(found)) if !found.is_empty() => return Blockers::Known(found),
            Ok(Some(_)) => reasons.push(format!("{} shows nobody", source.name())),
            Ok(None) => reasons.push(format!("{} is not turned on", source.name())),
            Err(error) if is_denied(&error) => reasons.push(source.denied()),
            Err(error) => reasons.push(format!("{} cannot be read: {error}", source.name())),
        }
    }
    // The plugin is MariaDB's; on MySQL it is missing by nature.
    let mysql = matches!(is_mariadb(connection).await, Ok(false));
    let because = reasons[..if mysql { 1 } else { 2 }].join(", ");
    among_the_open(connection, wanted, because).await
}

/// Those who have a transaction open, where `because` says why nothing better is known.
async fn among_the_open(connection: &mut MySqlConnection, wanted: &Wanted, because: String) -> Blockers {
    match candidates(connection, wanted.connection).await {
        Ok(found) if found.is_empty() => Blockers::Unknown(format!("{because}, and no transaction is seen to be open")),
        Ok(found) => Blockers::Candidates(found, because),
        Err(error) if is_denied(&error) => Blockers::Unknown(format!(
            "{because}, and this account may not see the open transactions, which needs GRANT PROCESS ON *.*"
        )),
        Err(error) => Blockers::Unknown(format!("{because}, nor the open transactions: {error}")),
    }
}

/// Whether the account lacks a privilege: on a table, a database, a column, or one of the whole server.
fn is_denied(error: &EngineError) -> bool {
    matches!(error.code(), Some(1142 | 1044 | 1143 | 1227))
}

/// Who holds the row that a connection waits for. Never fails: what cannot be read is a reason.
pub(super) async fn row_blockers(connection: &mut MySqlConnection, wanted: &Wanted) -> Blockers {
    let because = match row_holders(connection, wanted).await {
        Ok(found) if !found.is_empty() => return Blockers::Known(found),
        Ok(_) => "it does not wait any more, and the server keeps only waits that last".to_owned(),
        Err(error) if is_denied(&error) && wanted.kind == EngineKind::Mariadb => {
            "this account may not see who waits for which row, which needs GRANT PROCESS ON *.*".to_owned()
        }
        Err(error) if is_denied(&error) => {
            "this account may not see who waits for which row, which needs GRANT SELECT ON performance_schema.*"
                .to_owned()
        }
        Err(error) => format!("the waits for rows cannot be read: {error}"),
    };
    among_the_open(connection, wanted, because).await
}

/// The sessions that hold the row which a connection waits for; none when it waits for none.
pub(super) async fn row_holders(
    connection: &mut MySqlConnection,
    wanted: &Wanted,
) -> Result<Vec<Blocker>, EngineError> {
    let me = wanted.connection;
    let holders = match wanted.kind {
        EngineKind::Mariadb => format!(
            "SELECT DISTINCT b.trx_mysql_thread_id FROM information_schema.innodb_lock_waits w \
             JOIN information_schema.innodb_trx r ON r.trx_id = w.requesting_trx_id \
             JOIN information_schema.innodb_trx b ON b.trx_id = w.blocking_trx_id WHERE r.trx_mysql_thread_id = {me}"
        ),
        _ => format!(
            "SELECT DISTINCT b.processlist_id FROM performance_schema.data_lock_waits w \
             JOIN performance_schema.threads r ON r.thread_id = w.requesting_thread_id \
             JOIN performance_schema.threads b ON b.thread_id = w.blocking_thread_id WHERE r.processlist_id = {me}"
        ),
    };
    let ids: Vec<u64> = text::rows(connection, holders).await?.iter().filter_map(|row| row.number(0)).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    sessions(connection, |id| ids.contains(&id)).await
}

#[derive(Debug, Clone, Copy)]
enum Source {
    PerformanceSchema,
    Plugin,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Self::PerformanceSchema => "performance_schema.metadata_locks",
            Self::Plugin => "the plugin METADATA_LOCK_INFO",
        }
    }

    /// What to say of it to an account that may not read it.
    fn denied(self) -> String {
        let needs = match self {
            Self::PerformanceSchema => "GRANT SELECT ON performance_schema.*",
            Self::Plugin => "GRANT PROCESS ON *.*",
        };
        format!("this account may not read {}, which needs {needs}", self.name())
    }
}

async fn is_mariadb(connection: &mut MySqlConnection) -> Result<bool, EngineError> {
    let version = text::rows(connection, "SELECT VERSION()".into()).await?;
    Ok(version.first().is_some_and(|row| row.text(0).contains("MariaDB")))
}

/// The sessions that a source says are in the way; `None` where the server does not keep it.
async fn known(
    connection: &mut MySqlConnection,
    wanted: &Wanted,
    source: Source,
) -> Result<Option<Vec<Blocker>>, EngineError> {
    let (is_on, holders) = match source {
        Source::PerformanceSchema => (
            "SELECT EXISTS (SELECT 1 FROM performance_schema.setup_instruments \
             WHERE name = 'wait/lock/metadata/sql/mdl' AND enabled = 'YES')"
                .to_owned(),
            by_performance_schema(wanted),
        ),
        Source::Plugin => (
            "SELECT COUNT(*) FROM information_schema.plugins WHERE plugin_name = 'METADATA_LOCK_INFO' \
             AND plugin_status = 'ACTIVE'"
                .to_owned(),
            by_plugin(wanted),
        ),
    };
    let is_off = matches!(source, Source::PerformanceSchema)
        && text::rows(connection, "SELECT @@performance_schema".into())
            .await?
            .first()
            .is_some_and(|row| row.number(0) == Some(0));
    // Asked for first: where it is off, a grant would be of no use.
    if is_off {
        return Ok(None);
    }
    if text::rows(connection, is_on).await?.first().is_none_or(|row| row.number(0) != Some(1)) {
        return Ok(None);
    }
    let ids: Vec<u64> = text::rows(connection, holders).await?.iter().filter_map(|row| row.number(0)).collect();
    sessions(connection, |id| ids.contains(&id)).await.map(Some)
}

/// The connections that hold a lock on what the waiting one waits for. Between attempts nothing is waited for, and the
/// tables of the statement stand for it.
fn by_performance_schema(wanted: &Wanted) -> String {
    let me = wanted.connection;
    format!(
        "SELECT DISTINCT t.processlist_id FROM performance_schema.metadata_locks l \
         JOIN performance_schema.threads t ON t.thread_id = l.owner_thread_id \
         WHERE l.lock_status = 'GRANTED' AND t.processlist_id <> {me} AND (EXISTS (SELECT 1 \
         FROM performance_schema.metadata_locks p JOIN performance_schema.threads w ON w.thread_id = p.owner_thread_id \
         WHERE w.processlist_id = {me} AND p.lock_status = 'PENDING' AND p.object_type = l.object_type \
         AND p.object_schema <=> l.object_schema AND p.object_name <=> l.object_name \
         AND NOT (p.lock_type IN ('SHARED_NO_WRITE', 'SHARED_UPGRADABLE', 'SHARED_READ', 'SHARED_WRITE', \
         'INTENTION_EXCLUSIVE') AND l.lock_type IN ('SHARED', 'SHARED_HIGH_PRIO', 'SHARED_READ', \
         'INTENTION_EXCLUSIVE'))){})",
        named(wanted, "l.object_schema", "l.object_name", "l.object_type = 'TABLE' AND ")
    )
}

fn by_plugin(wanted: &Wanted) -> String {
    format!(
        "SELECT DISTINCT thread_id FROM information_schema.metadata_lock_info WHERE thread_id <> {} AND (0{})",
        wanted.connection,
        named(wanted, "table_schema", "table_name", "")
    )
}

/// `OR` the tables of the statement.
fn named(wanted: &Wanted, schema: &str, table: &str, and: &str) -> String {
    if wanted.tables.is_empty() || wanted.databases.is_empty() {
        return String::new();
    }
    let list = |names: &[String]| names.iter().map(|name| text::text(name)).collect::<Vec<_>>().join(", ");
    format!(
        " OR ({and}LOWER({table}) IN ({}) AND LOWER({schema}) IN ({}))",
        list(&wanted.tables),
        list(&wanted.databases)
    )
}

/// What the server says of a session; `None` when it is not there or may not be seen.
pub(in crate::engine) async fn session_named(connection: &mut MySqlConnection, id: u64) -> Option<Blocker> {
    sessions(connection, |other| other == id).await.ok()?.into_iter().next()
}

/// The sessions with an open transaction.
async fn candidates(connection: &mut MySqlConnection, waiting: u64) -> Result<Vec<Blocker>, EngineError> {
    let own = text::rows(connection, "SELECT CONNECTION_ID()".into()).await?;
    let own = own.first().and_then(|row| row.number(0));
    let transactions = transactions(connection).await?;
    let open = |id: u64| transactions.iter().any(|(connection, _)| *connection == id);
    sessions(connection, |id| id != waiting && Some(id) != own && open(id)).await
}

/// The open transactions: connection and age in seconds.
async fn transactions(connection: &mut MySqlConnection) -> Result<Vec<(u64, u64)>, EngineError> {
    let sql =
        format!("SELECT trx_mysql_thread_id, {AGE} FROM information_schema.innodb_trx WHERE trx_mysql_thread_id > 0");
    let rows = text::rows(connection, sql).await?;
    Ok(rows.iter().filter_map(|row| Some((row.number(0)?, row.number(1).unwrap_or(0)))).collect())
}

/// What the server says of the sessions wanted, the longest transaction first.
async fn sessions(
    connection: &mut MySqlConnection,
    is_wanted: impl Fn(u64) -> bool,
) -> Result<Vec<Blocker>, EngineError> {
    // Ages and last statements are a courtesy, for which rights may be missing.
    let transactions = transactions(connection).await.unwrap_or_default();
    // `SHOW`, as MySQL refuses to read the table (3854) while any session runs a statement with binary values in it.
    let listed = text::lossy_rows(connection, "SHOW FULL PROCESSLIST".into()).await?;
    let mut found: Vec<Blocker> = listed
        .iter()
        .filter_map(|row| {
            let connection = row.number(0).filter(|id| is_wanted(*id))?;
            let host = row.text(2);
            Some(Blocker {
                connection,
                user: row.text(1),
                // Only the machine: the port of a TCP connection helps nobody.
                host: host.rsplit_once(':').map_or(host.as_str(), |(machine, _)| machine).to_owned(),
                transaction_s: transactions.iter().find(|(id, _)| *id == connection).map(|(_, age)| *age),
                command: (row.text(4), row.number(5).unwrap_or(0)),
                statement: row.get(7).map(str::to_owned),
            })
        })
        .collect();
    for blocker in found.iter_mut().filter(|blocker| blocker.statement.is_none()) {
        blocker.statement = last_statement(connection, blocker.connection).await.ok().flatten();
    }
    found.sort_by_key(|blocker| std::cmp::Reverse(blocker.transaction_s.unwrap_or(blocker.command.1)));
    Ok(found)
}

/// The statement that an idle session ran last, which only the performance schema keeps.
async fn last_statement(connection: &mut MySqlConnection, id: u64) -> Result<Option<String>, EngineError> {
    let mut sql = String::from("SELECT s.sql_text FROM performance_schema.events_statements_current s ");
    let _ = write!(
        sql,
        "JOIN performance_schema.threads t ON t.thread_id = s.thread_id WHERE t.processlist_id = {id} \
         AND s.sql_text IS NOT NULL ORDER BY s.event_id DESC LIMIT 1"
    );
    let rows = text::lossy_rows(connection, sql).await?;
    Ok(rows.first().and_then(|row: &TextRow| row.get(0)).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_the_queries_are_quoted() {
        let wanted = Wanted {
            kind: EngineKind::Mysql,
            connection: 7,
            tables: vec!["o'clock".into()],
            databases: vec!["app".into()],
            rows: false,
        };
        let sql = by_performance_schema(&wanted);
        assert!(sql.contains("IN ('o''clock') AND LOWER(l.object_schema) IN ('app')"), "{sql}");
        assert!(by_plugin(&Wanted { tables: Vec::new(), ..wanted }).ends_with("AND (0)"));
    }
}
