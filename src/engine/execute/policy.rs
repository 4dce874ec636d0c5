//! How long a statement waits for a busy table, how often it tries again, and when somebody looks what it is doing.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// The longest pause between two attempts.
const LONGEST: Duration = Duration::from_secs(8);
/// The shortest, in which the statements that queued behind the attempt are served.
const SHORTEST: Duration = Duration::from_millis(100);

/// How a user's statement is sent to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Longest wait of one attempt for a metadata lock (`lock_wait_timeout`), in whole seconds.
    pub lock_wait_timeout: Duration,
    /// For how long after the first refusal a DDL statement is tried again; zero for one attempt only.
    pub give_up_after: Duration,
    /// How long a statement runs before a second connection looks what it is doing.
    pub watch_after: Duration,
    /// For how long the server may be out of reach while a statement runs, before its connection is given up.
    pub dead_after: Duration,
}

impl Policy {
    /// The policy for these limits.
    #[must_use]
    pub fn new(lock_wait_timeout: Duration, give_up_after: Duration) -> Self {
        // The look has to come while the attempt still waits.
        let watch_after = Duration::from_secs(1).min(lock_wait_timeout / 2);
        Self { lock_wait_timeout, give_up_after, watch_after, dead_after: Duration::from_secs(30) }
    }
}

/// The pause after that attempt, counted from 1: up to half a second doubled each time, anything below it being as
/// likely (full jitter), so that two runners do not meet again and again.
#[must_use]
pub(super) fn pause(attempt: u32) -> Duration {
    let most = Duration::from_millis(500).saturating_mul(1 << attempt.saturating_sub(1).min(10)).min(LONGEST);
    // The hasher's keys are random; nothing here needs more.
    let millis = RandomState::new().hash_one(attempt) % u64::try_from(most.as_millis()).unwrap_or(u64::MAX).max(1);
    Duration::from_millis(millis).max(SHORTEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_vary_and_end_somewhere() {
        let policy = Policy::new(Duration::from_secs(3), Duration::from_mins(1));
        assert_eq!(policy.watch_after, Duration::from_secs(1));
        assert_eq!(Policy::new(Duration::from_secs(1), Duration::ZERO).watch_after, Duration::from_millis(500));
        for attempt in 1..80 {
            let most = Duration::from_millis(500 << (attempt - 1).min(4));
            assert!((SHORTEST..=most).contains(&pause(attempt)), "{attempt}");
        }
        let first: std::collections::BTreeSet<_> = (0..50).map(|_| pause(9)).collect();
        assert!(first.len() > 10, "{first:?}");
    }
}
