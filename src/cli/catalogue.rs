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
    /// Make a workload of the SQL in an app's JavaScript and TypeScript
    #[command(
        after_help = "Nothing of the app is run. What cannot be told from the code is listed with its place and the \
                      reason. With --into, an existing workload keeps what was written by hand: waivers, frequencies, \
                      parameters, notes, comments and entries of its own.\n\nExamples:\n  aura-db catalogue scan src \
                      --output profiles/workload/app.yaml\n  aura-db catalogue scan src --into \
                      profiles/workload/app.yaml --schema migrations --scale high\n  aura-db catalogue scan api lib --call runSql \
                      --format json"
    )]
    Scan(Scan),
}

/// What to scan, and what to make of it.
#[derive(Debug, Args)]
pub struct Scan {
    /// Source folders or files
    #[arg(value_name = "DIR", required = true)]
    pub paths: Vec<PathBuf>,
    /// A function or method that runs SQL, beside query, execute, raw and the like of the common clients
    #[arg(long = "call", value_name = "NAME")]
    pub calls: Vec<String>,
    /// A folder of migrations whose column types sample values follow
    #[arg(long, value_name = "DIR")]
    pub schema: Option<PathBuf>,
    /// A scale profile whose values samples are taken from: a name in profiles/scale, or a file
    #[arg(long, value_name = "PROFILE", requires = "schema")]
    pub scale: Option<String>,
    /// Merge into this workload; made when it is not there
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "format"])]
    pub into: Option<PathBuf>,
    /// Remove entries whose statement the code has no more
    #[arg(long, requires = "into")]
    pub prune: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t = ScanFormat::Workload)]
    pub format: ScanFormat,
    /// Write it to a file; it is opened before work starts
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Form of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScanFormat {
    /// A workload file for `audit`
    Workload,
    /// All that was found, for machines
    Json,
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
    /// From general query logs of MySQL or MariaDB, plain or gzip: every statement, without times
    #[command(
        after_help = "Statements are put into classes as pt-query-digest does; each class becomes an entry with its first \
                      statement, word for word. These hold values of your users: look through the file before you commit \
                      it.\n\nExamples:\n  aura-db catalogue import general-log general.log --output \
                      profiles/workload/general-log.yaml\n  aura-db catalogue import general-log general.log.1.gz general.log \
                      --format table --limit 20"
    )]
    GeneralLog(Logs),
    /// From the statement digests that the configured server keeps in performance_schema; the server is only read
    #[command(
        after_help = "Reads events_statements_summary_by_digest: what ran since the server was started or the table \
                      truncated. MySQL keeps one statement of each class, word for word, with values of your users: look \
                      through the file before you commit it. Where none is kept, values stand in for the literals, by the \
                      types of their columns. MariaDB has performance_schema off by default.\n\nExamples:\n  aura-db catalogue \
                      import performance-schema --output profiles/workload/production.yaml\n  aura-db catalogue import \
                      performance-schema --profile production --format table --limit 20\n  aura-db audit --workload \
                      profiles/workload/production.yaml --sandbox mysql"
    )]
    PerformanceSchema(ServerDigests),
    /// From files of statements with `-- name:` comments, as sqlc, yesql, HugSQL and aiosql read them
    #[command(
        after_help = "Placeholders may be ?, $1, :name, @name, %s or sqlc.arg(name); values stand in for them by the types of \
                      the columns that the migrations make. A statement without a name is named after its file and line; \
                      waivers (-- aura-db: allow RULE because REASON) stay with it.\n\nExamples:\n  aura-db catalogue import \
                      sql queries/*.sql --output profiles/workload/queries.yaml\n  aura-db catalogue import sql \
                      db/query.sql --migrations db/migrations"
    )]
    Sql(SqlFiles),
}

/// Digests of a server to read, and what to make of them.
#[derive(Debug, Args)]
pub struct ServerDigests {
    /// Those of all databases but the server's own, not only of the configured one
    #[arg(long)]
    pub all_schemas: bool,
    /// What to make of them.
    #[command(flatten)]
    pub print: Printed,
}

/// Files of statements to read.
#[derive(Debug, Args)]
pub struct SqlFiles {
    /// Files of statements
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Folder of the migrations that make the tables
    #[arg(long, value_name = "DIR", default_value = "migrations")]
    pub migrations: PathBuf,
    /// Only the first statements
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// What to print
    #[arg(long, value_enum, default_value_t = DigestFormat::Workload)]
    pub format: DigestFormat,
    /// Write it to a file; it is opened before work starts
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// What it is merged into.
    #[command(flatten)]
    pub merged: Merged,
}

/// Logs to read, and what to make of them.
#[derive(Debug, Args)]
pub struct Logs {
    /// Log files
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// What to make of them.
    #[command(flatten)]
    pub print: Printed,
}

/// What to make of classes of statements.
#[derive(Debug, Args)]
pub struct Printed {
    /// Only the classes that took most time in all, or, where times are not known, that ran most
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// What to print
    #[arg(long, value_enum, default_value_t = DigestFormat::Workload)]
    pub format: DigestFormat,
    /// Write it to a file; it is opened before work starts
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// What it is merged into.
    #[command(flatten)]
    pub merged: Merged,
}

/// A workload to keep up to date.
#[derive(Debug, Args)]
pub struct Merged {
    /// Merge into this workload; made when it is not there
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "format", "limit"])]
    pub into: Option<PathBuf>,
    /// Remove entries that were imported before and are there no more
    #[arg(long, requires = "into")]
    pub prune: bool,
}

/// Form of what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DigestFormat {
    /// A workload file for `audit`
    Workload,
    /// What was read, with its figures, for people
    Table,
    /// What was read, with its figures, for machines
    Json,
}
