//! Numbers with their nouns, as people write them.

/// `1 value`, `2 values`, `0 values`.
#[must_use]
pub fn counted(number: impl Into<u128>, noun: &str) -> String {
    let number = number.into();
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_none_is_not() {
        assert_eq!([0_u64, 1, 2].map(|number| counted(number, "value")), ["0 values", "1 value", "2 values"]);
    }
}
