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
use sqlx::MySqlConnection;
use std::fmt::Write as _;

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
    text::run(conn, settings(engine, version)).await
}

fn settings(engine: &Engine, version: JsonVersion) -> String {
    if engine.kind == EngineKind::Mariadb {
        return format!("SET SESSION max_statement_time = {LIMIT_S}");
    }
    let limit = format!("SET SESSION max_execution_time = {}", LIMIT_S * 1000);
    if has_versions(engine) { format!("{limit}, explain_json_format_version = {}", version.number()) } else { limit }
}

/// Explains one statement in a session that nobody has set up, with the settings in the same message.
///
/// # Errors
/// As [`explain`].
pub async fn explain_alone(
    conn: &mut MySqlConnection,
    engine: &Engine,
    sql: &str,
    version: JsonVersion,
) -> Result<Plan, EngineError> {
    explain_after(conn, engine, &settings(engine, version), Sent::Prepared, sql, version).await
}

/// Explains one statement on a server that is thrown away afterwards, in a session that [`prepare_session`] has set up:
/// as [`explain`], with less work for the server, and without its help against a second statement in the text.
///
/// # Errors
/// As [`explain`].
pub(super) async fn explain_throwaway(
    conn: &mut MySqlConnection,
    engine: &Engine,
    sql: &str,
    version: JsonVersion,
) -> Result<Plan, EngineError> {
    explain_after(conn, engine, "", Sent::Plain, sql, version).await
}

/// How the server gets the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// To be prepared, so that the server itself refuses a second statement.
    Prepared,
    /// As it is.
    Plain,
}

impl JsonVersion {
    fn number(self) -> u8 {
        if self == Self::One { 1 } else { 2 }
    }
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
    explain_after(conn, engine, "", Sent::Prepared, sql, version).await
}

async fn explain_after(
    conn: &mut MySqlConnection,
    engine: &Engine,
    settings: &str,
    sent: Sent,
    sql: &str,
    version: JsonVersion,
) -> Result<Plan, EngineError> {
    let statement = guard::check(sql)?;
    let question = format!("EXPLAIN FORMAT=JSON {}", statement.sql);
    let mut plan = match (ask(conn, engine, settings, sent, &question).await, version) {
        (Err(error), JsonVersion::One) if error.code() == Some(NOT_SUPPORTED) && has_versions(engine) => {
            ask_in(conn, engine, sent, &question, JsonVersion::Two, version).await?
        }
        (Ok(plan), JsonVersion::Two) if has_no_plan(&plan) => {
            ask_in(conn, engine, sent, &question, JsonVersion::One, version).await?
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
    text::run(conn, format!("SET SESSION explain_json_format_version = {}", version.number())).await
}

/// Asks in another version and returns the session to its own.
async fn ask_in(
    conn: &mut MySqlConnection,
    engine: &Engine,
    sent: Sent,
    question: &str,
    version: JsonVersion,
    own: JsonVersion,
) -> Result<Plan, EngineError> {
    set_version(conn, engine, version).await?;
    let answer = ask(conn, engine, "", sent, question).await;
    set_version(conn, engine, own).await?;
    answer
}

/// Asks in one message, as over a slow link the round trips are what takes the time: settings, EXPLAIN, its warnings.
async fn ask(
    conn: &mut MySqlConnection,
    engine: &Engine,
    settings: &str,
    sent: Sent,
    question: &str,
) -> Result<Plan, EngineError> {
    let mut message = String::new();
    if engine.kind == EngineKind::Mariadb {
        // Sets the cost of the last query to zero, which otherwise is that of the one before for a statement without a
        // cost, such as a DELETE from one table.
        message.push_str("SELECT 0, 0; ");
    }
    match sent {
        Sent::Prepared => message.push_str(&prepared(settings, question)),
        // On lines of their own, as the statement may end in a comment.
        Sent::Plain => message.extend([question, "\n"]),
    }
    message.push_str("; SHOW WARNINGS");
    if engine.kind == EngineKind::Mariadb {
        // Only 10.x has the cost nowhere else.
        message.push_str("; SHOW SESSION STATUS LIKE 'Last_query_cost'");
    }
    // The result sets differ in the number of their columns.
    let rows: Vec<Vec<Option<String>>> =
        text::rows(conn, message).await?.into_iter().map(text::TextRow::values).collect();
    let json = rows.iter().find_map(|row| match row.as_slice() {
        [json] => Some(json.as_deref()),
        _ => None,
    });
    let json = json.flatten().ok_or_else(|| EngineError::Unexpected("EXPLAIN answered NULL".into()))?;
    let mut plan = read(engine, json).map_err(|error| EngineError::Unexpected(error.to_string()))?;
    plan.warnings = rows.iter().filter_map(|row| warning(row)).collect();
    if plan.cost.is_none() {
        plan.cost = rows.iter().find_map(|row| last_cost(row));
    }
    Ok(plan)
}

/// The settings, and the statement to be prepared and run.
fn prepared(settings: &str, question: &str) -> String {
    // Prepared, the server itself refuses a second statement, and in hexadecimal digits nothing in the text can end the
    // literal, whatever its `sql_mode` makes of quotes.
    let mut message = if settings.is_empty() { "SET ".to_owned() } else { format!("{settings}, ") };
    message.push_str("@aura_db_explain = _utf8mb4 X'");
    for byte in question.bytes() {
        let _ = write!(message, "{byte:02X}");
    }
    message.push_str("'; PREPARE aura_db_explain FROM @aura_db_explain; EXECUTE aura_db_explain");
    message
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

/// A row of SHOW WARNINGS, without the note that only repeats the statement.
fn warning(row: &[Option<String>]) -> Option<ServerWarning> {
    let [level, code, message] = row else { return None };
    let code = code.as_deref().and_then(|code| code.parse().ok()).unwrap_or(0);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    (code != REWRITTEN).then(|| ServerWarning { level: text(level), code, message: text(message) })
}

/// The cost of the statement that was explained last: `MariaDB` 10.x shows it nowhere else.
fn last_cost(row: &[Option<String>]) -> Option<f64> {
    let [_, Some(cost)] = row else { return None };
    // Zero stands for a statement whose plan was never costed, such as a union.
    cost.parse().ok().filter(|cost: &f64| cost.is_finite() && *cost > 0.0)
}
