//! Environment profiles: where to connect and how careful to be. Secrets are never kept here; they come from the process's environment.

use super::ledger::Tool;
use serde::{Deserialize, Serialize};

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// Never encrypted.
    Disabled,
    /// Encrypted when the server offers it, without checking its certificate.
    #[default]
    Preferred,
    /// Encrypted or refused, without checking the certificate (what the app's `MYSQL_SSL=true` means).
    Required,
    /// Encrypted, and the certificate's authority is checked.
    VerifyCa,
    /// Encrypted, and authority and host name are checked.
    VerifyIdentity,
}

/// How runners keep out of each other's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum RunnerLockKind {
    /// The server's advisory lock, and a row where the server refuses it.
    #[default]
    Advisory,
    /// A row of a table, for proxies and clusters whose advisory locks hold for one of their servers only.
    Row,
}

/// The size in bytes up to which a table may be copied when nothing else is said: about a second of copying.
pub const COPY_LIMIT: u64 = 100_000_000;

/// One environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The profile's name.
    pub name: String,
    /// Where the database is.
    pub target: TargetKind,
    /// Encryption; `None` leaves it to `MYSQL_SSL` or the URL.
    pub tls: Option<TlsMode>,
    /// Path of a file with the certificate authorities to trust, in PEM.
    pub tls_ca: Option<String>,
    /// Most connections at once.
    pub pool: u32,
    /// Longest time to wait for a connection, in seconds.
    pub connect_timeout_s: u64,
    /// Longest time a DDL statement may wait for a metadata lock, in seconds (`lock_wait_timeout`).
    pub lock_wait_timeout_s: u64,
    /// For how long a DDL statement that got no metadata lock is tried again, in seconds; 0 for one attempt.
    pub lock_give_up_s: u64,
    /// Longest time to wait for another runner, in seconds.
    pub runner_lock_timeout_s: u64,
    /// How runners keep out of each other's way.
    pub runner_lock: RunnerLockKind,
    /// Size in bytes up to which a schema change may copy a table while the app's writes to it wait (unless `--allow-copy`).
    pub copy_limit_bytes: u64,
    /// Whether writing verbs ask first (unless `--yes`).
    pub confirm_writes: bool,
    /// Whose ledger it is, where that is not to be told from files and database.
    pub ledger: Option<Tool>,
    /// The ledger's table, where it is not the tool's usual one.
    pub ledger_table: Option<String>,
}

/// Where an environment's database is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// The built-in engine, in this file.
    Embedded {
        /// Path of the database file.
        file: String,
    },
    /// A server described by the app's `MYSQL_*` variables.
    MysqlVariables,
    /// A server whose URL is in this environment variable.
    UrlVariable {
        /// The variable's name.
        name: String,
    },
}
