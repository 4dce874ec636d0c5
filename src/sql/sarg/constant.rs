//! Constants of comparisons, as far as they are known before the statement runs.

use super::Constant;
use crate::model::query::Value;
use sqlparser::ast::{Expr, UnaryOperator, Value as Literal, Visit, Visitor};
use std::ops::ControlFlow;

/// The constant that an expression is.
pub(super) fn constant(expr: &Expr) -> Constant {
    match expr {
        Expr::Nested(inner) => constant(inner),
        Expr::Value(value) => match &value.value {
            Literal::Number(number, _) => number
                .parse()
                .map_or_else(|_| Constant::Number(number.clone()), |number| Constant::Literal(Value::Int(number))),
            Literal::Boolean(truth) => Constant::Literal(Value::Bool(*truth)),
            Literal::Null => Constant::Literal(Value::Null),
            Literal::SingleQuotedString(text) | Literal::DoubleQuotedString(text) => {
                Constant::Literal(Value::Text(text.clone()))
            }
            _ => Constant::Unknown,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match constant(expr) {
            Constant::Literal(Value::Int(number)) => Constant::Literal(Value::Int(-number)),
            Constant::Number(number) => Constant::Number(format!("-{number}")),
            _ => Constant::Unknown,
        },
        Expr::TypedString(typed) => match typed.value.value.clone().into_string() {
            Some(text) => Constant::Literal(Value::Text(text)),
            None => Constant::Unknown,
        },
        Expr::Function(_) | Expr::BinaryOp { .. } if is_of_the_clock(expr) => Constant::Expression(expr.to_string()),
        _ => Constant::Unknown,
    }
}

/// Whether an expression is made of literals, intervals and functions of the clock, so that asking the server for its value
/// does nothing else.
fn is_of_the_clock(expr: &Expr) -> bool {
    const FUNCTIONS: [&str; 16] = [
        "NOW",
        "CURRENT_TIMESTAMP",
        "LOCALTIME",
        "LOCALTIMESTAMP",
        "CURDATE",
        "CURRENT_DATE",
        "UTC_TIMESTAMP",
        "UTC_DATE",
        "DATE_SUB",
        "DATE_ADD",
        "SUBDATE",
        "ADDDATE",
        "DATE",
        "UNIX_TIMESTAMP",
        "FROM_UNIXTIME",
        "LAST_DAY",
    ];
    struct Known(bool);
    impl Visitor for Known {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            self.0 &= match expr {
                Expr::Value(_) | Expr::Interval(_) | Expr::Nested(_) | Expr::BinaryOp { .. } | Expr::UnaryOp { .. } => {
                    true
                }
                Expr::Function(function) => {
                    let name = function.name.to_string();
                    FUNCTIONS.iter().any(|known| known.eq_ignore_ascii_case(&name))
                }
                _ => false,
            };
            ControlFlow::Continue(())
        }
    }
    let mut known = Known(true);
    let _ = expr.visit(&mut known);
    known.0
}
