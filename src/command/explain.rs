//! `explain`: one plan as a tree, with its findings.

use super::audit::{Found, nearest, report};
use super::failure::Failure;
use super::verdict::Keep;
use super::{judge, waivers};
use crate::cli::{Explain, Format, Global};
use crate::exit::Exit;
use crate::model::count::counted;
use crate::model::location::Location;
use crate::model::query::{Query, Sample};
use crate::model::waiver::Waiver;
use crate::render;
use crate::sql::parse::{parse_statement, placeholders};
use crate::term::{Output, Term};
use crate::waiver::comment::of_statement;

/// Runs `explain`. Findings are shown and do not change the exit code: this verb was asked to look, not to judge.
///
/// # Errors
/// See [`Failure`].
pub(super) async fn run(args: &Explain, global: &Global, term: &mut Term) -> Result<Exit, Failure> {
    let output = Output::open(args.output.output.as_deref())?;
    let query = query(args)?;
    let (planner, scale) = judge::planner(&args.judge, global, 1, term).await?;
    term.note(&format!("database: {} ({})", planner.place, planner.engine));
    let queries = [query];
    let (outcomes, findings) = judge::judged(&planner, scale.as_ref(), &queries, (false, Keep::Plans), term).await?;
    let (findings, waived) = waivers::settled(findings, &planner, &queries, &outcomes, &[])?;
    let report = report(&planner, &queries, outcomes, Found { findings, waived, baseline: None }, None);
    let text = match args.output.format {
        Format::Table => render::tree::explain(&report, args.verbose, &output.style(term)),
        Format::Json => render::json::render(&report),
    };
    output.write(&text, term)?;
    Ok(Exit::Clean)
}

/// The workload's query of that name, or the argument as SQL.
fn query(args: &Explain) -> Result<Query, Failure> {
    let text = args.query.trim().trim_end_matches(';');
    let is_sql = text.contains(char::is_whitespace);
    if !is_sql {
        let all = judge::workload(&args.judge)?.queries;
        return all.iter().find(|query| query.name == text).cloned().ok_or_else(|| {
            Failure::usage(format!("no query of the workload is named `{text}`{}; or give SQL", nearest(&all, text)))
        });
    }
    let wanted = placeholders(text).map_err(|error| Failure::usage(format!("the SQL cannot be read: {error}")))?;
    if wanted > 0 {
        return Err(Failure::usage(format!(
            "the SQL has {}; write typical values in their place",
            counted(wanted as u64, "placeholder")
        )));
    }
    if let Err(error) = parse_statement(text) {
        return Err(Failure::usage(format!("the SQL does not parse: {error}")));
    }
    Ok(Query {
        name: "command line".into(),
        source: None,
        sql: text.to_owned(),
        samples: vec![Sample { label: String::new(), params: Vec::new() }],
        frequency: None,
        cache_seconds: None,
        note: String::new(),
        waivers: of_statement(text)
            .into_iter()
            .map(|(says, line, _)| Waiver { at: Location::line("command line", line), says })
            .collect(),
        in_loop: false,
        defined_at: Location::line("command line", 1),
    })
}
