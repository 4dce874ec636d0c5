//! `catalogue import`: a workload from what a server has run.

use super::failure::Failure;
use crate::cli::{DigestFormat, Logs, Printed};
use crate::exit::Exit;
use crate::model::count::counted;
use crate::model::digest::Digest;
use crate::render;
use crate::source::classes::{self, NotCovered};
use crate::source::error::SourceError;
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

type Reader = fn(&[PathBuf]) -> Result<Digest, SourceError>;

fn logs(args: &Logs, log: &str, read: Reader, term: &mut Term) -> Result<Exit, Failure> {
    let output = Output::open(args.print.output.as_deref())?;
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
    print(digest, &args.print, log, output, term)
}

/// Writes what has been read in the form that is wanted.
pub(super) fn print(
    mut digest: Digest,
    args: &Printed,
    log: &str,
    output: Output,
    term: &mut Term,
) -> Result<Exit, Failure> {
    for note in &digest.notes {
        term.note(&format!("note: {note}"));
    }
    if let Some(limit) = args.limit {
        digest.classes.truncate(limit);
    }
    let text = match args.format {
        DigestFormat::Workload => workload(&digest, log, term),
        DigestFormat::Table => render::digest::table(&digest, &output.style(term)),
        DigestFormat::Json => render::json::render(&digest),
    };
    output.write(&text, term)?;
    Ok(Exit::Clean)
}

/// The workload file; what is no entry is said on stderr and in the file.
fn workload(digest: &Digest, log: &str, term: &mut Term) -> String {
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
    render::workload::render(&queries, &head)
}
