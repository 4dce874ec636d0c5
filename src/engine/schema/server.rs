//! Reads `information_schema` of `MySQL` and `MariaDB`: one query for each kind of object, whatever the number of tables.
//!
//! Both servers name the same facts differently in places; what they word differently is settled here, what they mean
//! differently (`int` and `int(11)`) stays as each says it, since schemas are compared on one server only.

use super::programs;
use crate::engine::error::EngineError;
use crate::engine::text::{self, TextRow};
use crate::model::engine::{Engine, EngineKind};
use crate::model::schema::{Column, ForeignKey, Index, IndexKind, KeyPart, Schema, Table};
use sqlx::MySqlConnection;
use std::collections::BTreeMap;

/// What the names of aura-db's own tables begin with.
const OWN: &str = "_aura_db_";

/// Tables by name while they are put together.
type Tables = BTreeMap<String, Table>;

/// Reads the schema of the connection's database, without the tables in `skip`.
///
/// Rows and cardinalities are the server's estimates of this moment, not those of a day ago that `MySQL` keeps.
/// What the account may not see is left out, as `information_schema` does itself.
///
/// # Errors
/// When no database is chosen, the server refuses, or the connection breaks.
pub async fn read(conn: &mut MySqlConnection, engine: &Engine, skip: &[&str]) -> Result<Schema, EngineError> {
    read_those(conn, engine, &Which::AllBut(skip)).await
}

/// The tables of the connection's database, by name alone.
///
/// # Errors
/// As with [`read`].
pub async fn read_names(conn: &mut MySqlConnection) -> Result<Schema, EngineError> {
    let sql = "SELECT TABLE_NAME FROM information_schema.TABLES \
               WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')";
    let rows = text::rows(conn, sql.into()).await?;
    let table = |row: &TextRow| Table { name: row.text(0), ..Table::default() };
    Ok(Schema { tables: rows.iter().map(table).collect(), routines: Vec::new() })
}

/// Reads what bears one of these names, in a time that does not depend on how much else there is.
///
/// # Errors
/// As with [`read`].
pub async fn read_only(conn: &mut MySqlConnection, engine: &Engine, names: &[String]) -> Result<Schema, EngineError> {
    if names.is_empty() {
        return Ok(Schema::default());
    }
    read_those(conn, engine, &Which::Only(names)).await
}

/// Which objects to read. aura-db's own tables are never among them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which<'a> {
    /// All but the tables of these names.
    AllBut(&'a [&'a str]),
    /// Those of these names.
    Only(&'a [String]),
}

impl Which<'_> {
    /// A condition on the column that holds the name, to be added to others.
    pub(super) fn clause(&self, column: &str) -> String {
        match self {
            Self::AllBut(_) => String::new(),
            Self::Only(names) => {
                let names: Vec<String> = names.iter().map(|name| text::text(name)).collect();
                format!(" AND {column} IN ({})", names.join(", "))
            }
        }
    }

    /// Whether a table is to be read.
    pub(super) fn has(&self, table: &str) -> bool {
        !table.starts_with(OWN)
            && match self {
                Self::AllBut(names) => !names.iter().any(|name| name.eq_ignore_ascii_case(table)),
                Self::Only(_) => true,
            }
    }
}

async fn read_those(conn: &mut MySqlConnection, engine: &Engine, which: &Which<'_>) -> Result<Schema, EngineError> {
    if engine.kind == EngineKind::Mysql {
        // Reading through the cached statistics would also write them.
        text::run(conn, "SET SESSION information_schema_stats_expiry = 0".into()).await?;
    }
    let database = text::rows(conn, "SELECT DATABASE()".into()).await?;
    let Some(database) = database.first().and_then(|row| row.get(0)).map(str::to_owned) else {
        return Err(EngineError::Configuration("no database is chosen".into()));
    };
    let mut tables = read_tables(conn, which).await?;
    // Most migrations make their tables: before they run there is nothing to ask about.
    if !tables.is_empty() {
        read_columns(conn, engine, which, &mut tables).await?;
        read_partitions(conn, which, &mut tables).await?;
        read_indexes(conn, engine, which, &mut tables).await?;
        read_foreign_keys(conn, &database, which, &mut tables).await?;
        read_checks(conn, engine, which, &mut tables).await?;
    }
    for table in tables.values_mut() {
        table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
        table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
        table.checks.sort();
    }
    let routines = programs::read(conn, &database, which).await?;
    Ok(Schema { tables: tables.into_values().collect(), routines })
}

async fn read_tables(conn: &mut MySqlConnection, which: &Which<'_>) -> Result<Tables, EngineError> {
    let sql = format!(
        "SELECT TABLE_NAME, ENGINE, TABLE_COLLATION, TABLE_COMMENT, TABLE_ROWS, CREATE_OPTIONS \
         FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED'){}",
        which.clause("TABLE_NAME")
    );
    let rows = text::rows(conn, sql).await?;
    let wanted = rows.iter().filter(|row| which.has(&row.text(0)));
    let table = |row: &TextRow| Table {
        name: row.text(0),
        storage_engine: row.get(1).map(str::to_owned),
        collation: row.get(2).map(str::to_owned),
        comment: row.text(3),
        rows: row.number(4),
        options: row.text(5),
        ..Table::default()
    };
    Ok(wanted.map(|row| (row.text(0), table(row))).collect())
}

async fn read_partitions(
    conn: &mut MySqlConnection,
    which: &Which<'_>,
    tables: &mut Tables,
) -> Result<(), EngineError> {
    let sql = format!(
        "SELECT TABLE_NAME, PARTITION_METHOD, PARTITION_EXPRESSION, PARTITION_NAME, PARTITION_DESCRIPTION, \
         SUBPARTITION_METHOD, SUBPARTITION_EXPRESSION, SUBPARTITION_NAME FROM information_schema.PARTITIONS \
         WHERE TABLE_SCHEMA = DATABASE() AND PARTITION_NAME IS NOT NULL{} \
         ORDER BY TABLE_NAME, PARTITION_ORDINAL_POSITION, SUBPARTITION_ORDINAL_POSITION",
        which.clause("TABLE_NAME")
    );
    for row in text::rows(conn, sql).await? {
        let Some(table) = tables.get_mut(&row.text(0)) else { continue };
        let words: Vec<&str> = (1..8).filter_map(|column| row.get(column)).collect();
        table.options = format!("{}; partition {}", table.options, words.join(" "));
    }
    Ok(())
}

async fn read_columns(
    conn: &mut MySqlConnection,
    engine: &Engine,
    which: &Which<'_>,
    tables: &mut Tables,
) -> Result<(), EngineError> {
    let sql = format!(
        "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLLATION_NAME, \
         GENERATION_EXPRESSION, COLUMN_COMMENT FROM information_schema.COLUMNS \
         WHERE TABLE_SCHEMA = DATABASE(){} ORDER BY TABLE_NAME, ORDINAL_POSITION",
        which.clause("TABLE_NAME")
    );
    for row in text::rows(conn, sql).await? {
        let Some(table) = tables.get_mut(&row.text(0)) else { continue };
        table.columns.push(Column {
            name: row.text(1),
            column_type: row.text(2),
            nullable: row.get(3) == Some("YES"),
            // MariaDB words "no default but NULL" as the text NULL, and puts real texts in quotes; MySQL does neither.
            default: row.get(4).filter(|text| engine.kind != EngineKind::Mariadb || *text != "NULL").map(str::to_owned),
            extra: row.text(5),
            collation: row.get(6).map(str::to_owned),
            generated: row.text(7),
            comment: row.text(8),
            distinct: None,
            null_fraction: None,
            hot: Vec::new(),
        });
    }
    Ok(())
}

async fn read_indexes(
    conn: &mut MySqlConnection,
    engine: &Engine,
    which: &Which<'_>,
    tables: &mut Tables,
) -> Result<(), EngineError> {
    let (expression, visible) = match engine.kind {
        // 8.0 before 8.0.13 has no functional key parts; the column came with them.
        EngineKind::Mysql if has_column(conn, "EXPRESSION").await? => ("EXPRESSION", "IS_VISIBLE"),
        EngineKind::Mysql => ("NULL", "IS_VISIBLE"),
        _ if has_column(conn, "IGNORED").await? => ("NULL", "IF(IGNORED = 'YES', 'NO', 'YES')"),
        _ => ("NULL", "'YES'"),
    };
    let sql = format!(
        "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, INDEX_TYPE, {visible}, INDEX_COMMENT, COLUMN_NAME, {expression}, \
         SUB_PART, COLLATION, CARDINALITY FROM information_schema.STATISTICS \
         WHERE TABLE_SCHEMA = DATABASE(){} ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
        which.clause("TABLE_NAME")
    );
    for row in text::rows(conn, sql).await? {
        let Some(table) = tables.get_mut(&row.text(0)) else { continue };
        let name = row.text(1);
        if table.indexes.last().is_none_or(|index| index.name != name) {
            table.indexes.push(Index {
                kind: kind(&name, &row.text(2), &row.text(3)),
                name,
                parts: Vec::new(),
                visible: row.get(4) != Some("NO"),
                comment: row.text(5),
                cardinality: Vec::new(),
            });
        }
        let Some(index) = table.indexes.last_mut() else { continue };
        let fulltext = index.kind == IndexKind::Fulltext;
        index.parts.push(KeyPart {
            column: row.get(6).map(str::to_owned),
            expression: row.get(7).map(str::to_owned),
            // A SPATIAL part reports the 32 bytes of its box; that is no prefix.
            prefix: row.number(8).filter(|_| index.kind != IndexKind::Spatial).and_then(|n| u32::try_from(n).ok()),
            descending: row.get(9) == Some("D"),
        });
        // One figure for each left prefix; a gap would shift the rest, so the first unknown one ends the list.
        if let Some(distinct) = row.number(10).filter(|_| !fulltext && index.cardinality.len() + 1 == index.parts.len())
        {
            index.cardinality.push(distinct);
        }
    }
    Ok(())
}

fn kind(name: &str, non_unique: &str, index_type: &str) -> IndexKind {
    match (name, index_type, non_unique) {
        ("PRIMARY", _, _) => IndexKind::Primary,
        (_, "FULLTEXT", _) => IndexKind::Fulltext,
        (_, "SPATIAL", _) => IndexKind::Spatial,
        (_, _, "0") => IndexKind::Unique,
        _ => IndexKind::Plain,
    }
}

async fn has_column(conn: &mut MySqlConnection, column: &str) -> Result<bool, EngineError> {
    let sql = format!(
        "SELECT 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'information_schema' \
         AND TABLE_NAME = 'STATISTICS' AND COLUMN_NAME = {}",
        text::text(column)
    );
    Ok(!text::rows(conn, sql).await?.is_empty())
}

async fn read_foreign_keys(
    conn: &mut MySqlConnection,
    database: &str,
    which: &Which<'_>,
    tables: &mut Tables,
) -> Result<(), EngineError> {
    let rules = format!(
        "SELECT TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE \
         FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE(){}",
        which.clause("TABLE_NAME")
    );
    let rules: BTreeMap<(String, String), (String, String)> = text::rows(conn, rules)
        .await?
        .iter()
        .map(|row| ((row.text(0), row.text(1)), (row.text(2), row.text(3))))
        .collect();
    let sql = format!(
        "SELECT TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, \
         REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE \
         WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL{} \
         ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION",
        which.clause("TABLE_NAME")
    );
    for row in text::rows(conn, sql).await? {
        let Some(table) = tables.get_mut(&row.text(0)) else { continue };
        let name = row.text(1);
        if table.foreign_keys.last().is_none_or(|key| key.name != name) {
            let (on_delete, on_update) = rules.get(&(row.text(0), row.text(1))).cloned().unwrap_or_default();
            let schema = row.text(3);
            let referenced = row.text(4);
            table.foreign_keys.push(ForeignKey {
                name,
                columns: Vec::new(),
                referenced_table: if schema == database { referenced } else { format!("{schema}.{referenced}") },
                referenced_columns: Vec::new(),
                on_delete,
                on_update,
            });
        }
        if let Some(key) = table.foreign_keys.last_mut() {
            key.columns.push(row.text(2));
            key.referenced_columns.push(row.text(5));
        }
    }
    Ok(())
}

async fn read_checks(
    conn: &mut MySqlConnection,
    engine: &Engine,
    which: &Which<'_>,
    tables: &mut Tables,
) -> Result<(), EngineError> {
    let sql = if engine.kind == EngineKind::Mariadb {
        "SELECT TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE, 'YES' FROM information_schema.CHECK_CONSTRAINTS \
         WHERE CONSTRAINT_SCHEMA = DATABASE()"
    } else {
        "SELECT t.TABLE_NAME, t.CONSTRAINT_NAME, c.CHECK_CLAUSE, t.ENFORCED FROM information_schema.TABLE_CONSTRAINTS t \
         JOIN information_schema.CHECK_CONSTRAINTS c USING (CONSTRAINT_SCHEMA, CONSTRAINT_NAME) \
         WHERE t.CONSTRAINT_SCHEMA = DATABASE() AND t.CONSTRAINT_TYPE = 'CHECK'"
    };
    let rows = match text::rows(conn, format!("{sql}{}", which.clause("TABLE_NAME"))).await {
        // CHECK_CONSTRAINTS came with 8.0.16, CHECK itself with it.
        Err(error) if error.code() == Some(1109) => Vec::new(),
        rows => rows?,
    };
    for row in rows {
        let Some(table) = tables.get_mut(&row.text(0)) else { continue };
        let enforced = if row.get(3) == Some("NO") { " NOT ENFORCED" } else { "" };
        table.checks.push((row.text(1), format!("{}{enforced}", row.text(2))));
    }
    Ok(())
}
