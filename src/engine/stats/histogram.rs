//! Histograms for columns without an index, in the JSON that `ANALYZE TABLE … UPDATE HISTOGRAM … USING DATA` takes. Pure.
//!
//! An index answers for its own columns. For the others `MySQL` guesses (a tenth for an equality, a third for a range) unless
//! there is a histogram. Only numbers and dates whose ends the profile gives: of texts it does not name all values.

use super::literal::{Domain, text_of};
use crate::model::scale::ColumnScale;
use crate::model::schema::{Column, Table};

/// Buckets between the smallest and the largest value.
const BUCKETS: u32 = 32;
/// The number of a collation that `MySQL` itself writes for values that are no texts.
const NO_COLLATION: u32 = 8;

/// Whether an index answers for the column.
pub(super) fn is_indexed(table: &Table, column: &str) -> bool {
    table
        .indexes
        .iter()
        .flat_map(|index| &index.parts)
        .any(|part| part.column.as_deref().is_none_or(|name| name.eq_ignore_ascii_case(column)))
}

/// The histogram of a column; `None` where the profile tells too little.
pub(super) fn of_column(column: &Column, known: &ColumnScale) -> Option<String> {
    let domain = Domain::of(column, None);
    let (kind, step) = match &domain {
        // Shorter unsigned integers are kept as signed ones.
        Domain::Number { places: 0, unsigned: true } if column.base_type() == "bigint" => ("uint", 1.0),
        Domain::Number { places: 0, .. } => ("int", 1.0),
        Domain::Number { .. } => ("decimal", domain.step()),
        Domain::Date => ("date", 1.0),
        Domain::DateTime => ("datetime", 1.0),
        _ => return None,
    };
    let at = |value: &crate::model::query::Value| domain.position(&text_of(value)?);
    let (min, max) = (at(known.min.as_ref()?)?, at(known.max.as_ref()?)?);
    let mut hot: Vec<(f64, f64)> = known.hot.iter().filter_map(|one| Some((at(&one.value)?, one.fraction))).collect();
    hot.sort_by(|one, other| one.0.total_cmp(&other.0));
    let nulls = known.null_fraction.clamp(0.0, 1.0);
    let others = (1.0 - nulls - hot.iter().map(|(_, share)| share).sum::<f64>()).max(0.0);
    let distinct = known.distinct? as f64 - hot.len() as f64;
    if max < min || known.hot.len() != hot.len() {
        return None;
    }

    // The pieces of the line: frequent values by themselves, and what is between them.
    let width = ((max - min) / f64::from(BUCKETS) / step).ceil().max(1.0) * step;
    let mut pieces: Vec<(f64, f64, Option<f64>)> = Vec::new();
    let mut from = min;
    let mut frequent = hot.iter().peekable();
    while from <= max || frequent.peek().is_some() {
        if let Some((value, share)) = frequent.next_if(|(value, _)| *value <= from || from > max) {
            pieces.push((*value, *value, Some(*share)));
            from = from.max(*value + step);
            continue;
        }
        let until = frequent.peek().map_or(max, |(value, _)| (value - step).min(max));
        let to = (from + width - step).min(until);
        pieces.push((from, to, None));
        from = to + step;
    }
    let even: f64 = pieces.iter().filter(|piece| piece.2.is_none()).map(|(low, high, _)| high - low + step).sum();
    let mut below = 0.0;
    let mut buckets = Vec::with_capacity(pieces.len());
    for (low, high, share) in pieces {
        let part = (high - low + step) / even.max(step);
        below += share.unwrap_or(others * part);
        let values = if share.is_some() { 1.0 } else { (distinct * part).round().max(1.0) };
        let (low, high) = (word(&domain, low)?, word(&domain, high)?);
        buckets.push(format!("[{low}, {high}, {:.9}, {values:.0}]", below.min(1.0 - nulls)));
    }
    Some(format!(
        "{{\"buckets\": [{}], \"data-type\": \"{kind}\", \"auto-update\": false, \"null-values\": {nulls:.9}, \
         \"collation-id\": {NO_COLLATION}, \"last-updated\": \"2026-01-01 00:00:00.000000\", \"sampling-rate\": 1.0, \
         \"histogram-type\": \"equi-height\", \"number-of-buckets-specified\": {}}}",
        buckets.join(", "),
        buckets.len()
    ))
}

fn word(domain: &Domain, at: f64) -> Option<String> {
    let word = domain.word(at)?;
    Some(match domain {
        Domain::Date => format!("\"{word}\""),
        Domain::DateTime => format!("\"{word}.000000\""),
        _ => word,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::query::Value;
    use crate::model::scale::HotValue;

    #[test]
    fn frequent_values_have_buckets_of_their_own() {
        let column = Column { name: "c".into(), column_type: "int".into(), ..Column::default() };
        let known = ColumnScale {
            distinct: Some(100),
            null_fraction: 0.1,
            min: Some(Value::Int(1)),
            max: Some(Value::Int(100)),
            hot: vec![HotValue { value: Value::Int(1), fraction: 0.4 }],
        };
        let json: serde_json::Value = serde_json::from_str(&of_column(&column, &known).unwrap()).unwrap();
        let buckets = json["buckets"].as_array().unwrap();
        assert_eq!(buckets[0], serde_json::json!([1, 1, 0.4, 1]));
        assert_eq!(buckets[1][0], 2);
        let last = buckets.last().unwrap();
        assert_eq!((&last[1], last[2].as_f64().unwrap()), (&serde_json::json!(100), 0.9));
    }

    #[test]
    fn what_the_profile_does_not_tell_has_none() {
        let column = Column { name: "c".into(), column_type: "varchar(9)".into(), ..Column::default() };
        assert_eq!(of_column(&column, &ColumnScale::default()), None);
        let number = Column { column_type: "int".into(), ..column };
        assert_eq!(of_column(&number, &ColumnScale::default()), None);
    }
}
