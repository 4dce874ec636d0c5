//! A live schema against the expected one, object by object and by definition, not by name.
//!
//! Both are read from servers of one kind, so that what the catalogue words in one way on both is equal text; what
//! versions of one server word differently is settled in `words`.

mod column;
mod constraint;
mod hidden;
mod index;
mod literal;
mod read;
mod table;
mod words;

pub use hidden::{absent, doubt};
pub use index::{covers, same_key};
pub use read::compare_built;

use crate::model::drift::{Compared, Mismatch, Object, ObjectKind, Verdict};
use crate::model::schema::{Schema, Table};

/// Every object of both schemas with its verdict, those of a table together; a missing table stands for all in it.
#[must_use]
pub fn compare(expected: &Schema, live: &Schema) -> Vec<Compared> {
    let mut found = Vec::new();
    for table in &expected.tables {
        match live.table(&table.name) {
            Some(there) => tables(table, there, &mut found),
            None => found.push(compared(ObjectKind::Table, &table.name, None, Verdict::Missing)),
        }
    }
    let foreign = live.tables.iter().filter(|table| expected.table(&table.name).is_none());
    found.extend(foreign.map(|table| compared(ObjectKind::Table, &table.name, None, Verdict::Foreign)));
    for program in &expected.routines {
        let there = live.routines.iter().find(|one| one.kind == program.kind && one.name == program.name);
        let verdict = match there {
            None => Verdict::Missing,
            Some(one) => settled(differing("definition", &program.definition, &one.definition).into_iter().collect()),
        };
        found.push(compared(ObjectKind::Program, &program.kind, Some(&program.name), verdict));
    }
    let known = |kind: &str, name: &str| expected.routines.iter().any(|one| one.kind == kind && one.name == name);
    let foreign = live.routines.iter().filter(|one| !known(&one.kind, &one.name));
    found.extend(foreign.map(|one| compared(ObjectKind::Program, &one.kind, Some(&one.name), Verdict::Foreign)));
    found
}

fn tables(expected: &Table, live: &Table, found: &mut Vec<Compared>) {
    let name = &expected.name;
    found.push(compared(ObjectKind::Table, name, None, table::verdict(expected, live)));
    found.extend(column::verdicts(expected, live).map(|(one, it)| compared(ObjectKind::Column, name, Some(one), it)));
    let indexes = index::verdicts(expected, live);
    found.extend(indexes.into_iter().map(|(one, it)| compared(ObjectKind::Index, name, Some(one), it)));
    let keys = constraint::foreign_keys(expected, live);
    found.extend(keys.into_iter().map(|(one, it)| compared(ObjectKind::ForeignKey, name, Some(one), it)));
    let checks = constraint::checks(expected, live);
    found.extend(checks.into_iter().map(|(one, it)| compared(ObjectKind::Check, name, Some(one), it)));
}

fn compared(kind: ObjectKind, table: &str, name: Option<&str>, verdict: Verdict) -> Compared {
    let object = Object { kind, table: table.into(), name: name.map(Into::into) };
    Compared { object, verdict, at: None }
}

/// The verdict on what is there under the name, by what is otherwise.
fn settled(mismatches: Vec<Mismatch>) -> Verdict {
    if mismatches.is_empty() { Verdict::Present } else { Verdict::Conflicting { mismatches } }
}

fn differing(attribute: &str, expected: &str, found: &str) -> Option<Mismatch> {
    let shown = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
    (expected != found).then(|| Mismatch {
        attribute: attribute.into(),
        expected: shown(expected),
        found: shown(found),
    })
}

#[cfg(test)]
mod tests;
