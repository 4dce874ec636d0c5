//! The audit of an app that is not the one it ships with: a web shop of another schema, sizes and statements, held on every
//! engine to verdicts of its own. The fixture says which of them were changed after the first audit.

use crate::binary::AuraDb;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Whether an index is wanting; `Either` where a good optimizer may do one thing or the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Unindexed {
    Told(bool),
    Either(Either),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Either {
    Either,
}

#[derive(Debug, Deserialize)]
struct Verdict {
    unbounded: bool,
    unindexed: Unindexed,
    /// Engines whose verdict differs, each with the reason.
    #[serde(default)]
    misses: BTreeMap<String, String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/apps/shop")
}

fn audit(engine: &[&str]) -> Value {
    let inputs = ["audit", "--migrations", "migrations", "--workload", "workload.yaml", "--scale", "scale.yaml"];
    let all = inputs.iter().chain(&["--format", "json"]).chain(engine);
    let outcome = AuraDb::new(all).at(&folder()).run().exits(1);
    serde_json::from_str(&outcome.stdout).unwrap()
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

#[track_caller]
fn judged_right(name: &str, engine: &[&str]) {
    let verdicts: BTreeMap<String, Verdict> =
        serde_saphyr::from_str(&std::fs::read_to_string(folder().join("verdicts.yaml")).unwrap()).unwrap();
    let report = audit(engine);
    let audited: BTreeSet<&str> = report["queries"].as_array().unwrap().iter().map(|q| text(q, "/name")).collect();
    assert_eq!(audited, verdicts.keys().map(String::as_str).collect::<BTreeSet<_>>(), "no statement is passed over");

    let findings = report["findings"].as_array().unwrap();
    let mut wrong = Vec::new();
    for (query, verdict) in &verdicts {
        let told: Vec<&str> = findings
            .iter()
            .filter(|finding| text(finding, "/subject/query") == query && finding["severity"] != "info")
            .map(|finding| text(finding, "/rule"))
            .collect();
        let unbounded = told.iter().any(|rule| rule.starts_with("unbounded-"));
        let unindexed = told.iter().any(|rule| !rule.starts_with("unbounded-"));
        let agrees = unbounded == verdict.unbounded
            && (verdict.unindexed == Unindexed::Told(unindexed) || matches!(verdict.unindexed, Unindexed::Either(_)));
        match (agrees, verdict.misses.get(name)) {
            (false, None) => wrong.push(format!("{query}: {verdict:?}, but flagged {told:?}")),
            (true, Some(reason)) => wrong.push(format!("{query}: no longer missed, though {reason}")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));

    let redundant: Vec<&str> = findings
        .iter()
        .filter(|finding| finding["rule"] == "redundant-index")
        .map(|finding| text(finding, "/subject/index"))
        .collect();
    assert_eq!(redundant, ["idx_product"], "of reviews, which two longer indexes begin with; the others are needed");
}

#[test]
fn another_app_is_judged_right_on_mysql() {
    judged_right("mysql", &["--sandbox", "mysql"]);
}

#[test]
fn another_app_is_judged_right_on_mariadb() {
    judged_right("mariadb", &["--sandbox", "mariadb"]);
}

#[test]
fn another_app_is_judged_right_on_the_embedded_engine() {
    judged_right("embedded", &["--embedded"]);
}
