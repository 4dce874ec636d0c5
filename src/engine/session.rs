//! One connection on which a verb works: statements of the user's and our own, on any engine.

use super::EngineError;
use super::canceller::Canceller;
use super::guard::{Guard, Mode};
use super::settings::Settings;
use super::text;
use crate::model::built::Defaults;
use crate::model::engine::{Engine, EngineKind};
use crate::model::hidden::Hidden;
use crate::model::schema::Schema;
use crate::sql::quote::Backslash;
use crate::sql::translate;
#[expect(
    clippy::disallowed_types,
    reason = "statements of migrations and our own, with names quoted; never the app's values"
)]
use sqlx::AssertSqlSafe;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Executor};

/// Bytes of statements sent in one message. More than a TLS record (16 KiB) takes a second packet, which waits some 40 ms
/// for the server's acknowledgement of the first one, as the driver leaves Nagle's algorithm on.
const MESSAGE: usize = 12 << 10;

/// One connection.
#[derive(Debug)]
pub struct Session {
    /// The engine and its version.
    pub engine: Engine,
    /// Where it is, without secrets.
    pub place: String,
    pub(super) connection: SessionConnection,
    database: Option<String>,
    /// The most bytes that the server takes in one message (`max_allowed_packet`); no limit on the embedded engine.
    packet: usize,
    folds_names: bool,
    /// Statements of our own that go with the next one, over a server's connection.
    deferred: Vec<String>,
    canceller: Canceller,
    /// As it was when the session was opened.
    pub(super) mode: Mode,
    pub(super) guard: Option<Guard>,
}

/// What a server says of itself when a session is opened.
#[derive(Debug)]
pub(super) struct Greeting {
    pub(super) engine: Engine,
    /// Its id of the connection.
    pub(super) id: u64,
    /// The database that it works in, as the server spells it.
    pub(super) database: Option<String>,
    /// How it reads and shows statements.
    pub(super) mode: Mode,
    /// Its `max_allowed_packet`, in bytes.
    pub(super) packet: usize,
    /// Whether names of databases and tables are the same in either case (`lower_case_table_names` of 1 or 2).
    pub(super) folds_names: bool,
}

#[derive(Debug)]
pub(super) enum SessionConnection {
    Server(Box<MySqlConnection>),
    Embedded(Box<SqliteConnection>),
}

impl Session {
    pub(super) fn server(
        connection: MySqlConnection,
        options: MySqlConnectOptions,
        Greeting { engine, id, database, mode, packet, folds_names }: Greeting,
        settings: &Settings,
    ) -> Self {
        Self {
            engine,
            place: settings.address.shown(),
            connection: SessionConnection::Server(Box::new(connection)),
            database,
            packet,
            folds_names,
            deferred: Vec::new(),
            canceller: Canceller::server(options, id),
            mode,
            guard: None,
        }
    }

    pub(super) async fn embedded(mut connection: SqliteConnection, settings: &Settings) -> Result<Self, EngineError> {
        let (version,): (String,) = sqlx::query_as("SELECT sqlite_version()").fetch_one(&mut connection).await?;
        Ok(Self {
            engine: Engine { kind: EngineKind::Embedded, version },
            place: settings.address.shown(),
            connection: SessionConnection::Embedded(Box::new(connection)),
            database: None,
            packet: usize::MAX,
            folds_names: true,
            deferred: Vec::new(),
            canceller: Canceller::default(),
            mode: Mode::default(),
            guard: None,
        })
    }

    /// Whether DDL is part of a transaction here and can be rolled back.
    #[must_use]
    pub fn has_transactional_ddl(&self) -> bool {
        self.engine.kind == EngineKind::Embedded
    }

    /// What a backslash in a text is to the session, as long as no statement changes its mode.
    #[must_use]
    pub fn backslash(&self) -> Backslash {
        self.mode.backslash()
    }

    /// The database that the session works in; `None` on the embedded engine, which has but one.
    #[must_use]
    pub fn database(&self) -> Option<String> {
        self.database.clone()
    }

    /// Whether the server takes names of databases and tables for the same in either case.
    #[must_use]
    pub fn folds_names(&self) -> bool {
        self.folds_names
    }

    /// Whether that is the name of another database than the session's.
    #[must_use]
    pub fn is_elsewhere(&self, database: &str) -> bool {
        let same =
            |own: &String| own == database || (self.folds_names && own.to_lowercase() == database.to_lowercase());
        self.database.as_ref().is_some_and(|own| !same(own))
    }

    /// The most bytes that a statement may have: `max_allowed_packet` without the byte before it, which both servers take
    /// only when it is not reached. No limit on the embedded engine.
    #[must_use]
    pub fn longest_statement(&self) -> usize {
        self.packet.saturating_sub(2)
    }

    /// What ends a running statement of this session. A server needs a second connection for it, opened only then.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    /// The server's id of the connection; 0 on the embedded engine.
    #[must_use]
    pub fn connection_id(&self) -> u64 {
        self.canceller.connection_id()
    }

    /// Runs one statement of the user's, written in `MySQL`'s dialect.
    ///
    /// # Errors
    /// When the engine refuses it, or when it has no equivalent on the embedded engine.
    pub async fn run(&mut self, sql: &str) -> Result<(), EngineError> {
        match self.connection {
            SessionConnection::Server(_) => {
                // A user's statement is sent by itself, so that its error is its own.
                self.hand_over().await?;
                self.send(sql.to_owned()).await
            }
            SessionConnection::Embedded(_) => {
                let translated =
                    translate::to_sqlite(sql).map_err(|error| EngineError::Untranslatable(error.message))?;
                for statement in translated.statements {
                    self.run_own(&statement).await?;
                }
                Ok(())
            }
        }
    }

    /// Keeps a statement of our own for the next one to take along, which saves a round trip.
    pub(super) fn defer(&mut self, sql: impl Into<String>) {
        self.deferred.push(sql.into());
    }

    /// Whether something was kept for the next statement.
    pub(super) fn has_deferred(&self) -> bool {
        !self.deferred.is_empty()
    }

    /// Sends what was kept.
    ///
    /// # Errors
    /// When the engine refuses it or the connection breaks.
    pub(super) async fn flush(&mut self) -> Result<(), EngineError> {
        match self.deferred.pop() {
            Some(last) => self.run_own(&last).await,
            None => Ok(()),
        }
    }

    /// Runs one statement in the engine's own dialect, over the text protocol, which knows every statement.
    ///
    /// # Errors
    /// When the engine refuses it or the connection breaks.
    pub async fn run_own(&mut self, sql: &str) -> Result<(), EngineError> {
        self.deferred.push(sql.to_owned());
        let ours = self.raise();
        let mut left = ours.into_iter().chain(std::mem::take(&mut self.deferred)).peekable();
        while let Some(mut message) = left.next() {
            while let Some(next) = left.next_if(|next| message.len() + next.len() < MESSAGE) {
                message.push_str("; ");
                message.push_str(&next);
            }
            self.send(message).await?;
        }
        Ok(())
    }

    /// Sends one message as it is.
    pub(super) async fn send(&mut self, message: String) -> Result<(), EngineError> {
        let statement = AssertSqlSafe(message);
        match &mut self.connection {
            SessionConnection::Server(connection) => {
                connection.execute(sqlx::raw_sql(statement)).await?;
            }
            SessionConnection::Embedded(connection) => {
                connection.execute(sqlx::raw_sql(statement)).await?;
            }
        }
        Ok(())
    }

    /// The single number that a query in `MySQL`'s dialect returns.
    ///
    /// # Errors
    /// When the engine refuses it.
    pub async fn count(&mut self, sql: &str) -> Result<u64, EngineError> {
        self.own().await?;
        let count: i64 = match &mut self.connection {
            SessionConnection::Server(connection) => {
                // Not prepared: to close a statement is a message without an answer, which costs 40 ms on a TCP
                // connection each time that the cache is full.
                let rows = text::rows(connection, sql.to_owned()).await?;
                return Ok(rows.first().and_then(|row| row.number(0)).unwrap_or(0));
            }
            SessionConnection::Embedded(connection) => {
                let translated =
                    translate::to_sqlite(sql).map_err(|error| EngineError::Untranslatable(error.message))?;
                let sql = translated.statements.join(";");
                let query = sqlx::query_scalar(AssertSqlSafe(sql));
                query.fetch_one(connection.as_mut()).await?
            }
        };
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The numbers of the one row that a query in `MySQL`'s dialect returns.
    ///
    /// # Errors
    /// When the engine refuses it.
    pub async fn numbers(&mut self, sql: &str) -> Result<Vec<u64>, EngineError> {
        self.own().await?;
        match &mut self.connection {
            SessionConnection::Server(connection) => {
                let rows = text::rows(connection, sql.to_owned()).await?;
                Ok(rows.first().map(|row| (0..).map_while(|at| row.number(at)).collect()).unwrap_or_default())
            }
            // No round trip is saved here.
            SessionConnection::Embedded(_) => Ok(vec![self.count(sql).await?]),
        }
    }

    /// The schema without the tables named.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn schema(&mut self, skip: &[&str]) -> Result<Schema, EngineError> {
        self.own().await?;
        match &mut self.connection {
            SessionConnection::Server(connection) => super::schema::server::read(connection, &self.engine, skip).await,
            SessionConnection::Embedded(connection) => super::schema::sqlite::read(connection, skip).await,
        }
    }

    /// The tables, by their names alone where definitions cost more to read.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn table_names(&mut self) -> Result<Schema, EngineError> {
        match &mut self.connection {
            SessionConnection::Server(connection) => super::schema::server::read_names(connection).await,
            SessionConnection::Embedded(connection) => super::schema::sqlite::read(connection, &[]).await,
        }
    }

    /// The definitions of the tables and programs of these names; those that are not there are left out.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn schema_of(&mut self, names: &[String]) -> Result<Schema, EngineError> {
        self.own().await?;
        match &mut self.connection {
            SessionConnection::Server(connection) => {
                super::schema::server::read_only(connection, &self.engine, names).await
            }
            SessionConnection::Embedded(connection) => super::schema::sqlite::read(connection, &[]).await,
        }
    }

    /// What statements get from the server without a word; nothing on the embedded engine.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn defaults(&mut self) -> Result<Defaults, EngineError> {
        match &mut self.connection {
            SessionConnection::Server(connection) => super::schema::defaults::read(connection, &self.engine).await,
            SessionConnection::Embedded(_) => Ok(Defaults::default()),
        }
    }

    /// What the account may not see of the database.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn hidden(&mut self) -> Result<Hidden, EngineError> {
        match &mut self.connection {
            SessionConnection::Server(connection) => super::schema::hidden::read(connection, &self.engine).await,
            SessionConnection::Embedded(_) => Ok(Hidden::default()),
        }
    }

    /// Closes the connection in good order, which also gives back its locks.
    ///
    /// # Errors
    /// When the server is gone by then; nothing is lost by that.
    pub async fn close(self) -> Result<(), EngineError> {
        match self.connection {
            SessionConnection::Server(connection) => connection.close().await?,
            SessionConnection::Embedded(connection) => connection.close().await?,
        }
        Ok(())
    }
}
