//! The verbs on migrations and their flags.

#![allow(clippy::doc_markdown, reason = "these texts are the help, where backticks would only be noise")]

use super::Output;
use crate::model::ledger::table_name;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Where the migrations are.
#[derive(Debug, Clone, Args)]
pub struct Migrations {
    /// Folder of migrations, named as sqlx-cli or as refinery names them
    #[arg(long, value_name = "DIR", default_value = "migrations")]
    pub migrations: PathBuf,
    /// Whose files and ledger these are; otherwise told from the files and the database
    #[arg(long, value_enum, value_name = "TOOL")]
    pub ledger: Option<LedgerChoice>,
    /// Table of the ledger, where it is not the tool's usual one
    #[arg(long, value_name = "NAME", value_parser = table_name)]
    pub ledger_table: Option<String>,
}

fn steps(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("0 migrations are none; give 1 or more".into()),
        Ok(steps) => Ok(steps),
        Err(_) => Err("this is no number of migrations".into()),
    }
}

/// A tool whose files and ledger are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LedgerChoice {
    /// `_sqlx_migrations`
    Sqlx,
    /// `refinery_schema_history`
    Refinery,
}

/// How a writing verb writes.
#[derive(Debug, Clone, Args)]
pub struct Write {
    /// Print the statements that would run; touch nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask, where the profile would
    #[arg(long, short)]
    pub yes: bool,
    /// How runners keep out of each other's way; the profile's choice, or the advisory lock
    #[arg(long, value_enum, value_name = "KIND")]
    pub lock: Option<LockChoice>,
    /// Let a schema change copy a table that is bigger than the profile's copy-limit; the app's writes to it wait
    #[arg(long)]
    pub allow_copy: bool,
    /// The statement that a run was cut off in, where nothing tells: did it take effect?
    #[arg(long, value_enum, value_name = "ANSWER")]
    pub in_doubt: Option<InDoubt>,
}

/// Where a dry run tries its statements.
#[derive(Debug, Clone, Args)]
pub struct Scratch {
    /// With --dry-run, where no throwaway server will do: try the statements on the server itself, in a database of this
    /// name, which must not exist; it is made for it and dropped again
    #[arg(long, value_name = "NAME", requires = "dry_run")]
    pub scratch_schema: Option<String>,
}

/// The user's word on a statement that a run was cut off in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InDoubt {
    /// It took effect: go on after it
    Ran,
    /// It did not: run it again
    NotRun,
}

/// How runners keep out of each other's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LockChoice {
    /// The server's own lock (GET_LOCK), or a row where the server refuses it
    Advisory,
    /// A row with a heartbeat, in the table _aura_db_lock
    Row,
}

/// A set of migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SetChoice {
    /// Tables, columns, constraints, rows
    Schema,
    /// Nothing but secondary indexes
    Indexes,
    /// Both
    All,
}

/// `migrate`
#[derive(Debug, Args)]
pub struct Migrate {
    /// Stop after this version
    #[arg(long, value_name = "VERSION")]
    pub to: Option<i64>,
    /// Apply pending migrations that are older than applied ones of their set
    #[arg(long)]
    pub allow_out_of_order: bool,
    /// Leave alone what rollback --archive has put aside of these migrations
    #[arg(long)]
    pub no_restore: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub write: Write,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub scratch: Scratch,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub migrations: Migrations,
}

/// `apply`
#[derive(Debug, Args)]
pub struct Apply {
    /// The set
    #[arg(value_enum, default_value_t = SetChoice::All)]
    pub set: SetChoice,
    /// Apply pending migrations that are older than applied ones of their set
    #[arg(long)]
    pub allow_out_of_order: bool,
    /// Leave alone what rollback --archive has put aside of these migrations
    #[arg(long)]
    pub no_restore: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub write: Write,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub scratch: Scratch,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub migrations: Migrations,
}

/// `rollback`
#[derive(Debug, Args)]
pub struct Rollback {
    /// Take down a whole set; the schema takes the indexes with it
    #[arg(value_enum, conflicts_with_all = ["to", "steps"])]
    pub set: Option<SetChoice>,
    /// Take down everything later than this version, which itself stays; 0 for everything
    #[arg(long, value_name = "VERSION", conflicts_with = "steps")]
    pub to: Option<i64>,
    /// Take down the newest N migrations
    #[arg(long, value_name = "N", value_parser = steps)]
    pub steps: Option<usize>,
    /// Go on although rows or values would be lost
    #[arg(long, conflicts_with = "archive")]
    pub discard_data: bool,
    /// Put aside what would be lost: dropped tables are renamed, dropped columns' values copied with the key
    #[arg(long)]
    pub archive: bool,
    /// Bring back what was put aside, where its table is there again; rolls nothing back
    #[arg(long, conflicts_with_all = ["set", "to", "steps", "discard_data", "archive", "discard_archive"])]
    pub restore: bool,
    /// Destroy an archive, by the name that status shows; rolls nothing back
    #[arg(long, value_name = "NAME", conflicts_with_all = ["set", "to", "steps", "discard_data", "archive"])]
    pub discard_archive: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub write: Write,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub scratch: Scratch,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub migrations: Migrations,
}

/// `status`
#[derive(Debug, Args)]
pub struct Status {
    /// Exit 1 when migrations are pending
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub output: Output,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub migrations: Migrations,
}

/// `new`
#[derive(Debug, Args)]
pub struct New {
    /// What the migration does, in a few words
    pub name: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub migrations: Migrations,
}
