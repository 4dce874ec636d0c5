//! A log in blocks, each of which begins and ends between two events.

use super::tally::Fault;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Bytes of a block, unless a single event is longer.
const SIZE: usize = 4 << 20;
/// What a file that gzip has written begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A part of a log.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) bytes: Vec<u8>,
    /// Bytes of the log before it.
    pub(super) offset: u64,
    /// Lines of the log before it.
    pub(super) lines: u64,
    /// Whether the log goes on after it.
    pub(super) goes_on: bool,
}

/// The blocks of a file, which may be compressed with gzip.
pub(super) struct Blocks {
    input: Box<dyn Read>,
    /// What was read of the next block.
    pending: Vec<u8>,
    offset: u64,
    lines: u64,
    ended: bool,
    start_of_last: fn(&[u8]) -> Option<usize>,
}

impl Blocks {
    pub(super) fn open(path: &Path, start_of_last: fn(&[u8]) -> Option<usize>) -> std::io::Result<Self> {
        let mut file = File::open(path)?;
        let mut start = Vec::with_capacity(2);
        file.by_ref().take(2).read_to_end(&mut start)?;
        let is_gzip = start == GZIP;
        let whole = std::io::Cursor::new(start).chain(file);
        let input: Box<dyn Read> = if is_gzip {
            Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 16, whole)))
        } else {
            Box::new(whole)
        };
        Ok(Self { input, pending: Vec::new(), offset: 0, lines: 0, ended: false, start_of_last })
    }

    /// What is wrong with what comes next.
    pub(super) fn fault_here(&self, reason: &'static str) -> Fault {
        Fault { offset: self.offset, line: self.lines + 1, reason }
    }

    /// The next block, `None` at the end.
    pub(super) fn next(&mut self) -> std::io::Result<Option<Block>> {
        let mut bytes = std::mem::take(&mut self.pending);
        let mut wanted = SIZE;
        loop {
            let missing = (wanted.saturating_sub(bytes.len())) as u64;
            if !self.ended {
                match self.input.by_ref().take(missing).read_to_end(&mut bytes) {
                    Ok(read) => self.ended = (read as u64) < missing,
                    // What came before the fault is read, and the fault told by the next call.
                    Err(error) if bytes.is_empty() => return Err(error),
                    Err(_) => {
                        self.ended = true;
                        self.input = Box::new(Faulty);
                        return Ok(Some(self.cut(bytes, None)));
                    }
                }
            }
            if self.ended {
                return if bytes.is_empty() { self.fault() } else { Ok(Some(self.cut(bytes, None))) };
            }
            match (self.start_of_last)(&bytes).filter(|at| *at > 0) {
                Some(at) => return Ok(Some(self.cut(bytes, Some(at)))),
                None => wanted = bytes.len() * 2,
            }
        }
    }

    fn cut(&mut self, mut bytes: Vec<u8>, at: Option<usize>) -> Block {
        if let Some(at) = at {
            self.pending = bytes.split_off(at);
        }
        let (offset, lines) = (self.offset, self.lines);
        self.offset += bytes.len() as u64;
        self.lines += memchr::memchr_iter(b'\n', &bytes).count() as u64;
        Block { bytes, offset, lines, goes_on: at.is_some() }
    }

    fn fault(&mut self) -> std::io::Result<Option<Block>> {
        let mut nothing = [0];
        self.input.read(&mut nothing).map(|_| None)
    }
}

/// An input that has broken off.
struct Faulty;

impl Read for Faulty {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::UnexpectedEof.into())
    }
}
