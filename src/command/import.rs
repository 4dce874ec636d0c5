//! `catalogue import`: a workload from what a server has run.

use super::failure::Failure;
use super::into::{Into, block};
use crate::cli::{DigestFormat, Logs, Printed};
use crate::exit::Exit;
use crate::model::count::counted;
use crate::model::digest::Digest;
use crate::model::query::Query;
use crate::render;
use crate::source::classes::{self, NotCovered};
use crate::source::error::SourceError;
use crate::source::scan::merge::Mark;
use crate::source::{general_log, slowlog};
use crate::term::{Output, Term};
use std::fmt::Write;
use std::path::PathBuf;

/// Lines on what is broken or not covered that stderr gets; `--format json` has all that is broken.
const TOLD: usize = 5;

/// Runs `catalogue import slowlog`.
///
/// # Errors
/// When a log cannot be read or is none.
pub(super) fn slowlog(args: &Logs, term: &mut Term) -> Result<Exit, Failure> {
    logs(args, "slowlog", slowlog::read, term)
}

/// Runs `catalogue import general-log`.
///
/// # Errors
/// When a log cannot be read or is none.
pub(super) fn general_log(args: &Logs, term: &mut Term) -> Result<Exit, Failure> {
    logs(args, "general-log", general_log::read, term)
}

/// Where what was read goes to.
#[derive(Debug)]
pub(super) struct Sink {
    into: Option<Into>,
    output: Output,
}

impl Sink {
    /// Opens it, before work begins.
    ///
    /// # Errors
    /// When it cannot be written to, or the workload to merge into cannot be used.
    pub(super) fn open(args: &Printed) -> Result<Self, Failure> {
        let into = args.merged.into.as_deref().map(Into::read).transpose()?;
        let output = Output::open(args.merged.into.as_deref().or(args.output.as_deref()))?;
        Ok(Self { into, output })
    }
}

type Reader = fn(&[PathBuf]) -> Result<Digest, SourceError>;

fn logs(args: &Logs, log: &str, read: Reader, term: &mut Term) -> Result<Exit, Failure> {
    let sink = Sink::open(&args.print)?;
    let bytes: u64 = args.files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|file| file.len()).sum();
    let progress = term.spinner(&format!("reading {} MB", bytes.div_ceil(1 << 20)));
    let read = read(&args.files);
    drop(progress);
    let digest = read.map_err(|error| Failure::unable(error.message))?;
    for broken in digest.broken.iter().take(TOLD) {
        term.note(&format!("{}:{}: {}; it is left out", broken.file, broken.line, broken.reason));
    }
    if digest.broken.len() > TOLD {
        term.note(&format!("{} more are left out like this", digest.broken.len() - TOLD));
    }
    print(digest, &args.print, log, sink, term)
}

/// Writes what has been read in the form that is wanted.
pub(super) fn print(
    mut digest: Digest,
    args: &Printed,
    log: &str,
    Sink { into, output }: Sink,
    term: &mut Term,
) -> Result<Exit, Failure> {
    for note in &digest.notes {
        term.note(&format!("note: {note}"));
    }
    if let Some(limit) = args.limit {
        digest.classes.truncate(limit);
    }
    let text = match args.format {
        DigestFormat::Workload => {
            let (queries, head) = entries(&digest, log, term);
            workload(queries, &head, (into, args.merged.prune), term)?
        }
        DigestFormat::Table => render::digest::table(&digest, &output.style(term)),
        DigestFormat::Json => render::json::render(&digest),
    };
    output.write(&text, term)?;
    Ok(Exit::Clean)
}

/// The workload file, new or merged into one that is there.
///
/// # Errors
/// When the one that is there is not laid out as can be edited.
pub(super) fn workload(
    queries: Vec<Query>,
    head: &str,
    (into, prune): (Option<Into>, bool),
    term: &mut Term,
) -> Result<String, Failure> {
    let Some(into) = into else { return Ok(render::workload::render(&queries, head)) };
    let new: Vec<(Query, String)> = queries.into_iter().map(|query| block(query, Mark::Imported)).collect();
    into.merged(&new, (Mark::Imported, head), prune, term)
}

/// The entries, and the words above them; what is no entry is said on stderr, too.
fn entries(digest: &Digest, log: &str, term: &mut Term) -> (Vec<Query>, String) {
    let (queries, left) = classes::entries(digest, log);
    let entries = if queries.len() == 1 { "1 entry".into() } else { format!("{} entries", queries.len()) };
    let statements = counted(digest.events, "statement");
    term.note(&format!(
        "{entries} from {statements}; {} not covered",
        if left.len() == 1 { "1 class".into() } else { format!("{} classes", left.len()) }
    ));
    let span = digest.span_seconds.map(|seconds| format!(" in {}", counted(seconds, "second"))).unwrap_or_default();
    let mut head = format!("Made by `aura-db catalogue import` from {statements}{span}.");
    for note in &digest.notes {
        let _ = write!(head, "\n{note}");
    }
    if !left.is_empty() {
        head.push_str("\nNot covered:");
    }
    for NotCovered { fingerprint, count, because } in &left {
        let words: String = fingerprint.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(120).collect();
        let _ = write!(head, "\n  {count} × {words}: {because}");
    }
    (queries, head)
}
