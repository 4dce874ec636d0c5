//! What a rollback would destroy, read from the down scripts before any of them runs.
//!
//! Rows that a migration itself inserted, and that nobody has changed since, are no loss: rolling that migration back
//! is meant to take them away. They are called seeds here.

use crate::model::location::Location;
use crate::model::migration::Migration;
use crate::model::schema::Schema;
use crate::sql::ddl::{AlterAction, Effect, databases, effect};
use crate::sql::parse::parse_statement;
use sqlparser::ast::{Expr, FromTable, SetExpr, Statement as Ast, TableFactor, TableObject};
use std::collections::BTreeMap;

/// Something that a down statement destroys, to be counted on the database.
#[derive(Debug, Clone, PartialEq)]
pub struct AtRisk {
    /// What.
    pub what: What,
    /// The statement that does it.
    pub at: Location,
}

/// What a statement destroys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// All rows of a table.
    Table(String),
    /// The rows of a table that meet a condition, in the statement's own words.
    RowsWhere(String, String),
    /// The values of a column in the rows that meet a condition; (table, column, condition).
    ValuesWhere(String, String, String),
    /// The values of a column.
    Column(String, String),
    /// The values of a column may be changed, as it gets another type; (table, column).
    ColumnType(String, String),
    /// Nobody can tell; the reason.
    Unknown(String),
}

/// A row that a migration inserted: columns with the expression each was given.
pub type Seed = Vec<(String, String)>;

/// What these migrations' down scripts destroy, in the order in which they would run.
#[must_use]
pub fn at_risk(migrations: &[&Migration], schema: &Schema, database: Option<&str>) -> Vec<AtRisk> {
    let mut renamed_columns: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    let mut found = Vec::new();
    for statement in migrations.iter().filter_map(|migration| migration.down.as_ref()).flat_map(|down| &down.statements)
    {
        let original = |name: &str| renamed.get(&name.to_ascii_lowercase()).cloned().unwrap_or_else(|| name.to_owned());
        let effect = effect(&statement.sql);
        let elsewhere = databases(&statement.sql).into_iter().find(|other| database.is_some_and(|own| own != other));
        let whats = match &effect {
            Effect::Transaction | Effect::Session | Effect::Read => Vec::new(),
            _ if elsewhere.is_some() => {
                let other = elsewhere.unwrap_or_default();
                vec![What::Unknown(format!("another database, {other}, is changed"))]
            }
            Effect::DropTable { tables } => tables.iter().map(|table| What::Table(original(table))).collect(),
            Effect::Truncate { table } | Effect::ReplaceTable { table } => vec![What::Table(original(table))],
            Effect::AlterTable { table, actions } => {
                let table = original(table);
                let whats = actions.iter().filter_map(|action| altered(&table, action));
                let whats = whats.map(|what| follow_column(what, &renamed_columns)).collect();
                for action in actions {
                    if let AlterAction::RenameColumn(from, to) | AlterAction::ChangeColumn(from, to) = action {
                        let key = |name: &str| (table.to_ascii_lowercase(), name.to_ascii_lowercase());
                        let source = renamed_columns.remove(&key(from)).unwrap_or_else(|| from.clone());
                        renamed_columns.insert(key(to), source);
                    }
                }
                whats
            }
            Effect::Rows { verb, table } if verb == "DELETE" => deleted(&statement.sql, table.as_deref(), &original),
            Effect::Rows { verb, table: None } if verb == "UPDATE" => {
                vec![What::Unknown("values are changed in tables that could not be read".into())]
            }
            Effect::Other => unknown(&statement.sql).into_iter().collect(),
            _ => Vec::new(),
        };
        found.extend(whats.into_iter().map(|what| AtRisk { what, at: statement.at.clone() }));
        let pairs = match effect {
            Effect::RenameTable { pairs } => pairs,
            Effect::AlterTable { table, actions } => actions
                .into_iter()
                .filter_map(
                    |action| if let AlterAction::RenameTo(to) = action { Some((table.clone(), to)) } else { None },
                )
                .collect(),
            _ => Vec::new(),
        };
        for (from, to) in pairs {
            let source = renamed.remove(&from.to_ascii_lowercase()).unwrap_or(from);
            renamed.insert(to.to_ascii_lowercase(), source);
        }
    }
    found.retain(|risk| exists(&risk.what, schema));
    found
}

/// A column by the name that it has before the rollback.
fn follow_column(what: What, renamed: &BTreeMap<(String, String), String>) -> What {
    let source = |table: &str, column: String| {
        renamed.get(&(table.to_ascii_lowercase(), column.to_ascii_lowercase())).cloned().unwrap_or(column)
    };
    match what {
        What::Column(table, column) => {
            let column = source(&table, column);
            What::Column(table, column)
        }
        What::ColumnType(table, column) => {
            let column = source(&table, column);
            What::ColumnType(table, column)
        }
        other => other,
    }
}

/// What is not there cannot be lost (`DROP TABLE IF EXISTS`).
fn exists(what: &What, schema: &Schema) -> bool {
    match what {
        What::Table(table) | What::RowsWhere(table, _) => schema.table(table).is_some(),
        What::Column(table, column) | What::ColumnType(table, column) | What::ValuesWhere(table, column, _) => {
            schema.table(table).is_some_and(|table| table.column(column).is_some())
        }
        What::Unknown(_) => true,
    }
}

fn altered(table: &str, action: &AlterAction) -> Option<What> {
    match action {
        AlterAction::DropColumn(column) => Some(What::Column(table.into(), column.clone())),
        AlterAction::ModifyColumn(column) | AlterAction::ChangeColumn(column, _) => {
            Some(What::ColumnType(table.into(), column.clone()))
        }
        AlterAction::DropPartition => Some(What::Unknown(format!("a partition of {table} is dropped"))),
        _ => None,
    }
}

fn deleted(sql: &str, table: Option<&str>, original: &dyn Fn(&str) -> String) -> Vec<What> {
    let Some(table) = table else {
        return vec![What::Unknown("rows are deleted from a table that could not be read".into())];
    };
    // The syntax tree does not give backslashes back as they stood: such a condition would count other rows.
    let single = match parse_statement(sql) {
        _ if sql.contains('\\') => None,
        Ok(Ast::Delete(delete)) => {
            let from = match &delete.from {
                FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from) => from,
            };
            let simple = from.len() == 1
                && from[0].joins.is_empty()
                && delete.tables.is_empty()
                && delete.using.is_none()
                && delete.limit.is_none()
                && matches!(from[0].relation, TableFactor::Table { alias: None, .. });
            simple.then(|| delete.selection.map_or_else(|| "TRUE".into(), |condition| condition.to_string()))
        }
        _ => None,
    };
    // Which rows is not read: all of them may be meant, and those that refer to them.
    let whole = || vec![What::RowsWhere(original(table), "TRUE".into())];
    single.map_or_else(whole, |condition| vec![What::RowsWhere(original(table), condition)])
}

fn unknown(sql: &str) -> Option<What> {
    const HARMLESS: [&str; 8] = ["CREATE", "ALTER", "GRANT", "REVOKE", "SET", "REPAIR", "KILL", "HELP"];
    let word = sql.split(|c: char| !c.is_ascii_alphabetic()).find(|word| !word.is_empty()).unwrap_or_default();
    (!HARMLESS.contains(&word.to_ascii_uppercase().as_str())).then(|| {
        What::Unknown(format!("what `{}` does cannot be read from it", sql.lines().next().unwrap_or_default()))
    })
}

/// The rows that these migrations' up scripts insert, per table in lower case. An insert whose rows are not all
/// constants, or that names no columns, gives none, so that its rows count as a loss.
#[must_use]
pub fn seeds(migrations: &[&Migration]) -> BTreeMap<String, Vec<Seed>> {
    let mut seeds: BTreeMap<String, Vec<Seed>> = BTreeMap::new();
    for statement in migrations.iter().flat_map(|migration| &migration.up.statements) {
        let Ok(Ast::Insert(insert)) = parse_statement(&statement.sql) else { continue };
        let TableObject::TableName(name) = &insert.table else { continue };
        let Some(table) = name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.to_ascii_lowercase())
        else {
            continue;
        };
        let Some(SetExpr::Values(values)) = insert.source.as_ref().map(|source| source.body.as_ref()) else { continue };
        let columns: Vec<String> = insert.columns.iter().map(column_name).collect();
        for row in &values.rows {
            let row: &[Expr] = row;
            if row.len() == columns.len() && row.iter().all(is_constant) {
                let seed = columns.iter().cloned().zip(row.iter().map(ToString::to_string)).collect();
                seeds.entry(table.clone()).or_default().push(seed);
            }
        }
    }
    seeds
}

fn column_name(name: &impl ToString) -> String {
    let text = name.to_string();
    text.rsplit('.').next().unwrap_or_default().trim_matches('`').to_owned()
}

fn is_constant(expression: &Expr) -> bool {
    match expression {
        Expr::Value(_) => true,
        Expr::UnaryOp { expr, .. } => is_constant(expr),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::migration::{Naming, Script, Set, Statement};
    use crate::model::schema::{Column, Table};

    fn script(sqls: &[&str]) -> Script {
        let statements =
            sqls.iter().map(|sql| Statement { sql: (*sql).into(), at: Location::line("f.sql", 1) }).collect();
        Script { file: "f.sql".into(), text: String::new(), statements }
    }

    fn migration(up: &[&str], down: &[&str]) -> Migration {
        Migration {
            version: 1,
            description: "x".into(),
            naming: Naming::Sqlx,
            set: Set::Schema,
            up: script(up),
            down: Some(script(down)),
        }
    }

    fn whats(down: &[&str]) -> Vec<What> {
        let column = Column { name: "c".into(), ..Column::default() };
        let table = |name: &str| Table { name: name.into(), columns: vec![column.clone()], ..Table::default() };
        let schema = Schema { tables: vec![table("a"), table("t")], routines: vec![] };
        at_risk(&[&migration(&[], down)], &schema, Some("own")).into_iter().map(|risk| risk.what).collect()
    }

    #[test]
    fn what_down_scripts_destroy_is_listed() {
        assert_eq!(whats(&["DROP TABLE IF EXISTS t, gone"]), [What::Table("t".into())]);
        assert_eq!(whats(&["ALTER TABLE t DROP COLUMN c, DROP INDEX i"]), [What::Column("t".into(), "c".into())]);
        assert_eq!(whats(&["DELETE FROM t WHERE id IN (1, 2)"]), [What::RowsWhere("t".into(), "id IN (1, 2)".into())]);
        assert_eq!(whats(&["DELETE t FROM t JOIN a ON a.c = t.c"]).len(), 1);
        assert_eq!(whats(&["DROP INDEX i ON t", "DROP VIEW v"]), []);
        assert!(matches!(whats(&["EXECUTE s"])[..], [What::Unknown(_)]));
    }

    #[test]
    fn what_hides_in_other_words_is_listed_too() {
        assert_eq!(whats(&["/*!50000 DROP TABLE t */"]), [What::Table("t".into())]);
        assert_eq!(whats(&["CREATE OR REPLACE TABLE t (a INT)"]), [What::Table("t".into())]);
        assert!(matches!(whats(&["DROP TABLE other.t"])[..], [What::Unknown(_)]));
        assert_eq!(whats(&["DROP TABLE own.t"]), [What::Table("t".into())]);
        assert!(matches!(whats(&["WITH x AS (SELECT 1) DELETE FROM t"])[..], [What::RowsWhere(..)]));
        assert!(matches!(whats(&["BEGIN NOT ATOMIC DELETE FROM t; END"])[..], [What::Unknown(_)]));
        assert!(matches!(whats(&["ALTER TABLE t TRUNCATE PARTITION p0"])[..], [What::Unknown(_)]));
        assert_eq!(whats(&["BEGIN", "UNLOCK TABLES", "ANALYZE TABLE t", "COMMIT"]), []);
    }

    #[test]
    fn a_renamed_column_loses_nothing_until_it_is_dropped() {
        assert_eq!(whats(&["ALTER TABLE t RENAME COLUMN c TO d"]), []);
        assert_eq!(
            whats(&["ALTER TABLE t RENAME COLUMN c TO d", "ALTER TABLE t DROP COLUMN d"]),
            [What::Column("t".into(), "c".into())]
        );
    }

    #[test]
    fn a_table_is_followed_through_renames() {
        assert_eq!(whats(&["RENAME TABLE t TO old_t", "DROP TABLE old_t"]), [What::Table("t".into())]);
    }

    #[test]
    fn seeds_are_rows_of_constants() {
        let up = [
            "INSERT INTO channels (id, name) VALUES ('a', 'A'), ('b', -1) ON DUPLICATE KEY UPDATE name = VALUES(name)",
            "INSERT INTO channels (id) VALUES (UUID())",
            "INSERT INTO copies (id) SELECT id FROM t",
        ];
        let found = seeds(&[&migration(&up, &[])]);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["channels"]);
        assert_eq!(found["channels"].len(), 2);
        assert_eq!(found["channels"][1], [("id".into(), "'b'".into()), ("name".into(), "-1".into())]);
    }
}
