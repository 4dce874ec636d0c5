//! A value to EXPLAIN with, guessed from the column that it is compared with.

use crate::model::query::Value;
use std::collections::BTreeMap;

/// What is known of a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hint {
    Limit,
    Offset,
    Count,
    Like(String),
    Column(String),
}

/// Types by column name in lower case, of a schema's definitions.
pub type ColumnTypes = BTreeMap<String, String>;

/// A typical value.
pub(super) fn sample(hint: &Hint, types: &ColumnTypes) -> Value {
    let text = |text: &str| Value::Text(text.to_owned());
    let column = match hint {
        Hint::Limit => return Value::Int(20),
        Hint::Offset => return Value::Int(0),
        Hint::Count => return Value::Int(7),
        Hint::Like(_) => return text("a%"),
        Hint::Column(column) => column,
    };
    let lower = column.to_ascii_lowercase();
    if let Some(kind) = types.get(&lower) {
        let kind = kind.to_ascii_lowercase();
        let is = |words: &[&str]| words.iter().any(|word| kind.starts_with(word));
        return if is(&["bool", "tinyint", "bit"]) {
            Value::Int(1)
        } else if is(&["int", "bigint", "smallint", "mediumint", "year", "unsigned", "integer"]) {
            Value::Int(42)
        } else if is(&["decimal", "float", "double", "numeric", "real"]) {
            Value::Float(10.5)
        } else if is(&["datetime", "timestamp"]) {
            text("2026-01-15 12:00:00")
        } else if is(&["date"]) {
            text("2026-01-15")
        } else if is(&["json"]) {
            text("{}")
        } else {
            by_name(column, &lower).filter(|value| matches!(value, Value::Text(_))).unwrap_or_else(|| text("a"))
        };
    }
    by_name(column, &lower).unwrap_or_else(|| text("a"))
}

fn by_name(column: &str, lower: &str) -> Option<Value> {
    let ends = |words: &[&str]| words.iter().any(|word| lower.ends_with(word));
    let holds = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    Some(if lower == "id" || lower.ends_with("_id") || column.ends_with("Id") {
        Value::Int(42)
    } else if holds(&["email"]) {
        Value::Text("someone@example.com".into())
    } else if ends(&["_at", "_on", "date", "time", "timestamp", "_seen", "expiry"]) || column.ends_with("At") {
        Value::Text("2026-01-15 12:00:00".into())
    } else if lower.starts_with("is_") || lower.starts_with("has_") {
        Value::Int(1)
    } else if holds(&["count", "total", "price", "amount", "quantity", "qty", "stock", "level", "score", "year", "age"])
    {
        Value::Int(10)
    } else {
        return None;
    })
}
