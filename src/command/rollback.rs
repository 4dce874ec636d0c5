//! `rollback`: migrations or a whole set down, without losing rows by surprise.

use super::failure::Failure;
use super::interrupt::{Interrupt, early};
use super::prepare;
use super::survey;
use super::target::Target;
use super::up::count;
use crate::cli::{Rollback, SetChoice};
use crate::engine::connect::Purpose;
use crate::engine::loss::{self, Loss};
use crate::engine::runner::{Runner, Unit};
use crate::engine::{Session, ledger};
use crate::exit::Exit;
use crate::migration::cascade::with_cascades;
use crate::migration::loss::{at_risk, seeds};
use crate::migration::plan::{self, Down};
use crate::model::migration::{Direction, Migration, Set};
use crate::render;
use crate::term::Term;

/// Runs `rollback`.
///
/// # Errors
/// See [`Failure`].
pub(super) async fn run(args: &Rollback, target: &Target, term: &mut Term) -> Result<Exit, Failure> {
    let migrations = prepare::migrations(&args.migrations.migrations)?;
    let dry_run = args.write.dry_run;
    let mut session = early(prepare::open(target, Purpose::Read, term)).await?;
    if !dry_run {
        early(prepare::take_lock(&mut session, target, term)).await?;
    }
    let rows = early(prepare::ledger_rows(&mut session)).await?;
    let entries = prepare::checked(&migrations, &rows, true)?;
    let chosen = plan::down(&entries, request(args)).map_err(|error| Failure::state(error.to_string()))?;
    let downs = || chosen.iter().filter_map(|migration| migration.down.as_ref().map(|down| (*migration, down)));
    prepare::translatable(&session, downs().flat_map(|(_, down)| &down.statements))?;
    let losses = early(losses(&mut session, &chosen)).await?;
    if dry_run {
        for loss in &losses {
            term.note(&format!("would lose {}", line(loss)));
        }
        let scripts: Vec<_> = downs().collect();
        let linted = early(survey::dry_run(&mut session, &scripts, Direction::Down, term)).await?;
        term.stdout(&render::run::script(&scripts, &linted))?;
        return Ok(Exit::Clean);
    }
    if chosen.is_empty() {
        term.note("nothing to do: no migration that was asked for is applied");
        return Ok(Exit::Clean);
    }
    if !losses.is_empty() && !args.discard_data {
        let list: Vec<String> = losses.iter().map(|loss| format!("  {}", line(loss))).collect();
        return Err(Failure::state(format!(
            "this rollback would lose data, so nothing was done:\n{}\npass --discard-data to go on",
            list.join("\n")
        )));
    }
    let lost = if losses.is_empty() { String::new() } else { " and discard data".into() };
    super::confirm(term, target, &args.write, &format!("roll back {}{lost} on {}", count(chosen.len()), session.place))
        .await?;
    execute(target, session, &chosen, term).await
}

fn request(args: &Rollback) -> Down {
    match (args.set, args.to, args.steps) {
        (Some(SetChoice::Schema), ..) => Down::Set(Set::Schema),
        (Some(SetChoice::Indexes), ..) => Down::Set(Set::Indexes),
        (Some(SetChoice::All), ..) => Down::All,
        (None, Some(to), _) => Down::To(to),
        (None, None, steps) => Down::Steps(steps.unwrap_or(1)),
    }
}

async fn losses(session: &mut Session, chosen: &[&Migration]) -> Result<Vec<Loss>, Failure> {
    let schema = session.schema(&[ledger::TABLE]).await?;
    let drop_deletes = session.has_transactional_ddl();
    let risks = with_cascades(at_risk(chosen, &schema, session.database().as_deref()), &schema, drop_deletes);
    Ok(loss::count(session, &risks, &seeds(chosen), &schema).await?)
}

fn line(loss: &Loss) -> String {
    let rows = match loss.rows {
        Some(1) if !loss.what.contains('.') => format!("{}: 1 row", loss.what),
        Some(rows) if !loss.what.contains('.') => format!("{}: {rows} rows", loss.what),
        Some(values) => format!("{}: {values} value(s)", loss.what),
        None => "unknown".into(),
    };
    let note = if loss.note.is_empty() { String::new() } else { format!(", because {}", loss.note) };
    format!("{rows}{note} ({})", loss.at)
}

async fn execute(
    target: &Target,
    mut session: Session,
    chosen: &[&Migration],
    term: &mut Term,
) -> Result<Exit, Failure> {
    let interrupt = Interrupt::listen(&mut session, target).await?;
    let mut lines = Vec::new();
    let outcome = {
        let progress = term.progress(chosen.len() as u64, "rolling back");
        let mut done = |migration: &Migration, took: std::time::Duration| {
            progress.step(&migration.description);
            lines.push(render::run::line("rolled back", migration, took));
        };
        let runner = Runner::new(&mut session, Direction::Down, Unit::Migration, interrupt.flag());
        interrupt.guard(runner.run(chosen, &mut done)).await
    };
    if session.has_transactional_ddl()
        && let Err(error) = session.run_own("COMMIT").await
    {
        // A full disk, for one, has ended the transaction of the whole run already.
        return Err(outcome.err().map_or_else(|| error.into(), |first| Failure::from_run(&first, "run")));
    }
    // What became of the database is said even when stdout cannot be written.
    let written = term.stdout(&lines.concat());
    outcome.map_err(|error| Failure::from_run(&error, "migration"))?;
    written?;
    session.close().await.ok();
    term.note(&format!("rolled back {}", count(chosen.len())));
    Ok(Exit::Clean)
}
