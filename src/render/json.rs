//! Any report as JSON, pretty and with a final newline.

use serde::Serialize;

/// The JSON text.
#[must_use]
pub fn render<T: Serialize>(report: &T) -> String {
    // Reports are plain data with text keys: writing them cannot fail.
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{baseline, engine, failed, finding, query, report, sample, waived};
    use super::*;
    use crate::model::finding::{Finding, Severity, Subject};
    use crate::model::location::Location;
    use crate::model::migration::Set;
    use crate::model::plan::Plan;
    use crate::model::report::{FORMAT_VERSION, StatusReport, StatusRow};
    use serde_json::Value;
    use std::collections::BTreeSet;

    const DOCUMENT: &str = include_str!("../../docs/json.md");

    fn status() -> StatusReport {
        let row = StatusRow {
            version: 20_260_105_090_000,
            description: "create orders".into(),
            set: Some(Set::Schema),
            stopped: None,
            state: "applied".into(),
            installed_on: Some("2026-01-05 09:00:00".into()),
            execution_ms: Some(12.6),
            file: Some("migrations/20260105090000_create_orders.up.sql".into()),
        };
        StatusReport {
            format_version: FORMAT_VERSION,
            engine: engine(),
            place: "localhost:3306/shop".into(),
            fingerprint: "5f70".into(),
            rows: vec![row],
            problems: Vec::new(),
            archives: vec![],
        }
    }

    /// A report in which every field has a value.
    fn whole() -> Value {
        let mut full = finding("filesort", Severity::Warning, None, "sorts 9 rows");
        let location = Location { column: Some(3), ..Location::line("workload/shop.yaml", 7) };
        let text = |word: &str| Some(word.to_owned());
        full.subject = Subject {
            query: text("shop.orders"),
            sample: text("busy day"),
            table: text("orders"),
            index: text("idx_state"),
            location: Some(location),
        };
        let plans = vec![sample("busy day"), failed("odd day", "error 1054")];
        let mut audit = report(vec![query("shop.orders", Some("api/orders.js"), plans)], vec![full.clone()]);
        audit.waived = vec![waived(full)];
        audit.baseline = Some(baseline());
        serde_json::json!({ "audit": audit, "status": status() })
    }

    fn keys(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    found.insert(key.clone());
                    keys(value, found);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
            _ => {}
        }
    }

    /// The words between backticks in the document's prose and tables.
    fn documented() -> BTreeSet<&'static str> {
        let prose = DOCUMENT.split("```").step_by(2);
        let code = prose.flat_map(|prose| prose.split('`').skip(1).step_by(2));
        code.flat_map(|code| code.split(|c: char| !c.is_alphanumeric() && c != '_')).collect()
    }

    #[test]
    fn every_field_is_documented() {
        let mut found = BTreeSet::new();
        keys(&whole()["audit"], &mut found);
        keys(&whole()["status"], &mut found);
        keys(&serde_json::to_value(super::super::fixture::lint()).unwrap(), &mut found);
        let documented = documented();
        let missing: Vec<&String> = found.iter().filter(|key| !documented.contains(key.as_str())).collect();
        assert!(missing.is_empty(), "docs/json.md does not mention {missing:?}");
    }

    #[test]
    fn the_examples_are_what_the_model_writes() {
        let examples: Vec<&str> =
            DOCUMENT.split("```json").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        let [plan, finding, row] = examples[..] else { panic!("{} examples", examples.len()) };
        let parsed = |text| serde_json::from_str::<Value>(text).unwrap();
        let again = |plan: Plan| serde_json::to_value(plan).unwrap();
        assert_eq!(again(serde_json::from_str(plan).unwrap()), parsed(plan));
        let again = |finding: Finding| serde_json::to_value(finding).unwrap();
        assert_eq!(again(serde_json::from_str(finding).unwrap()), parsed(finding));
        let names = |row: &Value| row.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&parsed(row)), names(&serde_json::to_value(&status().rows[0]).unwrap()));
    }

    #[test]
    fn the_text_is_pretty_and_ends_its_line() {
        let text = render(&status());
        assert!(text.starts_with("{\n  \"format_version\": 1,\n"), "{text}");
        assert!(text.ends_with("}\n"), "{text}");
    }
}
