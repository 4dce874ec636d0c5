//! Foreign keys and CHECKs. Servers name them where nobody does, so the definition is looked at before the name.

use super::{differing, settled, words};
use crate::model::drift::Verdict;
use crate::model::schema::{ForeignKey, Table};

pub(super) fn foreign_keys<'a>(expected: &'a Table, live: &'a Table) -> Vec<(&'a str, Verdict)> {
    let own = expected.foreign_keys.iter().map(|key| (key.name.as_str(), foreign_key(key, expected, live)));
    let foreign = live.foreign_keys.iter().filter(|key| {
        let known = |one: &&ForeignKey| one.name.eq_ignore_ascii_case(&key.name) || same_columns(one, key);
        expected.foreign_keys.iter().find(known).is_none()
    });
    own.chain(foreign.map(|key| (key.name.as_str(), Verdict::Foreign))).collect()
}

fn foreign_key(key: &ForeignKey, expected: &Table, live: &Table) -> Verdict {
    let mismatches = |there: &ForeignKey| {
        let columns = [key, there].map(|key| key.columns.join(", ").to_lowercase());
        let references = [key, there]
            .map(|key| format!("{} ({})", key.referenced_table, key.referenced_columns.join(", ")).to_lowercase());
        [
            differing("columns", &columns[0], &columns[1]),
            differing("references", &references[0], &references[1]),
            differing("on delete", &words::action(&key.on_delete), &words::action(&there.on_delete)),
            differing("on update", &words::action(&key.on_update), &words::action(&there.on_update)),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
    };
    let named = live.foreign_keys.iter().find(|there| there.name.eq_ignore_ascii_case(&key.name));
    if named.is_some_and(|there| mismatches(there).is_empty()) {
        return Verdict::Present;
    }
    if let Some(same) = live.foreign_keys.iter().find(|there| mismatches(there).is_empty()) {
        return Verdict::Equivalent { because: format!("its name is {}", same.name) };
    }
    // A name that another key of the expected ones owns in effect is no conflict: the server made it up.
    let is_other = |there: &&ForeignKey| expected.foreign_keys.iter().any(|one| one != key && same_columns(one, there));
    let on_columns = live.foreign_keys.iter().find(|there| same_columns(key, there));
    on_columns.or(named.filter(|there| !is_other(there))).map_or(Verdict::Missing, |there| settled(mismatches(there)))
}

fn same_columns(one: &ForeignKey, other: &ForeignKey) -> bool {
    let lower = |key: &ForeignKey| key.columns.iter().map(|name| name.to_lowercase()).collect::<Vec<_>>();
    lower(one) == lower(other)
}

pub(super) fn checks<'a>(expected: &'a Table, live: &'a Table) -> Vec<(&'a str, Verdict)> {
    let same = |one: &(String, String), other: &(String, String)| words::same_expression(&one.1, &other.1);
    let verdict = |check: &(String, String)| {
        let named = live.checks.iter().find(|there| there.0.eq_ignore_ascii_case(&check.0));
        if named.is_some_and(|there| same(there, check)) {
            return Verdict::Present;
        }
        if let Some(there) = live.checks.iter().find(|there| same(there, check)) {
            return Verdict::Equivalent { because: format!("its name is {}", there.0) };
        }
        let is_other = |there: &&(String, String)| expected.checks.iter().any(|one| one != check && same(one, there));
        named.filter(|there| !is_other(there)).map_or(Verdict::Missing, |there| {
            settled(differing("expression", &check.1, &there.1).into_iter().collect())
        })
    };
    let own = expected.checks.iter().map(|check| (check.0.as_str(), verdict(check)));
    let known = |there: &&(String, String)| {
        !expected.checks.iter().any(|one| one.0.eq_ignore_ascii_case(&there.0) || same(one, there))
    };
    let foreign = live.checks.iter().filter(known).map(|check| (check.0.as_str(), Verdict::Foreign));
    own.chain(foreign).collect()
}
