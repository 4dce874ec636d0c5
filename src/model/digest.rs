//! The statements that a server ran, by class.

use serde::Serialize;
use std::collections::BTreeMap;

/// What a log or a server's own figures say of the statements that ran.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Digest {
    /// The classes, those that took most time first.
    pub classes: Vec<StatementClass>,
    /// Classes in all, also those beyond a limit.
    pub class_count: u64,
    /// Statements read.
    pub events: u64,
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// Seconds from the first statement to the last; `None` when fewer than two have a time.
    pub span_seconds: Option<u64>,
    /// What could not be read, in the order of the files.
    pub broken: Vec<BrokenEvent>,
}

/// All statements of the same fingerprint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatementClass {
    /// The statement without what differs from one run to the next, in pt-query-digest's form.
    pub fingerprint: String,
    /// Statements.
    pub count: u64,
    /// Milliseconds that all of them took.
    pub total_ms: f64,
    /// Milliseconds of the slowest.
    pub max_ms: f64,
    /// Milliseconds that 95 in 100 took at most, to within 5 %.
    pub p95_ms: f64,
    /// Rows that all of them examined.
    pub rows_examined: u64,
    /// Rows that all of them sent.
    pub rows_sent: u64,
    /// The database, where the log tells it.
    pub database: Option<String>,
    /// The slowest one in its own words.
    pub sample: String,
}

/// A part of a log that is no whole event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct BrokenEvent {
    /// The log.
    pub file: String,
    /// Bytes before it.
    pub offset: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// Times in buckets that are 5 % wide, from a microsecond on: small whatever the number of events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Times {
    buckets: BTreeMap<u16, u64>,
    count: u64,
}

impl Times {
    const WIDTH: f64 = 1.05;

    /// Adds a time in microseconds.
    pub fn add(&mut self, micros: u64) {
        // The logarithm of 2^64 is 910 buckets.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 910")]
        let bucket = if micros == 0 { 0 } else { (micros as f64).log(Self::WIDTH) as u16 + 1 };
        *self.buckets.entry(bucket).or_default() += 1;
        self.count += 1;
    }

    /// Adds all times of another one.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.buckets {
            *self.buckets.entry(*bucket).or_default() += count;
        }
        self.count += other.count;
    }

    /// Microseconds that 95 in 100 of the times are not above, to within 5 %; 0 without any.
    #[must_use]
    pub fn p95_micros(&self) -> f64 {
        let rank = (self.count * 95).div_ceil(100);
        let mut passed = 0;
        let bucket = self.buckets.iter().find(|(_, count)| {
            passed += **count;
            passed >= rank
        });
        bucket.map_or(0.0, |(bucket, _)| if *bucket == 0 { 0.0 } else { Self::WIDTH.powi(i32::from(*bucket)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_95th_percentile_is_right_to_within_a_bucket() {
        let mut times = Times::default();
        assert!(times.p95_micros() < 1e-9);
        (1..=1000).for_each(|micros| times.add(micros));
        let p95 = times.p95_micros();
        assert!((950.0..=950.0 * 1.05).contains(&p95), "{p95}");
        let mut twice = times.clone();
        twice.merge(&times);
        assert!((twice.p95_micros() - p95).abs() < 1e-9);
        times.add(0);
        times.add(u64::MAX);
        assert!(times.p95_micros() >= p95);
    }
}
