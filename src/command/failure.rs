//! A verb that could not do its work: the words for stderr and the exit code.

use super::remedy::{remedy, remedy_elsewhere};
use crate::engine::EngineError;
use crate::engine::runner::{After, Doubt, INTERRUPTED, RunError, Since};
use crate::exit::Exit;
use crate::sql::secret::{masked, masked_in};
use std::fmt;

/// Why a verb ended early.
#[derive(Debug)]
pub(super) struct Failure {
    /// The exit code.
    pub(super) exit: Exit,
    /// The message, one or more lines.
    pub(super) message: String,
    /// The statement that somebody has to be asked about.
    pub(super) doubt: Option<Box<Doubt>>,
}

impl Failure {
    /// Configuration, connection or file.
    pub(super) fn unable(message: impl Into<String>) -> Self {
        Self { exit: Exit::Unable, message: message.into(), doubt: None }
    }

    /// Ledger or database are not in the state that the command needs.
    pub(super) fn state(message: impl Into<String>) -> Self {
        Self { exit: Exit::State, message: message.into(), doubt: None }
    }

    /// The command line does not make sense.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into(), doubt: None }
    }

    /// Ctrl-C before anything was written.
    pub(super) fn interrupted() -> Self {
        Self { exit: Exit::Interrupted, message: "interrupted".into(), doubt: None }
    }

    /// What an earlier run left and this one could not settle.
    fn from_settling(error: &RunError) -> Self {
        match error {
            RunError::Doubt(doubt) => {
                let message = format!(
                    "{}. Look at the database, then pass --in-doubt ran if it took effect, or --in-doubt not-run to run it \
                     again",
                    in_doubt(doubt)
                );
                Self { doubt: Some(doubt.clone()), ..Self::state(message) }
            }
            RunError::Edited { place, .. } => {
                Self::state(format!("{error}; put its old text back ({place}), and change only what comes after it"))
            }
            RunError::Partial { place, reason, done, of } => Self::state(format!(
                "{place}: this cannot be undone while the migration is half-applied ({done} of {of} statements): {reason}; \
                 run `aura-db migrate` to finish it, then roll it back"
            )),
            RunError::Left(left) => Self::state(format!(
                "what an earlier run began to take back could not be taken back:\n  {}",
                left.join("\n  ")
            )),
            RunError::Engine(EngineError::Interrupted) => Self::interrupted(),
            RunError::Engine(error) if error.code() == Some(INTERRUPTED) => Self::interrupted(),
            RunError::Engine(EngineError::Conflict(reason)) => Self::state(reason),
            RunError::Engine(_) | RunError::Statement { .. } => Self::unable(error.to_string()),
        }
    }

    /// A run that failed, in the words for the user.
    #[must_use]
    pub(super) fn from_run(error: &RunError, unit: &str) -> Self {
        let RunError::Statement { statement, position, of, error, after } = error else {
            return Self::from_settling(error);
        };
        let interrupted = matches!(error, EngineError::Interrupted) || error.code() == Some(INTERRUPTED);
        let shown = excerpt(&statement.sql);
        let what = if interrupted { "interrupted in" } else { "failed:" };
        let aftermath = match after {
            After::Restored => {
                let remedy = remedy_elsewhere(error).map(|remedy| format!("\n{remedy}")).unwrap_or_default();
                format!("nothing of this {unit} is left: the database is as it was before it{remedy}")
            }
            After::HalfApplied { because } => {
                format!(
                    "the migration is half-applied, as what was done before could not be taken back:\n  {}\n{}: it goes on \
                     at this statement",
                    because.join("\n  "),
                    remedy(error)
                )
            }
            After::Unknown => {
                "the connection is gone, so nothing could be taken back or looked at. A statement that was \
                               running may have taken effect; run the command again, and it finds out and goes on"
                    .to_owned()
            }
        };
        let words = masked_in(&statement.at.of_server(&error.to_string()), &statement.sql);
        let message = format!("{}: {what} statement {position} of {of}\n{shown}\n{words}\n{aftermath}", statement.at);
        let exit = match (interrupted, after, error) {
            (true, ..) => Exit::Interrupted,
            (_, After::HalfApplied { .. }, _) => Exit::State,
            (_, After::Unknown, _) | (_, _, EngineError::Connection(_)) => Exit::Unable,
            _ => Exit::State,
        };
        Self { exit, message, doubt: None }
    }
}

/// What is not known of a statement, and why.
pub(super) fn in_doubt(doubt: &Doubt) -> String {
    let place = &doubt.place;
    match doubt.since {
        Since::CutOff => format!(
            "{place}: a run was cut off in this statement, and it cannot be told whether it took effect\n{}\nbecause {}",
            excerpt(&doubt.sql),
            doubt.reason
        ),
        Since::Adoption => format!("{place}: adopt could not tell whether this migration had run: {}", doubt.reason),
    }
}

/// A migration that adopt was not sure of.
pub(super) fn unsure(doubt: Doubt) -> Failure {
    let message = format!(
        "{}\nnothing was run. Look at the database, then pass --in-doubt ran to record it without running it, or \
         --in-doubt not-run to run it; `aura-db adopt` judges it anew, and its --plan writes what is missing",
        in_doubt(&doubt)
    );
    Failure { doubt: Some(Box::new(doubt)), ..Failure::state(message) }
}

/// The first lines of a statement, and of each line what fits a screen a few times over.
fn excerpt(sql: &str) -> String {
    const LINES: usize = 8;
    const CHARACTERS: usize = 300;
    let sql = &masked(sql);
    let line = |line: &str| match line.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("  | {} … {} more bytes", &line[..end], line.len() - end),
        None => format!("  | {line}"),
    };
    let mut shown: Vec<String> = sql.lines().take(LINES).map(line).collect();
    let left = sql.lines().count().saturating_sub(LINES);
    if left > 0 {
        shown.push(format!("  | … {left} more lines"));
    }
    shown.join("\n")
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let exit = match error {
            EngineError::Interrupted => Exit::Interrupted,
            EngineError::Conflict(_) => Exit::State,
            _ => Exit::Unable,
        };
        Self { exit, message: error.to_string(), doubt: None }
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
