//! `stats export`: a scale profile from a live database.

use super::audit::matches;
use super::failure::Failure;
use super::prepare;
use super::target::Target;
use crate::cli::{Stats, StatsExport};
use crate::engine::connect::Purpose;
use crate::engine::export::{self, Wanted};
use crate::exit::Exit;
use crate::model::engine::EngineKind;
use crate::model::scale::Scale;
use crate::render;
use crate::term::{Output, Term};
use std::time::Duration;

/// What the number of users is when nobody has said it.
const USERS: u64 = 1;

/// Runs `stats`.
///
/// # Errors
/// See [`Failure`].
pub(super) async fn run(args: &Stats, target: &Target, term: &mut Term) -> Result<Exit, Failure> {
    let Stats::Export(args) = args;
    write(args, target, term).await
}

async fn write(args: &StatsExport, target: &Target, term: &mut Term) -> Result<Exit, Failure> {
    if let Some(wrong) = args.values.iter().find(|pattern| !pattern.contains('.') && *pattern != "*") {
        return Err(Failure::usage(format!("--values {wrong}: name columns as TABLE.COLUMN, such as 'orders.*'")));
    }
    let output = Output::open(args.output.as_deref())?;
    let earlier = args.output.as_deref().and_then(|path| crate::source::scale::load(path).ok());
    prepare::present(target)?;
    let mut session = prepare::open(target, Purpose::Read, term).await?;
    let any = |patterns: &[String], name: &str| patterns.iter().any(|pattern| matches(pattern, name));
    let tables = |name: &str| args.tables.is_empty() || any(&args.tables, name);
    let values = |table: &str, column: &str| any(&args.values, &format!("{table}.{column}"));
    let limit = Duration::from_secs(args.time_limit);
    let wanted = Wanted { tables: &tables, values: &values, deep: args.deep.then_some(limit) };
    let waiting = term.spinner("reading statistics");
    let exported = export::export(&mut session, &wanted).await;
    drop(waiting);
    let exported = exported?;
    for pattern in &args.tables {
        if !exported.seen.iter().any(|table| matches(pattern, table)) {
            let place = &session.place;
            return Err(Failure::unable(format!(
                "--tables {pattern}: {place} has no such table, or the account may not see it"
            )));
        }
    }
    let users = args.concurrent_users.or_else(|| earlier.as_ref().map(|scale| scale.concurrent_users));
    let description = earlier.map(|scale| scale.description).filter(|text| !text.is_empty());
    let engine = session.engine.clone();
    let name =
        if engine.kind == EngineKind::Embedded { "an embedded database".into() } else { format!("a live {engine}") };
    let mut head = vec![format!(
        "Written by `aura-db stats export` from the {} of {name}.",
        if args.deep { "statistics and counts" } else { "statistics" }
    )];
    if args.values.is_empty() {
        head.push("No value of a row is in it.".into());
    } else {
        head.push(format!("Values of rows are in it, as allowed: {}", args.values.join(", ")));
    }
    if users.is_none() {
        let unknown = "concurrent-users is not in the statistics: set it here or with --concurrent-users, as the \
                       workload's frequencies per client are multiplied by it.";
        head.push(unknown.into());
        term.note(&format!("note: {unknown}"));
    }
    for note in &exported.notes {
        term.note(&format!("note: {note}"));
    }
    head.extend(exported.notes);
    let scale = Scale {
        name: String::new(),
        description: description.unwrap_or_else(|| format!("The size of {name}.")),
        concurrent_users: users.unwrap_or(USERS),
        tables: exported.tables,
    };
    output.write(&render::scale::render(&scale, &head), term)?;
    session.close().await.ok();
    Ok(Exit::Clean)
}
