//! Drift as a review, so that it is put out in the forms that findings are.

use super::drift::summary;
use super::review::{Case, Review, judged};
use crate::model::drift::{Compared, DriftReport, ObjectKind, Verdict};
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::report::RuleEntry;

/// The name of the case that stands for all that is as it should be.
const PRESENT: &str = "objects that are as the migrations make them";

impl Review {
    /// Of a drift.
    #[must_use]
    pub fn drift(report: &DriftReport) -> Self {
        let case = |name: String, one: Option<&Compared>, sql: String| Case {
            name,
            at: one.and_then(|one| one.at.clone()),
            sql,
            unknown: None,
        };
        let mut cases = vec![case(PRESENT.into(), None, String::new())];
        cases.extend(report.objects.iter().map(|one| case(one.object.to_string(), Some(one), String::new())));
        let place =
            |finding: &Finding| cases.iter().position(|case| finding.subject.query.as_ref() == Some(&case.name));
        let mut all: Vec<(&Compared, Finding)> = report.objects.iter().map(|one| (one, finding(one))).collect();
        all.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
        let found =
            all.into_iter().map(|(one, finding)| judged(finding, !one.verdict.holds(), &cases, place)).collect();
        let replayed = report
            .replayed_on
            .as_ref()
            .map_or_else(|| "read in embedded terms".to_owned(), |engine| format!("replayed on {engine}"));
        let applied = report.applied;
        let mut basis =
            vec![format!("{} · {} · {applied} applied migrations, {replayed}", report.engine, report.place)];
        basis.extend(report.notes.iter().cloned());
        let failed = report.objects.iter().any(|one| !one.verdict.holds());
        let rules = ALL.map(|(id, severity, text)| RuleEntry {
            id: id.into(),
            severity,
            summary: text.into(),
            help: "docs/adopt.md says how objects are compared.".into(),
        });
        let rules = rules.into();
        Self { verb: "drift", basis, rules, cases, found, summary: summary(report), failed }.numbered()
    }
}

const ALL: [(&str, Severity, &str); 6] = [
    ("drift-conflicting", Severity::Error, "an object is otherwise than the migrations make it"),
    ("drift-missing", Severity::Error, "an object that the migrations make is not there"),
    ("drift-foreign", Severity::Error, "an object is there that no migration makes"),
    ("drift-unknown", Severity::Warning, "an object that could not be compared"),
    (
        "drift-equivalent",
        Severity::Info,
        "an object is there in effect, under another name or with a difference without effect",
    ),
    ("drift-redundant", Severity::Info, "an index is not there, and another one covers it"),
];

fn finding(one: &Compared) -> Finding {
    let (rule, remedy) = match &one.verdict {
        Verdict::Conflicting { .. } => (
            "drift-conflicting",
            "write a migration for the change, or bring the object back to what the migrations make",
        ),
        Verdict::Missing => ("drift-missing", "make it again, or write a migration that drops it"),
        Verdict::Foreign => ("drift-foreign", "write a migration that makes it, or drop it"),
        Verdict::Unknown { .. } => ("drift-unknown", ""),
        Verdict::Redundant { .. } => ("drift-redundant", ""),
        Verdict::Present | Verdict::Equivalent { .. } => ("drift-equivalent", ""),
    };
    let severity = ALL.iter().find(|(id, _, _)| *id == rule).map_or(Severity::Error, |(_, severity, _)| *severity);
    let object = &one.object;
    let (is_program, is_index) = (object.kind == ObjectKind::Program, object.kind == ObjectKind::Index);
    let subject = Subject {
        query: Some(object.to_string()),
        table: (!is_program).then(|| object.table.clone()),
        index: object.name.clone().filter(|_| is_index),
        location: one.at.clone(),
        ..Subject::default()
    };
    let detail = one.verdict.detail();
    let word = one.verdict.word();
    let message = if detail.is_empty() { word.to_owned() } else { format!("{word}: {detail}") };
    Finding { rule: rule.into(), severity, subject, message, evidence: Vec::new(), remedy: remedy.into() }
}
