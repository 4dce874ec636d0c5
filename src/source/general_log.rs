//! General query logs of `MySQL` and `MariaDB`: every statement that reached the server, without times.

mod event;
mod head;
#[cfg(test)]
mod tests;

use super::error::SourceError;
use super::log::{self, Format, Piece};
use crate::model::digest::Digest;
use event::Pieces;
use std::path::PathBuf;

struct General;

impl Format for General {
    const NONE: &str = "no event of a general log in it; such events are lines like \
                        `2026-01-02T03:04:05.000001Z<tab>12 Query<tab>SELECT 1` (slow logs are read by `catalogue import \
                        slowlog`)";

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
/// When a file cannot be read, or does not look like a general log.
pub fn read(paths: &[PathBuf]) -> Result<Digest, SourceError> {
    log::read::<General>(paths)
}

/// Reads a general log that is in memory.
///
/// # Errors
/// When the fingerprints cannot be prepared.
pub fn of_bytes(bytes: &[u8]) -> Result<Digest, SourceError> {
    log::of_bytes::<General>(bytes)
}
