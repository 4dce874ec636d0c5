//! The time of day of a throwaway server: the newest moment of the scale profile. An app asks for the last five minutes or
//! the last week of its rows, and those are near the newest row rather than near today.

use super::literal::{Domain, text_of};
use crate::model::scale::Scale;
use crate::model::schema::Schema;

/// The Julian day of 1970-01-01.
const EPOCH_DAY: f64 = 2_440_588.0;

/// The newest moment that the profile gives as a column's largest value and that is not after `now`, both in seconds since
/// 1970; `None` when there is none.
pub(super) fn newest(schema: &Schema, scale: &Scale, now: f64) -> Option<f64> {
    let columns = schema.tables.iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    let moments = columns.filter_map(|(table, column)| {
        let domain = Domain::of(column, None);
        let known = super::cardinality::column_scale(table, &column.name, scale)?;
        let max = text_of(known.max.as_ref()?)?;
        let at = domain.position(&max)?;
        (domain == Domain::DateTime).then_some(at - EPOCH_DAY * 86_400.0)
    });
    moments.filter(|at| *at <= now && *at > 0.0).reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::query::Value;
    use crate::model::scale::{ColumnScale, TableScale};
    use crate::model::schema::{Column, Table};

    #[test]
    fn the_newest_moment_is_found_and_the_future_left_out() {
        let column =
            |name: &str, kind: &str| Column { name: name.into(), column_type: kind.into(), ..Column::default() };
        let columns = vec![column("made", "timestamp"), column("ends", "datetime"), column("word", "varchar(30)")];
        let schema =
            Schema { tables: vec![Table { name: "t".into(), columns, ..Table::default() }], routines: Vec::new() };
        let max = |text: &str| ColumnScale { max: Some(Value::Text(text.into())), ..ColumnScale::default() };
        let known = [("made", "1970-01-02 00:00:10"), ("ends", "2099-01-01"), ("word", "1970-01-03 00:00:00")];
        let columns = known.into_iter().map(|(name, text)| (name.to_owned(), max(text))).collect();
        let tables = [("t".to_owned(), TableScale { rows: 5, columns, ..TableScale::default() })].into();
        let scale = Scale { tables, ..Scale::default() };
        assert_eq!(newest(&schema, &scale, 1e9), Some(86_410.0));
        assert_eq!(newest(&schema, &scale, 0.0), None);
    }
}
