//! One expression, its parts being translated already.

use super::functions::{self, wrapped};
use super::query::{Translator, refusal};
use super::refusal::NO_DICTIONARY;
use super::types::{self, Collation};
use super::{dates, literal, names, special};
use crate::sql::parse::SqlError;
use sqlparser::ast::{
    BinaryOperator, DataType, Expr, Ident, ObjectName, ObjectNamePart, Spanned, TrimWhereField, UnaryOperator,
};
use sqlparser::tokenizer::Span;

/// Translates it in place.
pub(super) fn translate(expr: &mut Expr, translator: &mut Translator<'_>) -> Result<(), SqlError> {
    let place = expr.span();
    let refuse = |what: &str| Err(refusal(format!("the embedded engine has no {what}"), place));
    let by_name = |result: Result<String, String>| {
        result.map_err(|name| refusal(format!("the embedded engine cannot convert to {name}"), place))
    };
    let text = match &mut *expr {
        Expr::Function(_) => return functions::translate(expr, translator),
        Expr::BinaryOp { left, op, right } => match binary(left, op, right, translator, place)? {
            Some(text) => text,
            None => return Ok(()),
        },
        Expr::Interval(_) => {
            translator.intervals.push(place);
            return Ok(());
        }
        Expr::Identifier(name) => match identifier(name, translator, place)? {
            Some(text) => text,
            None => return Ok(()),
        },
        Expr::CompoundIdentifier(parts) => match compound(parts, translator, place)? {
            Some(text) => text,
            None => return Ok(()),
        },
        Expr::UnaryOp { op: UnaryOperator::BangNot, expr } => format!("(NOT {})", wrapped(&expr.to_string())),
        Expr::Cast { expr, data_type: DataType::Binary(_) | DataType::Varbinary(_), .. }
        | Expr::Convert { expr, data_type: Some(DataType::Binary(_)), .. } => binary_comparison(expr),
        Expr::Cast { expr, data_type, .. } => by_name(types::cast(&expr.to_string(), data_type))?,
        Expr::Convert { expr, data_type: Some(kind), .. } => by_name(types::cast(&expr.to_string(), kind))?,
        Expr::Convert { expr, .. } => wrapped(&expr.to_string()),
        Expr::Collate { collation, .. } => {
            let name = Collation::named(names::text(collation)).name();
            *collation = ObjectName(vec![ObjectNamePart::Identifier(Ident::new(name))]);
            return Ok(());
        }
        Expr::Prefixed { value, .. } => value.to_string(),
        Expr::TypedString(typed) => typed.value.to_string(),
        Expr::Extract { field, expr, .. } => {
            dates::date_part(&field.to_string(), &expr.to_string()).map_err(|message| refusal(message, place))?
        }
        Expr::Ceil { expr, .. } => special::rounded(true, &expr.to_string()),
        Expr::Floor { expr, .. } => special::rounded(false, &expr.to_string()),
        Expr::Position { expr, r#in: text } => format!("instr({text}, {expr})"),
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let from = substring_from.as_ref().map_or_else(|| "1".into(), ToString::to_string);
            let length = substring_for.as_ref().map(|length| format!(", {length}")).unwrap_or_default();
            format!("substr({expr}, {from}{length})")
        }
        Expr::Trim { trim_where, trim_what, expr, .. } => {
            let function = match trim_where {
                Some(TrimWhereField::Leading) => "ltrim",
                Some(TrimWhereField::Trailing) => "rtrim",
                _ => "trim",
            };
            let what = trim_what.as_ref().map(|what| format!(", {what}")).unwrap_or_default();
            format!("{function}({expr}{what})")
        }
        Expr::IsUnknown(expr) => format!("{} IS NULL", wrapped(&expr.to_string())),
        Expr::IsNotUnknown(expr) => format!("{} IS NOT NULL", wrapped(&expr.to_string())),
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => {
            format!("({} IN {})", wrapped(&left.to_string()), wrapped(&right.to_string()))
        }
        Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } => {
            format!("({} NOT IN {})", wrapped(&left.to_string()), wrapped(&right.to_string()))
        }
        Expr::AnyOp { .. } | Expr::AllOp { .. } => {
            return refuse("comparison with ANY or ALL but = ANY and <> ALL; use EXISTS");
        }
        Expr::InList { expr, list, negated } if list.iter().any(is_row) => {
            let rows: Vec<String> = list.iter().map(ToString::to_string).collect();
            let not = if *negated { "NOT " } else { "" };
            format!("{expr} {not}IN (VALUES {})", rows.join(", "))
        }
        Expr::MemberOf(member) => {
            format!("EXISTS (SELECT 1 FROM json_each({}) WHERE value = {})", member.array, member.value)
        }
        Expr::Like { pattern, escape_char, .. } => {
            if escape_char.is_none() && literal::string(pattern).is_some_and(|text| text.contains('\\')) {
                *escape_char = Some(Box::new(literal::raw("'\\'")));
            }
            return Ok(());
        }
        Expr::RLike { .. } => return refuse("REGEXP; use LIKE"),
        Expr::MatchAgainst { columns, .. } => {
            let place = columns.first().map_or(place, Spanned::span);
            let message =
                "the embedded engine has no MATCH … AGAINST, as it has no FULLTEXT index; use LIKE or a server";
            return Err(refusal(message, place));
        }
        _ => return Ok(()),
    };
    *expr = literal::raw(text);
    Ok(())
}

fn is_row(expr: &Expr) -> bool {
    matches!(expr, Expr::Tuple(_))
        || matches!(expr, Expr::Identifier(raw) if raw.value.starts_with('(') && raw.quote_style.is_none())
}

/// Operators that are written or bind otherwise; `None` when the operator stays as it is.
fn binary(
    left: &Expr,
    op: &BinaryOperator,
    right: &Expr,
    translator: &mut Translator<'_>,
    place: Span,
) -> Result<Option<String>, SqlError> {
    let (l, r) = (wrapped(&left.to_string()), wrapped(&right.to_string()));
    Ok(Some(match op {
        BinaryOperator::Plus | BinaryOperator::Minus => {
            let (date, interval) = match (left, right) {
                (date, Expr::Interval(interval)) => (date, interval),
                (Expr::Interval(interval), date) if *op == BinaryOperator::Plus => (date, interval),
                _ => return Ok(None),
            };
            translator.intervals.pop();
            let subtract = *op == BinaryOperator::Minus;
            dates::shift(date, interval, subtract).map_err(|message| refusal(message, place))?
        }
        BinaryOperator::Spaceship => format!("({l} IS {r})"),
        BinaryOperator::Xor => format!("((NOT {l}) <> (NOT {r}))"),
        // Division of integers gives an integer in SQLite.
        BinaryOperator::Divide => format!("({l} * 1.0 / {r})"),
        BinaryOperator::MyIntegerDivide => format!("CAST({l} / {r} AS INTEGER)"),
        BinaryOperator::BitwiseXor => format!("(({l} | {r}) - ({l} & {r}))"),
        // These bind alike in SQLite and not in MySQL.
        BinaryOperator::BitwiseAnd
        | BinaryOperator::BitwiseOr
        | BinaryOperator::PGBitwiseShiftLeft
        | BinaryOperator::PGBitwiseShiftRight => format!("({l} {op} {r})"),
        BinaryOperator::Regexp => return Err(refusal("the embedded engine has no REGEXP; use LIKE", place)),
        BinaryOperator::Assignment => return Err(refusal("the embedded engine has no user variables", place)),
        _ => return Ok(None),
    }))
}

/// `BINARY a = b` compares byte by byte; the parser takes the whole comparison for the operand.
fn binary_comparison(expr: &Expr) -> String {
    match expr {
        Expr::BinaryOp { left, op, right } => format!("{} COLLATE BINARY {op} {right}", wrapped(&left.to_string())),
        Expr::Like { expr, pattern, negated, .. } => {
            let not = if *negated { "NOT " } else { "" };
            format!("{} COLLATE BINARY {not}LIKE {pattern}", wrapped(&expr.to_string()))
        }
        other => format!("{} COLLATE BINARY", wrapped(&other.to_string())),
    }
}

fn identifier(name: &Ident, translator: &Translator<'_>, place: Span) -> Result<Option<String>, SqlError> {
    if name.quote_style.is_some() {
        return Ok(translator.inserted.as_ref().and_then(|row| row.column(None, &name.value, &name.to_string())));
    }
    if name.value.starts_with("@@") {
        return Err(refusal(format!("{NO_DICTIONARY} and no server variables such as {name}"), place));
    }
    if name.value.starts_with('@') {
        return Err(refusal(format!("the embedded engine has no user variables such as {name}"), place));
    }
    Ok(translator.inserted.as_ref().and_then(|row| row.column(None, &name.value, &name.value)))
}

/// A column with its table, without the database before it.
fn compound(parts: &mut Vec<Ident>, translator: &Translator<'_>, place: Span) -> Result<Option<String>, SqlError> {
    if parts.first().is_some_and(|first| first.quote_style.is_none() && first.value.starts_with('@')) {
        return Err(refusal(format!("{NO_DICTIONARY} and no server variables"), place));
    }
    if parts.len() == 3 {
        parts.remove(0);
    }
    let [table, column] = parts.as_slice() else { return Ok(None) };
    Ok(translator.inserted.as_ref().and_then(|row| row.column(Some(&table.value), &column.value, &column.to_string())))
}
