//! EXPLAIN on injected statistics: with the constant rows in place, and without the estimates that mean nothing.

use super::constant::{self, ConstantRow};
use crate::engine::error::EngineError;
use crate::engine::explain::{self, JsonVersion};
use crate::engine::text;
use crate::explain::injected;
use crate::model::engine::Engine;
use crate::model::plan::Plan;
use crate::model::schema::Schema;
use sqlx::MySqlConnection;
use std::collections::BTreeSet;
use tokio::sync::RwLock;

/// The lock that lets one session at a time explain here. Two that put the same key in place and roll back deadlock, and a
/// row in place is counted by everybody.
const TURN: &str = "'aura-db injected statistics'";
/// Longest wait for the turn, in seconds. An EXPLAIN takes about a millisecond.
const WAIT_S: u32 = 60;

/// Explains one statement on empty tables with injected statistics, in a session that [`super::prepare_session`] and
/// [`explain::prepare_session`] have set up.
///
/// A plan that ends at a constant row which is not there is made again with that row in place, inside a transaction that is
/// rolled back. Estimates that come from a dive into an empty index are [`crate::model::plan::Estimate::Unknown`]. A plan
/// that is still [`injected::is_cut_off`] says nothing about the tables it does not show.
///
/// Sessions take turns, so that the same statements give the same figures however many ask at once.
///
/// # Errors
/// As [`explain::explain`], and when the turn does not come in time.
pub async fn explain(
    conn: &mut MySqlConnection,
    engine: &Engine,
    schema: &Schema,
    sql: &str,
    version: JsonVersion,
) -> Result<Plan, EngineError> {
    let turn = text::rows(conn, format!("SELECT GET_LOCK({TURN}, {WAIT_S})")).await?;
    if turn.first().and_then(|row| row.get(0)) != Some("1") {
        return Err(EngineError::Connection(format!("no turn to explain within {WAIT_S} s")));
    }
    let plan = whole_plan(conn, engine, schema, &Gate::default(), (sql, sql), version).await;
    text::rows(conn, format!("SELECT RELEASE_LOCK({TURN})")).await?;
    let mut plan = plan?;
    injected::distrust_ranges(&mut plan);
    Ok(plan)
}

/// Lets many sessions read the tables that a scale was injected into, or one put rows in place there: a row in place is
/// counted by everybody, and two that put the same key in place and roll back deadlock.
pub(super) type Gate = RwLock<()>;

/// The plan with constant rows in place where it needs them; nothing in it is distrusted yet.
///
/// `text` is the statement `sql`, or one in which other tables stand in for some of its own.
pub(super) async fn whole_plan(
    conn: &mut MySqlConnection,
    engine: &Engine,
    schema: &Schema,
    gate: &Gate,
    (sql, text): (&str, &str),
    version: JsonVersion,
) -> Result<Plan, EngineError> {
    let reading = gate.read().await;
    let plan = explain::explain_throwaway(conn, engine, text, version).await?;
    drop(reading);
    if !injected::is_cut_off(&plan) {
        return Ok(plan);
    }
    let rows = constant::rows(sql, schema);
    if rows.is_empty() {
        return Ok(plan);
    }
    let _writing = gate.write().await;
    Ok(with_rows(conn, engine, &rows, text, version).await?.unwrap_or(plan))
}

/// The plan with the rows in place; `None` when the server does not take them, or explains no better.
async fn with_rows(
    conn: &mut MySqlConnection,
    engine: &Engine,
    rows: &[ConstantRow],
    sql: &str,
    version: JsonVersion,
) -> Result<Option<Plan>, EngineError> {
    let inserts = rows.iter().map(insert);
    let message = std::iter::once("START TRANSACTION".to_owned()).chain(inserts).collect::<Vec<_>>().join("; ");
    let answer = match text::run(conn, message).await {
        Ok(()) => Some(explain::explain_throwaway(conn, engine, sql, version).await),
        Err(EngineError::Server(_)) => None,
        Err(error) => return Err(error),
    };
    // MySQL goes on counting rows that were rolled back, until it loads the statistics again.
    let tables: BTreeSet<String> = rows.iter().map(|row| text::name(&row.table)).collect();
    let tables = tables.into_iter().collect::<Vec<_>>().join(", ");
    text::run(conn, format!("ROLLBACK; FLUSH TABLES {tables}")).await?;
    Ok(answer.and_then(Result::ok).filter(|plan| !injected::is_cut_off(plan)))
}

/// Puts a row in place; columns that the statement does not name get their type's zero.
fn insert(row: &ConstantRow) -> String {
    let columns: Vec<String> = row.values.iter().map(|(column, _)| text::name(column)).collect();
    let values: Vec<&str> = row.values.iter().map(|(_, value)| value.as_str()).collect();
    format!("INSERT IGNORE INTO {} ({}) VALUES ({})", text::name(&row.table), columns.join(", "), values.join(", "))
}
