//! The catalogue's verbs and their flags.

#![allow(clippy::doc_markdown, reason = "these texts are the help, where backticks would only be noise")]

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `catalogue`
#[derive(Debug, Subcommand)]
pub enum Catalogue {
    /// Check the workload files: fields, names, parameters, SQL
    #[command(after_help = "Example:\n  aura-db catalogue check profiles/workload")]
    Check {
        /// Workload files or folders
        #[arg(value_name = "PATH", default_value = "profiles/workload")]
        workload: Vec<PathBuf>,
    },
    /// Make a workload of what a server has run
    #[command(subcommand)]
    Import(Import),
}

/// `catalogue import`
#[derive(Debug, Subcommand)]
pub enum Import {
    /// From slow query logs of MySQL, Percona Server or MariaDB, plain or gzip
    #[command(
        after_help = "Statements are put into classes as pt-query-digest does; each class becomes an entry with its \
                      slowest statement, word for word. These hold values of your users: look through the file before \
                      you commit it.\n\nExamples:\n  aura-db catalogue import slowlog slow.log --output \
                      profiles/workload/slowlog.yaml\n  aura-db catalogue import slowlog slow.log.1.gz slow.log --format \
                      table --limit 20\n  aura-db audit --workload profiles/workload/slowlog.yaml --sandbox mysql"
    )]
    Slowlog(Logs),
}

/// Logs to read, and what to make of them.
#[derive(Debug, Args)]
pub struct Logs {
    /// Log files
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Only the classes that took most time in all
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// What to print
    #[arg(long, value_enum, default_value_t = DigestFormat::Workload)]
    pub format: DigestFormat,
    /// Write it to a file; it is opened before work starts
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Form of what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DigestFormat {
    /// A workload file for `audit`
    Workload,
    /// The classes with their figures, for people
    Table,
    /// The classes with their figures, for machines
    Json,
}
