//! `lint` and its flags.

#![allow(clippy::doc_markdown, reason = "these texts are the help, where backticks would only be noise")]

use super::{FailOn, Migrations, Reports, SandboxChoice};
use clap::Args;
use std::path::PathBuf;

/// `lint`
#[derive(Debug, Args)]
pub struct Lint {
    /// Judge nothing later than this version
    #[arg(long, value_name = "VERSION")]
    pub to: Option<i64>,
    /// Where no database says what is applied: judge what is later than this version
    #[arg(long, value_name = "VERSION")]
    pub after: Option<i64>,
    /// Try the statements on a throwaway server of this engine, whatever is configured
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub sandbox: Option<SandboxChoice>,
    /// Use the built-in engine, whatever is configured
    #[arg(long, conflicts_with = "sandbox")]
    pub embedded: bool,
    /// Try the statements on the configured server itself, in a database of this name, which must not exist; it is made
    /// for it and dropped again
    #[arg(long, value_name = "NAME", conflicts_with_all = ["sandbox", "embedded"])]
    pub scratch_schema: Option<String>,
    /// Scale profile for the sizes of tables where no server says them [default: high, if there is one]
    #[arg(long, value_name = "NAME|PATH")]
    pub scale: Option<String>,
    /// Workload file or folder with the app's queries; may be given several times [default: profiles/workload, if there
    /// is one]
    #[arg(long, value_name = "PATH")]
    pub workload: Vec<PathBuf>,
    /// The least severity that makes the exit code 1
    #[arg(long, value_enum, default_value_t = FailOn::Error)]
    pub fail_on: FailOn,
    /// Show evidence and remedy of every finding, infos and waived ones too
    #[arg(long, short)]
    pub verbose: bool,
    /// List the rules and exit
    #[arg(long)]
    pub list_rules: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub migrations: Migrations,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: Reports,
}
