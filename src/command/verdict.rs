//! Judges plans as they come, so that of a long workload no more is kept than its report shows.

use super::judge::Planned;
use crate::audit::{self, CatalogueEntry, Context, ExplainError, Options};
use crate::engine::planner::Planner;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::plan::{Access, Estimate, Node, Operation, Plan};
use crate::model::query::Query;
use crate::model::report::Statistics;
use crate::model::scale::Scale;
use crate::sql::parse::parse_statement;
use crate::sql::shape::{Shape, shape};
use sqlparser::ast::Statement;
use std::collections::HashMap;
use std::sync::Arc;

/// Statements that are kept parsed: a workload of many entries has few texts, or so many that none comes again soon.
const PARSED: usize = 500;

/// What of a plan is still needed once its query is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// All of it: the report shows it, or a baseline compares it.
    Plans,
    /// Which indexes it reads, for the rules about the schema.
    Accesses,
}

/// Verdicts so far.
#[derive(Debug)]
pub(super) struct Verdicts<'a> {
    planner: &'a Planner,
    options: Options,
    keep: Keep,
    queries: Vec<&'a Query>,
    outcomes: Vec<Planned>,
    findings: Vec<Finding>,
    shapes: HashMap<&'a str, Option<Shape>>,
    parsed: HashMap<&'a str, Option<Statement>>,
    /// Plans that were kept for a text, each of them once.
    reduced: HashMap<&'a str, Vec<Arc<Plan>>>,
}

impl<'a> Verdicts<'a> {
    pub(super) fn new(planner: &'a Planner, scale: Option<&Scale>, keep: Keep) -> Self {
        let mut options = Options::default();
        if let Some(scale) = scale {
            options.concurrent_users = scale.concurrent_users;
        }
        Self {
            planner,
            options,
            keep,
            queries: Vec::new(),
            outcomes: Vec::new(),
            findings: Vec::new(),
            shapes: HashMap::new(),
            parsed: HashMap::new(),
            reduced: HashMap::new(),
        }
    }

    /// Judges one query by its plans, one per sample.
    pub(super) fn add(&mut self, query: &'a Query, plans: Vec<Result<Plan, ExplainError>>) {
        let sql = query.sql.as_str();
        let schema = &self.planner.schema;
        if self.parsed.len() >= PARSED {
            self.parsed.clear();
        }
        let statement = self.parsed.entry(sql).or_insert_with(|| parse_statement(sql).ok()).as_ref();
        let shape = self.shapes.entry(sql).or_insert_with(|| statement.map(|it| shape(it, schema))).as_ref();
        for (sample, plan) in query.samples.iter().zip(&plans) {
            self.findings.extend(audit::audit(&Context {
                query,
                sample,
                statement,
                shape,
                plan: plan.as_ref().ok(),
                explain_error: plan.as_ref().err(),
                schema,
                options: &self.options,
                engine: self.planner.engine.kind,
                injected: matches!(self.planner.statistics, Statistics::Injected { .. }),
            }));
        }
        let kept = self.reduced.entry(sql).or_default();
        let plans = plans.into_iter().map(|plan| plan.map(|plan| keep(plan, self.keep, kept))).collect();
        self.queries.push(query);
        self.outcomes.push(Planned { plans });
    }

    /// The plans, and all findings, those about the schema among them where `whole` says that the queries are the whole
    /// workload.
    pub(super) fn settle(mut self, whole: bool) -> (Vec<Planned>, Vec<Finding>) {
        if whole {
            let entries: Vec<CatalogueEntry<'_>> = self
                .queries
                .iter()
                .zip(&self.outcomes)
                .map(|(query, outcome)| CatalogueEntry {
                    query,
                    shape: self.shapes.get(query.sql.as_str()).and_then(Option::as_ref),
                    plans: outcome.plans.iter().filter_map(|plan| plan.as_deref().ok()).collect(),
                })
                .collect();
            self.findings.extend(audit::audit_schema(&self.planner.schema, &entries, &self.options));
        }
        self.findings.extend(self.planner.untranslated.iter().map(|(at, reason)| Finding {
            rule: audit::rules::CANNOT_EXPLAIN.into(),
            severity: Severity::Warning,
            subject: Subject { location: Some(at.clone()), ..Subject::default() },
            message: format!("this migration's statement does not run on the embedded engine: {reason}"),
            evidence: vec!["what it would have made is missing from the schema that was judged".into()],
            remedy: "judge on a real server: --sandbox mysql, or --sandbox mariadb".into(),
        }));
        (self.outcomes, audit::settle(self.findings))
    }
}

/// The plan, or what is needed of it: the same as a plan before it, wherever there was one.
fn keep(plan: Plan, keep: Keep, kept: &mut Vec<Arc<Plan>>) -> Arc<Plan> {
    if keep == Keep::Plans {
        return Arc::new(plan);
    }
    let reduced = reduced(&plan);
    if let Some(known) = kept.iter().find(|known| ***known == reduced) {
        return Arc::clone(known);
    }
    let reduced = Arc::new(reduced);
    kept.push(Arc::clone(&reduced));
    reduced
}

/// Which tables and indexes a plan reads, and how.
fn reduced(plan: &Plan) -> Plan {
    let access = |access: &Access| Access {
        table: access.table.clone(),
        access_type: access.access_type,
        key: access.key.clone(),
        key_parts: Vec::new(),
        possible_keys: Vec::new(),
        covering: access.covering,
        rows: Estimate::Unknown(String::new()),
        filtered: None,
        condition: None,
    };
    let children = plan.accesses().into_iter().map(|read| Node::table(access(read))).collect();
    Plan { root: Node::new(Operation::Query, children), cost: None, warnings: Vec::new() }
}
