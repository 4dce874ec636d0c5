//! refinery's checksum: `SipHash`-1-3 with a key of zeros over name, version and text, as Rust's `Hash` feeds them.
//!
//! The version has 4 bytes, or 8 in a refinery built with `int8-versions`; both are needed, whatever aura-db's own
//! build, so the hash is written out here.

use crate::model::migration::Migration;

/// The checksum of a migration for a ledger with 64-bit versions (`wide`) or with 32-bit ones.
#[must_use]
pub fn checksum(migration: &Migration, wide: bool) -> u64 {
    checksum_of(&migration.description, migration.version, &migration.up.text, wide)
}

/// Whether a stored checksum is that of this migration, whichever line ends its text had and whichever width was used.
#[must_use]
pub fn accepts(migration: &Migration, stored: &[u8]) -> bool {
    let Some(stored) = std::str::from_utf8(stored).ok().and_then(|text| text.parse::<u64>().ok()) else {
        return false;
    };
    let text = &migration.up.text;
    let is = |text: &str| {
        [false, true]
            .into_iter()
            .any(|wide| checksum_of(&migration.description, migration.version, text, wide) == stored)
    };
    if is(text) {
        return true;
    }
    let unix = text.replace("\r\n", "\n");
    is(&unix) || is(&unix.replace('\n', "\r\n"))
}

fn checksum_of(name: &str, version: i64, text: &str, wide: bool) -> u64 {
    let version = version.to_le_bytes();
    // A version that 32 bits hold has zeros (or, below zero, ones) above them.
    let version = if wide { &version[..] } else { &version[..4] };
    // `Hash` ends each text with a byte that no UTF-8 has.
    let mut message = Vec::with_capacity(name.len() + version.len() + text.len() + 2);
    for part in [name.as_bytes(), &[0xff], version, text.as_bytes(), &[0xff]] {
        message.extend_from_slice(part);
    }
    siphash(&message)
}

/// `SipHash`-1-3 with a key of zeros.
fn siphash(message: &[u8]) -> u64 {
    let mut state = State {
        v0: 0x736f_6d65_7073_6575,
        v1: 0x646f_7261_6e64_6f6d,
        v2: 0x6c79_6765_6e65_7261,
        v3: 0x7465_6462_7974_6573,
    };
    let mut words = message.chunks_exact(8);
    for word in &mut words {
        state.compress(little_endian(word));
    }
    let length = message.len() as u64;
    state.compress(length << 56 | little_endian(words.remainder()));
    state.v2 ^= 0xff;
    for _ in 0..3 {
        state.round();
    }
    state.v0 ^ state.v1 ^ state.v2 ^ state.v3
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

struct State {
    v0: u64,
    v1: u64,
    v2: u64,
    v3: u64,
}

impl State {
    fn compress(&mut self, word: u64) {
        self.v3 ^= word;
        self.round();
        self.v0 ^= word;
    }

    fn round(&mut self) {
        self.v0 = self.v0.wrapping_add(self.v1);
        self.v1 = self.v1.rotate_left(13) ^ self.v0;
        self.v0 = self.v0.rotate_left(32);
        self.v2 = self.v2.wrapping_add(self.v3);
        self.v3 = self.v3.rotate_left(16) ^ self.v2;
        self.v0 = self.v0.wrapping_add(self.v3);
        self.v3 = self.v3.rotate_left(21) ^ self.v0;
        self.v2 = self.v2.wrapping_add(self.v1);
        self.v1 = self.v1.rotate_left(17) ^ self.v2;
        self.v2 = self.v2.rotate_left(32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::migration::{Naming, Script, Set};
    use proptest::prelude::*;
    use std::hash::{DefaultHasher, Hash, Hasher};

    fn migration(version: i64, name: &str, text: &str) -> Migration {
        let up = Script { file: format!("V{version}__{name}.sql"), text: text.into(), statements: vec![] };
        let (naming, set) = (Naming::Versioned, Set::Schema);
        Migration { version, description: name.into(), naming, set, up, down: None }
    }

    // refinery-core hashes versions of one width only. The standard library's own hasher is the same function today,
    // although it does not promise to stay so.
    fn with_64_bits(migration: &Migration) -> u64 {
        let mut hasher = DefaultHasher::new();
        migration.description.hash(&mut hasher);
        migration.version.hash(&mut hasher);
        migration.up.text.hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn it_is_what_both_builds_of_refinery_cli_recorded() {
        let file = migration(1, "create_t0001", "CREATE TABLE t0001 (id INT PRIMARY KEY)");
        assert_eq!(checksum(&file, false), 12_033_917_159_836_437_111);
        assert_eq!(checksum(&file, true), 9_908_666_186_697_201_360);
    }

    #[test]
    fn line_ends_and_width_may_differ_and_nothing_else() {
        let stored = |text: &str, wide| checksum(&migration(1, "x", text), wide).to_string().into_bytes();
        let file = migration(1, "x", "a\nb\n");
        for wide in [false, true] {
            assert!(accepts(&file, &stored("a\r\nb\r\n", wide)));
            assert!(accepts(&migration(1, "x", "a\r\nb\n"), &stored("a\nb\n", wide)));
            assert!(!accepts(&file, &stored("a\nb", wide)));
            assert!(!accepts(&migration(2, "x", "a\nb\n"), &stored("a\nb\n", wide)));
            assert!(!accepts(&migration(1, "y", "a\nb\n"), &stored("a\nb\n", wide)));
        }
        assert!(!accepts(&file, b"") && !accepts(&file, b"x") && !accepts(&file, b"-1"));
    }

    proptest! {
        #[test]
        fn it_is_refinerys(version in 0..i32::MAX, name in "[a-zA-Z0-9_]{1,20}", text in "\\PC{0,80}") {
            let theirs = refinery_core::Migration::unapplied(&format!("V{version}__{name}"), &text).unwrap();
            let ours = migration(version.into(), &name, &text);
            prop_assert_eq!(checksum(&ours, false), theirs.checksum());
            prop_assert_eq!(checksum(&ours, true), with_64_bits(&ours));
        }
    }
}
