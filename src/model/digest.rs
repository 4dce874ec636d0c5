//! The statements that a server ran, by class.

use super::query::Value;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a log or a server's own figures say of the statements that ran.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Digest {
    /// The classes, those that took most time first, or, where no times are known, that ran most.
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
    /// What the reader must know to judge the figures, such as since when they were counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// All statements of the same fingerprint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatementClass {
    /// The statement without what differs from one run to the next, in pt-query-digest's form.
    pub fingerprint: String,
    /// Statements.
    pub count: u64,
    /// Milliseconds that all of them took; `None` where times were not kept.
    pub total_ms: Option<f64>,
    /// Milliseconds of the slowest.
    pub max_ms: Option<f64>,
    /// Milliseconds that 95 in 100 took at most, to within 5 %; `None` where the server does not tell.
    pub p95_ms: Option<f64>,
    /// Rows that all of them examined.
    pub rows_examined: Option<u64>,
    /// Rows that all of them sent.
    pub rows_sent: Option<u64>,
    /// How many of them used no index, where the server counts that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_index_used: Option<u64>,
    /// When the first of them ran, in UTC, where the server tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<String>,
    /// When the last of them ran, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<String>,
    /// The database, where it is told.
    pub database: Option<String>,
    /// The slowest one in its own words; with `?` where no values were kept. Empty when there is none.
    pub sample: String,
    /// Stand-ins for the `?` of the sample.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Value>,
    /// Why there is no sample, where that is not its length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_sample: Option<String>,
}

/// Puts those first that took most time, then those that ran most.
pub fn sort(classes: &mut [StatementClass]) {
    let time = |class: &StatementClass| class.total_ms.unwrap_or(0.0);
    classes.sort_by(|a, b| {
        let by_time = time(b).total_cmp(&time(a));
        by_time.then_with(|| b.count.cmp(&a.count)).then_with(|| a.fingerprint.cmp(&b.fingerprint))
    });
}

/// A part of a log that is no whole event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct BrokenEvent {
    /// The log.
    pub file: String,
    /// Bytes before it.
    pub offset: u64,
    /// Its line, from 1.
    pub line: u64,
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
