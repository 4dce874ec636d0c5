//! A run's turn: the runner lock, which is held while the run plans and works and not while a question is open.

use super::failure::Failure;
use super::interrupt::{Interrupt, early};
use super::narrator::Narrator;
use super::survey::Beside;
use super::target::Target;
use crate::cli::{LockChoice, Scratch, Write};
use crate::engine::execute::{Executor, Policy};
use crate::engine::ledger::Ledger;
use crate::engine::lock::{self, RunnerLock};
use crate::engine::online::CopyPolicy;
use crate::engine::runner::{Runner, Unit};
use crate::engine::{EngineError, Session};
use crate::model::environment::RunnerLockKind;
use crate::model::migration::Direction;
use crate::term::Term;

/// The turn of one run.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    target: &'a Target,
    write: &'a Write,
    lock: RunnerLock,
    /// What the user has agreed to.
    agreed: Option<String>,
}

impl<'a> Turn<'a> {
    /// A turn that is not taken yet, as for a dry run.
    pub(super) fn new(target: &'a Target, write: &'a Write) -> Self {
        Self { target, write, lock: RunnerLock::default(), agreed: None }
    }

    /// Where the run's statements may be tried beside the live database, if the user has allowed it.
    pub(super) fn beside(&self, scratch: &'a Scratch) -> Option<Beside<'a>> {
        let name = scratch.scratch_schema.as_deref()?;
        Some(Beside { settings: &self.target.settings, name })
    }

    /// Takes the runner lock. On the embedded engine the run's one transaction is the lock.
    ///
    /// # Errors
    /// When another runner does not finish in time.
    pub(super) async fn take(&mut self, session: &mut Session, term: &Term) -> Result<(), Failure> {
        let timeout = self.target.settings.runner_lock_timeout;
        if session.has_transactional_ddl() {
            session.run_own("BEGIN IMMEDIATE").await.map_err(|error| match error {
                EngineError::Server(error) if error.message.contains("locked") => EngineError::Locked(format!(
                    "another runner is writing to {}; waited {} s. Try again when it is done",
                    session.place,
                    timeout.as_secs()
                )),
                other => other,
            })?;
            return Ok(());
        }
        let kind = match self.write.lock {
            Some(LockChoice::Advisory) => RunnerLockKind::Advisory,
            Some(LockChoice::Row) => RunnerLockKind::Row,
            None => self.target.runner_lock,
        };
        let mut tell = |text: &str| term.note(text);
        self.lock = Box::pin(lock::acquire(session, kind, timeout, &mut tell)).await?;
        Ok(())
    }

    /// Asks before a write, where the profile wants that. `plan` is everything that the user agrees to. When it says no,
    /// others may have been at work while the question was open, and the plan is to be made again.
    ///
    /// # Errors
    /// When the answer is no, nobody can be asked, or the plan is another after the answer than before.
    pub(super) async fn is_agreed(
        &mut self,
        session: &mut Session,
        question: &str,
        plan: String,
        term: &mut Term,
    ) -> Result<bool, Failure> {
        if !self.target.confirm_writes || self.write.yes || self.agreed.as_ref() == Some(&plan) {
            return Ok(true);
        }
        if self.agreed.is_some() {
            return Err(Failure::state(
                "nothing was done: another run has changed the database while the question was open; run the command \
                 again",
            ));
        }
        if session.has_transactional_ddl() {
            session.run_own("ROLLBACK").await?;
        } else {
            std::mem::take(&mut self.lock).suspend(session).await?;
        }
        super::confirm(term, self.target, self.write, question).await?;
        self.agreed = Some(plan);
        early(self.take(session, term)).await?;
        Ok(false)
    }

    /// Finishes what an earlier run began to take back and was cut off in, so that a plan can be made. Nobody is asked:
    /// they agreed to that run.
    ///
    /// # Errors
    /// When it cannot be taken back.
    pub(super) async fn finish_undoing(
        &self,
        session: &mut Session,
        ledger: &Ledger,
        term: &mut Term,
    ) -> Result<(), Failure> {
        let interrupt = Interrupt::listen(session);
        let mut narrator = Narrator::new(term.progress(1, "taking back"), "taken back");
        let executor = self.executor(&interrupt);
        // Which way the run went stands in the journal.
        let runner = Runner::new(session, ledger.clone(), Direction::Up, Unit::Run, executor);
        let outcome = interrupt.guard(term, runner.finish_undoing(&mut narrator)).await;
        drop(narrator);
        outcome.map_err(|error| Failure::from_run(&error, "run"))
    }

    /// How the statements of the run are sent.
    pub(super) fn executor(&self, interrupt: &Interrupt) -> Executor {
        let settings = &self.target.settings;
        let policy = Policy::new(settings.lock_wait_timeout, settings.lock_give_up);
        Executor::new(policy, interrupt.flag(), self.lock.lost())
    }

    /// Whether the run may copy tables.
    pub(super) fn copy_limit(&self) -> u64 {
        self.target.copy_limit
    }

    /// Which tables may be copied.
    pub(super) fn copies(&self) -> CopyPolicy {
        self.target.copies(self.write)
    }

    /// Gives the turn back for a while, after its session has ended. What the user has agreed to stays agreed.
    pub(super) async fn pause(&mut self) {
        std::mem::take(&mut self.lock).release().await;
    }

    /// Gives the turn back, however the run ended.
    pub(super) async fn end(self) {
        self.lock.release().await;
    }
}
