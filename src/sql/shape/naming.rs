//! Names of tables and columns while a block is built: placeholders, aliases, stars, USING.

use super::block::{Block, Body, OrderTerm, Output, QueryShape};
use super::build::Scope;
use super::predicate::{ColumnRef, Condition};
use sqlparser::ast::{ObjectName, OrderByExpr, OrderBySort, Statement, TableAlias, Value, Visit, Visitor};
use sqlparser::tokenizer::Location;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Placeholders by their place in the text, numbered from 0.
pub(super) fn placeholders(statement: &Statement) -> BTreeMap<Location, usize> {
    struct Places(Vec<Location>);
    impl Visitor for Places {
        type Break = std::convert::Infallible;
        fn pre_visit_value(&mut self, value: &sqlparser::ast::ValueWithSpan) -> ControlFlow<Self::Break> {
            if matches!(value.value, Value::Placeholder(_)) {
                self.0.push(value.span.start);
            }
            ControlFlow::Continue(())
        }
    }
    let mut places = Places(Vec::new());
    let _ = statement.visit(&mut places);
    places.0.sort();
    places.0.dedup();
    places.0.into_iter().enumerate().map(|(at, place)| (place, at)).collect()
}

pub(super) fn last(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.clone()).unwrap_or_default()
}

pub(super) fn alias_name(alias: Option<&TableAlias>) -> String {
    alias.map(|alias| alias.name.value.clone()).unwrap_or_default()
}

pub(super) fn descending(term: &OrderByExpr) -> bool {
    matches!(term.options.sort, Some(OrderBySort::Desc))
}

pub(super) fn output_order(term: &OrderByExpr, _output: &[Output]) -> OrderTerm {
    OrderTerm { column: None, text: term.expr.to_string(), descending: descending(term) }
}

/// Gives a derived table's columns the names that its alias lists.
pub(super) fn rename(shape: &mut QueryShape, alias: &TableAlias) {
    match &mut shape.body {
        Body::Select(block) => {
            for (output, column) in block.output.iter_mut().zip(&alias.columns) {
                output.name = column.name.value.to_lowercase();
            }
        }
        Body::Set { arms, .. } => {
            if let Some(first) = arms.first_mut() {
                rename(first, alias);
            }
        }
        Body::Values(_) | Body::Unknown => {}
    }
}

pub(super) fn expand(at: usize, block: &mut Block, scope: &Scope<'_>) {
    for name in scope.sources[at].1.iter().flatten() {
        let column = Some(ColumnRef { level: 0, source: at, column: name.clone() });
        block.output.push(Output { name: name.clone(), column, constant: false, numbering: false });
    }
}

/// The equalities of USING.
pub(super) fn using(
    names: impl Iterator<Item = String>,
    left: &std::ops::Range<usize>,
    right: &std::ops::Range<usize>,
    scope: &Scope<'_>,
) -> Vec<Condition> {
    let find = |range: &std::ops::Range<usize>, name: &str| {
        let has = |at: &usize| {
            scope.sources[*at].1.as_ref().is_none_or(|columns| columns.iter().any(|column| column == name))
        };
        range.clone().find(has).map(|source| ColumnRef { level: 0, source, column: name.to_owned() })
    };
    names
        .map(|name| name.to_lowercase())
        .filter_map(|name| Some((find(left, &name)?, find(right, &name)?, name)))
        .map(|(left, right, name)| super::condition::equal(left, right, format!("USING ({name})")))
        .collect()
}

pub(super) fn common(left: &std::ops::Range<usize>, right: &std::ops::Range<usize>, scope: &Scope<'_>) -> Vec<String> {
    let columns = |range: &std::ops::Range<usize>| {
        scope.sources[range.clone()]
            .iter()
            .flat_map(|(_, columns)| columns.iter().flatten().cloned())
            .collect::<Vec<_>>()
    };
    let right = columns(right);
    columns(left).into_iter().filter(|name| right.contains(name)).collect()
}
