//! Which ledgers a database has, told by the columns of their tables.

use crate::engine::session::SessionConnection;
use crate::engine::text;
use crate::engine::{EngineError, Session};
use crate::migration::choice::Found;
use crate::model::ledger::Format;
#[expect(clippy::disallowed_types, reason = "our own statements, with nothing but placeholders put in")]
use sqlx::{AssertSqlSafe, MySqlConnection};

/// The columns that make a table sqlx's ledger, and refinery's.
const SQLX: [&str; 5] = ["version", "description", "success", "checksum", "execution_time"];
const REFINERY: [&str; 4] = ["version", "name", "applied_on", "checksum"];

/// The tables of these names that the database has, each with the format that its columns have. Writes nothing.
///
/// # Errors
/// When the catalogue cannot be read.
pub async fn find(session: &mut Session, tables: &[&str]) -> Result<Vec<Found>, EngineError> {
    let columns: Vec<(String, String, String)> = match &mut session.connection {
        SessionConnection::Server(connection) => {
            let mut columns = Vec::new();
            for table in tables {
                // Both are far faster than a look into information_schema for a table that is not there, as is usual.
                let its = match text::first_row_columns(connection, table).await {
                    Ok(Some(columns)) => Ok(columns),
                    Ok(None) => shown_columns(connection, table).await,
                    Err(error) => Err(error),
                };
                match its {
                    Ok(its) => columns.extend(its.into_iter().map(|(name, kind)| ((*table).to_owned(), name, kind))),
                    Err(EngineError::Server(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            columns
        }
        SessionConnection::Embedded(connection) => {
            let places = vec!["?"; tables.len()].join(", ");
            let sql = format!(
                "SELECT t.name, c.name, c.type FROM sqlite_schema t, pragma_table_info(t.name) c \
                 WHERE t.type = 'table' AND t.name COLLATE NOCASE IN ({places})"
            );
            let mut query = sqlx::query_as(AssertSqlSafe(sql));
            for table in tables {
                query = query.bind((*table).to_owned());
            }
            query.fetch_all(connection.as_mut()).await?
        }
    };
    let mut found: Vec<Found> = Vec::new();
    for table in tables {
        let its: Vec<(String, String)> = columns
            .iter()
            .filter(|(name, ..)| name.eq_ignore_ascii_case(table))
            .map(|(_, column, kind)| (column.to_ascii_lowercase(), kind.to_ascii_lowercase()))
            .collect();
        if !its.is_empty() && !found.iter().any(|other| other.table.eq_ignore_ascii_case(table)) {
            found.push(Found { table: (*table).to_owned(), format: format(&its) });
        }
    }
    Ok(found)
}

async fn shown_columns(conn: &mut MySqlConnection, table: &str) -> Result<Vec<(String, String)>, EngineError> {
    let rows = text::rows(conn, format!("SHOW COLUMNS FROM {}", text::name(table))).await?;
    Ok(rows.iter().map(|row| (row.text(0), row.text(1))).collect())
}

/// The format of a table with these columns, each with its type.
fn format(columns: &[(String, String)]) -> Option<Format> {
    let has = |wanted: &[&str]| wanted.iter().all(|name| columns.iter().any(|(column, _)| column == name));
    if has(&SQLX) {
        Some(Format::Sqlx)
    } else if has(&REFINERY) {
        let wide = |kind: &str| kind.contains("int8") || kind.contains("bigint");
        Some(Format::Refinery { wide: columns.iter().any(|(column, kind)| column == "version" && wide(kind)) })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_tell_the_format() {
        let of = |columns: &[(&str, &str)]| {
            format(&columns.iter().map(|(name, kind)| ((*name).into(), (*kind).into())).collect::<Vec<_>>())
        };
        let refinery =
            |kind| of(&[("version", kind), ("name", "varchar"), ("applied_on", "varchar"), ("checksum", "varchar")]);
        assert_eq!(refinery("int"), Some(Format::Refinery { wide: false }));
        assert_eq!(refinery("int4"), Some(Format::Refinery { wide: false }));
        assert_eq!(refinery("bigint"), Some(Format::Refinery { wide: true }));
        assert_eq!(refinery("int8"), Some(Format::Refinery { wide: true }));
        assert_eq!(of(&SQLX.map(|column| (column, "int"))), Some(Format::Sqlx));
        assert_eq!(of(&[("version", "int"), ("name", "text")]), None);
    }
}
