//! How a column's values are spread at a scale: the share of the rows that a value or a range has. Pure.
//!
//! Hot values have their own shares; all others lie evenly between the smallest and the largest value. A range is not known
//! where the profile gives no ends.

use super::domain::Domain;
use crate::engine::stats::cardinality::{column_scale, distinct_of_column, rows_of};
use crate::model::query::Value;
use crate::model::scale::{ColumnScale, HotValue, Scale};
use crate::model::schema::{Column, Schema, Table};
use std::cmp::Ordering;

/// A foreign key is followed to its parent at most this far.
const MAX_PARENTS: u32 = 8;

/// One column's values.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    pub(super) domain: Domain,
    distinct: f64,
    nulls: f64,
    hot: Vec<HotValue>,
    /// Smallest and largest value, as positions.
    ends: Option<(f64, f64)>,
}

/// A range by positions: each end with whether it belongs to the range.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Interval {
    pub(super) low: Option<(f64, bool)>,
    pub(super) high: Option<(f64, bool)>,
}

impl Interval {
    fn holds(&self, at: f64) -> bool {
        self.low.is_none_or(|(low, inside)| at > low || inside && at >= low)
            && self.high.is_none_or(|(high, inside)| at < high || inside && at <= high)
    }

    /// The pieces that are left between these points, which ascend.
    pub(super) fn cut(self, points: &[f64]) -> Vec<Self> {
        let mut pieces = Vec::with_capacity(points.len() + 1);
        let mut rest = self;
        for at in points.iter().filter(|at| self.holds(**at)) {
            pieces.push(Self { high: Some((*at, false)), ..rest });
            rest.low = Some((*at, false));
        }
        pieces.push(rest);
        pieces
    }

    /// What lies in both.
    pub(super) fn both(self, other: Self) -> Self {
        let tighter = |one: Option<(f64, bool)>, other: Option<(f64, bool)>, lower: bool| match (one, other) {
            (Some(one), Some(other)) => Some(match one.0.total_cmp(&other.0) {
                Ordering::Equal => (one.0, one.1 && other.1),
                order => {
                    if order.is_gt() == lower {
                        one
                    } else {
                        other
                    }
                }
            }),
            (one, other) => one.or(other),
        };
        Self { low: tighter(self.low, other.low, true), high: tighter(self.high, other.high, false) }
    }
}

impl Spread {
    /// The spread of a column; `None` when the profile does not list the table.
    pub(super) fn of(table: &Table, column: &Column, scale: &Scale, schema: &Schema) -> Option<Self> {
        let rows = rows_of(table, scale)?;
        let known = column_scale(table, &column.name, scale).cloned().unwrap_or_default();
        let (min, max) = ends(table, column, &known, scale, schema, MAX_PARENTS).unzip();
        let texts = (min.as_ref().and_then(text_of), max.as_ref().and_then(text_of));
        let domain = Domain::of(column, texts.0.zip(texts.1));
        let nulls = known.null_fraction.clamp(0.0, 1.0);
        let distinct = distinct_of_column(table, column, scale, schema).saturating_sub(u64::from(nulls > 0.0));
        let ends = min.zip(max).and_then(|(min, max)| {
            let ends = (domain.position(&text_of(&min)?)?, domain.position(&text_of(&max)?)?);
            (ends.0 <= ends.1).then_some(ends)
        });
        let distinct = if rows == 0 { 1.0 } else { distinct.max(1) as f64 };
        Some(Self { domain, distinct, nulls, hot: known.hot, ends })
    }

    /// The share of the rows that are NULL.
    pub(super) fn null(&self) -> f64 {
        self.nulls
    }

    /// The share of the rows with an average value, hot ones among them.
    pub(super) fn average(&self) -> f64 {
        (1.0 - self.nulls) / self.distinct
    }

    /// The share of the rows with this value.
    pub(super) fn equal(&self, value: &str) -> f64 {
        let at = self.domain.position(value);
        let same = |hot: &&HotValue| {
            text_of(&hot.value).is_some_and(|text| {
                text.eq_ignore_ascii_case(value)
                    || !self.domain.is_text() && at.is_some() && self.domain.position(&text) == at
            })
        };
        if let Some(hot) = self.hot.iter().find(same) {
            return hot.fraction;
        }
        // A value that lies outside of the ends is in no row.
        if let (Some(at), Some((min, max))) = (at, self.ends)
            && !self.domain.is_text()
            && (at < min || at > max)
        {
            return 0.0;
        }
        self.others() / (self.distinct - self.hot.len() as f64).max(1.0)
    }

    /// The share of the rows in an interval; `None` when the profile does not tell.
    pub(super) fn within(&self, interval: Interval) -> Option<f64> {
        let unlimited = interval.low.is_none() && interval.high.is_none();
        if unlimited {
            return Some(1.0 - self.nulls);
        }
        let others = self.others();
        let even = match self.ends {
            Some((min, max)) => {
                let step = self.domain.step();
                let low = interval.low.map_or(min, |(at, inside)| if inside { at } else { at + step });
                let high = interval.high.map_or(max + step, |(at, inside)| if inside { at + step } else { at });
                let whole = (max + step - min).max(f64::MIN_POSITIVE);
                ((high.min(max + step) - low.max(min)).max(0.0) / whole).min(1.0)
            }
            // Hot values that are all there is need no ends.
            None if others < 1e-6 => 0.0,
            None => return None,
        };
        let mut hot = 0.0;
        for one in &self.hot {
            let at = self.domain.position(&text_of(&one.value)?)?;
            hot += if interval.holds(at) { one.fraction } else { 0.0 };
        }
        Some(hot + others * even)
    }

    /// The share of the rows whose value is neither hot nor NULL.
    fn others(&self) -> f64 {
        (1.0 - self.nulls - self.hot.iter().map(|hot| hot.fraction).sum::<f64>()).max(0.0)
    }
}

/// The smallest and the largest value: the profile's; 1 to the number of rows for a counter; the parent's for a foreign key.
fn ends(
    table: &Table,
    column: &Column,
    known: &ColumnScale,
    scale: &Scale,
    schema: &Schema,
    parents: u32,
) -> Option<(Value, Value)> {
    if let (Some(min), Some(max)) = (&known.min, &known.max) {
        return Some((min.clone(), max.clone()));
    }
    if column.extra.contains("auto_increment") {
        return Some((Value::Int(1), Value::Int(i64::try_from(rows_of(table, scale)?).ok()?.max(1))));
    }
    let left = parents.checked_sub(1)?;
    table.foreign_keys.iter().find_map(|key| {
        let at = key.columns.iter().position(|name| name.eq_ignore_ascii_case(&column.name))?;
        let parent = schema.table(&key.referenced_table)?;
        let referenced = parent.column(key.referenced_columns.get(at)?)?;
        let known = column_scale(parent, &referenced.name, scale).cloned().unwrap_or_default();
        ends(parent, referenced, &known, scale, schema, left)
    })
}

/// A value as SQL would show it; `None` for NULL.
pub(in crate::engine::stats) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(set) => Some(u8::from(*set).to_string()),
        Value::Int(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::scale::TableScale;

    fn spread(column_type: &str, known: ColumnScale) -> Spread {
        let column = Column { name: "c".into(), column_type: column_type.into(), ..Column::default() };
        let table = Table { name: "t".into(), columns: vec![column.clone()], ..Table::default() };
        let size = TableScale { rows: 1000, columns: [("c".into(), known)].into(), ..TableScale::default() };
        let scale = Scale { tables: [("t".into(), size)].into(), ..Scale::default() };
        Spread::of(&table, &column, &scale, &Schema::default()).unwrap()
    }

    fn numbers() -> Spread {
        spread(
            "int",
            ColumnScale {
                distinct: Some(100),
                null_fraction: 0.1,
                min: Some(Value::Int(1)),
                max: Some(Value::Int(100)),
                hot: vec![HotValue { value: Value::Int(7), fraction: 0.4 }],
            },
        )
    }

    #[test]
    fn hot_values_have_their_share_and_the_others_the_rest() {
        let spread = numbers();
        assert!((spread.equal("7") - 0.4).abs() < 1e-9);
        assert!((spread.equal("8") - 0.5 / 99.0).abs() < 1e-9);
        assert!(spread.equal("101").abs() < 1e-9, "beyond the largest value");
    }

    #[test]
    fn ranges_count_hot_values_and_what_lies_evenly() {
        let spread = numbers();
        let within = |low, high| spread.within(Interval { low, high }).unwrap();
        assert!((within(Some((51.0, true)), None) - 0.25).abs() < 1e-9);
        assert!((within(None, Some((51.0, false))) - 0.65).abs() < 1e-9);
        assert!((within(Some((200.0, true)), None)).abs() < 1e-9);
        assert!((within(None, None) - 0.9).abs() < 1e-9, "all but NULL");
    }

    #[test]
    fn texts_need_ends() {
        let known = ColumnScale { distinct: Some(500), ..ColumnScale::default() };
        let prefix = |spread: &Spread| {
            let (low, high) = spread.domain.prefix("E12").unwrap();
            spread.within(Interval { low: Some((low, true)), high: Some((high, false)) })
        };
        let open = spread("varchar(20)", known.clone());
        assert_eq!(open.domain.prefix("E12").and_then(|_| prefix(&open)), None);
        let ends =
            ColumnScale { min: Some(Value::Text("E000".into())), max: Some(Value::Text("E499".into())), ..known };
        assert!((prefix(&spread("varchar(20)", ends)).unwrap() - 0.02).abs() < 1e-6);
    }
}
