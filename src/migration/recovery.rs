//! Settles whether a statement whose client or server died in it took effect, from what the objects that it names were
//! before it and are now.

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

/// Settles one statement.
#[must_use]
pub fn settle(effect: &Effect, witness: &Witness, before: &States, now: &States) -> Settled {
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
        Effect::DropTable { .. } => dropped(&pairs),
        Effect::CreateTable { .. } | Effect::ReplaceTable { .. } if pairs.iter().all(Pair::is_absent) => {
            // Even if a table of that name was dropped on the way, making it is still to do.
            Settled::NotDone
        }
        Effect::Routine { verb, .. } if verb == "DROP" => dropped(&pairs),
        Effect::AlterTable { table, actions } => altered(table, actions, &pairs),
        Effect::CreateIndex { table, index } => altered(table, &[AlterAction::AddIndex(index.clone())], &pairs),
        Effect::DropIndex { table, index } => altered(table, &[AlterAction::DropIndex(index.clone())], &pairs),
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

/// A dropped object is gone. `MariaDB` drops the tables of one statement one by one.
fn dropped(pairs: &[Pair<'_>]) -> Settled {
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
    Settled::Rest(format!("DROP TABLE IF EXISTS {}", quote::names(&names)))
}

fn altered(table: &str, actions: &[AlterAction], pairs: &[Pair<'_>]) -> Settled {
    let own = pairs.iter().find(|pair| pair.object.name == table);
    let renamed = actions.iter().any(|action| matches!(action, AlterAction::RenameTo(_)));
    if let (Some(Pair { before: State::Present { definition: before, .. }, now, .. }), false) = (own, renamed) {
        let State::Present { definition: now, .. } = now else {
            return Settled::InDoubt(format!("table {table} is gone, which this statement does not do"));
        };
        let clauses: Vec<Option<bool>> = actions.iter().map(|action| holds(action, actions, before, now)).collect();
        match (clauses.contains(&Some(true)), clauses.contains(&Some(false))) {
            // ALTER TABLE is atomic, so somebody else has changed the table meanwhile.
            (true, true) => {
                return Settled::InDoubt(format!(
                    "table {table} has some of what this statement does and lacks the rest"
                ));
            }
            (true, false) => return Settled::Done,
            (false, true) => return Settled::NotDone,
            (false, false) => {}
        }
        let anew = |action: &AlterAction| matches!(action, AlterAction::DropColumn(name) if is_made(actions, name));
        if before == now && actions.iter().any(anew) {
            return Settled::InDoubt(format!(
                "table {table} looks the same before and after it: a column is dropped and made again, with new values"
            ));
        }
        // A column that is defined as it was: what else has changed is not this statement's work.
        let redefines = |action: &AlterAction| matches!(action, AlterAction::ModifyColumn(_) | AlterAction::Execution);
        if !actions.is_empty() && actions.iter().all(redefines) {
            return Settled::NotDone;
        }
    }
    by_change(pairs, actions.contains(&AlterAction::DropPartition))
}

/// Whether a clause has taken effect between two definitions of its table; `None` when that does not show, as with a
/// clause that had nothing to do, or whose name another one of `actions` takes.
fn holds(action: &AlterAction, actions: &[AlterAction], before: &str, now: &str) -> Option<bool> {
    let (had, has) = (|name: &str| line(before, name), |name: &str| line(now, name));
    let key = |text: &str, name: &str| {
        let quoted = format!("KEY {} ", quote::name(name));
        text.lines().any(|line| line.trim_start().contains(&quoted))
    };
    match action {
        AlterAction::AddColumn(name) if had(name).is_none() => Some(has(name).is_some()),
        AlterAction::DropColumn(name) if had(name).is_some() && !is_made(actions, name) => Some(has(name).is_none()),
        AlterAction::ModifyColumn(name) if had(name) != has(name) => Some(true),
        AlterAction::ChangeColumn(from, to) | AlterAction::RenameColumn(from, to)
            if !from.eq_ignore_ascii_case(to) && had(from).is_some() && had(to).is_none() =>
        {
            Some(has(to).is_some() && (has(from).is_none() || is_made(actions, from)))
        }
        AlterAction::AddIndex(index) => {
            let name = index.name.as_deref()?;
            (!key(before, name)).then(|| key(now, name))
        }
        AlterAction::DropIndex(name) if key(before, name) && !is_made(actions, name) => Some(!key(now, name)),
        AlterAction::RenameIndex(from, to)
            if !from.eq_ignore_ascii_case(to) && key(before, from) && !key(before, to) =>
        {
            Some(key(now, to) && (!key(now, from) || is_made(actions, from)))
        }
        _ => None,
    }
}

/// Whether one of the clauses makes a column or an index of that name.
fn is_made(actions: &[AlterAction], name: &str) -> bool {
    let made = |action: &AlterAction| match action {
        AlterAction::AddColumn(made) | AlterAction::ChangeColumn(_, made) | AlterAction::RenameColumn(_, made) => {
            made.eq_ignore_ascii_case(name)
        }
        AlterAction::AddIndex(index) => index.name.as_ref().is_some_and(|made| made.eq_ignore_ascii_case(name)),
        AlterAction::RenameIndex(_, made) => made.eq_ignore_ascii_case(name),
        _ => false,
    };
    actions.iter().any(made)
}

/// The line of a column in what `SHOW CREATE TABLE` says.
fn line<'a>(definition: &'a str, column: &str) -> Option<&'a str> {
    let start = format!("{} ", quote::name(column)).to_lowercase();
    definition
        .lines()
        .map(|line| line.trim().trim_end_matches(','))
        .find(|line| line.to_lowercase().starts_with(&start))
}

#[cfg(test)]
mod tests {
    use super::super::witness::witness;
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
        settle(&effect, &witness(&effect, None), &states(before), &states(now))
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
    }

    #[test]
    fn each_clause_of_an_alter_is_a_witness_whatever_others_change() {
        let before = [("table t", present(T))];
        let with = |from: &str, to: &str| [("table t", present(&T.replace(from, to)))];
        let elsewhere = with("ENGINE=InnoDB", "ENGINE=InnoDB COMMENT='by somebody else'");
        for (sql, from, to) in [
            ("ALTER TABLE t ADD COLUMN c INT", "  KEY", "  `c` int DEFAULT NULL,\n  KEY"),
            ("ALTER TABLE t DROP COLUMN b", "  `b` int DEFAULT NULL,\n", ""),
            ("ALTER TABLE t MODIFY b BIGINT", "`b` int", "`b` bigint"),
            ("ALTER TABLE t CHANGE b c INT", "`b` int", "`c` int"),
            ("ALTER TABLE t RENAME COLUMN B TO c", "`b` int", "`c` int"),
            ("ALTER TABLE t ADD INDEX j (b)", "KEY `i`", "KEY `j` (`b`),\n  KEY `i`"),
            ("ALTER TABLE t DROP INDEX i", "KEY `i` (`a`)", ""),
            ("CREATE INDEX j ON t (b)", "KEY `i`", "KEY `j` (`b`),\n  KEY `i`"),
            ("DROP INDEX i ON t", "KEY `i` (`a`)", ""),
            ("ALTER TABLE t RENAME INDEX i TO j", "KEY `i` (`a`)", "KEY `j` (`a`)"),
        ] {
            assert_eq!(settled(sql, &before, &before), Settled::NotDone, "{sql}");
            assert_eq!(settled(sql, &before, &with(from, to)), Settled::Done, "{sql}");
            assert_eq!(settled(sql, &before, &elsewhere), Settled::NotDone, "{sql}");
        }
    }

    #[test]
    fn a_name_that_another_clause_takes_does_not_hide_that_the_alter_took_effect() {
        let before = [("table t", present(T))];
        let now = |text: &str| [("table t", present(text))];
        let moved = T.replace("`a` int", "`c` int").replace("`b` int", "`a` int").replace("(`a`)", "(`c`)");
        let again = T.replace("`b` int", "`b` bigint");
        let index = T.replace("KEY `i` (`a`)", "KEY `i` (`b`)");
        for (sql, after) in [
            ("ALTER TABLE t RENAME COLUMN a TO c, RENAME COLUMN b TO a", moved),
            ("ALTER TABLE t DROP COLUMN b, ADD COLUMN b BIGINT", again),
            (
                "ALTER TABLE t DROP INDEX i, ADD INDEX i (b), ADD COLUMN c INT",
                index.replace("  KEY", "  `c` int,\n  KEY"),
            ),
            ("ALTER TABLE t DROP INDEX i, ADD INDEX i (b)", index.clone()),
            ("ALTER TABLE t RENAME INDEX i TO j, ADD INDEX i (b)", index.replace("  KEY", "  KEY `j` (`a`),\n  KEY")),
        ] {
            let unchanged = settled(sql, &before, &before);
            if sql.contains("ADD COLUMN b") {
                // The new column may be defined as the old one was, and have lost its values.
                assert!(matches!(unchanged, Settled::InDoubt(_)), "{sql}");
            } else {
                assert_eq!(unchanged, Settled::NotDone, "{sql}");
            }
            assert_eq!(settled(sql, &before, &now(&after)), Settled::Done, "{sql}");
        }
        let two = T.replace("  KEY", "  KEY `j` (`b`),\n  KEY");
        let sql = "ALTER TABLE t DROP INDEX i, RENAME INDEX j TO i";
        assert_eq!(settled(sql, &now(&two), &now(&T.replace("(`a`)", "(`b`)"))), Settled::Done);
        assert_eq!(settled(sql, &now(&two), &now(&two)), Settled::NotDone);
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
