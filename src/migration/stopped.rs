//! Where a run was cut off in a migration, as journal and ledger together tell.

use crate::model::journal::{JournalRow, Progress};
use crate::model::migration::Direction;
use std::fmt;

/// A migration that is neither applied nor pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped<'a> {
    /// Which way it was going.
    pub direction: Direction,
    /// Statements that are done.
    pub done: usize,
    /// Statements in the script.
    pub of: u32,
    /// Where it stopped, as `FILE:LINE:COLUMN`.
    pub place: &'a str,
    /// Whether it was just being taken back after a failure.
    pub undoing: bool,
    /// How the statement failed, when it did.
    pub note: &'a str,
}

/// Where a version stopped; `success` is what the ledger says of it, and `remembers_begun` whether a ledger of its format
/// has a row for a migration that is begun. `None` when it did not stop.
#[must_use]
pub fn stopped<'a>(
    journal: &'a [JournalRow],
    version: i64,
    success: Option<bool>,
    remembers_begun: bool,
) -> Option<Stopped<'a>> {
    let of = |direction: Direction| {
        let own = move |row: &&'a JournalRow| {
            let is_statement = !matches!(row.progress, Progress::Applying | Progress::Unsure);
            row.version == version && row.direction == direction && is_statement
        };
        journal.iter().filter(own).collect::<Vec<_>>()
    };
    let (ups, downs) = (of(Direction::Up), of(Direction::Down));
    if !downs.is_empty() {
        return Some(told(Direction::Down, &downs));
    }
    // Without its row in a ledger that would have one, somebody has settled it by hand.
    let unfinished = match success {
        Some(true) => false,
        Some(false) => true,
        None => !remembers_begun,
    };
    (unfinished && !ups.is_empty()).then(|| told(Direction::Up, &ups))
}

fn told<'a>(direction: Direction, rows: &[&'a JournalRow]) -> Stopped<'a> {
    let undoing = rows.iter().any(|row| row.progress == Progress::Undoing);
    let statements = rows.iter().filter(|row| row.progress != Progress::Undoing);
    let last = statements.clone().max_by_key(|row| row.position);
    Stopped {
        direction,
        done: statements.filter(|row| row.progress.is_settled()).count(),
        of: last.map_or(0, |row| row.of),
        place: last.map_or("", |row| row.place.as_str()),
        undoing,
        note: last.map_or("", |row| row.note.as_str()),
    }
}

impl fmt::Display for Stopped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on = if self.direction == Direction::Down { " of its down script" } else { "" };
        write!(f, "{} of {} statements{on}, stopped at {}", self.done, self.of, self.place)?;
        if self.undoing {
            write!(f, ", being taken back")?;
        }
        // Who was in the way then, and what to do about it, is of no use any more.
        if let Some(first) = self.note.lines().next() {
            write!(f, " ({first})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(direction: Direction, position: u32, progress: Progress) -> JournalRow {
        JournalRow {
            ledger: "_sqlx_migrations".into(),
            version: 7,
            direction,
            position,
            of: 8,
            hash: String::new(),
            progress,
            sql: String::new(),
            place: format!("7_x.up.sql:{position}:1"),
            before: String::new(),
            variables: String::new(),
            connection: 1,
            note: String::new(),
        }
    }

    #[test]
    fn it_says_how_far_and_where() {
        let journal = [
            row(Direction::Up, 1, Progress::Done),
            row(Direction::Up, 2, Progress::Skipped),
            row(Direction::Up, 3, Progress::Begun),
        ];
        let stopped = stopped(&journal, 7, Some(false), true).unwrap();
        assert_eq!(stopped.to_string(), "2 of 8 statements, stopped at 7_x.up.sql:3:1");
    }

    #[test]
    fn the_ledger_tells_whether_it_is_finished() {
        let journal = [row(Direction::Up, 1, Progress::Done)];
        assert_eq!(stopped(&journal, 7, Some(true), true), None, "applied");
        assert_eq!(stopped(&journal, 7, None, true), None, "settled by hand");
        assert!(stopped(&journal, 7, None, false).is_some(), "refinery's ledger knows only of what is applied");
        assert_eq!(stopped(&journal, 8, Some(false), true), None, "another version");
        let down = [row(Direction::Up, 1, Progress::Done), row(Direction::Down, 1, Progress::Begun)];
        assert_eq!(stopped(&down, 7, Some(false), true).unwrap().direction, Direction::Down);
    }
}
