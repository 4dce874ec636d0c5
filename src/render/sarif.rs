//! Findings as SARIF 2.1.0 (OASIS), for code scanning and editors.

use super::json;
use super::review::{Found, Review};
use super::root::Root;
use crate::model::finding::Severity;
use crate::model::location::Location;
use serde_json::{Map, Value, json};

/// Where the crate's sources are, from its package; empty when nobody has said so. A help page needs it, as `helpUri` has to
/// be absolute.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The document. Findings without a place of their own get `home`, as code scanning takes none without.
#[must_use]
pub fn render(review: &Review, root: &Root, home: Option<&Location>) -> String {
    let results: Vec<Value> = review.found.iter().map(|found| result(found, review, root, home)).collect();
    let notes: Vec<Value> =
        review.basis.iter().map(|line| json!({"level": "note", "message": {"text": line}})).collect();
    let mut driver = Map::from_iter([
        ("name".to_owned(), json!("aura-db")),
        ("version".to_owned(), json!(env!("CARGO_PKG_VERSION"))),
        ("rules".to_owned(), rules(review)),
    ]);
    if !REPOSITORY.is_empty() {
        driver.insert("informationUri".into(), json!(REPOSITORY));
    }
    json::render(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": driver},
            "automationDetails": {"id": format!("aura-db/{}/", review.verb)},
            "invocations": [{"executionSuccessful": true, "toolExecutionNotifications": notes}],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

fn rules(review: &Review) -> Value {
    let rule = |rule: &crate::model::report::RuleEntry| {
        let mut value = json!({
            "id": rule.id,
            "shortDescription": {"text": rule.summary},
            "help": {"text": if rule.help.is_empty() { &rule.summary } else { &rule.help }},
            "defaultConfiguration": {"level": level(rule.severity)},
        });
        if !REPOSITORY.is_empty() {
            value["helpUri"] = json!(format!("{REPOSITORY}/blob/main/docs/rules/{}.md", rule.id));
        }
        value
    };
    review.rules.iter().map(rule).collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(found: &Found, review: &Review, root: &Root, home: Option<&Location>) -> Value {
    let finding = &found.finding;
    let subject = found.subject(&review.cases);
    let remedy = if finding.remedy.is_empty() { String::new() } else { format!("\n{}", finding.remedy) };
    // In a plain message `[…](…)` is a link, unless its bracket is escaped (3.11.6).
    let message = format!("{subject}: {}{remedy}", finding.message).replace("](", "\\](");
    let mut value = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": {"text": message},
        "partialFingerprints": {"auraDbFinding/v1": found.fingerprint},
        "properties": {"evidence": finding.evidence, "subject": subject},
    });
    if let Some(index) = review.rules.iter().position(|rule| rule.id == finding.rule) {
        value["ruleIndex"] = json!(index);
    }
    if let Some(at) = finding.subject.location.as_ref().or(home) {
        value["locations"] = json!([location(at, root)]);
    }
    if let Some(excuse) = &found.excuse {
        let kind = if excuse.in_source { "inSource" } else { "external" };
        value["suppressions"] = json!([{"kind": kind, "status": "accepted", "justification": excuse.reason}]);
    }
    value
}

fn location(at: &Location, root: &Root) -> Value {
    let (uri, is_relative) = root.uri(&at.file);
    let mut artifact = json!({"uri": uri});
    if is_relative {
        artifact["uriBaseId"] = json!("%SRCROOT%");
    }
    let mut region = json!({"startLine": at.line.max(1)});
    if let Some(column) = at.column {
        region["startColumn"] = json!(column.max(1));
    }
    json!({"physicalLocation": {"artifactLocation": artifact, "region": region}})
}
