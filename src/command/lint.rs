//! `lint`: what pending migrations will do to a server that is in use.

use super::audit::fail_on;
use super::failure::Failure;
use super::prepare;
use super::survey::{Survey, Surveyed};
use super::target::{self, Target};
use crate::cli::{Format, Global, Lint, SandboxChoice};
use crate::engine::connect::Purpose;
use crate::engine::online::COPY_LIMIT;
use crate::engine::sandbox::ServerKind;
use crate::engine::settings::Address;
use crate::exit::Exit;
use crate::lint::{Options, RULES};
use crate::migration::plan::{self, Up};
use crate::model::finding::Severity;
use crate::model::lint::{LintReport, LintSummary};
use crate::model::migration::{Migration, Script, Statement};
use crate::model::query::Query;
use crate::model::report::FORMAT_VERSION;
use crate::model::scale::Scale;
use crate::render;
use crate::term::{Output, Term};
use std::path::{Path, PathBuf};

/// Runs `lint`.
///
/// # Errors
/// See [`Failure`].
pub(super) async fn run(args: &Lint, global: &Global, term: &mut Term) -> Result<Exit, Failure> {
    if args.list_rules {
        let rules: Vec<_> = RULES.iter().map(|rule| (rule.id, rule.severity, rule.summary)).collect();
        term.stdout(&render::rules::list(&rules, &term.style()))?;
        return Ok(Exit::Clean);
    }
    let output = Output::open(args.output.output.as_deref())?;
    let migrations = prepare::migrations(&args.migrations.migrations)?;
    let queries = workload(&args.workload)?;
    let (surveyed, pending) = surveyed(args, global, &migrations, queries, term).await?;
    let report = report(surveyed, pending, fail_on(args.fail_on));
    let style = output.style(term);
    let text = match args.output.format {
        Format::Table => render::lint::report(&report, args.verbose, &style),
        Format::Json => render::json::render(&report),
    };
    output.write(&text, term)?;
    Ok(if report.summary.failed { Exit::Findings } else { Exit::Clean })
}

/// The survey of what is pending, and how many migrations that are.
async fn surveyed(
    args: &Lint,
    global: &Global,
    migrations: &[Migration],
    queries: Vec<Query>,
    term: &mut Term,
) -> Result<(Surveyed, usize), Failure> {
    let target = if args.embedded || args.sandbox.is_some() { None } else { Some(target::resolve(global)?) };
    let mut options = Options { catalogue: !queries.is_empty(), copy_limit_bytes: COPY_LIMIT, ..Options::default() };
    let Some(target) = target else {
        return replayed(args, None, migrations, queries, options, term).await;
    };
    if matches!(target.settings.address, Address::Embedded(_)) {
        return replayed(args, Some(&target), migrations, queries, options, term).await;
    }
    if args.after.is_some() {
        return Err(Failure::usage(
            "the configured database says what is applied: --after goes with --sandbox or --embedded",
        ));
    }
    let mut session = prepare::open(&target, Purpose::Read, term).await?;
    let rows = prepare::ledger_rows(&mut session).await?;
    let entries = prepare::checked(migrations, &rows, true)?;
    let chosen =
        plan::up(&entries, Up { set: None, to: args.to }).map_err(|error| Failure::state(error.to_string()))?;
    prepare::written(&chosen)?;
    options.filled = false;
    let survey = Survey { scripts: ups(&chosen), queries, scale: None, options };
    let surveyed = survey.live(&mut session, term).await?;
    session.close().await.ok();
    Ok((surveyed, chosen.len()))
}

/// Without a server that says what is applied and how large its tables are.
async fn replayed(
    args: &Lint,
    target: Option<&Target>,
    migrations: &[Migration],
    queries: Vec<Query>,
    options: Options,
    term: &mut Term,
) -> Result<(Surveyed, usize), Failure> {
    let mut rows = Vec::new();
    if let Some(target) = target {
        let mut session = prepare::open(target, Purpose::Read, term).await?;
        rows = prepare::ledger_rows(&mut session).await?;
        session.close().await.ok();
    }
    if args.after.is_some() && !rows.is_empty() {
        return Err(Failure::usage(
            "the embedded database says what is applied: --after goes with --sandbox or --embedded",
        ));
    }
    let entries = prepare::checked(migrations, &rows, true)?;
    if let Some(after) = args.after {
        plan::up(&entries, Up { set: None, to: Some(after) }).map_err(|error| Failure::usage(error.to_string()))?;
    }
    let pending =
        plan::up(&entries, Up { set: None, to: args.to }).map_err(|error| Failure::state(error.to_string()))?;
    let chosen: Vec<&Migration> =
        pending.into_iter().filter(|migration| args.after.is_none_or(|after| migration.version > after)).collect();
    prepare::written(&chosen)?;
    let first = chosen.first().map_or(i64::MAX, |migration| migration.version);
    let is_chosen = |migration: &Migration| chosen.iter().any(|one| one.version == migration.version);
    let is_applied = |migration: &&Migration| {
        !is_chosen(migration)
            && (rows.iter().any(|row| row.version == migration.version) || rows.is_empty() && migration.version < first)
    };
    let applied: Vec<&Statement> = migrations.iter().filter(is_applied).flat_map(|one| &one.up.statements).collect();
    let kind = args.sandbox.map(|choice| match choice {
        SandboxChoice::Mysql => ServerKind::Mysql,
        SandboxChoice::Mariadb => ServerKind::Mariadb,
    });
    let options = Options { filled: rows.is_empty(), ..options };
    let survey = Survey { scripts: ups(&chosen), queries, scale: scale(args.scale.as_deref())?, options };
    Ok((survey.replayed(kind, &applied, term).await?, chosen.len()))
}

fn ups<'a>(chosen: &[&'a Migration]) -> Vec<(&'a Migration, &'a Script)> {
    chosen.iter().map(|migration| (*migration, &migration.up)).collect()
}

/// The scale that is asked for; else `high`, where there is one.
fn scale(name: Option<&str>) -> Result<Option<Scale>, Failure> {
    let path = match (name, crate::source::find::find(Path::new("profiles/scale"), name.unwrap_or("high"))) {
        (_, Ok(path)) => path,
        (None, Err(_)) => return Ok(None),
        (Some(_), Err(error)) => return Err(Failure::unable(format!("{error}; point to a profile with --scale PATH"))),
    };
    crate::source::scale::load(&path).map(Some).map_err(|error| Failure::unable(error.message))
}

/// The queries that are asked for; else those of the usual folder, where there is one.
fn workload(paths: &[PathBuf]) -> Result<Vec<Query>, Failure> {
    let usual = [PathBuf::from("profiles/workload")];
    let paths = match paths {
        [] if usual[0].is_dir() => &usual[..],
        [] => return Ok(Vec::new()),
        given => given,
    };
    crate::source::workload::load(paths)
        .map_err(|errors| Failure::unable(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("\n")))
}

fn report(surveyed: Surveyed, migrations: usize, fail_on: Option<Severity>) -> LintReport {
    let Surveyed { basis, verdict } = surveyed;
    let of = |severity| verdict.findings.iter().filter(|finding| finding.severity == severity).count();
    let summary = LintSummary {
        migrations,
        statements: verdict.statements.len(),
        errors: of(Severity::Error),
        warnings: of(Severity::Warning),
        infos: of(Severity::Info),
        waived: verdict.waived.len(),
        fail_on,
        failed: fail_on.is_some_and(|least| verdict.findings.iter().any(|finding| finding.severity >= least)),
    };
    LintReport {
        format_version: FORMAT_VERSION,
        basis,
        statements: verdict.statements,
        findings: verdict.findings,
        waived: verdict.waived,
        summary,
    }
}
