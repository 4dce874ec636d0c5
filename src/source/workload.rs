//! The workload: YAML files of queries, checked as they are read.

mod check;
mod entry;

use super::error::SourceError;
use super::yaml::Document;
use crate::model::query::Query;
use std::path::{Path, PathBuf};

/// Loads files, and the YAML files of folders with their sub-folders, in the order of their names.
///
/// # Errors
/// Everything that is wrong with them, not only the first: unknown fields, names that occur twice, wrong numbers of
/// parameters, SQL that does not parse.
pub fn load(paths: &[PathBuf]) -> Result<Vec<Query>, Vec<SourceError>> {
    let mut problems = Vec::new();
    let mut files = Vec::new();
    for path in paths {
        if let Err(error) = collect(path, &mut files) {
            problems.push(error);
        }
    }
    if problems.is_empty() && files.is_empty() {
        let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let message = format!("no workload file (*.yaml) in {}; point to one with --workload", shown.join(", "));
        return Err(vec![SourceError { message, at: None }]);
    }
    let mut queries: Vec<Query> = Vec::new();
    for path in files {
        let loaded = Document::open(&path).and_then(|document| document.parse().map(|file| (document, file)));
        match loaded {
            Ok((document, file)) => queries.extend(entry::queries(&document, file, &mut problems)),
            Err(error) => problems.push(error),
        }
    }
    check::names(&queries, &mut problems);
    if problems.is_empty() { Ok(queries) } else { Err(problems) }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), SourceError> {
    let fail = |error: std::io::Error| SourceError {
        message: format!("{}: cannot be read: {error}; point to the workload with --workload", path.display()),
        at: None,
    };
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
        let is_yaml = entry.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        if entry.is_dir() || is_yaml {
            collect(&entry, files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
