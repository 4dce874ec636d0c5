//! Writes a scale profile into a `SQLite` database as `sqlite_stat1` (rows, and rows per key) and `sqlite_stat4`
//! (samples of values). Its planner believes both; only `ANALYZE sqlite_schema` makes it read them again.

use super::cardinality::{column_scale, distinct_of_prefix, rows_of};
use super::literal::Domain;
use super::record::encode;
use super::samples::{Kind, Sample, samples};
use crate::engine::EngineError;
use crate::model::query::Value;
use crate::model::scale::Scale;
use crate::model::schema::{Index, IndexKind, Schema, Table};
use crate::sql::translate::split_index_name;
use sqlx::{Row, SqliteConnection, SqlitePool};

/// Replaces the database's statistics by the profile's. Tables that the profile does not list keep none.
///
/// Statistics are read per connection: the pool has to have one connection only, or its other ones go on without.
///
/// # Errors
/// When the database cannot be written, or was built without these statistics.
pub async fn inject(pool: &SqlitePool, schema: &Schema, scale: &Scale) -> Result<(), EngineError> {
    let mut connection = pool.acquire().await?;
    // Makes both tables, also when there is nothing to analyse.
    sqlx::query("ANALYZE").execute(&mut *connection).await?;
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name IN ('sqlite_stat1', 'sqlite_stat4')")
            .fetch_one(&mut *connection)
            .await?;
    if tables != 2 {
        return Err(EngineError::Unexpected("the embedded engine was built without sqlite_stat4".into()));
    }
    sqlx::query("DELETE FROM sqlite_stat1").execute(&mut *connection).await?;
    sqlx::query("DELETE FROM sqlite_stat4").execute(&mut *connection).await?;
    for table in &schema.tables {
        if let Some(rows) = rows_of(table, scale) {
            inject_table(&mut connection, table, rows, schema, scale).await?;
        }
    }
    sqlx::query("ANALYZE sqlite_schema").execute(&mut *connection).await?;
    Ok(())
}

async fn inject_table(
    connection: &mut SqliteConnection,
    table: &Table,
    rows: u64,
    schema: &Schema,
    scale: &Scale,
) -> Result<(), EngineError> {
    stat1(connection, table, None, &rows.to_string()).await?;
    let list = sqlx::query("SELECT name, origin FROM pragma_index_list(?)")
        .bind(&table.name)
        .fetch_all(&mut *connection)
        .await?;
    for row in &list {
        let (name, origin): (String, String) = (row.try_get("name")?, row.try_get("origin")?);
        let known = split_index_name(&name).map_or(name.as_str(), |(_, index)| index);
        let index = if origin == "pk" { table.primary_key() } else { table.index(known) };
        let Some(index) = index else { continue };
        let distinct = distinct_of_prefix(table, index, scale, schema);
        let per_key: Vec<String> = distinct.iter().map(|&distinct| rows.div_ceil(distinct).to_string()).collect();
        stat1(connection, table, Some(&name), &format!("{rows} {}", per_key.join(" "))).await?;
        for sample in first_column(table, index, rows, &distinct, scale) {
            stat4(connection, table, &name, index, rows, &distinct, &sample).await?;
        }
    }
    Ok(())
}

async fn stat1(
    connection: &mut SqliteConnection,
    table: &Table,
    index: Option<&str>,
    stat: &str,
) -> Result<(), EngineError> {
    sqlx::query("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)")
        .bind(&table.name)
        .bind(index)
        .bind(stat)
        .execute(connection)
        .await?;
    Ok(())
}

/// The samples of the index's first column, when the profile knows values of it.
fn first_column(table: &Table, index: &Index, rows: u64, distinct: &[u64], scale: &Scale) -> Vec<Sample> {
    let Some(part) = index.parts.first() else { return Vec::new() };
    let Some(column) = part.column.as_deref().and_then(|name| table.column(name)) else { return Vec::new() };
    let Some(profile) = column_scale(table, &column.name, scale) else { return Vec::new() };
    let base = column.base_type();
    let textual =
        ["char", "text", "clob", "blob", "date", "time", "enum", "set"].iter().any(|word| base.contains(word));
    let no_case = column.collation.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("NOCASE"));
    let dates = Some(Domain::of(column, None)).filter(|domain| matches!(domain, Domain::Date | Domain::DateTime));
    let kind = Kind { dates, numeric: !textual, no_case, descending: part.descending };
    samples(profile, rows, distinct.first().copied().unwrap_or(1), &kind)
}

/// One sample. The other key parts are NULL, which sorts first among the rows of the value, and are as frequent within
/// it as they are on average.
async fn stat4(
    connection: &mut SqliteConnection,
    table: &Table,
    name: &str,
    index: &Index,
    rows: u64,
    distinct: &[u64],
    sample: &Sample,
) -> Result<(), EngineError> {
    let whole = index.is_unique() && index.kind == IndexKind::Primary;
    let mut equal = vec![sample.equal.max(1)];
    let mut less = vec![sample.less];
    let mut distinct_less = vec![sample.distinct_less];
    let mut values = vec![sample.value.clone()];
    for part in 1..=index.parts.len() {
        let last = part == index.parts.len();
        let average = if last || whole { 1 } else { rows.div_ceil(distinct[part].max(1)) };
        equal.push(average.min(equal[part - 1]));
        less.push(sample.less);
        let keys = distinct.get(part).copied().unwrap_or(rows);
        distinct_less
            .push(u64::try_from(u128::from(sample.less) * u128::from(keys) / u128::from(rows.max(1))).unwrap_or(0));
        // The row's own number is the last value of an index's record.
        values.push(if last { Value::Int(1) } else { Value::Null });
    }
    let list = |numbers: &[u64]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    sqlx::query("INSERT INTO sqlite_stat4 (tbl, idx, neq, nlt, ndlt, sample) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(&table.name)
        .bind(name)
        .bind(list(&equal))
        .bind(list(&less))
        .bind(list(&distinct_less))
        .bind(encode(&values))
        .execute(connection)
        .await?;
    Ok(())
}
