//! A scale profile from a live database: what its statistics say, and what may be counted and read beyond them.
//!
//! Nothing is written to the database, ANALYZE included, and the session is told so. No value of a row is asked for unless
//! its column is allowed: statistics that hold values (histograms, `column_stats`) are read without them.

mod ask;
mod deep;
mod embedded;
mod histogram;
mod independent;
mod server;
mod values;

use super::session::SessionConnection;
use super::{EngineError, Session, ledger, text};
use crate::model::scale::{ColumnScale, TableScale};
use crate::model::schema::{Column, IndexKind, Table};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What is wanted of a database.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// Whether a table is wanted.
    pub tables: &'a (dyn Fn(&str) -> bool + Sync),
    /// Whether values of a table's column may be read.
    pub values: &'a (dyn Fn(&str, &str) -> bool + Sync),
    /// How long to count in each table; `None` counts nothing.
    pub deep: Option<Duration>,
}

impl fmt::Debug for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wanted").field("deep", &self.deep).finish_non_exhaustive()
    }
}

/// What a database says of its size.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exported {
    /// The tables whose rows are known.
    pub tables: BTreeMap<String, TableScale>,
    /// All tables that are wanted and can be seen.
    pub seen: Vec<String>,
    /// What is not known, and why, in whole sentences.
    pub notes: Vec<String>,
}

/// One table's figures while they are put together.
#[derive(Debug, Clone, Default, PartialEq)]
struct Figures {
    /// Rows; `None` when nothing tells.
    rows: Option<u64>,
    scale: TableScale,
}

impl Figures {
    fn column(&mut self, name: &str) -> &mut ColumnScale {
        self.scale.columns.entry(name.to_owned()).or_default()
    }
}

/// Reads the figures.
///
/// # Errors
/// When the catalogue cannot be read, or the connection breaks. What only the account may not read is a note.
pub async fn export(session: &mut Session, wanted: &Wanted<'_>) -> Result<Exported, EngineError> {
    if let SessionConnection::Server(connection) = &mut session.connection {
        // The server itself refuses what would write, from here on.
        text::run(connection, "SET SESSION TRANSACTION READ ONLY".into()).await?;
    }
    let schema = session.schema(&ledger::DEFAULT_TABLES).await?;
    let tables: Vec<&Table> = schema.tables.iter().filter(|table| (wanted.tables)(&table.name)).collect();
    let engine = session.engine.clone();
    let mut exported =
        Exported { seen: tables.iter().map(|table| table.name.clone()).collect(), ..Exported::default() };
    let mut known = match &mut session.connection {
        SessionConnection::Server(connection) => {
            server::read(connection, &engine, &tables, wanted, &mut exported.notes).await?
        }
        SessionConnection::Embedded(connection) => embedded::read(connection, &tables).await?,
    };
    let mut sizeless = Vec::new();
    for table in tables {
        let mut figures = known.remove(&table.name).unwrap_or_default();
        if let Some(limit) = wanted.deep {
            exported.notes.extend(deep::count(session, table, &mut figures, limit).await?);
        }
        exported.notes.extend(values::read(session, table, &mut figures, wanted).await?);
        match figures.rows {
            Some(rows) => {
                settle(&mut figures.scale, table, rows);
                exported.tables.insert(table.name.clone(), figures.scale);
            }
            None => sizeless.push(table.name.as_str()),
        }
    }
    if !sizeless.is_empty() {
        exported.notes.push(format!(
            "{}: left out, as no statistics tell the rows; let the database make them with ANALYZE, or count with --deep",
            sizeless.join(", ")
        ));
    }
    Ok(exported)
}

/// Brings figures of different moments and samples into line: no more distinct values than rows, no more shares than all.
fn settle(scale: &mut TableScale, table: &Table, rows: u64) {
    scale.rows = rows;
    if rows == 0 {
        scale.columns.clear();
        scale.keys.clear();
        return;
    }
    for (name, column) in &mut scale.columns {
        column.null_fraction = column.null_fraction.clamp(0.0, 1.0);
        if is_unique_alone(table, name) {
            column.distinct = Some(rows);
        }
        let mut left = 1.0 - column.null_fraction;
        column.hot.retain(|hot| {
            let fits = hot.fraction > 0.0 && hot.fraction <= left + 1e-9;
            left -= if fits { hot.fraction } else { 0.0 };
            fits
        });
        column.distinct = column.distinct.map(|distinct| distinct.clamp(1, rows).max(column.hot.len() as u64));
    }
    scale.columns.retain(|_, column| *column != ColumnScale::default());
    for key in scale.keys.values_mut() {
        key.distinct = key.distinct.map(|distinct| distinct.clamp(1, rows));
    }
}

/// Whether the column is a unique key by itself and never NULL.
fn is_unique_alone(table: &Table, column: &str) -> bool {
    table.column(column).is_some_and(|column| !column.nullable)
        && table.indexes.iter().any(|index| {
            index.is_unique()
                && matches!(index.parts.as_slice(), [part] if part.prefix.is_none()
                    && part.column.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(column)))
        })
}

/// The columns whose values are looked up without reading the table: those with which an index begins.
fn begins_an_index(table: &Table, column: &Column) -> bool {
    let begins = |index: &crate::model::schema::Index| {
        index.visible
            && !matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial)
            && index.parts.first().is_some_and(|part| {
                part.prefix.is_none()
                    && part.column.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&column.name))
            })
    };
    table.indexes.iter().any(begins)
}
