//! How far a running DDL statement is, asked on another connection. Nothing is switched on for it: what the server does
//! not measure is said to be unknown.

use super::text::{self, TextRow};
use crate::model::engine::EngineKind;
use crate::model::progress::{Counter, StatementProgress};
use sqlx::mysql::MySqlConnection;

/// What the performance schema needs switched on before it tells the stages of statements.
const CONSUMERS: [&str; 3] = ["global_instrumentation", "thread_instrumentation", "events_stages_current"];

/// What the server says of the statement that runs on a connection; `None` when it says nothing at the moment, or when
/// nothing runs there.
pub async fn progress(
    connection: &mut MySqlConnection,
    kind: EngineKind,
    connection_id: u64,
) -> Option<StatementProgress> {
    match kind {
        EngineKind::Mysql => mysql(connection, connection_id).await,
        EngineKind::Mariadb => mariadb(connection, connection_id).await,
        EngineKind::Embedded => None,
    }
}

async fn mysql(connection: &mut MySqlConnection, id: u64) -> Option<StatementProgress> {
    let query = "SELECT name FROM performance_schema.setup_consumers WHERE enabled = 'YES'";
    let enabled = match text::rows(connection, query.to_owned()).await {
        Ok(rows) => rows.iter().map(|row| row.text(0)).collect::<Vec<_>>(),
        Err(error) => return Some(StatementProgress::Unknown(error.to_string())),
    };
    if let Some(off) = CONSUMERS.iter().find(|name| !enabled.iter().any(|enabled| enabled == *name)) {
        let because = format!("the performance schema's consumer {off} is off");
        return Some(StatementProgress::Unknown(because));
    }
    let query = format!(
        "SELECT event_name, work_completed, work_estimated FROM performance_schema.events_stages_current \
         JOIN performance_schema.threads USING (thread_id) WHERE processlist_id = {id}"
    );
    match text::rows(connection, query).await {
        Ok(rows) => rows.first().map(stage),
        Err(error) => Some(StatementProgress::Unknown(error.to_string())),
    }
}

/// A row of the performance schema: the event's name, as `stage/innodb/alter table (flush)`, done and estimated.
fn stage(row: &TextRow) -> StatementProgress {
    let event = row.text(0);
    let name = event.splitn(3, '/').last().unwrap_or_default().to_owned();
    let counter = match (row.number(1), row.number(2)) {
        (Some(done), Some(of)) if of > 0 => Some(Counter::Work { done, of }),
        _ => None,
    };
    StatementProgress::Stage { name, counter }
}

async fn mariadb(connection: &mut MySqlConnection, id: u64) -> Option<StatementProgress> {
    let query = format!(
        "SELECT state, stage, max_stage, progress FROM information_schema.processlist \
         WHERE id = {id} AND command <> 'Sleep'"
    );
    let rows = match text::rows(connection, query).await {
        Ok(rows) => rows,
        Err(error) => return Some(StatementProgress::Unknown(error.to_string())),
    };
    let row = rows.first()?;
    let (name, part) = (row.text(0), part(row));
    // While it waits for a lock, whatever the server counts is another's.
    if part.is_none() && name.starts_with("alter") {
        // What InnoDB does in place is counted for the whole server only, in hundredths of a percent.
        let query = "SHOW GLOBAL STATUS LIKE 'Innodb_onlineddl_pct_progress'";
        let rows = text::rows(connection, query.to_owned()).await.ok()?;
        if let Some(hundredths) = rows.first().and_then(|row| row.number(1)).filter(|number| *number > 0) {
            return Some(StatementProgress::ServerWide { percent: hundredths as f64 / 100.0 });
        }
    }
    (!name.is_empty()).then_some(StatementProgress::Stage { name, counter: part })
}

/// Stage, stages and percent, where the server counts them.
fn part(row: &TextRow) -> Option<Counter> {
    let (stage, of) = (row.number(1)?, row.number(2)?);
    let percent = row.get(3)?.parse().ok()?;
    (of > 0).then_some(Counter::Part { stage, of, percent })
}
