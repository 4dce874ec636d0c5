//! One connection with a session of its own, for what depends on session settings.

use crate::servers::Server;
use sqlx::{Executor as _, MySqlConnection};

/// A new session in that database.
pub(crate) async fn open(server: &Server, database: &str) -> MySqlConnection {
    server.sandbox().pool(Some(database), 1).acquire().await.unwrap().detach()
}

/// A new session in a new, empty database of exactly that name.
pub(crate) async fn create(server: &Server, database: &str) -> MySqlConnection {
    let mut conn = server.sandbox().pool(None, 1).acquire().await.unwrap().detach();
    let create = format!("DROP DATABASE IF EXISTS `{database}`; CREATE DATABASE `{database}`; USE `{database}`");
    conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(create))).await.unwrap();
    conn
}
