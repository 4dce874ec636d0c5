//! A session seen from outside: what ends its statement, ends the session itself, or watches it, over a second connection
//! that is opened only then and in the same way as the first.

use super::EngineError;
use super::text;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{ConnectOptions, Connection};
use std::fmt;
use std::time::{Duration, Instant};

/// A server that does not answer a second connection for so long is taken to be out of reach.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a killed session may take to be gone; a statement looks for its end only now and then.
const DYING: Duration = Duration::from_secs(20);
/// How often it is looked whether it is gone.
const LOOK: Duration = Duration::from_millis(100);

/// Ends what a session does, from outside. The embedded engine has nothing to end: its statements are short.
#[derive(Clone, Default)]
pub struct Canceller {
    server: Option<(Box<MySqlConnectOptions>, u64)>,
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canceller").field("connection", &self.connection_id()).finish_non_exhaustive()
    }
}

impl Canceller {
    pub(super) fn server(options: MySqlConnectOptions, id: u64) -> Self {
        Self { server: Some((Box::new(options), id)) }
    }

    /// The server's id of the session's connection; 0 on the embedded engine.
    #[must_use]
    pub fn connection_id(&self) -> u64 {
        self.server.as_ref().map_or(0, |(_, id)| *id)
    }

    /// The same view of another connection to the same server.
    #[must_use]
    pub fn of(&self, id: u64) -> Self {
        Self { server: self.server.as_ref().map(|(options, _)| (options.clone(), id)) }
    }

    /// Opens a second connection to the server of the session; `None` on the embedded engine.
    ///
    /// # Errors
    /// When the server refuses, or does not answer within seconds.
    pub(super) async fn connect(&self) -> Result<Option<MySqlConnection>, EngineError> {
        let Some((options, _)) = &self.server else { return Ok(None) };
        match tokio::time::timeout(PATIENCE, options.connect()).await {
            Ok(connection) => Ok(Some(connection?)),
            Err(_) => Err(EngineError::Connection(format!(
                "the server did not answer a second connection within {} s",
                PATIENCE.as_secs()
            ))),
        }
    }

    /// Ends the running statement; the session stays.
    ///
    /// # Errors
    /// When no second connection can be had, or the server refuses.
    pub async fn cancel(&self) -> Result<(), EngineError> {
        let Some(mut connection) = self.connect().await? else { return Ok(()) };
        let attempt = async {
            text::run(&mut connection, format!("KILL QUERY {}", self.connection_id())).await?;
            connection.close().await?;
            Ok(())
        };
        match tokio::time::timeout(PATIENCE, attempt).await {
            Ok(result) => result,
            Err(_) => Err(EngineError::Connection("the server did not take the cancellation in time".into())),
        }
    }

    /// Ends the session and waits until the server has let it go, so that neither a statement of it nor a lock is left.
    ///
    /// # Errors
    /// When no second connection can be had, the server refuses, or the session has not ended after seconds: a statement
    /// that has to be rolled back may take as long as it has run.
    pub async fn end(&self) -> Result<(), EngineError> {
        let Some(mut connection) = self.connect().await? else { return Ok(()) };
        let id = self.connection_id();
        let attempt = async {
            match text::run(&mut connection, format!("KILL {id}")).await {
                // Unknown thread: it has ended by itself.
                Err(error) if error.code() == Some(1094) => {}
                other => other?,
            }
            let begun = Instant::now();
            while is_there(&mut connection, id).await? {
                if begun.elapsed() >= DYING {
                    return Err(EngineError::Connection(format!(
                        "connection {id} was told to end and is still there after {} s: the server may be rolling \
                         its statement back",
                        DYING.as_secs()
                    )));
                }
                tokio::time::sleep(LOOK).await;
            }
            connection.close().await?;
            Ok(())
        };
        match tokio::time::timeout(DYING + PATIENCE, attempt).await {
            Ok(result) => result,
            Err(_) => {
                Err(EngineError::Connection(format!("the server did not answer while connection {id} was ended")))
            }
        }
    }
}

/// Whether a connection of this account is in the server's process list. `SHOW` rather than a query: `MySQL` refuses to
/// read the table (3854) while any session runs a statement with binary values in it.
async fn is_there(connection: &mut MySqlConnection, id: u64) -> Result<bool, EngineError> {
    Ok(text::lossy_rows(connection, "SHOW PROCESSLIST".into()).await?.iter().any(|row| row.number(0) == Some(id)))
}
