//! UPDATE, also of a table joined to others, and with ORDER BY and LIMIT, which `SQLite` is built without.

use super::insert::target;
use super::names;
use super::query::refusal;
use crate::sql::parse::SqlError;
use sqlparser::ast::{AssignmentTarget, Expr, JoinConstraint, JoinOperator, OrderByExpr, Spanned, TableFactor, Update};

/// The statement's text; its expressions have been translated.
pub(super) fn written(update: &mut Update) -> Result<String, SqlError> {
    let place = update.update_token.0.span;
    let verb = if update.or.is_some() { "UPDATE OR IGNORE" } else { "UPDATE" };
    let mut changes = Vec::new();
    for assignment in &update.assignments {
        changes.push(format!("{} = {}", target(&assignment.target)?, assignment.value));
    }
    let changes = changes.join(", ");
    if update.table.joins.is_empty() {
        let (name, alias) = base(&update.table.relation, place)?;
        let table = aliased(&name, alias.as_deref());
        let rows = chosen(
            &table,
            alias.as_deref().unwrap_or(&name),
            update.selection.as_ref(),
            &update.order_by,
            update.limit.as_ref(),
        );
        return Ok(format!("{verb} {table} SET {changes}{rows}"));
    }
    let mut others = Vec::new();
    let mut conditions = Vec::new();
    let goal = goal(update)?;
    let mut found = None;
    let mut take = |factor: &TableFactor| -> Result<(), SqlError> {
        match base(factor, place) {
            Ok((name, alias)) if alias.as_deref().unwrap_or(&name).eq_ignore_ascii_case(&goal) => {
                found = Some(aliased(&name, alias.as_deref()));
            }
            _ => others.push(factor.to_string()),
        }
        Ok(())
    };
    take(&update.table.relation)?;
    for join in &update.table.joins {
        take(&join.relation)?;
        match &join.join_operator {
            JoinOperator::Join(on)
            | JoinOperator::Inner(on)
            | JoinOperator::CrossJoin(on)
            | JoinOperator::StraightJoin(on) => match on {
                JoinConstraint::On(on) => conditions.push(format!("({on})")),
                JoinConstraint::None => {}
                _ => return Err(refusal("the embedded engine updates joined tables by ON only, not by USING", place)),
            },
            _ => return Err(refusal("the embedded engine cannot UPDATE through an outer join; use a subquery", place)),
        }
    }
    let Some(table) = found else {
        return Err(refusal(format!("the updated table {goal} is not among the joined ones"), place));
    };
    if let Some(selection) = &update.selection {
        conditions.push(format!("({selection})"));
    }
    let condition = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    Ok(format!("{verb} {table} SET {changes} FROM {}{condition}", others.join(", ")))
}

/// The one table or alias that a joined UPDATE assigns to.
fn goal(update: &Update) -> Result<String, SqlError> {
    let mut goal: Option<String> = None;
    for assignment in &update.assignments {
        let AssignmentTarget::ColumnName(name) = &assignment.target else { continue };
        let Some(table) = name.0.len().checked_sub(2).and_then(|at| name.0[at].as_ident()) else {
            let message = format!("{name}: in an UPDATE of joined tables the column needs its table's name");
            return Err(refusal(message, name.span()));
        };
        if goal.as_ref().is_some_and(|other| !other.eq_ignore_ascii_case(&table.value)) {
            return Err(refusal("the embedded engine updates one table at a time", name.span()));
        }
        goal = Some(table.value.clone());
    }
    Ok(goal.unwrap_or_default())
}

/// Name and alias of a base table.
pub(super) fn base(
    factor: &TableFactor,
    place: sqlparser::tokenizer::Span,
) -> Result<(String, Option<String>), SqlError> {
    match factor {
        TableFactor::Table { name, alias, .. } => {
            Ok((names::written(name), alias.as_ref().map(|alias| alias.name.to_string())))
        }
        _ => Err(refusal("the embedded engine changes base tables only", place)),
    }
}

/// The table with its alias.
pub(super) fn aliased(name: &str, alias: Option<&str>) -> String {
    alias.map_or_else(|| name.to_owned(), |alias| format!("{name} AS {alias}"))
}

/// The WHERE clause; ORDER BY and LIMIT choose the rows by their numbers.
pub(super) fn chosen(
    table: &str,
    called: &str,
    selection: Option<&Expr>,
    order: &[OrderByExpr],
    limit: Option<&Expr>,
) -> String {
    let condition = selection.map(|selection| format!(" WHERE {selection}")).unwrap_or_default();
    let Some(limit) = limit else { return condition };
    let order: Vec<String> = order.iter().map(ToString::to_string).collect();
    let order = if order.is_empty() { String::new() } else { format!(" ORDER BY {}", order.join(", ")) };
    format!(" WHERE rowid IN (SELECT {called}.rowid FROM {table}{condition}{order} LIMIT {limit})")
}
