//! What is to be told while a statement is under way.

use super::blockers::Blockers;
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

/// Something to tell the user at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The statement waits for a lock.
    Waiting {
        /// What it waits for, in the server's words, such as `Waiting for table metadata lock`.
        state: String,
        /// Who is in the way.
        blockers: Blockers,
    },
    /// The statement gave way to the app and will be tried again.
    Retrying {
        /// The attempt that was refused, from 1.
        attempt: u32,
        /// The pause before the next one.
        pause: Duration,
        /// For how long it is tried at most, from the first refusal.
        limit: Duration,
        /// Who was in the way.
        blockers: Blockers,
    },
    /// How far a long statement has come, in the server's own terms.
    Progress(String),
    /// The connection broke while a statement ran; whether that statement was ended on the server.
    Abandoned {
        /// The server's id of the connection.
        connection: u64,
        /// Why it could not be ended or found gone, if so.
        failed: Option<String>,
    },
}

impl Notice {
    /// The same without a reason that was told before.
    #[must_use]
    pub(super) fn told_once(self, told: &mut BTreeSet<String>) -> Self {
        match self {
            Self::Waiting { state, blockers } => Self::Waiting { state, blockers: blockers.told_once(told) },
            Self::Retrying { attempt, pause, limit, blockers } => {
                Self::Retrying { attempt, pause, limit, blockers: blockers.told_once(told) }
            }
            other => other,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting { state, blockers } => write!(f, "{}: {blockers}", lower(state)),
            Self::Retrying { attempt, pause, limit, blockers } => write!(
                f,
                "attempt {attempt} gave way after waiting for a lock, {blockers}; tried again in {:.1} s, for {} s at most",
                pause.as_secs_f64(),
                limit.as_secs()
            ),
            Self::Progress(text) => f.write_str(text),
            Self::Abandoned { connection, failed: None } => {
                write!(f, "the connection broke; the server's side of it, connection {connection}, is ended")
            }
            Self::Abandoned { connection, failed: Some(why) } => write!(
                f,
                "the connection broke, and the server's side of it, connection {connection}, could not be ended \
                 ({why}): the statement may still be running there"
            ),
        }
    }
}

fn lower(state: &str) -> String {
    let mut letters = state.chars();
    letters.next().map_or_else(|| "waiting".into(), |first| first.to_lowercase().chain(letters).collect())
}
