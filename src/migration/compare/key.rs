//! Foreign keys and checks.

use crate::model::comparison::{Compared, Object, Verdict};
use crate::model::schema::{ForeignKey, Table};

pub(super) fn foreign_keys(expected: &Table, live: &Table, all: &mut Vec<Compared>) {
    for key in &expected.foreign_keys {
        let by_name = live.foreign_keys.iter().find(|found| found.name.eq_ignore_ascii_case(&key.name));
        let by_definition = live.foreign_keys.iter().find(|found| same(found, key));
        let verdict = match (by_name, by_definition) {
            (Some(found), _) if same(found, key) => Verdict::Present,
            (_, Some(found)) => Verdict::Equivalent { name: found.name.clone() },
            (Some(found), None) => Verdict::conflict("definition", &words(key), &words(found)),
            (None, None) => Verdict::Missing,
        };
        all.push(Compared::new(Object::new("foreign key", &key.name, Some(&expected.name)), verdict));
    }
    let unknown = live.foreign_keys.iter().filter(|key| {
        !expected.foreign_keys.iter().any(|wanted| same(key, wanted) || wanted.name.eq_ignore_ascii_case(&key.name))
    });
    all.extend(
        unknown.map(|key| Compared::new(Object::new("foreign key", &key.name, Some(&expected.name)), Verdict::Foreign)),
    );
}

pub(super) fn checks(expected: &Table, live: &Table, all: &mut Vec<Compared>) {
    for (name, clause) in &expected.checks {
        let by_name = live.checks.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
        let by_definition = live.checks.iter().find(|(_, found)| found == clause);
        let verdict = match (by_name, by_definition) {
            (Some((_, found)), _) if found == clause => Verdict::Present,
            (_, Some((found, _))) => Verdict::Equivalent { name: found.clone() },
            (Some((_, found)), None) => Verdict::conflict("definition", clause, found),
            (None, None) => Verdict::Missing,
        };
        all.push(Compared::new(Object::new("check", name, Some(&expected.name)), verdict));
    }
    let unknown = live.checks.iter().filter(|(name, clause)| {
        !expected.checks.iter().any(|(wanted, other)| other == clause || wanted.eq_ignore_ascii_case(name))
    });
    all.extend(
        unknown.map(|(name, _)| Compared::new(Object::new("check", name, Some(&expected.name)), Verdict::Foreign)),
    );
}

/// The servers treat `NO ACTION` and `RESTRICT` alike.
fn same(one: &ForeignKey, other: &ForeignKey) -> bool {
    let lower = |names: &[String]| names.iter().map(|name| name.to_lowercase()).collect::<Vec<_>>();
    let action = |action: &str| if action == "NO ACTION" { "RESTRICT".to_owned() } else { action.to_owned() };
    lower(&one.columns) == lower(&other.columns)
        && one.referenced_table.eq_ignore_ascii_case(&other.referenced_table)
        && lower(&one.referenced_columns) == lower(&other.referenced_columns)
        && action(&one.on_delete) == action(&other.on_delete)
        && action(&one.on_update) == action(&other.on_update)
}

fn words(key: &ForeignKey) -> String {
    format!(
        "({}) REFERENCES {} ({}) ON DELETE {} ON UPDATE {}",
        key.columns.join(", "),
        key.referenced_table,
        key.referenced_columns.join(", "),
        key.on_delete,
        key.on_update
    )
}
