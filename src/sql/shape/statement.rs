//! The rows that a statement returns or changes, as one query expression.

use super::StatementKind;
use super::block::{Block, Body, Limit, OrderTerm, QueryShape, SourceKind};
use super::build::{Builder, Scope};
use super::naming::{descending, last};
use crate::model::schema::Schema;
use sqlparser::ast::{
    Delete, Expr, FromTable, Insert, OrderByExpr, Query, SetExpr, Statement, TableObject, TableWithJoins, Update,
};

/// Kind, written tables and query of a statement.
pub(super) fn read(statement: &Statement, schema: &Schema) -> (StatementKind, Vec<String>, Option<QueryShape>) {
    let mut builder = Builder::new(schema, statement);
    match statement {
        Statement::Query(query) => match &*query.body {
            SetExpr::Update(inner) | SetExpr::Delete(inner) | SetExpr::Insert(inner) => read(inner, schema),
            _ => (StatementKind::Select, Vec::new(), Some(builder.query(query, None))),
        },
        Statement::Insert(insert) => self::insert(insert, &mut builder),
        Statement::Update(update) => self::update(update, &mut builder),
        Statement::Delete(delete) => self::delete(delete, &mut builder),
        Statement::Explain { statement, .. } => read(statement, schema),
        _ => (StatementKind::Other, Vec::new(), None),
    }
}

fn insert(insert: &Insert, builder: &mut Builder<'_>) -> (StatementKind, Vec<String>, Option<QueryShape>) {
    let target = match &insert.table {
        TableObject::TableName(name) => vec![real_name(builder, name)],
        _ => Vec::new(),
    };
    let values = |query: &Query| matches!(*query.body, SetExpr::Values(_));
    let (kind, query) = match (&insert.source, insert.replace_into) {
        (Some(source), false) if !values(source) => (StatementKind::InsertSelect, Some(builder.query(source, None))),
        (Some(source), true) if !values(source) => (StatementKind::ReplaceSelect, Some(builder.query(source, None))),
        (_, false) => (StatementKind::Insert, None),
        (_, true) => (StatementKind::Replace, None),
    };
    (kind, target, query)
}

fn update(update: &Update, builder: &mut Builder<'_>) -> (StatementKind, Vec<String>, Option<QueryShape>) {
    let mut part = Changed::new(builder, std::slice::from_ref(&update.table));
    let mut targets = Vec::new();
    for assignment in &update.assignments {
        builder.scan(&assignment.value, &mut part.block, &part.scope);
        if let sqlparser::ast::AssignmentTarget::ColumnName(name) = &assignment.target {
            let parts: Vec<&str> =
                name.0.iter().filter_map(|part| part.as_ident().map(|ident| ident.value.as_str())).collect();
            let source = part.scope.resolve(&parts).and_then(|column| part.block.sources.get(column.source));
            if let Some(table) = source.and_then(|source| source.table())
                && !targets.iter().any(|known| known == table)
            {
                targets.push(table.to_owned());
            }
        }
    }
    let query = part.finish(builder, update.selection.as_ref(), &update.order_by, update.limit.as_ref());
    (StatementKind::Update, targets, Some(query))
}

fn delete(delete: &Delete, builder: &mut Builder<'_>) -> (StatementKind, Vec<String>, Option<QueryShape>) {
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
    let read = delete.using.as_ref().unwrap_or(from);
    let part = Changed::new(builder, read);
    let named: Vec<String> = match &delete.using {
        Some(_) => from.iter().map(|table| table.relation.to_string()).collect(),
        None => delete.tables.iter().map(last).collect(),
    };
    let sources = part.block.sources.iter();
    let targets = sources
        .filter(|source| {
            named.is_empty() || named.iter().any(|name| name.trim_matches('`').eq_ignore_ascii_case(&source.alias))
        })
        .filter_map(|source| source.table().map(str::to_owned))
        .collect();
    let query = part.finish(builder, delete.selection.as_ref(), &delete.order_by, delete.limit.as_ref());
    (StatementKind::Delete, targets, Some(query))
}

fn real_name(builder: &Builder<'_>, name: &sqlparser::ast::ObjectName) -> String {
    match builder.table(name).0 {
        SourceKind::Base { table } => table,
        _ => last(name),
    }
}

/// The part of an UPDATE or DELETE that finds its rows, while it is built.
struct Changed {
    block: Block,
    scope: Scope<'static>,
}

impl Changed {
    fn new(builder: &mut Builder<'_>, tables: &[TableWithJoins]) -> Self {
        let mut part = Self { block: Block::default(), scope: Scope::default() };
        builder.from(tables, &mut part.block, &mut part.scope);
        part
    }

    fn finish(
        mut self,
        builder: &mut Builder<'_>,
        selection: Option<&Expr>,
        order: &[OrderByExpr],
        limit: Option<&Expr>,
    ) -> QueryShape {
        self.block.filter = builder.conditions(selection, &mut self.block, &self.scope);
        let order_by = order
            .iter()
            .map(|term| OrderTerm {
                column: Builder::column(&term.expr, &self.scope),
                text: term.expr.to_string(),
                descending: descending(term),
            })
            .collect();
        let limit = limit.map(|count| Limit { count: builder.limit_value(count), offset: None });
        QueryShape { order_by, limit, locks: true, ..QueryShape::of(Body::Select(Box::new(self.block))) }
    }
}
