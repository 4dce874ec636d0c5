//! Logs of statements, read in constant memory however long they are.
//!
//! A thread reads a file in blocks that end between two events; the others read the events of a block each, and keep
//! nothing but a record for each class. What the events of a log look like is its [`Format`]'s matter.

mod blocks;
mod event;
mod tally;

use super::error::SourceError;
use super::text::{shown, utf16};
use crate::model::digest::Digest;
use blocks::{Block, Blocks};
pub(super) use event::{Event, Piece, is_banner, line, next_line, number};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;
use tally::Tally;

/// More threads than this wait for the disk only.
const THREADS: usize = 8;
/// Broken events that are told apart; the rest is counted in the last one.
const BROKEN: usize = 1000;

/// What the events of a log look like.
pub(super) trait Format {
    /// What is said of a file that has no such event, after its name.
    const NONE: &str;

    /// Where the last event of a text begins that is not the only one.
    fn start_of_last(text: &[u8]) -> Option<usize>;

    /// The pieces of a text that begins between two events, each with its place; `goes_on` says that it ends there too.
    fn pieces(text: &[u8], goes_on: bool) -> impl Iterator<Item = (usize, Piece<'_>)>;
}

/// Reads a text that is in memory, as one file.
///
/// # Errors
/// When a pattern of the fingerprints cannot be prepared.
pub(super) fn of_bytes<F: Format>(bytes: &[u8]) -> Result<Digest, SourceError> {
    let mut tally = Tally::new()?;
    tally.read::<F>(&Block { bytes: bytes.to_vec(), offset: 0, lines: 0, goes_on: false });
    let broken = std::mem::take(&mut tally.broken);
    let broken = broken.into_iter().map(|fault| fault.of("")).collect();
    Ok(tally.into_digest(broken))
}

/// Reads the logs, one after the other.
///
/// # Errors
/// When a file cannot be read, or does not look like such a log.
pub(super) fn read<F: Format>(paths: &[PathBuf]) -> Result<Digest, SourceError> {
    let mut whole = Tally::new()?;
    let mut broken = Vec::new();
    for path in paths {
        let mut tally = file::<F>(path)?;
        if tally.events == 0 && !tally.is_known && tally.bytes > 0 {
            let message = match utf16(&tally.start) {
                Some(encoding) => format!("{}: the file is {encoding}; save it as UTF-8", shown(path)),
                None => format!("{}: {}", shown(path), F::NONE),
            };
            return Err(SourceError { message, at: None });
        }
        let file = shown(path);
        tally.broken.sort_unstable();
        broken.extend(std::mem::take(&mut tally.broken).into_iter().map(|fault| fault.of(&file)));
        whole.merge(tally);
    }
    Ok(whole.into_digest(broken))
}

fn file<F: Format>(path: &Path) -> Result<Tally, SourceError> {
    let unreadable =
        |error: std::io::Error| SourceError { message: format!("{}: cannot be read: {error}", shown(path)), at: None };
    let mut blocks = Blocks::open(path, F::start_of_last).map_err(unreadable)?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS);
    std::thread::scope(|scope| {
        let (send, receive) = sync_channel::<Block>(threads);
        let receive = std::sync::Arc::new(Mutex::new(receive));
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let receive = std::sync::Arc::clone(&receive);
                scope.spawn(move || {
                    let mut tally = Tally::new()?;
                    loop {
                        // A worker that panicked leaves the queue to the others.
                        let block = receive.lock().unwrap_or_else(std::sync::PoisonError::into_inner).recv();
                        let Ok(block) = block else { break Ok(tally) };
                        tally.read::<F>(&block);
                    }
                })
            })
            .collect();
        drop(receive);
        let mut cut = None;
        let mut outcome = Ok(());
        loop {
            match blocks.next() {
                Ok(Some(block)) => {
                    if send.send(block).is_err() {
                        break;
                    }
                }
                Ok(None) => break,
                // A compressed log that is cut off is read as far as it goes.
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    cut = Some(blocks.fault_here("the compressed file is cut off here"));
                    break;
                }
                Err(error) => {
                    outcome = Err(unreadable(error));
                    break;
                }
            }
        }
        drop(send);
        let mut whole = Tally::new()?;
        for worker in workers {
            let gone = |_| SourceError { message: format!("{}: a reading thread ended early", shown(path)), at: None };
            whole.merge(worker.join().map_err(gone)??);
        }
        whole.broken.extend(cut);
        outcome.map(|()| whole)
    })
}
