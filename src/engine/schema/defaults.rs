//! Reads a server's defaults: what a statement gets from it without a word.

use crate::engine::error::EngineError;
use crate::engine::text;
use crate::model::built::Defaults;
use crate::model::engine::{Engine, EngineKind};
use sqlx::MySqlConnection;

/// The defaults for the connection's database.
///
/// # Errors
/// When the connection breaks.
pub async fn read(conn: &mut MySqlConnection, engine: &Engine) -> Result<Defaults, EngineError> {
    let mut defaults = Defaults {
        mariadb: engine.kind == EngineKind::Mariadb,
        version: engine.major_minor(),
        collation: value(
            conn,
            "(SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = DATABASE())",
        )
        .await?,
        storage_engine: value(conn, "@@default_storage_engine").await?,
        explicit_timestamps: value(conn, "@@explicit_defaults_for_timestamp").await? == "1",
        ..Defaults::default()
    };
    let charsets = "SELECT CHARACTER_SET_NAME, DEFAULT_COLLATE_NAME FROM information_schema.CHARACTER_SETS";
    for row in text::rows(conn, charsets.into()).await? {
        defaults.charsets.insert(row.text(0).to_lowercase(), row.text(1).to_lowercase());
    }
    // Another default than the character set's own: MySQL has one for utf8mb4, MariaDB since 11.2 one for each.
    let utf8mb4 = value(conn, "@@default_collation_for_utf8mb4").await?;
    if !utf8mb4.is_empty() {
        defaults.charsets.insert("utf8mb4".into(), utf8mb4);
    }
    let each = value(conn, "@@character_set_collations").await?;
    for (charset, collation) in each.split(',').filter_map(|pair| pair.split_once('=')) {
        defaults.charsets.insert(charset.trim().to_lowercase(), collation.trim().to_lowercase());
    }
    if let Some(collation) = defaults.charsets.get("utf8mb3").cloned() {
        defaults.charsets.entry("utf8".into()).or_insert(collation);
    }
    Ok(defaults)
}

/// One value; empty where the server does not have it.
async fn value(conn: &mut MySqlConnection, expression: &str) -> Result<String, EngineError> {
    match text::rows(conn, format!("SELECT {expression}")).await {
        Ok(rows) => Ok(rows.first().map(|row| row.text(0)).unwrap_or_default()),
        Err(EngineError::Server(_)) => Ok(String::new()),
        Err(error) => Err(error),
    }
}
