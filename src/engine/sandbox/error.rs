//! Why there is no sandbox, each with the way out of it.

use super::locate::ServerKind;
use super::log::ServerLog;
use std::io;
use std::path::{Path, PathBuf};

/// What kept a sandbox from starting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// None was found.
    #[error("no {} server is installed{}\nhelp: {}, or set {} to the path of a `{}`",
        kind.engine(), listed(rejected), kind.install(), kind.variable(), kind.program())]
    NotInstalled {
        /// What was looked for.
        kind: ServerKind,
        /// What was found instead, each with the reason why it will not do.
        rejected: Vec<String>,
    },
    /// The variable names a program that will not do.
    #[error("{variable} is set to `{}`, which is no {} server: {reason}", path.display(), kind.engine())]
    Unfit {
        /// What was looked for.
        kind: ServerKind,
        /// The environment variable.
        variable: &'static str,
        /// Its value.
        path: PathBuf,
        /// Why it will not do.
        reason: String,
    },
    /// The data directory could not be initialised.
    #[error("`{}` could not initialise a data directory ({status}){log}", program.display())]
    Initialise {
        /// The program that was run.
        program: PathBuf,
        /// How it ended.
        status: String,
        /// What it wrote before.
        log: ServerLog,
    },
    /// The server ended before it answered.
    #[error("`{}` ended while starting ({status}){log}", program.display())]
    Ended {
        /// The program that was run.
        program: PathBuf,
        /// How it ended.
        status: String,
        /// What it wrote before.
        log: ServerLog,
    },
    /// The server had answered, and then ended without being told to.
    #[error("the throwaway server `{}` ended by itself ({status}){log}", program.display())]
    Died {
        /// The program that was run.
        program: PathBuf,
        /// How it ended.
        status: String,
        /// What it wrote before.
        log: ServerLog,
    },
    /// The server runs but does not answer.
    #[error("`{}` did not answer within {seconds} seconds: {last}{log}", program.display())]
    Silent {
        /// The program that runs.
        program: PathBuf,
        /// How long it was given, in seconds.
        seconds: u64,
        /// The error of the last attempt to connect.
        last: String,
        /// What it wrote before.
        log: ServerLog,
    },
    /// A file or a process could not be handled.
    #[error("the sandbox cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried, such as `create`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The work was given up on from outside.
    #[error("starting the sandbox was interrupted: {0}")]
    Interrupted(String),
}

impl SandboxError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

fn listed(found: &[String]) -> String {
    found.iter().flat_map(|line| ["\n  ", line.as_str()]).collect()
}
