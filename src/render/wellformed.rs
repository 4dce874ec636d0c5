//! Holds the outputs for other tools to being well formed, whatever text a name, a message or a statement has.

use super::fixture::{baseline, finding, lint, query, report, sample, waived};
use super::review::Review;
use super::root::Root;
use super::{github, junit, markdown, sarif};
use crate::model::finding::Severity;
use crate::model::location::Location;
use crate::model::report::AuditReport;
use proptest::prelude::*;
use serde_json::Value;

fn root() -> Root {
    Root { top: "/repo".into(), here: "/repo/app".into() }
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        proptest::sample::select(vec![
            "]]>",
            "<!--",
            "</summary>",
            "```",
            "|",
            "::error ::x\n",
            "%0A",
            "\r\n",
            "\u{1b}[31m",
            "\0",
            "🦀",
            "'\"`",
            "\u{ffff}",
            "&amp;",
            "{0}",
            "[a](b)",
            "@team",
            "#1",
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn audit(name: &str, sql: &str, message: &str, file: &str) -> AuditReport {
    let mut case = query(name, Some(file), vec![sample("")]);
    case.sql = sql.into();
    let mut found = finding("filesort", Severity::Error, Some(name), message);
    found.evidence = vec![sql.into()];
    found.remedy = message.into();
    found.subject.location = Some(Location::line(file, 3));
    let mut excused = waived(found.clone());
    excused.reason = message.into();
    let schema = finding("redundant-index", Severity::Warning, None, message);
    let mut report = report(vec![case], vec![found, schema]);
    report.waived = vec![excused];
    report
}

/// The annotation's parts with their escapes taken back.
fn read(line: &str) -> (Vec<(String, String)>, String) {
    let back = |text: &str| {
        let plain = text.replace("%2C", ",").replace("%3A", ":").replace("%0A", "\n").replace("%0D", "\r");
        plain.replace("%25", "%")
    };
    let (head, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
    let (_, properties) = head.split_once(' ').unwrap();
    let pair = |one: &str| one.split_once('=').map(|(name, value)| (name.to_owned(), back(value))).unwrap();
    (properties.split(',').map(pair).collect(), back(message))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_text_leaves_every_output_well_formed(name in text(), sql in text(), message in text(), file in text()) {
        let review = Review::audit(&audit(&name, &sql, &message, &file), Vec::new());

        let log: Value = serde_json::from_str(&sarif::render(&review, &root(), None)).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        prop_assert_eq!(results.len(), 3);
        let uri = &results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        prop_assert!(uri.as_str().unwrap().chars().all(|c| c.is_ascii_graphic()));

        let document = junit::render(&review, &root());
        let document = roxmltree::Document::parse(&document).unwrap();
        let count = |tag: &str| document.descendants().filter(|node| node.has_tag_name(tag)).count();
        prop_assert_eq!((count("testcase"), count("failure"), count("skipped")), (2, 2, 0));

        let commands = github::render(&review, &root());
        let lines: Vec<&str> = commands.split(['\n', '\r']).collect();
        // Two annotations, the summary and nothing after its line break.
        prop_assert_eq!(lines.len(), 4);
        let (properties, told) = read(lines[0]);
        let names: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
        prop_assert_eq!(names, ["file", "line", "title"]);
        prop_assert!(!told.chars().any(|c| c.is_control() && !"\n\r\t".contains(c)));

        let comment = markdown::render(&review, &root());
        prop_assert_eq!((comment.matches("<details>").count(), comment.matches("</summary>").count()), (
            2 + sql.matches("<details>").count(),
            2 + sql.matches("</summary>").count(),
        ));
        prop_assert!(comment.encode_utf16().count() < 65_536);
    }
}

#[test]
fn a_comment_that_is_too_long_says_how_many_are_left_out() {
    let mut report = audit("q", "SELECT 1", "it is slow", "a.js");
    report.findings = (0..1000).map(|_| report.findings[0].clone()).collect();
    let comment = markdown::render(&Review::audit(&report, Vec::new()), &root());
    assert!(comment.encode_utf16().count() < 65_536, "{}", comment.len());
    let shown = comment.matches("<details>").count();
    assert!(comment.ends_with(&format!("**{} findings left out**, as a comment takes no more.\n", 1000 - shown)));
}

#[test]
fn fingerprints_stay_when_lines_move_and_tell_alike_findings_apart() {
    let prints = |line| {
        let mut report = lint();
        report.statements.iter_mut().for_each(|one| one.at.line += line);
        report.findings.iter_mut().for_each(|one| one.subject.location.as_mut().unwrap().line += line);
        report.findings.push(report.findings[0].clone());
        let review = Review::lint(&report, Vec::new());
        review.found.into_iter().map(|found| found.fingerprint).collect::<Vec<_>>()
    };
    let (before, moved) = (prints(0), prints(40));
    // The waived one is left where it was, and is not the case's any more.
    assert_eq!(before[..4], moved[..4]);
    let distinct: std::collections::BTreeSet<&String> = before.iter().collect();
    assert_eq!(distinct.len(), before.len());
}

#[test]
fn what_is_waived_known_or_unknown_is_skipped_and_a_worse_plan_fails() {
    let document = junit::render(&Review::lint(&lint(), Vec::new()), &root());
    assert!(document.contains("tests=\"5\" failures=\"1\""), "{document}");
    assert!(
        document.contains("message=\"waived: statement-fails: fails: error 1060, because it is gone by then, until")
    );
    assert!(document.contains("message=\"unknown, because it depends on rows, which the copy has not\""), "{document}");

    let mut report = report(vec![query("shop.open-orders", None, vec![sample("")])], Vec::new());
    report.baseline = Some(baseline());
    let review = Review::audit(&report, Vec::new());
    assert!(github::render(&review, &root()).starts_with(
        "::error file=app/workload/shop.yaml,line=7,title=worse-plan%3A shop.open-orders::worse than the baseline: the \
         index idx_placed is gone"
    ));
    let log: Value = serde_json::from_str(&sarif::render(&review, &root(), None)).unwrap();
    let known = &log["runs"][0]["results"][1]["suppressions"][0];
    assert_eq!(known["justification"], "accepted in the baseline audit-baseline.yaml");
}
