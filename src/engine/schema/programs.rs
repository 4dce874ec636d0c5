//! Views, triggers, routines, events and sequences as their definitions, comparable between databases of different names.

use super::server::Which;
use crate::engine::error::EngineError;
use crate::engine::text::{self, TextRow};
use crate::model::schema::Routine;
use crate::sql::quote;
use sqlx::MySqlConnection;

/// Reads them all, sorted; what the account may not see is left out.
pub(super) async fn read(
    conn: &mut MySqlConnection,
    database: &str,
    which: &Which<'_>,
) -> Result<Vec<Routine>, EngineError> {
    let mut found = Vec::new();
    let views = "SELECT TABLE_NAME, VIEW_DEFINITION, CHECK_OPTION, SECURITY_TYPE FROM information_schema.VIEWS \
                 WHERE TABLE_SCHEMA = DATABASE()";
    let views = format!("{views}{}", which.clause("TABLE_NAME"));
    for row in allowed(text::rows(conn, views).await)? {
        let mut definition = without_database(&row.text(1), database);
        if row.get(2).is_some_and(|option| option != "NONE") {
            definition = format!("{definition} WITH {} CHECK OPTION", row.text(2));
        }
        if row.get(3) == Some("INVOKER") {
            definition = format!("SQL SECURITY INVOKER {definition}");
        }
        found.push(Routine { kind: "view".into(), name: row.text(0), definition });
    }
    let triggers = "SELECT TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, EVENT_OBJECT_TABLE, ACTION_STATEMENT \
                    FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()";
    let triggers = format!("{triggers}{}", which.clause("TRIGGER_NAME"));
    for row in allowed(text::rows(conn, triggers).await)? {
        let table = row.text(3);
        if which.has(&table) {
            let definition = format!("{} {} ON {table} FOR EACH ROW {}", row.text(1), row.text(2), row.text(4));
            found.push(Routine { kind: "trigger".into(), name: row.text(0), definition });
        }
    }
    found.extend(procedures(conn, which).await?);
    let events = "SELECT EVENT_NAME, EXECUTE_AT, INTERVAL_VALUE, INTERVAL_FIELD, STATUS, EVENT_DEFINITION \
                  FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()";
    let events = format!("{events}{}", which.clause("EVENT_NAME"));
    for row in allowed(text::rows(conn, events).await)? {
        let when = match row.get(1) {
            Some(at) => format!("AT {at}"),
            None => format!("EVERY {} {}", row.text(2), row.text(3)),
        };
        let definition = format!("{when} {} DO {}", row.text(4), row.text(5));
        found.push(Routine { kind: "event".into(), name: row.text(0), definition });
    }
    found.extend(sequences(conn, which).await?);
    found.sort();
    Ok(found)
}

/// `MariaDB`'s sequences; `MySQL` has none.
async fn sequences(conn: &mut MySqlConnection, which: &Which<'_>) -> Result<Vec<Routine>, EngineError> {
    let names =
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'SEQUENCE'";
    let names = allowed(text::rows(conn, format!("{names}{}", which.clause("TABLE_NAME"))).await)?;
    let mut found = Vec::new();
    for name in names.iter().map(|row| row.text(0)) {
        let shown = allowed(text::rows(conn, format!("SHOW CREATE SEQUENCE {}", quote::name(&name))).await)?;
        let definition = shown.first().map(|row| row.text(1)).unwrap_or_default();
        found.push(Routine { kind: "sequence".into(), name, definition });
    }
    Ok(found)
}

async fn procedures(conn: &mut MySqlConnection, which: &Which<'_>) -> Result<Vec<Routine>, EngineError> {
    let sql = "SELECT ROUTINE_NAME, ROUTINE_TYPE, DTD_IDENTIFIER, IS_DETERMINISTIC, SQL_DATA_ACCESS, ROUTINE_DEFINITION, \
               SECURITY_TYPE FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()";
    let mut found = Vec::new();
    let sql = format!("{sql}{}", which.clause("ROUTINE_NAME"));
    let routines = allowed(text::rows(conn, sql).await)?;
    if routines.is_empty() {
        return Ok(found);
    }
    let parameters = "SELECT SPECIFIC_NAME, ROUTINE_TYPE, PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER \
                      FROM information_schema.PARAMETERS WHERE SPECIFIC_SCHEMA = DATABASE() AND ORDINAL_POSITION > 0 \
                      ORDER BY SPECIFIC_NAME, ROUTINE_TYPE, ORDINAL_POSITION";
    let parameters = allowed(text::rows(conn, parameters.into()).await)?;
    for row in routines {
        let own = parameters.iter().filter(|one| one.get(0) == row.get(0) && one.get(1) == row.get(1));
        let words = own.map(|one| {
            let words = [one.get(2), one.get(3), one.get(4)];
            words.into_iter().flatten().collect::<Vec<_>>().join(" ")
        });
        let parameters = words.collect::<Vec<_>>().join(", ");
        let returns = row.get(2).map(|kind| format!(" RETURNS {kind}")).unwrap_or_default();
        let deterministic = if row.get(3) == Some("YES") { " DETERMINISTIC" } else { "" };
        let security = if row.get(6) == Some("INVOKER") { " SQL SECURITY INVOKER" } else { "" };
        let definition = format!("({parameters}){returns}{deterministic} {}{security} {}", row.text(4), row.text(5));
        found.push(Routine { kind: row.text(1).to_lowercase(), name: row.text(0), definition });
    }
    Ok(found)
}

/// What the server refuses to show counts as not there; anything else that goes wrong is an error.
fn allowed(rows: Result<Vec<TextRow>, EngineError>) -> Result<Vec<TextRow>, EngineError> {
    match rows {
        Err(EngineError::Server(_)) => Ok(Vec::new()),
        rows => rows,
    }
}

/// Takes the database's name off the tables of a view's definition, but not out of its texts.
fn without_database(definition: &str, database: &str) -> String {
    let qualifier = format!("{}.", quote::name(database));
    let (mut bare, mut rest) = (String::with_capacity(definition.len()), definition);
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '`' if rest.starts_with(&qualifier) => {
                rest = &rest[qualifier.len()..];
                continue;
            }
            '\'' | '"' | '`' => quote::length(rest).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        bare.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_databases_name_is_taken_off_tables_and_left_in_texts() {
        let definition =
            "select `shop`.`o`.`id` AS `shop.x`,'`shop`.`o`' AS `t``shop``.x`,'it\\'s `shop`.' from `shop`.`o`";
        let bare = "select `o`.`id` AS `shop.x`,'`shop`.`o`' AS `t``shop``.x`,'it\\'s `shop`.' from `o`";
        assert_eq!(without_database(definition, "shop"), bare);
        assert_eq!(without_database("select 'open", "shop"), "select 'open");
        assert_eq!(without_database("select 1 from `a``b`.`t`", "a`b"), "select 1 from `t`");
    }
}
