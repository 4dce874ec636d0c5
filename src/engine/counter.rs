//! Where a table's counter (`AUTO_INCREMENT`) goes on: numbers of rows that are deleted are not to be given again.

use super::archive::{ask, columns, literal};
use super::{EngineError, Session};
use crate::sql::quote;

/// The embedded engine's table of counters, which is there when a table has one.
const SEQUENCES: &str = "sqlite_sequence";

/// The next number of a table; `None` when it has no counter, or nothing has been counted yet.
///
/// # Errors
/// When the table cannot be read.
pub(super) async fn next(session: &mut Session, table: &str) -> Result<Option<u64>, EngineError> {
    if session.has_transactional_ddl() {
        if columns(session, SEQUENCES).await?.is_empty() {
            return Ok(None);
        }
        let name = literal(session, table);
        let rows =
            ask(session, format!("SELECT CAST(seq + 1 AS TEXT) FROM {SEQUENCES} WHERE name = {name}"), 1).await?;
        return Ok(rows.first().and_then(|row| row[0].parse().ok()));
    }
    // The catalogue's own figure may be a day old on MySQL.
    let rows = ask(session, format!("SHOW CREATE TABLE {}", quote::name(table)), 2).await?;
    Ok(rows.first().and_then(|row| read(&row[1])))
}

/// Reads the counter from a table's definition.
fn read(create: &str) -> Option<u64> {
    let options = create.lines().rev().find(|line| line.starts_with(')'))?;
    let (_, rest) = options.split(" COMMENT=").next()?.split_once(" AUTO_INCREMENT=")?;
    rest.split(' ').next()?.parse().ok()
}

/// Lets a table go on at a number, unless it is beyond that already.
///
/// # Errors
/// When the server refuses.
pub(super) async fn raise(session: &mut Session, table: &str, to: u64) -> Result<(), EngineError> {
    if next(session, table).await?.is_some_and(|now| now >= to) {
        return Ok(());
    }
    if session.has_transactional_ddl() {
        if columns(session, SEQUENCES).await?.is_empty() {
            return Ok(());
        }
        forget(session, table).await?;
        let (name, last) = (literal(session, table), to.saturating_sub(1));
        return session.run_own(&format!("INSERT INTO {SEQUENCES} (name, seq) VALUES ({name}, {last})")).await;
    }
    session.run_own(&format!("ALTER TABLE {} AUTO_INCREMENT = {to}", quote::name(table))).await
}

/// Forgets the counter that stands under a name of the embedded engine, whose copies have none of their own.
///
/// # Errors
/// When the table of counters cannot be written.
pub(super) async fn forget(session: &mut Session, table: &str) -> Result<(), EngineError> {
    if !session.has_transactional_ddl() || columns(session, SEQUENCES).await?.is_empty() {
        return Ok(());
    }
    let name = literal(session, table);
    session.run_own(&format!("DELETE FROM {SEQUENCES} WHERE name = {name}")).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_is_an_option_of_the_table() {
        let of = |options: &str| {
            read(&format!("CREATE TABLE `t` (\n  `a` int AUTO_INCREMENT COMMENT ') AUTO_INCREMENT=7'\n{options}"))
        };
        assert_eq!(of(") ENGINE=InnoDB AUTO_INCREMENT=901 DEFAULT CHARSET=utf8mb4"), Some(901));
        assert_eq!(of(") ENGINE=InnoDB COMMENT='x AUTO_INCREMENT=5'"), None);
        assert_eq!(
            of(") ENGINE=InnoDB AUTO_INCREMENT=3\n PARTITION BY HASH (`a`)\n(PARTITION p0 ENGINE = InnoDB)"),
            Some(3)
        );
    }
}
