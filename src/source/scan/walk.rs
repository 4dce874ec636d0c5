//! The source files of an app: what git ignores, what a build made and what others wrote is left out.

use crate::source::error::SourceError;
use ignore::WalkBuilder;
use std::path::{Path, PathBuf};

const ENDINGS: [&str; 8] = ["js", "cjs", "mjs", "jsx", "ts", "mts", "cts", "tsx"];
const FOLDERS: [&str; 8] = ["node_modules", "dist", "build", "out", "coverage", "vendor", "bower_components", "target"];

/// A file to read.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: PathBuf,
    /// For the order.
    pub(super) shown: String,
    /// What names of its statements begin with.
    pub(super) stem: String,
}

/// The files of folders, in the order of their names.
pub(super) fn files(paths: &[PathBuf]) -> Result<Vec<File>, SourceError> {
    let mut files = Vec::new();
    for root in paths {
        let fail = |error: &dyn std::fmt::Display| SourceError {
            message: format!("{}: cannot be read: {error}", root.display()),
            at: None,
        };
        if std::fs::metadata(root).map_err(|error| fail(&error))?.is_file() {
            files.push(file(root, root.parent().unwrap_or(root)));
            continue;
        }
        let walk = WalkBuilder::new(root)
            .require_git(false)
            .filter_entry(|entry| {
                let name = entry.file_name().to_string_lossy();
                entry.depth() == 0 || !FOLDERS.contains(&name.as_ref())
            })
            .build();
        for entry in walk {
            let entry = entry.map_err(|error| fail(&error))?;
            if entry.file_type().is_some_and(|kind| kind.is_file()) && is_source(entry.path()) {
                files.push(file(entry.path(), root));
            }
        }
    }
    files.sort_by(|one, other| one.shown.cmp(&other.shown));
    files.dedup_by(|one, other| one.shown == other.shown);
    if files.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let message = format!("no JavaScript or TypeScript file in {}; name the app's source folder", names.join(", "));
        return Err(SourceError { message, at: None });
    }
    Ok(files)
}

fn is_source(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let is_declaration = [".d.ts", ".d.mts", ".d.cts"].iter().any(|end| name.ends_with(end));
    ENDINGS.contains(&ending.as_ref()) && !name.contains(".min.") && !is_declaration
}

fn file(path: &Path, root: &Path) -> File {
    let inside = path.strip_prefix(root).unwrap_or(path).with_extension("");
    let parts: Vec<String> = inside.iter().map(|part| part.to_string_lossy().replace(['.', ' '], "-")).collect();
    let mut stem = parts.join(".");
    if let Some(folder) = stem.strip_suffix(".index") {
        stem = folder.to_owned();
    }
    let plain = |c: char| if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' };
    File { path: path.to_owned(), shown: path.display().to_string(), stem: stem.chars().map(plain).collect() }
}
