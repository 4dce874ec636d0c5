//! Literals: strings with `MySQL`'s escapes decoded, and back to `SQLite`'s only escape, the doubled quote.

use sqlparser::ast::{Expr, Ident, Value, ValueWithSpan};

/// A string literal.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// An expression that is written exactly so.
pub(super) fn raw(text: impl Into<String>) -> Expr {
    Expr::Identifier(Ident::new(text))
}

/// Puts a value into the form that `SQLite` reads. Strings and bits become numbers of the syntax tree, whose text is written as it is.
pub(super) fn translate(value: &mut ValueWithSpan) {
    let text = match &value.value {
        Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) | Value::NationalStringLiteral(text) => {
            quoted(text)
        }
        Value::SingleQuotedByteStringLiteral(bits) | Value::DoubleQuotedByteStringLiteral(bits) => {
            i64::from_str_radix(bits, 2).map_or_else(|_| quoted(bits), |number| number.to_string())
        }
        _ => return,
    };
    value.value = Value::Number(text, false);
}

/// The text of a string literal that has been translated.
pub(super) fn string(expr: &Expr) -> Option<String> {
    let Expr::Value(ValueWithSpan { value: Value::Number(text, _), .. }) = expr else { return None };
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(inner.replace("''", "'"))
}
