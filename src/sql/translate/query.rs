//! Walks a statement and leaves `SQLite`'s dialect behind: expressions first, then the clauses around them.

use super::refusal::NO_DICTIONARY;
use super::tokens::error_at;
use super::{Notes, delete, expression, insert, literal, names, operand, update};
use crate::sql::parse::SqlError;
use sqlparser::ast::{
    Expr, GroupByExpr, Ident, JoinOperator, LimitClause, ObjectName, ObjectNamePart, Offset, OffsetRows, OrderByKind,
    Query, Select, SetExpr, Spanned, Statement, TableFactor, Value, ValueWithSpan, VisitMut, VisitorMut,
};
use sqlparser::tokenizer::Span;
use std::ops::ControlFlow;

/// An error at a place of the syntax tree.
pub(super) fn refusal(message: impl Into<String>, place: Span) -> SqlError {
    error_at(message, place.start)
}

/// An expression's text.
pub(super) fn expression(expr: &Expr, notes: &mut Notes) -> Result<String, SqlError> {
    let mut expr = expr.clone();
    walk(&mut expr, Translator::new(notes))?;
    Ok(expr.to_string())
}

/// A query's text.
pub(super) fn query(query: &Query, notes: &mut Notes) -> Result<String, SqlError> {
    let mut query = query.clone();
    walk(&mut query, Translator::new(notes))?;
    Ok(query.to_string())
}

/// The text of a SELECT, INSERT, UPDATE or DELETE.
pub(super) fn statement(mut statement: Statement, notes: &mut Notes) -> Result<String, SqlError> {
    let mut translator = Translator::new(notes);
    if let Statement::Insert(insert) = &statement {
        translator.inserted = insert::Inserted::of(insert);
    }
    walk(&mut statement, translator)?;
    written(&mut statement)
}

fn written(statement: &mut Statement) -> Result<String, SqlError> {
    match statement {
        Statement::Insert(insert) => insert::written(insert),
        Statement::Update(update) => update::written(update),
        Statement::Delete(delete) => delete::written(delete),
        Statement::Query(query) => match &mut *query.body {
            SetExpr::Insert(inner) | SetExpr::Update(inner) | SetExpr::Delete(inner) => {
                let text = written(inner)?;
                Ok(query.with.as_ref().map_or_else(|| text.clone(), |with| format!("{with} {text}")))
            }
            _ => Ok(query.to_string()),
        },
        other => Ok(other.to_string()),
    }
}

fn walk<T: VisitMut>(node: &mut T, mut translator: Translator<'_>) -> Result<(), SqlError> {
    if let ControlFlow::Break(error) = node.visit(&mut translator) {
        return Err(error);
    }
    match translator.intervals.pop() {
        Some(place) => Err(refusal("the embedded engine knows INTERVAL only as something added to a date", place)),
        None => Ok(()),
    }
}

/// What is known while a statement is walked.
#[derive(Debug)]
pub(super) struct Translator<'a> {
    pub(super) notes: &'a mut Notes,
    /// Places of INTERVAL expressions that nothing has made use of yet.
    pub(super) intervals: Vec<Span>,
    /// The row of an INSERT, which ON DUPLICATE KEY UPDATE may speak of.
    pub(super) inserted: Option<insert::Inserted>,
    /// Where the expression stands that is being walked.
    place: Span,
}

impl<'a> Translator<'a> {
    fn new(notes: &'a mut Notes) -> Self {
        Self { notes, intervals: vec![], inserted: None, place: Span::empty() }
    }
}

impl VisitorMut for Translator<'_> {
    type Break = SqlError;

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<SqlError> {
        flow(base_table(relation, self.notes))
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<SqlError> {
        flow(table_factor(factor, self.notes))
    }

    fn post_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<SqlError> {
        literal::translate(value);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        let span = expr.span();
        if span.start.line > 0 {
            self.place = span;
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        // Some nodes of the tree know no place; the last one that did is near.
        let place = self.place;
        flow(expression::translate(expr, self).map_err(|error| match error.line {
            0 => refusal(error.message, place),
            _ => error,
        }))
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        self.place = select.select_token.0.span;
        operand::having_to_where(select);
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        flow(self.select(select))
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
        query.locks.clear();
        query.for_clause = None;
        if let Some(limit) = &mut query.limit_clause {
            limit_clause(limit);
        }
        // ORDER BY NULL asks for no order.
        let is_null = |expr: &Expr| matches!(expr, Expr::Value(ValueWithSpan { value: Value::Null, .. }));
        if let Some(order) = &query.order_by
            && let OrderByKind::Expressions(parts) = &order.kind
            && parts.iter().all(|part| is_null(&part.expr))
        {
            query.order_by = None;
        }
        operand::without_parentheses(query);
        ControlFlow::Continue(())
    }
}

fn flow(result: Result<(), SqlError>) -> ControlFlow<SqlError> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    }
}

impl Translator<'_> {
    fn select(&mut self, select: &mut Select) -> Result<(), SqlError> {
        let place = select.select_token.0.span;
        if !select.optimizer_hints.is_empty() {
            select.optimizer_hints.clear();
            self.notes.add("optimizer hints were left out".into());
        }
        let straight = select.select_modifiers.take().is_some_and(|modifiers| modifiers.straight_join);
        if select.into.is_some() {
            return Err(refusal("the embedded engine has no SELECT … INTO", place));
        }
        match &select.group_by {
            GroupByExpr::Expressions(_, modifiers) if modifiers.is_empty() => {}
            _ => return Err(refusal("the embedded engine has no GROUP BY … WITH ROLLUP; use UNION ALL", place)),
        }
        if let [only] = select.from.as_slice()
            && only.joins.is_empty()
            && matches!(&only.relation, TableFactor::Table { name, alias: None, .. } if names::text(name).eq_ignore_ascii_case("dual"))
        {
            select.from.clear();
        }
        for join in select.from.iter_mut().flat_map(|from| from.joins.iter_mut()) {
            // CROSS JOIN keeps the order of the tables in SQLite, as STRAIGHT_JOIN does in MySQL, where CROSS JOIN does not.
            join.join_operator = match join.join_operator.clone() {
                JoinOperator::StraightJoin(on) => JoinOperator::CrossJoin(on),
                JoinOperator::CrossJoin(on) | JoinOperator::Join(on) | JoinOperator::Inner(on) if straight => {
                    JoinOperator::CrossJoin(on)
                }
                JoinOperator::CrossJoin(on) => JoinOperator::Join(on),
                other => other,
            };
        }
        Ok(())
    }
}

/// A table without its database. The dictionaries of a server are not there.
pub(super) fn base_table(name: &mut ObjectName, notes: &mut Notes) -> Result<(), SqlError> {
    if let [database, _] = name.0.as_slice() {
        let text = database.as_ident().map(|ident| ident.value.clone()).unwrap_or_default();
        if ["information_schema", "performance_schema", "mysql", "sys"].contains(&text.to_ascii_lowercase().as_str()) {
            return Err(refusal(format!("{NO_DICTIONARY} and no other dictionary to read: {name}"), name.span()));
        }
        notes.add(format!("the embedded engine has one database; {text} was left out of the name"));
        name.0.remove(0);
    }
    Ok(())
}

fn table_factor(factor: &mut TableFactor, notes: &mut Notes) -> Result<(), SqlError> {
    let place = factor.span();
    let no = |what: &str| Err(refusal(format!("the embedded engine has no {what}"), place));
    match factor {
        TableFactor::Table { index_hints, partitions, args, .. } => {
            if !index_hints.is_empty() {
                index_hints.clear();
                notes.add("index hints were left out".into());
            }
            if !partitions.is_empty() {
                return no("partitions to read from");
            }
            if args.is_some() {
                return no("table functions of MySQL");
            }
        }
        TableFactor::Derived { lateral: true, .. } => return no("LATERAL"),
        TableFactor::Derived { alias: Some(alias), .. } if !alias.columns.is_empty() => {
            return no("column list after a derived table's name; name the columns in its SELECT");
        }
        TableFactor::Derived { .. } | TableFactor::NestedJoin { .. } => {}
        TableFactor::JsonTable { .. } => return no("JSON_TABLE; use json_each"),
        _ => return no("such table expression"),
    }
    Ok(())
}

/// `LIMIT offset, count` the other way round, and the largest number that `MySQL` takes for "all rows" as -1.
fn limit_clause(limit: &mut LimitClause) {
    if let LimitClause::OffsetCommaLimit { offset, limit: count } = limit {
        *limit = LimitClause::LimitOffset {
            limit: Some(count.clone()),
            offset: Some(Offset { value: offset.clone(), rows: OffsetRows::None }),
            limit_by: vec![],
        };
    }
    if let LimitClause::LimitOffset { limit: Some(count), .. } = limit
        && let Expr::Value(ValueWithSpan { value: Value::Number(text, _), .. }) = count
        && text.parse::<u64>().is_ok_and(|number| i64::try_from(number).is_err())
    {
        *count = literal::raw("-1");
    }
}

/// A name made of that text as it stands.
pub(super) fn raw_name(text: String) -> ObjectName {
    ObjectName(vec![ObjectNamePart::Identifier(Ident::new(text))])
}
