//! `drift`: the live schema against what the applied migrations build; writes nothing to the database.

use super::failure::Failure;
use super::files::Files;
use super::prepare::{self, History};
use super::replica;
use super::reports::{Forms, Sinks};
use super::target::Target;
use crate::cli::Drift;
use crate::engine::connect::Purpose;
use crate::exit::Exit;
use crate::migration::adoption::{Live, place};
use crate::migration::verify::{State, refusals};
use crate::model::drift::{Compared, DriftReport, Verdict};
use crate::model::migration::Migration;
use crate::model::report::FORMAT_VERSION;
use crate::render;
use crate::render::review::Review;
use crate::term::Term;

/// Runs `drift`. Exit code 1 when there is some, or when something cannot be known.
///
/// # Errors
/// See [`Failure`]; also when the ledger is not in order, so that nobody knows what ought to be there.
pub(super) async fn run(args: &Drift, target: &Target, term: &mut Term) -> Result<Exit, Failure> {
    let output = Sinks::open(&args.output)?;
    let files = Files::load(&args.migrations, Some(target), term)?;
    prepare::present(target)?;
    let mut session = prepare::open(target, Purpose::Read, term).await?;
    let ledger = files.ledger(&mut session, term).await?;
    let history = History::read(&mut session, &ledger).await?;
    let entries = history.entries(&files.migrations);
    let refused = refusals(&entries, None, true);
    if !refused.is_empty() {
        return Err(Failure::state(refused.join("\n")));
    }
    let applied = entries.iter().filter(|entry| entry.state == State::Applied);
    let applied: Vec<&Migration> = applied.filter_map(|entry| entry.migration).collect();
    if applied.is_empty() {
        return Err(Failure::state(format!(
            "no migration is recorded in {}, so there is nothing to compare it with; is it the right database? One that was \
             made by hand is recorded by `aura-db adopt`, an empty one is made by `aura-db migrate`",
            session.place
        )));
    }
    let live = session.schema(&[ledger.table()]).await?;
    let (mut replica, mut notes) = replica::start(&mut session, &ledger, args.embedded, term).await?;
    for migration in &applied {
        notes.extend(replica.replay(migration).await?);
    }
    let expected = replica.built().await?;
    let hidden = session.hidden().await?;
    notes.extend(hidden.note());
    let mut objects = Live { schema: &live, hidden: &hidden }.compare(&expected);
    let all = objects.len();
    objects.retain(|one| one.verdict != Verdict::Present);
    let present = all - objects.len();
    objects.retain(|one| args.foreign || one.verdict != Verdict::Foreign);
    let statements: Vec<_> = applied.iter().flat_map(|migration| &migration.up.statements).collect();
    for one in &mut objects {
        one.at = place(&one.object, &statements).cloned();
    }
    let unknown = |one: &Compared| matches!(one.verdict, Verdict::Unknown { .. });
    let report = DriftReport {
        format_version: FORMAT_VERSION,
        engine: session.engine.clone(),
        place: session.place.clone(),
        replayed_on: replica.engine(),
        applied: applied.len(),
        drifted: objects.iter().any(|one| !one.verdict.holds() && !unknown(one)),
        objects,
        present,
        notes,
    };
    session.close().await.ok();
    // What no migration makes has no place of its own.
    let home = statements.first().map(|statement| statement.at.clone());
    let forms = Forms {
        table: &|style| render::drift::drift(&report, style),
        json: &|| render::json::render(&report),
        review: &|| Review::drift(&report),
        home: home.as_ref(),
    };
    output.write(&forms, term)
}
