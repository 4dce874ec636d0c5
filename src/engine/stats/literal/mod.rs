//! Statistics for the literals of one statement: what its own values and ranges find at the scale, rather than what the
//! average value finds.
//!
//! A server that holds the rows looks constants up in the index while it plans. On an empty table it finds nothing; so each
//! table of the statement is replaced, in the text that is explained only, by an empty copy whose index statistics say what
//! would be found. A range takes its estimate from statistics only as a list of values, so two values inside of it are added
//! to it as one: `c IN (x, y) AND c > 5`.

mod condition;
mod copy;
mod domain;
mod rewrite;
mod spread;
mod want;

use super::plan::{self, Gate};
use crate::engine::error::EngineError;
use crate::engine::explain::JsonVersion;
use crate::engine::text;
use crate::explain::injected;
use crate::model::engine::{Engine, EngineKind};
use crate::model::plan::{AccessType, Estimate, Node, Plan};
use crate::model::scale::Scale;
use crate::model::schema::{Index, Schema, Table};
use crate::sql::sarg::{self, Constant, Filter, Sargs, Test};
pub(super) use domain::Domain;
pub(super) use spread::text_of;

use copy::{Copy, CopyKey, can_copy};
use rewrite::Reading;
use sqlx::MySqlConnection;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::Mutex;
use want::{Counting, Want};

/// Explains statements on a throwaway server with statistics for their literals.
#[derive(Debug)]
pub struct Literals {
    engine: Engine,
    database: String,
    schema: Arc<Schema>,
    scale: Arc<Scale>,
    gate: Arc<Gate>,
    /// What the names of the copies begin with: nobody else's do.
    prefix: String,
    /// One statement at a time: what the copies' statistics say is one statement's.
    copies: Mutex<BTreeMap<CopyKey, Copy>>,
}

impl Literals {
    /// For a database whose tables have been injected with the scale.
    #[must_use]
    pub fn new(engine: Engine, database: &str, schema: Schema, scale: Scale) -> Self {
        let (schema, scale) = (Arc::new(schema), Arc::new(scale));
        let (database, prefix) = (database.to_owned(), "aura_db_copy_".to_owned());
        Self { engine, database, schema, scale, gate: Arc::default(), prefix, copies: Mutex::default() }
    }

    /// Another one for the same database, for statements that are explained at the same time: it has copies of its own.
    /// The numbers of all of them must differ.
    #[must_use]
    pub fn beside(&self, number: usize) -> Self {
        Self {
            engine: self.engine.clone(),
            database: self.database.clone(),
            schema: Arc::clone(&self.schema),
            scale: Arc::clone(&self.scale),
            gate: Arc::clone(&self.gate),
            prefix: format!("aura_db_copy_{number}_"),
            copies: Mutex::default(),
        }
    }

    /// Explains one statement in a session that [`super::prepare_session`] has set up.
    ///
    /// Where its literals cannot be given statistics, the plan is the one for average values, and what comes from a dive
    /// into an empty index is unknown, with the reason.
    ///
    /// # Errors
    /// As [`crate::engine::explain::explain`].
    pub async fn explain(
        &self,
        conn: &mut MySqlConnection,
        sql: &str,
        version: JsonVersion,
    ) -> Result<Plan, EngineError> {
        let sargs = sarg::read(sql, &self.schema);
        let values = self.values(conn, &sargs).await?;
        let wants = want::wants(&sargs, &self.schema, &self.scale, &values, Counting::Dives);
        let mut copies = self.copies.lock().await;
        if let Some(plan) = self.with_copies(conn, sql, &sargs, &wants, &mut copies, version).await? {
            return Ok(plan);
        }
        let mut plan = self.whole_plan(conn, sql, sql, version).await?;
        drop(copies);
        read_back(&mut plan, &sargs, &wants, &BTreeMap::new());
        Ok(plan)
    }

    async fn whole_plan(
        &self,
        conn: &mut MySqlConnection,
        sql: &str,
        text: &str,
        version: JsonVersion,
    ) -> Result<Plan, EngineError> {
        plan::whole_plan(conn, &self.engine, &self.schema, &self.gate, (sql, text), version).await
    }

    /// The values of expressions of the clock, by their text.
    async fn values(&self, conn: &mut MySqlConnection, sargs: &Sargs) -> Result<BTreeMap<String, String>, EngineError> {
        let mut texts = BTreeSet::new();
        sargs.occurrences.iter().for_each(|one| expressions(&one.filter, &mut texts));
        let mut values = BTreeMap::new();
        for expression in texts {
            match text::rows(conn, format!("SELECT {expression}")).await {
                Ok(rows) => {
                    let value = rows.first().and_then(|row| row.get(0)).map(str::to_owned);
                    values.extend(value.map(|value| (expression, value)));
                }
                Err(EngineError::Server(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(values)
    }

    /// The plan on copies; `None` when none is wanted, or the server does not plan the rewritten text.
    async fn with_copies(
        &self,
        conn: &mut MySqlConnection,
        sql: &str,
        sargs: &Sargs,
        wants: &[Want],
        copies: &mut BTreeMap<CopyKey, Copy>,
        version: JsonVersion,
    ) -> Result<Option<Plan>, EngineError> {
        let mut names = BTreeMap::new();
        let mut ordinals: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, (occurrence, want)) in sargs.occurrences.iter().zip(wants).enumerate() {
            let wanted = !want.constant && (!want.figures.is_empty() || !want.inserted.is_empty());
            let table = self.schema.table(&occurrence.table).filter(|table| can_copy(table));
            if !wanted || !occurrence.replaceable || table.is_none() {
                continue;
            }
            let ordinal = ordinals.entry(&occurrence.table).or_default();
            *ordinal += 1;
            let key = CopyKey { table: occurrence.table.clone(), ordinal: *ordinal, widened: want.widened.clone() };
            if !copies.contains_key(&key) {
                let name = format!("{}{}", self.prefix, copies.len());
                // One at a time: what is written goes to tables that all of them share.
                let _making = self.gate.write().await;
                match Copy::make(conn, self.engine.kind, &self.database, &self.schema, &self.scale, &key, name).await {
                    Ok(Some(copy)) => {
                        copies.insert(key.clone(), copy);
                    }
                    Ok(None) | Err(EngineError::Server(_)) => continue,
                    Err(error) => return Err(error),
                }
            }
            let Some(copy) = copies.get_mut(&key) else { continue };
            copy.prepare(conn, self.engine.kind, &self.database, want).await?;
            names.insert(at, copy.name.clone());
        }
        if names.is_empty() {
            return Ok(None);
        }
        let text = rewrite::rewritten(sql, sargs, wants, &names, self.takes_aliases(sql));
        let plan = match self.whole_plan(conn, sql, &text, version).await {
            Ok(plan) if !injected::is_cut_off(&plan) => plan,
            Ok(_) | Err(EngineError::Server(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut plan = plan;
        read_back(&mut plan, sargs, wants, &names);
        Ok(Some(plan))
    }

    /// Whether a table that is written to may have an alias: `MariaDB` has none in the DELETE of one table.
    fn takes_aliases(&self, sql: &str) -> bool {
        self.engine.kind == EngineKind::Mysql
            || !sql.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("delete"))
    }
}

/// Puts the plan into the words of the statement, without the estimates that cannot be believed.
fn read_back(plan: &mut Plan, sargs: &Sargs, wants: &[Want], names: &BTreeMap<usize, String>) {
    let unprepared = "no statistics could be prepared for this range";
    let none = BTreeMap::new();
    let readings: Vec<Reading<'_>> = sargs
        .occurrences
        .iter()
        .zip(wants)
        .enumerate()
        .map(|(at, (occurrence, want))| {
            let copy = names.get(&at);
            let missing = copy.is_none() && !want.inserted.is_empty();
            Reading {
                alias: &occurrence.alias,
                copy: copy.map(String::as_str),
                inserted: want.inserted.iter().map(|(_, text)| text.as_str()).collect(),
                figures: copy.map(|_| &want.figures),
                ranges: if copy.is_some() { &want.ranges } else { &none },
                reason: want.reason.as_deref().or(missing.then_some(unprepared)),
            }
        })
        .collect();
    rewrite::read_back(plan, &readings);
}

/// Fills in the rows of ranges and values that the embedded engine's plans do not tell, where the profile does.
pub fn fill_in(plan: &mut Plan, sql: &str, schema: &Schema, scale: &Scale) {
    let sargs = sarg::read(sql, schema);
    let wants = want::wants(&sargs, schema, scale, &BTreeMap::new(), Counting::Exact);
    fill_node(&mut plan.root, &sargs, &wants, schema);
}

fn fill_node(node: &mut Node, sargs: &Sargs, wants: &[Want], schema: &Schema) {
    if let Some(access) = &mut node.access {
        let named = |(occurrence, _): &(&sarg::Occurrence, &Want)| occurrence.alias.eq_ignore_ascii_case(&access.table);
        let mut found = sargs.occurrences.iter().zip(wants).filter(named);
        if let (Some((occurrence, want)), None) = (found.next(), found.next())
            && let Some(table) = schema.table(&occurrence.table)
            && let Some(index) = access.key.as_deref().and_then(|key| index_of(key, table))
        {
            // A column with two ends is listed twice.
            let mut columns: Vec<&str> =
                access.key_parts.iter().map(|part| part.trim_end_matches(['?', '=', '<', '>'])).collect();
            columns.dedup();
            let depth = columns.len();
            let range = want.ranges.get(&index.name).filter(|reach| reach.depth == depth);
            let value = want.figures.get(&(index.name.clone(), depth));
            match (access.access_type, range, value) {
                (AccessType::Range, Some(reach), _) => access.rows = Estimate::Rows(reach.rows.round()),
                (AccessType::Ref, _, Some(rows)) => access.rows = Estimate::Rows(rows.round()),
                _ => {}
            }
        }
    }
    node.children.iter_mut().for_each(|child| fill_node(child, sargs, wants, schema));
}

/// The index of that name; the embedded engine names the primary key in its own way.
fn index_of<'t>(key: &str, table: &'t Table) -> Option<&'t Index> {
    table.index(key).or_else(|| table.primary_key().filter(|_| key.starts_with("sqlite_autoindex_")))
}

fn expressions(filter: &Filter, found: &mut BTreeSet<String>) {
    let mut add = |constant: &Constant| {
        if let Constant::Expression(text) = constant {
            found.insert(text.clone());
        }
    };
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().for_each(|part| expressions(part, found)),
        Filter::Sarg(sarg) => match &sarg.test {
            Test::Points(values) | Test::Not(values) => values.iter().for_each(add),
            Test::Range { low, high } => [low, high].into_iter().flatten().for_each(|(value, _)| add(value)),
            Test::Prefix(_) => {}
        },
    }
}
