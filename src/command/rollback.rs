//! `rollback`: migrations or a whole set down, without losing rows by surprise.

use super::archive;
use super::failure::Failure;
use super::files::Files;
use super::interrupt::{Interrupt, early};
use super::narrator::Narrator;
use super::prepare::{self, History};
use super::target::Target;
use super::up::{answer, count};
use crate::cli::{Rollback, SetChoice, Write};
use crate::engine::Session;
use crate::engine::connect::Purpose;
use crate::engine::ledger::Ledger;
use crate::engine::loss::{self, Loss};
use crate::engine::runner::{Runner, Unit};

use crate::exit::Exit;
use crate::migration::archive::Plan;
use crate::migration::cascade::with_cascades;
use crate::migration::loss::{at_risk, seeds};
use crate::migration::plan::{self, Down};
use crate::model::count::counted;
use crate::model::migration::{Direction, Migration, Set};
use crate::render;
use crate::term::Term;

/// Runs `rollback`.
///
/// # Errors
/// See [`Failure`].
pub(super) async fn run(args: &Rollback, target: &Target, term: &mut Term) -> Result<Exit, Failure> {
    if args.restore || args.discard_archive.is_some() {
        return archive::run(args, target, term).await;
    }
    let files = Files::load(&args.migrations, Some(target), term)?;
    let dry_run = args.write.dry_run;
    prepare::present(target)?;
    let mut session = early(prepare::open(target, Purpose::Read, term)).await?;
    if !dry_run {
        early(prepare::take_lock(&mut session, target, term)).await?;
    }
    let ledger = early(files.ledger(&mut session, term)).await?;
    let history = early(History::read(&mut session, &ledger)).await?;
    let entries = history.checked(&files.migrations, Direction::Down, true)?;
    let chosen = plan::down(&entries, request(args)).map_err(|error| Failure::state(error.to_string()))?;
    let downs = || chosen.iter().filter_map(|migration| migration.down.as_ref().map(|down| (*migration, down)));
    prepare::translatable(&session, downs().flat_map(|(_, down)| &down.statements))?;
    let (unfinished, begun) = early(archive::unfinished(&mut session, &chosen, &history.journal)).await?;
    let chosen: Vec<&Migration> = unfinished.iter().collect();
    let fresh: Vec<&Migration> =
        chosen.iter().copied().filter(|migration| !begun.contains(&migration.version)).collect();
    let losses = early(losses(&mut session, &ledger, &fresh)).await?;
    let plan = early(archive::plan(&mut session, &ledger, &fresh, &losses)).await?;
    if dry_run {
        for loss in &losses {
            term.note(&format!("would lose {}", line(loss)));
        }
        archive::foretell(&plan, &losses, term);
        if args.archive
            && let Err(refusals) = &plan
        {
            return Err(archive::refusal(refusals));
        }
        let rewritten = match &plan {
            Ok(plan) if args.archive && !session.has_transactional_ddl() => archive::rewritten(&chosen, plan),
            _ => unfinished.clone(),
        };
        let downs = rewritten.iter().filter_map(|migration| migration.down.as_ref().map(|down| (migration, down)));
        term.stdout(&render::run::script(&downs.collect::<Vec<_>>()))?;
        return Ok(Exit::Clean);
    }
    if chosen.is_empty() {
        term.note("nothing to do: no migration that was asked for is applied");
        return Ok(Exit::Clean);
    }
    if !losses.is_empty() && !args.discard_data && !args.archive {
        let list: Vec<String> = losses.iter().map(|loss| format!("  {}", line(loss))).collect();
        return Err(Failure::state(format!(
            "this rollback would lose data, so nothing was done:\n{}\npass --discard-data to go on, or --archive to put it aside",
            list.join("\n")
        )));
    }
    let plan = if args.archive { plan.map_err(|refusals| archive::refusal(&refusals))? } else { Plan::default() };
    let lost = match (losses.is_empty(), args.archive) {
        (true, _) => "",
        (false, true) => " and archive data",
        (false, false) => " and discard data",
    };
    super::confirm(term, target, &args.write, &format!("roll back {}{lost} on {}", count(chosen.len()), session.place))
        .await?;
    let rewritten = early(archive::begin(&mut session, &chosen, &plan)).await?;
    let chosen: Vec<&Migration> = rewritten.iter().collect();
    execute(&args.write, target, session, ledger, &chosen, term).await?;
    archive::tell(&plan, term);
    Ok(Exit::Clean)
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

async fn losses(session: &mut Session, ledger: &Ledger, chosen: &[&Migration]) -> Result<Vec<Loss>, Failure> {
    let schema = session.schema(&[ledger.table()]).await?;
    let drop_deletes = session.has_transactional_ddl();
    let risks = with_cascades(at_risk(chosen, &schema, session.database().as_deref()), &schema, drop_deletes);
    Ok(loss::count(session, &risks, &seeds(chosen), &schema).await?)
}

fn line(loss: &Loss) -> String {
    let rows = match loss.rows {
        Some(rows) if !loss.what.contains('.') => format!("{}: {}", loss.what, counted(rows, "row")),
        Some(values) => format!("{}: {}", loss.what, counted(values, "value")),
        None => "unknown".into(),
    };
    let note = if loss.note.is_empty() { String::new() } else { format!(", because {}", loss.note) };
    format!("{rows}{note} ({})", loss.at)
}

async fn execute(
    write: &Write,
    target: &Target,
    mut session: Session,
    ledger: Ledger,
    chosen: &[&Migration],
    term: &mut Term,
) -> Result<Exit, Failure> {
    let interrupt = Interrupt::listen(&session);
    let mut narrator = Narrator::new(term.progress(chosen.len() as u64, "rolling back"), "rolled back");
    let runner =
        Runner::new(&mut session, ledger, Direction::Down, Unit::Migration, prepare::executor(target, &interrupt))
            .answer(write.in_doubt.map(answer))
            .copies(target.copies(write));
    let outcome = interrupt.guard(term, runner.run(chosen, &mut narrator)).await;
    if outcome.is_ok() {
        archive::finish(&mut session, chosen).await?;
    }
    let lines = std::mem::take(&mut narrator.lines);
    drop(narrator);
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
