//! `rollback`: migrations or a whole set down, without losing rows by surprise.

use super::failure::Failure;
use super::files::Files;
use super::interrupt::{Interrupt, early};
use super::narrator::Narrator;
use super::prepare::{self, History};
use super::survey::{self, Dry};
use super::target::Target;
use super::turn::Turn;
use super::up::{answer, count};
use crate::cli::{Rollback, SetChoice};
use crate::engine::Session;
use crate::engine::connect::Purpose;
use crate::engine::ledger::Ledger;
use crate::engine::loss::{self, Loss};
use crate::engine::runner::{Answer, Runner, Unit};

use crate::exit::Exit;
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
    let files = Files::load(&args.migrations, Some(target), term)?;
    let dry_run = args.write.dry_run;
    prepare::present(target)?;
    let mut session = early(prepare::open(target, Purpose::Read, term)).await?;
    let mut turn = Turn::new(target, &args.write);
    if !dry_run {
        early(turn.take(&mut session, term)).await?;
    }
    let outcome = plan_and_run(args, &files, session, &mut turn, term).await;
    turn.end().await;
    outcome
}

async fn plan_and_run(
    args: &Rollback,
    files: &Files,
    mut session: Session,
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
        let entries = history.checked(&files.migrations, Direction::Down, true)?;
        let chosen = plan::down(&entries, request(args)).map_err(|error| Failure::state(error.to_string()))?;
        let downs = || chosen.iter().filter_map(|migration| migration.down.as_ref().map(|down| (*migration, down)));
        prepare::translatable(&session, downs().flat_map(|(_, down)| &down.statements))?;
        let losses = early(losses(&mut session, &ledger, &chosen)).await?;
        if args.write.dry_run {
            for loss in &losses {
                term.note(&format!("would lose {}", line(loss)));
            }
            let scripts: Vec<_> = downs().collect();
            let dry = Dry { scripts: &scripts, direction: Direction::Down, copy_limit_bytes: turn.copy_limit() };
            let linted = early(survey::dry_run(&mut session, &ledger, &history, dry, term)).await?;
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
        let question = format!("roll back {}{lost} on {}", count(chosen.len()), session.place);
        let versions = chosen.iter().map(|migration| migration.version.to_string());
        let plan = versions.chain(losses.iter().map(line)).collect::<Vec<_>>().join("\n");
        if turn.is_agreed(&mut session, &question, plan, term).await? {
            let answer = args.write.in_doubt.map(answer);
            return execute(turn, session, ledger, &chosen, answer, term).await;
        }
    }
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
    turn: &Turn<'_>,
    mut session: Session,
    ledger: Ledger,
    chosen: &[&Migration],
    answer: Option<Answer>,
    term: &mut Term,
) -> Result<Exit, Failure> {
    let interrupt = Interrupt::listen(&session);
    let mut narrator = Narrator::new(term.progress(chosen.len() as u64, "rolling back"), "rolled back");
    let runner = Runner::new(&mut session, ledger, Direction::Down, Unit::Migration, turn.executor(&interrupt))
        .answer(answer)
        .copies(turn.copies());
    let outcome = interrupt.guard(term, runner.run(chosen, &mut narrator)).await;
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
