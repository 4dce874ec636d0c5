//! Query expressions of the syntax tree to facts: blocks with their tables, names resolved from the inside out.

use super::block::{
    Block, Body, Limit, LimitValue, OrderTerm, Output, QueryShape, Role, SetOperator, Source, SourceKind, SubqueryRole,
};
use super::naming::{alias_name, common, descending, expand, last, output_order, placeholders, rename, using};
use super::predicate::{ColumnRef, Condition};
use super::{bounded, scope};
use crate::model::schema::Schema;
use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, Join, JoinConstraint, JoinOperator, LimitClause, ObjectName, OrderByKind, Query,
    Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, SetQuantifier, Statement, TableFactor,
    TableWithJoins, Value,
};
use sqlparser::tokenizer::Location;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Databases that hold the server's own tables.
const DICTIONARIES: [&str; 4] = ["information_schema", "performance_schema", "mysql", "sys"];

/// The tables that a name may belong to, from a block outwards.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope<'p> {
    /// The sources with the columns they have; `None` when these are not known.
    pub(super) sources: Vec<(String, Option<Vec<String>>)>,
    pub(super) parent: Option<&'p Scope<'p>>,
}

/// Builds the facts of one statement.
#[derive(Debug)]
pub(super) struct Builder<'s> {
    pub(super) schema: &'s Schema,
    places: BTreeMap<Location, usize>,
    /// Common table expressions in reach, innermost last; `None` while one is being built.
    ctes: Vec<(String, Option<Arc<QueryShape>>)>,
    /// Subqueries that have been built, by address, with their place in their block.
    pub(super) built: BTreeMap<usize, usize>,
}

impl<'s> Builder<'s> {
    pub(super) fn new(schema: &'s Schema, statement: &Statement) -> Self {
        Self { schema, places: placeholders(statement), ctes: Vec::new(), built: BTreeMap::new() }
    }

    /// The number of the placeholder at that place in the text.
    pub(super) fn place(&self, at: Location) -> usize {
        self.places.get(&at).copied().unwrap_or(usize::MAX)
    }

    /// A query expression.
    pub(super) fn query(&mut self, query: &Query, outer: Option<&Scope<'_>>) -> QueryShape {
        let depth = self.ctes.len();
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            let name = cte.alias.name.value.to_lowercase();
            let recursive = query.with.as_ref().is_some_and(|with| with.recursive);
            if recursive {
                self.ctes.push((name.clone(), None));
            }
            let mut shape = self.query(&cte.query, outer);
            if recursive {
                self.ctes.pop();
            }
            rename(&mut shape, &cte.alias);
            self.ctes.push((name, Some(Arc::new(shape))));
        }
        let mut shape = self.body(&query.body, outer, query.order_by.as_ref().map(|order| &order.kind));
        let limit = query.limit_clause.as_ref().and_then(|clause| self.limit(clause));
        // `(SELECT … LIMIT 5)` keeps its own limit when nothing stands around it.
        shape.limit = limit.or(shape.limit);
        shape.locks |= !query.locks.is_empty();
        self.ctes.truncate(depth);
        shape.outward = shape.dependencies();
        shape.unique = scope::unique_outputs(&shape, self.schema);
        shape.bound = None;
        shape.bound = Some(Box::new(bounded::bound(&shape, self.schema)));
        shape
    }

    fn body(&mut self, body: &SetExpr, outer: Option<&Scope<'_>>, order: Option<&OrderByKind>) -> QueryShape {
        let plain = QueryShape::of;
        match body {
            SetExpr::Select(select) => self.select(select, outer, order),
            SetExpr::Query(query) => {
                let mut inner = self.query(query, outer);
                if let Some(OrderByKind::Expressions(terms)) = order {
                    inner.order_by = terms.iter().map(|term| output_order(term, inner.output())).collect();
                }
                inner
            }
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let all = matches!(set_quantifier, SetQuantifier::All);
                let operator = match op {
                    sqlparser::ast::SetOperator::Union => SetOperator::Union,
                    sqlparser::ast::SetOperator::Intersect => SetOperator::Intersect,
                    sqlparser::ast::SetOperator::Except | sqlparser::ast::SetOperator::Minus => SetOperator::Except,
                };
                let arms = vec![self.body(left, outer, None), self.body(right, outer, None)];
                let mut shape = plain(Body::Set { operator, all, arms });
                if let Some(OrderByKind::Expressions(terms)) = order {
                    shape.order_by = terms.iter().map(|term| output_order(term, shape.output())).collect();
                }
                shape
            }
            SetExpr::Values(values) => plain(Body::Values(values.rows.len())),
            _ => plain(Body::Unknown),
        }
    }

    fn select(&mut self, select: &Select, outer: Option<&Scope<'_>>, order: Option<&OrderByKind>) -> QueryShape {
        let mut block = Block::default();
        let mut scope = Scope { sources: Vec::new(), parent: outer };
        self.from(&select.from, &mut block, &mut scope);
        block.filter = self.conditions(select.selection.as_ref(), &mut block, &scope);
        block.distinct = matches!(select.distinct, Some(Distinct::Distinct | Distinct::On(_)));
        let mut aliases: BTreeMap<String, &Expr> = BTreeMap::new();
        for item in &select.projection {
            self.item(item, &mut block, &scope, &mut aliases);
        }
        if let GroupByExpr::Expressions(terms, modifiers) = &select.group_by {
            block.rollup = !modifiers.is_empty();
            block.group_by = terms.iter().map(|term| self.term(term, &aliases, &mut block, &scope)).collect();
        }
        // HAVING may name what is selected; such a name is no column, and drops out of the condition.
        block.having = self.conditions(select.having.as_ref(), &mut block, &scope);
        let mut order_by = Vec::new();
        if let Some(OrderByKind::Expressions(terms)) = order {
            for term in terms {
                let column = self.term(&term.expr, &aliases, &mut block, &scope);
                let constant = matches!(&term.expr, Expr::Value(value) if matches!(value.value, Value::Null));
                if !constant {
                    order_by.push(OrderTerm { column, text: term.expr.to_string(), descending: descending(term) });
                }
            }
        }
        QueryShape { order_by, ..QueryShape::of(Body::Select(Box::new(block))) }
    }

    /// A term of GROUP BY or ORDER BY: a column, an alias of one, or the place of one in the select list.
    fn term(
        &mut self,
        term: &Expr,
        aliases: &BTreeMap<String, &Expr>,
        block: &mut Block,
        scope: &Scope<'_>,
    ) -> Option<ColumnRef> {
        if let Expr::Value(value) = term {
            return match &value.value {
                Value::Number(place, _) => {
                    block.output.get(place.parse::<usize>().ok()?.checked_sub(1)?)?.column.clone()
                }
                _ => None,
            };
        }
        if let Expr::Identifier(name) = term
            && let Some(expression) = aliases.get(&name.value.to_lowercase())
        {
            return Self::column(expression, scope);
        }
        self.scan(term, block, scope);
        Self::column(term, scope)
    }

    fn item<'e>(
        &mut self,
        item: &'e SelectItem,
        block: &mut Block,
        scope: &Scope<'_>,
        aliases: &mut BTreeMap<String, &'e Expr>,
    ) {
        match item {
            SelectItem::UnnamedExpr(expression) => {
                let name = match expression {
                    Expr::Identifier(name) => name.value.to_lowercase(),
                    Expr::CompoundIdentifier(parts) => {
                        parts.last().map(|part| part.value.to_lowercase()).unwrap_or_default()
                    }
                    other => other.to_string().to_lowercase(),
                };
                self.output(name, expression, block, scope);
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                aliases.insert(alias.value.to_lowercase(), expr);
                self.output(alias.value.to_lowercase(), expr, block, scope);
            }
            SelectItem::Wildcard(_) => {
                block.star = true;
                for at in 0..scope.sources.len() {
                    expand(at, block, scope);
                }
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                block.star = true;
                let wanted = last(name);
                if let Some(at) = scope.sources.iter().position(|(alias, _)| alias.eq_ignore_ascii_case(&wanted)) {
                    expand(at, block, scope);
                }
            }
            _ => {}
        }
    }

    fn output(&mut self, name: String, expression: &Expr, block: &mut Block, scope: &Scope<'_>) {
        let facts = self.scan(expression, block, scope);
        let column = Self::column(expression, scope);
        let constant = facts.columns.iter().all(|column| column.level > 0) && !facts.varies;
        block.output.push(Output {
            name,
            column,
            constant,
            numbering: super::expression::numbers_all_rows(expression),
        });
    }

    /// The FROM clause, comma-separated parts in their order.
    pub(super) fn from(&mut self, from: &[TableWithJoins], block: &mut Block, scope: &mut Scope<'_>) {
        for part in from {
            self.joined(part, block, scope);
        }
    }

    fn joined(&mut self, part: &TableWithJoins, block: &mut Block, scope: &mut Scope<'_>) {
        let first = block.sources.len();
        self.factor(&part.relation, block, scope);
        for join in &part.joins {
            let before = block.sources.len();
            self.factor(&join.relation, block, scope);
            self.join(join, first..before, block, scope);
        }
    }

    fn join(&mut self, join: &Join, left: std::ops::Range<usize>, block: &mut Block, scope: &Scope<'_>) {
        let right = left.end..block.sources.len();
        let (constraint, optional) = match &join.join_operator {
            JoinOperator::Left(on) | JoinOperator::LeftOuter(on) => (on, right.clone()),
            JoinOperator::Right(on) | JoinOperator::RightOuter(on) => (on, left.clone()),
            JoinOperator::FullOuter(on) => (on, left.start..right.end),
            JoinOperator::Join(on)
            | JoinOperator::Inner(on)
            | JoinOperator::CrossJoin(on)
            | JoinOperator::StraightJoin(on) => (on, 0..0),
            _ => return,
        };
        let on = match constraint {
            JoinConstraint::On(expression) => self.conditions(Some(expression), block, scope),
            JoinConstraint::Using(names) => using(names.iter().map(last), &left, &right, scope),
            JoinConstraint::Natural => using(common(&left, &right, scope).into_iter(), &left, &right, scope),
            JoinConstraint::None => Vec::new(),
        };
        if optional.is_empty() {
            // An inner join inside an outer join's group stays with the group; `required` only takes it from inner sources.
            if let Some(source) = block.sources.get_mut(right.start) {
                source.on.extend(on);
            }
        } else {
            for source in &mut block.sources[optional] {
                source.role = Role::Optional;
                source.on.extend(on.iter().cloned());
            }
        }
    }

    fn factor(&mut self, factor: &TableFactor, block: &mut Block, scope: &mut Scope<'_>) {
        let (alias, kind, columns) = match factor {
            TableFactor::Table { name, alias, args, .. } => {
                let real = last(name);
                let (kind, columns) = if args.is_some() { (SourceKind::Function, None) } else { self.table(name) };
                (alias.as_ref().map_or(real, |alias| alias.name.value.clone()), kind, columns)
            }
            TableFactor::Derived { lateral, subquery, alias, .. } => {
                let hidden = Scope { sources: Vec::new(), parent: scope.parent };
                let mut shape = self.query(subquery, Some(if *lateral { scope } else { &hidden }));
                if let Some(alias) = alias {
                    rename(&mut shape, alias);
                }
                let columns = shape.output().iter().map(|output| output.name.clone()).collect();
                (alias_name(alias.as_ref()), SourceKind::Derived(Arc::new(shape)), Some(columns))
            }
            TableFactor::JsonTable { alias, .. } => (alias_name(alias.as_ref()), SourceKind::Function, None),
            TableFactor::NestedJoin { table_with_joins, .. } => {
                self.joined(table_with_joins, block, scope);
                return;
            }
            _ => (String::new(), SourceKind::Unknown, None),
        };
        scope.sources.push((alias.clone(), columns));
        block.sources.push(Source { alias, kind, role: Role::Inner, on: Vec::new() });
    }

    /// What a name in FROM stands for, and its columns in lower case.
    pub(super) fn table(&self, name: &ObjectName) -> (SourceKind, Option<Vec<String>>) {
        let parts: Vec<String> =
            name.0.iter().filter_map(|part| part.as_ident().map(|ident| ident.value.clone())).collect();
        let (Some(table), qualifier) = (parts.last(), parts.len().checked_sub(2).and_then(|at| parts.get(at))) else {
            return (SourceKind::Unknown, None);
        };
        if qualifier.is_some_and(|name| DICTIONARIES.iter().any(|known| known.eq_ignore_ascii_case(name))) {
            return (SourceKind::Dictionary, None);
        }
        let lower = table.to_lowercase();
        if qualifier.is_none()
            && let Some((_, cte)) = self.ctes.iter().rev().find(|(name, _)| *name == lower)
        {
            return match cte {
                Some(shape) => {
                    let columns = shape.output().iter().map(|output| output.name.clone()).collect();
                    (SourceKind::Derived(Arc::clone(shape)), Some(columns))
                }
                None => (SourceKind::Recursion, None),
            };
        }
        if qualifier.is_none() && lower == "dual" {
            return (SourceKind::Function, Some(Vec::new()));
        }
        match self.schema.table(table) {
            Some(table) => {
                let columns = table.columns.iter().map(|column| column.name.to_lowercase()).collect();
                (SourceKind::Base { table: table.name.clone() }, Some(columns))
            }
            None => (SourceKind::Unknown, None),
        }
    }

    /// A condition as its conjuncts.
    pub(super) fn conditions(
        &mut self,
        condition: Option<&Expr>,
        block: &mut Block,
        scope: &Scope<'_>,
    ) -> Vec<Condition> {
        let Some(expression) = condition else { return Vec::new() };
        self.scan(expression, block, scope);
        match self.condition(expression, false, block, scope) {
            Condition::And(parts) => parts,
            Condition::True => Vec::new(),
            other => vec![other],
        }
    }

    fn limit(&self, clause: &LimitClause) -> Option<Limit> {
        match clause {
            LimitClause::LimitOffset { limit, offset, .. } => Some(Limit {
                count: self.limit_value(limit.as_ref()?),
                offset: offset.as_ref().map(|offset| self.limit_value(&offset.value)),
            }),
            LimitClause::OffsetCommaLimit { offset, limit } => {
                Some(Limit { count: self.limit_value(limit), offset: Some(self.limit_value(offset)) })
            }
        }
    }

    pub(super) fn limit_value(&self, value: &Expr) -> LimitValue {
        let Expr::Value(value) = value else { return LimitValue::Other };
        match &value.value {
            Value::Number(number, _) => number.parse().map_or(LimitValue::Other, LimitValue::Number),
            Value::Placeholder(_) => LimitValue::Param(self.place(value.span.start)),
            _ => LimitValue::Other,
        }
    }

    /// A subquery of the block that is being built.
    pub(super) fn subquery(&mut self, query: &Query, role: SubqueryRole, scope: &Scope<'_>) -> super::block::Subquery {
        let query = self.query(query, Some(scope));
        let correlated = query.is_correlated();
        super::block::Subquery { query, role, correlated }
    }
}
