//! The SQL in an app's JavaScript and TypeScript: what runs where, without running the app.
//!
//! Texts are followed through constants, concatenations, conditions and straight-line code; what is not known as a whole
//! is told with its place and the reason.

mod calls;
mod compose;
mod evaluate;
mod file;
mod imports;
pub mod merge;
mod nest;
mod request;
mod sample;
mod scope;
mod value;
mod visit;
mod walk;
mod wrapper;
mod writer;

pub use sample::Samples;

use super::error::SourceError;
use super::text::shown;
use crate::model::location::Location;
use crate::model::scan::{Scan, Uncovered};
use file::{Around, FileScan};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Stack of a thread that reads files: a text of many terms is a deep tree.
const STACK: usize = 256 << 20;
/// Bytes above which a file is no source file that people write.
const LARGEST: usize = 4 << 20;

/// How to scan.
#[derive(Debug, Default)]
pub struct Options {
    /// Names of calls that run SQL, beside those of the common clients.
    pub calls: Vec<String>,
    /// Where sample values come from.
    pub samples: Samples,
}

/// Scans folders, and files that are named.
///
/// # Errors
/// When a path cannot be read, or there is no source file in any.
pub fn scan(paths: &[PathBuf], options: &Options) -> Result<Scan, SourceError> {
    let files = walk::files(paths)?;
    let exports = imports::Exports::new(&options.calls);
    let around = Around { calls: &options.calls, samples: &options.samples, exports: &exports };
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(files.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let worker = || {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let scan = one(file, &around);
                    if let Ok(mut done) = done.lock() {
                        done.push((file.shown.clone(), scan));
                    }
                }
            };
            let started = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, worker);
            drop(started);
        }
    });
    let mut scans = done.into_inner().unwrap_or_default();
    if scans.len() != files.len() {
        let message = "no thread to read the files with could be started; free some memory".to_owned();
        return Err(SourceError { message, at: None });
    }
    scans.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(together(scans.into_iter().map(|(_, scan)| scan)))
}

/// Scans one text as the file of that name. For fuzzing.
#[must_use]
pub fn scan_text(text: &str, name: &str) -> Scan {
    let (samples, exports) = (Samples::default(), imports::Exports::default());
    let around = Around { calls: &[], samples: &samples, exports: &exports };
    together([file::file(text, std::path::Path::new(name), name, "", &around)])
}

fn one(file: &walk::File, around: &Around<'_>) -> FileScan {
    let name = shown(&file.path);
    let left_out = |because: String| FileScan {
        not_covered: vec![Uncovered { at: Location::line(&name, 1), because }],
        ..FileScan::default()
    };
    let bytes = match std::fs::read(&file.path) {
        Ok(bytes) => bytes,
        Err(error) => return left_out(format!("the file cannot be read and is left out: {error}")),
    };
    if bytes.len() > LARGEST {
        return left_out(format!("the file is larger than {} MB and is left out", LARGEST >> 20));
    }
    let lines = memchr::memchr_iter(b'\n', &bytes).count() + 1;
    if bytes.len() > 20_000 && bytes.len() / lines > 500 {
        return left_out("the file is minified and is left out".into());
    }
    let (text, is_text) = match String::from_utf8(bytes) {
        Ok(text) => (text, true),
        Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), false),
    };
    let mut scan = file::file(&text, &file.path, &name, &file.stem, around);
    if !is_text {
        let because = "the file is not UTF-8: letters that are not ASCII are lost".into();
        scan.not_covered.insert(0, Uncovered { at: Location::line(&name, 1), because });
    }
    scan
}

/// All files in one, each name once.
fn together(scans: impl IntoIterator<Item = FileScan>) -> Scan {
    let mut all = Scan::default();
    let (mut scans, mut calls): (Vec<FileScan>, Vec<_>) = (scans.into_iter().collect(), Vec::new());
    calls.extend(scans.iter_mut().map(|scan| std::mem::take(&mut scan.calls)));
    let reached = request::reached(&calls);
    let mut names = BTreeSet::new();
    let mut called = BTreeSet::new();
    for (mut scan, reached) in scans.into_iter().zip(&reached) {
        all.files += 1;
        all.bytes += scan.bytes;
        scan.statements.sort_by_key(|statement| statement.at.line);
        called.extend(scan.statements.iter().filter(|one| one.call.is_some()).map(|one| one.sql.clone()));
        all.statements.append(&mut scan.statements);
        scan.not_covered.sort();
        scan.not_covered.dedup();
        all.not_covered.append(&mut scan.not_covered);
        scan.findings.retain(|(_, standing)| {
            standing.is_handler || standing.names.iter().any(|name| reached.contains(name.as_str()))
        });
        let mut findings: Vec<_> = scan.findings.into_iter().map(|(finding, _)| finding).collect();
        findings.sort();
        all.findings.append(&mut findings);
    }
    // The text of a constant that another file imports and runs.
    all.statements.retain(|one| one.call.is_some() || !called.contains(&one.sql));
    for statement in &mut all.statements {
        let plain = statement.name.clone();
        let mut number = 2_u32;
        while !names.insert(statement.name.clone()) {
            statement.name = format!("{plain}-{number}");
            number += 1;
        }
    }
    all
}
