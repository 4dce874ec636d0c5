//! Where a database is and how to behave there, settled from flags, profile and variables.

use super::EngineError;
use crate::model::environment::TlsMode;
use sqlx::ConnectOptions;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::sqlite::SqliteConnectOptions;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// Where a database is. `Debug` shows no secret.
#[derive(Clone)]
pub enum Address {
    /// A server of `MySQL` or `MariaDB`, with the database.
    Server(Box<MySqlConnectOptions>),
    /// The embedded engine, in a file.
    Embedded(PathBuf),
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

/// What the app's `MYSQL_*` variables say.
#[derive(Clone)]
pub struct ServerParts {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Account.
    pub user: String,
    /// Its password.
    pub password: String,
    /// Database.
    pub database: String,
}

impl std::fmt::Debug for ServerParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}:{}/{}", self.user, self.host, self.port, self.database)
    }
}

/// How to behave on the database.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it is.
    pub address: Address,
    /// Most connections at once.
    pub pool: u32,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait of a statement for a metadata lock (`lock_wait_timeout`).
    pub lock_wait_timeout: Duration,
    /// For how long a DDL statement that got no metadata lock is tried again; zero for one attempt.
    pub lock_give_up: Duration,
    /// Longest wait for another runner.
    pub runner_lock_timeout: Duration,
}

impl Address {
    /// Reads `mysql://`, `mariadb://` or `sqlite:` URLs.
    ///
    /// # Errors
    /// When the URL cannot be read or names no database. The message never repeats the URL, as it may hold a password.
    pub fn from_url(url: &str) -> Result<Self, EngineError> {
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        match scheme {
            "mysql" | "mariadb" => {
                let options = MySqlConnectOptions::from_str(&format!("mysql:{rest}")).map_err(|error| {
                    EngineError::Configuration(format!(
                        "the database URL cannot be read: {error}; write mysql://USER:PASSWORD@HOST:PORT/DATABASE, with \
                         characters such as @ : / # in the password percent-encoded"
                    ))
                })?;
                // A password with a bare slash or @ ends up here, and must not be shown as a database's name.
                if options.get_database().is_some_and(|name| name.contains(['/', '@', ':'])) {
                    return Err(EngineError::Configuration(
                        "the database URL cannot be read; percent-encode characters such as @ : / # in the password"
                            .into(),
                    ));
                }
                if options.get_database().is_none_or(str::is_empty) {
                    return Err(EngineError::Configuration(
                        "the database URL names no database; write mysql://USER:PASSWORD@HOST:PORT/DATABASE".into(),
                    ));
                }
                Ok(Self::Server(Box::new(options)))
            }
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                let path = path.split('?').next().unwrap_or_default();
                if path.is_empty() || path == ":memory:" {
                    return Err(EngineError::Configuration("the database URL names no file; write sqlite:FILE".into()));
                }
                Ok(Self::Embedded(PathBuf::from(path)))
            }
            _ => Err(EngineError::Configuration(
                "the database URL must begin with mysql://, mariadb:// or sqlite:".into(),
            )),
        }
    }

    /// A server from its parts; no part needs any encoding.
    #[must_use]
    pub fn from_parts(parts: &ServerParts) -> Self {
        Self::Server(Box::new(
            MySqlConnectOptions::new()
                .host(&parts.host)
                .port(parts.port)
                .username(&parts.user)
                .password(&parts.password)
                .database(&parts.database),
        ))
    }

    /// Sets the encryption. The embedded engine has none.
    #[must_use]
    pub fn with_tls(self, mode: Option<TlsMode>, authorities: Option<&Path>) -> Self {
        let Self::Server(mut options) = self else { return self };
        if let Some(mode) = mode {
            *options = options.ssl_mode(match mode {
                TlsMode::Disabled => MySqlSslMode::Disabled,
                TlsMode::Preferred => MySqlSslMode::Preferred,
                TlsMode::Required => MySqlSslMode::Required,
                TlsMode::VerifyCa => MySqlSslMode::VerifyCa,
                TlsMode::VerifyIdentity => MySqlSslMode::VerifyIdentity,
            });
        }
        if let Some(file) = authorities {
            *options = options.ssl_ca(file);
        }
        Self::Server(options)
    }

    /// Where it is, without secrets.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Server(options) => {
                let database = options.get_database().unwrap_or_default();
                match options.get_socket() {
                    Some(socket) => format!("{} (socket)/{database}", socket.display()),
                    None => format!("{}:{}/{database}", options.get_host(), options.get_port()),
                }
            }
            Self::Embedded(path) => path.display().to_string(),
        }
    }
}

/// The options of every connection to a server: UTC as sqlx-cli has it, and the server's own SQL mode, under which the
/// app runs too.
pub(super) fn server_options(options: &MySqlConnectOptions) -> MySqlConnectOptions {
    options
        .clone()
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(Some(String::from("+00:00")))
        .disable_statement_logging()
}

/// The options of every connection to the embedded engine.
pub(super) fn embedded_options(path: &Path, create: bool, busy: Duration) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).create_if_missing(create).busy_timeout(busy).disable_statement_logging()
}
