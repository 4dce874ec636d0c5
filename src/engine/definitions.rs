//! A live database's definitions as its server words them, without a row, to build an empty copy of it elsewhere.
//!
//! Only SHOW and `information_schema` are asked; nothing is written there.

use super::error::EngineError;
use super::journal;
use super::session::{Session, SessionConnection};
use super::text::{self, TextRow, name};
use crate::model::engine::{Engine, EngineKind};
use crate::model::lint::{Size, Sizes};
use sqlx::MySqlConnection;

/// Everything that a copy without rows needs.
#[derive(Debug, Clone)]
pub struct Definitions {
    /// The server they come from.
    pub engine: Engine,
    /// The database's name.
    pub database: String,
    /// Its default character set and collation.
    pub collation: (String, String),
    /// Variables of the session that decide what a statement means, with their values.
    pub variables: Vec<(&'static str, String)>,
    /// The objects: tables first, then programs, views and triggers.
    pub objects: Vec<Definition>,
    /// Rows and bytes of each table, as the server estimates them.
    pub sizes: Sizes,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// What it is: `table`, `sequence`, `function`, `procedure`, `view`, `trigger` or `event`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// The statement that makes it; `None` when the account may not see it.
    pub sql: Option<String>,
}

/// Variables that decide what a migration's statement means, whether it is refused, or how it is carried out; not every
/// server has each of them.
const VARIABLES: [&str; 9] = [
    "sql_mode",
    "default_storage_engine",
    "explicit_defaults_for_timestamp",
    "foreign_key_checks",
    "check_constraint_checks",
    "innodb_strict_mode",
    "innodb_default_row_format",
    "sql_require_primary_key",
    "alter_algorithm",
];

/// Reads the definitions of a session's database, the ledger left out; only servers have them.
///
/// # Errors
/// When the server refuses, or the connection breaks.
pub async fn read(session: &mut Session, ledger: &str) -> Result<Definitions, EngineError> {
    let engine = session.engine.clone();
    let SessionConnection::Server(conn) = &mut session.connection else {
        return Err(EngineError::Unexpected("the embedded engine's definitions are replayed".into()));
    };
    let conn = conn.as_mut();
    let sql = "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA \
               WHERE SCHEMA_NAME = DATABASE()";
    let Some(row) = text::rows(conn, sql.into()).await?.into_iter().next() else {
        return Err(EngineError::Configuration("no database is chosen".into()));
    };
    let mut variables = Vec::new();
    for variable in VARIABLES {
        // Without SESSION, which a variable of the whole server would be refused with.
        let rows = match text::rows(conn, format!("SELECT @@{variable}")).await {
            Err(EngineError::Server(_)) => continue,
            other => other?,
        };
        variables.extend(rows.first().and_then(|row| row.get(0)).map(|value| (variable, value.to_owned())));
    }
    let sizes = sizes(conn, &engine).await?;
    Ok(Definitions {
        engine,
        database: row.text(0),
        collation: (row.text(1), row.text(2)),
        variables,
        objects: objects(conn, ledger).await?,
        sizes,
    })
}

async fn sizes(conn: &mut MySqlConnection, engine: &Engine) -> Result<Sizes, EngineError> {
    if engine.kind == EngineKind::Mysql {
        // The cached figures are a day old, and reading through the cache would write it.
        text::run(conn, "SET SESSION information_schema_stats_expiry = 0".into()).await?;
    }
    let sql = "SELECT TABLE_NAME, TABLE_ROWS, DATA_LENGTH + INDEX_LENGTH FROM information_schema.TABLES \
               WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')";
    let rows = text::rows(conn, sql.into()).await?;
    let size = |row: &TextRow| (row.text(0).to_ascii_lowercase(), Size { rows: row.number(1), bytes: row.number(2) });
    Ok(rows.iter().map(size).collect())
}

async fn objects(conn: &mut MySqlConnection, ledger: &str) -> Result<Vec<Definition>, EngineError> {
    let mut objects = Vec::new();
    let tables = text::rows(conn, "SHOW FULL TABLES".into()).await?;
    let of = |wanted: fn(&str) -> bool| {
        let rows = tables.iter().filter(move |row| wanted(row.get(1).unwrap_or_default()));
        rows.map(|row| row.text(0)).filter(|table| table != ledger && table != journal::TABLE).collect::<Vec<_>>()
    };
    for table in of(|kind| kind == "SEQUENCE") {
        objects.push(show(conn, "sequence", table, 1).await?);
    }
    for table in of(|kind| !kind.contains("VIEW") && kind != "SEQUENCE") {
        let mut definition = show(conn, "table", table, 1).await?;
        definition.sql = definition.sql.map(|sql| without_counter(&sql));
        objects.push(definition);
    }
    let programs = "SELECT LOWER(ROUTINE_TYPE), ROUTINE_NAME FROM information_schema.ROUTINES \
                    WHERE ROUTINE_SCHEMA = DATABASE() ORDER BY ROUTINE_TYPE, ROUTINE_NAME";
    for row in text::rows(conn, programs.into()).await? {
        let kind = if row.get(0) == Some("function") { "function" } else { "procedure" };
        objects.push(show(conn, kind, row.text(1), 2).await?);
    }
    for view in of(|kind| kind.contains("VIEW") && !kind.contains("SYSTEM")) {
        objects.push(show(conn, "view", view, 1).await?);
    }
    let triggers = "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() \
                    ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER";
    for row in text::rows(conn, triggers.into()).await? {
        objects.push(show(conn, "trigger", row.text(0), 2).await?);
    }
    let events = "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() ORDER BY EVENT_NAME";
    for row in text::rows(conn, events.into()).await? {
        let mut event = show(conn, "event", row.text(0), 3).await?;
        // A copy must not go off.
        event.sql = event.sql.map(|sql| sql.replacen(" PRESERVE ENABLE", " PRESERVE DISABLE", 1));
        objects.push(event);
    }
    Ok(objects)
}

/// `SHOW CREATE`, the statement in this column.
async fn show(
    conn: &mut MySqlConnection,
    kind: &'static str,
    object: String,
    column: usize,
) -> Result<Definition, EngineError> {
    let sql = format!("SHOW CREATE {} {}", kind.to_ascii_uppercase(), name(&object));
    let sql = match text::rows(conn, sql).await {
        Ok(rows) => rows.first().and_then(|row| row.get(column)).map(without_definer),
        // An object that this account may not see, or that is gone by now, is left out of the copy and told.
        Err(EngineError::Server(_)) => None,
        Err(error) => return Err(error),
    };
    Ok(Definition { kind, name: object, sql })
}

/// A table's definition without the counter, which says something of its rows. Only the line of the options is looked
/// at: the columns' lines, which may hold any text, are indented.
fn without_counter(sql: &str) -> String {
    const COUNTER: &str = " AUTO_INCREMENT=";
    let strip = |line: &str| {
        let (options, comment) = line.split_once(" COMMENT='").map_or((line, None), |(o, c)| (o, Some(c)));
        let Some((head, tail)) = options.split_once(COUNTER).filter(|_| line.starts_with(')')) else {
            return line.to_owned();
        };
        let tail = tail.trim_start_matches(|c: char| c.is_ascii_digit());
        let comment = comment.map(|comment| format!(" COMMENT='{comment}")).unwrap_or_default();
        format!("{head}{tail}{comment}")
    };
    sql.lines().map(strip).collect::<Vec<_>>().join("\n")
}

/// A definition without its DEFINER, an account that a copy does not have.
fn without_definer(sql: &str) -> String {
    const MARK: &str = "DEFINER=";
    let Some(at) = sql.find(MARK).filter(|at| *at < 80 && !sql[..*at].contains('\n')) else { return sql.to_owned() };
    let account = &sql[at + MARK.len()..];
    let user = quoted(account);
    let host = account[user..].strip_prefix('@').map_or(0, |host| 1 + quoted(host));
    format!("{}{}", &sql[..at], account[user + host..].trim_start())
}

/// Length of a name at the beginning, in backticks or not.
fn quoted(text: &str) -> usize {
    if !text.starts_with('`') {
        return text.find(|c: char| c == '@' || c.is_whitespace()).unwrap_or(text.len());
    }
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character == '`' && characters.next_if(|(_, next)| *next == '`').is_none() {
            return at + 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_goes_and_texts_stay() {
        let sql = "CREATE TABLE `t` (\n  `a` int COMMENT ') AUTO_INCREMENT=7'\n) ENGINE=InnoDB AUTO_INCREMENT=42 DEFAULT \
                   CHARSET=utf8mb4 COMMENT='x AUTO_INCREMENT=9'\n/*!50100 PARTITION BY HASH (`a`) */";
        let expected = sql.replace(" AUTO_INCREMENT=42", "");
        assert_eq!(without_counter(sql), expected);
    }

    #[test]
    fn the_definer_goes() {
        let view = "CREATE ALGORITHM=UNDEFINED DEFINER=`a``b`@`%` SQL SECURITY DEFINER VIEW `v` AS select 1";
        assert_eq!(without_definer(view), "CREATE ALGORITHM=UNDEFINED SQL SECURITY DEFINER VIEW `v` AS select 1");
        let trigger = "CREATE DEFINER=`r`@`h` TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET @a = 'DEFINER='";
        assert_eq!(without_definer(trigger), "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET @a = 'DEFINER='");
        assert_eq!(without_definer("CREATE TABLE t (a int)"), "CREATE TABLE t (a int)");
        assert_eq!(without_definer("CREATE DEFINER=r@h VIEW v AS select 1"), "CREATE VIEW v AS select 1");
    }
}
