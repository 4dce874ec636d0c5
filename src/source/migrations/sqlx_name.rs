//! sqlx's names: `<version>_<name>.up.sql`, `.down.sql`, or `.sql` alone, in the folder itself and not below it.
//!
//! What sqlx would trip over at run time is refused with its file named.

use super::Named;
use super::script::problem;
use crate::model::migration::Naming;
use crate::source::error::SourceError;
use std::path::Path;

/// Whether the file is one of sqlx's, by its name.
pub(super) fn is_named(path: &Path) -> bool {
    name(path).is_ok()
}

/// Reads a file's name.
pub(super) fn name(path: &Path) -> Result<Named, SourceError> {
    let file_name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let stem = file_name.trim_end_matches(".sql");
    let (stem, down) = match stem.strip_suffix(".down") {
        Some(stem) => (stem, true),
        None => (stem.strip_suffix(".up").unwrap_or(stem), false),
    };
    let (digits, rest) = stem.split_once('_').unwrap_or((stem, ""));
    match digits.parse::<i64>() {
        Ok(version) if version > 0 && !rest.is_empty() => {
            Ok(Named { version, naming: Naming::Sqlx, description: rest.replace('_', " "), down })
        }
        _ => Err(problem(
            path,
            "the name is not of the form <version>_<name>.up.sql, <version>_<name>.down.sql or <version>_<name>.sql, \
             nor V<number>__<name>.sql as refinery has it; rename it, or move it out of the folder",
        )),
    }
}
