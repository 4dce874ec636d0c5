//! Rows of the server as texts: catalogues word their columns in a dozen types, and differ in them from version to version.

use super::error::EngineError;
pub(crate) use crate::sql::quote::{name, text};
#[expect(
    clippy::disallowed_types,
    reason = "aura-db's own words, with names and texts quoted by `name` and `text`"
)]
use sqlx::AssertSqlSafe;
use sqlx::{Column as _, MySqlConnection, Row as _, TypeInfo as _};

/// One row in the server's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextRow(Vec<Option<String>>);

impl TextRow {
    /// The value of that column, counted from 0; `None` for NULL.
    pub(crate) fn get(&self, column: usize) -> Option<&str> {
        self.0.get(column)?.as_deref()
    }

    /// The value, with NULL as the empty text.
    pub(crate) fn text(&self, column: usize) -> String {
        self.get(column).unwrap_or_default().to_owned()
    }

    /// All values, column by column.
    pub(crate) fn values(self) -> Vec<Option<String>> {
        self.0
    }

    /// The value as a whole number that is not negative.
    pub(crate) fn number(&self, column: usize) -> Option<u64> {
        self.get(column)?.parse().ok()
    }
}

/// A list of numbers, as `IN` takes it.
pub(crate) fn numbers(numbers: &[i64]) -> String {
    numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

/// Runs a query that aura-db wrote itself and gives its rows, by the protocol that sends every value as text.
pub(crate) async fn rows(conn: &mut MySqlConnection, sql: String) -> Result<Vec<TextRow>, EngineError> {
    // aura-db's own words, with names and texts quoted by `name` and `text`.
    let query = sqlx::raw_sql(AssertSqlSafe(sql));
    query.fetch_all(conn).await?.iter().map(row).collect()
}

/// The rows of a query that aura-db wrote itself, where other people's statements may be among the values: what is no
/// text in them, such as a binary literal, is replaced.
pub(crate) async fn lossy_rows(conn: &mut MySqlConnection, sql: String) -> Result<Vec<TextRow>, EngineError> {
    // aura-db's own words, with names and texts quoted by `name` and `text`.
    let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(conn).await?;
    let text = |bytes: Option<Vec<u8>>| bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let values = |row: &sqlx::mysql::MySqlRow| {
        (0..row.len()).map(|at| row.try_get_unchecked(at).map(text)).collect::<Result<Vec<_>, _>>()
    };
    Ok(rows.iter().map(|row| values(row).map(TextRow)).collect::<Result<_, sqlx::Error>>()?)
}

/// The columns of a table, each with its type, told by its first row; `None` where it has none. `SHOW COLUMNS` takes the
/// server several times as long.
pub(crate) async fn first_row_columns(
    conn: &mut MySqlConnection,
    table: &str,
) -> Result<Option<Vec<(String, String)>>, EngineError> {
    let query = sqlx::raw_sql(AssertSqlSafe(format!("SELECT * FROM {} LIMIT 1", name(table))));
    let row = query.fetch_optional(conn).await?;
    let column = |column: &sqlx::mysql::MySqlColumn| (column.name().to_owned(), column.type_info().name().to_owned());
    Ok(row.map(|row| row.columns().iter().map(column).collect()))
}

/// Runs a statement that aura-db wrote itself.
pub(crate) async fn run(conn: &mut MySqlConnection, sql: String) -> Result<(), EngineError> {
    // aura-db's own words, with names and texts quoted by `name` and `text`.
    let statement = sqlx::raw_sql(AssertSqlSafe(sql));
    statement.execute(conn).await?;
    Ok(())
}

/// Runs a statement that aura-db wrote itself, and counts the rows that it wrote or, of an `UPDATE`, found.
pub(crate) async fn affected(conn: &mut MySqlConnection, sql: String) -> Result<u64, EngineError> {
    // aura-db's own words, with names and texts quoted by `name` and `text`.
    Ok(sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await?.rows_affected())
}

/// A row, whatever types its columns claim to have.
pub(crate) fn row(row: &sqlx::mysql::MySqlRow) -> Result<TextRow, EngineError> {
    let columns = 0..row.len();
    Ok(TextRow(columns.map(|column| row.try_get_unchecked(column)).collect::<Result<_, sqlx::Error>>()?))
}
