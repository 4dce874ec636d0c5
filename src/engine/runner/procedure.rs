//! Whether a statement that aura-db knows nothing of may roll back: a row of the journal that is written in the same
//! transaction would go with what it tells of, and what the statement commits after that would stand without a witness.

use super::Runner;
use crate::engine::session::SessionConnection;
use crate::engine::{EngineError, text};
use crate::sql::call::called;
use crate::sql::ddl::Effect;
use crate::sql::words::names_any;

impl Runner<'_> {
    /// Told from its text and, of a call, from the procedure's body; what cannot be read may do anything.
    pub(super) async fn may_roll_back(&mut self, sql: &str, effect: &Effect) -> Result<bool, EngineError> {
        if *effect != Effect::Other {
            return Ok(false);
        }
        let Some((database, name)) = called(sql) else { return Ok(names_any(sql, &["ROLLBACK", "CALL"])) };
        let SessionConnection::Server(connection) = &mut self.session.connection else { return Ok(false) };
        let database = database.map_or("DATABASE()".to_owned(), |database| text::text(&database));
        let body = format!(
            "SELECT ROUTINE_DEFINITION FROM information_schema.ROUTINES WHERE ROUTINE_TYPE = 'PROCEDURE' \
             AND ROUTINE_SCHEMA = {database} AND ROUTINE_NAME = {}",
            text::text(&name)
        );
        let rows = text::rows(connection, body).await?;
        // Who may run a procedure is shown that it is there, and not always its body.
        Ok(rows.first().is_some_and(|row| row.get(0).is_none_or(|body| names_any(body, &["ROLLBACK", "CALL"]))))
    }
}
