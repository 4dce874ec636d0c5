//! Runs migrations statement by statement and keeps the ledger true, whatever fails.
//!
//! On the servers DDL commits by itself, so a transaction is open at all other times and what a failed unit added is
//! taken back by comparing schemas. On the embedded engine the whole run is one transaction with a savepoint for each
//! migration.

mod failure;
mod step;

pub use failure::{After, INTERRUPTED, RunError};

use super::ledger;
use super::online::CopyPolicy;
use super::{EngineError, Session};
use crate::model::migration::{Direction, Migration, Statement};
use crate::model::schema::Schema;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a failure takes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// The migration it happens in; those before stay.
    Migration,
    /// Everything since the run began.
    Run,
}

/// Told of each migration that is done, and of the time it took.
pub type Progress<'a> = dyn FnMut(&Migration, Duration) + Send + 'a;

/// A run of migrations in one direction.
#[derive(Debug)]
pub struct Runner<'a> {
    session: &'a mut Session,
    direction: Direction,
    unit: Unit,
    interrupted: Arc<AtomicBool>,
    /// The schema that the unit at hand started from, where it may be needed.
    before: Option<Schema>,
    /// Every statement of a run that is one unit, which alone says what may be undone.
    statements: Vec<Statement>,
    ledger_was_there: bool,
    /// Whether a migration of this run is done, so that its transaction is still open in a run that is one unit.
    begun: bool,
    /// Which tables may be copied.
    copies: CopyPolicy,
    /// What was noticed on the way, for the user.
    notes: Option<&'a mut Vec<String>>,
}

impl<'a> Runner<'a> {
    /// A run on a session that holds the runner lock. `interrupted` ends it at the next statement.
    pub fn new(session: &'a mut Session, direction: Direction, unit: Unit, interrupted: Arc<AtomicBool>) -> Self {
        Self {
            session,
            direction,
            unit,
            interrupted,
            before: None,
            statements: Vec::new(),
            ledger_was_there: true,
            begun: false,
            copies: CopyPolicy::default(),
            notes: None,
        }
    }

    /// Says which tables may be copied, and takes the notes on what had to wait.
    #[must_use]
    pub fn with_copies(self, copies: CopyPolicy, notes: &'a mut Vec<String>) -> Self {
        Self { copies, notes: Some(notes), ..self }
    }

    /// Runs the migrations in the order given.
    ///
    /// # Errors
    /// At the first statement that fails; the error tells what became of the database.
    pub async fn run(mut self, migrations: &[&Migration], progress: &mut Progress<'_>) -> Result<(), RunError> {
        self.ledger_was_there = ledger::exists(self.session).await?;
        if self.unit == Unit::Run && !self.session.has_transactional_ddl() {
            self.before = Some(self.session.schema(&[ledger::TABLE]).await?);
            self.statements =
                migrations.iter().flat_map(|migration| self.direction.statements(migration)).cloned().collect();
        }
        if !self.ledger_was_there {
            ledger::create(self.session).await?;
        }
        let mut begun: Vec<i64> = Vec::new();
        for migration in migrations {
            let started = Instant::now();
            begun.push(migration.version);
            let outcome = step::run(&mut self, migration, started).await;
            if let Err((position, error)) = outcome {
                return Err(failure::settle(self, migration, position, error, &begun).await);
            }
            progress(migration, started.elapsed());
        }
        if self.unit == Unit::Run && !self.session.has_transactional_ddl() {
            self.session.run_own("COMMIT").await?;
        }
        Ok(())
    }

    fn check_interrupt(&self) -> Result<(), EngineError> {
        if self.interrupted.load(Ordering::SeqCst) { Err(EngineError::Interrupted) } else { Ok(()) }
    }
}
