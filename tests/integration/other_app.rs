//! The audit of apps that are not the one it ships with: a web shop, a help desk, a publishing platform, a taxi app and a wiki
//! of other schemas, sizes and statements, held on every engine to verdicts of their own. The fixtures say which of them were changed after
//! the first audit.

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

/// The rules that say that an index is wanting, or cannot help the statement as it is written.
const UNINDEXED: [&str; 10] = [
    "full-table-scan",
    "full-index-scan",
    "implicit-conversion",
    "charset-mismatch",
    "function-on-column",
    "leading-wildcard",
    "filesort",
    "temporary-table",
    "deep-pagination",
    "order-by-rand",
];

/// How many verdicts of one kind were right.
#[derive(Debug, Default)]
struct Score {
    right: u32,
    false_alarms: u32,
    misses: u32,
}

impl Score {
    fn count(&mut self, wanted: bool, told: bool) {
        match (wanted, told) {
            (true, true) => self.right += 1,
            (false, true) => self.false_alarms += 1,
            (true, false) => self.misses += 1,
            (false, false) => {}
        }
    }

    /// The smaller of precision and recall.
    fn worst(&self) -> f64 {
        f64::from(self.right) / f64::from(self.right + self.false_alarms.max(self.misses)).max(1.0)
    }
}

fn folder(app: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/apps").join(app)
}

fn audit(app: &str, engine: &[&str]) -> Value {
    let inputs = ["audit", "--migrations", "migrations", "--workload", "workload.yaml", "--scale", "scale.yaml"];
    let all = inputs.iter().chain(&["--format", "json"]).chain(engine);
    let outcome = AuraDb::new(all).at(&folder(app)).run().exits(1);
    serde_json::from_str(&outcome.stdout).unwrap()
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

#[track_caller]
fn judged_right(app: &str, name: &str, engine: &[&str], scores: &mut [Score; 2]) -> Vec<Value> {
    let [bounds, indexes] = scores;
    let verdicts: BTreeMap<String, Verdict> =
        serde_saphyr::from_str(&std::fs::read_to_string(folder(app).join("verdicts.yaml")).unwrap()).unwrap();
    let report = audit(app, engine);
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
        let unindexed = told.iter().any(|rule| UNINDEXED.contains(rule));
        bounds.count(verdict.unbounded, unbounded);
        if let Unindexed::Told(wanted) = verdict.unindexed {
            indexes.count(wanted, unindexed);
        }
        let agrees = unbounded == verdict.unbounded
            && (verdict.unindexed == Unindexed::Told(unindexed) || matches!(verdict.unindexed, Unindexed::Either(_)));
        match (agrees, verdict.misses.get(name)) {
            (false, None) => wrong.push(format!("{query}: {verdict:?}, but flagged {told:?}")),
            (true, Some(reason)) => wrong.push(format!("{query}: no longer missed, though {reason}")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{app} on {name}:\n{}", wrong.join("\n"));
    findings.clone()
}

#[track_caller]
fn all_judged_right(name: &str, engine: &[&str]) {
    let mut scores = [Score::default(), Score::default()];
    for app in ["helpdesk", "rides", "wiki"] {
        judged_right(app, name, engine, &mut scores);
    }
    let press = judged_right("press", name, engine, &mut scores);
    let message = |rule: &str, query: &str| {
        let mut of_query = press.iter().filter(|finding| text(finding, "/subject/query") == query);
        of_query.find(|finding| finding["rule"] == rule).map(|finding| text(finding, "/message")).unwrap_or_default()
    };
    let in_loop = message("n-plus-one", "follower-count");
    assert_eq!(in_loop, "is run once for each row of users-export-page: about 1,000 times");
    // The embedded engine knows no character sets.
    let lost = message("charset-mismatch", "media-blocked");
    assert_eq!(lost.contains("the index idx_sha1 is of no use"), name != "embedded", "{lost}");
    assert!(message("order-by-rand", "random-post").starts_with("gives "), "{name}");
    let findings = judged_right("shop", name, engine, &mut scores);
    // The embedded planner has no figures for many of its steps.
    let least = if name == "embedded" { 0.9 } else { 0.95 };
    for (score, kind) in scores.iter().zip(["unbounded", "unindexed"]) {
        assert!(score.worst() >= least, "{kind} on {name}: {score:?}");
    }
    let redundant: Vec<&str> = findings
        .iter()
        .filter(|finding| finding["rule"] == "redundant-index")
        .map(|finding| text(finding, "/subject/index"))
        .collect();
    assert_eq!(redundant, ["idx_product"], "of reviews, which two longer indexes begin with; the others are needed");
}

#[test]
fn other_apps_are_judged_right_on_mysql() {
    all_judged_right("mysql", &["--sandbox", "mysql"]);
}

#[test]
fn other_apps_are_judged_right_on_mariadb() {
    all_judged_right("mariadb", &["--sandbox", "mariadb"]);
}

#[test]
fn other_apps_are_judged_right_on_the_embedded_engine() {
    all_judged_right("embedded", &["--embedded"]);
}
