//! Placeholders, numbered while a statement is rewritten and plain again when their order has not changed.

/// Writes `?1`, `?2` … as `?` when each stands once and in order.
pub(super) fn plain_when_in_order(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut expected = 0_u32;
    let mut quote = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        plain.push(c);
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '\'' | '"' | '`') => quote = Some(c),
            None if c == '?' => {
                let mut number = 0_u32;
                while let Some(digit) = rest.peek().and_then(|c| c.to_digit(10)) {
                    number = number.saturating_mul(10).saturating_add(digit);
                    rest.next();
                }
                expected += 1;
                if number != expected {
                    return text.to_owned();
                }
            }
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::plain_when_in_order;

    #[test]
    fn only_placeholders_in_order_lose_their_numbers() {
        assert_eq!(plain_when_in_order("a = ?1 AND b = '?2''?3' AND c = ?2"), "a = ? AND b = '?2''?3' AND c = ?");
        assert_eq!(plain_when_in_order("instr(?2, ?1)"), "instr(?2, ?1)");
        assert_eq!(plain_when_in_order("?1 + ?1"), "?1 + ?1");
    }
}
