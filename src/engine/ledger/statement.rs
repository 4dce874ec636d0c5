//! One statement on the ledger with its values, on any engine.

use crate::engine::session::SessionConnection;
use crate::engine::{EngineError, Session};
use crate::sql::quote;
#[expect(clippy::disallowed_types, reason = "our own statements, with the quoted name of the ledger's table")]
use sqlx::AssertSqlSafe;

/// A value in a statement.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    /// A number.
    Number(i64),
    /// A text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// Runs a statement; gives the number of rows that it wrote or, for an update, found.
pub(super) async fn execute(session: &mut Session, sql: String, values: &[Value<'_>]) -> Result<u64, EngineError> {
    macro_rules! run {
        ($connection:expr) => {{
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for value in values {
                query = match value {
                    Value::Number(number) => query.bind(*number),
                    Value::Text(text) => query.bind((*text).to_owned()),
                    Value::Bytes(bytes) => query.bind(bytes.to_vec()),
                };
            }
            query.execute($connection.as_mut()).await?.rows_affected()
        }};
    }
    Ok(match &mut session.connection {
        SessionConnection::Server(connection) => run!(connection),
        SessionConnection::Embedded(connection) => run!(connection),
    })
}

/// The statement with its values in their places, for a server, to be sent together with others.
pub(super) fn text(sql: &str, values: &[Value<'_>]) -> String {
    let mut values = values.iter();
    let mut text = String::with_capacity(sql.len());
    let mut in_name = false;
    for character in sql.chars() {
        in_name ^= character == '`';
        match (character, in_name) {
            ('?', false) => match values.next() {
                Some(Value::Number(number)) => text.push_str(&number.to_string()),
                Some(Value::Text(value)) => text.push_str(&quote::text(value)),
                Some(Value::Bytes(bytes)) => {
                    use std::fmt::Write as _;
                    text.push_str("x'");
                    for byte in *bytes {
                        let _ = write!(text, "{byte:02x}");
                    }
                    text.push('\'');
                }
                None => text.push(character),
            },
            _ => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_take_their_places_and_names_keep_their_marks() {
        let values = [Value::Number(-7), Value::Text("it's ?"), Value::Bytes(&[0, 255])];
        assert_eq!(
            text("INSERT INTO `a?` VALUES (?, ?, ?)", &values),
            "INSERT INTO `a?` VALUES (-7, 'it''s ?', x'00ff')"
        );
    }
}
