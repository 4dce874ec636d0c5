//! A value to EXPLAIN with: of the column that it is compared with, as schema and scale profile know it, or else guessed from the
//! column's name.

use crate::model::query::Value;
use crate::model::scale::Scale;
use crate::model::schema::Schema;
use crate::sql::stand_in::known;

/// What is known of a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hint {
    Limit,
    Offset,
    Count,
    Like(String),
    Column(String),
}

/// Where sample values come from.
#[derive(Debug, Default)]
pub struct Samples {
    /// The tables; without any, names of columns are all there is.
    pub schema: Schema,
    /// Which values the columns have.
    pub scale: Option<Scale>,
    /// A day on which dates lie, such as `2026-01-31`.
    pub day: String,
}

impl Samples {
    /// A value for each placeholder.
    pub(super) fn of(&self, sql: &str, hints: &[Hint]) -> Vec<Value> {
        let told = (!hints.is_empty() && !self.schema.tables.is_empty())
            .then(|| known(sql, &self.schema, self.scale.as_ref(), &self.day))
            .flatten()
            .filter(|told| told.len() == hints.len())
            .unwrap_or_default();
        let (mut before, mut again) = (None, 0);
        let mut of = |(number, hint): (usize, &Hint)| {
            again = if before.as_ref() == Some(hint) { again + 1 } else { 0 };
            before = Some(hint.clone());
            let told = told.get(number).cloned().flatten();
            if let Some(told) = told.filter(|_| !matches!(hint, Hint::Count)) {
                return told;
            }
            match sample(hint) {
                // Those of one list differ.
                Value::Int(number) if matches!(hint, Hint::Column(_)) => Value::Int(number + again),
                value => value,
            }
        };
        hints.iter().enumerate().map(&mut of).collect()
    }
}

/// A typical value, by the name.
fn sample(hint: &Hint) -> Value {
    match hint {
        Hint::Limit => Value::Int(20),
        Hint::Offset => Value::Int(0),
        Hint::Count => Value::Int(7),
        Hint::Like(_) => Value::Text("a%".into()),
        Hint::Column(column) => {
            by_name(column, &column.to_ascii_lowercase()).unwrap_or_else(|| Value::Text("a".into()))
        }
    }
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
