//! Whether a table was built anew: `InnoDB` gives every table that it builds a new number.

use super::super::session::SessionConnection;
use super::super::text;
use crate::engine::Session;
use crate::model::engine::EngineKind;
use std::collections::BTreeSet;

/// The numbers of all tables and partitions, without the hidden ones of FULLTEXT indexes, which come and go with the
/// index. `None` when the account may not read them (PROCESS).
pub(super) async fn identities(session: &mut Session) -> Option<BTreeSet<u64>> {
    let catalogue = if session.engine.kind == EngineKind::Mariadb { "innodb_sys_tables" } else { "innodb_tables" };
    let SessionConnection::Server(connection) = &mut session.connection else { return None };
    let query = format!(
        "SELECT table_id FROM information_schema.{catalogue} \
         WHERE LOWER(CONVERT(name USING utf8mb4)) NOT LIKE '%/fts\\_%'"
    );
    let rows = text::rows(connection, query).await.ok()?;
    Some(rows.iter().filter_map(|row| row.number(0)).collect())
}
