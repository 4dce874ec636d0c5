//! What an expression mentions: columns, subqueries, aggregates, windows.

use super::block::{Block, SubqueryRole};
use super::build::{Builder, Scope};
use super::predicate::ColumnRef;
use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Query, Visit, Visitor, WindowType,
};
use std::convert::Infallible;
use std::ops::ControlFlow;

/// Aggregate functions of `MySQL` and `MariaDB`.
const AGGREGATES: [&str; 19] = [
    "COUNT",
    "SUM",
    "AVG",
    "MIN",
    "MAX",
    "GROUP_CONCAT",
    "JSON_ARRAYAGG",
    "JSON_OBJECTAGG",
    "BIT_AND",
    "BIT_OR",
    "BIT_XOR",
    "STD",
    "STDDEV",
    "STDDEV_POP",
    "STDDEV_SAMP",
    "VAR_POP",
    "VAR_SAMP",
    "VARIANCE",
    "ST_COLLECT",
];

/// Functions whose value differs from row to row although they have no column.
const VARYING: [&str; 5] = ["RAND", "UUID", "UUID_SHORT", "RANDOM_BYTES", "NEXTVAL"];

/// What an expression mentions outside of its subqueries.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Columns; those that subqueries take from the block are among them.
    pub(super) columns: Vec<ColumnRef>,
    /// Whether its value may differ between rows although it has no column of theirs.
    pub(super) varies: bool,
}

/// Walks one expression and puts what it finds into the block.
struct Walk<'w, 's, 'p> {
    depth: usize,
    builder: &'w mut Builder<'s>,
    block: &'w mut Block,
    scope: &'w Scope<'p>,
    facts: Facts,
}

impl Walk<'_, '_, '_> {
    fn name(&mut self, parts: &[&str]) {
        if let Some(column) = self.scope.resolve(parts) {
            self.facts.columns.push(column);
        }
    }

    fn subquery(&mut self, query: &Query, role: SubqueryRole) {
        let address = address(query);
        let at = self.builder.built.get(&address).copied().unwrap_or_else(|| {
            let subquery = self.builder.subquery(query, role, self.scope);
            self.block.subqueries.push(subquery);
            self.builder.built.insert(address, self.block.subqueries.len() - 1);
            self.block.subqueries.len() - 1
        });
        if let Some(subquery) = self.block.subqueries.get(at) {
            let outer = subquery.query.outward.iter().filter(|column| column.level == 1);
            self.facts.columns.extend(outer.map(|column| ColumnRef { level: 0, ..column.clone() }));
        }
    }

    fn function(&mut self, function: &Function) {
        let name = function_name(function);
        if VARYING.contains(&name.as_str()) {
            self.facts.varies = true;
        }
        if function.over.is_some() {
            self.block.windows = true;
        } else if AGGREGATES.contains(&name.as_str()) {
            self.block.aggregates = true;
        }
    }
}

impl Visitor for Walk<'_, '_, '_> {
    type Break = Infallible;

    fn pre_visit_query(&mut self, _query: &Query) -> ControlFlow<Infallible> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<Infallible> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<Infallible> {
        if self.depth > 0 {
            return ControlFlow::Continue(());
        }
        match expression {
            Expr::Identifier(name) => self.name(&[&name.value]),
            Expr::CompoundIdentifier(parts) => {
                self.name(&parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>());
            }
            Expr::Function(function) => self.function(function),
            Expr::MatchAgainst { columns, .. } => {
                for name in columns {
                    let parts: Vec<&str> =
                        name.0.iter().filter_map(|part| part.as_ident().map(|i| i.value.as_str())).collect();
                    self.name(&parts);
                }
            }
            Expr::Exists { subquery, .. } => self.subquery(subquery, SubqueryRole::Exists),
            Expr::InSubquery { subquery, .. } => self.subquery(subquery, SubqueryRole::In),
            Expr::Subquery(subquery) => self.subquery(subquery, SubqueryRole::Scalar),
            Expr::AnyOp { right, .. } | Expr::AllOp { right, .. } => {
                if let Expr::Subquery(subquery) = &**right {
                    self.subquery(subquery, SubqueryRole::In);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

impl Builder<'_> {
    /// Finds what an expression mentions, and notes it in the block. Scanning a part again changes nothing.
    pub(super) fn scan(&mut self, expression: &Expr, block: &mut Block, scope: &Scope<'_>) -> Facts {
        let mut walk = Walk { depth: 0, builder: self, block, scope, facts: Facts::default() };
        let _ = expression.visit(&mut walk);
        let facts = walk.facts;
        for column in &facts.columns {
            if !block.mentioned.contains(column) {
                block.mentioned.push(column.clone());
            }
        }
        facts
    }

    /// The column that an expression is, when it is a bare one.
    pub(super) fn column(expression: &Expr, scope: &Scope<'_>) -> Option<ColumnRef> {
        match expression {
            Expr::Nested(inner) => Self::column(inner, scope),
            Expr::Identifier(name) => scope.resolve(&[&name.value]),
            Expr::CompoundIdentifier(parts) => {
                scope.resolve(&parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>())
            }
            _ => None,
        }
    }

    /// The place of a subquery that has been scanned among the block's.
    pub(super) fn built(&self, query: &Query) -> Option<usize> {
        self.built.get(&address(query)).copied()
    }
}

impl Scope<'_> {
    /// Resolves a column's name from this block outwards. A table without known columns takes an unqualified name only when it is the block's only one.
    pub(super) fn resolve(&self, parts: &[&str]) -> Option<ColumnRef> {
        let (column, qualifiers) = parts.split_last()?;
        if column.starts_with('@') {
            return None;
        }
        let column = column.to_lowercase();
        let mut level = 0;
        let mut scope = Some(self);
        while let Some(here) = scope {
            let found = if let Some(table) = qualifiers.last() {
                here.sources.iter().position(|(alias, _)| alias.eq_ignore_ascii_case(table))
            } else {
                let has = |(_, columns): &(String, Option<Vec<String>>)| {
                    columns.as_ref().is_some_and(|columns| columns.contains(&column))
                };
                let only = matches!(here.sources.as_slice(), [(_, None)]).then_some(0);
                here.sources.iter().position(has).or(only)
            };
            if let Some(source) = found {
                return Some(ColumnRef { level, source, column });
            }
            scope = here.parent;
            level += 1;
        }
        None
    }
}

/// A syntax node is known by its address: the tree does not move while the facts are built.
fn address(query: &Query) -> usize {
    std::ptr::from_ref(query).addr()
}

/// A function's name in upper case.
pub(super) fn function_name(function: &Function) -> String {
    super::naming::last(&function.name).to_ascii_uppercase()
}

/// The expressions among a function's arguments.
pub(super) fn arguments(function: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    let expressions = list.args.iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => Some(expression),
        _ => None,
    });
    expressions.collect()
}

/// `ROW_NUMBER() OVER (ORDER BY …)` without PARTITION BY.
pub(super) fn numbers_all_rows(expression: &Expr) -> bool {
    let Expr::Function(function) = expression else { return false };
    function_name(function) == "ROW_NUMBER"
        && matches!(&function.over, Some(WindowType::WindowSpec(spec)) if spec.partition_by.is_empty() && spec.window_name.is_none())
}
