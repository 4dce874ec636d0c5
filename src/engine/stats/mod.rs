//! Writes a scale profile into a throwaway database as statistics, so that its empty tables are planned for as if full.
//!
//! Only for servers of aura-db's own: the system tables of the whole server are written, and on `MySQL` its cost constants.
//! What is written lasts until the next DDL on the table or the next ANALYZE; inject again after either.

pub mod cardinality;
mod clock;
mod constant;
mod histogram;
mod innodb;
mod literal;
mod mariadb;
mod mysql;
mod plan;
pub mod record;
mod samples;
pub mod sqlite;
pub mod table;

pub use literal::{Literals, fill_in};
pub use plan::explain;

use super::error::EngineError;
use super::text;
use crate::model::engine::{Engine, EngineKind};
use crate::model::scale::Scale;
use crate::model::schema::Schema;
use sqlx::MySqlConnection;
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// What an injection did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Injected {
    /// Tables that now have the profile's statistics, in the schema's order.
    pub tables: Vec<String>,
    /// Tables without, each with the reason.
    pub skipped: Vec<(String, String)>,
}

/// Writes the statistics of every table that the profile lists.
///
/// Rows and distinct values of each index prefix come from [`cardinality`]. Sessions that were open before do not see the
/// cost constants of `MySQL`; connect anew and call [`prepare_session`].
///
/// # Errors
/// When the account may not write the statistics tables, or the connection breaks.
pub async fn inject(
    conn: &mut MySqlConnection,
    engine: &Engine,
    database: &str,
    schema: &Schema,
    scale: &Scale,
) -> Result<Injected, EngineError> {
    let mut injected = Injected::default();
    let mut tables = Vec::new();
    for known in &schema.tables {
        if !known.storage_engine.as_deref().is_some_and(|engine| engine.eq_ignore_ascii_case("InnoDB")) {
            injected.skipped.push((known.name.clone(), "not an InnoDB table".into()));
        } else if let Some(statistics) = table::statistics(known, schema, scale) {
            injected.tables.push(known.name.clone());
            tables.push(statistics);
        } else {
            injected.skipped.push((known.name.clone(), format!("the scale profile `{}` does not list it", scale.name)));
        }
    }
    if tables.is_empty() {
        return Ok(injected);
    }
    match engine.kind {
        EngineKind::Mysql => {
            mysql::inject(conn, database, &tables).await?;
            for known in schema.tables.iter().filter(|known| injected.tables.contains(&known.name)) {
                mysql::write_histograms(conn, &known.name, known, scale).await?;
            }
        }
        EngineKind::Mariadb => mariadb::inject(conn, database, &tables).await?,
        EngineKind::Embedded => {
            return Err(EngineError::Configuration("the embedded engine has statistics of another kind".into()));
        }
    }
    Ok(injected)
}

/// Gives a session the collation of most text columns, as an app's connection is taken to have: with another one `MariaDB`
/// sorts for the ORDER BY of an UPDATE or DELETE although a column before it in the index is equal to a text.
///
/// # Errors
/// When the server refuses, or the connection breaks.
pub async fn set_collation(conn: &mut MySqlConnection, engine: &Engine, schema: &Schema) -> Result<(), EngineError> {
    let columns = schema.tables.iter().flat_map(|table| &table.columns);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for collation in columns.filter_map(|column| column.collation.as_deref()) {
        *counts.entry(collation).or_default() += usize::from(collation.starts_with("utf8mb4_"));
    }
    match counts.into_iter().filter(|(_, count)| *count > 0).max_by_key(|(_, count)| *count) {
        Some((most, _)) if engine.kind == EngineKind::Mariadb => {
            text::run(conn, format!("SET SESSION collation_connection = {}", text::text(most))).await
        }
        _ => Ok(()),
    }
}

/// Sets a session's clock to the newest moment of the profile, so that the last five minutes are those of its rows.
///
/// # Errors
/// When the server refuses, or the connection breaks.
pub async fn set_clock(conn: &mut MySqlConnection, schema: &Schema, scale: &Scale) -> Result<(), EngineError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |now| now.as_secs_f64());
    match clock::newest(schema, scale, now) {
        Some(newest) => text::run(conn, format!("SET SESSION timestamp = {newest:.0}")).await,
        None => Ok(()),
    }
}

/// Sets a session up to plan from injected statistics: equalities are looked up there and never in the empty index, and
/// rows may be put in place without those they refer to.
///
/// # Errors
/// When the server refuses, or the connection breaks.
pub async fn prepare_session(conn: &mut MySqlConnection, engine: &Engine) -> Result<(), EngineError> {
    // A limit of N means that N equalities and more are not looked for in the index itself.
    let settings = match engine.kind {
        EngineKind::Mysql => {
            "SET SESSION eq_range_index_dive_limit = 1, information_schema_stats_expiry = 0, foreign_key_checks = 0"
        }
        _ => {
            "SET SESSION eq_range_index_dive_limit = 1, use_stat_tables = 'preferably', \
             optimizer_use_condition_selectivity = 4, foreign_key_checks = 0"
        }
    };
    text::run(conn, settings.into()).await
}
