//! `adopt`: records a database made by hand as migrated, after comparing it with what the migrations build.

use super::failure::Failure;
use super::files::Files;
use super::interrupt::early;
use super::prepare::{self, History};
use super::replica::{self, Replica};
use super::target::Target;
use super::turn::Turn;
use super::up::count;
use crate::cli::{Adopt, Format};
use crate::engine::connect::Purpose;
use crate::engine::ledger::Ledger;
use crate::engine::{Session, adoption as recording};
use crate::exit::Exit;
use crate::migration::adoption::{Live, Rows, Step, is_readable, judge, place, ungrounded};
use crate::migration::plan::{self, Up};
use crate::migration::repair::{Repair, repair};
use crate::migration::seed::questions;
use crate::migration::verify::{Entry, State};
use crate::model::built::Built;
use crate::model::drift::{AdoptReport, AdoptedRow, Compared, Standing, Verdict};
use crate::model::location::Location;
use crate::model::migration::{Direction, Migration};
use crate::model::report::FORMAT_VERSION;
use crate::model::schema::Schema;
use crate::render;
use crate::sql::ddl::{Effect, effect, targets};
use crate::term::{Output, Term};
use std::collections::BTreeSet;
use std::path::Path;

/// Runs `adopt`. Exit code 4 on a conflict, 1 when a migration is there in part or cannot be known.
///
/// # Errors
/// See [`Failure`].
pub(super) async fn run(args: &Adopt, target: &Target, term: &mut Term) -> Result<Exit, Failure> {
    let output = Output::open(args.output.output.as_deref())?;
    let files = Files::load(&args.migrations, Some(target), term)?;
    prepare::present(target)?;
    let dry_run = args.write.dry_run;
    let purpose = if dry_run { Purpose::Read } else { Purpose::Write };
    let mut session = early(prepare::open(target, purpose, term)).await?;
    let write = args.write.into();
    let mut turn = Turn::new(target, &write);
    if !dry_run {
        early(turn.take(&mut session, term)).await?;
    }
    let outcome = Box::pin(judge_and_record(args, &files, &mut session, &mut turn, term)).await;
    if session.has_transactional_ddl() && !dry_run {
        session.run_own(if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" }).await.ok();
    }
    turn.end().await;
    session.close().await.ok();
    let report = outcome?;
    let text = match args.output.format {
        Format::Table => render::drift::adopt(&report, &output.style(term)),
        Format::Json => render::json::render(&report),
    };
    output.write(&text, term)?;
    let any = |standing: Standing| report.migrations.iter().any(|row| row.standing == standing);
    if any(Standing::Conflicting) {
        return Err(Failure::state(conflicts(&report)));
    }
    let recorded = report.migrations.iter().filter(|row| row.standing == Standing::Adopted).count();
    term.note(&format!("{} {}", if report.recorded { "adopted" } else { "would adopt" }, count(recorded)));
    Ok(if any(Standing::Partial) || any(Standing::Unknown) { Exit::Findings } else { Exit::Clean })
}

fn conflicts(report: &AdoptReport) -> String {
    let objects = report.migrations.iter().flat_map(|row| &row.objects);
    let told = objects.filter(|one| matches!(one.verdict, Verdict::Conflicting { .. })).map(|one| {
        let at = one.at.as_ref().map(|at| format!("{at}: ")).unwrap_or_default();
        format!("{at}{}: {}", one.object, one.verdict.detail())
    });
    let told: Vec<String> = told.collect();
    format!(
        "{}\nnothing was recorded: the database has these with another definition. Change the database (`--plan FILE` \
         proposes how) or the migrations, then adopt again",
        told.join("\n")
    )
}

async fn judge_and_record(
    args: &Adopt,
    files: &Files,
    session: &mut Session,
    turn: &mut Turn<'_>,
    term: &mut Term,
) -> Result<AdoptReport, Failure> {
    let ledger = early(files.ledger(session, term)).await?;
    loop {
        let history = early(History::read(session, &ledger)).await?;
        if !args.write.dry_run {
            early(history.record_planned(session, &ledger, term)).await?;
        }
        let entries = history.checked(&files.migrations, Direction::Up, true)?;
        if let Some(entry) = entries.iter().find(|entry| entry.state == State::HalfApplied) {
            return Err(Failure::state(format!(
                "migration {} is half-applied; run `aura-db migrate` to finish it, or `aura-db rollback`, then adopt",
                entry.version
            )));
        }
        let mut report = early(judged(args, &entries, session, &ledger, term)).await?;
        let holds = |entry: &&Entry<'_>| {
            report.migrations.iter().any(|row| row.version == entry.version && row.standing == Standing::Adopted)
        };
        let adopted: Vec<&Migration> = entries.iter().filter(holds).filter_map(|entry| entry.migration).collect();
        let refused = report.migrations.iter().any(|row| row.standing == Standing::Conflicting);
        let unsure = unsure(&report, &entries);
        if refused || args.write.dry_run || adopted.is_empty() && unsure.is_empty() {
            return Ok(report);
        }
        if session.has_transactional_ddl() && !unsure.is_empty() {
            let files: Vec<&str> = unsure.iter().map(|(migration, _)| migration.up.file.as_str()).collect();
            return Err(Failure::state(format!(
                "nothing was recorded: {} may have run, and the embedded engine has no journal to remember that in; pass \
                 --assume-rows if they did, or --to the version before them",
                files.join(", ")
            )));
        }
        let question = format!("record {} as applied in {}", count(adopted.len()), session.place);
        let versions: Vec<String> = adopted.iter().map(|migration| migration.version.to_string()).collect();
        if !turn.is_agreed(session, &question, versions.join(" "), term).await? {
            continue;
        }
        recording::record(session, &ledger, &adopted, &unsure).await?;
        report.recorded = true;
        return Ok(report);
    }
}

/// The migrations that may have run, each with the reason.
fn unsure<'a>(report: &'a AdoptReport, entries: &[Entry<'a>]) -> Vec<recording::Unsure<'a>> {
    let rows = report.migrations.iter().filter(|row| matches!(row.standing, Standing::Partial | Standing::Unknown));
    rows.filter_map(|row| {
        let migration = entries.iter().find(|one| one.version == row.version)?.migration?;
        Some((migration, row.because.as_deref().unwrap_or("some of what it makes is there, and some is not")))
    })
    .collect()
}

async fn judged(
    args: &Adopt,
    entries: &[Entry<'_>],
    session: &mut Session,
    ledger: &Ledger,
    term: &mut Term,
) -> Result<AdoptReport, Failure> {
    let up = Up { set: None, to: args.to };
    let chosen = plan::up(entries, up).map_err(|error| Failure::state(error.to_string()))?;
    prepare::written(&chosen)?;
    let live = session.schema(&[ledger.table()]).await?;
    let (mut replica, mut notes) = replica::start(session, ledger, args.embedded, term).await?;
    let hidden = session.hidden().await?;
    notes.extend(hidden.note());
    let first = chosen.first().map_or(i64::MAX, |migration| migration.version);
    let mut steps = Vec::new();
    for migration in entries.iter().filter_map(|entry| entry.migration) {
        let is_chosen = chosen.iter().any(|one| one.version == migration.version);
        let is_recorded = entries.iter().any(|one| one.version == migration.version && one.state == State::Applied);
        if is_chosen || is_recorded && migration.version > first {
            let (before, after, left_out) = step(&mut replica, migration).await?;
            notes.extend(left_out);
            steps.push(Step { migration, before, after, rows: Vec::new(), is_recorded });
        } else if is_recorded || migration.version < first {
            notes.extend(replica.replay(migration).await?);
        }
    }
    let last = replica.built().await?;
    for step in steps.iter_mut().filter(|step| !step.is_recorded) {
        step.rows =
            written_rows(session, step.migration, &live, (&step.after.schema, &last.schema), args.assume_rows).await?;
    }
    let judged = judge(&steps, &Live { schema: &live, hidden: &hidden });
    let mut rows: Vec<AdoptedRow> = Vec::new();
    let mut seen = BTreeSet::new();
    for (Step { migration, .. }, mut judged) in steps.iter().zip(judged).filter(|(step, _)| !step.is_recorded) {
        let statements: Vec<_> = migration.up.statements.iter().collect();
        for one in &mut judged.objects {
            one.at = place(&one.object, &statements).cloned();
        }
        if judged.is_seen {
            seen.insert(migration.version);
        }
        rows.push(AdoptedRow {
            version: migration.version,
            description: migration.description.clone(),
            file: migration.up.file.clone(),
            standing: judged.standing,
            because: judged.because,
            objects: judged.objects,
        });
    }
    doubt_unseen(&mut rows, &seen, entries);
    let made_by =
        |version: i64| chosen.iter().find(|one| one.version == version).map(|one| one.up.statements.as_slice());
    ungrounded(&mut rows, made_by);
    notes.extend(order(&rows, &chosen));
    if let Some(path) = &args.plan {
        write_plan(path, &rows, &mut replica, ledger, term).await?;
    }
    Ok(AdoptReport {
        format_version: FORMAT_VERSION,
        engine: session.engine.clone(),
        place: session.place.clone(),
        replayed_on: replica.engine(),
        recorded: false,
        migrations: rows,
        notes,
    })
}

/// The definitions of what a migration names, before and after it; of everything where that cannot be told.
async fn step(replica: &mut Replica, migration: &Migration) -> Result<(Built, Built, Vec<String>), Failure> {
    let statements = &migration.up.statements;
    let names: Vec<String> = statements.iter().flat_map(|statement| targets(&statement.sql)).collect();
    let readable = statements.iter().all(is_readable);
    let before = if readable { replica.built_of(&names).await? } else { replica.built().await? };
    let notes = replica.replay(migration).await?;
    let after = if readable { replica.built_of(&names).await? } else { replica.built().await? };
    Ok((before, after, notes))
}

/// What is known of the rows that a migration's statements write.
async fn written_rows(
    session: &mut Session,
    migration: &Migration,
    live: &Schema,
    (after, last): (&Schema, &Schema),
    assume: bool,
) -> Result<Vec<(Location, Rows)>, Failure> {
    let mut found = Vec::new();
    for statement in &migration.up.statements {
        let table = match effect(&statement.sql) {
            Effect::Rows { table, .. } => table,
            Effect::Other => {
                let reason = "unknown, because nothing shows whether it ran; --assume-rows takes it as done";
                found.push((statement.at.clone(), if assume { Rows::Found } else { Rows::Unknown(reason.into()) }));
                continue;
            }
            _ => continue,
        };
        if table.as_ref().is_some_and(|table| live.table(table).or(last.table(table)).is_none()) {
            // They are gone with their table, which a later migration drops: that one tells.
            continue;
        }
        let rows = match questions(&statement.sql, after).or_else(|_| questions(&statement.sql, live)) {
            _ if table.is_some_and(|table| live.table(&table).is_none()) => Rows::Absent,
            Ok((_, questions)) => {
                let mut there = 0;
                for question in &questions {
                    // A table with other columns has been told as a conflict or as incomplete.
                    there += usize::from(session.count(question).await.is_ok_and(|rows| rows > 0));
                }
                match there {
                    0 => Rows::Absent,
                    all if all == questions.len() => Rows::Found,
                    some => Rows::Some(some, questions.len()),
                }
            }
            Err(_) if assume => Rows::Found,
            Err(reason) => Rows::Unknown(format!("unknown, because {reason}; --assume-rows takes it as done")),
        };
        found.push((statement.at.clone(), rows));
    }
    Ok(found)
}

/// A migration that leaves nothing to be seen, such as a table that a later one renames, goes with the others of its set.
/// Where none of those is there either, as in an empty database, it is pending.
fn doubt_unseen(rows: &mut [AdoptedRow], seen: &BTreeSet<i64>, entries: &[Entry<'_>]) {
    let set = |version: i64| {
        entries.iter().find(|one| one.version == version).and_then(|one| one.migration).map(|migration| migration.set)
    };
    let applied = entries.iter().filter(|one| one.state == State::Applied).map(|one| one.version);
    let adopted = rows.iter().filter(|row| row.standing == Standing::Adopted && seen.contains(&row.version));
    let shown: Vec<_> = applied.chain(adopted.map(|row| row.version)).map(set).collect();
    for row in rows.iter_mut().filter(|row| row.standing == Standing::Adopted) {
        if !seen.contains(&row.version) && !shown.contains(&set(row.version)) {
            row.standing = Standing::Pending;
            row.because = Some("it leaves nothing to be seen, and no other migration of its set is there".into());
        }
    }
}

/// What to know of migrations that are not recorded although later ones of their set are, or that may have run.
fn order(rows: &[AdoptedRow], chosen: &[&Migration]) -> Vec<String> {
    let set = |version: i64| chosen.iter().find(|one| one.version == version).map(|one| one.set);
    let is_older = |row: &&AdoptedRow| {
        let later = |one: &AdoptedRow| one.version > row.version && set(one.version) == set(row.version);
        row.standing == Standing::Pending && rows.iter().any(|one| one.standing == Standing::Adopted && later(one))
    };
    let files = |rows: Vec<&AdoptedRow>| rows.iter().map(|row| row.file.as_str()).collect::<Vec<_>>().join(", ");
    let older: Vec<&AdoptedRow> = rows.iter().filter(is_older).collect();
    let unsure = |row: &&AdoptedRow| matches!(row.standing, Standing::Partial | Standing::Unknown);
    let unsure: Vec<&AdoptedRow> = rows.iter().filter(unsure).collect();
    let mut notes = Vec::new();
    if !older.is_empty() {
        notes.push(format!(
            "pending, and older than what is adopted: {}; `aura-db migrate --allow-out-of-order` applies them",
            files(older)
        ));
    }
    if !unsure.is_empty() {
        notes.push(format!(
            "may have run, in part or as a whole: {}; `aura-db migrate` runs none of them before you have said which it is",
            files(unsure)
        ));
    }
    notes
}

async fn write_plan(
    path: &Path,
    rows: &[AdoptedRow],
    replica: &mut Replica,
    ledger: &Ledger,
    term: &mut Term,
) -> Result<(), Failure> {
    let rest = rows.iter().filter(|row| matches!(row.standing, Standing::Partial | Standing::Conflicting));
    let objects: Vec<Compared> = rest.flat_map(|row| row.objects.clone()).filter(|one| !one.verdict.holds()).collect();
    if objects.is_empty() {
        term.note("no plan was written: nothing is there in part or otherwise");
        return Ok(());
    }
    let definitions = replica.definitions(ledger).await?;
    let Repair { up, down } = repair(&objects, &definitions);
    save(path, &up, term)?;
    if let Some(stem) = path.to_str().and_then(|path| path.strip_suffix(".up.sql")) {
        save(Path::new(&format!("{stem}.down.sql")), &down, term)?;
    }
    Ok(())
}

fn save(path: &Path, text: &str, term: &mut Term) -> Result<(), Failure> {
    Output::open(Some(path))?.write(text, term)?;
    term.note(&format!("plan: {}", path.display()));
    Ok(())
}
