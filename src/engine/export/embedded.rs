//! What `SQLite`'s own statistics say: `sqlite_stat1` holds the rows and the rows for each key of an index's prefixes.
//! `sqlite_stat4` holds values, and is not read.

use super::Figures;
use crate::engine::EngineError;
use crate::model::scale::key_name;
use crate::model::schema::Table;
use crate::sql::translate::split_index_name;
use sqlx::{Row, SqliteConnection};
use std::collections::BTreeMap;

/// The figures of the tables that were analysed.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    tables: &[&Table],
) -> Result<BTreeMap<String, Figures>, EngineError> {
    let mut known: BTreeMap<String, Figures> = BTreeMap::new();
    let present: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'")
        .fetch_one(&mut *connection)
        .await?;
    if present == 0 {
        return Ok(known);
    }
    let rows = sqlx::query(
        "SELECT s.tbl, coalesce(s.idx, '') AS idx, coalesce(s.stat, '') AS stat, coalesce(l.origin, '') AS origin \
         FROM sqlite_stat1 AS s LEFT JOIN pragma_index_list(s.tbl) AS l ON l.name = s.idx",
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in rows {
        let (of, index, stat): (String, String, String) =
            (row.try_get("tbl")?, row.try_get("idx")?, row.try_get("stat")?);
        let origin: String = row.try_get("origin")?;
        let Some(table) = tables.iter().find(|table| table.name.eq_ignore_ascii_case(&of)) else { continue };
        let mut numbers = stat.split(' ').map_while(|word| word.parse::<u64>().ok());
        let Some(rows) = numbers.next() else { continue };
        let figures = known.entry(table.name.clone()).or_default();
        // A partial index holds fewer rows than the table.
        figures.rows = figures.rows.max(Some(rows));
        let own = split_index_name(&index).map_or(index.as_str(), |(_, own)| own);
        let found = if origin == "pk" { table.primary_key() } else { table.index(own) };
        let Some(found) = found else { continue };
        for (at, per_key) in numbers.enumerate().take_while(|(at, _)| *at < found.parts.len()) {
            let distinct = rows.div_ceil(per_key.max(1));
            match (&found.parts[at].column, at) {
                (Some(column), 0) => {
                    let known = &mut figures.column(column).distinct;
                    *known = (*known).max(Some(distinct));
                }
                _ => {
                    if let Some(key) = key_name(&found.parts[..=at]) {
                        figures.scale.keys.entry(key).or_default().distinct = Some(distinct);
                    }
                }
            }
        }
    }
    Ok(known)
}
