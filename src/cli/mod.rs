//! Clap types only: what can be typed, and the help that teaches it.

#![allow(clippy::doc_markdown, reason = "these texts are the help, where backticks would only be noise")]

mod adoption;
mod catalogue;
mod judging;
mod lint;
mod migrations;
mod reports;
mod stats;

pub use adoption::{Adopt, Drift};
pub use catalogue::{Catalogue, DigestFormat, Import, Logs, Printed, Scan, ScanFormat, ServerDigests, SqlFiles};
pub use judging::{Audit, Explain, FailOn, Judge, SandboxChoice};
pub use lint::Lint;
pub use migrations::{
    Apply, InDoubt, LedgerChoice, LockChoice, Migrate, Migrations, New, Rollback, Scratch, SetChoice, Status, Write,
};
pub use reports::{ReportFormat, Reports, Target};
pub use stats::{Stats, StatsExport};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "aura-db",
    version,
    about = "Schema migration and index tuning for MySQL and MariaDB apps",
    long_about = "Schema migration and index tuning for MySQL and MariaDB apps.\n\n\
                  A developer migrates, CI audits the app's queries, a DBA reads their plans. With nothing configured \
                  everything runs on the built-in SQLite engine.",
    after_help = crate::exit::HELP,
    after_long_help = AFTER_LONG_HELP,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Flags of every verb.
    #[command(flatten)]
    pub global: Global,
}

const AFTER_LONG_HELP: &str = "\
Which database, the first that is given:
  --database-url, the profile named by --profile, DATABASE_URL, the MYSQL_* variables
  (MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_PASSWORD, MYSQL_DATABASE, MYSQL_SSL), else the embedded
  engine in aura-db.sqlite3. A .env file in the current directory is read; variables that are set win.

Examples:
  aura-db audit                             judge the catalogue's queries on the embedded engine
  aura-db audit --sandbox mysql             the same on a throwaway MySQL, at the scale profile's size
  aura-db stats export --output live.yaml   the scale profile of a live database
  aura-db migrate --dry-run                 print what would run
  aura-db --profile production migrate      migrate, after asking
  aura-db rollback indexes                  drop the index set and nothing else

Exit codes:
  0    clean
  1    findings, drift, or pending work that was asked about
  2    usage
  3    unable to run (configuration, connection, file)
  4    the ledger or the database is not in the state the command needs, or a
       statement failed in it
  130  interrupted";

/// Flags of every verb.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN")]
    pub color: ColorChoice,
    /// No notes and no progress on stderr; errors still show
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// The database: mysql://USER:PASSWORD@HOST:PORT/DATABASE, mariadb://…, or sqlite:FILE. Better set DATABASE_URL,
    /// which other users of the machine cannot see
    #[arg(long, global = true, value_name = "URL", help_heading = "Database")]
    pub database_url: Option<String>,
    /// Environment profile: a name in profiles/environments, or a file
    #[arg(long, global = true, value_name = "NAME|PATH", help_heading = "Database")]
    pub profile: Option<String>,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Apply pending migrations in order
    #[command(
        after_help = "Examples:\n  aura-db migrate\n  aura-db migrate --to 20260105120000\n  aura-db migrate --dry-run > plan.sql"
    )]
    Migrate(Migrate),
    /// Bring a whole set up as one unit: all of it, or the database as it was
    #[command(after_help = "Examples:\n  aura-db apply schema\n  aura-db apply indexes\n  aura-db apply all --dry-run")]
    Apply(Apply),
    /// Take migrations or a whole set down
    #[command(
        after_help = "Without a set, --to or --steps the newest migration is rolled back. A rollback that would lose \
                      rows refuses and lists them.\n\nExamples:\n  aura-db rollback\n  aura-db rollback --steps 3\n  \
                      aura-db rollback --to 20260105120000   (which itself stays)\n  aura-db rollback indexes\n  \
                      aura-db rollback all --discard-data\n  \
                      aura-db rollback --archive             (migrate brings the rows back)\n  \
                      aura-db rollback --restore             (brings them back by itself)\n  \
                      aura-db rollback --discard-archive _aura_db_archive_1_users"
    )]
    Rollback(Rollback),
    /// Show ledger and files side by side; writes nothing
    #[command(
        after_help = "Examples:\n  aura-db status\n  aura-db status --check     exit 1 when anything is pending\n  aura-db status --format json"
    )]
    Status(Status),
    /// Make a timestamped pair of up and down files
    #[command(after_help = "Example:\n  aura-db new add_index_on_orders_customer")]
    New(New),
    /// Say what pending migrations will do to a server that is in use
    #[command(
        after_help = "Each statement is tried on an empty copy of the schema: of a configured server's, on a throwaway \
                      server of the same engine; with --sandbox of what the migrations build. The configured server is \
                      only read.\n\nA comment above a statement waives a rule for it:\n  -- aura-db: allow RULE because \
                      REASON [until YYYY-MM-DD]\n\nExamples:\n  aura-db lint                              the pending migrations of the \
                      configured database\n  aura-db lint --sandbox mysql --after 20260105091000\n  aura-db lint --fail-on \
                      warning --format json --output lint.json\n  aura-db lint --list-rules"
    )]
    Lint(Lint),
    /// Record a database made by hand as migrated, after comparing it with what the migrations build
    #[command(
        after_help = "The pending migrations are run on a throwaway server of the database's engine, and what each makes \
                      is compared with the database, object by object and by definition. Migrations whose objects are \
                      all there are recorded as applied; none of their statements runs. Anything that is there with \
                      another definition refuses the whole (exit code 4). Exit code 1 says that a migration is there in \
                      part, or cannot be known.\n\nExamples:\n  aura-db adopt --dry-run\n  aura-db adopt --to \
                      20260105091000\n  aura-db adopt --plan repair.up.sql"
    )]
    Adopt(Adopt),
    /// Compare the database with what its applied migrations build; writes nothing
    #[command(
        after_help = "The applied migrations are run on a throwaway server of the database's engine. Exit code 1 when an \
                      object is missing or has another definition.\n\nExamples:\n  aura-db drift\n  aura-db drift \
                      --foreign                     list what no migration makes too\n  aura-db drift --format json \
                      --output drift.json"
    )]
    Drift(Drift),
    /// EXPLAIN the catalogue; flag the unbounded and the unindexed queries
    #[command(
        after_help = "No statement of the catalogue is run, only EXPLAIN. With nothing configured the embedded engine \
                      is judged at the scale profile's size; --sandbox starts a throwaway server and does the same \
                      there; a configured server is judged as it is and nothing is written to it.\n\nExamples:\n  \
                      aura-db audit\n  aura-db audit --sandbox mysql --scale medium\n  aura-db audit --set schema     \
                      before the index set\n  aura-db audit admin.online-users 'messages.*' --verbose\n  aura-db audit \
                      --format json --output audit.json --fail-on error\n  aura-db audit --format github --output sarif=audit.sarif --output markdown=audit.md\n  aura-db audit --sandbox mysql --write-baseline \
                      audit-baseline.yaml\n  aura-db audit --sandbox mysql --baseline audit-baseline.yaml --tolerance 1.5\n  aura-db audit --list-rules"
    )]
    Audit(Audit),
    /// Show one plan as a tree, with its findings
    #[command(
        after_help = "Examples:\n  aura-db explain admin.online-users\n  aura-db explain 'SELECT * FROM users WHERE name = \"x\"' --sandbox mysql"
    )]
    Explain(Explain),
    /// The catalogue of the app's queries
    #[command(subcommand)]
    Catalogue(Catalogue),
    /// The statistics of a live database
    #[command(subcommand)]
    Stats(Stats),
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  aura-db completions bash > /etc/bash_completion.d/aura-db")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one for each verb
    #[command(after_help = "Examples:\n  aura-db man | man -l -\n  aura-db man --output man/")]
    Man {
        /// Folder to write a page for each verb into
        #[arg(long, value_name = "DIR")]
        output: Option<PathBuf>,
    },
}

/// How a report is put out.
#[derive(Debug, Clone, Args)]
pub struct Output {
    /// Form of the report
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Write the report to a file; it is opened before work starts
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// For machines; documented and versioned
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_exit_code_is_in_both_helps() {
        for line in crate::exit::HELP.lines() {
            assert!(AFTER_LONG_HELP.contains(line), "{line}");
        }
    }
}
