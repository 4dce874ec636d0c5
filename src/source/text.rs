//! A text file as it stands, with its name as the user would write it.

use super::error::SourceError;
use crate::model::location::Location;
use std::path::Path;

/// The name that messages use: relative where it was given so.
pub(super) fn shown(path: &Path) -> String {
    path.strip_prefix("./").unwrap_or(path).display().to_string()
}

/// Reads a file that must be UTF-8. Nothing is trimmed or changed.
pub(super) fn read(path: &Path) -> Result<String, SourceError> {
    let file = shown(path);
    let fail = |message: String, line| SourceError { message, at: Some(Location::line(&file, line)) };
    let bytes = std::fs::read(path).map_err(|error| fail(format!("{file}: cannot be read: {error}"), 1))?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        let line = u32::try_from(valid.matches('\n').count() + 1).unwrap_or(u32::MAX);
        fail(format!("{file}:{line}: the file is not UTF-8 from here on; save it as UTF-8"), line)
    })
}
