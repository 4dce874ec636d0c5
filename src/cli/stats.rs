//! `stats` and its flags.

#![allow(clippy::doc_markdown, reason = "these texts are the help, where backticks would only be noise")]

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `stats`
#[derive(Debug, Subcommand)]
pub enum Stats {
    /// Write a scale profile from the configured database's statistics; nothing is written to the database
    #[command(
        after_help = "Only the catalogue and the statistics are read, and no value of a row is put into the profile, \
                      unless --values names its column. SELECT on the schema is enough; docs/stats.md lists the grants. \
                      The profile is sorted and bears no date, so that it can be committed; the number of users and \
                      the description of an earlier export are kept.\n\nExamples:\n  aura-db stats export --output \
                      profiles/scale/production.yaml\n  aura-db stats export --values 'orders.created_at,*.status' \
                      --output production.yaml\n  aura-db stats export --deep --time-limit 30 --tables 'order*'\n  \
                      aura-db audit --sandbox mysql --scale production.yaml"
    )]
    Export(StatsExport),
}

/// `stats export`
#[derive(Debug, Args)]
pub struct StatsExport {
    /// Only these tables, by name; `*` stands for any text
    #[arg(long, value_name = "TABLE", value_delimiter = ',')]
    pub tables: Vec<String>,
    /// Columns of which smallest, largest and frequent values may be read and written into the profile, as TABLE.COLUMN;
    /// `*` stands for any text. Without it no value is
    #[arg(long, value_name = "TABLE.COLUMN", value_delimiter = ',')]
    pub values: Vec<String>,
    /// Count rows, distinct values and NULLs instead of trusting the statistics: reads whole tables
    #[arg(long)]
    pub deep: bool,
    /// Seconds to count in each table; what is not done by then is left to the statistics, and named
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub time_limit: u64,
    /// Concurrent users at this scale, by which the workload's frequencies per client are multiplied
    #[arg(long, value_name = "NUMBER")]
    pub concurrent_users: Option<u64>,
    /// Write the profile to a file; it is opened before work starts
    #[arg(long, visible_alias = "out", value_name = "FILE")]
    pub output: Option<PathBuf>,
}
