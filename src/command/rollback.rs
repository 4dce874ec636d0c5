//! `rollback`: migrations or a whole set down, without losing rows by surprise.

use super::archive::{self, Unfinished};
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
use super::up::count;
use crate::cli::{Rollback, SetChoice};
use crate::engine::Session;
use crate::engine::connect::Purpose;
use crate::engine::ledger::Ledger;
use crate::engine::loss::{self, Loss};
use crate::engine::runner::{Answers, RunError, Runner, Unit};
use crate::exit::Exit;
use crate::migration::archive::Plan;
use crate::migration::cascade::with_cascades;
use crate::migration::inherited::inherited;
use crate::migration::loss::{at_risk, drops_tables_only, seeds};
use crate::migration::partial_down::actions;
use crate::migration::plan::{self, Down};
use crate::migration::verify::Entry;
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
        return restore::run(args, target, term).await;
    }
    let dry_run = args.write.dry_run;
    prepare::present(target)?;
    let opening = Files::load_and_open(&args.migrations, target, Purpose::Read, term);
    let (files, session) = early(opening).await?;
    let mut opened = Some(session);
    let mut turn = Turn::new(target, &args.write);
    let mut answers = doubt::answers(&args.write);
    loop {
        let mut session = match opened.take() {
            Some(session) => session,
            None => early(prepare::open(target, Purpose::Read, term)).await?,
        };
        if !dry_run {
            early(turn.take(&mut session, term)).await?;
        }
        let outcome = plan_and_run(args, &files, (session, &answers), &mut turn, term).await;
        turn.pause().await;
        if let Some(exit) = doubt::settle(outcome, &mut answers, term).await? {
            return Ok(exit);
        }
    }
}

async fn plan_and_run(
    args: &Rollback,
    files: &Files,
    (mut session, answers): (Session, &Answers),
    turn: &mut Turn<'_>,
    term: &mut Term,
) -> Result<Exit, Failure> {
    let ledger = early(files.ledger(&mut session, term)).await?;
    loop {
        let history = early(History::read(&mut session, &ledger)).await?;
        if history.has_undoing() && !args.write.dry_run {
            turn.finish_undoing(&mut session, &ledger, term).await?;
            continue;
        }
        if !args.write.dry_run {
            early(history.record_planned(&mut session, &ledger, term)).await?;
            early(archive::mend(&mut session, &ledger)).await?;
        }
        let entries = history.checked(&files.migrations, Direction::Down, true)?;
        let chosen = plan::down(&entries, request(args)).map_err(|error| Failure::state(error.to_string()))?;
        let downs = || chosen.iter().filter_map(|migration| migration.down.as_ref().map(|down| (*migration, down)));
        prepare::translatable(&session, downs().flat_map(|(_, down)| &down.statements))?;
        prepare::compatible(&session, downs().map(|(_, down)| down), |_| false)?;
        prepare::sendable(&session, downs().flat_map(|(_, down)| &down.statements))?;
        early(takeable(&mut session, &ledger, &entries, &chosen)).await?;
        let unfinished = early(archive::unfinished(&mut session, &ledger, &chosen, &history.journal)).await?;
        let chosen: Vec<&Migration> = unfinished.migrations.iter().collect();
        let fresh = unfinished.fresh();
        let dropping: Vec<_> = chosen
            .iter()
            .filter_map(|migration| Some((history.goes_down_as_written(migration.version), migration.down.as_ref()?)))
            .flat_map(|(certain, down)| down.statements.iter().map(move |statement| (statement, certain)))
            .collect();
        early(prepare::spare_needed_indexes(&mut session, &ledger, &dropping)).await?;
        let losses = early(losses(&mut session, &ledger, &fresh)).await?;
        let plan = early(archive::plan(&mut session, &ledger, &unfinished.fresh(), &losses)).await?;
        let goes_on = !args.archive && !args.discard_data && !losses.is_empty() && unfinished.agreed_to(&losses);
        if goes_on {
            term.note("an earlier rollback with --archive was cut off; going on in the same way");
        }
        let archives = args.archive || goes_on;
        if args.write.dry_run {
            for one in inherited(&chosen, &history.journal) {
                term.note(&format!("would drop {}, which was there before it was adopted ({})", one.what, one.at));
            }
            foretell(archives, &losses, &plan, term)?;
            let rewritten = match &plan {
                Ok(plan) if archives && !session.has_transactional_ddl() => archive::rewritten(&chosen, plan),
                _ => unfinished.migrations.clone(),
            };
            let scripts: Vec<_> =
                rewritten.iter().filter_map(|migration| Some((migration, migration.down.as_ref()?))).collect();
            let dry = Dry {
                scripts: &scripts,
                direction: Direction::Down,
                copy_limit_bytes: turn.copy_limit(),
                beside: turn.beside(&args.scratch),
            };
            let linted = early(survey::dry_run(&mut session, &ledger, &history, dry, term)).await?;
            let done = survey::done(&history, &scripts, Direction::Down);
            let shown = survey::shown(&scripts);
            let shown: Vec<_> = shown.iter().map(|(migration, script)| (*migration, script)).collect();
            term.stdout(&render::run::script(&shown, &linted, &done))?;
            return Ok(Exit::Clean);
        }
        if chosen.is_empty() {
            term.note("nothing to do: no migration that was asked for is applied");
            return Ok(Exit::Clean);
        }
        early(prepare::spare_copies(&mut session, &ledger, &turn.copies(), &dropping)).await?;
        if !archives && !args.discard_data {
            disowned(&chosen, &history, &losses)?;
        }
        let plan = permitted(args, archives, &losses, plan).map_err(|failure| told(failure, &unfinished))?;
        let lost = match (losses.is_empty(), archives) {
            (true, _) => "",
            (false, true) => " and archive data",
            (false, false) => " and discard data",
        };
        let question = format!("roll back {}{lost} on {}", count(chosen.len()), session.place);
        let versions = chosen.iter().map(|migration| migration.version.to_string());
        let agreed = versions.chain(losses.iter().map(line)).collect::<Vec<_>>().join("\n");
        if turn.is_agreed(&mut session, &question, agreed, term).await? {
            let rewritten = early(archive::begin(&mut session, &ledger, &unfinished, &plan)).await?;
            let chosen: Vec<&Migration> = rewritten.iter().collect();
            return execute(turn, session, (ledger, &plan), &chosen, answers, term).await;
        }
    }
}

/// Refuses to take down a migration that was cut off on its way up, where the schema does not show what of its down script
/// applies: before anybody is asked to agree to anything.
async fn takeable(
    session: &mut Session,
    ledger: &Ledger,
    entries: &[Entry<'_>],
    chosen: &[&Migration],
) -> Result<(), Failure> {
    let halves: Vec<_> = entries
        .iter()
        .filter(|entry| chosen.iter().any(|migration| migration.version == entry.version))
        .filter_map(|entry| Some((entry.migration?, entry.stopped.filter(|one| one.direction == Direction::Up)?)))
        .collect();
    if halves.is_empty() || session.has_transactional_ddl() {
        return Ok(());
    }
    let schema = session.schema(&[ledger.table()]).await?;
    for (migration, stopped) in halves {
        let (down, up) = (Direction::Down.statements(migration), &migration.up.statements);
        let refusal = |done: usize| actions(down, up, done, &schema).err();
        // The statement it stopped at may have taken effect, which the run finds out.
        if let (Some(refusal), Some(_)) = (refusal(stopped.done), refusal(stopped.done + 1)) {
            let (done, of) = (stopped.done, up.len());
            let place = refusal.statement.at.to_string();
            return Err(Failure::from_run(&RunError::Partial { place, reason: refusal.reason, done, of }, "migration"));
        }
    }
    Ok(())
}

/// What `--archive` would do, or what it cannot.
type Planned = Result<Plan, Vec<String>>;

/// Says what would be lost, and put aside.
fn foretell(archives: bool, losses: &[Loss], plan: &Planned, term: &mut Term) -> Result<(), Failure> {
    for loss in losses {
        term.note(&format!("would lose {}", line(loss)));
    }
    archive::foretell(plan, losses, term);
    match plan {
        Err(refusals) if archives => Err(archive::refusal(refusals)),
        _ => Ok(()),
    }
}

/// Refuses to drop what was there before aura-db without the user's word.
fn disowned(chosen: &[&Migration], history: &History, losses: &[Loss]) -> Result<(), Failure> {
    let inherited = inherited(chosen, &history.journal);
    if inherited.is_empty() {
        return Ok(());
    }
    let told = inherited.iter().map(|one| format!("  {}, adopted and not made here ({})", one.what, one.at));
    let list: Vec<String> = told.chain(losses.iter().map(|loss| format!("  {}", line(loss)))).collect();
    Err(Failure::state(format!(
        "this rollback would take away what was there before aura-db, so nothing was done:\n{}\npass --discard-data to go on",
        list.join("\n")
    )))
}

/// What is to be put aside. Refuses a loss that nobody has agreed to.
fn permitted(args: &Rollback, archives: bool, losses: &[Loss], plan: Planned) -> Result<Plan, Failure> {
    if archives {
        return plan.map_err(|refusals| archive::refusal(&refusals));
    }
    if losses.is_empty() || args.discard_data {
        return Ok(Plan::default());
    }
    let list: Vec<String> = losses.iter().map(|loss| format!("  {}", line(loss))).collect();
    Err(Failure::state(format!(
        "this rollback would lose data, so nothing was done:\n{}\npass --discard-data to go on{}",
        list.join("\n"),
        if plan.is_ok() { ", or --archive to put it aside" } else { "; --archive cannot put all of it aside" }
    )))
}

/// A refusal, with what a rollback that was cut off was told to do.
fn told(failure: Failure, unfinished: &Unfinished) -> Failure {
    if !unfinished.archived() {
        return failure;
    }
    let message = format!(
        "{}\nthe rollback that was cut off put data aside; to go on like that with all of it, run the same command with \
         --archive",
        failure.message
    );
    Failure { message, ..failure }
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
    let drop_deletes = session.has_transactional_ddl();
    let schema = if !drop_deletes && drops_tables_only(chosen) {
        session.table_names().await?
    } else {
        session.schema(&[ledger.table()]).await?
    };
    let risks = with_cascades(at_risk(chosen, &schema, session.database().as_deref()), &schema, drop_deletes);
    Ok(loss::count(session, &risks, &seeds(chosen), &schema).await?)
}

fn line(loss: &Loss) -> String {
    let rows = match loss.rows {
        Some(rows) if !loss.what.contains('.') => format!("{}: {}", loss.what, counted(rows, "row")),
        Some(values) => format!("{}: {}", loss.what, counted(values, "value")),
        None if loss.what.is_empty() => "unknown".into(),
        None => format!("{}: unknown size", loss.what),
    };
    let note = if loss.note.is_empty() { String::new() } else { format!(", because {}", loss.note) };
    format!("{rows}{note} ({})", loss.at)
}

async fn execute(
    turn: &Turn<'_>,
    mut session: Session,
    (ledger, plan): (Ledger, &Plan),
    chosen: &[&Migration],
    answers: &Answers,
    term: &mut Term,
) -> Result<Exit, Failure> {
    let interrupt = Interrupt::listen(&session);
    let mut narrator = Narrator::new(term.progress(chosen.len() as u64, "rolling back"), "rolled back");
    let runner = Runner::new(&mut session, ledger.clone(), Direction::Down, Unit::Migration, turn.executor(&interrupt))
        .answers(answers.clone())
        .copies(turn.copies());
    let outcome = interrupt.guard(term, runner.run(chosen, &mut narrator)).await;
    if outcome.is_ok() {
        archive::finish(&mut session, &ledger, chosen).await?;
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
    if outcome.is_err() {
        archive::tell_made(&mut session, &ledger, plan, term).await;
    }
    outcome.map_err(|error| Failure::from_run(&error, "migration"))?;
    written?;
    session.close().await.ok();
    term.note(&format!("rolled back {}", count(chosen.len())));
    archive::tell(plan, term);
    Ok(Exit::Clean)
}
