//! Slow query logs of `MySQL`, `Percona Server` and `MariaDB`.

mod event;
#[cfg(test)]
mod tests;

use super::error::SourceError;
use super::log::{self, Format, Piece};
use crate::model::digest::Digest;
use event::Pieces;
use std::path::PathBuf;

struct Slow;

impl Format for Slow {
    const NONE: &str = "no event of a slow log in it; such events begin with a line `# Time: …` or `# User@Host: …` \
                        (general logs are read by `catalogue import general-log`)";

    fn start_of_last(text: &[u8]) -> Option<usize> {
        event::start_of_last(text)
    }

    fn pieces(text: &[u8], goes_on: bool) -> impl Iterator<Item = (usize, Piece<'_>)> {
        Pieces::new(text, goes_on)
    }
}

/// Reads the logs, one after the other, in constant memory.
///
/// # Errors
/// When a file cannot be read, or does not look like a slow log.
pub fn read(paths: &[PathBuf]) -> Result<Digest, SourceError> {
    log::read::<Slow>(paths)
}

/// Reads a slow log that is in memory.
///
/// # Errors
/// When the fingerprints cannot be prepared.
pub fn of_bytes(bytes: &[u8]) -> Result<Digest, SourceError> {
    log::of_bytes::<Slow>(bytes)
}
