//! `status`: ledger and files side by side; writes nothing.

use super::failure::Failure;
use super::files::Files;
use super::prepare::{self, History};
use super::target::Target;
use crate::cli::{Format, Status};
use crate::engine::connect::Purpose;
use crate::engine::ledger::Ledger;
use crate::engine::{Session, journal};
use crate::exit::Exit;
use crate::migration::checksum::statement_hash;
use crate::migration::fingerprint::fingerprint;
use crate::migration::verify::{Entry, State, refusals};
use crate::model::migration::Direction;
use crate::model::report::{FORMAT_VERSION, StatusReport, StatusRow};
use crate::render;
use crate::term::{Output, Term};

/// Runs `status`. Exit code 4 when the ledger needs attention, 1 when something is pending and that was asked about.
///
/// # Errors
/// See [`Failure`].
pub(super) async fn run(args: &Status, target: &Target, term: &mut Term) -> Result<Exit, Failure> {
    let output = Output::open(args.output.output.as_deref())?;
    prepare::present(target)?;
    let (files, mut session) = Files::load_and_open(&args.migrations, target, Purpose::Read, term).await?;
    let ledger = files.ledger(&mut session, term).await?;
    let history = History::read(&mut session, &ledger).await?;
    let schema = session.schema(&[ledger.table()]).await?;
    let entries = history.entries(&files.migrations);
    let mut problems = refusals(&entries, None, false);
    problems.extend(edited(&mut session, &ledger, &entries).await?);
    let report = StatusReport {
        format_version: FORMAT_VERSION,
        engine: session.engine.clone(),
        place: session.place.clone(),
        fingerprint: fingerprint(&schema),
        rows: entries.iter().map(row).collect(),
        problems,
        archives: super::archive::lines(&mut session, &ledger).await?,
    };
    let text = match args.output.format {
        Format::Table => render::status::render(&report, &output.style(term)),
        Format::Json => render::json::render(&report),
    };
    output.write(&text, term)?;
    for entry in entries.iter().filter(|entry| history.is_unsure(entry.version)) {
        term.note(&format!(
            "{} may have run before aura-db knew the database, in part or as a whole: `aura-db migrate` asks which it is",
            entry.version
        ));
    }
    session.close().await.ok();
    let pending = entries.iter().any(|entry| matches!(entry.state, State::Pending | State::OutOfOrder));
    Ok(match (report.problems.is_empty(), pending && args.check) {
        (false, _) => Exit::State,
        (true, true) => Exit::Findings,
        (true, false) => Exit::Clean,
    })
}

/// The statements of migrations that a run was cut off in on its way up which are done, and are not those of the file now.
async fn edited(session: &mut Session, ledger: &Ledger, entries: &[Entry<'_>]) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for entry in entries {
        let (Some(migration), Some(stopped)) = (entry.migration, entry.stopped) else { continue };
        // What a rollback runs may be another script than the file's.
        if stopped.direction != Direction::Up {
            continue;
        }
        let rows = journal::rows_of(session, ledger.table(), entry.version, Direction::Up).await?;
        for row in rows.iter().filter(|row| row.position > 0 && row.progress.is_settled()) {
            let now = migration.up.statements.get(row.position as usize - 1);
            if now.is_none_or(|statement| statement_hash(&statement.sql) != row.hash) {
                found.push(format!(
                    "{}: statement {} of {} took effect and is not what stands in the file now; put its old text back, \
                     and change only what comes after it",
                    row.place, row.position, row.of
                ));
            }
        }
    }
    Ok(found)
}

fn row(entry: &Entry<'_>) -> StatusRow {
    let applied = entry.row;
    let description = entry.migration.map(|migration| migration.description.clone());
    StatusRow {
        version: entry.version,
        description: description.or_else(|| applied.map(|row| row.description.clone())).unwrap_or_default(),
        set: entry.migration.map(|migration| migration.set),
        state: entry.state.to_string(),
        stopped: entry.stopped.map(|stopped| stopped.to_string()),
        installed_on: applied.map(|row| row.installed_on.clone()),
        execution_ms: applied.filter(|row| row.execution_time >= 0).map(|row| row.execution_time as f64 / 1e6),
        file: entry.migration.map(|migration| migration.up.file.clone()),
    }
}
