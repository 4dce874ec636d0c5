//! `migrate` and `apply`: pending migrations, each by itself or all as one unit.

use super::archive;
use super::doubt;
use super::failure::Failure;
use super::files::Files;
use super::interrupt::{Interrupt, early};
use super::narrator::Narrator;
use super::prepare::{self, History};
use super::restore;
use super::survey::{self, Dry};
use super::target::Target;
use super::turn::Turn;
use super::{unsure, whole};
use crate::cli::{Apply, Migrate, Migrations, Scratch, SetChoice, Write};
use crate::engine::Session;
use crate::engine::connect::Purpose;
use crate::engine::ledger::Ledger;
use crate::engine::runner::{Answers, Runner, Unit};
use crate::exit::Exit;
use crate::migration::existing::Defined;
use crate::migration::plan::{self, Up};
use crate::migration::preflight::{self, Before};
use crate::model::location::Location;
use crate::model::migration::{Direction, Migration, Set, Statement};
use crate::render;
use crate::sql::ddl::{Effect, databases, effect, targets};
use crate::term::Term;
use std::collections::BTreeSet;

/// What was asked.
struct Request<'a> {
    up: Up,
    unit: Unit,
    allow_out_of_order: bool,
    write: &'a Write,
    scratch: &'a Scratch,
    files: &'a Migrations,
    restore: bool,
}

/// Runs `migrate`.
///
/// # Errors
/// See [`Failure`].
pub(super) async fn migrate(args: &Migrate, target: &Target, term: &mut Term) -> Result<Exit, Failure> {
    let request = Request {
        up: Up { set: None, to: args.to },
        unit: Unit::Migration,
        allow_out_of_order: args.allow_out_of_order,
        write: &args.write,
        scratch: &args.scratch,
        files: &args.migrations,
        restore: !args.no_restore,
    };
    run(&request, target, term).await
}

/// Runs `apply`.
///
/// # Errors
/// See [`Failure`].
pub(super) async fn apply(args: &Apply, target: &Target, term: &mut Term) -> Result<Exit, Failure> {
    let set = match args.set {
        SetChoice::Schema => Some(Set::Schema),
        SetChoice::Indexes => Some(Set::Indexes),
        SetChoice::All => None,
    };
    let request = Request {
        up: Up { set, to: None },
        unit: Unit::Run,
        allow_out_of_order: args.allow_out_of_order,
        write: &args.write,
        scratch: &args.scratch,
        files: &args.migrations,
        restore: !args.no_restore,
    };
    run(&request, target, term).await
}

async fn run(request: &Request<'_>, target: &Target, term: &mut Term) -> Result<Exit, Failure> {
    let dry_run = request.write.dry_run;
    let purpose = if dry_run { Purpose::Read } else { Purpose::Write };
    let opening = Files::load_and_open(request.files, target, purpose, term);
    let (files, session) = early(opening).await?;
    let mut opened = Some(session);
    let mut turn = Turn::new(target, request.write);
    let mut answers = doubt::answers(request.write);
    loop {
        let mut session = match opened.take() {
            Some(session) => session,
            None => early(prepare::open(target, purpose, term)).await?,
        };
        if !dry_run {
            early(turn.take(&mut session, term)).await?;
        }
        let outcome = plan_and_run(request, &files, (session, &answers), &mut turn, term).await;
        turn.pause().await;
        if let Some(exit) = doubt::settle(outcome, &mut answers, term).await? {
            return Ok(exit);
        }
    }
}

async fn plan_and_run(
    request: &Request<'_>,
    files: &Files,
    (mut session, answers): (Session, &Answers),
    turn: &mut Turn<'_>,
    term: &mut Term,
) -> Result<Exit, Failure> {
    let ledger = early(files.ledger(&mut session, term)).await?;
    loop {
        let history = early(History::read(&mut session, &ledger)).await?;
        if history.has_undoing() && !request.write.dry_run {
            turn.finish_undoing(&mut session, &ledger, term).await?;
            continue;
        }
        if !request.write.dry_run {
            early(history.record_planned(&mut session, &ledger, term)).await?;
        }
        if !request.write.dry_run && early(unsure::record(&mut session, &ledger, files, &history, answers)).await? {
            continue;
        }
        let has_archives = !request.write.dry_run && early(archive::mend(&mut session, &ledger)).await?;
        let entries = history.checked(&files.migrations, Direction::Up, request.allow_out_of_order)?;
        let chosen = plan::up(&entries, request.up).map_err(|error| Failure::state(error.to_string()))?;
        prepare::written(&chosen)?;
        unsure::refuse(&chosen, &history, answers)?;
        if chosen.is_empty() && !request.write.dry_run {
            if request.restore && has_archives {
                restore::catch_up(&mut session, &ledger, term).await?;
            }
            term.note("nothing to do: every migration that was asked for is applied");
            return Ok(Exit::Clean);
        }
        early(unadopted(&mut session, &ledger, &history, &chosen)).await?;
        let ups = files.migrations.iter().flat_map(|migration| &migration.up.statements);
        let defined = Defined::of(ups.map(|statement| statement.sql.as_str()));
        early(check(request, &mut session, &ledger, &history, &chosen, &defined)).await?;
        // Of what a run was cut off in, a part is done already.
        let begun = |version: i64| history.journal.iter().any(|row| row.version == version);
        let ups: Vec<(&Statement, bool)> = chosen
            .iter()
            .map(|migration| (migration, !begun(migration.version)))
            .flat_map(|(migration, certain)| migration.up.statements.iter().map(move |one| (one, certain)))
            .collect();
        early(prepare::spare_needed_indexes(&mut session, &ledger, &ups)).await?;
        if request.write.dry_run {
            let scripts: Vec<_> = chosen.iter().map(|migration| (*migration, &migration.up)).collect();
            let dry = Dry {
                scripts: &scripts,
                direction: Direction::Up,
                copy_limit_bytes: turn.copy_limit(),
                beside: turn.beside(request.scratch),
            };
            let linted = early(survey::dry_run(&mut session, &ledger, &history, dry, term)).await?;
            let done = survey::done(&history, &scripts, Direction::Up);
            let shown = survey::shown(&scripts);
            let shown: Vec<_> = shown.iter().map(|(migration, script)| (*migration, script)).collect();
            term.stdout(&render::run::script(&shown, &linted, &done))?;
            return Ok(Exit::Clean);
        }
        early(prepare::spare_copies(&mut session, &ledger, &turn.copies(), &ups)).await?;
        let question = format!("apply {} to {}", count(chosen.len()), session.place);
        let plan = chosen.iter().map(|migration| migration.version.to_string()).collect::<Vec<_>>().join(" ");
        if turn.is_agreed(&mut session, &question, plan, term).await? {
            if has_archives {
                archive::forget_agreed(&mut session, &ledger, &history.journal).await?;
            }
            return work(request, turn, (session, answers), (&ledger, defined), &chosen, term).await;
        }
    }
}

/// Refuses a database without any history that has tables which the migrations make: it was made by hand.
async fn unadopted(
    session: &mut Session,
    ledger: &Ledger,
    history: &History,
    chosen: &[&Migration],
) -> Result<(), Failure> {
    if !history.ledger.is_empty() || !history.journal.is_empty() {
        return Ok(());
    }
    let made = first_made(chosen.iter().flat_map(|migration| &migration.up.statements));
    if made.is_empty() {
        return Ok(());
    }
    let live = session.schema(&[ledger.table()]).await?;
    // What was brought back by itself makes room for its migration.
    let renamed = crate::engine::archive::renamed(session, ledger.table()).await?;
    let makes_room = |table: &str| renamed.iter().any(|one| one.table.eq_ignore_ascii_case(table));
    let there: Vec<String> = made
        .iter()
        .filter(|(table, _)| live.table(table).is_some() && !makes_room(table))
        .map(|(table, at)| format!("{at}: table {table} is there already"))
        .collect();
    if there.is_empty() {
        return Ok(());
    }
    Err(Failure::state(format!(
        "{}\nnothing was run: no migration is recorded in {}, and it has tables that migrations make. Record what is \
         there with `aura-db adopt` (see it first with `aura-db adopt --dry-run`), then migrate",
        there.join("\n"),
        session.place
    )))
}

/// Tables that the statements make before they do anything else with them, and where. `IF NOT EXISTS` allows for one.
fn first_made<'a>(statements: impl Iterator<Item = &'a Statement>) -> Vec<(String, &'a Location)> {
    let (mut seen, mut made) = (BTreeSet::new(), Vec::new());
    for statement in statements {
        let is_new = |table: &String| !seen.contains(&table.to_ascii_lowercase());
        if let Effect::CreateTable { table } = effect(&statement.sql)
            && is_new(&table)
            && databases(&statement.sql).is_empty()
            && !is_conditional(&statement.sql)
        {
            made.push((table, &statement.at));
        }
        seen.extend(targets(&statement.sql).into_iter().map(|table| table.to_ascii_lowercase()));
    }
    made
}

fn is_conditional(sql: &str) -> bool {
    let words: Vec<String> = sql.split_whitespace().take(8).map(str::to_ascii_uppercase).collect();
    // A temporary table hides the one that is there.
    words.windows(3).any(|three| three == ["IF", "NOT", "EXISTS"])
        || words.get(1).is_some_and(|word| word == "TEMPORARY")
}

/// Refuses before anything runs what would fail for certain, or could not be taken back where that is promised.
async fn check(
    request: &Request<'_>,
    session: &mut Session,
    ledger: &Ledger,
    history: &History,
    chosen: &[&Migration],
    defined: &Defined,
) -> Result<(), Failure> {
    prepare::translatable(session, chosen.iter().flat_map(|migration| &migration.up.statements))?;
    let undone = undone(history, chosen);
    prepare::understood(session, undone.iter().copied())?;
    prepare::compatible(session, chosen.iter().map(|migration| &migration.up), |one| {
        !undone.iter().any(|undone| std::ptr::eq(*undone, one))
    })?;
    prepare::sendable(session, undone.iter().copied())?;
    let mut refusals = missing(request, session, history, chosen, defined).await?;
    if request.unit == Unit::Migration {
        return if refusals.is_empty() { Ok(()) } else { Err(Failure::state(refusals.join("\n"))) };
    }
    refusals.extend(whole::refusals(session, ledger, history, chosen).await?);
    if refusals.is_empty() { Ok(()) } else { Err(Failure::state(refusals.join("\n"))) }
}

/// The statements that no run which was cut off has done already.
fn undone<'a>(history: &History, chosen: &[&'a Migration]) -> Vec<&'a Statement> {
    let scripts: Vec<_> = chosen.iter().map(|migration| (*migration, &migration.up)).collect();
    let done = survey::done(history, &scripts, Direction::Up);
    let of = |(at, migration): (usize, &&'a Migration)| {
        let left = migration.up.statements.iter().enumerate().filter(|(position, _)| !done.contains(&(at, *position)));
        left.map(|(_, statement)| statement).collect::<Vec<_>>()
    };
    chosen.iter().enumerate().flat_map(of).collect()
}

/// What the statements need and is missing, or what is in their way.
async fn missing(
    request: &Request<'_>,
    session: &mut Session,
    history: &History,
    chosen: &[&Migration],
    defined: &Defined,
) -> Result<Vec<String>, Failure> {
    let tables = preflight::tables(chosen.iter().flat_map(|migration| &migration.up.statements));
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let schema = session.schema_of(&tables).await?;
    let begun = |version: i64| {
        history.journal.iter().any(|row| row.version == version)
            || history.ledger.iter().any(|row| row.version == version)
    };
    let statements = chosen.iter().flat_map(|migration| {
        let begun = begun(migration.version);
        migration.up.statements.iter().map(move |statement| (statement, begun))
    });
    let remedy = match request.unit {
        Unit::Run => "run `aura-db apply schema` first, or `aura-db apply all`",
        Unit::Migration => "make it in a migration before this one, or correct the name",
    };
    let (engine, database) = (session.engine.clone(), session.database());
    let before = Before { schema: &schema, engine: &engine, database: database.as_deref(), defined, remedy };
    Ok(preflight::refusals(statements, before))
}

/// Runs the migrations, and brings back what earlier rollbacks of them have put aside.
async fn work(
    request: &Request<'_>,
    turn: &Turn<'_>,
    (mut session, answers): (Session, &Answers),
    (ledger, defined): (&Ledger, Defined),
    chosen: &[&Migration],
    term: &mut Term,
) -> Result<Exit, Failure> {
    let due = if request.restore { restore::due(&mut session, ledger, chosen, term).await? } else { Vec::new() };
    // What comes after a migration may build on its rows, so they are brought back before it.
    let groups: Vec<&[&Migration]> = match request.unit {
        Unit::Migration => chosen.split_inclusive(|migration| due.contains(&migration.version)).collect(),
        Unit::Run => vec![chosen],
    };
    for group in groups {
        execute(
            request,
            turn,
            (&mut session, answers),
            (ledger.clone(), defined.clone()),
            (group, !due.is_empty()),
            term,
        )
        .await?;
    }
    if !due.is_empty() {
        restore::end_embedded(&mut session).await?;
    }
    session.close().await.ok();
    term.note(&format!("applied {}", count(chosen.len())));
    Ok(Exit::Clean)
}

async fn execute(
    request: &Request<'_>,
    turn: &Turn<'_>,
    (session, answers): (&mut Session, &Answers),
    (ledger, defined): (Ledger, Defined),
    (chosen, brings_back): (&[&Migration], bool),
    term: &mut Term,
) -> Result<(), Failure> {
    let interrupt = Interrupt::listen(session);
    let transactional = session.has_transactional_ddl();
    let mut narrator = Narrator::new(term.progress(chosen.len() as u64, "migrating"), "applied");
    let runner = Runner::new(session, ledger.clone(), Direction::Up, request.unit, turn.executor(&interrupt))
        .answers(answers.clone())
        .defined(defined)
        .copies(turn.copies());
    let outcome = interrupt.guard(term, runner.run(chosen, &mut narrator)).await;
    let lines = std::mem::take(&mut narrator.lines);
    drop(narrator);
    let whole = request.unit == Unit::Run;
    if transactional && (outcome.is_err() || !brings_back) {
        let end = if outcome.is_err() && whole { "ROLLBACK" } else { "COMMIT" };
        if let Err(error) = session.run_own(end).await {
            // A full disk, for one, has ended the transaction of the whole run already.
            return Err(outcome.err().map_or_else(|| error.into(), |first| Failure::from_run(&first, "run")));
        }
    }
    // What became of the database is said even when stdout cannot be written.
    let written = if outcome.is_ok() || !whole { term.stdout(&lines.concat()) } else { Ok(()) };
    let unit = if whole { "run" } else { "migration" };
    outcome.map_err(|error| Failure::from_run(&error, unit))?;
    written?;
    if brings_back {
        let versions: Vec<i64> = chosen.iter().map(|migration| migration.version).collect();
        restore::bring_back(session, &ledger, Some(&versions), term).await?;
    }
    Ok(())
}

/// `1 migration`, `3 migrations`.
pub(super) fn count(number: usize) -> String {
    if number == 1 { "1 migration".into() } else { format!("{number} migrations") }
}
