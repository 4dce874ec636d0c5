//! Values of rows, for the columns of which the user has allowed it: the ends of a column, and the values that are much more
//! or less frequent than the average one.

use super::ask::{Answer, ask};
use super::{Figures, Wanted, begins_an_index};
use crate::engine::text::name;
use crate::engine::{EngineError, Session};
use crate::model::query::Value;
use crate::model::scale::HotValue;
use crate::model::schema::{Column, Table};
use std::time::{Duration, Instant};

/// Longest look for the ends of a table's columns in their indexes, which takes two look-ups each.
const QUICK: Duration = Duration::from_secs(5);
/// Values to list of a column.
const LISTED: usize = 20;
/// Characters of a value that a profile takes.
const LONGEST: usize = 191;
/// Types of which values can be written into a profile and mean something to an optimizer.
const WRITTEN: [&str; 22] = [
    "tinyint",
    "smallint",
    "mediumint",
    "int",
    "integer",
    "bigint",
    "decimal",
    "numeric",
    "float",
    "double",
    "real",
    "date",
    "datetime",
    "timestamp",
    "year",
    "char",
    "varchar",
    "tinytext",
    "enum",
    "bool",
    "boolean",
    "text",
];

/// Whether values of the column can be part of a profile.
pub(super) fn can_be_written(column: &Column) -> bool {
    WRITTEN.contains(&column.base_type().as_str())
}

/// The value of a column that an engine shows as this text; `None` when it is too long.
pub(super) fn value_of(column: &Column, text: &str) -> Option<Value> {
    let number = ["int", "bool", "decimal", "numeric", "float", "double", "real", "year"];
    let base = column.base_type();
    if number.iter().any(|kind| base.contains(kind)) {
        let whole = text.parse().ok().map(Value::Int);
        return whole.or_else(|| text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float));
    }
    // A moment's fraction of a second that is none.
    let moment = base.starts_with("date") || base == "timestamp";
    let text = if moment { text.strip_suffix(".000000").unwrap_or(text) } else { text };
    (text.chars().count() <= LONGEST).then(|| Value::Text(text.to_owned()))
}

/// Of all values with their shares of the rows, those that are listed: far from the average, the most frequent first.
pub(super) fn frequent(mut all: Vec<(Value, f64)>, distinct: u64, nulls: f64) -> Vec<HotValue> {
    let average = (1.0 - nulls) / distinct.max(1) as f64;
    let few = distinct <= LISTED as u64;
    // Of few values all are listed that are not average; of many only those that stand out.
    all.retain(|(_, share)| if few { (share / average - 1.0).abs() > 0.05 } else { *share >= 2.0 * average });
    all.sort_by(|one, other| other.1.total_cmp(&one.1));
    all.truncate(LISTED);
    all.into_iter().map(|(value, fraction)| HotValue { value, fraction }).collect()
}

/// Reads the allowed values of a table that statistics do not have: the ends through an index; with `--deep` by reading the
/// table. Gives what the user has to know.
pub(super) async fn read(
    session: &mut Session,
    table: &Table,
    figures: &mut Figures,
    wanted: &Wanted<'_>,
) -> Result<Vec<String>, EngineError> {
    let (begun, limit) = (Instant::now(), wanted.deep.unwrap_or(QUICK));
    let left = || limit.saturating_sub(begun.elapsed());
    let (mut unread, mut cut_off, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    let of = name(&table.name);
    for column in
        table.columns.iter().filter(|column| (wanted.values)(&table.name, &column.name) && can_be_written(column))
    {
        let own = name(&column.name);
        let indexed = begins_an_index(table, column);
        if !indexed && wanted.deep.is_none() {
            if figures.column(&column.name).min.is_none() {
                unread.push(column.name.as_str());
            }
            continue;
        }
        match ask(session, &format!("MIN({own}), MAX({own}) FROM {of}"), left()).await? {
            Answer::Rows(rows) => {
                let mut ends = rows.into_iter().flatten().map(|text| value_of(column, &text?));
                let scale = figures.column(&column.name);
                (scale.min, scale.max) = (ends.next().flatten(), ends.next().flatten());
            }
            Answer::CutOff => cut_off.push(column.name.as_str()),
            Answer::Refused(reason) => refused.push(format!("{}.{}: {reason}", table.name, column.name)),
        }
        if wanted.deep.is_none() || super::is_unique_alone(table, &column.name) {
            continue;
        }
        let group = format!(
            "{own}, COUNT(*) AS n FROM {of} WHERE {own} IS NOT NULL GROUP BY {own} ORDER BY n DESC, {own} LIMIT {LISTED}"
        );
        match ask(session, &group, left()).await? {
            Answer::Rows(rows) => {
                let all = figures.rows.unwrap_or(0).max(1) as f64;
                let shares = rows.iter().filter_map(|row| {
                    let count: f64 = row.get(1)?.as_deref()?.parse().ok()?;
                    Some((value_of(column, row.first()?.as_deref()?)?, count / all))
                });
                let shares: Vec<_> = shares.collect();
                let scale = figures.column(&column.name);
                scale.hot = frequent(shares, scale.distinct.unwrap_or(rows.len() as u64), scale.null_fraction);
            }
            Answer::CutOff => cut_off.push(column.name.as_str()),
            Answer::Refused(reason) => refused.push(format!("{}.{}: {reason}", table.name, column.name)),
        }
    }
    cut_off.dedup();
    let mut notes = refused;
    if !cut_off.is_empty() {
        notes.push(format!(
            "{}: cut off after {} s; values not read: {}",
            table.name,
            limit.as_secs(),
            cut_off.join(", ")
        ));
    }
    if !unread.is_empty() {
        notes.push(format!(
            "{}: no index begins with {}, so that values are only read with --deep",
            table.name,
            unread.join(", ")
        ));
    }
    Ok(notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_type_of_their_column() {
        let value = |kind: &str, text: &str| value_of(&Column { column_type: kind.into(), ..Column::default() }, text);
        assert_eq!(value("int unsigned", "7"), Some(Value::Int(7)));
        assert_eq!(value("decimal(10,2)", "7.50"), Some(Value::Float(7.5)));
        assert_eq!(value("datetime", "2025-01-01 00:00:00.000000"), Some(Value::Text("2025-01-01 00:00:00".into())));
        assert_eq!(value("varchar(9)", "42"), Some(Value::Text("42".into())));
        assert_eq!(value("varchar(900)", &"x".repeat(900)), None);
    }

    #[test]
    fn only_values_that_are_not_average_are_listed() {
        let all = |shares: &[f64]| (0_i64..).zip(shares).map(|(at, share)| (Value::Int(at), *share)).collect();
        let listed = |shares: &[f64], distinct| -> Vec<f64> {
            frequent(all(shares), distinct, 0.0).iter().map(|hot| hot.fraction).collect()
        };
        assert_eq!(listed(&[0.1, 0.9], 2), [0.9, 0.1]);
        assert_eq!(listed(&[0.5, 0.5], 2), [0.0; 0]);
        assert_eq!(listed(&[0.01, 0.3, 0.015], 100), [0.3]);
    }
}
