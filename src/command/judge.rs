//! What `audit` and `explain` share: the queries, a planner to ask, and the verdicts.

use super::failure::Failure;
use super::schema;
use super::target::{self, Target};
use super::verdict::{Keep, Verdicts};
use crate::audit::ExplainError;
use crate::cli::{Global, Judge, SandboxChoice, SetChoice};
use crate::engine::EngineError;
use crate::engine::explain::JsonVersion;
use crate::engine::planner::{Planner, PlannerError, lanes_for};
use crate::engine::sandbox::ServerKind;
use crate::engine::settings::Address;
use crate::model::finding::Finding;
use crate::model::plan::Plan;
use crate::model::query::{Query, Sample};
use crate::model::scale::Scale;
use crate::source::workload::Workload;
use crate::sql::parse::bind;
use crate::term::Term;
use futures_util::{StreamExt, TryStreamExt};
use std::path::Path;
use std::sync::Arc;

/// What a server says to a session before it ends it: shutdown, kill, idle for too long (`ER_SERVER_SHUTDOWN`, `MariaDB`'s
/// `ER_CONNECTION_KILLED`, `ER_CLIENT_INTERACTION_TIMEOUT`). No verdict on the statement that was asked about.
const GONE: [u32; 3] = [1053, 1927, 4031];

/// The plans of one query, one per sample.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) plans: Vec<Result<Arc<Plan>, ExplainError>>,
}

/// Sets up what that many plans are asked of, as flags and configuration say.
///
/// # Errors
/// When a file, the database or a throwaway server cannot be used.
pub(super) async fn planner(
    args: &Judge,
    global: &Global,
    plans: usize,
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
        let jobs = args.jobs.map_or_else(|| lanes_for(plans), usize::from);
        let waiting = term.spinner("starting a throwaway server");
        let planner = Planner::sandbox(kind, &statements.iter().collect::<Vec<_>>(), &scale, version, jobs).await;
        drop(waiting);
        return Ok((planner.map_err(|error| failure(&error))?, Some(scale)));
    }
    if args.schema.is_some() && !args.embedded {
        return Err(Failure::usage(
            "--schema goes with --sandbox or --embedded: a configured server is judged as it is",
        ));
    }
    let mut target = if args.embedded { None } else { Some(target::resolve(global)?) };
    if let (Some(jobs), Some(target)) = (args.jobs, &mut target) {
        target.settings.pool = u32::from(jobs);
    }
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
    scale_named(&args.scale)
}

/// A scale profile by its name or path.
///
/// # Errors
/// When there is no such profile, or it cannot be used.
pub(super) fn scale_named(name: &str) -> Result<Scale, Failure> {
    let path = crate::source::find::find(Path::new("profiles/scale"), name)
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

/// Asks for the plans of all queries, several at once, and judges each in the order of the workload. A statement without
/// a plan does not stop the others. Gives the plans and the findings; those of the schema are among these where `whole`
/// says that the queries are the whole workload.
///
/// # Errors
/// When the database is gone, so that nothing more can be asked.
pub(super) async fn judged(
    planner: &Planner,
    scale: Option<&Scale>,
    queries: &[Query],
    (whole, keep): (bool, Keep),
    term: &Term,
) -> Result<(Vec<Planned>, Vec<Finding>), Failure> {
    let progress = term.progress(queries.len() as u64, "explaining");
    let mut verdicts = Verdicts::new(planner, scale, keep);
    let mut answers = std::pin::pin!(
        futures_util::stream::iter(queries)
            .map(|query| async move {
                let mut plans = Vec::with_capacity(query.samples.len());
                for sample in &query.samples {
                    plans.push(plan(planner, query, sample).await?);
                }
                Ok::<_, EngineError>((query, plans))
            })
            .buffered(planner.concurrency)
    );
    while let Some((query, plans)) = answers.try_next().await? {
        progress.step(&query.name);
        verdicts.add(query, plans);
    }
    Ok(verdicts.settle(whole))
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
