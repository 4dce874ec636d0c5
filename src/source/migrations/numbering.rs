//! The version that a new file in a folder of refinery's gets.

use super::refinery_name::{Name, name};
use super::{Listing, file_name};
use crate::model::ledger::Tool;
use crate::source::error::SourceError;
use std::path::Path;

/// The highest version in a folder, as it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Highest {
    /// The version; -1 when there is none.
    pub version: i64,
    /// Its digits, leading zeros included.
    pub digits: usize,
}

/// The highest version of refinery's files in a folder; `None` when new files are to be named as sqlx's.
///
/// # Errors
/// When the folder cannot be read, or files of both tools are mixed.
pub fn highest(folder: &Path, asked: Option<Tool>) -> Result<Option<Highest>, SourceError> {
    let listing = Listing::of(folder, asked)?;
    if asked != Some(Tool::Refinery) && listing.choose(folder, asked)?.0 != Some(Tool::Refinery) {
        return Ok(None);
    }
    let versions = listing.all.iter().filter_map(|path| {
        let Name::Migration(named) = name(file_name(path)) else { return None };
        let digits = file_name(path).chars().skip(1).take_while(char::is_ascii_digit).count();
        Some(Highest { version: named.version, digits })
    });
    let none = Highest { version: -1, digits: 1 };
    Ok(Some(versions.max_by_key(|highest| highest.version).unwrap_or(none)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_is_found_wherever_it_is() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(highest(folder.path(), None), Ok(None));
        let none = Highest { version: -1, digits: 1 };
        assert_eq!(highest(folder.path(), Some(Tool::Refinery)), Ok(Some(none)));
        std::fs::create_dir(folder.path().join("b")).unwrap();
        for file in ["V001__a.sql", "U0__c.sql", "b/V010__b.sql", "b/V010__b.down.sql"] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        assert_eq!(highest(folder.path(), None), Ok(Some(Highest { version: 10, digits: 3 })));
    }
}
