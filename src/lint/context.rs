//! What a rule may look at.

use crate::model::day::Day;
use crate::model::engine::EngineKind;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::lint::{Attempt, Size, Trial};
use crate::model::location::Location;
use crate::model::migration::{Migration, Statement};
use crate::model::online::{OnlineClass, Outcome, Refusal};
use crate::model::schema::Table;
use crate::sql::ddl::Effect;

/// Where the thresholds of the rules lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Nobody notices what is done to a table of up to so many rows.
    pub small_table_rows: u64,
    /// From so many rows on, a table is large.
    pub large_table_rows: u64,
    /// From so many bytes on, a table is large and may not be copied without being asked for.
    pub copy_limit_bytes: u64,
    /// Whether every migration is judged as if the tables of those before it were filled, since no database says which
    /// of them are applied.
    pub filled: bool,
    /// Whether the queries of a catalogue were explained.
    pub catalogue: bool,
    /// Whether down scripts are judged.
    pub down: bool,
    /// The day of the run, for waivers that end.
    pub today: Day,
    /// The release of the server that they will run on, where it is known: major, minor, patch.
    pub release: Option<(u32, u32, u32)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            small_table_rows: 1000,
            large_table_rows: 100_000,
            copy_limit_bytes: 100_000_000,
            filled: false,
            catalogue: false,
            down: false,
            today: Day::of_unix(0),
            release: None,
        }
    }
}

/// How much a table's size makes of what is done to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Made by this run, or small: it is done at once.
    Small,
    /// Worth knowing.
    Medium,
    /// It takes minutes or more.
    Large,
    /// The size is not known.
    Unknown,
}

/// A table that a statement works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its name.
    pub table: String,
    /// Its size by then.
    pub size: Size,
    /// Whether this run makes it, so that the app does not use it yet.
    pub fresh: bool,
}

/// One statement.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// Its migration.
    pub migration: &'a Migration,
    /// The statement.
    pub statement: &'a Statement,
    /// The one before it in its file.
    pub before: Option<&'a Statement>,
    /// What it does, read from its text.
    pub effect: &'a Effect,
    /// The tables that it works on.
    pub targets: &'a [Target],
    /// What trying it showed.
    pub trial: &'a Trial,
    /// A statement before it that failed, after which nothing is certain.
    pub failed: Option<&'a Location>,
    /// The engine.
    pub engine: EngineKind,
    /// Thresholds.
    pub options: &'a Options,
}

impl<'a> Case<'a> {
    /// How the server changed the table, where it was tried.
    #[must_use]
    pub fn outcome(&self) -> Option<&'a Outcome> {
        match &self.trial.attempt {
            Attempt::Classed(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// The class in which the server changed the table, where it was tried and the server's choice is known.
    #[must_use]
    pub fn class(&self) -> Option<OnlineClass> {
        self.outcome().and_then(|outcome| outcome.class)
    }

    /// The better ways that the server refused, for the evidence.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        let refusals = self.outcome().map(|outcome| outcome.refusals.as_slice()).unwrap_or_default();
        let words =
            |refusal: &Refusal| format!("{}: error {}: {}", refusal.rung, refusal.error.code, refusal.error.message);
        refusals.iter().map(words).collect()
    }

    /// The server's refusal: its code and words.
    #[must_use]
    pub fn failure(&self) -> Option<(u32, &'a str)> {
        match &self.trial.attempt {
            Attempt::Failed { code, message } => Some((*code, message)),
            _ => None,
        }
    }

    /// The tables that are there before the run.
    pub fn standing(&self) -> impl Iterator<Item = &'a Target> {
        self.targets.iter().filter(|target| !target.fresh)
    }

    /// How much the size makes of it.
    #[must_use]
    pub fn weight(&self, target: &Target) -> Weight {
        let Size { rows, bytes } = target.size;
        let is = |number: Option<u64>, from: u64| number.is_some_and(|number| number >= from);
        if target.fresh || rows.is_some_and(|rows| rows <= self.options.small_table_rows) {
            Weight::Small
        } else if is(rows, self.options.large_table_rows) || is(bytes, self.options.copy_limit_bytes) {
            Weight::Large
        } else if rows.is_none() {
            Weight::Unknown
        } else {
            Weight::Medium
        }
    }

    /// The definitions of a table before and after the statement, where both were read.
    #[must_use]
    pub fn tables(&self, name: &str) -> Option<(&'a Table, &'a Table)> {
        let renamed = match self.effect {
            Effect::AlterTable { actions, .. } => actions.iter().find_map(|action| match action {
                crate::sql::ddl::AlterAction::RenameTo(to) => Some(to.as_str()),
                _ => None,
            }),
            _ => None,
        };
        let before = self.trial.before.as_deref()?.table(name)?;
        Some((before, self.trial.after.as_deref()?.table(renamed.unwrap_or(name))?))
    }

    /// A finding about this statement.
    #[must_use]
    pub fn finding(&self, rule: &str, severity: Severity, table: Option<&str>, message: String) -> Finding {
        let subject = Subject {
            table: table.map(str::to_owned),
            location: Some(self.statement.at.clone()),
            ..Subject::default()
        };
        Finding { rule: rule.into(), severity, subject, message, evidence: Vec::new(), remedy: String::new() }
    }
}
