//! A scale profile as YAML, sorted and without a date, so that two exports of the same statistics are the same file.

use crate::model::query::Value;
use crate::model::scale::{ColumnScale, Scale, TableScale};
use std::fmt::Write as _;

/// Words that YAML takes for something else than a text.
const RESERVED: [&str; 10] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan"];

/// The profile, with each line of `notes` as a comment at its head.
#[must_use]
pub fn render(scale: &Scale, notes: &[String]) -> String {
    let mut text = String::new();
    for line in notes.iter().flat_map(|note| note.lines()) {
        let _ = writeln!(text, "# {line}");
    }
    let _ = writeln!(text, "description: {}", quoted(&scale.description));
    let _ = writeln!(text, "concurrent-users: {}", scale.concurrent_users);
    if scale.tables.is_empty() {
        text.push_str("tables: {}\n");
        return text;
    }
    text.push_str("tables:\n");
    for (name, table) in &scale.tables {
        let _ = writeln!(text, "  {}:", word(name));
        write_table(&mut text, table);
    }
    text
}

fn write_table(text: &mut String, table: &TableScale) {
    let _ = writeln!(text, "    rows: {}", table.rows);
    if let Some(bytes) = table.row_bytes {
        let _ = writeln!(text, "    row-bytes: {bytes}");
    }
    let columns: Vec<(&String, Vec<String>)> = table
        .columns
        .iter()
        .map(|(name, column)| (name, of_column(column)))
        .filter(|(_, all)| !all.is_empty())
        .collect();
    if !columns.is_empty() {
        text.push_str("    columns:\n");
    }
    for (name, fields) in columns {
        let _ = writeln!(text, "      {}: {{{}}}", word(name), fields.join(", "));
    }
    if !table.keys.is_empty() {
        text.push_str("    keys:\n");
    }
    for (name, key) in &table.keys {
        let fields = [("distinct", key.distinct), ("entry-bytes", key.entry_bytes)];
        let fields: Vec<String> =
            fields.iter().filter_map(|(field, value)| Some(format!("{field}: {}", (*value)?))).collect();
        let _ = writeln!(text, "      {}: {{{}}}", quoted(name), fields.join(", "));
    }
}

fn of_column(column: &ColumnScale) -> Vec<String> {
    let mut fields = Vec::new();
    fields.extend(column.distinct.map(|distinct| format!("distinct: {distinct}")));
    if column.null_fraction > 0.0 {
        fields.push(format!("nulls: {}", fraction(column.null_fraction)));
    }
    for (field, value) in [("min", &column.min), ("max", &column.max)] {
        fields.extend(value.as_ref().map(|value| format!("{field}: {}", scalar(value))));
    }
    let hot = column.hot.iter();
    let hot: Vec<String> =
        hot.map(|hot| format!("{{value: {}, fraction: {}}}", scalar(&hot.value), fraction(hot.fraction))).collect();
    if !hot.is_empty() {
        fields.push(format!("hot: [{}]", hot.join(", ")));
    }
    fields
}

/// A share of the rows, to a millionth; never rounded to none.
fn fraction(share: f64) -> String {
    let text = format!("{share:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "0" { "0.000001".into() } else { text.to_owned() }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) => quoted(text),
    }
}

/// A name, in quotes where YAML needs them.
fn word(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED.contains(&name.to_ascii_lowercase().as_str());
    if plain { name.to_owned() } else { quoted(name) }
}

/// A text in double quotes, which can hold every character.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::scale::{HotValue, KeyScale};

    #[test]
    fn a_profile_is_sorted_and_leaves_out_what_is_not_known() {
        let hot = vec![HotValue { value: Value::Text("a \"b\"\n".into()), fraction: 0.25 }];
        let state = ColumnScale { distinct: Some(3), null_fraction: 0.1, hot, ..ColumnScale::default() };
        let total = ColumnScale { min: Some(Value::Int(-1)), max: Some(Value::Float(2.0)), ..ColumnScale::default() };
        let columns = [("total", total), ("no", state), ("none", ColumnScale::default())];
        let table = TableScale {
            rows: 10,
            row_bytes: Some(50),
            columns: columns.map(|(name, column)| (name.to_owned(), column)).into(),
            keys: [("no, total".to_owned(), KeyScale { distinct: Some(9), entry_bytes: None })].into(),
        };
        let tables = [("orders".to_owned(), table), ("a-b".to_owned(), TableScale::default())].into();
        let scale = Scale { name: String::new(), description: "live".into(), concurrent_users: 5, tables };
        let expected = "# made\ndescription: \"live\"\nconcurrent-users: 5\ntables:\n  \"a-b\":\n    rows: 0\n  orders:\n    \
                        rows: 10\n    row-bytes: 50\n    columns:\n      \"no\": {distinct: 3, nulls: 0.1, hot: [{value: \
                        \"a \\\"b\\\"\\u000a\", fraction: 0.25}]}\n      total: {min: -1, max: 2.0}\n    keys:\n      \
                        \"no, total\": {distinct: 9}\n";
        assert_eq!(render(&scale, &["made".into()]), expected);
    }

    #[test]
    fn a_small_share_stays_one() {
        assert_eq!(
            (fraction(0.35).as_str(), fraction(1.0).as_str(), fraction(1e-9).as_str()),
            ("0.35", "1", "0.000001")
        );
    }
}
