//! Brings back what rollbacks have put aside, or destroys it: by itself, and after the migrations that it is of.

use super::archive::{all, mend};
use super::failure::Failure;
use super::files::Files;
use super::interrupt::early;
use super::prepare;
use super::target::Target;
use super::turn::Turn;
use crate::cli::Rollback;
use crate::engine::Session;
use crate::engine::archive::{self, Outcome};
use crate::engine::connect::Purpose;
use crate::engine::ledger::Ledger;
use crate::exit::Exit;
use crate::model::archive::{Archive, ArchiveState};
use crate::model::count::counted;
use crate::model::migration::Migration;
use crate::term::Term;
use std::collections::BTreeSet;

/// Runs `rollback --restore` and `rollback --discard-archive`.
///
/// # Errors
/// See [`Failure`].
pub(super) async fn run(args: &Rollback, target: &Target, term: &mut Term) -> Result<Exit, Failure> {
    prepare::present(target)?;
    let mut session = early(prepare::open(target, Purpose::Read, term)).await?;
    let ledger = early(Files::ledger_alone(&args.migrations, target, &mut session, term)).await?;
    let mut turn = Turn::new(target, &args.write);
    if !args.write.dry_run {
        early(turn.take(&mut session, term)).await?;
        early(mend(&mut session, &ledger)).await?;
    }
    let outcome = plan_and_run(args, (session, &ledger), &mut turn, term).await;
    turn.end().await;
    outcome
}

async fn plan_and_run(
    args: &Rollback,
    (mut session, ledger): (Session, &Ledger),
    turn: &mut Turn<'_>,
    term: &mut Term,
) -> Result<Exit, Failure> {
    let verb = if args.discard_archive.is_some() { "destroy" } else { "bring back" };
    loop {
        let (archives, others) = early(all(&mut session, ledger)).await?;
        let chosen = chosen(&archives, &others, args.discard_archive.as_deref())?;
        if chosen.is_empty() {
            let elsewhere: BTreeSet<&str> = others.iter().map(|(_, ledger)| ledger.as_str()).collect();
            for other in elsewhere {
                term.note(&format!("the ledger {other} has archives; --ledger-table {other} brings them back"));
            }
            term.note("nothing to do: there is no archive");
            return Ok(Exit::Clean);
        }
        if args.write.dry_run {
            for archive in chosen {
                term.note(&format!("would {verb} {}, kept as {}", archive.what(), archive.name));
            }
            return Ok(Exit::Clean);
        }
        let question = format!("{verb} {} on {}", counted(chosen.len() as u64, "archive"), session.place);
        let agreed = chosen.iter().map(|archive| archive.name.as_str()).collect::<Vec<_>>().join("\n");
        if turn.is_agreed(&mut session, &question, agreed, term).await? {
            return each(args, session, &chosen, term).await;
        }
    }
}

/// The archives that are asked for.
fn chosen<'a>(
    archives: &'a [Archive],
    others: &[(String, String)],
    named: Option<&str>,
) -> Result<Vec<&'a Archive>, Failure> {
    let chosen: Vec<_> = archives.iter().filter(|archive| named.is_none_or(|name| name == archive.name)).collect();
    match named {
        Some(name) if chosen.is_empty() => Err(Failure::state(match others.iter().find(|(other, _)| other == name) {
            Some((_, ledger)) => format!("the archive {name} is of the ledger {ledger}; pass --ledger-table {ledger}"),
            None => format!("there is no archive {name}; `aura-db status` lists them"),
        })),
        _ => Ok(chosen),
    }
}

async fn each(args: &Rollback, mut session: Session, chosen: &[&Archive], term: &mut Term) -> Result<Exit, Failure> {
    let mut kept = false;
    for archive in chosen {
        if args.discard_archive.is_some() {
            archive::discard(&mut session, archive).await?;
            term.note(&format!("destroyed {} ({})", archive.name, archive.what()));
        } else {
            kept |= !one(&mut session, archive, false, term).await?;
        }
    }
    end_embedded(&mut session).await?;
    session.close().await.ok();
    Ok(if kept { Exit::State } else { Exit::Clean })
}

/// Brings back one archive and says so; false when it was kept.
async fn one(session: &mut Session, archive: &Archive, replace: bool, term: &mut Term) -> Result<bool, Failure> {
    let what = archive.what();
    Ok(match archive::restore(session, archive, replace).await? {
        Outcome::Restored { rows, past } => {
            let unit = if archive.column.is_some() { "value" } else { "row" };
            let past = if past > 0 { format!(" and {} of its history", counted(past, "row")) } else { String::new() };
            term.note(&format!("restored {what}: {}{past} from {}", counted(rows, unit), archive.name));
            true
        }
        Outcome::Renamed(rows) => {
            let (rows, version) = (counted(rows, "row"), archive.version);
            term.note(&format!(
                "restored {what}: {rows}, renamed back from {}; foreign keys, triggers and, on MySQL, checks that it \
                 had are not back, and migration {version} is still rolled back: `aura-db migrate` makes the table anew and \
                 brings these rows into it",
                archive.name
            ));
            true
        }
        Outcome::Kept(why) => {
            term.note(&format!("not restored: {what}, because {why}; it is kept as {}", archive.name));
            false
        }
    })
}

/// Commits the one transaction of a run on the embedded engine.
pub(super) async fn end_embedded(session: &mut Session) -> Result<(), Failure> {
    if session.has_transactional_ddl() {
        session.run_own("COMMIT").await?;
    }
    Ok(())
}

/// Brings back what a run that was cut off had still to bring back.
pub(super) async fn catch_up(session: &mut Session, ledger: &Ledger, term: &mut Term) -> Result<(), Failure> {
    bring_back(session, ledger, None, term).await?;
    end_embedded(session).await
}

/// The versions among these of which something is to be brought back; marked so, that a run after a crash does it.
///
/// What a run that was cut off had still to bring back of other versions is brought back at once: these migrations come
/// after it.
pub(super) async fn due(
    session: &mut Session,
    ledger: &Ledger,
    chosen: &[&Migration],
    term: &mut Term,
) -> Result<Vec<i64>, Failure> {
    let own: Vec<i64> = chosen.iter().map(|migration| migration.version).collect();
    for aside in archive::put_aside(session, ledger.table(), &own).await? {
        term.note(&format!(
            "table {}, which had been renamed back, is put aside while migration {} makes it anew",
            aside.table, aside.version
        ));
    }
    let (mut versions, mut left) = (Vec::new(), Vec::new());
    for archive in early(async { Ok(archive::list(session, ledger.table()).await?) }).await? {
        if chosen.iter().all(|migration| migration.version != archive.version) {
            left.push(archive.version);
            continue;
        }
        if matches!(archive.state, ArchiveState::Rest(_)) {
            continue;
        }
        if archive.ledger.is_empty() {
            // It may be another ledger's migration of the same version.
            term.note(&format!(
                "not restored: {}, kept as {}, because nobody wrote down which ledger's it is; `rollback --restore` \
                 brings it back",
                archive.what(),
                archive.name
            ));
            continue;
        }
        if archive.state == ArchiveState::Kept {
            archive::set_state(session, &archive, ArchiveState::Due).await?;
        }
        versions.push(archive.version);
    }
    bring_back(session, ledger, Some(&left), term).await?;
    Ok(versions)
}

/// Brings back what is due, of these versions when given. An archive that must be kept is said, and no failure: the
/// migrations themselves are applied.
pub(super) async fn bring_back(
    session: &mut Session,
    ledger: &Ledger,
    versions: Option<&[i64]>,
    term: &mut Term,
) -> Result<(), Failure> {
    for archive in archive::list(session, ledger.table()).await? {
        let asked = versions.is_none_or(|versions| versions.contains(&archive.version)) && !archive.ledger.is_empty();
        let is_due = matches!(archive.state, ArchiveState::Due | ArchiveState::Filled);
        if asked && is_due && !one(session, &archive, true, term).await? {
            archive::keep(session, &archive).await?;
        }
    }
    Ok(())
}
