//! Settles `RENAME TABLE`: which table stands under which name, whatever somebody else has changed in it meanwhile.

use super::{Pair, Settled, State};
use std::collections::BTreeMap;

/// Settles the renaming of `names`, as (from, to), one after the other.
pub(super) fn renamed(names: &[(String, String)], pairs: &[Pair<'_>]) -> Settled {
    // Which name each table had before, by the name that it is to have.
    let mut origin: BTreeMap<&str, Option<&str>> =
        pairs.iter().map(|pair| (pair.name(), (*pair.before != State::Absent).then_some(pair.name()))).collect();
    for (from, to) in names {
        let moved = origin.insert(from, None).flatten();
        origin.insert(to, moved);
    }
    let before = |name: &str| pairs.iter().find(|pair| pair.name() == name).map(|pair| pair.before);
    let expected = |pair: &Pair<'_>| origin.get(pair.name()).copied().flatten().and_then(before);
    let is_there = |state: &State| *state != State::Absent;
    let same = |alike: &dyn Fn(&State, &State) -> bool| {
        let done = pairs.iter().all(|pair| alike(expected(pair).unwrap_or(&State::Absent), pair.now));
        (done, pairs.iter().all(|pair| alike(pair.before, pair.now)))
    };
    // The names that are taken tell most; then the storage engine's number, then what the tables look like.
    for alike in [&|a: &State, b: &State| is_there(a) == is_there(b), &is_same_table, &looks_alike]
        as [&dyn Fn(&State, &State) -> bool; 3]
    {
        match same(alike) {
            (true, false) => return Settled::Done,
            (false, true) => return Settled::NotDone,
            _ => {}
        }
    }
    let listed: Vec<&str> = pairs.iter().map(Pair::name).collect();
    Settled::InDoubt(format!(
        "which table stands under which of the names {} now cannot be told: they look alike or were changed meanwhile, and \
         the storage engine's numbers of them (the PROCESS privilege) do not say it",
        listed.join(", ")
    ))
}

fn is_same_table(one: &State, other: &State) -> bool {
    match (one, other) {
        (State::Absent, State::Absent) => true,
        (State::Present { identity: Some(one), .. }, State::Present { identity: Some(other), .. }) => one == other,
        _ => false,
    }
}

/// Whether two definitions are the same but for the table's name.
fn looks_alike(one: &State, other: &State) -> bool {
    let body = |definition: &str| definition.split_once('\n').map(|(_, body)| body.to_owned());
    match (one, other) {
        (State::Absent, State::Absent) => true,
        (State::Present { definition: one, .. }, State::Present { definition: other, .. }) => body(one) == body(other),
        _ => false,
    }
}
