//! Values of a column as its scale profile knows it: a plan is that of the value, and the profile says which are frequent.

use super::tokens::Part;
use crate::model::query::Value;
use crate::model::scale::ColumnScale;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, PrimitiveDateTime, Time};

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const MOMENT: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
/// The part of a column's span that a condition with one end is taken to leave.
const LEFT: f64 = 0.1;

/// Which end of a range a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// No range: the value itself.
    None,
    Lower,
    Upper,
}

/// The end of a range that the placeholder at a place is.
pub(super) fn end(parts: &[Part], at: usize) -> End {
    let is = |back: usize, text: &str| at.checked_sub(back).is_some_and(|at| parts[at].is(text));
    if is(1, ">") || is(1, ">=") || is(1, "BETWEEN") {
        End::Lower
    } else if is(1, "<") || is(1, "<=") || (is(1, "AND") && is(3, "BETWEEN")) {
        End::Upper
    } else {
        End::None
    }
}

/// A value of the column, the most frequent where there is one; `number` is how many of its list stand before it.
pub(super) fn scaled(column: &ColumnScale, end: End, number: usize) -> Option<Value> {
    let within = |share: f64| between(column.min.as_ref()?, column.max.as_ref()?, share);
    match end {
        End::Lower => within(1.0 - LEFT),
        End::Upper => column.max.clone().filter(|value| *value != Value::Null),
        End::None => {
            let mut hot: Vec<_> = column.hot.iter().collect();
            hot.sort_by(|one, other| other.fraction.total_cmp(&one.fraction));
            hot.get(number).map(|hot| hot.value.clone()).or_else(|| within(0.5 + 0.01 * number.min(40) as f64))
        }
    }
}

/// The value that lies at a share of the way.
fn between(min: &Value, max: &Value, share: f64) -> Option<Value> {
    let at = |min: f64, max: f64| min + (max - min) * share;
    #[allow(clippy::cast_possible_truncation, reason = "it lies between two whole numbers of the type")]
    match (min, max) {
        (Value::Int(min), Value::Int(max)) => Some(Value::Int(at(*min as f64, *max as f64).round() as i64)),
        (Value::Float(min), Value::Float(max)) => Some(Value::Float(at(*min, *max))),
        (Value::Int(min), Value::Float(max)) => Some(Value::Float(at(*min as f64, *max))),
        (Value::Float(min), Value::Int(max)) => Some(Value::Float(at(*min, *max as f64))),
        (Value::Text(min), Value::Text(max)) => {
            if let (Ok(min), Ok(max)) = (Date::parse(min, DAY), Date::parse(max, DAY)) {
                let day = at(f64::from(min.to_julian_day()), f64::from(max.to_julian_day())).round() as i32;
                return Some(Value::Text(Date::from_julian_day(day).ok()?.format(DAY).ok()?));
            }
            let (min, max) = (moment(min)?, moment(max)?);
            let moment = (min + (max - min) * share).replace_nanosecond(0).ok()?;
            Some(Value::Text(moment.format(MOMENT).ok()?))
        }
        _ => None,
    }
}

/// A day, or a day and a time.
fn moment(text: &str) -> Option<PrimitiveDateTime> {
    let day = || Some(PrimitiveDateTime::new(Date::parse(text, DAY).ok()?, Time::MIDNIGHT));
    PrimitiveDateTime::parse(text, MOMENT).ok().or_else(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::scale::HotValue;

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn the_most_frequent_values_come_first() {
        let hot = |value, fraction| HotValue { value: text(value), fraction };
        let column = ColumnScale { hot: vec![hot("rare", 0.1), hot("usual", 0.7)], ..ColumnScale::default() };
        let of = |number| scaled(&column, End::None, number);
        assert_eq!((of(0), of(1), of(2)), (Some(text("usual")), Some(text("rare")), None));
    }

    #[test]
    fn a_range_is_the_latest_tenth() {
        let of = |min: Value, max: Value, end| {
            scaled(&ColumnScale { min: Some(min), max: Some(max), ..ColumnScale::default() }, end, 0)
        };
        assert_eq!(of(Value::Int(0), Value::Int(1000), End::Lower), Some(Value::Int(900)));
        assert_eq!(of(Value::Int(0), Value::Int(1000), End::Upper), Some(Value::Int(1000)));
        assert_eq!(of(Value::Float(1.0), Value::Int(2), End::None), Some(Value::Float(1.5)));
        let day = of(text("2026-01-01"), text("2026-01-11"), End::Lower);
        assert_eq!(day, Some(text("2026-01-10")));
        let moment = of(text("2026-01-01 00:00:00"), text("2026-01-11"), End::None);
        assert_eq!(moment, Some(text("2026-01-06 00:00:00")));
        assert_eq!(of(text("a"), text("z"), End::None), None);
    }
}
