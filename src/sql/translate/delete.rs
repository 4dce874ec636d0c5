//! DELETE, also from a table joined to others, and with ORDER BY and LIMIT, which `SQLite` is built without.

use super::names;
use super::query::refusal;
use super::update::{aliased, base, chosen};
use crate::sql::parse::SqlError;
use sqlparser::ast::{Delete, FromTable, TableFactor, TableWithJoins};

/// The statement's text; its expressions have been translated.
pub(super) fn written(delete: &Delete) -> Result<String, SqlError> {
    let place = delete.delete_token.0.span;
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
    // DELETE a FROM a JOIN b, or DELETE FROM a USING a JOIN b.
    let (goals, sources) = match &delete.using {
        Some(using) => (from.iter().filter_map(name_of).collect(), using),
        None => (delete.tables.iter().map(|name| names::text(name).to_owned()).collect::<Vec<_>>(), from),
    };
    if goals.is_empty() {
        let Some(only) = from.first().filter(|only| from.len() == 1 && only.joins.is_empty()) else {
            return Err(refusal("DELETE from joined tables has to name the table whose rows go", place));
        };
        let (name, alias) = base(&only.relation, place)?;
        let table = aliased(&name, alias.as_deref());
        let called = alias.as_deref().unwrap_or(&name);
        let rows = chosen(&table, called, delete.selection.as_ref(), &delete.order_by, delete.limit.as_ref());
        return Ok(format!("DELETE FROM {table}{rows}"));
    }
    let [goal] = goals.as_slice() else {
        return Err(refusal("the embedded engine deletes from one table at a time", place));
    };
    let factors = sources
        .iter()
        .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)));
    let mut target = None;
    for factor in factors {
        if let TableFactor::Table { name, alias, .. } = factor {
            let called = alias.as_ref().map_or_else(|| names::text(name), |alias| alias.name.value.as_str());
            if called.eq_ignore_ascii_case(goal) {
                let written = alias.as_ref().map_or_else(|| names::written(name), |alias| alias.name.to_string());
                target = Some((names::written(name), written));
            }
        }
    }
    let Some((table, called)) = target else {
        return Err(refusal(format!("{goal} is not among the joined tables"), place));
    };
    let sources: Vec<String> = sources.iter().map(ToString::to_string).collect();
    let condition = delete.selection.as_ref().map(|selection| format!(" WHERE {selection}")).unwrap_or_default();
    Ok(format!("DELETE FROM {table} WHERE rowid IN (SELECT {called}.rowid FROM {}{condition})", sources.join(", ")))
}

fn name_of(from: &TableWithJoins) -> Option<String> {
    match &from.relation {
        TableFactor::Table { name, .. } => Some(names::text(name).to_owned()),
        _ => None,
    }
}
