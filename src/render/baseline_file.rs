//! A baseline out: YAML, sorted, a line for each plan, so that a pull request shows what changes.

use crate::model::baseline::{BASELINE_FORMAT, Baseline, Known};
use crate::model::engine::EngineKind;
use std::fmt::Write;

const HEAD: &str = "\
# Plans and findings that are accepted: aura-db audit --baseline fails only on what is worse.
# Written by aura-db audit --write-baseline. Check it in, and write it anew when a change is meant.
";

/// The file's text.
#[must_use]
pub fn write(baseline: &Baseline) -> String {
    let engine = match baseline.engine.kind {
        EngineKind::Mysql => "mysql",
        EngineKind::Mariadb => "mariadb",
        EngineKind::Embedded => "embedded",
    };
    let version = scalar(&baseline.engine.version);
    let mut text = format!("{HEAD}format: {BASELINE_FORMAT}\nengine: {engine}\nversion: {version}\n");
    if let Some(scale) = &baseline.scale {
        let _ = writeln!(text, "scale: {}", scalar(scale));
    }
    text.push_str(if baseline.plans.is_empty() { "plans: {}\n" } else { "plans:\n" });
    for (query, plans) in &baseline.plans {
        let _ = write!(text, "  {}:", scalar(query));
        match plans.get("") {
            Some(only) if plans.len() == 1 => {
                let _ = writeln!(text, " {}", list(only.lines()));
            }
            _ => {
                text.push('\n');
                for (label, signature) in plans {
                    let _ = writeln!(text, "    {}: {}", scalar(label), list(signature.lines()));
                }
            }
        }
    }
    if !baseline.findings.is_empty() {
        text.push_str("findings:\n");
    }
    for (query, known) in &baseline.findings {
        let _ = writeln!(text, "  {}: {}", scalar(query), list(known.iter().map(Known::to_string)));
    }
    if !baseline.schema.is_empty() {
        text.push_str("schema:\n");
    }
    for known in &baseline.schema {
        let _ = writeln!(text, "  - {}", scalar(&known.to_string()));
    }
    text
}

fn list(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| scalar(&item)).collect();
    format!("[{}]", items.join(", "))
}

/// A text as YAML reads it back: as it is where nothing in it means anything to YAML, else in double quotes.
fn scalar(text: &str) -> String {
    const WORDS: [&str; 8] = ["true", "false", "null", "yes", "no", "on", "off", "y"];
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '-' | '.' | ' ');
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !text.ends_with(' ');
    let is_word = WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) || text.eq_ignore_ascii_case("n");
    if begins && text.chars().all(is_plain) && !is_word {
        return text.to_owned();
    }
    // JSON's strings are YAML's. Writing a text cannot fail.
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::engine::Engine;
    use crate::model::finding::Severity;
    use crate::model::signature::Signature;
    use std::collections::BTreeMap;

    fn signature(lines: &[&str]) -> Signature {
        let mut signature = Signature::default();
        for line in lines {
            signature.take(line).unwrap();
        }
        signature
    }

    fn known(rule: &str, table: &str, index: Option<&str>) -> Known {
        let (table, index) = (Some(table.into()), index.map(str::to_owned));
        Known { rule: rule.into(), table, index, severity: Severity::Warning }
    }

    #[test]
    fn the_file_is_small_and_sorted() {
        let one = |lines: &[&str]| BTreeMap::from([(String::new(), signature(lines))]);
        let busy = signature(&["m ref idx_channel", "rows 5000000"]);
        let quiet = signature(&["m ref idx_channel", "sort", "rows unknown"]);
        let plans = [
            ("users.odd: name", one(&["`my table` full_scan", "rows 9"])),
            ("messages.page", BTreeMap::from([("quiet".into(), quiet), ("1".into(), busy)])),
            ("no", one(&["no-plan"])),
        ];
        let baseline = Baseline {
            engine: Engine { kind: EngineKind::Mysql, version: "9.7.0".into() },
            scale: Some("high".into()),
            plans: plans.into_iter().map(|(name, plans)| (name.to_owned(), plans)).collect(),
            findings: BTreeMap::from([("messages.page".into(), vec![known("filesort", "messages", None)])]),
            schema: vec![known("redundant-index", "users", Some("idx_email"))],
        };
        insta::assert_snapshot!(write(&baseline), @r#"
        # Plans and findings that are accepted: aura-db audit --baseline fails only on what is worse.
        # Written by aura-db audit --write-baseline. Check it in, and write it anew when a change is meant.
        format: 1
        engine: mysql
        version: "9.7.0"
        scale: high
        plans:
          messages.page:
            "1": [m ref idx_channel, rows 5000000]
            quiet: [m ref idx_channel, sort, rows unknown]
          "no": [no-plan]
          "users.odd: name": ["`my table` full_scan", rows 9]
        findings:
          messages.page: [warning filesort messages]
        schema:
          - warning redundant-index users idx_email
        "#);
    }
}
