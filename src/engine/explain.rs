//! Runs EXPLAIN and hands its output to the readers. The statement itself is never run.
//!
//! Two things a server may still do for an EXPLAIN: read the constant row of a unique key, and evaluate a subquery that
//! it takes for constant, with the stored functions in it. Both servers refuse EXPLAIN of a change inside a read-only
//! transaction (error 1792), so none is opened; a limit on the time stands instead.

mod guard;

use super::error::EngineError;
use super::text;
use crate::explain::{ReadError, mariadb, mysql, mysql_v2};
use crate::model::engine::{Engine, EngineKind};
use crate::model::plan::{Node, Operation, Plan, ServerWarning};
#[expect(clippy::disallowed_types, reason = "the user's statement behind EXPLAIN; the guard has let it pass")]
use sqlx::AssertSqlSafe;
use sqlx::MySqlConnection;

/// The note that carries the rewritten statement, on both servers.
const REWRITTEN: u32 = 1003;
/// `ER_NOT_SUPPORTED_YET`, how a hypergraph plan may be refused in version 1.
const NOT_SUPPORTED: u32 = 1235;
/// Longest time for one EXPLAIN, in seconds.
const LIMIT_S: u32 = 20;

/// The version of `MySQL`'s JSON format. `MariaDB` has one format, for which it makes no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JsonVersion {
    /// The classic optimizer's plan, with possible keys and the cost of each table. Every server from 8.0 on has it.
    #[default]
    One,
    /// The executor's tree, from 8.3 on; the only one of the hypergraph optimizer.
    Two,
}

/// Sets a session up for [`explain`]: the format's version and a limit on the time, so that neither is left to defaults.
///
/// # Errors
/// When the server refuses, or the connection breaks.
pub async fn prepare_session(
    conn: &mut MySqlConnection,
    engine: &Engine,
    version: JsonVersion,
) -> Result<(), EngineError> {
    if engine.kind == EngineKind::Mariadb {
        return text::run(conn, format!("SET SESSION max_statement_time = {LIMIT_S}")).await;
    }
    text::run(conn, format!("SET SESSION max_execution_time = {}", LIMIT_S * 1000)).await?;
    set_version(conn, engine, version).await
}

/// Refuses what is not exactly one statement that EXPLAIN only plans.
///
/// # Errors
/// [`EngineError::Refused`] with the reason.
pub(super) fn check(sql: &str) -> Result<(), EngineError> {
    guard::check(sql).map(|_| ())
}

/// Explains one statement in a session that [`prepare_session`] has set up with the same version.
///
/// A plan that the server has in the other version only (a hypergraph plan, a change of one table) is asked for in that.
/// For a statement that changes rows the plan always has a [`Operation::Modify`], which `MariaDB` leaves out of some.
///
/// # Errors
/// [`EngineError::Refused`] when the text is not exactly one statement that EXPLAIN only plans; nothing has reached the
/// server then. Otherwise what the server says (1054, 1146, …), or an answer that cannot be read.
pub async fn explain(
    conn: &mut MySqlConnection,
    engine: &Engine,
    sql: &str,
    version: JsonVersion,
) -> Result<Plan, EngineError> {
    let statement = guard::check(sql)?;
    let question = format!("EXPLAIN FORMAT=JSON {}", statement.sql);
    let mut plan = match (ask(conn, engine, &question).await, version) {
        (Err(error), JsonVersion::One) if error.code() == Some(NOT_SUPPORTED) && has_versions(engine) => {
            ask_in(conn, engine, &question, JsonVersion::Two, version).await?
        }
        (Ok(plan), JsonVersion::Two) if has_no_plan(&plan) => {
            ask_in(conn, engine, &question, JsonVersion::One, version).await?
        }
        (answer, _) => answer?,
    };
    if statement.modifies && !plan.nodes().iter().any(|node| node.operation == Operation::Modify) {
        plan.root = Node::new(Operation::Modify, vec![plan.root]);
    }
    Ok(plan)
}

fn has_versions(engine: &Engine) -> bool {
    engine.kind == EngineKind::Mysql && engine.major_minor() >= (8, 3)
}

async fn set_version(conn: &mut MySqlConnection, engine: &Engine, version: JsonVersion) -> Result<(), EngineError> {
    if !has_versions(engine) {
        return Ok(());
    }
    let number = if version == JsonVersion::One { 1 } else { 2 };
    text::run(conn, format!("SET SESSION explain_json_format_version = {number}")).await
}

/// Asks in another version and returns the session to its own.
async fn ask_in(
    conn: &mut MySqlConnection,
    engine: &Engine,
    question: &str,
    version: JsonVersion,
    own: JsonVersion,
) -> Result<Plan, EngineError> {
    set_version(conn, engine, version).await?;
    let answer = ask(conn, engine, question).await;
    set_version(conn, engine, own).await?;
    answer
}

async fn ask(conn: &mut MySqlConnection, engine: &Engine, question: &str) -> Result<Plan, EngineError> {
    // The user's statement behind EXPLAIN; the guard has let it pass.
    let query = sqlx::query(AssertSqlSafe(question.to_owned())).persistent(false);
    // Prepared, the server itself refuses a second statement, whatever its `sql_mode` makes of quotes.
    let row = text::row(&query.fetch_one(&mut *conn).await?)?;
    let json = row.get(0).ok_or_else(|| EngineError::Unexpected("EXPLAIN answered NULL".into()))?;
    let mut plan = read(engine, json).map_err(|error| EngineError::Unexpected(error.to_string()))?;
    plan.warnings = warnings(conn).await?;
    if engine.kind == EngineKind::Mariadb && plan.cost.is_none() {
        plan.cost = last_cost(conn).await?;
    }
    Ok(plan)
}

/// Reads an answer by what it is, not by what was asked for: with the hypergraph optimizer `MySQL` 9.7 answers a
/// question for version 1 in version 2, without a word.
fn read(engine: &Engine, json: &str) -> Result<Plan, ReadError> {
    if engine.kind == EngineKind::Mariadb {
        return mariadb::read(json);
    }
    match mysql::read(json) {
        Err(ReadError::Missing { .. }) => mysql_v2::read(json),
        read => read,
    }
}

fn has_no_plan(plan: &Plan) -> bool {
    plan.nodes().iter().any(|node| matches!(&node.operation, Operation::Other(words) if words == mysql_v2::NO_PLAN))
}

async fn warnings(conn: &mut MySqlConnection) -> Result<Vec<ServerWarning>, EngineError> {
    let rows = text::rows(conn, "SHOW WARNINGS".into()).await?;
    let all = rows.iter().map(|row| ServerWarning {
        level: row.text(0),
        code: row.number(1).and_then(|code| u32::try_from(code).ok()).unwrap_or(0),
        message: row.text(2),
    });
    Ok(all.filter(|warning| warning.code != REWRITTEN).collect())
}

/// The cost of the statement that was explained last: `MariaDB` 10.x shows it nowhere else.
async fn last_cost(conn: &mut MySqlConnection) -> Result<Option<f64>, EngineError> {
    let rows = text::rows(conn, "SHOW SESSION STATUS LIKE 'Last_query_cost'".into()).await?;
    let cost = rows.first().and_then(|row| row.get(1)?.parse::<f64>().ok());
    // Zero stands for a statement whose plan was never costed, such as a union.
    Ok(cost.filter(|cost| cost.is_finite() && *cost > 0.0))
}
