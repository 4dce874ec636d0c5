//! The exit codes, in one place. README and `--help` document the same list.

use std::process::ExitCode;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing to report.
    Clean,
    /// Findings, drift, or pending work that was asked about.
    Findings,
    /// The command line does not make sense. Clap uses the same number.
    Usage,
    /// Unable to run: configuration, connection or file.
    Unable,
    /// The ledger or the database is not in the state that the command needs.
    State,
    /// Interrupted by Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Unable => 3,
            Self::State => 4,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The list as `--help` shows it.
pub const HELP: &str = "\
Exit codes:
  0    clean
  1    findings, drift, or pending work that was asked about
  2    usage
  3    unable to run (configuration, connection, file)
  4    the ledger or the database is not in the state the command needs, or a
       statement failed in it
  130  interrupted";
