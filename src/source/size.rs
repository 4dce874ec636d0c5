//! Sizes as people write them: `100 MB`, `0 B`, `2 GiB`.

const UNITS: [(&str, u64); 9] = [
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// The bytes of `100 MB`. A unit has to be given, in any case of its letters.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let expected = || format!("`{text}` is no size; write a whole number with B, kB, MB, GB or TB, such as 100 MB");
    let trimmed = text.trim();
    let digits = trimmed.find(|c: char| !c.is_ascii_digit()).unwrap_or(trimmed.len());
    let number: u64 = trimmed[..digits].parse().map_err(|_| expected())?;
    let unit = trimmed[digits..].trim();
    let (_, factor) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).ok_or_else(expected)?;
    number.checked_mul(*factor).ok_or_else(|| format!("`{text}` is too big"))
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_read_with_their_unit() {
        assert_eq!(bytes("100 MB"), Ok(100_000_000));
        assert_eq!(bytes("0B"), Ok(0));
        assert_eq!(bytes("2 gib"), Ok(2_147_483_648));
        for wrong in ["100", "MB", "-1 MB", "1.5 GB", "99999999999999999999 B", "99999999 TB"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }
}
