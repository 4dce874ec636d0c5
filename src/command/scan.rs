//! `catalogue scan`: a workload from the SQL in an app's source files.

use super::drafted::drafted;
use super::failure::Failure;
use super::into::{Into, block, fresh};
use super::judge::scale_named;
use super::today::today;
use crate::cli::{Scan as Args, ScanFormat};
use crate::exit::Exit;
use crate::model::count::counted;
use crate::model::location::Location;
use crate::model::query::{Query, Sample, Source};
use crate::model::scan::{Scan, Scanned};
use crate::render;
use crate::source::scan::merge::Mark;
use crate::source::scan::{Options, Samples, scan};
use crate::term::{Output, Term};

/// The comment above a new workload.
const HEAD: &str = "Made by `aura-db catalogue scan`; scan again with --into to keep what you add here.";

/// Runs `catalogue scan`.
///
/// # Errors
/// When a folder cannot be read or holds no source file, or the workload to merge into cannot be used.
pub(super) fn run(args: &Args, term: &mut Term) -> Result<Exit, Failure> {
    let samples = samples(args)?;
    let into = args.into.as_deref().map(Into::read).transpose()?;
    let output = Output::open(args.into.as_deref().or(args.output.as_deref()))?;
    let options = Options { calls: args.calls.clone(), samples };
    let found = scan(&args.paths, &options).map_err(|error| Failure::unable(error.message))?;
    let text = match args.format {
        ScanFormat::Json => render::json::render(&found),
        ScanFormat::Workload => {
            let new: Vec<(Query, String)> = found.statements.iter().map(entry).collect();
            match into {
                Some(into) => into.merged(&new, (Mark::Scanned, HEAD), args.prune, term)?,
                None => fresh(&new, HEAD),
            }
        }
    };
    tell(&found, term);
    output.write(&text, term)?;
    Ok(Exit::Clean)
}

/// A statement as an entry, and as its text.
fn entry(found: &Scanned) -> (Query, String) {
    let values: Vec<&str> = found.values.iter().map(String::as_str).filter(|value| !value.is_empty()).collect();
    let mut words = Vec::new();
    if !values.is_empty() {
        words.push(format!("Values: {}.", values.join(", ")));
    }
    if found.call.is_none() {
        words.push("Seen in no call that is known to run SQL; --call NAME names one.".into());
    }
    let query = Query {
        name: found.name.clone(),
        source: Some(Source { file: found.at.file.clone(), line: Some(found.at.line) }),
        sql: found.sql.clone(),
        samples: vec![Sample { label: String::new(), params: found.params.clone() }],
        frequency: None,
        cache_seconds: None,
        in_loop: found.in_loop,
        note: words.join(" "),
        waivers: Vec::new(),
        defined_at: Location::line(&found.at.file, found.at.line),
    };
    block(query, Mark::Scanned)
}

/// What is no entry goes to stderr.
fn tell(found: &Scan, term: &mut Term) {
    for finding in &found.findings {
        term.note(&format!("{}: {}: {}", finding.at, finding.rule, finding.message));
    }
    for left in &found.not_covered {
        term.note(&format!("{}: not covered: {}", left.at, left.because));
    }
    let loose = found.statements.iter().filter(|one| one.call.is_none()).count();
    term.note(&format!(
        "{} in {}, {loose} of them in no known call; {} not covered; {}",
        counted(found.statements.len() as u64, "statement"),
        counted(found.files, "file"),
        found.not_covered.len(),
        counted(found.findings.len() as u64, "finding")
    ));
}

/// Where sample values come from: what the migrations in a folder build, and the scale profile.
fn samples(args: &Args) -> Result<Samples, Failure> {
    let schema = args.schema.as_deref().map(drafted).transpose()?.unwrap_or_default();
    let scale = args.scale.as_deref().map(scale_named).transpose()?;
    Ok(Samples { schema, scale, day: today()?.to_string() })
}
