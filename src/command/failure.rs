//! A verb that could not do its work: the words for stderr and the exit code.

use crate::engine::EngineError;
use crate::engine::runner::{After, INTERRUPTED, RunError};
use crate::exit::Exit;
use std::fmt;

/// Why a verb ended early.
#[derive(Debug)]
pub(super) struct Failure {
    /// The exit code.
    pub(super) exit: Exit,
    /// The message, one or more lines.
    pub(super) message: String,
}

impl Failure {
    /// Configuration, connection or file.
    pub(super) fn unable(message: impl Into<String>) -> Self {
        Self { exit: Exit::Unable, message: message.into() }
    }

    /// Ledger or database are not in the state that the command needs.
    pub(super) fn state(message: impl Into<String>) -> Self {
        Self { exit: Exit::State, message: message.into() }
    }

    /// The command line does not make sense.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    /// Ctrl-C before anything was written.
    pub(super) fn interrupted() -> Self {
        Self { exit: Exit::Interrupted, message: "interrupted".into() }
    }

    /// A run that failed, in the words for the user.
    #[must_use]
    pub(super) fn from_run(error: &RunError, unit: &str) -> Self {
        let RunError::Statement { statement, position, of, error, after } = error else {
            let RunError::Engine(error) = error else { return Self::unable(error.to_string()) };
            let ended = matches!(error, EngineError::Interrupted) || error.code() == Some(INTERRUPTED);
            return if ended { Self::interrupted() } else { Self::unable(error.to_string()) };
        };
        let interrupted = matches!(error, EngineError::Interrupted) || error.code() == Some(INTERRUPTED);
        let excerpt: Vec<String> = statement.sql.lines().map(|line| format!("  | {line}")).collect();
        let shown = excerpt.iter().take(8).cloned().collect::<Vec<_>>().join("\n");
        let more =
            if excerpt.len() > 8 { format!("\n  | … {} more lines", excerpt.len() - 8) } else { String::new() };
        let what = if interrupted { "interrupted in" } else { "failed:" };
        let aftermath = match after {
            After::Restored => format!("nothing of this {unit} is left: the database is as it was before it"),
            After::HalfApplied { because } => {
                format!("the migration is half-applied, and its row in the ledger says so:\n  {}", because.join("\n  "))
            }
            After::Unknown => {
                "the connection is gone, so nothing could be taken back or looked at. A statement that was \
                               running may have taken effect; `aura-db status` shows whether the migration is \
                               half-applied"
                    .to_owned()
            }
        };
        let message =
            format!("{}: {what} statement {position} of {of}\n{shown}{more}\n{error}\n{aftermath}", statement.at);
        let exit = match (interrupted, after, error) {
            (true, ..) => Exit::Interrupted,
            (_, After::HalfApplied { .. }, _) => Exit::State,
            (_, After::Unknown, _) | (_, _, EngineError::Connection(_)) => Exit::Unable,
            _ => Exit::State,
        };
        Self { exit, message }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let exit = if matches!(error, EngineError::Interrupted) { Exit::Interrupted } else { Exit::Unable };
        Self { exit, message: error.to_string() }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::unable(format!("{error:#}"))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::unable(error.to_string())
    }
}
