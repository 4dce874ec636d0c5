//! Which table a column belongs to, scope by scope from the inside out.

use super::{Filter, Occurrence};
use crate::model::schema::Schema;
use sqlparser::ast::{Expr, Ident, TableFactor, TableWithJoins};
use sqlparser::tokenizer::Location;
use std::collections::BTreeSet;

/// What one SELECT, UPDATE or DELETE reads: names in lower case, with the occurrence when it is a base table.
pub(super) type Scope = Vec<(String, Option<usize>)>;

/// The byte at which a place in the text is.
pub(super) fn offset(sql: &str, place: Location) -> Option<usize> {
    let line = usize::try_from(place.line).ok()?.checked_sub(1)?;
    let column = usize::try_from(place.column).ok()?.checked_sub(1)?;
    let start = if line == 0 { 0 } else { sql.match_indices('\n').nth(line - 1)?.0 + 1 };
    let rest = &sql[start..];
    rest.char_indices().map(|(at, _)| at).chain([rest.len()]).nth(column).map(|at| start + at)
}

/// Adds the tables of a FROM clause.
pub(super) fn add(
    tables: &[TableWithJoins],
    sql: &str,
    schema: &Schema,
    ctes: &BTreeSet<String>,
    scope: &mut Scope,
    occurrences: &mut Vec<Occurrence>,
) {
    for table in tables {
        let factors = std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation));
        for factor in factors {
            match factor {
                TableFactor::NestedJoin { table_with_joins, .. } => {
                    add(std::slice::from_ref(table_with_joins), sql, schema, ctes, scope, occurrences);
                }
                TableFactor::Table { .. } => add_table(factor, sql, schema, ctes, scope, occurrences),
                TableFactor::Derived { alias: Some(alias), .. } => scope.push((alias.name.value.to_lowercase(), None)),
                _ => scope.push((String::new(), None)),
            }
        }
    }
}

fn add_table(
    factor: &TableFactor,
    sql: &str,
    schema: &Schema,
    ctes: &BTreeSet<String>,
    scope: &mut Scope,
    occurrences: &mut Vec<Occurrence>,
) {
    let TableFactor::Table { name, alias, partitions, .. } = factor else { return };
    let Some(ident) = name.0.last().and_then(|part| part.as_ident()) else { return };
    let known = alias.as_ref().map_or(&ident.value, |alias| &alias.name.value);
    let table = schema.table(&ident.value).filter(|_| name.0.len() > 1 || !ctes.contains(&ident.value.to_lowercase()));
    let place = span(ident, sql);
    let (Some(table), Some(place)) = (table, place) else {
        scope.push((known.to_lowercase(), None));
        return;
    };
    scope.push((known.to_lowercase(), Some(occurrences.len())));
    occurrences.push(Occurrence {
        alias: known.clone(),
        table: table.name.clone(),
        name: place,
        aliased: alias.is_some(),
        replaceable: name.0.len() == 1 && partitions.is_empty(),
        filter: Filter::And(Vec::new()),
        unread: BTreeSet::new(),
    });
}

fn span(ident: &Ident, sql: &str) -> Option<std::ops::Range<usize>> {
    let (start, end) = (offset(sql, ident.span.start)?, offset(sql, ident.span.end)?);
    let written = sql.get(start..end)?;
    // Bent tokens may stand elsewhere than in the text.
    written.trim_matches('`').eq_ignore_ascii_case(&ident.value).then_some(start..end)
}

/// The column that an expression is, as (occurrence, name in lower case).
pub(super) fn column(
    expr: &Expr,
    scopes: &[Scope],
    occurrences: &[Occurrence],
    schema: &Schema,
) -> Option<(usize, String)> {
    let has = |at: usize, column: &str| {
        schema.table(&occurrences[at].table).is_some_and(|table| table.column(column).is_some())
    };
    match expr {
        Expr::Nested(inner) => column(inner, scopes, occurrences, schema),
        Expr::Identifier(name) => {
            for scope in scopes.iter().rev() {
                let mut owners = scope.iter().filter_map(|(_, at)| at.filter(|at| has(*at, &name.value)));
                if let Some(owner) = owners.next() {
                    return owners.next().is_none().then(|| (owner, name.value.to_lowercase()));
                }
                // It may be a column of what is computed.
                if scope.iter().any(|(_, at)| at.is_none()) {
                    return None;
                }
            }
            None
        }
        Expr::CompoundIdentifier(parts) => {
            let [.., alias, name] = parts.as_slice() else { return None };
            let alias = alias.value.to_lowercase();
            let found = scopes.iter().rev().flatten().find(|(known, _)| *known == alias)?;
            found.1.filter(|at| has(*at, &name.value)).map(|at| (at, name.value.to_lowercase()))
        }
        _ => None,
    }
}
