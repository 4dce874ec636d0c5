//! The history of `MariaDB`'s system-versioned tables: rows that are not current any more, which a plain `SELECT` leaves out
//! and a dropped table takes with it.

use super::archive::ask;
use super::{EngineError, Session};
use crate::model::engine::EngineKind;
use crate::sql::quote;
use std::collections::BTreeMap;

/// The columns that say from when to when a row was current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// The first one's name.
    pub start: String,
    /// The second one's name.
    pub end: String,
    /// Whether they hold numbers of transactions instead of times.
    pub by_transaction: bool,
}

impl Period {
    /// The condition that a row is not current any more.
    #[must_use]
    pub fn is_past(&self) -> String {
        let end = quote::name(&self.end);
        // A transaction that has not happened yet has the highest number.
        if self.by_transaction { format!("{end} <> {}", u64::MAX) } else { format!("{end} <= CURRENT_TIMESTAMP(6)") }
    }
}

/// The system-versioned tables of the database, archives too, by their name in lower case; none on other engines. Writes
/// nothing.
///
/// # Errors
/// When the catalogue cannot be read.
pub async fn periods(session: &mut Session) -> Result<BTreeMap<String, Period>, EngineError> {
    if session.engine.kind != EngineKind::Mariadb {
        return Ok(BTreeMap::new());
    }
    let tables = "SELECT TABLE_NAME FROM information_schema.TABLES \
                  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'SYSTEM VERSIONED'";
    let implicit = Period { start: "row_start".into(), end: "row_end".into(), by_transaction: false };
    let names = ask(session, tables.into(), 1).await?.into_iter().flatten();
    let mut periods: BTreeMap<String, Period> =
        names.map(|name| (name.to_ascii_lowercase(), implicit.clone())).collect();
    if periods.is_empty() {
        return Ok(periods);
    }
    let columns = "SELECT TABLE_NAME, COLUMN_NAME, GENERATION_EXPRESSION, DATA_TYPE FROM information_schema.COLUMNS \
                   WHERE TABLE_SCHEMA = DATABASE() AND GENERATION_EXPRESSION IN ('ROW START', 'ROW END')";
    for row in ask(session, columns.into(), 4).await? {
        let Some(period) = periods.get_mut(&row[0].to_ascii_lowercase()) else { continue };
        period.by_transaction = row[3].eq_ignore_ascii_case("bigint");
        let column = if row[2] == "ROW START" { &mut period.start } else { &mut period.end };
        column.clone_from(&row[1]);
    }
    Ok(periods)
}
