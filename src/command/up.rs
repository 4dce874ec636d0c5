//! `migrate` and `apply`: pending migrations, each by itself or all as one unit.

use super::failure::Failure;
use super::interrupt::{Interrupt, early};
use super::prepare;
use super::survey;
use super::target::Target;
use crate::cli::{Apply, Migrate, SetChoice, Write};
use crate::engine::connect::Purpose;
use crate::engine::runner::{Runner, Unit};
use crate::engine::{Session, ledger};
use crate::exit::Exit;
use crate::migration::plan::{self, Up};
use crate::migration::undoable::obstacles;
use crate::model::migration::{Direction, Migration, Set};
use crate::render;
use crate::sql::ddl::{AlterAction, Effect, effect};
use crate::term::Term;
use std::collections::BTreeSet;
use std::path::Path;

/// What was asked.
struct Request<'a> {
    up: Up,
    unit: Unit,
    allow_out_of_order: bool,
    write: &'a Write,
    folder: &'a Path,
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
        folder: &args.migrations.migrations,
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
        folder: &args.migrations.migrations,
    };
    run(&request, target, term).await
}

async fn run(request: &Request<'_>, target: &Target, term: &mut Term) -> Result<Exit, Failure> {
    let migrations = prepare::migrations(request.folder)?;
    let dry_run = request.write.dry_run;
    let purpose = if dry_run { Purpose::Read } else { Purpose::Write };
    let mut session = early(prepare::open(target, purpose, term)).await?;
    if !dry_run {
        early(prepare::take_lock(&mut session, target, term)).await?;
    }
    let rows = early(prepare::ledger_rows(&mut session)).await?;
    let entries = prepare::checked(&migrations, &rows, request.allow_out_of_order)?;
    let chosen = plan::up(&entries, request.up).map_err(|error| Failure::state(error.to_string()))?;
    prepare::written(&chosen)?;
    early(check(request, &mut session, &chosen)).await?;
    if dry_run {
        let scripts: Vec<_> = chosen.iter().map(|migration| (*migration, &migration.up)).collect();
        let linted = early(survey::dry_run(&mut session, &scripts, Direction::Up, term)).await?;
        term.stdout(&render::run::script(&scripts, &linted))?;
        return Ok(Exit::Clean);
    }
    if chosen.is_empty() {
        term.note("nothing to do: every migration that was asked for is applied");
        return Ok(Exit::Clean);
    }
    super::confirm(term, target, request.write, &format!("apply {} to {}", count(chosen.len()), session.place)).await?;
    execute(request, target, session, &chosen, term).await
}

/// Refuses before anything runs what would fail for certain, or could not be taken back where that is promised.
async fn check(request: &Request<'_>, session: &mut Session, chosen: &[&Migration]) -> Result<(), Failure> {
    prepare::translatable(session, chosen.iter().flat_map(|migration| &migration.up.statements))?;
    if request.unit == Unit::Migration {
        return Ok(());
    }
    let schema = session.schema(&[ledger::TABLE]).await?;
    let statements: Vec<_> = chosen.iter().flat_map(|migration| &migration.up.statements).collect();
    let mut refusals: Vec<String> = Vec::new();
    let created: BTreeSet<String> = statements
        .iter()
        .flat_map(|statement| match effect(&statement.sql) {
            Effect::CreateTable { table } | Effect::ReplaceTable { table } => vec![table.to_ascii_lowercase()],
            Effect::RenameTable { pairs } => pairs.into_iter().map(|(_, to)| to.to_ascii_lowercase()).collect(),
            Effect::AlterTable { actions, .. } => actions.iter().filter_map(renamed_to).collect(),
            _ => Vec::new(),
        })
        .collect();
    for statement in &statements {
        let (Effect::CreateIndex { table, .. } | Effect::AlterTable { table, .. }) = effect(&statement.sql) else {
            continue;
        };
        if schema.table(&table).is_none() && !created.contains(&table.to_ascii_lowercase()) {
            refusals.push(format!(
                "{}: table {table} is not there; run `aura-db apply schema` first, or `aura-db apply all`",
                statement.at
            ));
        }
    }
    if !session.has_transactional_ddl() {
        refusals.extend(obstacles(&statements, &schema, session.database().as_deref()).into_iter().map(|obstacle| {
            format!(
                "{}: {}, which could not be taken back if a later statement failed; run `aura-db migrate`, which goes \
                 one migration at a time",
                obstacle.statement.at, obstacle.reason
            )
        }));
    }
    if refusals.is_empty() { Ok(()) } else { Err(Failure::state(refusals.join("\n"))) }
}

fn renamed_to(action: &AlterAction) -> Option<String> {
    if let AlterAction::RenameTo(to) = action { Some(to.to_ascii_lowercase()) } else { None }
}

async fn execute(
    request: &Request<'_>,
    target: &Target,
    mut session: Session,
    chosen: &[&Migration],
    term: &mut Term,
) -> Result<Exit, Failure> {
    let interrupt = Interrupt::listen(&mut session, target).await?;
    let transactional = session.has_transactional_ddl();
    let mut lines = Vec::new();
    let outcome = {
        let progress = term.progress(chosen.len() as u64, "migrating");
        let mut done = |migration: &Migration, took: std::time::Duration| {
            progress.step(&migration.description);
            lines.push(render::run::line("applied", migration, took));
        };
        let runner = Runner::new(&mut session, Direction::Up, request.unit, interrupt.flag());
        interrupt.guard(runner.run(chosen, &mut done)).await
    };
    let whole = request.unit == Unit::Run;
    if transactional {
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
    session.close().await.ok();
    term.note(&format!("applied {}", count(chosen.len())));
    Ok(Exit::Clean)
}

/// `1 migration`, `3 migrations`.
pub(super) fn count(number: usize) -> String {
    if number == 1 { "1 migration".into() } else { format!("{number} migrations") }
}
