//! Finds out what the account may not see of its database. Both servers leave it out of the catalogue without a word, or
//! show an empty definition.

use crate::engine::error::EngineError;
use crate::engine::text;
use crate::model::engine::{Engine, EngineKind};
use crate::model::hidden::Hidden;
use crate::sql::grants::Grants;
use crate::sql::quote;
use sqlx::MySqlConnection;

/// Every privilege on tables that `MariaDB` wants for more than columns and indexes.
const BEYOND_SELECT: [&str; 11] = [
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "DROP",
    "REFERENCES",
    "INDEX",
    "ALTER",
    "CREATE VIEW",
    "SHOW VIEW",
    "TRIGGER",
];

/// What is hidden from this connection's account.
///
/// # Errors
/// When no database is chosen or the connection breaks.
pub async fn read(conn: &mut MySqlConnection, engine: &Engine) -> Result<Hidden, EngineError> {
    let database = text::rows(conn, "SELECT DATABASE()".into()).await?;
    let database = database.first().map(|row| row.text(0)).unwrap_or_default();
    let grants = match text::rows(conn, "SHOW GRANTS".into()).await {
        Ok(rows) => rows,
        // Nothing is hidden from anybody with --skip-grant-tables.
        Err(error) if error.code() == Some(1290) => return Ok(Hidden::default()),
        Err(EngineError::Server(_)) => Vec::new(),
        Err(error) => return Err(error),
    };
    let grants = Grants::read(grants.iter().filter_map(|row| row.get(0)));
    let mut hidden = by_privilege(&grants, &database, engine);
    let bodiless = "SELECT 'view', TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE() \
                    AND (VIEW_DEFINITION IS NULL OR VIEW_DEFINITION = '') UNION ALL \
                    SELECT LOWER(ROUTINE_TYPE), ROUTINE_NAME FROM information_schema.ROUTINES \
                    WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_DEFINITION IS NULL";
    let rows = text::rows(conn, bodiless.into()).await?;
    hidden.definitions = rows.iter().map(|row| (row.text(0), row.text(1))).collect();
    Ok(hidden)
}

fn by_privilege(grants: &Grants, database: &str, engine: &Engine) -> Hidden {
    let mariadb = engine.kind == EngineKind::Mariadb;
    let here = |privilege: &str| format!("GRANT {privilege} ON {}.*", quote::name(database));
    let unless = |seen: bool, needs: &str| (!seen).then(|| needs.to_owned());
    let beyond = grants.has(database, &BEYOND_SELECT);
    let bodies = match mariadb {
        true if engine.major_minor() >= (11, 3) => here("SHOW CREATE ROUTINE"),
        true => "GRANT SELECT ON mysql.proc".into(),
        false => "GRANT SHOW_ROUTINE ON *.*".into(),
    };
    let routines = grants.has(database, &["EXECUTE", "CREATE ROUTINE", "ALTER ROUTINE", "SHOW CREATE ROUTINE"])
        || if mariadb {
            grants.has_on("mysql", "proc", &["SELECT"])
        } else {
            grants.has_globally(&["SELECT", "SHOW_ROUTINE"])
        };
    Hidden {
        tables: unless(beyond || grants.has(database, &["SELECT"]), &here("SELECT")),
        // MariaDB shows them to those only who may do more than read.
        foreign_keys: unless(beyond || !mariadb, &here("REFERENCES")),
        routines: unless(routines, &bodies),
        triggers: unless(grants.has(database, &["TRIGGER"]), &here("TRIGGER")),
        events: unless(grants.has(database, &["EVENT"]), &here("EVENT")),
        definitions: Vec::new(),
        view_definition: here("SHOW VIEW"),
        routine_definition: bodies,
    }
}
