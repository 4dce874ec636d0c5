//! Rows whose values a down statement overwrites: the condition by which they are counted today, and why that is not
//! possible.

use super::What;
use super::course::Course;
use super::terms::{exact, unchanged};
use crate::model::schema::{Schema, Table};
use crate::sql::overwrite::{Assigned, Overwrite, Replaced, To, Updated};
use crate::sql::quote::name as quote;

/// The most rows of a statement that are looked for one by one.
const MOST_ROWS: usize = 1000;

/// What is known beside the statement.
pub(super) struct On<'a> {
    /// The schema before the rollback.
    pub(super) schema: &'a Schema,
    /// Whether this is the embedded engine.
    pub(super) embedded: bool,
    /// The updates of the up scripts that give constants to rows with constant keys.
    pub(super) updates: &'a [Updated],
}

/// What a statement overwrites, with the reason where its size is not to be counted.
pub(super) fn written(write: &Overwrite, course: &Course, on: &On<'_>) -> Option<(What, Option<String>)> {
    match write {
        Overwrite::Unread(verb, Some(name)) => {
            let what = overwritten(course.table(name), None, Vec::new(), "TRUE".into(), verb);
            Some((what, Some("which ones could not be read".into())))
        }
        Overwrite::Unread(..) => {
            Some((What::Unknown("values are changed in tables that could not be read".into()), None))
        }
        Overwrite::Update(update) => updated(update, course, on),
        Overwrite::Insert(insert) => replaced(insert, course, on),
    }
}

fn overwritten(table: String, alias: Option<String>, columns: Vec<String>, condition: String, by: &str) -> What {
    What::Overwritten { table, alias, columns, condition, by: by.to_owned() }
}

fn updated(update: &Updated, course: &Course, on: &On<'_>) -> Option<(What, Option<String>)> {
    let name = course.table(&update.table);
    let Some(table) = on.schema.table(&name) else {
        // A view, or nothing that is there.
        return Some((overwritten(name, None, Vec::new(), "TRUE".into(), "UPDATE"), None));
    };
    let assigned: Vec<&Assigned> = update.assigned.iter().filter(|one| one.to != To::Itself).collect();
    if assigned.is_empty() {
        return None;
    }
    let columns = assigned.iter().map(|one| course.column(&name, &one.column)).collect();
    let alias = update.alias.clone().or_else(|| (name != update.table).then(|| update.table.clone()));
    let Some(condition) = &update.condition else {
        let what = overwritten(name, alias, columns, "TRUE".into(), "UPDATE");
        return Some((what, Some("its condition has a backslash and could not be read".into())));
    };
    if let Some(doubt) = course.doubt(&name, condition) {
        return Some((overwritten(name, alias, columns, "TRUE".into(), "UPDATE"), Some(doubt)));
    }
    let mut condition = format!("({condition})");
    if !course.has_changed(&name) {
        let constants = assigned.iter().map(|one| match &one.to {
            To::Constant(value) => exact(table.column(&course.column(&name, &one.column))?, value, on.embedded),
            _ => None,
        });
        let kept = constants.collect::<Option<Vec<_>>>().map(|terms| format!("({})", terms.join(" AND ")));
        let own = on.updates.iter().filter_map(|up| as_updated(up, &assigned, table, course, on.embedded));
        for kept in kept.into_iter().chain(own) {
            condition = format!("{condition} AND NOT {kept}");
        }
    }
    let limited = update.limited.then(|| "a LIMIT takes some of the rows".to_owned());
    Some((overwritten(name, alias, columns, condition, "UPDATE"), limited))
}

/// Holds for the rows that an up script's update wrote, found by a unique key, while they are as it left them in all
/// that is overwritten now. `None` when that cannot be told.
fn as_updated(up: &Updated, assigned: &[&Assigned], table: &Table, course: &Course, embedded: bool) -> Option<String> {
    let of_table =
        up.table.eq_ignore_ascii_case(&table.name) || course.table(&up.table).eq_ignore_ascii_case(&table.name);
    let keys = up.keys.as_ref().filter(|_| of_table)?;
    let is_key = |name: &str| keys.iter().any(|(column, _)| column.eq_ignore_ascii_case(name));
    let pinned = table.indexes.iter().filter(|index| index.is_unique()).any(|index| {
        index.parts.iter().all(|part| part.prefix.is_none() && part.column.as_deref().is_some_and(is_key))
    });
    pinned.then_some(())?;
    let mut terms = Vec::new();
    for (column, constants) in keys {
        let one_of: Vec<String> =
            constants.iter().map(|constant| format!("{} <=> {constant}", quote(column))).collect();
        terms.push(format!("({})", one_of.join(" OR ")));
    }
    for one in assigned {
        let column = table.column(&course.column(&table.name, &one.column))?;
        let wrote = up.assigned.iter().rev().find(|wrote| wrote.column.eq_ignore_ascii_case(&column.name))?;
        let To::Constant(value) = &wrote.to else { return None };
        terms.push(exact(column, value, embedded)?);
    }
    Some(format!("({})", terms.join(" AND ")))
}

fn replaced(insert: &Replaced, course: &Course, on: &On<'_>) -> Option<(What, Option<String>)> {
    let name = course.table(&insert.table);
    let by = if insert.assigned.is_some() { "ON DUPLICATE KEY UPDATE" } else { "REPLACE" };
    let Some(table) = on.schema.table(&name) else {
        return Some((overwritten(name, None, Vec::new(), "TRUE".into(), by), None));
    };
    let assigned =
        insert.assigned.as_ref().map(|all| all.iter().filter(|one| one.to != To::Itself).collect::<Vec<_>>());
    if assigned.as_ref().is_some_and(Vec::is_empty) {
        return None;
    }
    let columns = assigned.iter().flatten().map(|one| course.column(&name, &one.column)).collect();
    let size = match &insert.rows {
        None => Err("which rows it meets depends on a query".to_owned()),
        Some(_) if course.has_changed(&name) => Err(format!("an earlier statement changes rows of {name}")),
        Some(rows) if rows.len() > MOST_ROWS => Err(format!("it gives more than {MOST_ROWS} rows")),
        Some(rows) => {
            let given: Vec<String> = if insert.columns.is_empty() {
                table.columns.iter().map(|column| column.name.clone()).collect()
            } else {
                insert.columns.iter().map(|column| course.column(&name, column)).collect()
            };
            let row = |row: &Vec<Option<String>>| met(table, &given, row, assigned.as_deref(), on);
            rows.iter()
                .map(row)
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| "which rows it meets is not in its words".into())
        }
    };
    Some(match size {
        Ok(rows) => {
            let rows: Vec<String> = rows.into_iter().filter(|row| !row.is_empty()).collect();
            (!rows.is_empty()).then_some(())?;
            (overwritten(name, None, columns, rows.join(" OR "), by), None)
        }
        Err(doubt) => (overwritten(name, None, columns, "TRUE".into(), by), Some(doubt)),
    })
}

/// The rows with the same unique keys as this one, unless they would stay as they are; empty when there can be none, and
/// `None` when that cannot be told.
fn met(
    table: &Table,
    given: &[String],
    row: &[Option<String>],
    assigned: Option<&[&Assigned]>,
    on: &On<'_>,
) -> Option<String> {
    (given.len() == row.len()).then_some(())?;
    let at = |name: &str| given.iter().position(|column| column.eq_ignore_ascii_case(name));
    let mut keys = Vec::new();
    for index in table.indexes.iter().filter(|index| index.is_unique()) {
        let mut parts = Vec::new();
        let mut absent = false;
        for part in &index.parts {
            let column = table.column(part.column.as_deref().filter(|_| part.prefix.is_none())?)?;
            let value = match at(&column.name) {
                Some(at) => row[at].as_deref()?,
                None if column.extra.contains("auto_increment") || column.default.is_none() => "NULL",
                None => return None,
            };
            // NULL is like no other value, and an AUTO_INCREMENT column makes a new one of it.
            absent |= value.eq_ignore_ascii_case("NULL");
            parts.push(format!("{} <=> {value}", quote(&column.name)));
        }
        if !absent {
            keys.push(parts.join(" AND "));
        }
    }
    if keys.is_empty() {
        return Some(String::new());
    }
    let keys = keys.iter().map(|key| format!("({key})")).collect::<Vec<_>>().join(" OR ");
    let is_followed = on.schema.tables.iter().flat_map(|child| &child.foreign_keys).any(|key| {
        key.referenced_table.eq_ignore_ascii_case(&table.name)
            && ["CASCADE", "SET NULL"].contains(&key.on_delete.as_str())
    });
    let value = |name: &str| at(name).and_then(|at| row[at].clone());
    let kept = match assigned {
        // MariaDB deletes even an equal row first, and with it the rows that refer to it.
        None if is_followed => None,
        None => {
            let seed = given.iter().cloned().zip(row.iter().cloned());
            let seed: Option<Vec<_>> = seed.map(|(column, value)| Some((column, value?))).collect();
            seed.map(|seed| unchanged(table, &seed, on.embedded))
        }
        Some(assigned) => {
            let term = |one: &&Assigned| {
                let value = match &one.to {
                    To::Constant(value) => value.clone(),
                    To::Inserted(column) => value(column)?,
                    To::Itself | To::Computed => return None,
                };
                exact(table.column(&one.column)?, &value, on.embedded)
            };
            assigned.iter().map(term).collect::<Option<Vec<_>>>().map(|terms| format!("({})", terms.join(" AND ")))
        }
    };
    let kept = kept.map(|kept| format!(" AND NOT {kept}")).unwrap_or_default();
    Some(format!("(({keys}){kept})"))
}
