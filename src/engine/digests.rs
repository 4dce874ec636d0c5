//! The server's own count of the statements that ran: `events_statements_summary_by_digest` of `performance_schema`.

use super::session::SessionConnection;
use super::text::{lossy_rows, rows};
use super::{EngineError, Session};
use crate::model::engine::EngineKind;

/// The table that the counts are in.
const TABLE: &str = "performance_schema.events_statements_summary_by_digest";

/// One digest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatementDigest {
    /// The default database of the sessions that ran it.
    pub schema: String,
    /// The normalised text.
    pub text: String,
    /// A statement of it, where the server keeps one whole.
    pub sample: Option<String>,
    /// Statements.
    pub count: u64,
    /// How many of them failed.
    pub errors: u64,
    /// Picoseconds of all of them.
    pub total: u64,
    /// Picoseconds of the slowest.
    pub max: u64,
    /// Picoseconds that 95 in 100 took at most; `MariaDB` does not tell.
    pub p95: Option<u64>,
    /// Rows that all of them examined.
    pub rows_examined: u64,
    /// Rows that all of them sent.
    pub rows_sent: u64,
    /// How many used no index.
    pub no_index_used: u64,
    /// When the first one ran, in UTC.
    pub first_seen: String,
    /// When the last one ran, in UTC.
    pub last_seen: String,
}

/// All digests, and what there is to know of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digests {
    /// Those of the database, or of all.
    pub digests: Vec<StatementDigest>,
    /// Statements of digests for which the table had no row left.
    pub lost: u64,
    /// When the counting began as far as one can see: the first statement that is counted, of any database, in UTC.
    pub since: Option<String>,
    /// When the server was started, in UTC.
    pub started: String,
    /// Seconds from the first statement that is counted until now.
    pub seconds: Option<u64>,
    /// Bytes of tokens that the server keeps of a digest.
    pub kept_bytes: usize,
}

/// Reads the digests of the session's database, or of all that are not the server's own.
///
/// # Errors
/// When the server does not count, the account may not read its counts, or the connection breaks.
pub async fn read(session: &mut Session, all: bool) -> Result<Digests, EngineError> {
    let kind = session.engine.kind;
    let database = session.database();
    let SessionConnection::Server(connection) = &mut session.connection else {
        return Err(EngineError::Configuration(
            "the embedded engine counts no statements; give a server with --database-url or --profile".into(),
        ));
    };
    if database.is_none() && !all {
        let message = "the settings name no database; add one to the URL, or read those of all with --all-schemas";
        return Err(EngineError::Configuration(message.into()));
    }
    let settings = "SELECT @@performance_schema, @@performance_schema_max_digest_length, \
                    @@performance_schema_max_sql_text_length, @@performance_schema_digests_size";
    let settings = rows(connection, settings.into()).await?;
    let setting = |at: usize| settings.first().and_then(|row| row.number(at)).unwrap_or(0);
    if setting(0) == 0 || setting(3) == 0 {
        let default = if kind == EngineKind::Mariadb { ", which MariaDB leaves off by default" } else { "" };
        let (name, value) =
            if setting(0) == 0 { ("performance_schema", "ON") } else { ("performance_schema_digests_size", "-1") };
        return Err(EngineError::Configuration(format!(
            "the server counts no statements: performance_schema is off{default}; write {name} = {value} below [mysqld] in \
             its configuration, restart it and let the app run for a while, or read a log with `catalogue import slowlog`"
        )));
    }
    let mut found = match digests(connection, kind, all, setting(2)).await {
        Err(EngineError::Server(error)) if [1142, 1143, 1044, 1227].contains(&error.code) => {
            return Err(EngineError::Configuration(format!(
                "the account may not read the server's counts (error {}: {}); have somebody who may run: GRANT SELECT ON \
                 performance_schema.* TO the account",
                error.code, error.message
            )));
        }
        found => found?,
    };
    let consumer = "SELECT ENABLED FROM performance_schema.setup_consumers WHERE NAME = 'statements_digest'";
    let is_off = rows(connection, consumer.into()).await?.first().is_some_and(|row| row.get(0) == Some("NO"));
    if is_off && found.digests.is_empty() {
        return Err(EngineError::Configuration(
            "the server counts no statements: its consumer statements_digest is off; have somebody who may run: UPDATE \
             performance_schema.setup_consumers SET ENABLED = 'YES' WHERE NAME = 'statements_digest'"
                .into(),
        ));
    }
    found.kept_bytes = usize::try_from(setting(1)).unwrap_or(usize::MAX);
    Ok(found)
}

async fn digests(
    connection: &mut sqlx::MySqlConnection,
    kind: EngineKind,
    all: bool,
    text_bytes: u64,
) -> Result<Digests, EngineError> {
    let is_mysql = kind == EngineKind::Mysql;
    let whole = format!("LENGTH(SQL_TEXT) < {text_bytes}");
    let (quantile, sample) = if is_mysql {
        // The column came with 8.0, beside the quantiles.
        ("QUANTILE_95", format!("IF(LENGTH(QUERY_SAMPLE_TEXT) < {text_bytes}, QUERY_SAMPLE_TEXT, NULL)"))
    } else {
        ("NULL", "NULL".to_owned())
    };
    let which = if all {
        "SCHEMA_NAME NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema')"
    } else {
        "SCHEMA_NAME = DATABASE()"
    };
    let sql = format!(
        "SELECT SCHEMA_NAME, DIGEST_TEXT, {sample}, COUNT_STAR, SUM_ERRORS, SUM_TIMER_WAIT, MAX_TIMER_WAIT, {quantile}, \
         SUM_ROWS_EXAMINED, SUM_ROWS_SENT, SUM_NO_INDEX_USED, DATE_FORMAT(FIRST_SEEN, '%Y-%m-%d %H:%i:%s'), \
         DATE_FORMAT(LAST_SEEN, '%Y-%m-%d %H:%i:%s'), DIGEST FROM {TABLE} WHERE {which} AND DIGEST IS NOT NULL \
         AND DIGEST_TEXT IS NOT NULL"
    );
    let mut read = Vec::new();
    for row in lossy_rows(connection, sql).await? {
        let number = |at: usize| row.number(at).unwrap_or(0);
        let digest = StatementDigest {
            schema: row.text(0),
            text: row.text(1),
            sample: row.get(2).map(str::to_owned),
            count: number(3),
            errors: number(4),
            total: number(5),
            max: number(6),
            p95: row.number(7),
            rows_examined: number(8),
            rows_sent: number(9),
            no_index_used: number(10),
            first_seen: row.text(11),
            last_seen: row.text(12),
        };
        read.push((row.text(13), digest));
    }
    if !is_mysql {
        // MariaDB keeps statements only in its histories, which are off by default.
        for history in ["events_statements_history_long", "events_statements_history"] {
            let sql = format!(
                "SELECT DIGEST, CURRENT_SCHEMA, SQL_TEXT FROM performance_schema.{history} WHERE DIGEST IS NOT NULL AND {whole}"
            );
            for row in lossy_rows(connection, sql).await? {
                let of_it = |name: &str, schema: &str| Some(name) == row.get(0) && Some(schema) == row.get(1);
                for (_, digest) in read.iter_mut().filter(|(name, digest)| of_it(name, &digest.schema)) {
                    digest.sample.get_or_insert_with(|| row.text(2));
                }
            }
        }
    }
    let known = rows(
        connection,
        format!(
            "SELECT DATE_FORMAT(MIN(NULLIF(FIRST_SEEN, 0)), '%Y-%m-%d %H:%i:%s'), \
             TIMESTAMPDIFF(SECOND, MIN(NULLIF(FIRST_SEEN, 0)), UTC_TIMESTAMP()), \
             SUM(IF(DIGEST IS NULL, COUNT_STAR, 0)) FROM {TABLE}"
        ),
    )
    .await?;
    let status = rows(connection, "SHOW GLOBAL STATUS LIKE 'Uptime'".into()).await?;
    let uptime = status.first().and_then(|row| row.number(1)).unwrap_or(0);
    let started = format!("SELECT DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL {uptime} SECOND, '%Y-%m-%d %H:%i:%s')");
    let started = rows(connection, started).await?.first().map(|row| row.text(0)).unwrap_or_default();
    let lost = rows(connection, "SHOW GLOBAL STATUS LIKE 'Performance_schema_digest_lost'".into()).await?;
    let lost = lost.first().and_then(|row| row.number(1)).unwrap_or(0);
    let known = known.first();
    Ok(Digests {
        digests: read.into_iter().map(|(_, digest)| digest).collect(),
        // The row without a digest counts the same statements.
        lost: lost.max(known.and_then(|row| row.number(2)).unwrap_or(0)),
        since: known.and_then(|row| row.get(0)).map(str::to_owned),
        started,
        seconds: known.and_then(|row| row.number(1)),
        kept_bytes: 0,
    })
}
