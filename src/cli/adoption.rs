//! The verbs on databases that were not made by migrations alone, and their flags.

#![allow(clippy::doc_markdown, reason = "these texts are the help, where backticks would only be noise")]

use super::{LockChoice, Migrations, Output, Reports, Write};
use clap::Args;
use std::path::PathBuf;

/// `adopt`
#[derive(Debug, Args)]
pub struct Adopt {
    /// Adopt nothing later than this version
    #[arg(long, value_name = "VERSION")]
    pub to: Option<i64>,
    /// Write the migration that would bring the rest into line; with a down file when the name ends in .up.sql
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Take it that rows which cannot be looked for were written
    #[arg(long)]
    pub assume_rows: bool,
    /// Compare in embedded terms, with what the statements of the migrations say; what is done where no server is installed
    #[arg(long)]
    pub embedded: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub write: Recording,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: Output,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub migrations: Migrations,
}

/// How `adopt` records. No statement of a migration runs, so that nothing is copied and nothing is in doubt.
#[derive(Debug, Clone, Copy, Args)]
pub struct Recording {
    /// Print what would be recorded; write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask, where the profile would
    #[arg(long, short)]
    pub yes: bool,
    /// How runners keep out of each other's way; the profile's choice, or the advisory lock
    #[arg(long, value_enum, value_name = "KIND")]
    pub lock: Option<LockChoice>,
}

impl From<Recording> for Write {
    fn from(from: Recording) -> Self {
        Self { dry_run: from.dry_run, yes: from.yes, lock: from.lock, allow_copy: false, in_doubt: None }
    }
}

/// `drift`
#[derive(Debug, Args)]
pub struct Drift {
    /// Count what no migration makes too
    #[arg(long)]
    pub foreign: bool,
    /// Compare in embedded terms, with what the statements of the migrations say; what is done where no server is installed
    #[arg(long)]
    pub embedded: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: Reports,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub migrations: Migrations,
}
