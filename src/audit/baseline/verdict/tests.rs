use super::*;
use crate::audit::fixture::SHOP;
use crate::model::engine::EngineKind;
use crate::model::finding::{Severity, Subject};
use crate::sql::shape::fixture::schema;

const SQL: &str = "SELECT * FROM orders o WHERE customer_id = 7";

fn signature(lines: &[&str]) -> Signature {
    let mut signature = Signature::default();
    for line in lines {
        signature.take(line).unwrap();
    }
    signature
}

fn finding(rule: &str, query: Option<&str>, severity: Severity) -> Finding {
    let subject = Subject {
        query: query.map(str::to_owned),
        table: Some("orders".into()),
        index: Some("by_placed".into()),
        ..Subject::default()
    };
    let (message, evidence, remedy) = (String::new(), Vec::new(), String::new());
    Finding { rule: rule.into(), severity, subject, message, evidence, remedy }
}

/// A run of queries that all are [`SQL`], each with one plan.
fn now<'a>(schema: &'a Schema, queries: &[(&'a str, &[&str])]) -> Now<'a> {
    let entries =
        queries.iter().map(|(query, lines)| Plans { query, sql: SQL, signatures: vec![("", signature(lines))] });
    let workload = queries.iter().map(|(name, _)| *name).collect();
    Now { queries: entries.collect(), schema, workload, whole: true }
}

fn accepted(now: &Now<'_>, findings: &[Finding]) -> Baseline {
    accept(now, findings, &Engine { kind: EngineKind::Mysql, version: "9.7.0".into() }, None)
}

fn judged(baseline: &Baseline, now: &Now<'_>, findings: &[Finding]) -> (Vec<String>, BaselineReport) {
    let ground = Ground { tolerance: 2.0, few_rows: 100.0, small_rows: 1000.0 };
    let (left, report) = judge("b.yaml", baseline, now, findings.to_vec(), ground);
    (left.into_iter().map(|finding| finding.rule).collect(), report)
}

#[test]
fn what_was_accepted_is_known() {
    let schema = schema(SHOP);
    let now = now(&schema, &[("a", &["o ref by_customer", "rows 20"])]);
    let findings =
        [finding("filesort", Some("a"), Severity::Warning), finding("redundant-index", None, Severity::Warning)];
    let (left, report) = judged(&accepted(&now, &findings), &now, &findings);
    assert_eq!((left, report.known.len()), (Vec::<String>::new(), 2));
    assert!(report.worse.is_empty() && report.improved.is_empty() && report.changed.is_empty());
    assert!(report.cleared.is_empty() && report.vanished.is_empty() && report.new_queries.is_empty());
}

#[test]
fn new_and_graver_findings_count_and_those_that_are_gone_are_told() {
    let schema = schema(SHOP);
    let now = now(&schema, &[("a", &["o full_scan", "rows 900"])]);
    let old =
        [finding("filesort", Some("a"), Severity::Warning), finding("deep-pagination", Some("a"), Severity::Warning)];
    let new =
        [finding("filesort", Some("a"), Severity::Error), finding("full-table-scan", Some("a"), Severity::Warning)];
    let (left, report) = judged(&accepted(&now, &old), &now, &new);
    assert_eq!(left, ["filesort", "full-table-scan"]);
    assert_eq!(report.cleared, [Cleared { query: Some("a".into()), rules: vec!["deep-pagination orders".into()] }]);
}

#[test]
fn the_index_of_a_query_s_finding_is_no_part_of_it() {
    let schema = schema(SHOP);
    let now = now(&schema, &[("a", &["o full_scan", "rows 900"])]);
    let was = finding("full-index-scan", Some("a"), Severity::Error);
    let mut is = was.clone();
    is.subject.index = Some("by_customer".into());
    assert_eq!(judged(&accepted(&now, &[was]), &now, &[is]).0, [] as [&str; 0]);
    let was = finding("redundant-index", None, Severity::Error);
    let mut is = was.clone();
    is.subject.index = Some("by_customer".into());
    assert_eq!(judged(&accepted(&now, &[was]), &now, &[is]).0, ["redundant-index"]);
}

#[test]
fn mistakes_in_waivers_are_never_accepted() {
    let schema = schema(SHOP);
    let now = now(&schema, &[("a", &["o full_scan", "rows 900"])]);
    let findings = [finding("expired-waiver", Some("a"), Severity::Warning)];
    assert_eq!(judged(&accepted(&now, &findings), &now, &findings).0, ["expired-waiver"]);
}

#[test]
fn a_lost_index_is_told_from_one_that_is_there() {
    let full = schema(SHOP);
    let without = SHOP.replace("KEY by_customer (customer_id), ", "");
    let without = schema(&without.replace("-- distinct orders by_customer 50000\n", ""));
    let before = [("a", &["o ref by_customer", "rows 20"][..])];
    let after = [("a", &["o full_scan", "rows 1000000"][..])];
    let baseline = accepted(&now(&full, &before), &[]);
    let message = |schema: &Schema| judged(&baseline, &now(schema, &after), &[]).1.worse[0].changes[0].message.clone();
    assert!(message(&without).starts_with("the index by_customer is gone: `o` was read"), "{}", message(&without));
    assert!(message(&full).starts_with("the index by_customer is no longer used"), "{}", message(&full));
}

#[test]
fn queries_that_come_and_go_are_named() {
    let schema = schema(SHOP);
    let plan = ["o full_scan", "rows 9"];
    let old = accepted(&now(&schema, &[("a", &plan), ("b", &plan)]), &[]);
    let mut new = now(&schema, &[("b", &plan), ("c", &plan)]);
    let report = judged(&old, &new, &[]).1;
    assert_eq!((report.vanished, report.new_queries), (vec!["a".to_owned()], vec!["c".to_owned()]));
    new.workload.insert("a");
    assert!(judged(&old, &new, &[]).1.vanished.is_empty(), "it was only not asked for");
}

#[test]
fn samples_are_compared_by_their_labels() {
    let schema = schema(SHOP);
    let run = |busy: &[&str], label| Now {
        queries: vec![Plans {
            query: "a",
            sql: SQL,
            signatures: vec![("busy", signature(busy)), (label, signature(&["o full_scan", "rows 9"]))],
        }],
        ..now(&schema, &[("a", &[])])
    };
    let baseline = accepted(&run(&["o ref by_customer", "rows 900"], "quiet"), &[]);
    let report = judged(&baseline, &run(&["o full_scan", "rows 9000"], "new"), &[]).1;
    assert_eq!(report.worse.len(), 1);
    assert_eq!(report.worse[0].sample, "busy");
    assert_eq!(report.worse[0].before, ["o ref by_customer", "rows 900"]);
    assert_eq!(report.worse[0].now, ["o full_scan", "rows 9000"]);
}
