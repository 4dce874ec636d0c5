//! What the objects that a statement names are just now, for the journal and for settling doubt after a crash.

use super::{EngineError, Session, text};
use crate::migration::recovery::{State, States};
use crate::migration::witness::{Kind, Object, Witness};
use crate::model::engine::EngineKind;
use sqlx::MySqlConnection;

/// The servers' codes for a table, a trigger, a program, an event that is not there.
const NOT_THERE: [u32; 4] = [1146, 1360, 1305, 1539];

/// The server's code for a table whose file is not where its dictionary looks. Seen of `MySQL` 9.7.4 without aura-db: once
/// in some 100 kills in `ALTER TABLE … ALGORITHM=INPLACE` that rebuilds, and gone after a clean restart.
const LOST_FILE: u32 = 1812;

/// The states of a witness's objects. An object that the account may not see is unknown, which stops nothing.
///
/// # Errors
/// When the connection breaks.
pub async fn states(session: &mut Session, witness: &Witness) -> Result<States, EngineError> {
    let kind = session.engine.kind;
    let database = session.database();
    let Some(connection) = session.own().await? else { return Ok(States::new()) };
    let mut states = States::new();
    for object in witness.objects() {
        let mut state = definition(connection, object).await?;
        if let (Witness::Identity(_), State::Present { identity, .. }) = (witness, &mut state) {
            *identity = self::identity(connection, kind, (database.as_deref(), &object.name)).await?;
        }
        states.insert(object.to_string(), state);
    }
    Ok(states)
}

/// Whether tables or views are there, in the order of their names, in one round trip; without their definitions, which
/// tell nothing more of one that is made or dropped.
///
/// # Errors
/// When the catalogue cannot be read.
pub(super) async fn presence(session: &mut Session, names: &[String]) -> Result<Vec<State>, EngineError> {
    let folds = session.folds_names();
    let spelled = |name: &str| if folds { name.to_lowercase() } else { name.to_owned() };
    let Some(connection) = session.own().await? else { return Ok(Vec::new()) };
    let list: Vec<String> = names.iter().map(|name| text::text(name)).collect();
    let sql = format!(
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ({})",
        list.join(", ")
    );
    let there: Vec<String> = text::rows(connection, sql).await?.iter().map(|row| spelled(&row.text(0))).collect();
    let state = |name: &String| {
        if there.contains(&spelled(name)) {
            State::Present { definition: String::new(), identity: None }
        } else {
            State::Absent
        }
    };
    Ok(names.iter().map(state).collect())
}

async fn definition(connection: &mut MySqlConnection, object: &Object) -> Result<State, EngineError> {
    let (kind, column) = match object.kind {
        Kind::Table => ("TABLE", 1),
        Kind::Trigger => ("TRIGGER", 2),
        Kind::Procedure => ("PROCEDURE", 2),
        Kind::Function => ("FUNCTION", 2),
        Kind::Event => ("EVENT", 3),
    };
    let rows = text::rows(connection, format!("SHOW CREATE {kind} {}", text::name(&object.name))).await;
    Ok(match rows {
        Ok(rows) => match rows.first().and_then(|row| row.get(column)) {
            Some(definition) => State::Present { definition: without_counter(definition), identity: None },
            None => State::Unknown("its definition is not shown to this account".into()),
        },
        Err(EngineError::Server(error)) if NOT_THERE.contains(&error.code) => State::Absent,
        Err(EngineError::Server(error)) if error.code == LOST_FILE => State::Unknown(format!(
            "{}: MySQL that is killed while it rebuilds a table may lose sight of the table's file until it is started \
             once more. Restart the server, and run the command again",
            error.message.trim_end_matches('.')
        )),
        Err(EngineError::Server(error)) => State::Unknown(error.message),
        Err(error) => return Err(error),
    })
}

/// What tells a table from another one with the same definition: `InnoDB`'s number of it, or of each of its partitions,
/// as any of them may be emptied or exchanged. `None` when that may not be read.
async fn identity(
    connection: &mut MySqlConnection,
    kind: EngineKind,
    (database, table): (Option<&str>, &str),
) -> Result<Option<String>, EngineError> {
    let Some((database, table)) = database.and_then(file_name).zip(file_name(table)) else { return Ok(None) };
    let view = if kind == EngineKind::Mariadb { "INNODB_SYS_TABLES" } else { "INNODB_TABLES" };
    let name = format!("{database}/{table}");
    let sql = format!(
        "SELECT CAST(CONCAT(MAX(TABLE_ID), ' ', SUM(CRC32(CONCAT(NAME, ' ', TABLE_ID)))) AS CHAR) \
         FROM information_schema.{view} WHERE NAME = '{name}' OR NAME LIKE '{}#p#%'",
        name.replace('_', "\\_")
    );
    match text::rows(connection, sql).await {
        Ok(rows) => Ok(rows.first().and_then(|row| row.get(0)).map(str::to_owned)),
        Err(EngineError::Server(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A name as it stands in file names and in `InnoDB`'s own: what is no letter, digit or `_` has its code in hex. `None`
/// for letters beyond ASCII, whose code there is another.
fn file_name(name: &str) -> Option<String> {
    let encode = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => Some(c.to_string()),
        _ => c.is_ascii().then(|| format!("@{:04x}", u32::from(c))),
    };
    name.chars().map(encode).collect()
}

/// A table's definition without the next `AUTO_INCREMENT` value, which every inserted row changes.
fn without_counter(definition: &str) -> String {
    const COUNTER: &str = " AUTO_INCREMENT=";
    let Some(at) = definition.rfind(COUNTER) else { return definition.to_owned() };
    let rest = definition[at + COUNTER.len()..].trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{}{rest}", &definition[..at])
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_is_encoded_as_the_servers_encode_it() {
        assert_eq!(super::file_name("My-App x").unwrap(), "My@002dApp@0020x");
        assert_eq!(super::file_name("a_1$#").unwrap(), "a_1@0024@0023");
        assert_eq!(super::file_name("für"), None);
    }

    #[test]
    fn the_counter_is_no_part_of_a_definition() {
        let definition =
            "CREATE TABLE `t` (\n  `id` int NOT NULL AUTO_INCREMENT\n) ENGINE=InnoDB AUTO_INCREMENT=7 CHARSET=x";
        let bare = super::without_counter(definition);
        assert_eq!(bare, "CREATE TABLE `t` (\n  `id` int NOT NULL AUTO_INCREMENT\n) ENGINE=InnoDB CHARSET=x");
        assert_eq!(super::without_counter(&bare), bare);
    }
}
