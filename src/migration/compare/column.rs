//! Columns: type, nullability, default, EXTRA, collation and generation.

use super::{differing, settled, words};
use crate::model::drift::{Mismatch, Verdict};
use crate::model::schema::{Column, Table};

pub(super) fn verdicts<'a>(expected: &'a Table, live: &'a Table) -> impl Iterator<Item = (&'a str, Verdict)> {
    let own = expected.columns.iter().map(|column| {
        let verdict = live.column(&column.name).map_or(Verdict::Missing, |there| verdict(column, there));
        (column.name.as_str(), verdict)
    });
    let foreign = live.columns.iter().filter(|column| expected.column(&column.name).is_none());
    own.chain(foreign.map(|column| (column.name.as_str(), Verdict::Foreign)))
}

fn verdict(expected: &Column, live: &Column) -> Verdict {
    match settled(mismatches(expected, live)) {
        Verdict::Present if expected.comment != live.comment => {
            Verdict::Equivalent { because: "its comment is another one".into() }
        }
        verdict => verdict,
    }
}

fn mismatches(expected: &Column, live: &Column) -> Vec<Mismatch> {
    let null = |column: &Column| if column.nullable { "NULL" } else { "NOT NULL" };
    let default = |column: &Column| {
        words::default(column.default.as_deref(), &column.base_type()).map_or_else(String::new, |text| {
            match text.as_str() {
                "" => "''".to_owned(),
                _ => text,
            }
        })
    };
    let types = (words::column_type(&expected.column_type), words::column_type(&live.column_type));
    let collations = [expected, live].map(|column| words::collation(column.collation.as_deref()));
    let generated = [expected, live].map(|column| words::expression(&column.generated));
    let same_generated = words::same_expression(&generated[0], &generated[1]);
    // Another type has another collation or none: that is one difference, not two.
    let both_text = collations.iter().all(|name| !name.is_empty());
    [
        differing("type", &types.0, &types.1),
        differing("nullability", null(expected), null(live)),
        differing("default", &default(expected), &default(live)),
        differing("extra", &words::extra(&expected.extra), &words::extra(&live.extra)),
        both_text.then(|| differing("collation", &collations[0], &collations[1])).flatten(),
        (!same_generated).then(|| differing("generated", &generated[0], &generated[1])).flatten(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
