//! Settles whether a statement whose client or server died in it took effect, from what the objects that it names were
//! before it and are now.

mod alter;
mod rename;

use super::witness::{Object, Witness};
use crate::sql::ddl::{AlterAction, Effect};
use crate::sql::quote;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What one object is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is not there.
    Absent,
    /// It is there.
    Present {
        /// What `SHOW CREATE` says of it, without the next `AUTO_INCREMENT` value.
        definition: String,
        /// The storage engine's own number of it, where it was asked for and could be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identity: Option<String>,
    },
    /// It could not be looked at, and why.
    Unknown(String),
}

/// Objects, worded as `table users`, and what they are.
pub type States = BTreeMap<String, State>;

/// The states without their definitions, and why: those that were there are unknown.
#[must_use]
pub fn without_definitions(states: States, why: &str) -> States {
    let without = |state| match state {
        State::Present { definition, .. } => {
            State::Unknown(format!("its definition from before, {} bytes long, was {why}", definition.len()))
        }
        state => state,
    };
    states.into_iter().map(|(object, state)| (object, without(state))).collect()
}

/// What is known of a statement that was begun and not completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// It took effect.
    Done,
    /// It did not, or may be run again without harm.
    NotDone,
    /// It took effect in part; what is left of it is this statement.
    Rest(String),
    /// It cannot be told, and why.
    InDoubt(String),
}

/// Settles one statement, whose effect and witness are those of `sql`.
#[must_use]
pub fn settle(sql: &str, effect: &Effect, witness: &Witness, before: &States, now: &States) -> Settled {
    let objects = match witness {
        Witness::Repeatable => return Settled::NotDone,
        Witness::None(reason) => return Settled::InDoubt(reason.clone()),
        Witness::Definition(objects) | Witness::Identity(objects) => objects,
    };
    let mut pairs = Vec::with_capacity(objects.len());
    for object in objects {
        match (before.get(&object.to_string()), now.get(&object.to_string())) {
            (Some(State::Unknown(reason)), _) | (_, Some(State::Unknown(reason))) => {
                return Settled::InDoubt(format!("{object} could not be looked at: {reason}"));
            }
            (Some(before), Some(now)) => pairs.push(Pair { object, before, now }),
            _ => return Settled::InDoubt(format!("the journal does not say what {object} was before it")),
        }
    }
    match effect {
        Effect::DropTable { .. } => dropped("TABLE", &pairs),
        Effect::CreateTable { .. } | Effect::ReplaceTable { .. } if pairs.iter().all(Pair::is_absent) => {
            // Even if a table of that name was dropped on the way, making it is still to do.
            Settled::NotDone
        }
        Effect::Routine { verb, kind, .. } if verb == "DROP" => dropped(&kind.to_ascii_uppercase(), &pairs),
        Effect::AlterTable { table, actions } => alter::altered(sql, table, actions, &pairs),
        Effect::CreateIndex { table, index } => {
            alter::altered(sql, table, &[AlterAction::AddIndex(index.clone())], &pairs)
        }
        Effect::DropIndex { table, index } => {
            alter::altered(sql, table, &[AlterAction::DropIndex(index.clone())], &pairs)
        }
        Effect::RenameTable { pairs: names } => rename::renamed(names, &pairs),
        Effect::Truncate { table } if pairs.iter().any(Pair::is_redefined) => Settled::InDoubt(format!(
            "table {table} was changed since, and how it was changed may have given it another number too"
        )),
        _ => by_change(&pairs, matches!(witness, Witness::Identity(_))),
    }
}

/// One object before and now.
struct Pair<'a> {
    object: &'a Object,
    before: &'a State,
    now: &'a State,
}

impl Pair<'_> {
    fn is_absent(&self) -> bool {
        *self.now == State::Absent
    }

    fn name(&self) -> &str {
        &self.object.name
    }

    /// Whether it is there with another definition.
    fn is_redefined(&self) -> bool {
        matches!((self.before, self.now), (State::Present { definition: before, .. }, State::Present { definition: now, .. })
            if before != now)
    }

    fn has_changed(&self) -> bool {
        self.before != self.now
    }

    /// Whether an equal definition could hide a change.
    fn lacks_identity(&self) -> bool {
        let lacks = |state: &State| matches!(state, State::Present { identity: None, .. });
        lacks(self.before) && lacks(self.now)
    }
}

fn by_change(pairs: &[Pair<'_>], needs_identity: bool) -> Settled {
    if pairs.iter().any(Pair::has_changed) {
        return Settled::Done;
    }
    match pairs.iter().find(|pair| needs_identity && pair.lacks_identity()) {
        Some(pair) => Settled::InDoubt(format!(
            "{} looks the same before and after it, and this account may not read the storage engine's number of it \
             (the PROCESS privilege)",
            pair.object
        )),
        None => Settled::NotDone,
    }
}

/// A dropped object is gone. `MariaDB` drops the tables or views of one statement one by one.
fn dropped(kind: &str, pairs: &[Pair<'_>]) -> Settled {
    let was_there: Vec<&Pair<'_>> = pairs.iter().filter(|pair| *pair.before != State::Absent).collect();
    let left: Vec<&&Pair<'_>> = was_there.iter().filter(|pair| !pair.is_absent()).collect();
    if was_there.is_empty() || left.len() == was_there.len() {
        return Settled::NotDone;
    }
    if left.is_empty() {
        return Settled::Done;
    }
    let names: Vec<&str> = left.iter().map(|pair| pair.object.name.as_str()).collect();
    // Where the statement said IF EXISTS it says so still; where it did not, the tables have just been seen.
    Settled::Rest(format!("DROP {kind} IF EXISTS {}", quote::names(&names)))
}

#[cfg(test)]
mod tests {
    use super::super::witness::witness_of;
    use super::*;
    use crate::sql::ddl::effect;

    fn present(definition: &str) -> State {
        State::Present { definition: definition.into(), identity: None }
    }

    fn states(states: &[(&str, State)]) -> States {
        states.iter().map(|(name, state)| ((*name).to_owned(), state.clone())).collect()
    }

    fn settled(sql: &str, before: &[(&str, State)], now: &[(&str, State)]) -> Settled {
        let effect = effect(sql);
        settle(sql, &effect, &witness_of(sql, &effect, None), &states(before), &states(now))
    }

    const T: &str =
        "CREATE TABLE `t` (\n  `a` int NOT NULL,\n  `b` int DEFAULT NULL,\n  KEY `i` (`a`)\n) ENGINE=InnoDB";

    #[test]
    fn a_table_is_made_or_not() {
        let sql = "CREATE TABLE t (a INT)";
        assert_eq!(settled(sql, &[("table t", State::Absent)], &[("table t", present(T))]), Settled::Done);
        assert_eq!(settled(sql, &[("table t", State::Absent)], &[("table t", State::Absent)]), Settled::NotDone);
        // It was there before, so that the statement must have failed, or will.
        assert_eq!(settled(sql, &[("table t", present(T))], &[("table t", present(T))]), Settled::NotDone);
    }

    #[test]
    fn tables_dropped_one_by_one_leave_a_rest() {
        let before = [("table a", present("1")), ("table b", present("2"))];
        let sql = "DROP TABLE a, b";
        assert_eq!(settled(sql, &before, &before), Settled::NotDone);
        let gone = [("table a", State::Absent), ("table b", State::Absent)];
        assert_eq!(settled(sql, &before, &gone), Settled::Done);
        let half = [("table a", State::Absent), ("table b", present("2"))];
        assert_eq!(settled(sql, &before, &half), Settled::Rest("DROP TABLE IF EXISTS `b`".into()));
        assert_eq!(
            settled("DROP VIEW IF EXISTS a, b", &before, &half),
            Settled::Rest("DROP VIEW IF EXISTS `b`".into())
        );
        assert_eq!(settled("DROP VIEW a, b", &before, &gone), Settled::Done);
        assert_eq!(settled("DROP VIEW a, b", &before, &before), Settled::NotDone);
    }

    #[test]
    fn an_equal_definition_is_no_proof_where_the_table_itself_is_replaced() {
        let number = |n: &str| [("table t", State::Present { definition: T.into(), identity: Some(n.to_owned()) })];
        assert_eq!(settled("TRUNCATE t", &number("1"), &number("2")), Settled::Done);
        assert_eq!(settled("TRUNCATE t", &number("1"), &number("1")), Settled::NotDone);
        let same = [("table t", present(T))];
        assert!(matches!(settled("TRUNCATE t", &same, &same), Settled::InDoubt(_)));
        assert!(matches!(settled("ALTER TABLE t TRUNCATE PARTITION p", &same, &same), Settled::InDoubt(_)));
    }

    #[test]
    fn what_cannot_be_seen_is_in_doubt() {
        let hidden = [("table t", State::Unknown("denied".into()))];
        assert!(matches!(settled("DROP TABLE t", &hidden, &hidden), Settled::InDoubt(_)));
        assert!(matches!(settled("CALL p()", &[], &[]), Settled::InDoubt(_)));
        assert!(matches!(settled("DROP TABLE t", &[], &hidden), Settled::InDoubt(_)));
        assert_eq!(settled("ANALYZE TABLE t", &[], &[]), Settled::NotDone);
    }
}
