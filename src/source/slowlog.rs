//! Slow query logs of `MySQL`, `Percona Server` and `MariaDB`, read in constant memory however long they are.
//!
//! A thread reads a file in blocks that end between two events; the others read the events of a block each, and keep
//! nothing but a record for each class.

mod blocks;
mod event;
mod tally;
#[cfg(test)]
mod tests;

use super::error::SourceError;
use super::text::shown;
use crate::model::digest::{BrokenEvent, Digest};
use blocks::{Block, Blocks};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;
use tally::Tally;

/// More threads than this wait for the disk only.
const THREADS: usize = 8;
/// Broken events that are told apart; the rest is counted in the last one.
const BROKEN: usize = 1000;

/// Reads the logs, one after the other.
///
/// # Errors
/// When a file cannot be read, or does not look like a slow log.
pub fn read(paths: &[PathBuf]) -> Result<Digest, SourceError> {
    let mut whole = Tally::new()?;
    let mut broken = Vec::new();
    for path in paths {
        let mut tally = file(path)?;
        if tally.events == 0 && tally.bytes > 0 {
            return Err(SourceError {
                message: format!(
                    "{}: no event of a slow log in it; such events begin with a line `# Time: …` or `# User@Host: …` \
                     (general logs are read by `catalogue import general-log`)",
                    shown(path)
                ),
                at: None,
            });
        }
        let file = shown(path);
        tally.broken.sort_unstable();
        broken.extend(std::mem::take(&mut tally.broken).into_iter().map(|(offset, reason)| BrokenEvent {
            file: file.clone(),
            offset,
            reason: reason.to_owned(),
        }));
        whole.merge(tally);
    }
    Ok(whole.into_digest(broken))
}

fn file(path: &Path) -> Result<Tally, SourceError> {
    let unreadable =
        |error: std::io::Error| SourceError { message: format!("{}: cannot be read: {error}", shown(path)), at: None };
    let mut blocks = Blocks::open(path).map_err(unreadable)?;
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
                        tally.read(&block);
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
                    cut = Some((blocks.offset(), "the compressed file is cut off here"));
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
