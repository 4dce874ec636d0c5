//! An empty copy of a schema, on which statements are tried before they run where it matters.
//!
//! On a throwaway server of the same engine, in a scratch schema that the user allows beside the live one, or on the
//! embedded engine in memory. The live database is never written to.

mod attempt;
mod build;
mod catalogue;
mod course;
mod scratch;
mod sizes;

pub use course::{Course, Known};

use super::EngineError;
use super::connect::{Purpose, session};
use super::explain::{self, JsonVersion};
use super::planner::PlannerError;
use super::sandbox::{Options, Sandbox, ServerKind};
use super::session::{Session, SessionConnection};
use super::settings::{Address, Settings};
use crate::model::engine::Engine;
use crate::model::schema::Schema;
use crate::sql::translate::to_sqlite;
use scratch::Scratch;
use std::path::PathBuf;
use std::time::Duration;

/// The copy.
#[derive(Debug)]
pub struct Rehearsal {
    /// The engine that it runs on.
    pub engine: Engine,
    /// Where it is: `sandbox`, ``scratch schema `x` `` or `embedded`.
    pub place: String,
    settings: Settings,
    session: Session,
    /// A session of its own for EXPLAIN, so that a migration's session keeps its settings.
    reader: Option<Session>,
    /// Whether a statement was left out, so that later ones may fail for want of it.
    incomplete: bool,
    home: Home,
}

/// What the copy lives in, which goes when it goes.
#[derive(Debug)]
enum Home {
    Memory,
    Server { _sandbox: Box<Sandbox> },
    Scratch(Box<Scratch>),
}

impl Rehearsal {
    /// An empty database of the built-in engine, in memory.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn embedded() -> Result<Self, EngineError> {
        // A file that is not there, opened to be read, is an empty database in memory.
        let settings = settings(Address::Embedded(PathBuf::from("aura-db: no such file")));
        let session = session(&settings, Purpose::Read).await?;
        let engine = session.engine.clone();
        Ok(Self {
            engine,
            place: "embedded".into(),
            settings,
            session,
            reader: None,
            incomplete: false,
            home: Home::Memory,
        })
    }

    /// The schema as it is now.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn schema(&mut self) -> Result<Schema, EngineError> {
        self.session.schema(&[scratch::MARKER]).await
    }

    /// The session in which the copy is built.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Removes what was made for the copy. Only a scratch schema can fail to go; without this call it goes, too, and nobody
    /// is told of a failure.
    ///
    /// # Errors
    /// When the server refuses to drop the scratch schema.
    pub async fn end(self) -> Result<(), EngineError> {
        let Self { session, reader, home, .. } = self;
        session.close().await.ok();
        if let Some(reader) = reader {
            reader.close().await.ok();
        }
        match home {
            Home::Scratch(scratch) => scratch.end().await,
            _ => Ok(()),
        }
    }

    /// Why a statement must not be tried here, although it could be run.
    fn out_of_bounds(&self, sql: &str) -> Option<String> {
        match &self.home {
            Home::Scratch(scratch) => scratch.beyond(sql),
            _ => None,
        }
    }

    /// Asks for the plan of a statement, only to see whether there is one.
    ///
    /// # Errors
    /// What the engine says, or why the statement may not be explained.
    pub async fn explain(&mut self, sql: &str) -> Result<(), EngineError> {
        if self.session.has_transactional_ddl() {
            explain::check(sql)?;
            let translation = to_sqlite(sql).map_err(|error| EngineError::Untranslatable(error.message))?;
            let [statement] = translation.statements.as_slice() else {
                return Err(EngineError::Untranslatable("it becomes several statements on the embedded engine".into()));
            };
            return self.session.run_own(&format!("EXPLAIN QUERY PLAN {statement}")).await;
        }
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => {
                let mut reader = session(&self.settings, Purpose::Read).await?;
                if let SessionConnection::Server(conn) = &mut reader.connection {
                    explain::prepare_session(conn, &reader.engine, JsonVersion::One).await?;
                }
                if let Home::Scratch(scratch) = &mut self.home {
                    scratch.receive(reader.connection_id());
                }
                none.insert(reader)
            }
        };
        let SessionConnection::Server(conn) = &mut reader.connection else {
            return Err(EngineError::Unexpected("no server".into()));
        };
        explain::explain(conn, &reader.engine, sql, JsonVersion::One).await.map(|_| ())
    }
}

fn settings(address: Address) -> Settings {
    Settings {
        address,
        pool: 1,
        connect_timeout: Duration::from_secs(30),
        lock_wait_timeout: Duration::from_secs(5),
        lock_give_up: Duration::ZERO,
        runner_lock_timeout: Duration::from_secs(30),
    }
}

/// Starts a throwaway server.
async fn server(kind: ServerKind, version: Option<(u32, u32)>) -> Result<Sandbox, PlannerError> {
    Ok(Sandbox::start(&Options { version, ..Options::new(kind) }).await?)
}
