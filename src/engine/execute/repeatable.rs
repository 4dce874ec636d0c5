//! Whether a statement that got no lock in time may be sent again: only if the refused attempt has left nothing behind.

use crate::engine::session::SessionConnection;
use crate::engine::text;
use crate::engine::{EngineError, Session};
use crate::sql::ddl::{self, Effect};
use crate::sql::quote;
use crate::sql::setting;
use sqlx::MySqlConnection;

/// Whether it commits what was open before it waits, and takes effect as a whole or not at all. A procedure may have done a
/// part of its work.
pub(super) fn is_ddl(effect: &Effect) -> bool {
    match effect {
        Effect::CreateTable { .. }
        | Effect::DropTable { .. }
        | Effect::Truncate { .. }
        | Effect::RenameTable { .. }
        | Effect::AlterTable { .. }
        | Effect::CreateIndex { .. }
        | Effect::DropIndex { .. }
        | Effect::Routine { .. }
        | Effect::ReplaceTable { .. } => true,
        Effect::Rows { .. } | Effect::Transaction | Effect::Session | Effect::Read | Effect::Use | Effect::Other => {
            false
        }
    }
}

/// Why a statement may not be sent again; none when it may.
///
/// `InnoDB` takes back what a statement has written when it gets no row lock, and keeps its transaction open, unless it is
/// set up to roll that back too. What else the statement has changed stays: rows of other engines, user variables.
pub(super) async fn obstacle(session: &mut Session, sql: &str, effect: &Effect) -> Option<String> {
    if is_ddl(effect) {
        return None;
    }
    let Effect::Rows { table, .. } = effect else { return Some("it may have done a part of its work".into()) };
    if ddl::effect(sql) != *effect {
        return Some("what it stands for may have changed more than rows".into());
    }
    if sql.contains(":=") {
        return Some("it sets a user variable, which nothing takes back".into());
    }
    if let Some(reads) = setting::reads_last(sql) {
        return Some(format!("it reads {reads} of the statement before it, which is gone by now"));
    }
    if ddl::databases(sql).iter().any(|database| session.is_elsewhere(database)) {
        return Some("it names another database".into());
    }
    let Some(table) = table else { return Some("its tables could not be read".into()) };
    let SessionConnection::Server(connection) = &mut session.connection else { return None };
    look(connection, table)
        .await
        .unwrap_or_else(|error| Some(format!("it is not known what the refused attempt has left behind: {error}")))
}

async fn look(connection: &mut MySqlConnection, table: &str) -> Result<Option<String>, EngineError> {
    let setting = "SHOW GLOBAL VARIABLES LIKE 'innodb_rollback_on_timeout'";
    let rows = text::rows(connection, setting.into()).await?;
    if rows.first().is_none_or(|row| row.text(1) != "OFF") {
        return Ok(Some("the server rolls back the whole transaction (innodb_rollback_on_timeout)".into()));
    }
    // A temporary table hides the one of its name, and a view is none.
    let shown = text::rows(connection, format!("SHOW CREATE TABLE {}", quote::name(table))).await?;
    if !shown.first().is_some_and(|row| row.text(1).contains(") ENGINE=InnoDB")) {
        return Ok(Some(format!("{table} is no table of InnoDB")));
    }
    // What triggers and functions write is not known.
    let others = "SELECT TABLE_NAME, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
                  AND TABLE_TYPE = 'BASE TABLE' AND NOT (ENGINE <=> 'InnoDB') LIMIT 1";
    let others = text::rows(connection, others.into()).await?;
    Ok(others
        .first()
        .map(|row| format!("{} is a table of {}, whose rows nothing takes back", row.text(0), row.text(1))))
}
