//! What a server has logged: slow logs and general logs, whole, damaged or none.

use aura_db::source::classes::entries;
use aura_db::source::{general_log, slowlog};

/// Reads the input as a log of either kind, and makes entries of it.
pub fn logs(data: &[u8]) {
    for (read, name) in [(slowlog::of_bytes as fn(&[u8]) -> _, "slowlog"), (general_log::of_bytes, "general-log")] {
        let Ok(digest) = read(data) else { continue };
        assert_eq!(digest.bytes, data.len() as u64);
        assert_eq!(digest.classes.iter().map(|class| class.count).sum::<u64>(), digest.events);
        let lines = 1 + data.iter().filter(|byte| **byte == b'\n').count() as u64;
        assert!(digest.broken.iter().all(|broken| broken.offset <= digest.bytes && broken.line <= lines));
        let (queries, left) = entries(&digest, name);
        assert_eq!(queries.len() + left.len(), digest.classes.len());
    }
}
