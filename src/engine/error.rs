//! What can go wrong with a database, in the words that the user needs.

use crate::model::plan::ServerWarning;

/// An error of a database or of the way to it. No variant carries a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The server, or the embedded engine, refused a statement.
    #[error("{}", server_text(.0))]
    Server(ServerWarning),
    /// The server refused a statement that waited too long for a lock; the story is who was in the way, and the remedy.
    #[error("{}\n{story}", server_text(.error))]
    Blocked {
        /// The server's error.
        error: ServerWarning,
        /// What was tried, who is in the way and what to do, in whole lines.
        story: String,
    },
    /// The server refused a statement, and what in the database is behind it.
    #[error("{}\n{story}", server_text(.error))]
    Explained {
        /// The server's error.
        error: ServerWarning,
        /// What is behind it and what to do, in whole lines.
        story: String,
    },
    /// The database could not be reached, or the connection broke.
    #[error("{0}")]
    Connection(String),
    /// The settings do not say where to connect.
    #[error("{0}")]
    Configuration(String),
    /// A statement in `MySQL`'s dialect has no equivalent on the embedded engine.
    #[error("the embedded engine cannot run this: {0}")]
    Untranslatable(String),
    /// Another runner is at work.
    #[error("{0}")]
    Locked(String),
    /// The user pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// aura-db did not send a statement that it must not send. Nothing has reached the server.
    #[error("{0}")]
    Refused(String),
    /// The database is not in the state that a statement needs, and why. Nothing was sent.
    #[error("{0}")]
    Conflict(String),
    /// What the server answered makes no sense to aura-db.
    #[error("unexpected answer of the server: {0}")]
    Unexpected(String),
}

fn server_text(error: &ServerWarning) -> String {
    if error.code == 0 { error.message.clone() } else { format!("error {}: {}", error.code, error.message) }
}

impl EngineError {
    /// The server's code, when the server refused.
    #[must_use]
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Server(error) | Self::Blocked { error, .. } | Self::Explained { error, .. } => Some(error.code),
            _ => None,
        }
    }

    /// Whether the server gave up waiting for a lock: the statement has had no effect, and a transaction that was open is
    /// still open (1205), unless the server is set up to roll it back (`innodb_rollback_on_timeout`).
    #[must_use]
    pub fn is_lock_timeout(&self) -> bool {
        // 3572 is MySQL's for NOWAIT.
        matches!(self.code(), Some(1205 | 3572))
    }

    /// Whether a deadlock has rolled the whole transaction back.
    #[must_use]
    pub fn is_deadlock(&self) -> bool {
        self.code() == Some(1213)
    }
}

impl From<sqlx::Error> for EngineError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => {
                let code = error
                    .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
                    .map_or(0, |error| u32::from(error.number()));
                Self::Server(ServerWarning { level: "Error".into(), code, message: error.message().to_owned() })
            }
            // As TLS and the driver word it, it is a matter of bytes.
            sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Self::Connection("the server closed the connection".into())
            }
            sqlx::Error::Io(error) => Self::Connection(format!("the connection broke: {error}")),
            sqlx::Error::PoolTimedOut => {
                Self::Connection("no connection to the server could be had in time; is it still running?".into())
            }
            sqlx::Error::Tls(error) => Self::Connection(format!("TLS failed: {error}")),
            other => Self::Unexpected(other.to_string()),
        }
    }
}
