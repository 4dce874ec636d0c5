//! Samples of an index's first column for `sqlite_stat4`: the frequent values, NULL, and points between the smallest and
//! the largest value, each with the rows and the distinct values that sort before it.

use super::literal::Domain;
use crate::model::query::Value;
use crate::model::scale::ColumnScale;
use std::cmp::Ordering;

/// One sample of the first column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    /// The value.
    pub(super) value: Value,
    /// Rows that have it.
    pub(super) equal: u64,
    /// Rows that sort before it.
    pub(super) less: u64,
    /// Distinct values that sort before it.
    pub(super) distinct_less: u64,
}

/// Points taken between the smallest and the largest number, enough for ranges to come out within a few percent.
const POINTS: i64 = 24;

/// How values are stored and compared.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    /// Where values lie, of dates.
    pub(super) dates: Option<Domain>,
    /// Numbers rather than text.
    pub(super) numeric: bool,
    /// Text without regard to case.
    pub(super) no_case: bool,
    /// In descending order.
    pub(super) descending: bool,
}

/// The samples in the index's order; none when the profile knows of no value.
pub(super) fn samples(profile: &ColumnScale, rows: u64, distinct: u64, kind: &Kind) -> Vec<Sample> {
    let share = |fraction: f64| share(rows, fraction);
    let mut known: Vec<(Value, u64)> = Vec::new();
    if profile.null_fraction > 0.0 {
        known.push((Value::Null, share(profile.null_fraction)));
    }
    for hot in &profile.hot {
        known.push((stored(&hot.value, kind), share(hot.fraction)));
    }
    let frequent: u64 = known.iter().map(|(_, equal)| equal).sum();
    let others = rows.saturating_sub(frequent);
    let other_values = distinct.saturating_sub(known.len() as u64);
    let average = (others / other_values.max(1)).max(1);
    let ends = [&profile.min, &profile.max].map(|end| end.as_ref().map(|value| stored(value, kind)));
    for value in between(&ends, kind) {
        if other_values > 0 && !known.iter().any(|(other, _)| order(other, &value, kind) == Ordering::Equal) {
            known.push((value, average));
        }
    }
    known.sort_by(|(one, _), (other, _)| order(one, other, kind));
    let count = known.len();
    let mut before = 0_u64;
    let mut found = Vec::new();
    for (at, (value, equal)) in known.into_iter().enumerate() {
        // The values that are not frequent lie evenly between the ends, or between the samples where there are none.
        let position = position(&value, &ends, kind).unwrap_or((at + 1) as f64 / (count + 1) as f64);
        let infrequent = |all: u64| if value == Value::Null { 0 } else { self::share(all, position) };
        found.push(Sample {
            equal,
            less: (before + infrequent(others)).min(rows.saturating_sub(equal)),
            distinct_less: (at as u64 + infrequent(other_values)).min(distinct.saturating_sub(1)),
            value,
        });
        if equal != average {
            before += equal;
        }
    }
    if kind.descending {
        found.reverse();
        for sample in &mut found {
            sample.less = rows.saturating_sub(sample.less + sample.equal);
            sample.distinct_less = distinct.saturating_sub(sample.distinct_less + 1);
        }
    }
    found
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a share of a u64, never negative
fn share(all: u64, fraction: f64) -> u64 {
    (all as f64 * fraction.clamp(0.0, 1.0)).round() as u64
}

/// A value as the column's affinity stores it.
fn stored(value: &Value, kind: &Kind) -> Value {
    match value {
        Value::Bool(truth) => Value::Int(i64::from(*truth)),
        Value::Text(text) if kind.numeric => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(number), _) => Value::Int(number),
            (_, Ok(number)) => Value::Float(number),
            _ => value.clone(),
        },
        Value::Int(number) if !kind.numeric => Value::Text(number.to_string()),
        _ => value.clone(),
    }
}

/// The ends, and points between them when they are integers.
fn between(ends: &[Option<Value>; 2], kind: &Kind) -> Vec<Value> {
    if let (Some(dates), [Some(Value::Text(min)), Some(Value::Text(max))]) = (&kind.dates, ends)
        && let (Some(low), Some(high)) = (dates.position(min), dates.position(max))
        && low < high
    {
        let point = |at: i64| dates.word(low + (high - low) * at as f64 / POINTS as f64).map(Value::Text);
        let inside = (1..POINTS).filter_map(point);
        return [Value::Text(min.clone())].into_iter().chain(inside).chain([Value::Text(max.clone())]).collect();
    }
    if let [Some(Value::Int(min)), Some(Value::Int(max))] = ends
        && let Some(span) = max.checked_sub(*min).filter(|span| *span > 0)
    {
        let steps = span.min(POINTS);
        let point = |at: i64| {
            i64::try_from(i128::from(*min) + i128::from(span) * i128::from(at) / i128::from(steps)).unwrap_or(*max)
        };
        return (0..=steps).map(|at| Value::Int(point(at))).collect();
    }
    ends.iter().flatten().cloned().collect()
}

/// Where a value lies between the ends, 0 to 1.
fn position(value: &Value, ends: &[Option<Value>; 2], kind: &Kind) -> Option<f64> {
    let [Some(min), Some(max)] = ends else { return None };
    let number = |value: &Value| match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::Text(text) => kind.dates.as_ref().and_then(|dates| dates.position(text)),
        _ => None,
    };
    match (number(min), number(max), number(value)) {
        (Some(min), Some(max), Some(value)) if max > min => Some(((value - min) / (max - min)).clamp(0.0, 1.0)),
        _ if order(value, min, kind) != Ordering::Greater => Some(0.0),
        _ if order(value, max, kind) != Ordering::Less => Some(1.0),
        _ => None,
    }
}

/// NULL before numbers before text, as `SQLite` sorts.
fn order(one: &Value, other: &Value, kind: &Kind) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Null => 0,
        Value::Text(_) => 2,
        _ => 1,
    };
    let number = |value: &Value| match value {
        Value::Int(number) => *number as f64,
        Value::Float(number) => *number,
        _ => 0.0,
    };
    rank(one).cmp(&rank(other)).then_with(|| match (one, other) {
        (Value::Int(one), Value::Int(other)) => one.cmp(other),
        (Value::Text(one), Value::Text(other)) if kind.no_case => {
            one.to_ascii_lowercase().cmp(&other.to_ascii_lowercase())
        }
        (Value::Text(one), Value::Text(other)) => one.cmp(other),
        _ => number(one).total_cmp(&number(other)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::scale::HotValue;

    const NUMBERS: Kind = Kind { dates: None, numeric: true, no_case: false, descending: false };

    #[test]
    fn samples_lie_in_the_order_of_the_index_and_count_what_is_before_them() {
        let profile = ColumnScale {
            null_fraction: 0.1,
            min: Some(Value::Int(0)),
            max: Some(Value::Int(1000)),
            hot: vec![HotValue { value: Value::Int(500), fraction: 0.5 }],
            ..ColumnScale::default()
        };
        for descending in [false, true] {
            let found = samples(&profile, 100_000, 1001, &Kind { descending, ..NUMBERS });
            assert!(found.windows(2).all(|two| two[0].less + two[0].equal <= two[1].less + 500), "{found:?}");
            assert!(found.windows(2).all(|two| two[0].distinct_less < two[1].distinct_less), "{found:?}");
            let hot = found.iter().find(|sample| sample.value == Value::Int(500)).unwrap();
            assert_eq!(hot.equal, 50_000);
            assert_eq!(hot.less, if descending { 20_000 } else { 30_000 });
        }
    }

    #[test]
    fn dates_have_points_between_their_ends() {
        let text = |text: &str| Some(Value::Text(text.into()));
        let profile =
            ColumnScale { min: text("2025-01-01"), max: text("2025-01-25 00:00:00"), ..ColumnScale::default() };
        let kind = Kind { dates: Some(Domain::DateTime), numeric: false, ..NUMBERS };
        let found = samples(&profile, 24_000, 24_000, &kind);
        let middle = found.iter().find(|sample| sample.value == Value::Text("2025-01-13 00:00:00".into())).unwrap();
        assert_eq!((found.len(), middle.less), (25, 12_000));
    }

    #[test]
    fn values_take_the_columns_type() {
        let profile =
            ColumnScale { hot: vec![HotValue { value: Value::Bool(true), fraction: 0.9 }], ..ColumnScale::default() };
        assert_eq!(samples(&profile, 100, 2, &NUMBERS)[0].value, Value::Int(1));
    }
}
