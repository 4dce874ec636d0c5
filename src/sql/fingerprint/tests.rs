//! Fingerprints, beside those that pt-query-digest 3.2.1 has for the same statements.

use super::*;
use proptest::prelude::*;

fn fingerprint(sql: &str) -> String {
    String::from_utf8(Fingerprints::new().unwrap().of(sql.as_bytes())).unwrap()
}

#[test]
fn fingerprints_are_those_of_pt_query_digest() {
    let cases = include_str!("../../../tests/fixtures/fingerprints.txt");
    let mut seen = 0;
    for case in cases.split("\n----\n").filter(|case| !case.trim().is_empty()) {
        let (sql, expected) = case.split_once("\n=>\n").unwrap();
        assert_eq!(fingerprint(sql), expected.trim_end_matches('\n'), "of {sql}");
        seen += 1;
    }
    assert!(seen > 60, "{seen}");
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("SELECT "),
        Just("select a from t where b = "),
        Just("INSERT INTO t (a, b) VALUES ("),
        Just("), ("),
        Just(" IN ("),
        Just(")"),
        Just("("),
        Just(", "),
        Just("'"),
        Just("\""),
        Just("\\"),
        Just("''"),
        Just("--"),
        Just("# x\n"),
        Just("/*"),
        Just("*/"),
        Just("/*!40001 "),
        Just("\n"),
        Just(" "),
        Just("NULL"),
        Just("true"),
        Just(" union all "),
        Just(" union "),
        Just("-1"),
        Just("0x1f"),
        Just("1.5e3"),
        Just(" LIMIT 5, 10"),
        Just(" ORDER BY a ASC"),
        Just("use x"),
        Just("call p1("),
        Just("REPLACE "),
        Just("é"),
        Just("t12"),
    ]
    .prop_map(str::to_owned)
    .boxed()
    .prop_union(prop_oneof!["[0-9]{1,4}", "'[a-z0-9 \"#()-]{0,6}'", "\"[a-z0-9 '#()-]{0,6}\""].boxed())
}

/// The same text with other digits and other letters within its strings.
fn varied(text: &str, digits: u8, letters: &str) -> String {
    let mut varied = String::new();
    let mut open = None;
    for letter in text.chars() {
        match letter {
            '\'' | '"' if open.is_none_or(|quote| quote == letter) => {
                open = if open.is_some() { None } else { Some(letter) };
                varied.push(letter);
            }
            _ if letter.is_ascii_digit() => varied.push_str(&digits.to_string()),
            'a'..='z' if open.is_some() => varied.push_str(letters),
            _ => varied.push(letter),
        }
    }
    varied
}

proptest! {
    #[test]
    fn statements_of_one_key_have_one_fingerprint(
        pieces in prop::collection::vec(piece(), 1..12),
        digits in any::<u8>(),
        letters in "[a-z# ()-]{1,3}",
    ) {
        let of = Fingerprints::new().unwrap();
        let one = pieces.concat();
        let other = varied(&one, digits, &letters);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let known = key(of.first_row(one.as_bytes()), &mut first);
        let both = known && key(of.first_row(other.as_bytes()), &mut second);
        if both && first == second {
            prop_assert_eq!(of.of(one.as_bytes()), of.of(other.as_bytes()), "{:?} and {:?}", one, other);
        }
    }

    #[test]
    fn any_bytes_have_a_fingerprint(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let of = Fingerprints::new().unwrap();
        let _ = key(of.first_row(&bytes), &mut Vec::new());
        let _ = of.of(&bytes);
    }
}
