//! A text file as it stands, with its name as the user would write it.

use super::error::SourceError;
use crate::model::location::Location;
use std::path::Path;

/// The name that messages use: relative where it was given so.
pub(super) fn shown(path: &Path) -> String {
    path.strip_prefix("./").unwrap_or(path).display().to_string()
}

/// Reads a file that must be UTF-8. Nothing is trimmed or changed.
pub(super) fn read(path: &Path) -> Result<String, SourceError> {
    let file = shown(path);
    let fail = |message: String, line| SourceError { message, at: Some(Location::line(&file, line)) };
    let bytes = std::fs::read(path).map_err(|error| fail(format!("{file}: cannot be read: {error}"), 1))?;
    if let Some(encoding) = utf16(&bytes) {
        return Err(fail(format!("{file}: the file is {encoding}; save it as UTF-8"), 1));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        let line = u32::try_from(valid.matches('\n').count() + 1).unwrap_or(u32::MAX);
        fail(format!("{file}:{line}: the file is not UTF-8 from here on; save it as UTF-8"), line)
    })
}

/// The name of the encoding with two bytes for a letter, by its mark or by the zero bytes beside plain letters.
pub(super) fn utf16(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, ..] => Some("UTF-16 (little-endian)"),
        [0xfe, 0xff, ..] => Some("UTF-16 (big-endian)"),
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => Some("UTF-16 (little-endian, without its mark)"),
        [0, 1..=0x7f, 0, 1..=0x7f, ..] => Some("UTF-16 (big-endian, without its mark)"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::utf16;

    #[test]
    fn two_bytes_for_a_letter_are_recognised() {
        for (bytes, order) in
            [(&b"\xff\xfeS\0"[..], "little"), (b"\xfe\xff\0S", "big"), (b"S\0E\0", "little"), (b"\0S\0E", "big")]
        {
            assert!(utf16(bytes).is_some_and(|name| name.contains(order)), "{bytes:?}");
        }
        for bytes in [&b"SELECT 1"[..], b"\xef\xbb\xbfSELECT", b"", b"a\0", "für".as_bytes()] {
            assert_eq!(utf16(bytes), None, "{bytes:?}");
        }
    }
}
