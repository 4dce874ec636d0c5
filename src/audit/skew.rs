//! How much more or less frequent a query's own values are than the average value of their columns.

use super::context::Context;
use crate::model::query::Value;
use crate::model::schema::{Column, KeyPart, Table};
use crate::sql::shape::{Comparison, Condition, Operand, Operator, Scope};

/// What the average number of rows that share a value has to be multiplied by for this sample's values. `None` when nothing
/// tells, or when the table is named more than once and the values are not known to be this use's.
pub(super) fn of_sample(scope: &Scope, context: &Context<'_>) -> Option<f64> {
    let Scope::RowsOfKey { table, index, columns } = scope else { return None };
    let blocks = context.shape?.blocks();
    let mut uses = blocks.iter().flat_map(|(_, block)| (0..block.sources.len()).map(move |at| (*block, at)));
    let mut uses = uses
        .by_ref()
        .filter(|(block, at)| block.sources[*at].table().is_some_and(|name| name.eq_ignore_ascii_case(table)));
    let (block, at) = uses.next()?;
    if uses.next().is_some() {
        return None;
    }
    let table = context.schema.table(table)?;
    let counted = counted(table, index.as_deref(), columns);
    let conditions = block.conditions_on(at);
    let compared = conditions.iter().filter_map(|condition| match condition {
        Condition::Compare(comparison) => Some(comparison),
        _ => None,
    });
    let factors = compared.filter_map(|comparison| {
        let own = comparison.own_column().filter(|own| own.source == at)?;
        counted.iter().find(|column| column.eq_ignore_ascii_case(&own.column))?;
        against_average(table.column(&own.column)?, comparison, context)
    });
    factors.reduce(|all, factor| all * factor)
}

/// How many values a statement lists for a column of a table; 1 without a list.
pub(super) fn listed(table: &Table, column: &str, context: &Context<'_>) -> f64 {
    let blocks = context.shape.map(crate::sql::shape::Shape::blocks).unwrap_or_default();
    let lengths = blocks.iter().flat_map(|(_, block)| {
        let compared = block.required().into_iter().filter_map(|condition| match condition {
            Condition::Compare(comparison) if comparison.operator == Operator::In => Some(comparison),
            _ => None,
        });
        compared.filter_map(|comparison| {
            let own = comparison.own_column().filter(|own| own.column.eq_ignore_ascii_case(column))?;
            block.sources.get(own.source)?.table().filter(|name| name.eq_ignore_ascii_case(&table.name))?;
            match &comparison.right {
                Operand::List(items) => Some(items.len() as f64),
                _ => None,
            }
        })
    });
    lengths.reduce(f64::max).unwrap_or(1.0)
}

/// The columns that the average counts: those that the index begins with, or without one the most distinct.
fn counted<'c>(table: &Table, index: Option<&str>, columns: &'c [String]) -> Vec<&'c str> {
    let named = |part: &KeyPart| {
        let name = part.column.as_deref()?;
        columns.iter().find(|column| column.eq_ignore_ascii_case(name)).map(String::as_str)
    };
    if let Some(index) = index.and_then(|index| table.index(index)) {
        return index.parts.iter().map_while(named).collect();
    }
    let distinct = |column: &&String| table.column(column).and_then(|column| column.distinct);
    columns.iter().max_by_key(distinct).map(String::as_str).into_iter().collect()
}

fn against_average(column: &Column, comparison: &Comparison, context: &Context<'_>) -> Option<f64> {
    if column.hot.is_empty() {
        return None;
    }
    match (comparison.operator, &comparison.right) {
        (Operator::Eq, operand) => of_one(column, operand, context),
        (Operator::In, Operand::List(items)) if !items.is_empty() => {
            let each = items.iter().map(|item| of_one(column, item, context));
            let sum = each.collect::<Option<Vec<f64>>>()?.into_iter().sum::<f64>();
            // The average was taken times the length of the list.
            Some(sum / items.len() as f64)
        }
        _ => None,
    }
}

fn of_one(column: &Column, operand: &Operand, context: &Context<'_>) -> Option<f64> {
    let distinct = column.distinct? as f64;
    let value = text_of(operand, context)?;
    let there = 1.0 - column.null_fraction.unwrap_or(0.0);
    let hot = column.hot.iter().find(|hot| of_value(&hot.value).is_some_and(|text| text.eq_ignore_ascii_case(&value)));
    let share = if let Some(hot) = hot {
        hot.fraction
    } else {
        let rest = there - column.hot.iter().map(|hot| hot.fraction).sum::<f64>();
        rest.max(0.0) / (distinct - column.hot.len() as f64).max(1.0)
    };
    Some(share * distinct / there.max(1e-9))
}

fn text_of(operand: &Operand, context: &Context<'_>) -> Option<String> {
    match operand {
        Operand::Text(text) | Operand::Number(text) => Some(text.clone()),
        Operand::Param(at) => of_value(context.param(*at)?),
        _ => None,
    }
}

fn of_value(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(value) => Some(u8::from(*value).to_string()),
        Value::Int(value) => Some(value.to_string()),
        Value::Float(value) => Some(value.to_string()),
        Value::Text(text) => Some(text.clone()),
    }
}
