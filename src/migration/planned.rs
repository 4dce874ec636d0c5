//! Statements that are journalled ahead of their turn, many with one commit.
//!
//! Making and dropping a table are so short that the commit of a row in the journal costs as much again. A run of such
//! statements on different tables is therefore planned in one transaction: whether each of them took effect shows in its
//! own table, and they run one after the other, so that what a crash leaves is a beginning of the plan.

use super::recovery::{Settled, State};
use crate::model::journal::{JournalRow, Progress};
use crate::model::ledger::Format;
use crate::model::migration::{Direction, LedgerRow, Migration};
use crate::sql::ddl::{Effect, databases, effect};
use std::collections::BTreeSet;

/// The most statements of one plan: a crash leaves no more of them to be settled.
const MOST: usize = 100;
/// The most bytes of their texts, far below the servers' limit of a packet, and as much as the journal keeps of one.
const MOST_BYTES: usize = 64 << 10;

/// The tables of the migrations, from the first, that may be planned together: each has one statement, which makes or
/// drops one table that no other of them names. `is_known` tells of versions that an earlier run has left something of.
#[must_use]
pub fn together(migrations: &[&Migration], direction: Direction, is_known: impl Fn(i64) -> bool) -> Vec<String> {
    let (mut tables, mut seen, mut bytes) = (Vec::new(), BTreeSet::new(), 0);
    for migration in migrations.iter().take(MOST) {
        let [statement] = direction.statements(migration) else { break };
        bytes += statement.sql.len();
        let table = table(&statement.sql).filter(|_| !is_known(migration.version) && bytes <= MOST_BYTES);
        let Some(table) = table.filter(|table| seen.insert(table.to_lowercase())) else { break };
        tables.push(table);
    }
    tables
}

/// The table that a statement makes or drops, where that is all that it does.
fn table(sql: &str) -> Option<String> {
    // Neither rows of other tables, nor what only this session sees, nor what may find nothing to do.
    let hides = |word: &str| ["SELECT", "LIKE", "TEMPORARY", "EXISTS", "WITH"].contains(&word);
    let mut words = sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').map(str::to_ascii_uppercase);
    if sql.contains(['@', '!']) || words.any(|word| hides(&word)) || !databases(sql).is_empty() {
        return None;
    }
    match effect(sql) {
        Effect::CreateTable { table } => Some(table),
        Effect::DropTable { tables } => <[String; 1]>::try_from(tables).ok().map(|[table]| table),
        _ => None,
    }
}

/// Whether a table's state before the statement lets its effect be seen afterwards.
#[must_use]
pub fn shows(sql: &str, state: &State) -> bool {
    matches!(
        (effect(sql), state),
        (Effect::CreateTable { .. }, State::Absent) | (Effect::DropTable { .. }, State::Present { .. })
    )
}

/// What became of planned statements that no run has completed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Those that took effect.
    pub done: Vec<JournalRow>,
    /// The one of which nothing tells; it is settled like any other statement that was begun.
    pub doubt: Option<JournalRow>,
    /// Those that never ran.
    pub not_run: Vec<JournalRow>,
}

impl Outcome {
    /// From what each row's table shows, in the order in which the statements were to run.
    #[must_use]
    pub fn of(rows: Vec<(JournalRow, Settled)>) -> Self {
        // Each ran only after the one before it, so what is done vouches for what is in doubt before it.
        let stop = rows.iter().position(|(_, settled)| *settled == Settled::NotDone).unwrap_or(rows.len());
        let last = rows[..stop].iter().rposition(|(_, settled)| *settled == Settled::Done).map_or(0, |at| at + 1);
        let mut outcome = Self::default();
        for (at, (row, _)) in rows.into_iter().enumerate() {
            if at < last {
                outcome.done.push(row);
            } else if at < stop && outcome.doubt.is_none() {
                outcome.doubt = Some(row);
            } else {
                outcome.not_run.push(row);
            }
        }
        outcome
    }

    /// Whether nothing was planned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Makes rows of ledger and journal say what [`crate::engine::planned::record`] would write.
    pub fn apply(&self, format: Format, ledger: &mut Vec<LedgerRow>, journal: &mut Vec<JournalRow>) {
        let is = |row: &JournalRow, other: &JournalRow| {
            (row.version, row.direction, row.position) == (other.version, other.direction, other.position)
        };
        for done in &self.done {
            if done.direction == Direction::Down {
                ledger.retain(|row| row.version != done.version);
                journal.retain(|row| row.version != done.version);
                continue;
            }
            ledger.iter_mut().filter(|row| row.version == done.version).for_each(|row| row.success = true);
            journal.iter_mut().filter(|row| is(row, done)).for_each(|row| {
                row.progress = if format.remembers_begun() { Progress::Done } else { Progress::Begun };
            });
        }
        if let Some(doubt) = &self.doubt {
            journal.iter_mut().filter(|row| is(row, doubt)).for_each(|row| row.progress = Progress::Begun);
        }
        for not_run in &self.not_run {
            journal.retain(|row| !is(row, not_run));
            match not_run.direction {
                Direction::Up if format.remembers_begun() => ledger.retain(|row| row.version != not_run.version),
                Direction::Up => {}
                Direction::Down => {
                    ledger.iter_mut().filter(|row| row.version == not_run.version).for_each(|row| row.success = true);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(version: i64) -> JournalRow {
        JournalRow {
            ledger: "_sqlx_migrations".into(),
            version,
            direction: Direction::Up,
            position: 1,
            of: 1,
            hash: String::new(),
            progress: Progress::Planned,
            sql: String::new(),
            place: String::new(),
            before: String::new(),
            variables: String::new(),
            connection: 1,
            note: String::new(),
        }
    }

    #[test]
    fn only_what_shows_in_its_own_table_is_planned() {
        for sql in ["CREATE TABLE t (a INT)", "DROP TABLE `t`", "create table t (a INT REFERENCES u (b))"] {
            assert_eq!(table(sql), Some("t".into()), "{sql}");
        }
        for sql in [
            "CREATE TABLE t AS SELECT 1",
            "CREATE TABLE t LIKE u",
            "CREATE TABLE IF NOT EXISTS t (a INT)",
            "CREATE TEMPORARY TABLE t (a INT)",
            "CREATE TABLE other.t (a INT)",
            "CREATE OR REPLACE TABLE t (a INT)",
            "DROP TABLE t, u",
            "DROP TABLE IF EXISTS t",
            "TRUNCATE t",
            "INSERT INTO t VALUES (1)",
            "/*!80000 DROP TABLE t */",
        ] {
            assert_eq!(table(sql), None, "{sql}");
        }
    }

    #[test]
    fn what_a_crash_leaves_is_a_beginning_of_the_plan() {
        use Settled::{Done, NotDone};
        let doubt = || Settled::InDoubt("hidden".into());
        let of = |settled: &[Settled]| {
            let rows = (0..).zip(settled).map(|(version, one)| (row(version), one.clone())).collect();
            let outcome = Outcome::of(rows);
            let versions = |rows: &[JournalRow]| rows.iter().map(|row| row.version).collect::<Vec<_>>();
            (versions(&outcome.done), outcome.doubt.map(|row| row.version), versions(&outcome.not_run))
        };
        assert_eq!(of(&[Done, Done, NotDone]), (vec![0, 1], None, vec![2]));
        assert_eq!(of(&[NotDone, NotDone]), (vec![], None, vec![0, 1]));
        assert_eq!(of(&[Done, Done]), (vec![0, 1], None, vec![]));
        assert_eq!(of(&[doubt(), Done, NotDone]), (vec![0, 1], None, vec![2]), "a later one vouches for it");
        assert_eq!(of(&[Done, doubt(), doubt(), NotDone]), (vec![0], Some(1), vec![2, 3]));
        assert_eq!(of(&[Done, NotDone, Done]), (vec![0], None, vec![1, 2]), "somebody else made the third");
    }

    #[test]
    fn ledger_and_journal_say_what_the_tables_show() {
        let ledger = |version| LedgerRow {
            version,
            description: String::new(),
            installed_on: String::new(),
            success: false,
            checksum: Vec::new(),
            execution_time: -1,
        };
        let outcome = Outcome { done: vec![row(1)], doubt: Some(row(2)), not_run: vec![row(3)] };
        let (mut rows, mut journal) = (vec![ledger(1), ledger(2), ledger(3)], vec![row(1), row(2), row(3)]);
        outcome.apply(Format::Sqlx, &mut rows, &mut journal);
        let said: Vec<_> = rows.iter().map(|row| (row.version, row.success)).collect();
        assert_eq!(said, [(1, true), (2, false)]);
        let said: Vec<_> = journal.iter().map(|row| (row.version, row.progress)).collect();
        assert_eq!(said, [(1, Progress::Done), (2, Progress::Begun)]);
    }
}
