//! Where `ALGORITHM=` and `LOCK=` go in a statement, and whether it has its own: what the ladder of attempts asks with.
//!
//! In ALTER TABLE they are put first, right behind the table, where neither PARTITION BY nor ORDER BY nor a comment at
//! the end is in the way; tried on `MySQL` 9.7 and `MariaDB` 10.11. The user's words are never touched.

mod clauses;
mod group;
mod read;
pub(in crate::sql) mod scan;

pub use clauses::without;
pub use group::{Group, group};

use crate::model::engine::EngineKind;
use crate::model::online::{Algorithm, LockTaken, Rung};
use std::ops::Range;

/// A statement that changes the definition of a table that may have rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Online {
    /// The database, when the statement names one.
    pub database: Option<String>,
    /// The table.
    pub table: String,
    /// The statement's own clauses.
    pub own: Own,
    place: Place,
    nature: Nature,
}

/// What the servers' answers to a statement can be trusted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    /// Only another name for the table, or keys switched on or off: over in a moment, under an exclusive lock.
    Simple,
    /// `MariaDB` 10.11 takes ALGORITHM=INSTANT or NOCOPY for these and copies all the same, unless LOCK=NONE stands
    /// beside it: ORDER BY, PARTITION BY, REMOVE PARTITIONING, another storage engine.
    Disputed,
    /// Any other.
    Plain,
}

/// The statement's own clauses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// `ALGORITHM=`, when it is given and not DEFAULT.
    pub algorithm: Option<Algorithm>,
    /// `LOCK=`, when it is given and not DEFAULT.
    pub lock: Option<LockTaken>,
    /// Where the word after `LOCK=` stands.
    lock_at: Option<Range<usize>>,
}

/// Where the clauses go.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// `ALTER TABLE`: at this offset, with this text between them and what follows.
    Table { at: usize, then: &'static str },
    /// `CREATE INDEX`: at this offset.
    Index { at: usize },
    /// `DROP INDEX`: at this offset; `MariaDB` knows them only in the ALTER TABLE that says the same.
    DropIndex { at: usize, table: String, index: String },
    /// Nowhere, and the statement may rewrite rows.
    Nowhere { because: &'static str },
}

/// Reads a statement. `None` when the question does not arise: no ALTER TABLE, CREATE INDEX or DROP INDEX, or one that
/// takes no clauses and moves no rows, such as `DISCARD TABLESPACE` or `TRUNCATE PARTITION`.
#[must_use]
pub fn online(sql: &str) -> Option<Online> {
    read::online(sql)
}

impl Online {
    /// Whether it may copy the table although its own clauses exclude it.
    #[must_use]
    pub fn may_copy_all_the_same(&self, kind: EngineKind) -> bool {
        kind == EngineKind::Mariadb
            && self.nature == Nature::Disputed
            && self.own.lock != Some(LockTaken::None)
            && matches!(self.own.algorithm, Some(Algorithm::Instant | Algorithm::Nocopy))
    }

    /// Why the clauses cannot be put into this statement on that engine, although it may rewrite rows.
    #[must_use]
    pub fn obstacle(&self) -> Option<&'static str> {
        match self.place {
            Place::Nowhere { because } => Some(because),
            _ => None,
        }
    }

    /// The ways to ask for it, best first. A `LOCK=` of the statement's own stays; an `ALGORITHM=` of its own leaves
    /// nothing to ask, nor does an [obstacle](Self::obstacle).
    #[must_use]
    pub fn rungs(&self, kind: EngineKind, version: (u32, u32)) -> Vec<Rung> {
        use Algorithm::{Copy, Inplace, Instant, Nocopy};
        use LockTaken::{Default, None, Shared};
        if self.own.algorithm.is_some() || self.obstacle().is_some() || kind == EngineKind::Embedded {
            return Vec::new();
        }
        let mariadb = kind == EngineKind::Mariadb;
        let all = [
            // MySQL takes no LOCK beside INSTANT (1221); MariaDB tells the truth only with it, see `Nature`.
            (Instant, None, mariadb),
            (Instant, Default, !mariadb || self.nature == Nature::Simple),
            (Nocopy, None, mariadb && self.own.lock.is_none_or(|lock| lock == None)),
            (Inplace, None, true),
            (Inplace, Shared, true),
            // Since MariaDB 11.2 a copy may let writes go on.
            (Copy, None, mariadb && version >= (11, 2)),
            (Copy, Shared, true),
            (Copy, Default, true),
        ];
        let rungs = all.into_iter().filter(|(.., known)| *known);
        let mut rungs: Vec<Rung> = rungs.map(|(algorithm, lock, _)| Rung { algorithm, lock }).collect();
        if let Some(lock) = self.own.lock {
            rungs.iter_mut().filter(|rung| rung.algorithm != Instant).for_each(|rung| rung.lock = lock);
            rungs.dedup();
        }
        rungs
    }

    /// The statement with the clauses of a rung in it; `sql` is the text that this was read from.
    #[must_use]
    pub fn with(&self, sql: &str, rung: Rung, kind: EngineKind) -> String {
        // A lock of the statement's own is in its text already.
        let asked = if self.own.lock.is_some() { Rung { lock: LockTaken::Default, ..rung } } else { rung };
        let clauses = asked.to_string();
        let spaced = clauses.replace(',', "");
        // A statement that is over in a moment satisfies whoever asks for any lock.
        let instant = rung.algorithm == Algorithm::Instant;
        let lock_word = rung.lock.word();
        match (&self.place, &self.own.lock_at) {
            (Place::DropIndex { table, index, .. }, None) if kind == EngineKind::Mariadb => {
                format!("ALTER TABLE {table} {clauses}, DROP INDEX {index}")
            }
            (Place::Table { at, then }, Some(lock)) if instant && lock.start >= *at => {
                let (head, middle, tail) = (&sql[..*at], &sql[*at..lock.start], &sql[lock.end..]);
                format!("{head} {clauses}{then}{middle}{lock_word}{tail}")
            }
            (Place::Index { at } | Place::DropIndex { at, .. }, Some(lock)) if instant && lock.end <= *at => {
                let (head, middle, tail) = (&sql[..lock.start], &sql[lock.end..*at], &sql[*at..]);
                format!("{head}{lock_word}{middle} {spaced}{tail}")
            }
            (Place::Table { at, then }, _) => format!("{} {clauses}{then}{}", &sql[..*at], &sql[*at..]),
            (Place::Index { at } | Place::DropIndex { at, .. }, _) => {
                format!("{} {spaced}{}", &sql[..*at], &sql[*at..])
            }
            (Place::Nowhere { .. }, _) => sql.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
