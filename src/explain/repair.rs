//! Conditions that `MariaDB` writes into its EXPLAIN without escaping them.
//!
//! `MariaDB` prints one member a line and copies `attached_condition` as it is: a quote in a literal (`'"vip"'`) ends the
//! JSON text early, and a backslash (`'a\_b'`) begins an escape that JSON does not know.

/// The document with the text of each member escaped. Text that is right already stays as it is.
pub(super) fn repaired(json: &str) -> String {
    json.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn line(line: &str) -> String {
    let member = line.trim_start().starts_with('"').then(|| line.split_once("\": \"")).flatten();
    let Some((name, rest)) = member else { return line.to_owned() };
    let (text, end) = match (rest.strip_suffix("\","), rest.strip_suffix('"')) {
        (Some(text), _) => (text, "\","),
        (None, Some(text)) => (text, "\""),
        (None, None) => return line.to_owned(),
    };
    format!("{name}\": \"{}{end}", escaped(text))
}

fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 8);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek().copied()) {
            ('"', _) => written.push_str("\\\""),
            ('\\', Some(next @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't'))) => {
                written.extend(['\\', next]);
                rest.next();
            }
            ('\\', _) => written.push_str("\\\\"),
            (c, _) => written.push(c),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use crate::explain::mariadb;

    #[test]
    fn a_condition_with_quotes_and_backslashes_is_read() {
        let json = r#"{
  "query_block": {
    "select_id": 1,
    "table": {
      "table_name": "t",
      "access_type": "ALL",
      "rows": 10,
      "attached_condition": "json_contains(t.a,'"vip"','$.x') and t.b like 'a\_b\"'"
    }
  }
}"#;
        let plan = mariadb::read(json).unwrap();
        let condition = plan.accesses()[0].condition.clone().unwrap();
        assert_eq!(condition, r#"json_contains(t.a,'"vip"','$.x') and t.b like 'a\_b"'"#);
    }

    #[test]
    fn what_is_right_stays_as_it_is() {
        let json = "{\n  \"a\": \"b\\\"c\\\\\",\n  \"d\": \"\"\n}";
        assert_eq!(super::repaired(json), json);
    }
}
