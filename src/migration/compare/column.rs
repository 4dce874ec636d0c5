//! Columns, attribute by attribute.

use crate::model::comparison::{Compared, Difference, Object, Verdict};
use crate::model::schema::{Column, Table};

pub(super) fn columns(expected: &Table, live: &Table, all: &mut Vec<Compared>) {
    for column in &expected.columns {
        let object = Object::new("column", &column.name, Some(&expected.name));
        let verdict = match live.column(&column.name) {
            None => Verdict::Missing,
            Some(found) => {
                let differing = differing(column, found);
                if differing.is_empty() { Verdict::Present } else { Verdict::Conflicting(differing) }
            }
        };
        all.push(Compared::new(object, verdict));
    }
    for column in live.columns.iter().filter(|column| expected.column(&column.name).is_none()) {
        all.push(Compared::new(Object::new("column", &column.name, Some(&expected.name)), Verdict::Foreign));
    }
}

fn differing(wanted: &Column, found: &Column) -> Vec<Difference> {
    let mut differing = Vec::new();
    let mut hold = |attribute: &str, wanted: Option<&str>, found: Option<&str>| {
        if wanted != found {
            differing.push(Difference::new(attribute, wanted, found));
        }
    };
    let nullable = |column: &Column| Some(if column.nullable { "NULL" } else { "NOT NULL" });
    hold("type", Some(&integer(&wanted.column_type)), Some(&integer(&found.column_type)));
    hold("nullability", nullable(wanted), nullable(found));
    hold("default", wanted.default.as_deref(), found.default.as_deref());
    hold("collation", wanted.collation.as_deref(), found.collation.as_deref());
    hold("extra", Some(&wanted.extra.to_lowercase()), Some(&found.extra.to_lowercase()));
    hold("expression", Some(&wanted.generated), Some(&found.generated));
    differing
}

/// An integer type without its display width, which says nothing about the values: `int(11)` is `int`. `tinyint(1)` keeps
/// it, as clients read booleans by it.
fn integer(column_type: &str) -> String {
    let lower = column_type.to_lowercase();
    for base in ["tinyint", "smallint", "mediumint", "int", "bigint"] {
        if let Some(rest) = lower.strip_prefix(base).and_then(|rest| rest.strip_prefix('('))
            && let Some((width, rest)) = rest.split_once(')')
            && !rest.contains("zerofill")
            && !(base == "tinyint" && width == "1")
        {
            return format!("{base}{rest}");
        }
    }
    // MariaDB's names of the same character set differ between versions.
    lower.replace("utf8mb3", "utf8")
}
