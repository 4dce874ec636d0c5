//! The classes of a log, while it is read.

use super::blocks::Block;
use super::event::{Event, Piece, Pieces};
use super::{BROKEN, SourceError};
use crate::model::digest::{BrokenEvent, Digest, StatementClass, Times};
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
    pub(super) broken: Vec<(u64, &'static str)>,
}

#[derive(Debug, Default)]
struct Class {
    count: u64,
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
            broken: Vec::new(),
        })
    }

    /// Reads the events of a block.
    pub(super) fn read(&mut self, block: &Block) {
        self.bytes += block.bytes.len() as u64;
        for (at, piece) in Pieces::new(&block.bytes, block.goes_on) {
            let offset = block.offset + at as u64;
            match piece {
                Piece::Event(event) => self.add(&event, offset),
                Piece::Broken(reason) if self.broken.len() < BROKEN => self.broken.push((offset, reason)),
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
        self.broken.extend(other.broken);
    }

    pub(super) fn into_digest(mut self, mut broken: Vec<BrokenEvent>) -> Digest {
        let named = std::mem::take(&mut self.by_fingerprint);
        let mut classes: Vec<StatementClass> =
            named.into_iter().map(|(name, at)| std::mem::take(&mut self.classes[at]).named(&name)).collect();
        classes.sort_by(|a, b| b.total_ms.total_cmp(&a.total_ms).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
        broken.truncate(BROKEN);
        let span = self.first.zip(self.last).map(|(first, last)| last - first).filter(|span| *span > 0);
        let class_count = classes.len() as u64;
        Digest { classes, class_count, events: self.events, bytes: self.bytes, span_seconds: span, broken }
    }
}

impl Class {
    fn merge(&mut self, other: Self) {
        self.count += other.count;
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
            total_ms: ms(self.micros as f64),
            max_ms: ms(self.slowest as f64),
            p95_ms: ms(self.times.p95_micros().min(self.slowest as f64)),
            rows_examined: self.rows_examined,
            rows_sent: self.rows_sent,
            database: self.sample.as_ref().and_then(|sample| sample.database.as_deref()).map(text),
            sample: self.sample.map(|sample| text(&sample.statement)).unwrap_or_default(),
        }
    }
}
