//! The audit of the shipped catalogue at scale high, on every engine, against verdicts that were written from the facts
//! about the app before the rules were: before and after the index set, query by query.

use crate::binary::AuraDb;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const UNBOUNDED: [&str; 2] = ["unbounded-result", "unbounded-write"];

#[derive(Debug, Deserialize)]
struct Verdict {
    unbounded: bool,
    unindexed_before: bool,
    unindexed_after: bool,
}

fn verdicts() -> BTreeMap<String, Verdict> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/expected-verdicts.yaml");
    serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The report of an audit of the shipped profiles, which has findings and so exits with 1.
fn audit(arguments: &[&str]) -> Value {
    let all = ["audit", "--scale", "high", "--format", "json"].into_iter().chain(arguments.iter().copied());
    let outcome = AuraDb::new(all).at(Path::new(env!("CARGO_MANIFEST_DIR"))).run().exits(1);
    serde_json::from_str(&outcome.stdout).unwrap()
}

fn texts<'a>(finding: &'a Value, path: &str) -> &'a str {
    finding.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// (rule, query) of everything that is at least a warning about a query.
fn flagged(report: &Value) -> BTreeSet<(String, String)> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .filter(|finding| finding["severity"] != "info" && finding["subject"]["query"].is_string())
        .map(|finding| (texts(finding, "/rule").to_owned(), texts(finding, "/subject/query").to_owned()))
        .collect()
}

/// (table, index) that a rule about the schema names.
fn indexes(report: &Value, rule: &str) -> BTreeSet<(String, String)> {
    let findings = report["findings"].as_array().unwrap();
    let of_rule = findings.iter().filter(|finding| finding["rule"] == rule);
    of_rule.map(|finding| (texts(finding, "/subject/table").into(), texts(finding, "/subject/index").into())).collect()
}

#[track_caller]
fn compare(report: &Value, expected_unindexed: impl Fn(&Verdict) -> bool, what: &str) {
    let flagged = flagged(report);
    let mut wrong = Vec::new();
    for (query, verdict) in verdicts() {
        let of_query: Vec<&str> =
            flagged.iter().filter(|(_, name)| *name == query).map(|(rule, _)| rule.as_str()).collect();
        let unbounded = of_query.iter().any(|rule| UNBOUNDED.contains(rule));
        let unindexed = of_query.iter().any(|rule| !UNBOUNDED.contains(rule));
        if unbounded != verdict.unbounded || unindexed != expected_unindexed(&verdict) {
            wrong.push(format!("{query}: {verdict:?}, but flagged {of_query:?}"));
        }
    }
    assert!(wrong.is_empty(), "{what}:\n{}", wrong.join("\n"));
}

#[track_caller]
fn judged_right(engine: &[&str]) {
    let before = audit(&[engine, &["--set", "schema"]].concat());
    let queries = before["queries"].as_array().unwrap();
    let names: BTreeSet<&str> = queries.iter().map(|query| texts(query, "/name")).collect();
    let known = verdicts();
    assert_eq!(names, known.keys().map(String::as_str).collect::<BTreeSet<_>>(), "the fixture covers the catalogue");
    assert!(names.len() >= 90);
    compare(&before, |verdict| verdict.unindexed_before, "before the index set");

    let after = audit(engine);
    compare(&after, |verdict| verdict.unindexed_after, "after the index set");
    let redundant = indexes(&after, "redundant-index");
    for (table, index) in [("users", "idx_email"), ("users", "idx_username"), ("messages", "idx_sender")] {
        assert!(redundant.contains(&(table.into(), index.into())), "{index} is not called redundant: {redundant:?}");
    }
    assert!(!redundant.contains(&("messages".into(), "idx_channel_timestamp".into())), "the precious one stays");
    let unused = indexes(&after, "index-never-used");
    assert!(unused.contains(&("users".into(), "idx_level".into())), "idx_level is not called unused: {unused:?}");
    assert!(!unused.contains(&("users".into(), "idx_xp".into())), "the leaderboard uses idx_xp");
}

#[test]
fn indexes_without_tables_are_refused_with_what_to_take_instead() {
    let refused = AuraDb::new(["audit", "--sandbox", "mysql", "--set", "indexes"])
        .at(Path::new(env!("CARGO_MANIFEST_DIR")))
        .run()
        .exits(2);
    assert!(refused.stderr.contains("--set indexes has no tables to judge queries on"), "{}", refused.stderr);
    assert!(refused.stderr.contains("--set schema"), "{}", refused.stderr);
}

#[test]
fn the_catalogue_is_judged_right_on_mysql() {
    judged_right(&["--sandbox", "mysql"]);
}

#[test]
fn the_catalogue_is_judged_right_with_the_second_json_format() {
    judged_right(&["--sandbox", "mysql", "--explain-json", "2"]);
}

#[test]
fn the_catalogue_is_judged_right_on_mariadb() {
    judged_right(&["--sandbox", "mariadb"]);
}

#[test]
fn the_catalogue_is_judged_right_on_the_embedded_engine() {
    judged_right(&["--embedded"]);
}

#[test]
fn a_database_that_was_never_migrated_is_told_once_and_in_json_query_by_query() {
    for server in crate::servers::both() {
        let url = server.database("audit_empty").url();
        let run = |more: &[&str]| {
            let all = [&["audit", "--database-url", &url], more].concat();
            AuraDb::new(all).at(Path::new(env!("CARGO_MANIFEST_DIR"))).run().exits(1)
        };
        let told = run(&[]).stdout;
        assert_eq!(told.matches("cannot-explain").count(), 1, "{told}");
        assert!(told.contains("apply the pending migrations first (aura-db"), "{told}");
        let report: Value = serde_json::from_str(&run(&["--format", "json"]).stdout).unwrap();
        let findings = report["findings"].as_array().unwrap();
        assert!(findings.len() > 90, "{}", findings.len());
        assert!(findings.iter().any(|finding| finding["subject"]["table"] == "users"), "{}", server.engine());
    }
}
