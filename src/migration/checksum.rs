//! sqlx's checksum: SHA-384 of the up file's text, exactly as read.
//!
//! A checkout may change line ends under the author's hands, so a stored checksum is also accepted when it is that of
//! the same text with LF or with CRLF line ends. What is written is always the checksum of the raw text, so that every
//! sqlx accepts it.

use sha2::{Digest, Sha256, Sha384};

/// The checksum that the ledger gets: 48 bytes.
#[must_use]
pub fn checksum(text: &str) -> Vec<u8> {
    Sha384::digest(text.as_bytes()).to_vec()
}

/// Whether a stored checksum is that of this text, whichever line ends it had.
#[must_use]
pub fn accepts(text: &str, stored: &[u8]) -> bool {
    if checksum(text) == stored {
        return true;
    }
    let unix = text.replace("\r\n", "\n");
    checksum(&unix) == stored || checksum(&unix.replace('\n', "\r\n")) == stored
}

/// The journal's hash of one statement: SHA-256 in hex, whichever line ends the file has.
#[must_use]
pub fn statement_hash(sql: &str) -> String {
    use std::fmt::Write;
    let digest = Sha256::digest(sql.replace("\r\n", "\n").as_bytes());
    digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        use std::fmt::Write;
        bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    #[test]
    fn it_is_what_sha384sum_prints() {
        // printf 'SELECT 1;\n' | sha384sum
        assert_eq!(
            hex(&checksum("SELECT 1;\n")),
            "24454095d8d7876ca8e842f34296ca645c83e0f7b50f048c99db4b2ff4da659267afc4ef3e994f3d74e18c741165d931"
        );
    }

    #[test]
    fn line_ends_may_differ_and_nothing_else() {
        let stored = checksum("a\r\nb\r\n");
        assert!(accepts("a\nb\n", &stored));
        assert!(accepts("a\r\nb\n", &stored), "mixed line ends");
        assert!(accepts("a\r\nb\r\n", &checksum("a\nb\n")));
        assert!(!accepts("a\nb", &stored));
        assert!(!accepts("a\n b\n", &stored));
    }
}
