//! The verbs on databases that were not made by migrations alone, and their flags.

#![allow(clippy::doc_markdown, reason = "these texts are the help, where backticks would only be noise")]

use super::{Migrations, Output, Write};
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
    #[command(flatten)]
    #[allow(missing_docs)]
    pub write: Write,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: Output,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub migrations: Migrations,
}

/// `drift`
#[derive(Debug, Args)]
pub struct Drift {
    /// Count what no migration makes too
    #[arg(long)]
    pub foreign: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: Output,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub migrations: Migrations,
}
