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

/// Whether two states are of one table: it keeps its number under another name, while the rest of the identity, which tells
/// partitions apart, is of their names too.
fn is_same_table(one: &State, other: &State) -> bool {
    let number = |identity: &str| identity.split_whitespace().next().map(str::to_owned);
    match (one, other) {
        (State::Absent, State::Absent) => true,
        (State::Present { identity: Some(one), .. }, State::Present { identity: Some(other), .. }) => {
            number(one) == number(other)
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::witness::{Kind, Object};

    #[test]
    fn twins_that_trade_names_are_known_by_their_numbers() {
        let table =
            |identity: &str| State::Present { definition: "CREATE TABLE `t`".into(), identity: Some(identity.into()) };
        // As the catalogue words it: the second number is of names too.
        let (one, two) = (table("7 111"), table("8 222"));
        let (traded_one, traded_two) = (table("8 333"), table("7 444"));
        let names = [("one", "swap"), ("two", "one"), ("swap", "two")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        let objects = ["one", "swap", "two"].map(|name| Object { kind: Kind::Table, name: name.to_owned() });
        let absent = State::Absent;
        let settle = |one_now: &State, two_now: &State| {
            let pairs = [(&objects[0], &one, one_now), (&objects[1], &absent, &absent), (&objects[2], &two, two_now)];
            renamed(&names, &pairs.map(|(object, before, now)| Pair { object, before, now }))
        };
        assert_eq!(settle(&traded_one, &traded_two), Settled::Done);
        assert_eq!(settle(&one, &two), Settled::NotDone);
    }
}
