//! Conditions of the syntax tree to their normal form.

use super::block::Block;
use super::build::{Builder, Scope};
use super::expression::{arguments, function_name};
use super::predicate::{ColumnRef, Comparison, Condition, Operand, Operator, Term};
use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, Value};

/// Equality of two columns.
pub(super) fn equal(left: ColumnRef, right: ColumnRef, text: String) -> Condition {
    Condition::Compare(Comparison {
        left: Term::Column(left),
        operator: Operator::Eq,
        right: Operand::Column(right),
        text,
    })
}

impl Builder<'_> {
    /// A condition, negated when asked; its subqueries have been scanned before.
    pub(super) fn condition(
        &mut self,
        expression: &Expr,
        negated: bool,
        block: &mut Block,
        scope: &Scope<'_>,
    ) -> Condition {
        let text = || if negated { format!("NOT ({expression})") } else { expression.to_string() };
        match expression {
            Expr::Nested(inner) => self.condition(inner, negated, block, scope),
            Expr::UnaryOp { op: UnaryOperator::Not | UnaryOperator::BangNot, expr } => {
                self.condition(expr, !negated, block, scope)
            }
            Expr::IsTrue(inner) | Expr::IsNotFalse(inner) if !negated => self.condition(inner, false, block, scope),
            Expr::BinaryOp { left, op, right } => match op {
                // `&&` and `||` as MySQL reads them by default.
                BinaryOperator::And | BinaryOperator::PGOverlap | BinaryOperator::Or | BinaryOperator::StringConcat => {
                    // A long chain leans to the left; walking it keeps the stack flat.
                    let mut sides = vec![&**right];
                    let mut rest = &**left;
                    while let Expr::BinaryOp { left, op: next, right } = rest
                        && next == op
                    {
                        sides.push(right);
                        rest = left;
                    }
                    sides.push(rest);
                    let parts: Vec<Condition> =
                        sides.into_iter().rev().map(|side| self.condition(side, negated, block, scope)).collect();
                    let and = matches!(op, BinaryOperator::And | BinaryOperator::PGOverlap);
                    if and == negated { any(parts) } else { all(parts) }
                }
                _ => match operator(op, negated) {
                    Some(operator) => self.compare(left, operator, right, text(), block, scope),
                    None => self.other(expression, text(), block, scope),
                },
            },
            Expr::IsNull(inner) => {
                let operator = if negated { Operator::IsNotNull } else { Operator::IsNull };
                self.left(inner, operator, Operand::None, text(), block, scope)
            }
            Expr::IsNotNull(inner) => {
                let operator = if negated { Operator::IsNull } else { Operator::IsNotNull };
                self.left(inner, operator, Operand::None, text(), block, scope)
            }
            Expr::InList { expr, list, negated: not } => {
                let operator = if *not == negated { Operator::In } else { Operator::NotIn };
                let items = list.iter().map(|item| self.operand(item, block, scope)).collect();
                self.left(expr, operator, Operand::List(items), text(), block, scope)
            }
            Expr::InSubquery { expr, subquery, negated: not } => {
                let operator = if *not == negated { Operator::In } else { Operator::NotIn };
                match self.built(subquery) {
                    Some(at) => self.left(expr, operator, Operand::Subquery(at), text(), block, scope),
                    None => self.other(expression, text(), block, scope),
                }
            }
            Expr::Between { expr, negated: not, low, high } => {
                let operator = if *not == negated { Operator::Between } else { Operator::NotBetween };
                let ends = [low, high].map(|end| Box::new(self.operand(end, block, scope)));
                let [low, high] = ends;
                self.left(expr, operator, Operand::Between(low, high), text(), block, scope)
            }
            Expr::Like { negated: not, expr, pattern, .. } => {
                let operator = if *not == negated { Operator::Like } else { Operator::NotLike };
                let pattern = self.operand(pattern, block, scope);
                self.left(expr, operator, pattern, text(), block, scope)
            }
            Expr::RLike { expr, pattern, .. } => {
                let pattern = self.operand(pattern, block, scope);
                self.left(expr, Operator::Regexp, pattern, text(), block, scope)
            }
            Expr::MatchAgainst { .. } if !negated => match self.scan(expression, block, scope).columns.first() {
                Some(column) => Condition::Compare(Comparison {
                    left: Term::Column(column.clone()),
                    operator: Operator::Match,
                    right: Operand::None,
                    text: text(),
                }),
                None => Condition::Other { columns: Vec::new(), text: text() },
            },
            Expr::Value(value) => match truth(&value.value) {
                Some(truth) if truth != negated => Condition::True,
                Some(_) => Condition::False,
                None => Condition::Other { columns: Vec::new(), text: text() },
            },
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
                let operator = if negated { Operator::Eq } else { Operator::NotEq };
                self.left(expression, operator, Operand::Number("0".into()), text(), block, scope)
            }
            _ => self.other(expression, text(), block, scope),
        }
    }

    fn other(&mut self, expression: &Expr, text: String, block: &mut Block, scope: &Scope<'_>) -> Condition {
        Condition::Other { columns: self.scan(expression, block, scope).columns, text }
    }

    fn compare(
        &mut self,
        left: &Expr,
        operator: Operator,
        right: &Expr,
        text: String,
        block: &mut Block,
        scope: &Scope<'_>,
    ) -> Condition {
        if let (Expr::Tuple(lefts), Expr::Tuple(rights), Operator::Eq) = (left, right, operator)
            && lefts.len() == rights.len()
        {
            let pairs = lefts.iter().zip(rights);
            return all(pairs
                .map(|(left, right)| self.compare(left, operator, right, format!("{left} = {right}"), block, scope)));
        }
        let own = |builder: &mut Self, side: &Expr, block: &mut Block| {
            builder.scan(side, block, scope).columns.iter().any(|column| column.level == 0)
        };
        let (left_own, right_own) = (own(self, left, block), own(self, right, block));
        if !left_own && !right_own {
            return match (number(left), number(right), operator) {
                (Some(left), Some(right), Operator::Eq) => {
                    if left == right {
                        Condition::True
                    } else {
                        Condition::False
                    }
                }
                (Some(left), Some(right), Operator::NotEq) => {
                    if left == right {
                        Condition::False
                    } else {
                        Condition::True
                    }
                }
                _ => Condition::Other { columns: Vec::new(), text },
            };
        }
        if !left_own {
            let left = self.operand(left, block, scope);
            return self.left(right, flipped(operator), left, text, block, scope);
        }
        let operand = self.operand(right, block, scope);
        let one = self.left(left, operator, operand, text.clone(), block, scope);
        if right_own && Self::column(right, scope).is_none() {
            // `a.x = LOWER(b.y)`: also a fact about b.y.
            let operand = self.operand(left, block, scope);
            let other = self.left(right, flipped(operator), operand, text, block, scope);
            return all([one, other]);
        }
        one
    }

    /// A comparison whose left side has the columns.
    fn left(
        &mut self,
        left: &Expr,
        operator: Operator,
        right: Operand,
        text: String,
        block: &mut Block,
        scope: &Scope<'_>,
    ) -> Condition {
        if let Expr::Nested(inner) = left {
            return self.left(inner, operator, right, text, block, scope);
        }
        if let Some(column) = Self::column(left, scope) {
            return Condition::Compare(Comparison { left: Term::Column(column), operator, right, text });
        }
        if let Expr::Tuple(parts) = left {
            let columns = parts.iter().map(|part| Self::column(part, scope)).collect::<Option<Vec<_>>>();
            return match columns {
                Some(columns) => Condition::Compare(Comparison { left: Term::Row(columns), operator, right, text }),
                None => self.other(left, text, block, scope),
            };
        }
        let columns = self.scan(left, block, scope).columns;
        if columns.iter().all(|column| column.level > 0) {
            return Condition::Other { columns, text };
        }
        let left = Term::Wrapped { function: wrapper(left), columns, text: left.to_string() };
        Condition::Compare(Comparison { left, operator, right, text })
    }

    fn operand(&mut self, expression: &Expr, block: &mut Block, scope: &Scope<'_>) -> Operand {
        if let Some(column) = Self::column(expression, scope) {
            return Operand::Column(column);
        }
        match expression {
            Expr::Nested(inner) => self.operand(inner, block, scope),
            Expr::Value(value) => match &value.value {
                Value::Number(number, _) => Operand::Number(number.clone()),
                Value::Boolean(truth) => Operand::Number(u8::from(*truth).to_string()),
                Value::Null => Operand::Null,
                Value::Placeholder(_) => Operand::Param(self.place(value.span.start)),
                other => other.clone().into_string().map_or_else(|| constant(expression, None), Operand::Text),
            },
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } if number(expr).is_some() => {
                Operand::Number(format!("-{expr}"))
            }
            Expr::Subquery(query) => match self.built(query) {
                Some(at) => Operand::Subquery(at),
                None => Operand::Expression(Vec::new()),
            },
            Expr::Tuple(parts) => {
                let parts: Vec<Operand> = parts.iter().map(|part| self.operand(part, block, scope)).collect();
                if parts.iter().all(Operand::is_constant) {
                    constant(expression, None)
                } else {
                    Operand::Expression(Vec::new())
                }
            }
            _ => {
                let facts = self.scan(expression, block, scope);
                if facts.varies || facts.columns.iter().any(|column| column.level == 0) {
                    Operand::Expression(facts.columns)
                } else {
                    constant(expression, concatenation_prefix(expression))
                }
            }
        }
    }
}

fn constant(expression: &Expr, prefix: Option<String>) -> Operand {
    Operand::Constant { text: expression.to_string(), prefix }
}

/// The literal that `CONCAT('%', …)` begins with.
fn concatenation_prefix(expression: &Expr) -> Option<String> {
    let Expr::Function(function) = expression else { return None };
    match (function_name(function).as_str(), arguments(function).first()) {
        ("CONCAT", Some(Expr::Value(value))) => value.value.clone().into_string(),
        _ => None,
    }
}

fn operator(operator: &BinaryOperator, negated: bool) -> Option<Operator> {
    Some(match (operator, negated) {
        (BinaryOperator::Eq, false) | (BinaryOperator::NotEq, true) => Operator::Eq,
        (BinaryOperator::NotEq, false) | (BinaryOperator::Eq, true) => Operator::NotEq,
        (BinaryOperator::Lt | BinaryOperator::LtEq, false) | (BinaryOperator::Gt | BinaryOperator::GtEq, true) => {
            Operator::Less
        }
        (BinaryOperator::Gt | BinaryOperator::GtEq, false) | (BinaryOperator::Lt | BinaryOperator::LtEq, true) => {
            Operator::Greater
        }
        (BinaryOperator::Spaceship, false) => Operator::NullSafeEq,
        (BinaryOperator::Regexp, _) => Operator::Regexp,
        _ => return None,
    })
}

fn flipped(operator: Operator) -> Operator {
    match operator {
        Operator::Less => Operator::Greater,
        Operator::Greater => Operator::Less,
        other => other,
    }
}

fn all(parts: impl IntoIterator<Item = Condition>) -> Condition {
    let mut kept = Vec::new();
    for part in parts {
        match part {
            Condition::False => return Condition::False,
            Condition::True => {}
            Condition::And(more) => kept.extend(more),
            other => kept.push(other),
        }
    }
    match kept.len() {
        0 => Condition::True,
        1 => kept.swap_remove(0),
        _ => Condition::And(kept),
    }
}

fn any(parts: impl IntoIterator<Item = Condition>) -> Condition {
    let mut kept = Vec::new();
    for part in parts {
        match part {
            Condition::True => return Condition::True,
            Condition::False => {}
            Condition::Or(more) => kept.extend(more),
            other => kept.push(other),
        }
    }
    match kept.len() {
        0 => Condition::False,
        1 => kept.swap_remove(0),
        _ => Condition::Or(kept),
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Boolean(truth) => Some(*truth),
        Value::Number(number, _) => number.parse::<f64>().ok().map(|number| number != 0.0),
        Value::Null => Some(false),
        _ => None,
    }
}

fn number(expression: &Expr) -> Option<i64> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => number.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// The name of what stands around a column.
fn wrapper(expression: &Expr) -> String {
    match expression {
        Expr::Function(function) => function_name(function),
        Expr::Cast { .. } => "CAST".into(),
        Expr::Convert { .. } => "CONVERT".into(),
        Expr::Collate { .. } => "COLLATE".into(),
        Expr::Extract { .. } => "EXTRACT".into(),
        Expr::Substring { .. } => "SUBSTRING".into(),
        Expr::Trim { .. } => "TRIM".into(),
        Expr::Case { .. } => "CASE".into(),
        Expr::Ceil { .. } => "CEIL".into(),
        Expr::Floor { .. } => "FLOOR".into(),
        Expr::Position { .. } => "POSITION".into(),
        Expr::JsonAccess { .. } => "->".into(),
        Expr::BinaryOp { op, .. } => op.to_string(),
        Expr::UnaryOp { op, .. } => op.to_string(),
        _ => "an expression".into(),
    }
}
