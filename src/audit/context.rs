//! What a rule may look at.

use crate::model::engine::EngineKind;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::location::Location;
use crate::model::plan::Plan;
use crate::model::query::{Query, Sample, Value};
use crate::model::schema::{Schema, Table};
use crate::sql::shape::block::LimitValue;
use crate::sql::shape::{Operand, Shape};
use sqlparser::ast::Statement;

/// Where the thresholds of the rules lie. See [`super::harm`] for how they are used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// A table of up to so many rows may be read as a whole.
    pub small_table_rows: u64,
    /// So many rows are a page: a result of that size is never worth a word.
    pub few_rows: u64,
    /// From this OFFSET on, skipping rows costs more than reading them.
    pub large_offset: u64,
    /// Concurrent users, for frequencies that are given per client.
    pub concurrent_users: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { small_table_rows: 1000, few_rows: 100, large_offset: 1000, concurrent_users: 1 }
    }
}

/// Why a statement has no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainError {
    /// The server's code, such as 1054; `None` when the statement never reached a server.
    pub code: Option<u32>,
    /// The server's or the translator's words.
    pub message: String,
}

/// One query with one sample of parameters.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The query.
    pub query: &'a Query,
    /// The sample.
    pub sample: &'a Sample,
    /// Its syntax tree, parsed from the text with placeholders; `None` when it cannot be parsed.
    pub statement: Option<&'a Statement>,
    /// Its facts; `None` when it cannot be parsed.
    pub shape: Option<&'a Shape>,
    /// Its plan; `None` when it could not be explained.
    pub plan: Option<&'a Plan>,
    /// Why it could not be explained.
    pub explain_error: Option<&'a ExplainError>,
    /// The schema with row counts.
    pub schema: &'a Schema,
    /// Thresholds.
    pub options: &'a Options,
    /// The engine that made the plan.
    pub engine: EngineKind,
    /// Whether statistics were injected into empty tables, so that estimates of ranges cannot be believed.
    pub injected: bool,
}

impl<'a> Context<'a> {
    /// Runs per minute that reach the database: the app's frequency, at most one per cache time. `None` when nobody knows.
    #[must_use]
    pub fn per_minute(&self) -> Option<f64> {
        let runs = self.query.frequency?.per_minute_with(self.options.concurrent_users);
        let cached = self.query.cache_seconds.filter(|seconds| *seconds > 0).map(|seconds| 60.0 / seconds as f64);
        Some(cached.map_or(runs, |most| runs.min(most)))
    }

    /// Whether a table is known to be small enough to be read as a whole.
    #[must_use]
    pub fn is_small(&self, table: &Table) -> bool {
        table.rows.is_some_and(|rows| rows <= self.options.small_table_rows)
    }

    /// The sample's value of a placeholder.
    #[must_use]
    pub fn param(&self, at: usize) -> Option<&'a Value> {
        self.sample.params.get(at)
    }

    /// A LIMIT or OFFSET as a number, with the sample's value for a placeholder.
    #[must_use]
    pub fn limit_value(&self, value: LimitValue) -> Option<u64> {
        match value {
            LimitValue::Number(number) => Some(number),
            LimitValue::Param(at) => match self.param(at)? {
                Value::Int(number) => u64::try_from(*number).ok(),
                Value::Text(text) => text.trim().parse().ok(),
                _ => None,
            },
            LimitValue::Other => None,
        }
    }

    /// The text that an operand stands for, with the sample's value for a placeholder.
    #[must_use]
    pub fn text_of(&self, operand: &'a Operand) -> Option<&'a str> {
        match operand {
            Operand::Text(text) => Some(text),
            Operand::Constant { prefix, .. } => prefix.as_deref(),
            Operand::Param(at) => match self.param(*at)? {
                Value::Text(text) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// The number that an operand is or has among its values, in words; the sample's value counts for a placeholder.
    #[must_use]
    pub fn number_in(&self, operand: &Operand) -> Option<String> {
        match operand {
            Operand::Number(number) => Some(format!("the number {number}")),
            Operand::Param(at) => match self.param(*at)? {
                Value::Int(number) => Some(format!("the number {number} (parameter {})", at + 1)),
                Value::Float(number) => Some(format!("the number {number} (parameter {})", at + 1)),
                Value::Bool(value) => Some(format!("the boolean {value} (parameter {})", at + 1)),
                Value::Null | Value::Text(_) => None,
            },
            Operand::List(items) => items.iter().find_map(|item| self.number_in(item)),
            Operand::Between(low, high) => self.number_in(low).or_else(|| self.number_in(high)),
            _ => None,
        }
    }

    /// A finding about this query.
    #[must_use]
    pub fn finding(&self, rule: &str, severity: Severity, table: Option<&str>, message: String) -> Finding {
        let several = self.query.samples.len() > 1;
        let subject = Subject {
            query: Some(self.query.name.clone()),
            sample: several.then(|| self.sample.label.clone()),
            table: table.map(str::to_owned),
            index: None,
            location: Some(self.location()),
        };
        Finding { rule: rule.into(), severity, subject, message, evidence: Vec::new(), remedy: String::new() }
    }

    /// The app's source line when it is known, else the workload's.
    fn location(&self) -> Location {
        let source = self.query.source.as_ref().and_then(|source| Some((source.file.clone(), source.line?)));
        source.map_or_else(|| self.query.defined_at.clone(), |(file, line)| Location::line(file, line))
    }
}

/// What the rules about the schema look at.
#[derive(Debug, Clone, Copy)]
pub struct SchemaContext<'a> {
    /// The schema with row counts.
    pub schema: &'a Schema,
    /// The queries that use it.
    pub catalogue: &'a [CatalogueEntry<'a>],
    /// Thresholds.
    pub options: &'a Options,
}

/// One query of the catalogue, for the rules about the schema.
#[derive(Debug, Clone)]
pub struct CatalogueEntry<'a> {
    /// The query.
    pub query: &'a Query,
    /// Its facts.
    pub shape: Option<&'a Shape>,
    /// Its plans, one per sample that could be explained.
    pub plans: Vec<&'a Plan>,
}
