//! How big a table is, by the server's estimate, and the refusal to copy one that is too big.

use super::super::session::SessionConnection;
use super::super::text::{self, TextRow};
use super::CopyPolicy;
use crate::engine::{EngineError, Session};
use crate::model::engine::EngineKind;
use crate::model::online::Refusal;
use crate::sql::online::{Online, online as read};
use sqlx::MySqlConnection;
use std::fmt::Write as _;

/// A table's size as the server estimates it.
enum Size {
    /// Bytes of data and indexes, and rows.
    Estimate { bytes: u64, rows: u64 },
    /// No such table is listed: it is a temporary one, or the statement will fail for want of it.
    Unlisted,
    /// It could not be read.
    Unknown(String),
}

/// Refuses what would hurt more than the policy allows. `how` is the way that is about to be asked for.
pub(super) async fn check(
    session: &mut Session,
    online: &Online,
    policy: &CopyPolicy,
    how: &str,
    refusals: &[Refusal],
) -> Result<(), EngineError> {
    if policy.allow {
        return Ok(());
    }
    let size = match size(session, online).await {
        Size::Unlisted => return Ok(()),
        Size::Estimate { bytes, .. } if bytes <= policy.limit => return Ok(()),
        Size::Estimate { .. } if is_empty(session, online).await => return Ok(()),
        Size::Estimate { bytes, rows } => {
            format!("about {} and {rows} rows by the server's estimate", shown(bytes))
        }
        Size::Unknown(because) => format!("an unknown size, because {because}"),
    };
    let mut message = format!(
        "table {} has {size}, which is above the limit of {} (copy-limit), and the server would work on it by {how}: the \
         app's writes wait until it is done. The statement was not carried out",
        online.table,
        shown(policy.limit)
    );
    for refusal in refusals {
        let _ = write!(message, "\n  {}: error {}: {}", refusal.rung, refusal.error.code, refusal.error.message);
    }
    if refusals.iter().any(|refusal| refusal.error.message.contains("foreign_key_checks")) {
        message.push_str(
            "\n  (every row has to be looked up in the parent table; under foreign_key_checks=0 the server adds the key in \
             place, and rows that break it stay)",
        );
    }
    message.push_str(
        "\nhelp: pass --allow-copy to have it done now, raise copy-limit in the profile, or change the table with an \
         online schema change tool and adopt the result",
    );
    Err(EngineError::Refused(message))
}

/// The refusal that a copy of a table would get, known before anything runs; `None` when it may be copied. `how` is the
/// way in which the server would work on it.
///
/// # Errors
/// When the connection breaks.
pub async fn refused_copy(
    session: &mut Session,
    table: &str,
    policy: &CopyPolicy,
    how: &str,
) -> Result<Option<String>, EngineError> {
    let Some(online) = read(&format!("ALTER TABLE {} FORCE", text::name(table))) else { return Ok(None) };
    match check(session, &online, policy, how, &[]).await {
        Err(EngineError::Refused(message)) => Ok(Some(message)),
        other => other.map(|()| None),
    }
}

async fn size(session: &mut Session, online: &Online) -> Size {
    let schema = online.database.as_deref().map_or_else(|| "DATABASE()".to_owned(), text::text);
    let from = format!(
        "FROM information_schema.tables WHERE table_schema = {schema} AND table_name = {} AND table_type <> 'VIEW'",
        text::text(&online.table)
    );
    let query = format!("SELECT data_length + index_length, table_rows {from}");
    let mysql = session.engine.kind == EngineKind::Mysql;
    let SessionConnection::Server(connection) = &mut session.connection else { return Size::Unlisted };
    let rows = if mysql { fresh(connection, query).await } else { text::rows(connection, query).await };
    match rows {
        Ok(rows) => match rows.first() {
            None => Size::Unlisted,
            Some(row) => match row.number(0) {
                Some(bytes) => Size::Estimate { bytes, rows: row.number(1).unwrap_or(0) },
                None => Size::Unknown("the server does not tell it".into()),
            },
        },
        Err(error) => Size::Unknown(error.to_string()),
    }
}

/// `MySQL` keeps these numbers for a day unless the session asks for new ones.
async fn fresh(connection: &mut MySqlConnection, query: String) -> Result<Vec<TextRow>, EngineError> {
    const EXPIRY: &str = "information_schema_stats_expiry";
    let before = text::rows(connection, format!("SELECT @@SESSION.{EXPIRY}")).await?;
    let before = before.first().and_then(|row| row.number(0)).unwrap_or(86_400);
    text::run(connection, format!("SET SESSION {EXPIRY} = 0")).await?;
    let rows = text::rows(connection, query).await;
    text::run(connection, format!("SET SESSION {EXPIRY} = {before}")).await?;
    rows
}

/// Whether there is not one row, for sure.
async fn is_empty(session: &mut Session, online: &Online) -> bool {
    let table = text::name(&online.table);
    let table =
        online.database.as_deref().map_or(table.clone(), |database| format!("{}.{table}", text::name(database)));
    let SessionConnection::Server(connection) = &mut session.connection else { return false };
    text::rows(connection, format!("SELECT 1 FROM {table} LIMIT 1")).await.is_ok_and(|rows| rows.is_empty())
}

/// `3.2 GB`, in powers of ten.
fn shown(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / *unit as f64),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn sizes_are_shown_in_a_unit_that_fits() {
        assert_eq!([shown(0), shown(16_384), shown(3_210_000_000)], ["0 bytes", "16.4 kB", "3.2 GB"]);
    }
}
