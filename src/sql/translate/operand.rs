//! Clauses that `SQLite` wants elsewhere: no parentheses around the operands of UNION, no HAVING without groups.

use super::query::raw_name;
use sqlparser::ast::{
    BinaryOperator, Expr, GroupByExpr, Query, Select, SetExpr, Statement, TableFactor, Visit, Visitor,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use std::ops::ControlFlow;

/// Takes the parentheses off SELECTs that are combined; an operand with an ORDER BY or LIMIT of its own becomes a
/// derived table.
pub(super) fn without_parentheses(query: &mut Query) {
    if let SetExpr::Values(values) = &mut *query.body {
        values.explicit_row = false;
    }
    if let SetExpr::Query(inner) = &mut *query.body {
        let outer_is_bare = query.order_by.is_none() && query.limit_clause.is_none() && query.with.is_none();
        if outer_is_bare {
            let inner = (**inner).clone();
            *query = inner;
            return;
        }
    }
    operand(&mut query.body, true);
}

fn operand(body: &mut SetExpr, leftmost: bool) {
    let wrapped = match body {
        SetExpr::SetOperation { left, right, .. } if leftmost => {
            operand(left, true);
            operand(right, false);
            return;
        }
        SetExpr::SetOperation { .. } => body.to_string(),
        SetExpr::Query(inner) => {
            let bare = inner.order_by.is_none() && inner.limit_clause.is_none() && inner.with.is_none();
            if bare && (leftmost || !matches!(*inner.body, SetExpr::SetOperation { .. })) {
                *body = (*inner.body).clone();
                operand(body, leftmost);
                return;
            }
            inner.to_string()
        }
        _ => return,
    };
    if let Some(select) = select_all_of(&wrapped) {
        *body = select;
    }
}

/// `SELECT * FROM (query)`.
fn select_all_of(query: &str) -> Option<SetExpr> {
    let statement = Parser::parse_sql(&GenericDialect {}, "SELECT * FROM x").ok()?.pop()?;
    let Statement::Query(mut outer) = statement else { return None };
    if let SetExpr::Select(select) = &mut *outer.body
        && let Some(TableFactor::Table { name, .. }) = select.from.first_mut().map(|from| &mut from.relation)
    {
        *name = raw_name(format!("({query})"));
    }
    Some(*outer.body)
}

const AGGREGATES: [&str; 16] = [
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
    "VARIANCE",
    "VAR_POP",
    "ANY_VALUE",
];

/// HAVING without GROUP BY or aggregates filters rows in `MySQL`, by the aliases of the columns too, which `SQLite`
/// admits in WHERE.
pub(super) fn having_to_where(select: &mut Select) {
    let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(parts, _) if parts.is_empty());
    if grouped || select.having.is_none() || aggregates(&select.having) || aggregates(&select.projection) {
        return;
    }
    let Some(having) = select.having.take() else { return };
    select.selection = Some(match select.selection.take() {
        Some(other) => Expr::BinaryOp {
            left: Box::new(Expr::Nested(Box::new(other))),
            op: BinaryOperator::And,
            right: Box::new(Expr::Nested(Box::new(having))),
        },
        None => having,
    });
}

fn aggregates<T: Visit>(node: &T) -> bool {
    node.visit(&mut Aggregates { depth: 0 }).is_break()
}

/// Looks for aggregates of this SELECT, not of the queries within it.
struct Aggregates {
    depth: usize,
}

impl Visitor for Aggregates {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function)
                if self.depth == 0
                    && function.over.is_none()
                    && AGGREGATES.contains(&function.name.to_string().to_ascii_uppercase().as_str()) =>
            {
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}
