//! The verbs that judge plans and their flags.

#![allow(clippy::doc_markdown, reason = "these texts are the help, where backticks would only be noise")]

use super::{Migrations, Output, Reports, SetChoice};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What plans are judged on.
#[derive(Debug, Clone, Args)]
pub struct Judge {
    /// Judge on a throwaway server of this engine, started from an installed one
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub sandbox: Option<SandboxChoice>,
    /// Judge on the built-in engine, whatever is configured
    #[arg(long, conflicts_with = "sandbox")]
    pub embedded: bool,
    /// Scale profile for sandbox and embedded engine: a name in profiles/scale, or a file
    #[arg(long, value_name = "NAME|PATH", default_value = "high")]
    pub scale: String,
    /// Take the schema from a dump (mysqldump --no-data) or a live server's definitions, of which no row is read, instead
    /// of from migrations; with --sandbox or --embedded
    #[arg(long, value_name = "FILE|URL")]
    pub schema: Option<String>,
    /// Replay only this set of the migrations: `schema` shows the plans before the index set
    #[arg(long, value_enum, default_value_t = SetChoice::All)]
    pub set: SetChoice,
    /// Workload file or folder; may be given several times
    #[arg(long, value_name = "PATH", default_value = "profiles/workload")]
    pub workload: Vec<PathBuf>,
    /// How many plans to ask for at once; by default the profile's pool on a configured server, and on a throwaway one as
    /// many as this machine has cores
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: Option<u16>,
    /// Version of MySQL's EXPLAIN JSON to ask for
    #[arg(long, value_name = "1|2", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub explain_json: u8,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub migrations: Migrations,
}

/// An engine to start a throwaway server of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SandboxChoice {
    /// `mysqld`
    Mysql,
    /// `mariadbd`
    Mariadb,
}

/// The least severity that fails a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Any finding
    Info,
    /// Warnings and errors
    Warning,
    /// Errors only
    Error,
    /// Nothing
    Never,
}

/// `audit`
#[derive(Debug, Args)]
pub struct Audit {
    /// Only these queries, by name; `*` stands for any text
    pub queries: Vec<String>,
    /// The least severity that makes the exit code 1
    #[arg(long, value_enum, default_value_t = FailOn::Warning)]
    pub fail_on: FailOn,
    /// Show evidence and remedy of every finding, infos too
    #[arg(long, short)]
    pub verbose: bool,
    /// Fail only on what got worse since this file was written: new findings, lost indexes, worse access, more rows
    #[arg(long, value_name = "FILE", help_heading = "Baseline")]
    pub baseline: Option<PathBuf>,
    /// Accept the plans and findings of this run: write them to this file for --baseline
    #[arg(long, value_name = "FILE", conflicts_with = "queries", help_heading = "Baseline")]
    pub write_baseline: Option<PathBuf>,
    /// How many times the baseline's rows a plan may look at before that counts as worse
    #[arg(long, value_name = "TIMES", default_value = "2", value_parser = times, requires = "baseline",
          help_heading = "Baseline")]
    pub tolerance: f64,
    /// List the rules and exit
    #[arg(long)]
    pub list_rules: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub judge: Judge,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: Reports,
}

/// `1.5`, or `1.5x`.
fn times(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('x').unwrap_or(text).parse::<f64>().ok();
    number.filter(|times| times.is_finite() && *times >= 1.0).ok_or_else(|| "a number from 1 on, such as 1.5".into())
}

/// `explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// A query's name in the workload, or SQL
    pub query: String,
    /// Show the engine's own EXPLAIN warnings and conditions too
    #[arg(long, short)]
    pub verbose: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub judge: Judge,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: Output,
}
