//! The workload: YAML files of queries, checked as they are read.

mod check;
mod entry;
mod place;
mod waiver;

use super::error::SourceError;
use super::yaml::Document;
use crate::model::query::Query;
use crate::model::waiver::SchemaWaiver;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The catalogue, with what is allowed beside it.
#[derive(Debug, Default)]
pub struct Workload {
    /// The queries, in the order of the files.
    pub queries: Vec<Query>,
    /// The waivers of what is found on tables and indexes; those of a query are with the query.
    pub waivers: Vec<SchemaWaiver>,
}

/// The queries of [`load_all`].
///
/// # Errors
/// As [`load_all`].
pub fn load(paths: &[PathBuf]) -> Result<Vec<Query>, Vec<SourceError>> {
    load_all(paths).map(|workload| workload.queries)
}

/// Loads files, and the YAML files of folders with their sub-folders, in the order of their names.
///
/// # Errors
/// Everything that is wrong with them, not only the first: unknown fields, names that occur twice, wrong numbers of
/// parameters, SQL that does not parse.
pub fn load_all(paths: &[PathBuf]) -> Result<Workload, Vec<SourceError>> {
    let mut problems = Vec::new();
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        if let Err(error) = collect(path, &mut seen, &mut files) {
            problems.push(error);
        }
    }
    if problems.is_empty() && files.is_empty() {
        let message = format!("no workload file (*.yaml) in {}; point to one with --workload", shown(paths));
        return Err(vec![SourceError { message, at: None }]);
    }
    let mut names = entry::Names::new();
    let mut all = Workload::default();
    for path in &files {
        match Document::open(path) {
            Ok(document) => {
                let one = entry::workload(&document, &mut names, &mut problems);
                all.queries.extend(one.queries);
                all.waivers.extend(one.waivers);
            }
            Err(error) => problems.push(error),
        }
    }
    if problems.is_empty() && all.queries.is_empty() {
        problems.push(SourceError { message: format!("no query in {}", shown(&files)), at: None });
    }
    if problems.is_empty() { Ok(all) } else { Err(problems) }
}

fn shown(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Adds a file, or the files of a folder. What was seen is left out: a file that is named twice is no duplicate of
/// itself, and a link to a folder above has no end.
fn collect(path: &Path, seen: &mut BTreeSet<PathBuf>, files: &mut Vec<PathBuf>) -> Result<(), SourceError> {
    let fail = |error: std::io::Error| SourceError {
        message: format!("{}: cannot be read: {error}; point to the workload with --workload", path.display()),
        at: None,
    };
    if !seen.insert(std::fs::canonicalize(path).map_err(fail)?) {
        return Ok(());
    }
    if !std::fs::metadata(path).map_err(fail)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path).map_err(fail)? {
        entries.push(entry.map_err(fail)?.path());
    }
    entries.sort();
    for entry in entries {
        let is_hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let is_yaml = entry.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        if !is_hidden && (entry.is_dir() || is_yaml) {
            collect(&entry, seen, files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
