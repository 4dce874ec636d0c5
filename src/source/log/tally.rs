//! The classes of a log, while it is read.

use super::blocks::Block;
use super::event::{Event, Piece};
use super::{BROKEN, Format, SourceError};
use crate::model::digest::{BrokenEvent, Digest, StatementClass, Times, sort};
use crate::sql::fingerprint::{Fingerprints, key};
use std::collections::HashMap;

/// Keys that are remembered; a log with more shapes than that is not worth more memory.
const KEYS: usize = 100_000;
/// Bytes of a key that is worth to be remembered.
const KEY_BYTES: usize = 16 << 10;
/// Bytes of a statement that may stand for its class.
const SAMPLE_BYTES: usize = 64 << 10;

/// What has been read so far.
#[derive(Debug)]
pub(super) struct Tally {
    fingerprints: Fingerprints,
    /// The classes by the keys of their statements.
    by_key: HashMap<Vec<u8>, usize>,
    by_fingerprint: HashMap<Vec<u8>, usize>,
    classes: Vec<Class>,
    key: Vec<u8>,
    first: Option<u64>,
    last: Option<u64>,
    pub(super) events: u64,
    pub(super) bytes: u64,
    /// Whether something has been seen that only such a log has.
    pub(super) is_known: bool,
    /// The first bytes.
    pub(super) start: Vec<u8>,
    pub(super) broken: Vec<Fault>,
}

/// Something that is no whole event.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fault {
    /// Bytes before it.
    pub(super) offset: u64,
    /// Its line, from 1.
    pub(super) line: u64,
    pub(super) reason: &'static str,
}

impl Fault {
    /// In that file.
    pub(super) fn of(self, file: &str) -> BrokenEvent {
        BrokenEvent { file: file.to_owned(), offset: self.offset, line: self.line, reason: self.reason.to_owned() }
    }
}

#[derive(Debug, Default)]
struct Class {
    count: u64,
    /// Whether the log tells times and rows.
    is_timed: bool,
    micros: u64,
    slowest: u64,
    times: Times,
    rows_examined: u64,
    rows_sent: u64,
    sample: Option<Sample>,
}

#[derive(Debug)]
struct Sample {
    micros: u64,
    offset: u64,
    statement: Vec<u8>,
    database: Option<Vec<u8>>,
}

impl Tally {
    pub(super) fn new() -> Result<Self, SourceError> {
        let unprepared = |error: regex::Error| SourceError { message: error.to_string(), at: None };
        Ok(Self {
            fingerprints: Fingerprints::new().map_err(unprepared)?,
            by_key: HashMap::new(),
            by_fingerprint: HashMap::new(),
            classes: Vec::new(),
            key: Vec::new(),
            first: None,
            last: None,
            events: 0,
            bytes: 0,
            is_known: false,
            start: Vec::new(),
            broken: Vec::new(),
        })
    }

    /// Reads the events of a block.
    pub(super) fn read<F: Format>(&mut self, block: &Block) {
        if block.offset == 0 {
            self.start = block.bytes.iter().take(4).copied().collect();
        }
        self.bytes += block.bytes.len() as u64;
        for (at, piece) in F::pieces(&block.bytes, block.goes_on) {
            let offset = block.offset + at as u64;
            match piece {
                Piece::Event(event) => self.add(&event, offset),
                Piece::Broken(reason) if self.broken.len() < BROKEN => {
                    let before = memchr::memchr_iter(b'\n', &block.bytes[..at]).count() as u64;
                    self.broken.push(Fault { offset, line: block.lines + before + 1, reason });
                }
                Piece::Other => self.is_known = true,
                Piece::Broken(_) | Piece::Banner => {}
            }
        }
    }

    fn add(&mut self, event: &Event<'_>, offset: u64) {
        self.events += 1;
        if event.timestamp.is_some() {
            self.first = self.first.into_iter().chain(event.timestamp).min();
            self.last = self.last.max(event.timestamp);
        }
        let at = self.class(event.statement);
        let class = &mut self.classes[at];
        class.count += 1;
        class.is_timed |= event.is_timed;
        class.micros += event.micros;
        class.slowest = class.slowest.max(event.micros);
        class.times.add(event.micros);
        class.rows_examined += event.rows_examined;
        class.rows_sent += event.rows_sent;
        let is_slower = class.sample.as_ref().is_none_or(|sample| sample.micros < event.micros);
        if is_slower && event.statement.len() <= SAMPLE_BYTES {
            class.sample = Some(Sample {
                micros: event.micros,
                offset,
                statement: event.statement.to_vec(),
                database: event.database.map(<[u8]>::to_vec),
            });
        }
    }

    fn class(&mut self, statement: &[u8]) -> usize {
        let first_row = self.fingerprints.first_row(statement);
        let is_ordinary = key(first_row, &mut self.key);
        if is_ordinary && let Some(at) = self.by_key.get(&self.key) {
            return *at;
        }
        let fingerprint = self.fingerprints.of(statement);
        let at = self.of(fingerprint);
        if is_ordinary && self.key.len() <= KEY_BYTES {
            if self.by_key.len() >= KEYS {
                self.by_key.clear();
            }
            self.by_key.insert(self.key.clone(), at);
        }
        at
    }

    fn of(&mut self, fingerprint: Vec<u8>) -> usize {
        *self.by_fingerprint.entry(fingerprint).or_insert_with(|| {
            self.classes.push(Class::default());
            self.classes.len() - 1
        })
    }

    /// Adds what another one has read.
    pub(super) fn merge(&mut self, mut other: Self) {
        for (fingerprint, from) in std::mem::take(&mut other.by_fingerprint) {
            let at = self.of(fingerprint);
            self.classes[at].merge(std::mem::take(&mut other.classes[from]));
        }
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
        self.events += other.events;
        self.bytes += other.bytes;
        self.is_known |= other.is_known;
        if self.start.is_empty() {
            self.start = other.start;
        }
        self.broken.extend(other.broken);
    }

    pub(super) fn into_digest(mut self, mut broken: Vec<BrokenEvent>) -> Digest {
        let named = std::mem::take(&mut self.by_fingerprint);
        let mut classes: Vec<StatementClass> =
            named.into_iter().map(|(name, at)| std::mem::take(&mut self.classes[at]).named(&name)).collect();
        sort(&mut classes);
        broken.truncate(BROKEN);
        let span = self.first.zip(self.last).map(|(first, last)| last - first).filter(|span| *span > 0);
        let class_count = classes.len() as u64;
        Digest {
            classes,
            class_count,
            events: self.events,
            bytes: self.bytes,
            span_seconds: span,
            broken,
            notes: Vec::new(),
        }
    }
}

impl Class {
    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.is_timed |= other.is_timed;
        self.micros += other.micros;
        self.slowest = self.slowest.max(other.slowest);
        self.times.merge(&other.times);
        self.rows_examined += other.rows_examined;
        self.rows_sent += other.rows_sent;
        // The slowest, and of equally slow ones the first, whichever thread has read it.
        let rank = |sample: &Sample| (std::cmp::Reverse(sample.micros), sample.offset);
        self.sample = self.sample.take().into_iter().chain(other.sample).min_by_key(rank);
    }

    fn named(self, fingerprint: &[u8]) -> StatementClass {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let ms = |micros: f64| micros / 1000.0;
        StatementClass {
            fingerprint: text(fingerprint),
            count: self.count,
            total_ms: self.is_timed.then(|| ms(self.micros as f64)),
            max_ms: self.is_timed.then(|| ms(self.slowest as f64)),
            p95_ms: self.is_timed.then(|| ms(self.times.p95_micros().min(self.slowest as f64))),
            rows_examined: self.is_timed.then_some(self.rows_examined),
            rows_sent: self.is_timed.then_some(self.rows_sent),
            no_index_used: None,
            first_seen: None,
            last_seen: None,
            params: Vec::new(),
            no_sample: None,
            database: self.sample.as_ref().and_then(|sample| sample.database.as_deref()).map(text),
            sample: self.sample.map(|sample| text(&sample.statement)).unwrap_or_default(),
        }
    }
}
