//! What a server asks of the indexes that foreign keys need, and which keys are behind its errors: it says that an index is
//! needed, and not by what.

use super::session::SessionConnection;
use super::text;
use super::{EngineError, Session};
use crate::sql::ddl::{AlterAction, Effect, databases};
use sqlx::MySqlConnection;

/// An index is needed (1553); a table cannot take its new form (1025, on `MariaDB`); a table that is referred to
/// (1217, 1451, on `MariaDB`).
const NEEDED: [u32; 4] = [1553, 1025, 1217, 1451];
/// What is to be dropped is not there.
const NOT_THERE: u32 = 1091;

/// Whether the columns that a foreign key refers to need a UNIQUE key of their own. `None` when the session does not
/// check foreign keys.
///
/// # Errors
/// When the server refuses.
pub async fn asks_for_standard_key(session: &mut Session) -> Result<Option<bool>, EngineError> {
    let SessionConnection::Server(connection) = &mut session.connection else { return Ok(None) };
    let sql = "SHOW SESSION VARIABLES WHERE variable_name IN ('foreign_key_checks', 'restrict_fk_on_non_standard_key')";
    let rows = text::rows(connection, sql.into()).await?;
    let is_on = |name: &str| rows.iter().any(|row| row.text(0) == name && row.text(1) == "ON");
    Ok(is_on("foreign_key_checks").then(|| is_on("restrict_fk_on_non_standard_key")))
}

/// The server's error for a statement, with the foreign keys behind it where there are any. What cannot be read is left
/// out.
pub async fn explain(session: &mut Session, error: EngineError, sql: &str, effect: &Effect) -> EngineError {
    let EngineError::Server(server) = error else { return error };
    let own = session.database();
    let elsewhere = databases(sql).into_iter().find(|database| session.is_elsewhere(database));
    let (tables, drops) = touched(effect);
    let (SessionConnection::Server(connection), Some(own)) = (&mut session.connection, own) else {
        return EngineError::Server(server);
    };
    let place = Place { database: elsewhere.as_ref().unwrap_or(&own), own: &own };
    let story = match server.code {
        code if NEEDED.contains(&code) => needing(connection, place, &tables).await.map(|keys| {
            format!(
                "the foreign keys from and to {}: {}\ndrop the one that needs it first, or keep what it needs",
                tables.join(", "),
                keys.join("; ")
            )
        }),
        NOT_THERE if !drops.is_empty() => there(connection, place, &tables).await,
        _ => None,
    };
    match story {
        Some(story) => EngineError::Explained { error: server, story },
        None => EngineError::Server(server),
    }
}

/// The tables that a statement changes or drops, and what it drops of them.
fn touched(effect: &Effect) -> (Vec<String>, Vec<String>) {
    match effect {
        Effect::DropIndex { table, index } => (vec![table.clone()], vec![index.clone()]),
        Effect::DropTable { tables } => (tables.clone(), Vec::new()),
        Effect::AlterTable { table, actions } => {
            let drops = actions.iter().filter_map(|action| match action {
                AlterAction::DropIndex(name) | AlterAction::DropConstraint(name) | AlterAction::DropColumn(name) => {
                    Some(name.clone())
                }
                AlterAction::DropPrimaryKey => Some("PRIMARY".into()),
                _ => None,
            });
            (vec![table.clone()], drops.collect())
        }
        _ => (Vec::new(), Vec::new()),
    }
}

#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    /// Where the statement's tables are.
    database: &'a str,
    /// The session's database, which is not named.
    own: &'a str,
}

/// The foreign keys from and to these tables, in words.
async fn needing(connection: &mut MySqlConnection, place: Place<'_>, tables: &[String]) -> Option<Vec<String>> {
    if tables.is_empty() {
        return None;
    }
    let list = tables.iter().map(|table| text::text(table)).collect::<Vec<_>>().join(", ");
    let database = text::text(place.database);
    let sql = format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, \
         GROUP_CONCAT(COLUMN_NAME ORDER BY ORDINAL_POSITION SEPARATOR ', '), \
         GROUP_CONCAT(REFERENCED_COLUMN_NAME ORDER BY ORDINAL_POSITION SEPARATOR ', ') \
         FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL \
         AND ((TABLE_SCHEMA = {database} AND TABLE_NAME IN ({list})) \
         OR (REFERENCED_TABLE_SCHEMA = {database} AND REFERENCED_TABLE_NAME IN ({list}))) \
         GROUP BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME \
         ORDER BY 1, 2, 3"
    );
    let table = |schema: String, name: String| if schema == place.own { name } else { format!("{schema}.{name}") };
    let rows = text::rows(connection, sql).await.ok()?;
    let keys = rows.iter().map(|row| {
        let (from, to) = (table(row.text(0), row.text(1)), table(row.text(3), row.text(4)));
        format!("{}: {from} ({}) refers to {to} ({})", row.text(2), row.text(5), row.text(6))
    });
    Some(keys.collect::<Vec<_>>()).filter(|keys| !keys.is_empty())
}

/// What a table has that could have been meant.
async fn there(connection: &mut MySqlConnection, place: Place<'_>, tables: &[String]) -> Option<String> {
    let table = tables.first()?;
    let of = format!("TABLE_SCHEMA = {} AND TABLE_NAME = {}", text::text(place.database), text::text(table));
    let names = async |connection: &mut MySqlConnection, column: &str, catalogue: &str| {
        let sql = format!("SELECT DISTINCT {column} FROM information_schema.{catalogue} {of} ORDER BY 1");
        let rows = text::rows(connection, sql).await.ok()?;
        let names: Vec<String> = rows.iter().map(|row| row.text(0)).collect();
        Some(if names.is_empty() { "none".into() } else { names.join(", ") })
    };
    let indexes = names(connection, "INDEX_NAME", "STATISTICS WHERE").await?;
    let keys =
        names(connection, "CONSTRAINT_NAME", "KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL AND").await?;
    Some(format!("{table} has the indexes {indexes}, and the foreign keys {keys}"))
}
