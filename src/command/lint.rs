//! `lint`: what pending migrations will do to a server that is in use.

use super::audit::fail_on;
use super::failure::Failure;
use super::files::Files;
use super::interrupt::early;
use super::prepare::{self, History};
use super::reports::{Forms, Sinks};
use super::survey::{self, Beside, Survey, Surveyed};
use super::target;
use crate::cli::{Global, Lint, SandboxChoice};
use crate::engine::connect::Purpose;
use crate::engine::sandbox::ServerKind;
use crate::engine::settings::Address;
use crate::exit::Exit;
use crate::lint::{Options, RULES};
use crate::migration::plan::{self, Up};
use crate::migration::verify::{Entry, State, verify};
use crate::model::environment::COPY_LIMIT;
use crate::model::finding::Severity;
use crate::model::lint::{LintReport, LintSummary};
use crate::model::migration::{Direction, Migration, Script, Statement};
use crate::model::query::Query;
use crate::model::report::{FORMAT_VERSION, RuleEntry, RulesReport};
use crate::model::scale::Scale;
use crate::render::{self, review::Review};
use crate::term::Term;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Runs `lint`.
///
/// # Errors
/// See [`Failure`].
pub(super) async fn run(args: &Lint, global: &Global, term: &mut Term) -> Result<Exit, Failure> {
    let output = Sinks::open(&args.output)?;
    if args.list_rules {
        return output.write_rules(&rules(), term);
    }
    let queries = workload(&args.workload)?;
    let (surveyed, pending) = Box::pin(early(surveyed(args, global, queries, term))).await?;
    let report = report(surveyed, pending, fail_on(args.fail_on));
    let home = report.statements.first().map(|statement| statement.at.clone());
    let forms = Forms {
        table: &|style| render::lint::report(&report, args.verbose, style),
        json: &|| render::json::render(&report),
        review: &|| Review::lint(&report, rules().rules),
        home: home.as_ref(),
    };
    output.write(&forms, term)
}

fn rules() -> RulesReport {
    let rules = RULES.iter().map(|rule| RuleEntry {
        id: rule.id.into(),
        severity: rule.severity,
        summary: rule.summary.into(),
        help: rule.help.into(),
    });
    RulesReport { format_version: FORMAT_VERSION, rules: rules.collect() }
}

/// The survey of what is pending, and how many migrations that are.
async fn surveyed(
    args: &Lint,
    global: &Global,
    queries: Vec<Query>,
    term: &mut Term,
) -> Result<(Surveyed, usize), Failure> {
    let target = if args.embedded || args.sandbox.is_some() { None } else { Some(target::resolve(global)?) };
    let files = Files::load(&args.migrations, target.as_ref(), term)?;
    let (catalogue, today) = (!queries.is_empty(), super::today::today()?);
    let mut options = Options { catalogue, copy_limit_bytes: COPY_LIMIT, today, ..Options::default() };
    let Some(target) = target else {
        let entries = verify(&files.migrations, &[], &[], true);
        return replayed(args, &files.migrations, &entries, queries, options, term).await;
    };
    options.copy_limit_bytes = target.copy_limit;
    prepare::present(&target)?;
    let mut session = prepare::open(&target, Purpose::Read, term).await?;
    let ledger = files.ledger(&mut session, term).await?;
    let history = History::read(&mut session, &ledger).await?;
    let entries = history.checked(&files.migrations, Direction::Up, true)?;
    let is_server = matches!(target.settings.address, Address::Server(_));
    if args.after.is_some() && (is_server || !history.ledger.is_empty()) {
        return Err(Failure::usage(
            "the configured database says what is applied: --after goes with --sandbox or --embedded",
        ));
    }
    if !is_server && args.scratch_schema.is_some() {
        return Err(survey::no_scratch());
    }
    if !is_server {
        session.close().await.ok();
        return replayed(args, &files.migrations, &entries, queries, options, term).await;
    }
    let chosen =
        plan::up(&entries, Up { set: None, to: args.to }).map_err(|error| Failure::state(error.to_string()))?;
    prepare::written(&chosen)?;
    let scripts = ups(&chosen);
    let done = survey::done(&history, &scripts, Direction::Up);
    let beside = args.scratch_schema.as_deref().map(|name| Beside { settings: &target.settings, name });
    let survey = Survey { scripts, queries, scale: None, options, done, beside };
    let surveyed = survey.live(&mut session, &ledger, term).await?;
    session.close().await.ok();
    Ok((surveyed, chosen.len()))
}

/// Without a server that says what is applied and how large its tables are.
async fn replayed(
    args: &Lint,
    migrations: &[Migration],
    entries: &[Entry<'_>],
    queries: Vec<Query>,
    options: Options,
    term: &mut Term,
) -> Result<(Surveyed, usize), Failure> {
    if let Some(after) = args.after {
        plan::up(entries, Up { set: None, to: Some(after) }).map_err(|error| Failure::usage(error.to_string()))?;
    }
    let pending =
        plan::up(entries, Up { set: None, to: args.to }).map_err(|error| Failure::state(error.to_string()))?;
    let chosen: Vec<&Migration> =
        pending.into_iter().filter(|migration| args.after.is_none_or(|after| migration.version > after)).collect();
    prepare::written(&chosen)?;
    // A database that has applied nothing is as good as none.
    let applied_there =
        |version: i64| entries.iter().any(|entry| entry.version == version && entry.state == State::Applied);
    let filled = !entries.iter().any(|entry| entry.state == State::Applied);
    let first = chosen.first().map_or(i64::MAX, |migration| migration.version);
    let is_chosen = |migration: &Migration| chosen.iter().any(|one| one.version == migration.version);
    let is_applied = |migration: &&Migration| {
        !is_chosen(migration) && (applied_there(migration.version) || filled && migration.version < first)
    };
    let applied: Vec<&Statement> = migrations.iter().filter(is_applied).flat_map(|one| &one.up.statements).collect();
    let kind = args.sandbox.map(|choice| match choice {
        SandboxChoice::Mysql => ServerKind::Mysql,
        SandboxChoice::Mariadb => ServerKind::Mariadb,
    });
    let options = Options { filled, ..options };
    let (scale, done) = (scale(args.scale.as_deref())?, BTreeSet::new());
    let survey = Survey { scripts: ups(&chosen), queries, scale, options, done, beside: None };
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
