//! Entries of a catalogue as a workload file, to be reviewed, edited and committed.

use crate::model::query::{Query, Value};
use std::fmt::Write;

/// The file. `head` is a comment above it, of any number of lines.
#[must_use]
pub fn render(queries: &[Query], head: &str) -> String {
    let mut text = String::new();
    for line in head.lines() {
        let _ = writeln!(text, "{}", format!("# {line}").trim_end());
    }
    text.push_str(if queries.is_empty() { "queries: []\n" } else { "queries:\n" });
    for query in queries {
        entry(query, &mut text);
    }
    text
}

fn entry(query: &Query, text: &mut String) {
    let _ = writeln!(text, "  - name: {}", scalar(&query.name));
    if let Some(source) = &query.source {
        let _ = writeln!(text, "    source: {}", scalar(&source.file));
        if let Some(line) = source.line {
            let _ = writeln!(text, "    line: {line}");
        }
    }
    let _ = writeln!(text, "    sql: {}", block(&query.sql));
    match &query.samples[..] {
        [] => {}
        [only] if only.label.is_empty() && only.params.is_empty() => {}
        [only] if only.label.is_empty() => {
            let _ = writeln!(text, "    params: {}", params(&only.params));
        }
        several => {
            text.push_str("    samples:\n");
            for sample in several {
                let _ = writeln!(text, "      - label: {}", scalar(&sample.label));
                let _ = writeln!(text, "        params: {}", params(&sample.params));
            }
        }
    }
    if let Some(frequency) = query.frequency {
        let each = if frequency.per_client { " per client" } else { "" };
        let _ = writeln!(text, "    frequency: {}{each}", rate(frequency.per_minute));
    }
    if let Some(seconds) = query.cache_seconds {
        let _ = writeln!(text, "    cache: {seconds} s");
    }
    if query.in_loop {
        text.push_str("    loop: true\n");
    }
    if !query.note.is_empty() {
        let _ = writeln!(text, "    note: {}", scalar(&query.note));
    }
}

/// A rate in the unit in which it is a number people can read.
fn rate(per_minute: f64) -> String {
    let (number, unit) = match per_minute {
        rate if rate >= 1.0 => (rate, "min"),
        rate if rate * 60.0 >= 1.0 => (rate * 60.0, "hour"),
        rate => (rate * 1440.0, "day"),
    };
    let digits = usize::from(number < 100.0);
    format!("{number:.digits$}/{unit}")
}

fn params(values: &[Value]) -> String {
    let values: Vec<String> = values
        .iter()
        .map(|value| match value {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Int(value) => value.to_string(),
            Value::Float(value) => format!("{value:?}"),
            Value::Text(value) => quoted(value),
        })
        .collect();
    format!("[{}]", values.join(", "))
}

/// A text on one line: as it is where YAML takes it for a text, otherwise in quotes.
fn scalar(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./ ,%()".contains(letter);
    let begins = text.starts_with(|letter: char| letter.is_ascii_alphabetic());
    let is_word = matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no" | "on" | "off" | "null");
    if begins && !is_word && !text.ends_with(' ') && text.chars().all(plain) { text.to_owned() } else { quoted(text) }
}

/// In double quotes; JSON's are YAML's too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A statement: lines of its own where it has several and YAML keeps them as they are, otherwise in quotes.
fn block(sql: &str) -> String {
    let keeps =
        |letter: char| letter == '\n' || !(letter.is_control() || "\u{85}\u{2028}\u{2029}\u{feff}".contains(letter));
    let first = sql.lines().next().unwrap_or_default();
    let is_block = !first.trim().is_empty()
        && !first.starts_with(' ')
        && !sql.ends_with(char::is_whitespace)
        && sql.chars().all(keeps);
    if !is_block {
        return quoted(sql);
    }
    let indented: Vec<String> =
        sql.split('\n').map(|line| if line.is_empty() { String::new() } else { format!("      {line}") }).collect();
    format!("|-\n{}", indented.join("\n"))
}
