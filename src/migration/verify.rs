//! Holds the ledger against the files: what is applied, pending, edited, missing, half-applied or out of order.

use super::stopped::{Stopped, stopped};
use super::{checksum, refinery};
use crate::model::journal::JournalRow;
use crate::model::migration::{Direction, LedgerRow, Migration, Naming, Set};
use std::collections::BTreeMap;
use std::fmt;

/// One version, as ledger and files together describe it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry<'a> {
    /// The version.
    pub version: i64,
    /// The migration's files, unless they are missing.
    pub migration: Option<&'a Migration>,
    /// The ledger's row, unless it is pending.
    pub row: Option<&'a LedgerRow>,
    /// The state.
    pub state: State,
    /// Where a run was cut off in it, when the journal knows that.
    pub stopped: Option<Stopped<'a>>,
}

/// The state of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// In the files, not in the ledger.
    Pending,
    /// Pending, but a later migration of the same set is applied.
    OutOfOrder,
    /// In both, and the same.
    Applied,
    /// Begun and never finished, up or down.
    HalfApplied,
    /// Applied from another text than the file has now.
    Edited,
    /// Applied, and its file is gone.
    Missing,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pending => "pending",
            Self::OutOfOrder => "out of order",
            Self::Applied => "applied",
            Self::HalfApplied => "half-applied",
            Self::Edited => "edited",
            Self::Missing => "missing",
        })
    }
}

/// Describes every version that files or ledger know, in order.
///
/// The two sets are ordered each by itself: taking the index set down and up again is no disorder, although the schema
/// may have later versions by then. refinery knows no sets: its `V` files are ordered together, and its `U` files not.
#[must_use]
pub fn verify<'a>(
    migrations: &'a [Migration],
    ledger: &'a [LedgerRow],
    journal: &'a [JournalRow],
    remembers_begun: bool,
) -> Vec<Entry<'a>> {
    let rows: BTreeMap<i64, &LedgerRow> = ledger.iter().map(|row| (row.version, row)).collect();
    let files: BTreeMap<i64, &Migration> = migrations.iter().map(|migration| (migration.version, migration)).collect();
    let newest_applied = |set: Set| {
        migrations
            .iter()
            .filter(|migration| migration.set == set && rows.contains_key(&migration.version))
            .map(|migration| migration.version)
            .max()
    };
    let newest = [newest_applied(Set::Schema), newest_applied(Set::Indexes)];
    let newest_row = rows.keys().next_back().copied();
    let mut versions: Vec<i64> = rows.keys().chain(files.keys()).copied().collect();
    versions.sort_unstable();
    versions.dedup();
    versions
        .into_iter()
        .map(|version| {
            let (migration, row) = (files.get(&version).copied(), rows.get(&version).copied());
            let stopped = stopped(journal, version, row.map(|row| row.success), remembers_begun);
            let state = match (migration, row) {
                (_, Some(row)) if !row.success => State::HalfApplied,
                (Some(_), _) if stopped.is_some() => State::HalfApplied,
                (None, _) => State::Missing,
                (Some(migration), Some(row)) if is_same(migration, row) => State::Applied,
                (Some(_), Some(_)) => State::Edited,
                (Some(migration), None) => {
                    let newest = match migration.naming {
                        Naming::Sqlx => newest[usize::from(migration.set == Set::Indexes)],
                        Naming::Versioned => newest_row,
                        Naming::Unversioned => None,
                    };
                    if newest.is_some_and(|newest| version < newest) { State::OutOfOrder } else { State::Pending }
                }
            };
            Entry { version, migration, row, state, stopped }
        })
        .collect()
}

/// Whether the file is the one that was applied, by its tool's own measure.
fn is_same(migration: &Migration, row: &LedgerRow) -> bool {
    match migration.naming {
        Naming::Sqlx => checksum::accepts(&migration.up.text, &row.checksum),
        Naming::Versioned | Naming::Unversioned => {
            row.description == migration.description && refinery::accepts(migration, &row.checksum)
        }
    }
}

/// What keeps a verb that goes this way from going on, each with its remedy. Empty when nothing does. Without a direction
/// everything that needs attention is told.
#[must_use]
pub fn refusals(entries: &[Entry<'_>], going: Option<Direction>, allow_out_of_order: bool) -> Vec<String> {
    entries.iter().filter_map(|entry| refusal(entry, going, allow_out_of_order)).collect()
}

fn refusal(entry: &Entry<'_>, going: Option<Direction>, allow_out_of_order: bool) -> Option<String> {
    let version = entry.version;
    let description = entry.row.map_or("", |row| row.description.as_str());
    let file = entry.migration.map_or("", |migration| migration.up.file.as_str());
    match entry.state {
        State::Pending | State::Applied => None,
        State::OutOfOrder if allow_out_of_order => None,
        State::OutOfOrder if entry.migration.is_some_and(|migration| migration.naming == Naming::Versioned) => {
            Some(format!(
                "{file}: out of order: a higher version is already applied, so that refinery would not apply this one; \
                 give it a higher version, name it U if it may be applied at any time, or pass --allow-out-of-order"
            ))
        }
        State::OutOfOrder => Some(format!(
            "{file}: out of order: a later migration of the same set is already applied; give it a newer version, or \
             pass --allow-out-of-order"
        )),
        State::HalfApplied if entry.migration.is_some() && entry.stopped.is_some() => {
            let stopped = entry.stopped?;
            let remedy = match (stopped.direction, going) {
                (Direction::Up, Some(_)) | (Direction::Down, Some(Direction::Down)) => return None,
                (Direction::Up, None) => {
                    "`aura-db migrate` goes on there, `aura-db rollback` takes it down where the schema shows what to undo"
                }
                (Direction::Down, _) => "`aura-db rollback` finishes that first",
            };
            Some(format!("{file}: half-applied: {stopped}; {remedy}"))
        }
        State::HalfApplied => Some(format!(
            "migration {version} ({description}) is half-applied: a run was cut off in it. Bring the tables into the \
             state before or after {}, then delete its row from the ledger or set success to 1 there",
            if file.is_empty() { "it" } else { file }
        )),
        State::Edited if entry.migration.is_some_and(|file| is_renamed(file, description)) => Some(format!(
            "{file}: renamed: version {version} was applied under the name `{description}`, which is part of refinery's \
             checksum; give the file its old name back"
        )),
        State::Edited => Some(format!(
            "{file}: edited: the file is not the one that was applied{}; put the old text back and make the change in \
             a new migration",
            entry.row.map(|row| format!(" on {}", row.installed_on)).unwrap_or_default()
        )),
        State::Missing => Some(format!(
            "migration {version} ({description}) is applied but its file is missing from the migrations folder; bring \
             the file back"
        )),
    }
}

fn is_renamed(migration: &Migration, applied_as: &str) -> bool {
    migration.naming != Naming::Sqlx && migration.description != applied_as
}

#[cfg(test)]
mod tests {
    use super::super::checksum::checksum;
    use super::*;
    use crate::model::migration::{Naming, Script};

    fn migration(version: i64, set: Set) -> Migration {
        let text = format!("-- {version}\n");
        let up = Script { file: format!("{version}_x.up.sql"), text, statements: vec![] };
        Migration { version, description: "x".into(), naming: Naming::Sqlx, set, up, down: None }
    }

    fn row(migration: &Migration) -> LedgerRow {
        LedgerRow {
            version: migration.version,
            description: "x".into(),
            installed_on: "2026-01-01 00:00:00".into(),
            success: true,
            checksum: checksum(&migration.up.text),
            execution_time: 1,
        }
    }

    fn states(migrations: &[Migration], ledger: &[LedgerRow]) -> Vec<State> {
        verify(migrations, ledger, &[], true).into_iter().map(|entry| entry.state).collect()
    }

    #[test]
    fn each_state_is_told() {
        let files = [
            migration(1, Set::Schema),
            migration(2, Set::Schema),
            migration(4, Set::Schema),
            migration(5, Set::Schema),
        ];
        let mut edited = row(&files[1]);
        edited.checksum = vec![0; 48];
        let mut gone = row(&files[0]);
        gone.version = 3;
        let mut cut = row(&files[2]);
        cut.success = false;
        assert_eq!(
            states(&files, &[row(&files[0]), edited, gone, cut]),
            [State::Applied, State::Edited, State::Missing, State::HalfApplied, State::Pending]
        );
    }

    #[test]
    fn order_is_judged_within_a_set() {
        let files = [
            migration(1, Set::Schema),
            migration(2, Set::Indexes),
            migration(3, Set::Schema),
            migration(4, Set::Schema),
        ];
        assert_eq!(
            states(&files, &[row(&files[0]), row(&files[3])]),
            [State::Applied, State::Pending, State::OutOfOrder, State::Applied]
        );
    }

    #[test]
    fn refinerys_files_follow_refinerys_rules() {
        let file = |version, naming, set| Migration { naming, ..migration(version, set) };
        let row = |file: &Migration| LedgerRow {
            checksum: refinery::checksum(file, file.version == 3).to_string().into_bytes(),
            ..row(file)
        };
        let files = [
            file(0, Naming::Unversioned, Set::Schema),
            file(1, Naming::Versioned, Set::Schema),
            file(2, Naming::Versioned, Set::Indexes),
            file(3, Naming::Versioned, Set::Schema),
            file(4, Naming::Versioned, Set::Schema),
        ];
        let ledger = [row(&files[1]), row(&files[3])];
        assert_eq!(
            states(&files, &ledger),
            [State::Pending, State::Applied, State::OutOfOrder, State::Applied, State::Pending]
        );
        let gone = LedgerRow { version: 9, ..row(&files[3]) };
        assert_eq!(states(&files[4..], &[gone])[0], State::OutOfOrder, "a file that is gone counts");
        let mut renamed = row(&files[1]);
        renamed.description = "y".into();
        let ledger = [renamed];
        let entries = verify(&files[1..2], &ledger, &[], false);
        assert!(refusals(&entries, None, true)[0].contains("renamed: version 1 was applied"));
    }

    #[test]
    fn refusals_name_the_file_and_the_way_out() {
        let files = [migration(1, Set::Schema), migration(2, Set::Schema)];
        let ledger = [row(&files[1])];
        let entries = verify(&files, &ledger, &[], true);
        assert!(refusals(&entries, Some(Direction::Up), false)[0].contains("1_x.up.sql: out of order"));
        assert!(refusals(&entries, Some(Direction::Up), true).is_empty());
    }
}
