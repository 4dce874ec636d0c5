//! Runs migrations statement by statement and keeps ledger and journal true, whatever fails.
//!
//! On the servers DDL commits by itself, so each statement has its row in the journal, written before it and completed
//! after it: a run that is cut off is settled and gone on with by the next one (see [`resume`]). What a failed unit
//! added is taken back by comparing schemas. On the embedded engine the whole run is one transaction with a savepoint for
//! each migration.

mod answers;
mod chain;
mod embedded;
mod existing;
mod failure;
mod group;
mod memory;
mod outside;
mod permission;
mod procedure;
mod resume;
mod send;
mod setting;
mod settling;
mod statement;
mod step;
mod undo;

pub use answers::{Answer, Answers};
pub use failure::{After, INTERRUPTED, RunError};
pub use resume::{Doubt, Since};

use super::execute::Executor;
use super::ledger::Ledger;
use super::online::CopyPolicy;
use super::untransacted::Untransacted;
use super::{EngineError, Session, journal};
use crate::migration::existing::Defined;
use crate::migration::partial_down::Action;
use crate::model::journal::JournalRow;
use crate::model::migration::{Direction, Migration};
use crate::model::schema::Schema;
use setting::Setting;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// What a failure takes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// The migration it happens in; those before stay.
    Migration,
    /// Everything since the run began.
    Run,
}

/// Told of what a run does.
pub trait Observer: Send {
    /// A migration is done, after that time.
    fn done(&mut self, migration: &Migration, took: Duration);
    /// Something worth a line.
    fn note(&mut self, text: &str);
    /// How far the statement at hand is; worth showing only while it is.
    fn progress(&mut self, text: &str);
}

/// What the open transaction of a run on a server holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    /// None is open.
    Nothing,
    /// Only that migrations before the one at hand are done. Their statements are committed, so the next commit may take
    /// it along, and a crash before that is settled from the journal.
    Bookkeeping,
    /// Work of the migration at hand.
    Work,
}

/// A run of migrations in one direction.
#[derive(Debug)]
pub struct Runner<'a> {
    session: &'a mut Session,
    ledger: Ledger,
    direction: Direction,
    unit: Unit,
    executor: Executor,
    answers: Answers,
    /// The schema that the unit at hand started from, where it may be needed.
    before: Option<Schema>,
    /// The migrations of a run that is one unit, those of an earlier run that was cut off in it among them.
    versions: Vec<i64>,
    ledger_was_there: bool,
    journal_was_there: bool,
    /// The journal as it was when the run began.
    journal: Vec<JournalRow>,
    open: Open,
    /// The server's id of the connection.
    connection: u64,
    /// What becomes of each statement of the migration at hand, where that is not simply to run.
    actions: Vec<Action>,
    /// Whether the migration at hand is taken down after it was applied in part.
    partial: bool,
    /// The indexes that the migrations define.
    defined: Defined,
    /// The tables, in lower case, that the run has made.
    made: BTreeSet<String>,
    /// Which tables may be copied.
    copies: CopyPolicy,
    /// What the migrations set for the session.
    setting: Setting,
    /// Which tables are outside of transactions, as far as it was read since the last statement that may change that.
    untransacted: Option<Untransacted>,
}

impl<'a> Runner<'a> {
    /// A run on a session that holds the runner lock, whose statements the executor sends.
    pub fn new(session: &'a mut Session, ledger: Ledger, direction: Direction, unit: Unit, executor: Executor) -> Self {
        Self {
            session,
            ledger,
            direction,
            unit,
            executor,
            answers: Answers::default(),
            before: None,
            versions: Vec::new(),
            ledger_was_there: true,
            journal_was_there: true,
            journal: Vec::new(),
            open: Open::Nothing,
            connection: 0,
            actions: Vec::new(),
            partial: false,
            defined: Defined::default(),
            made: BTreeSet::new(),
            copies: CopyPolicy::default(),
            setting: Setting::default(),
            untransacted: None,
        }
    }

    /// The user's word on statements of which nothing tells whether they took effect.
    #[must_use]
    pub fn answers(mut self, answers: Answers) -> Self {
        self.answers = answers;
        self
    }

    /// Says which indexes the migrations define, those that are applied among them.
    #[must_use]
    pub fn defined(mut self, defined: Defined) -> Self {
        self.defined = defined;
        self
    }

    /// Says which tables may be copied.
    #[must_use]
    pub fn copies(mut self, copies: CopyPolicy) -> Self {
        self.copies = copies;
        self
    }

    /// Runs the migrations in the order given.
    ///
    /// # Errors
    /// At the first statement that fails; the error tells what became of the database.
    pub async fn run(mut self, migrations: &[&Migration], observer: &mut dyn Observer) -> Result<(), RunError> {
        let transactional = self.session.has_transactional_ddl();
        self.session.unguard();
        self.ledger_was_there = self.ledger.exists(self.session).await?;
        if !self.ledger_was_there {
            self.ledger.create(self.session).await.map_err(permission::explained)?;
        }
        if !transactional {
            self.prepare_journal().await.map_err(permission::explained)?;
            permission::probe(self.session, &self.ledger).await?;
            match self.unit {
                Unit::Run => undo::begin(&mut self, migrations, observer).await?,
                Unit::Migration if self.journal.iter().any(|row| row.position == 0) => undo::end(&mut self).await?,
                Unit::Migration => {}
            }
        }
        let mut rest = migrations;
        while let Some((migration, others)) = rest.split_first() {
            if !transactional {
                match group::run(&mut self, rest, observer).await {
                    Ok(0) => {}
                    Ok(ran) => {
                        rest = &rest[ran..];
                        continue;
                    }
                    Err((at, error)) => return Err(failure::settle(self, rest[at], 0, error).await),
                }
            }
            rest = others;
            let started = Instant::now();
            let outcome = if transactional {
                embedded::run(&mut self, migration, started).await
            } else {
                let resumption = resume::resume(&mut self, migration, observer).await?;
                step::run(&mut self, migration, resumption, started, observer).await
            };
            if let Err((position, error)) = outcome {
                return Err(failure::settle(self, migration, position, error).await);
            }
            observer.done(migration, started.elapsed());
            self.put_back().await?;
        }
        if self.unit == Unit::Run && !transactional {
            undo::end(&mut self).await?;
        }
        if self.open != Open::Nothing {
            self.session.run_own("COMMIT").await?;
        }
        Ok(())
    }

    /// Finishes taking back what an earlier run was cut off in. Nothing can be planned before that: see
    /// [`crate::model::journal::Progress::Undoing`].
    ///
    /// # Errors
    /// When it cannot be taken back; the next run tries again.
    pub async fn finish_undoing(mut self, observer: &mut dyn Observer) -> Result<(), RunError> {
        self.prepare_journal().await?;
        undo::finish(&mut self, observer).await
    }

    async fn prepare_journal(&mut self) -> Result<(), EngineError> {
        self.journal_was_there = journal::create(self.session).await?;
        if self.journal_was_there {
            self.journal = journal::rows(self.session, self.ledger.table()).await?;
        }
        self.connection = self.session.connection_id();
        Ok(())
    }

    fn check_interrupt(&self) -> Result<(), EngineError> {
        self.executor.check()
    }
}
