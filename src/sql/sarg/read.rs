//! Reads search arguments off the syntax tree, SELECT by SELECT.

use super::constant::constant;
use super::scope::{self, Scope};
use super::{Constant, Filter, Occurrence, Sarg, Sargs, Test};
use crate::model::query::Value;
use crate::model::schema::Schema;
use crate::sql::parse;
use sqlparser::ast::{
    BinaryOperator, Expr, FromTable, JoinConstraint, JoinOperator, Query, Select, SelectItem, SetExpr, Statement,
    TableWithJoins, UnaryOperator, Visit, Visitor,
};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// The search arguments of one statement; none of a statement that cannot be parsed.
#[must_use]
pub fn read(sql: &str, schema: &Schema) -> Sargs {
    let Ok(statement) = parse::parse_statement(sql) else { return Sargs::default() };
    let mut reader = Reader { sql, schema, ctes: BTreeSet::new(), scopes: Vec::new(), sargs: Sargs::default() };
    let _ = statement.visit(&mut reader);
    settle(&mut reader.sargs);
    reader.sargs
}

struct Reader<'a> {
    sql: &'a str,
    schema: &'a Schema,
    ctes: BTreeSet<String>,
    scopes: Vec<Scope>,
    sargs: Sargs,
}

impl Visitor for Reader<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
        self.ctes.extend(ctes.map(|cte| cte.alias.name.value.to_lowercase()));
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        self.enter(&select.from, select.selection.as_ref());
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _: &Select) -> ControlFlow<()> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        match statement {
            Statement::Update(update) => {
                self.enter(std::slice::from_ref(&update.table), update.selection.as_ref());
            }
            Statement::Delete(delete) => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
                self.enter(delete.using.as_ref().unwrap_or(from), delete.selection.as_ref());
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

impl Reader<'_> {
    /// Opens the scope of some tables and reads their conditions.
    fn enter(&mut self, from: &[TableWithJoins], selection: Option<&Expr>) {
        let first = self.sargs.occurrences.len();
        let mut scope = Scope::new();
        scope::add(from, self.sql, self.schema, &self.ctes, &mut scope, &mut self.sargs.occurrences);
        self.scopes.push(scope);
        let all = first..self.sargs.occurrences.len();
        if let Some(selection) = selection {
            self.condition(selection, all.clone());
        }
        for table in from {
            self.joins(table, &all);
        }
    }

    fn joins(&mut self, table: &TableWithJoins, all: &std::ops::Range<usize>) {
        for join in &table.joins {
            let own = match &join.join_operator {
                // Of an outer join's ON only the optional side is narrowed.
                JoinOperator::Left(_) | JoinOperator::LeftOuter(_) => self.of_factor(&join.relation, all),
                JoinOperator::Right(_) | JoinOperator::RightOuter(_) => self.of_factor(&table.relation, all),
                _ => all.clone(),
            };
            let (JoinOperator::Join(constraint)
            | JoinOperator::Inner(constraint)
            | JoinOperator::Left(constraint)
            | JoinOperator::LeftOuter(constraint)
            | JoinOperator::Right(constraint)
            | JoinOperator::RightOuter(constraint)
            | JoinOperator::StraightJoin(constraint)
            | JoinOperator::CrossJoin(constraint)) = &join.join_operator
            else {
                continue;
            };
            match constraint {
                JoinConstraint::On(on) => self.condition(on, own),
                JoinConstraint::Using(names) => {
                    for name in names.iter().filter_map(|name| name.0.last().and_then(|part| part.as_ident())) {
                        self.link_all(&name.value.to_lowercase(), all);
                    }
                }
                _ => {}
            }
        }
    }

    /// The occurrences of one table of a join.
    fn of_factor(&self, factor: &sqlparser::ast::TableFactor, all: &std::ops::Range<usize>) -> std::ops::Range<usize> {
        let name = match factor {
            sqlparser::ast::TableFactor::Table { name, alias, .. } => alias
                .as_ref()
                .map(|alias| alias.name.value.clone())
                .or_else(|| name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.clone())),
            _ => None,
        };
        let found = all
            .clone()
            .find(|at| name.as_ref().is_some_and(|name| self.sargs.occurrences[*at].alias.eq_ignore_ascii_case(name)));
        found.map_or(0..0, |at| at..at + 1)
    }

    fn link_all(&mut self, column: &str, all: &std::ops::Range<usize>) {
        let has = |at: &usize| {
            let table = self.schema.table(&self.sargs.occurrences[*at].table);
            table.is_some_and(|table| table.column(column).is_some())
        };
        let owners: Vec<usize> = all.clone().filter(has).collect();
        for pair in owners.windows(2) {
            self.sargs.equal.push([(pair[0], column.to_owned()), (pair[1], column.to_owned())]);
        }
    }

    fn condition(&mut self, expr: &Expr, own: std::ops::Range<usize>) {
        self.links(expr);
        for at in own {
            let mut unread = BTreeSet::new();
            let filter = self.filter(expr, at, &mut unread);
            let occurrence = &mut self.sargs.occurrences[at];
            occurrence.unread.extend(unread);
            if let (Filter::And(all), false) = (&mut occurrence.filter, filter.is_empty()) {
                all.push(filter);
            }
        }
    }

    /// The columns that a condition sets equal.
    fn links(&mut self, expr: &Expr) {
        match expr {
            Expr::Nested(inner) => self.links(inner),
            Expr::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::PGOverlap, right } => {
                self.links(left);
                self.links(right);
            }
            Expr::BinaryOp { left, op: BinaryOperator::Eq | BinaryOperator::Spaceship, right } => {
                if let (Some(left), Some(right)) = (self.column(left), self.column(right)) {
                    self.sargs.equal.push([left, right]);
                }
            }
            Expr::InSubquery { expr, subquery, negated: false } => {
                if let (Some(outer), Some(inner)) = (self.column(expr), self.selected(subquery)) {
                    self.sargs.equal.push([outer, inner]);
                }
            }
            _ => {}
        }
    }

    /// The only column that a subquery selects; the occurrence is the one that it will have when it is read.
    fn selected(&self, query: &Query) -> Option<(usize, String)> {
        let SetExpr::Select(select) = &*query.body else { return None };
        let [SelectItem::UnnamedExpr(item) | SelectItem::ExprWithAlias { expr: item, .. }] =
            select.projection.as_slice()
        else {
            return None;
        };
        let mut occurrences = self.sargs.occurrences.clone();
        let mut scope = Scope::new();
        scope::add(&select.from, self.sql, self.schema, &self.ctes, &mut scope, &mut occurrences);
        let (at, column) = scope::column(item, &[scope], &occurrences, self.schema)?;
        // The subquery is read later: until then its place in the text stands for its number.
        let place = occurrences[at].name.start;
        Some((usize::MAX - place, column))
    }

    fn column(&self, expr: &Expr) -> Option<(usize, String)> {
        scope::column(expr, &self.scopes, &self.sargs.occurrences, self.schema)
    }

    fn own(&self, expr: &Expr, at: usize) -> Option<String> {
        self.column(expr).filter(|(owner, _)| *owner == at).map(|(_, column)| column)
    }

    fn filter(&self, expr: &Expr, at: usize, unread: &mut BTreeSet<String>) -> Filter {
        let nothing = Filter::And(Vec::new());
        match expr {
            Expr::Nested(inner) => self.filter(inner, at, unread),
            Expr::BinaryOp { left, op, right } => match op {
                BinaryOperator::And | BinaryOperator::PGOverlap => {
                    Filter::And(vec![self.filter(left, at, unread), self.filter(right, at, unread)])
                }
                BinaryOperator::Or | BinaryOperator::StringConcat => {
                    let arms = vec![self.filter(left, at, unread), self.filter(right, at, unread)];
                    if arms.iter().any(Filter::is_empty) { nothing } else { Filter::Or(arms) }
                }
                _ => self.comparison(left, op, right, at).unwrap_or(nothing),
            },
            Expr::IsNull(inner) => self.sarg(inner, at, Test::Points(vec![Constant::Literal(Value::Null)]), inner),
            Expr::IsNotNull(inner) => self.sarg(inner, at, Test::Not(Vec::new()), inner),
            Expr::InList { expr: tested, list, negated } => {
                let values = list.iter().map(constant).collect();
                let test = if *negated { Test::Not(values) } else { Test::Points(values) };
                if matches!(**tested, Expr::Tuple(_)) {
                    unread.extend(self.mentioned(tested, at));
                }
                self.sarg(tested, at, test, tested)
            }
            Expr::Between { expr: tested, negated: false, low, high } => {
                let end = |end| Some((constant(end), true));
                self.sarg(tested, at, Test::Range { low: end(low), high: end(high) }, tested)
            }
            Expr::Like { negated: false, expr: tested, pattern, escape_char: None, .. } => {
                match (constant(pattern), self.own(tested, at)) {
                    (Constant::Literal(Value::Text(pattern)), _) => match prefix(&pattern) {
                        Some(prefix) => self.sarg(tested, at, Test::Prefix(prefix), tested),
                        None => nothing,
                    },
                    (_, Some(column)) => {
                        unread.insert(column);
                        nothing
                    }
                    _ => nothing,
                }
            }
            // An index may serve these as well, in ways that are not read here.
            Expr::UnaryOp { op: UnaryOperator::Not | UnaryOperator::BangNot, .. }
            | Expr::Between { .. }
            | Expr::Like { negated: false, .. }
            | Expr::Identifier(_)
            | Expr::CompoundIdentifier(_) => {
                unread.extend(self.mentioned(expr, at));
                nothing
            }
            _ => nothing,
        }
    }

    fn comparison(&self, left: &Expr, op: &BinaryOperator, right: &Expr, at: usize) -> Option<Filter> {
        let (column, other, flipped) = match (self.own(left, at), self.own(right, at)) {
            (Some(_), None) => (left, right, false),
            (None, Some(_)) => (right, left, true),
            _ => return None,
        };
        // Another table's column is a join, and an expression over columns is no constant.
        if has_columns(other) {
            return None;
        }
        let value = constant(other);
        let low = |inside| Test::Range { low: Some((value.clone(), inside)), high: None };
        let high = |inside| Test::Range { low: None, high: Some((value.clone(), inside)) };
        let test = match (op, flipped) {
            (BinaryOperator::Eq | BinaryOperator::Spaceship, _) => Test::Points(vec![value]),
            (BinaryOperator::NotEq, _) => Test::Not(vec![value]),
            (BinaryOperator::Gt, false) | (BinaryOperator::Lt, true) => low(false),
            (BinaryOperator::GtEq, false) | (BinaryOperator::LtEq, true) => low(true),
            (BinaryOperator::Lt, false) | (BinaryOperator::Gt, true) => high(false),
            (BinaryOperator::LtEq, false) | (BinaryOperator::GtEq, true) => high(true),
            _ => return None,
        };
        Some(self.sarg(column, at, test, left))
    }

    /// The comparison, when the column is this occurrence's. `leftmost` is what the comparison begins with.
    fn sarg(&self, column: &Expr, at: usize, test: Test, leftmost: &Expr) -> Filter {
        match self.own(column, at) {
            Some(column) => Filter::Sarg(Sarg { column, test, at: self.start(leftmost) }),
            None => Filter::And(Vec::new()),
        }
    }

    /// The byte at which an expression begins.
    fn start(&self, expr: &Expr) -> Option<usize> {
        let place = match expr {
            Expr::Identifier(name) => name.span.start,
            Expr::CompoundIdentifier(parts) => parts.first()?.span.start,
            Expr::Value(value) => value.span.start,
            Expr::Function(function) => function.name.0.first()?.as_ident()?.span.start,
            Expr::BinaryOp { left, .. } => return self.start(left),
            _ => return None,
        };
        scope::offset(self.sql, place)
    }

    fn mentioned(&self, expr: &Expr, at: usize) -> BTreeSet<String> {
        struct Mentioned<'a, 'b>(&'a Reader<'b>, usize, BTreeSet<String>);
        impl Visitor for Mentioned<'_, '_> {
            type Break = ();
            fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
                self.2.extend(self.0.own(expr, self.1));
                ControlFlow::Continue(())
            }
        }
        let mut mentioned = Mentioned(self, at, BTreeSet::new());
        let _ = expr.visit(&mut mentioned);
        mentioned.2
    }
}

/// Whether an expression depends on columns; those of a subquery are its own.
fn has_columns(expr: &Expr) -> bool {
    struct Columns(bool);
    impl Visitor for Columns {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            self.0 |= matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
            ControlFlow::Continue(())
        }
    }
    if matches!(expr, Expr::Subquery(_)) {
        return false;
    }
    let mut columns = Columns(false);
    let _ = expr.visit(&mut columns);
    columns.0
}

/// What a LIKE pattern begins with, before its first wildcard; `None` when it begins with one.
fn prefix(pattern: &str) -> Option<String> {
    let mut found = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' | '_' => break,
            '\\' => found.extend(chars.next()),
            c => found.push(c),
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Gives links of subqueries the numbers that their occurrences have in the end.
fn settle(sargs: &mut Sargs) {
    let places: Vec<usize> = sargs.occurrences.iter().map(|one: &Occurrence| one.name.start).collect();
    for (at, _) in sargs.equal.iter_mut().flatten() {
        if let Some(found) = places.iter().position(|place| usize::MAX - place == *at) {
            *at = found;
        }
    }
    sargs.equal.retain(|pair| pair.iter().all(|(at, _)| *at < places.len()));
}
