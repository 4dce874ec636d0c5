//! Connections to a server or to the embedded engine.

use crate::model::engine::Engine;
use sqlx::{MySqlPool, SqlitePool};

/// An open database.
#[derive(Debug, Clone)]
pub struct Database {
    /// The engine and its version.
    pub engine: Engine,
    /// Where it is, without secrets: `host:port/database`, or the embedded engine's file.
    pub place: String,
    /// The connections.
    pub pool: Pool,
}

/// The connections of an open database.
#[derive(Debug, Clone)]
pub enum Pool {
    /// `MySQL` or `MariaDB`.
    Server(MySqlPool),
    /// The built-in engine.
    Embedded(SqlitePool),
}
