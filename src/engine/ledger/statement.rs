//! One statement on the ledger with its values, on any engine.

use crate::engine::session::SessionConnection;
use crate::engine::{EngineError, Session};
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
