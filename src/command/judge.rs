//! What `audit` and `explain` share: the queries, a planner to ask, and the verdicts.

use super::failure::Failure;
use super::schema;
use super::target::{self, Target};
use crate::audit::{self, CatalogueEntry, Context, ExplainError, Options};
use crate::cli::{Global, Judge, SandboxChoice, SetChoice};
use crate::engine::EngineError;
use crate::engine::explain::JsonVersion;
use crate::engine::planner::{Planner, PlannerError};
use crate::engine::sandbox::ServerKind;
use crate::engine::settings::Address;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::plan::Plan;
use crate::model::query::{Query, Sample};
use crate::model::report::Statistics;
use crate::model::scale::Scale;
use crate::source::workload::Workload;
use crate::sql::parse::{bind, parse_statement};
use crate::sql::shape::{Shape, shape};
use crate::term::Term;
use futures_util::{StreamExt, TryStreamExt};
use std::path::Path;

/// What a server says to a session before it ends it: shutdown, kill, idle for too long (`ER_SERVER_SHUTDOWN`, `MariaDB`'s
/// `ER_CONNECTION_KILLED`, `ER_CLIENT_INTERACTION_TIMEOUT`). No verdict on the statement that was asked about.
const GONE: [u32; 3] = [1053, 1927, 4031];

/// The plans of one query, one per sample.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) plans: Vec<Result<Plan, ExplainError>>,
}

/// Sets up what plans are asked of, as flags and configuration say.
///
/// # Errors
/// When a file, the database or a throwaway server cannot be used.
pub(super) async fn planner(
    args: &Judge,
    global: &Global,
    term: &mut Term,
) -> Result<(Planner, Option<Scale>), Failure> {
    let version = if args.explain_json == 2 { JsonVersion::Two } else { JsonVersion::One };
    if let Some(choice) = args.sandbox {
        let scale = scale(args)?;
        let statements = schema::statements(args, global, term).await?;
        let kind = match choice {
            SandboxChoice::Mysql => ServerKind::Mysql,
            SandboxChoice::Mariadb => ServerKind::Mariadb,
        };
        let waiting = term.spinner("starting a throwaway server");
        let planner = Planner::sandbox(kind, &statements.iter().collect::<Vec<_>>(), &scale, version).await;
        drop(waiting);
        return Ok((planner.map_err(|error| failure(&error))?, Some(scale)));
    }
    if args.schema.is_some() && !args.embedded {
        return Err(Failure::usage(
            "--schema goes with --sandbox or --embedded: a configured server is judged as it is",
        ));
    }
    let target = if args.embedded { None } else { Some(target::resolve(global)?) };
    if let Some(note) = target.as_ref().and_then(|target| target.note.as_ref()) {
        term.note(note);
    }
    match target {
        Some(Target { settings, .. }) if matches!(settings.address, Address::Server(_)) => {
            if args.set != SetChoice::All {
                return Err(Failure::usage(
                    "a configured server is judged as it is: --set goes with --sandbox or --embedded",
                ));
            }
            let planner = Planner::server(&settings, version).await.map_err(|error| failure(&error))?;
            Ok((planner, None))
        }
        target => {
            if let Some(target) = target.as_ref() {
                super::prepare::present(target)?;
            }
            let scale = scale(args)?;
            let file = target.and_then(|target| match target.settings.address {
                // A set that is asked for, and a database without a table, are replayed from the migrations.
                Address::Embedded(file) if file.exists() && args.set == SetChoice::All => Some(file),
                _ => None,
            });
            if let Some(file) = file {
                let copy = Planner::embedded_copy(&file, &scale).await.map_err(|error| failure(&error))?;
                if !copy.schema.tables.is_empty() {
                    return Ok((copy, Some(scale)));
                }
            }
            let statements = schema::statements(args, global, term).await?;
            let planner = Planner::embedded(&statements.iter().collect::<Vec<_>>(), &scale).await;
            Ok((planner.map_err(|error| failure(&error))?, Some(scale)))
        }
    }
}

fn scale(args: &Judge) -> Result<Scale, Failure> {
    let path = crate::source::find::find(Path::new("profiles/scale"), &args.scale)
        .map_err(|error| Failure::unable(format!("{error}; point to a profile with --scale PATH")))?;
    crate::source::scale::load(&path).map_err(|error| Failure::unable(error.message))
}

fn failure(error: &PlannerError) -> Failure {
    match error {
        PlannerError::Engine(EngineError::Interrupted) => Failure::interrupted(),
        PlannerError::Replay { at, error } => {
            Failure::unable(format!("{at}: this does not run on the throwaway database: {error}"))
        }
        other => Failure::unable(other.to_string()),
    }
}

/// Loads the workload, with everything that is wrong with it in the failure.
///
/// # Errors
/// When a file cannot be read or holds a mistake.
pub(super) fn workload(args: &Judge) -> Result<Workload, Failure> {
    crate::source::workload::load_all(&args.workload)
        .map_err(|errors| Failure::unable(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("\n")))
}

/// Asks for the plans of all queries, several at once. A statement without a plan does not stop the others.
///
/// # Errors
/// When the database is gone, so that nothing more can be asked.
pub(super) async fn plans(planner: &Planner, queries: &[Query], term: &Term) -> Result<Vec<Planned>, Failure> {
    let progress = term.progress(queries.len() as u64, "explaining");
    let outcomes = futures_util::stream::iter(queries)
        .map(|query| async {
            let mut plans = Vec::with_capacity(query.samples.len());
            for sample in &query.samples {
                plans.push(plan(planner, query, sample).await?);
            }
            progress.step(&query.name);
            Ok(Planned { plans })
        })
        .buffered(planner.concurrency)
        .try_collect::<Vec<_>>()
        .await;
    outcomes.map_err(|error: EngineError| error.into())
}

/// One plan. The outer error means that the database is gone, the inner one that this statement has no plan.
async fn plan(planner: &Planner, query: &Query, sample: &Sample) -> Result<Result<Plan, ExplainError>, EngineError> {
    let bound = match bind(&query.sql, &sample.params) {
        Ok(bound) => bound,
        Err(error) => return Ok(Err(ExplainError { code: None, message: error.message })),
    };
    match planner.explain(&bound).await {
        Ok(plan) => Ok(Ok(plan)),
        Err(EngineError::Connection(message)) => Err(EngineError::Connection(message)),
        Err(EngineError::Server(error)) if GONE.contains(&error.code) => {
            Err(EngineError::Connection(format!("the server ended the connection: {}", error.message)))
        }
        Err(EngineError::Server(error)) => {
            Ok(Err(ExplainError { code: Some(error.code).filter(|code| *code != 0), message: error.message }))
        }
        Err(EngineError::Untranslatable(message)) => Ok(Err(ExplainError { code: None, message })),
        Err(error) => Ok(Err(ExplainError { code: None, message: error.to_string() })),
    }
}

/// The findings of all queries, and of the schema where `whole` says that the queries are the whole workload.
pub(super) fn findings(
    planner: &Planner,
    scale: Option<&Scale>,
    queries: &[Query],
    outcomes: &[Planned],
    whole: bool,
) -> Vec<Finding> {
    let mut options = Options::default();
    if let Some(scale) = scale {
        options.concurrent_users = scale.concurrent_users;
    }
    let statements: Vec<_> = queries.iter().map(|query| parse_statement(&query.sql).ok()).collect();
    let shapes: Vec<Option<Shape>> =
        statements.iter().map(|statement| statement.as_ref().map(|it| shape(it, &planner.schema))).collect();
    let injected = matches!(planner.statistics, Statistics::Injected { .. });
    let mut findings = Vec::new();
    let mut entries = Vec::new();
    for (position, (query, outcomes)) in queries.iter().zip(outcomes).enumerate() {
        for (sample, plan) in query.samples.iter().zip(&outcomes.plans) {
            findings.extend(audit::audit(&Context {
                query,
                sample,
                statement: statements[position].as_ref(),
                shape: shapes[position].as_ref(),
                plan: plan.as_ref().ok(),
                explain_error: plan.as_ref().err(),
                schema: &planner.schema,
                options: &options,
                engine: planner.engine.kind,
                injected,
            }));
        }
        let plans = outcomes.plans.iter().filter_map(|plan| plan.as_ref().ok()).collect();
        entries.push(CatalogueEntry { query, shape: shapes[position].as_ref(), plans });
    }
    if whole {
        findings.extend(audit::audit_schema(&planner.schema, &entries, &options));
    }
    findings.extend(planner.untranslated.iter().map(|(at, reason)| Finding {
        rule: audit::rules::CANNOT_EXPLAIN.into(),
        severity: Severity::Warning,
        subject: Subject { location: Some(at.clone()), ..Subject::default() },
        message: format!("this migration's statement does not run on the embedded engine: {reason}"),
        evidence: vec!["what it would have made is missing from the schema that was judged".into()],
        remedy: "judge on a real server: --sandbox mysql, or --sandbox mariadb".into(),
    }));
    audit::settle(findings)
}
