//! A live schema held against the one that migrations build, object by object and by definition, never by name alone.
//!
//! Both are read from servers of the same kind, so that what a server words differently from the file that made it is
//! worded alike on both sides.

mod column;
mod index;
mod key;
#[cfg(test)]
mod tests;

use crate::model::comparison::{Compared, Object, Verdict};
use crate::model::schema::{Schema, Table};

/// Every object of the expected schema with what was found of it, then what no migration builds. Foreign tables and
/// programs are among them only when `foreign` asks for them; what is foreign in a table that is expected always is.
#[must_use]
pub fn compare(expected: &Schema, live: &Schema, foreign: bool) -> Vec<Compared> {
    let mut all = Vec::new();
    for table in &expected.tables {
        match live.table(&table.name) {
            Some(found) => tables(table, found, &mut all),
            None => all.push(Compared::new(Object::table(&table.name), Verdict::Missing)),
        }
    }
    for routine in &expected.routines {
        let found = live.routines.iter().find(|other| other.kind == routine.kind && other.name == routine.name);
        let verdict = match found {
            Some(found) if found.definition == routine.definition => Verdict::Present,
            Some(found) => Verdict::conflict("definition", &routine.definition, &found.definition),
            None => Verdict::Missing,
        };
        all.push(Compared::new(Object::new(&routine.kind, &routine.name, None), verdict));
    }
    if foreign {
        let unknown = live.tables.iter().filter(|table| expected.table(&table.name).is_none());
        all.extend(unknown.map(|table| Compared::new(Object::table(&table.name), Verdict::Foreign)));
        let unknown = live
            .routines
            .iter()
            .filter(|one| !expected.routines.iter().any(|other| other.kind == one.kind && other.name == one.name));
        all.extend(unknown.map(|one| Compared::new(Object::new(&one.kind, &one.name, None), Verdict::Foreign)));
    }
    all
}

/// A table that both have, and everything in it.
fn tables(expected: &Table, live: &Table, all: &mut Vec<Compared>) {
    let mut differing = Vec::new();
    let mut differs = |attribute: &str, wanted: Option<&str>, found: Option<&str>| {
        if !wanted.unwrap_or_default().eq_ignore_ascii_case(found.unwrap_or_default()) {
            differing.push(crate::model::comparison::Difference::new(attribute, wanted, found));
        }
    };
    differs("collation", expected.collation.as_deref(), live.collation.as_deref());
    differs("storage engine", expected.storage_engine.as_deref(), live.storage_engine.as_deref());
    differs("partitions", partitions(expected), partitions(live));
    let verdict = if differing.is_empty() { Verdict::Present } else { Verdict::Conflicting(differing) };
    all.push(Compared::new(Object::table(&expected.name), verdict));
    column::columns(expected, live, all);
    index::indexes(expected, live, all);
    key::foreign_keys(expected, live, all);
    key::checks(expected, live, all);
}

/// The partitions among a table's options; the row format and its like say nothing about what a table holds.
fn partitions(table: &Table) -> Option<&str> {
    table.options.find("; partition ").map(|at| &table.options[at..])
}
