//! The journal: what is known of each statement of a migration, across crashes.

use super::migration::Direction;
use std::fmt;

/// How far a statement has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Written before the statement ran, and not completed: the catalogue has to say whether it took effect.
    Begun,
    /// Written together with those of other statements before any of them ran: it is begun or still to come. See
    /// [`crate::migration::planned`].
    Planned,
    /// The same as `Begun`, for a statement of which nothing shows the effect. Written in the transaction in which it runs: when it
    /// is there after a crash, the statement has committed something.
    Entered,
    /// It took effect.
    Done,
    /// It failed, and what was done before it stayed.
    Failed,
    /// It had nothing to do, as what it makes was there already.
    Skipped,
    /// It was recorded and not run: the database had been made by hand.
    Adopted,
    /// It may have run or not before aura-db knew the database: `adopt` could not tell. Its migration is pending, and does
    /// not run before somebody has said which it is.
    Unsure,
    /// Not a statement: several migrations are being applied as one unit, and the row holds what it began from.
    Applying,
    /// Not a statement: a failed unit is being taken back, and the row holds what to.
    Undoing,
}

impl Progress {
    /// The word in the journal's table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Planned => "planned",
            Self::Entered => "entered",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Adopted => "adopted",
            Self::Unsure => "unsure",
            Self::Applying => "applying",
            Self::Undoing => "undoing",
        }
    }

    /// Reads the word; `None` for one that this version does not know.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        const ALL: [Progress; 10] = [
            Progress::Begun,
            Progress::Planned,
            Progress::Entered,
            Progress::Done,
            Progress::Failed,
            Progress::Skipped,
            Progress::Adopted,
            Progress::Unsure,
            Progress::Applying,
            Progress::Undoing,
        ];
        ALL.into_iter().find(|progress| progress.word() == word)
    }

    /// Whether the statement needs no running any more.
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Done | Self::Skipped | Self::Adopted)
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// One statement in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// The table of the ledger that the migration belongs to. A database may hold those of several apps.
    pub ledger: String,
    /// The migration.
    pub version: i64,
    /// Whether it is a statement of the up or of the down script.
    pub direction: Direction,
    /// Its position in the script, from 1; 0 for what is not a statement.
    pub position: u32,
    /// Statements in the script when it was journalled.
    pub of: u32,
    /// SHA-256 of the statement's text, in hex.
    pub hash: String,
    /// How far it has come.
    pub progress: Progress,
    /// What was sent: the statement, or what it stood for, as with `EXECUTE`.
    pub sql: String,
    /// Where it stands, as `FILE:LINE:COLUMN`.
    pub place: String,
    /// For a statement that commits by itself: what the objects that it names were before it, as JSON of
    /// `migration::recovery::States`. Empty otherwise.
    pub before: String,
    /// The session's user variables after it, as assignments that `SET` takes. Empty when there were none.
    pub variables: String,
    /// The server's id of the connection that ran it.
    pub connection: u64,
    /// Why it was skipped, or how it failed.
    pub note: String,
}
