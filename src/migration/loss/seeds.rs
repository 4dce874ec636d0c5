//! Rows that migrations themselves inserted: those that nobody has changed since are no loss when they go.

use super::terms;
use crate::model::migration::Migration;
use crate::model::schema::Table;
use crate::sql::ddl::{AlterAction, Effect, effect};
use crate::sql::overwrite::{Overwrite, To, Updated, constant, overwrite};
use crate::sql::parse::parse_statement;
use crate::sql::words::names_any;
use sqlparser::ast::{SetExpr, Statement as Ast, TableObject};
use std::collections::BTreeMap;

/// A row that a migration inserted: columns with the expression each was given.
pub type Seed = Vec<(String, String)>;

/// The rows that these migrations' up scripts insert, per table in lower case, and those rows as later ones of these
/// scripts changed them. An insert whose rows are not all constants, or that names no columns, gives none, so that its
/// rows count as a loss.
#[must_use]
pub fn seeds(migrations: &[&Migration]) -> BTreeMap<String, Vec<Seed>> {
    let mut seeds: BTreeMap<String, Vec<Seed>> = BTreeMap::new();
    for sql in ups(migrations) {
        if let Some(Overwrite::Update(update)) = overwrite(sql) {
            let rows = seeds.entry(update.table.to_ascii_lowercase()).or_default();
            let changed: Vec<Seed> = rows.iter().filter_map(|seed| changed(seed, &update)).collect();
            rows.extend(changed);
            continue;
        }
        rename(&mut seeds, &effect(sql));
        let Ok(Ast::Insert(insert)) = parse_statement(sql) else { continue };
        let TableObject::TableName(name) = &insert.table else { continue };
        let Some(table) = name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.to_ascii_lowercase())
        else {
            continue;
        };
        let Some(SetExpr::Values(values)) = insert.source.as_ref().map(|source| source.body.as_ref()) else { continue };
        let columns: Vec<String> = insert.columns.iter().map(column_name).collect();
        for row in &values.rows {
            let constants: Option<Vec<String>> = row.content.iter().map(constant).collect();
            if let Some(constants) = constants.filter(|constants| constants.len() == columns.len()) {
                seeds.entry(table.clone()).or_default().push(columns.iter().cloned().zip(constants).collect());
            }
        }
    }
    seeds.retain(|_, rows| !rows.is_empty());
    seeds
}

/// Follows columns and tables that get another name, and columns that go.
fn rename(seeds: &mut BTreeMap<String, Vec<Seed>>, effect: &Effect) {
    let mut moved = |from: &str, to: &str| {
        if let Some(rows) = seeds.remove(&from.to_ascii_lowercase()) {
            seeds.insert(to.to_ascii_lowercase(), rows);
        }
    };
    match effect {
        Effect::RenameTable { pairs } => pairs.iter().for_each(|(from, to)| moved(from, to)),
        Effect::AlterTable { table, actions } => {
            let rows = seeds.entry(table.to_ascii_lowercase()).or_default();
            let before = rows.clone();
            for (row, was) in rows.iter_mut().zip(before) {
                *row = was.into_iter().filter_map(|(name, value)| Some((renamed(name, actions)?, value))).collect();
            }
            for action in actions {
                if let AlterAction::RenameTo(to) = action
                    && let Some(rows) = seeds.remove(&table.to_ascii_lowercase())
                {
                    seeds.insert(to.to_ascii_lowercase(), rows);
                }
            }
        }
        _ => {}
    }
}

/// A column's name after these clauses, all of which mean the names from before them; `None` when it is dropped.
fn renamed(name: String, actions: &[AlterAction]) -> Option<String> {
    for action in actions {
        match action {
            AlterAction::RenameColumn(from, to) | AlterAction::ChangeColumn(from, to)
                if from.eq_ignore_ascii_case(&name) =>
            {
                return Some(to.clone());
            }
            AlterAction::DropColumn(gone) if gone.eq_ignore_ascii_case(&name) => return None,
            _ => {}
        }
    }
    Some(name)
}

/// A condition that holds for rows which are exactly as a migration made them; empty when it made none.
#[must_use]
pub fn unchanged(table: &Table, seeds: &[Seed], embedded: bool) -> String {
    // Of a column that is not there, as after a `CALL` that dropped it, nobody knows what became.
    let known =
        seeds.iter().filter(|seed| !seed.is_empty() && seed.iter().all(|(name, _)| table.column(name).is_some()));
    known.map(|seed| terms::unchanged(table, seed, embedded)).collect::<Vec<_>>().join(" OR ")
}

/// The updates of these migrations' up scripts that give constants to rows with constant keys.
pub(super) fn updates(migrations: &[&Migration]) -> Vec<Updated> {
    let read = |sql: &str| match overwrite(sql) {
        Some(Overwrite::Update(update)) if update.keys.is_some() && !update.limited => Some(update),
        _ => None,
    };
    ups(migrations).into_iter().filter_map(read).collect()
}

/// The statements of the up scripts that may write rows or give a table another name, in the order in which they were applied.
fn ups<'a>(migrations: &[&'a Migration]) -> Vec<&'a str> {
    let mut ordered = migrations.to_vec();
    ordered.sort_by_key(|migration| migration.version);
    let statements = ordered.into_iter().flat_map(|migration| &migration.up.statements);
    let sqls = statements.map(|statement| statement.sql.as_str());
    sqls.filter(|sql| names_any(sql, &["INSERT", "REPLACE", "UPDATE", "ALTER", "RENAME"])).collect()
}

/// The row after an update that reaches it for certain; `None` when it does not, or when that cannot be told.
fn changed(seed: &Seed, update: &Updated) -> Option<Seed> {
    let value = |column: &str| seed.iter().find(|(name, _)| name.eq_ignore_ascii_case(column)).map(|(_, value)| value);
    let met =
        |(column, constants): &(String, Vec<String>)| value(column).is_some_and(|value| constants.contains(value));
    (!update.limited && update.keys.as_ref()?.iter().all(met)).then_some(())?;
    let mut row = seed.clone();
    for one in &update.assigned {
        let To::Constant(to) = &one.to else {
            if one.to == To::Itself {
                continue;
            }
            return None;
        };
        match row.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(&one.column)) {
            Some((_, value)) => value.clone_from(to),
            None => row.push((one.column.clone(), to.clone())),
        }
    }
    Some(row)
}

fn column_name(name: &impl ToString) -> String {
    let text = name.to_string();
    text.rsplit('.').next().unwrap_or_default().trim_matches('`').to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::migration;
    use super::*;

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

    #[test]
    fn a_seed_follows_the_names_of_its_columns_and_table() {
        let up = [
            "INSERT INTO t (id, a, b, c) VALUES (1, 'x', 'y', 'z')",
            "ALTER TABLE t RENAME COLUMN a TO b, CHANGE b a INT, DROP COLUMN c",
            "RENAME TABLE t TO u",
            "ALTER TABLE u RENAME TO v",
        ];
        let found = &seeds(&[&migration(&up, &[])]);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["v"]);
        assert_eq!(found["v"][0], [("id".into(), "1".into()), ("b".into(), "'x'".into()), ("a".into(), "'y'".into())]);
    }

    #[test]
    fn a_seed_that_a_later_migration_changed_is_one_both_ways() {
        let up = [
            "INSERT INTO t (id, a) VALUES (1, 'x'), (2, 'y')",
            "UPDATE t SET a = 'z', b = 3 WHERE id IN (1, 9)",
            "UPDATE t SET a = 'w' WHERE b > 1",
        ];
        let found = &seeds(&[&migration(&up, &[])])["t"];
        assert_eq!(found.len(), 3);
        assert_eq!(found[2], [("id".into(), "1".into()), ("a".into(), "'z'".into()), ("b".into(), "3".into())]);
    }
}
