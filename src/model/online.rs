//! How a DDL statement is carried out on a table in use: the algorithm, what it locks, and why nothing better would do.
//!
//! The words are the servers' own (`ALGORITHM=…`, `LOCK=…`). Everything here was tried on a server, never guessed.

use super::plan::ServerWarning;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a server carries a statement out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnlineClass {
    /// Only the definition changes; the time does not depend on the table's size.
    Instant,
    /// The storage engine does the work beside the app's reads and writes.
    Inplace {
        /// Whether the whole table is built anew; `None` when it was not observed.
        rebuild: Option<bool>,
    },
    /// The server copies the table row by row, and nobody writes to it meanwhile.
    Copy,
}

impl fmt::Display for OnlineClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Instant => "INSTANT",
            Self::Inplace { rebuild: Some(true) } => "INPLACE, rebuilds the table",
            Self::Inplace { rebuild: Some(false) } => "INPLACE, no rebuild",
            Self::Inplace { rebuild: None } => "INPLACE",
            Self::Copy => "COPY",
        })
    }
}

/// What the app cannot do with the table while the statement works. Every statement, an instant one too, locks the
/// table for a moment at its beginning and at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockTaken {
    /// Reads and writes go on.
    None,
    /// Reads go on, writes wait.
    Shared,
    /// Reads and writes wait.
    Exclusive,
    /// As the server chose, which it does not tell.
    Default,
}

impl LockTaken {
    /// The word after `LOCK=`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Shared => "SHARED",
            Self::Exclusive => "EXCLUSIVE",
            Self::Default => "DEFAULT",
        }
    }

    /// Reads the word; `None` for another one.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::None, Self::Shared, Self::Exclusive, Self::Default]
            .into_iter()
            .find(|lock| lock.word().eq_ignore_ascii_case(word))
    }
}

impl fmt::Display for LockTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What may stand after `ALGORITHM=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// Only the definition changes.
    Instant,
    /// `MariaDB` only: in place, and the rows are not touched.
    Nocopy,
    /// In place, with or without a rebuild.
    Inplace,
    /// Row by row.
    Copy,
}

impl Algorithm {
    /// The word after `ALGORITHM=`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Instant => "INSTANT",
            Self::Nocopy => "NOCOPY",
            Self::Inplace => "INPLACE",
            Self::Copy => "COPY",
        }
    }

    /// Reads the word; `None` for another one, `DEFAULT` too.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Instant, Self::Nocopy, Self::Inplace, Self::Copy]
            .into_iter()
            .find(|algorithm| algorithm.word().eq_ignore_ascii_case(word))
    }

    /// The class that a statement has which the server carried out under this clause.
    #[must_use]
    pub fn class(self) -> OnlineClass {
        match self {
            Self::Instant => OnlineClass::Instant,
            Self::Nocopy => OnlineClass::Inplace { rebuild: Some(false) },
            Self::Inplace => OnlineClass::Inplace { rebuild: None },
            Self::Copy => OnlineClass::Copy,
        }
    }
}

/// One way to ask for a statement to be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// After `ALGORITHM=`.
    pub algorithm: Algorithm,
    /// After `LOCK=`; with `Default` the clause is left out.
    pub lock: LockTaken,
}

impl Rung {
    /// What the table's users are kept from under this rung.
    #[must_use]
    pub fn lock_taken(self) -> LockTaken {
        if self.algorithm == Algorithm::Instant { LockTaken::None } else { self.lock }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ALGORITHM={}", self.algorithm.word())?;
        if self.lock == LockTaken::Default { Ok(()) } else { write!(f, ", LOCK={}", self.lock) }
    }
}

/// A way that the server refused, which had no effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What was asked for.
    pub rung: Rung,
    /// The server's code and words.
    pub error: ServerWarning,
}

/// How a statement was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The table, as the statement names it, without its database.
    pub table: String,
    /// The class; `None` when the statement's own clauses leave it open.
    pub class: Option<OnlineClass>,
    /// What was locked.
    pub lock: LockTaken,
    /// Whether the statement's own clauses said how.
    pub own: bool,
    /// The statement as it was sent.
    pub sent: String,
    /// The better ways, best first, each with the server's reason.
    pub refusals: Vec<Refusal>,
}

impl Outcome {
    /// The server's last word on why nothing better would do; `None` when the best way was taken.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.refusals.last().map(|refusal| refusal.error.message.as_str())
    }

    /// What a user in front of the terminal should know: that writes, or more, had to wait. `None` when nobody had to, or
    /// when the statement itself said how it was to be done.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let class = self.class.filter(|_| !self.own)?;
        let waited = match self.lock {
            LockTaken::None => return None,
            LockTaken::Shared => "writes to it waited",
            LockTaken::Exclusive => "reads and writes of it waited",
            LockTaken::Default => "the server chose the lock",
        };
        let because = self.reason().map(|reason| format!("; the server on the next better way: {reason}"));
        Some(format!("table {}: {class}, and {waited}{}", self.table, because.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_servers_own_and_read_back() {
        for algorithm in [Algorithm::Instant, Algorithm::Nocopy, Algorithm::Inplace, Algorithm::Copy] {
            assert_eq!(Algorithm::from_word(&algorithm.word().to_lowercase()), Some(algorithm));
        }
        assert_eq!(Algorithm::from_word("DEFAULT"), None);
        assert_eq!(LockTaken::from_word("shared"), Some(LockTaken::Shared));
        let rung = Rung { algorithm: Algorithm::Inplace, lock: LockTaken::None };
        assert_eq!(rung.to_string(), "ALGORITHM=INPLACE, LOCK=NONE");
        assert_eq!(Rung { lock: LockTaken::Default, ..rung }.to_string(), "ALGORITHM=INPLACE");
    }

    #[test]
    fn a_note_is_made_only_when_somebody_had_to_wait() {
        let refused =
            ServerWarning { level: "Error".into(), code: 1846, message: "LOCK=NONE is not supported.".into() };
        let rung = Rung { algorithm: Algorithm::Inplace, lock: LockTaken::None };
        let mut outcome = Outcome {
            table: "t".into(),
            class: Some(OnlineClass::Inplace { rebuild: None }),
            lock: LockTaken::Shared,
            own: false,
            sent: String::new(),
            refusals: vec![Refusal { rung, error: refused }],
        };
        assert_eq!(
            outcome.note().unwrap(),
            "table t: INPLACE, and writes to it waited; the server on the next better way: LOCK=NONE is not supported."
        );
        outcome.lock = LockTaken::None;
        assert_eq!(outcome.note(), None);
    }
}
