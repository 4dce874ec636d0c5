//! Reads a `SQLite` database's catalogue: the pragmas, and the stored statements for what those leave out.

use super::sqlite_ddl::{self, TableText};
use crate::engine::EngineError;
use crate::model::schema::{Column, ForeignKey, Index, IndexKind, KeyPart, Routine, Schema, Table};
use crate::sql::translate::split_index_name;
use sqlx::{Row, SqliteConnection};

/// Reads the catalogue. Tables of `SQLite` itself are left out, and those named in `skip`, compared without case.
///
/// An index is named without the `table.` that it carries in the embedded engine, and the primary key is `PRIMARY`,
/// also when it is the row's own number and has no index of its own.
///
/// # Errors
/// When the database cannot be read.
pub async fn read(connection: &mut SqliteConnection, skip: &[&str]) -> Result<Schema, EngineError> {
    let mut schema = Schema::default();
    let objects = sqlx::query("SELECT type, name, coalesce(sql, '') AS sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name")
        .fetch_all(&mut *connection)
        .await?;
    for object in &objects {
        let (kind, name, sql): (String, String, String) =
            (object.try_get("type")?, object.try_get("name")?, object.try_get("sql")?);
        match kind.as_str() {
            "table" if name.starts_with("_aura_db_") => {}
            "table" if !skip.iter().any(|other| other.eq_ignore_ascii_case(&name)) => {
                schema.tables.push(table(connection, name, &sql).await?);
            }
            "view" | "trigger" => schema.routines.push(Routine { kind, name, definition: sql }),
            _ => {}
        }
    }
    Ok(schema)
}

async fn table(connection: &mut SqliteConnection, name: String, sql: &str) -> Result<Table, EngineError> {
    let text = sqlite_ddl::table(sql);
    let automatic = sql.to_ascii_uppercase().contains("AUTOINCREMENT");
    let (columns, primary) = columns(connection, &name, &text, automatic).await?;
    let mut indexes = indexes(connection, &name).await?;
    if !primary.is_empty() && !indexes.iter().any(|index| index.kind == IndexKind::Primary) {
        let parts = primary.iter().map(KeyPart::column).collect();
        indexes.push(Index {
            name: "PRIMARY".into(),
            kind: IndexKind::Primary,
            parts,
            visible: true,
            comment: String::new(),
            cardinality: Vec::new(),
        });
    }
    indexes.sort_by(|one, other| one.name.cmp(&other.name));
    let foreign_keys = foreign_keys(connection, &name, &text).await?;
    Ok(Table { name, columns, indexes, foreign_keys, checks: text.checks, ..Table::default() })
}

/// The columns, and the names of those that make up the primary key, in its order.
async fn columns(
    connection: &mut SqliteConnection,
    table: &str,
    text: &TableText,
    automatic: bool,
) -> Result<(Vec<Column>, Vec<String>), EngineError> {
    let find = |list: &[(String, String)], name: &str| {
        list.iter().find(|(column, _)| column.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    };
    let rows =
        sqlx::query("SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid")
            .bind(table)
            .fetch_all(&mut *connection)
            .await?;
    let mut columns = Vec::new();
    let mut primary = Vec::new();
    for row in &rows {
        let (name, column_type): (String, String) = (row.try_get("name")?, row.try_get("type")?);
        let (not_null, key): (i64, i64) = (row.try_get("notnull")?, row.try_get("pk")?);
        if key > 0 {
            primary.push((key, name.clone()));
        }
        columns.push(Column {
            column_type: column_type.to_ascii_lowercase(),
            nullable: not_null == 0 && key == 0,
            default: row.try_get("dflt_value")?,
            extra: if automatic && key > 0 { "auto_increment".into() } else { String::new() },
            collation: find(&text.collations, &name),
            generated: find(&text.generated, &name).unwrap_or_default(),
            comment: String::new(),
            name,
            distinct: None,
            null_fraction: None,
            hot: Vec::new(),
        });
    }
    primary.sort_unstable();
    Ok((columns, primary.into_iter().map(|(_, name)| name).collect()))
}

async fn indexes(connection: &mut SqliteConnection, table: &str) -> Result<Vec<Index>, EngineError> {
    let rows = sqlx::query(
        "SELECT list.name AS name, list.\"unique\" AS is_unique, list.origin AS origin, coalesce(stored.sql, '') AS sql \
         FROM pragma_index_list(?) AS list LEFT JOIN sqlite_schema AS stored ON stored.type = 'index' AND stored.name = list.name",
    )
    .bind(table)
    .fetch_all(&mut *connection)
    .await?;
    let mut indexes = Vec::new();
    for row in &rows {
        let (full, origin, sql): (String, String, String) =
            (row.try_get("name")?, row.try_get("origin")?, row.try_get("sql")?);
        let unique: i64 = row.try_get("is_unique")?;
        let kind = match (origin.as_str(), unique) {
            ("pk", _) => IndexKind::Primary,
            (_, 0) => IndexKind::Plain,
            _ => IndexKind::Unique,
        };
        let name = if kind == IndexKind::Primary {
            "PRIMARY"
        } else {
            split_index_name(&full).map_or(full.as_str(), |(_, name)| name)
        };
        indexes.push(Index {
            name: name.to_owned(),
            kind,
            parts: parts(connection, &full, &sql).await?,
            visible: true,
            comment: String::new(),
            cardinality: Vec::new(),
        });
    }
    Ok(indexes)
}

async fn parts(connection: &mut SqliteConnection, index: &str, sql: &str) -> Result<Vec<KeyPart>, EngineError> {
    let written = sqlite_ddl::key_parts(sql);
    let rows = sqlx::query("SELECT seqno, name, \"desc\" FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno")
        .bind(index)
        .fetch_all(&mut *connection)
        .await?;
    let mut parts = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let column: Option<String> = row.try_get("name")?;
        let descending: i64 = row.try_get("desc")?;
        let expression = if column.is_none() { Some(written.get(at).cloned().unwrap_or_default()) } else { None };
        parts.push(KeyPart { column, expression, prefix: None, descending: descending != 0 });
    }
    Ok(parts)
}

async fn foreign_keys(
    connection: &mut SqliteConnection,
    table: &str,
    text: &TableText,
) -> Result<Vec<ForeignKey>, EngineError> {
    let rows = sqlx::query(
        "SELECT id, \"table\" AS parent, \"from\" AS child, \"to\" AS referenced, on_update, on_delete \
         FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq",
    )
    .bind(table)
    .fetch_all(&mut *connection)
    .await?;
    let mut keys: Vec<(i64, ForeignKey)> = Vec::new();
    for row in &rows {
        let (id, child): (i64, String) = (row.try_get("id")?, row.try_get("child")?);
        if keys.last().is_none_or(|(last, _)| *last != id) {
            let key = ForeignKey {
                name: format!("{table}_ibfk_{}", keys.len() + 1),
                columns: Vec::new(),
                referenced_table: row.try_get("parent")?,
                referenced_columns: Vec::new(),
                on_delete: row.try_get("on_delete")?,
                on_update: row.try_get("on_update")?,
            };
            keys.push((id, key));
        }
        if let Some((_, key)) = keys.last_mut() {
            key.columns.push(child);
            key.referenced_columns.extend(row.try_get::<Option<String>, _>("referenced")?);
        }
    }
    let mut keys: Vec<ForeignKey> = keys.into_iter().map(|(_, key)| key).collect();
    for key in &mut keys {
        if let Some((_, name)) = text.foreign_keys.iter().find(|(columns, _)| *columns == key.columns) {
            key.name.clone_from(name);
        }
    }
    keys.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(keys)
}
