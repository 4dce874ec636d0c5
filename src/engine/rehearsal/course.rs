//! Tries a run's statements one after the other, and keeps for each what the rules need.

use super::catalogue::{Catalogue, part};
use super::{Rehearsal, sizes};
use crate::engine::EngineError;
use crate::model::lint::{Attempt, BrokenQuery, Sizes, Trial};
use crate::model::location::Location;
use crate::model::migration::{Script, Statement};
use crate::model::query::Query;
use crate::model::scale::Scale;
use crate::model::schema::Schema;
use crate::sql::ddl::{AlterAction, Effect, effect, targets};
use crate::sql::parse::bind;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is known of the sizes of tables.
#[derive(Debug, Clone)]
pub enum Known<'a> {
    /// A live database's.
    Live(Arc<Sizes>),
    /// A scale profile's.
    Scale(&'a Scale),
    /// Nothing.
    Nothing,
}

/// A run over pending scripts.
#[derive(Debug)]
pub struct Course<'a> {
    /// The scripts in the order in which they will run.
    pub scripts: &'a [&'a Script],
    /// The statements that a run which was cut off has done already, by script and position, both from 0.
    pub done: &'a BTreeSet<(usize, usize)>,
    /// The sizes of the tables that are there before.
    pub sizes: Known<'a>,
    /// The app's queries.
    pub queries: &'a [Query],
    /// Whether the tables that a script makes count as standing for the next one.
    pub filled: bool,
}

/// How a query stood at the last look.
enum Standing {
    Explains,
    /// Broken by the statement of this number, with the error.
    Broken(usize, String),
    /// It never explained.
    Never,
}

struct State<'a, 'c> {
    rehearsal: &'c mut Rehearsal,
    course: &'c Course<'a>,
    queries: Vec<(&'a Query, String, Standing)>,
    catalogue: Catalogue,
    sizes: Arc<Sizes>,
    /// Tables that the run has made.
    fresh: BTreeSet<String>,
}

impl Course<'_> {
    /// Tries every statement; one list of trials for each script. A copy that goes away leaves the rest unknown.
    ///
    /// # Errors
    /// When the copy's schema cannot be read at all.
    pub async fn run(
        &self,
        rehearsal: &mut Rehearsal,
        progress: &mut (dyn FnMut(&Statement) + Send),
    ) -> Result<Vec<Vec<Trial>>, EngineError> {
        let mut state = State {
            rehearsal,
            course: self,
            queries: Vec::new(),
            catalogue: Catalogue::default(),
            sizes: Arc::default(),
            fresh: BTreeSet::new(),
        };
        state.begin().await?;
        let mut trials: Vec<Vec<Trial>> = Vec::with_capacity(self.scripts.len());
        let mut number = 0;
        let mut gone: Option<Location> = None;
        for (at, script) in self.scripts.iter().enumerate() {
            let mut own = Vec::with_capacity(script.statements.len());
            if self.filled {
                state.fresh.clear();
            }
            for (position, statement) in script.statements.iter().enumerate() {
                progress(statement);
                let trial = match &gone {
                    _ if self.done.contains(&(at, position)) => state.without(Attempt::Done),
                    Some(at) => state.without(Attempt::Unknown { because: format!("the copy was gone after {at}") }),
                    None => match state.one(statement, number).await {
                        Ok(trial) => trial,
                        Err(error) => {
                            gone = Some(statement.at.clone());
                            state.without(Attempt::Unknown { because: format!("the copy was gone during it: {error}") })
                        }
                    },
                };
                own.push(trial);
                number += 1;
            }
            trials.push(own);
        }
        let broken = state.queries.into_iter().filter_map(|(query, _, standing)| match standing {
            Standing::Broken(at, error) => Some((at, query, error)),
            _ => None,
        });
        for (at, query, error) in broken {
            if let Some(trial) = trials.iter_mut().flatten().nth(at) {
                trial.broken.push(BrokenQuery { name: query.name.clone(), at: place(query), error });
            }
        }
        Ok(trials)
    }
}

impl State<'_, '_> {
    async fn begin(&mut self) -> Result<(), EngineError> {
        if let Known::Live(sizes) = &self.course.sizes {
            self.sizes = Arc::clone(sizes);
        }
        self.part("").await?;
        for query in self.course.queries {
            // The first sample will do: names decide, not values.
            let Some(bound) = query.samples.first().and_then(|sample| bind(&query.sql, &sample.params).ok()) else {
                continue;
            };
            let standing = match self.rehearsal.explain(&bound).await {
                Ok(()) => Standing::Explains,
                Err(EngineError::Connection(error)) => return Err(EngineError::Connection(error)),
                Err(_) => Standing::Never,
            };
            self.queries.push((query, bound, standing));
        }
        Ok(())
    }

    async fn one(&mut self, statement: &Statement, number: usize) -> Result<Trial, EngineError> {
        let effect = effect(&statement.sql);
        let names: Vec<String> = targets(&statement.sql).iter().map(|name| name.to_ascii_lowercase()).collect();
        let fresh = !names.is_empty() && names.iter().all(|name| self.fresh.contains(name));
        // What only touches tables of this run needs no look at the schema, which costs more than the statement.
        // An index is no reason to look either, unless it fails.
        let looks = !fresh && works_on_a_table(&effect) && !effect.is_index_only();
        let mut before = if looks || self.lacks_a_size(&names) { Some(self.part(&statement.sql).await?) } else { None };
        let sizes = Arc::clone(&self.sizes);
        let keyed = if adds_index(&effect) { self.keyed(&statement.sql).await? } else { None };
        let attempt = self.rehearsal.attempt(statement).await?;
        if changes_the_schema(&effect) {
            self.catalogue.changed(&effect, &statement.sql);
        }
        let mut after =
            if looks && changes_the_schema(&effect) { Some(self.part(&statement.sql).await?) } else { None };
        if let (Some(keyed), None) = (keyed, &after) {
            before = before.or(Some(Arc::new(keyed)));
            after = Some(Arc::new(self.rehearsal.session().schema_of(&targets(&statement.sql)).await?));
        }
        if effect.is_index_only() && !fresh && matches!(attempt, Attempt::Failed { .. } | Attempt::Unknown { .. }) {
            before = Some(self.part(&statement.sql).await?);
        }
        // IF NOT EXISTS may have found the table of before.
        if matches!(effect, Effect::CreateTable { .. }) && !statement.sql.to_ascii_uppercase().contains("EXISTS") {
            self.fresh.extend(names);
        }
        if may_break_queries(&effect) {
            self.look_again(number).await?;
        }
        // What a copy lacks may be there all the same.
        let is_sure = !self.rehearsal.is_incomplete() || !matches!(attempt, Attempt::Unknown { .. });
        let before = before.filter(|_| is_sure);
        Ok(Trial { attempt, before, after, sizes, broken: Vec::new() })
    }

    /// The table of an index statement alone, when it has a foreign key: the server may drop the index that it made for it.
    async fn keyed(&mut self, sql: &str) -> Result<Option<Schema>, EngineError> {
        let session = self.rehearsal.session();
        if session.has_transactional_ddl() {
            return Ok(None);
        }
        let schema = session.schema_of(&targets(sql)).await?;
        Ok(schema.tables.iter().any(|table| !table.foreign_keys.is_empty()).then_some(schema))
    }

    /// Whether the profile has a size for one of these tables that was not estimated yet.
    fn lacks_a_size(&self, names: &[String]) -> bool {
        let Known::Scale(scale) = self.course.sizes else { return false };
        let listed = |name: &String| scale.tables.keys().any(|table| table.eq_ignore_ascii_case(name));
        !self.catalogue.is_current() && names.iter().any(|name| !self.sizes.contains_key(name) && listed(name))
    }

    /// What the schema has at the moment of what a statement names.
    async fn part(&mut self, sql: &str) -> Result<Arc<Schema>, EngineError> {
        let was_current = self.catalogue.is_current();
        let schema = self.catalogue.current(self.rehearsal).await?;
        if let (Known::Scale(scale), false) = (&self.course.sizes, was_current) {
            let sizes = sizes::estimated(schema, scale);
            if *self.sizes != sizes {
                self.sizes = Arc::new(sizes);
            }
        }
        Ok(part(schema, sql))
    }

    /// Explains the queries again.
    async fn look_again(&mut self, number: usize) -> Result<(), EngineError> {
        for (_, bound, standing) in &mut self.queries {
            if matches!(standing, Standing::Never) {
                continue;
            }
            match self.rehearsal.explain(bound).await {
                Ok(()) => *standing = Standing::Explains,
                Err(EngineError::Connection(error)) => return Err(EngineError::Connection(error)),
                // A lock or a limit of time says nothing about the query.
                Err(EngineError::Server(error)) if matches!(error.code, 1205 | 1213 | 1969 | 3024) => {}
                Err(error @ EngineError::Server(_)) if matches!(standing, Standing::Explains) => {
                    *standing = Standing::Broken(number, error.to_string());
                }
                Err(_) => {}
            }
        }
        Ok(())
    }

    fn without(&self, attempt: Attempt) -> Trial {
        Trial { attempt, before: None, after: None, sizes: Arc::clone(&self.sizes), broken: Vec::new() }
    }
}

/// The app's source line when it is known, else the workload's.
fn place(query: &Query) -> Location {
    let source = query.source.as_ref().and_then(|source| Some(Location::line(source.file.clone(), source.line?)));
    source.unwrap_or_else(|| query.defined_at.clone())
}

fn works_on_a_table(effect: &Effect) -> bool {
    !matches!(
        effect,
        Effect::CreateTable { .. }
            | Effect::Routine { .. }
            | Effect::Transaction
            | Effect::Session
            | Effect::Read
            | Effect::Use
    )
}

/// Whether it adds an index and does nothing else than to make and drop some.
fn adds_index(effect: &Effect) -> bool {
    match effect {
        Effect::CreateIndex { .. } => true,
        Effect::AlterTable { actions, .. } => {
            effect.is_index_only() && actions.iter().any(|action| matches!(action, AlterAction::AddIndex(_)))
        }
        _ => false,
    }
}

fn changes_the_schema(effect: &Effect) -> bool {
    !matches!(effect, Effect::Rows { .. } | Effect::Truncate { .. } | Effect::Transaction | Effect::Read | Effect::Use)
}

fn may_break_queries(effect: &Effect) -> bool {
    changes_the_schema(effect)
        && !matches!(effect, Effect::CreateTable { .. } | Effect::CreateIndex { .. } | Effect::Session)
}
