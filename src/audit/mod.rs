//! The judgement of queries: a table of rules over statement, plan and schema.
//!
//! Pure: what is judged comes in as values, findings go out as values.

pub mod baseline;
pub mod context;
#[cfg(test)]
mod fixture;
pub mod harm;
mod partial;
mod reading;
mod remedy;
pub mod rules;
mod skew;
mod waive;
mod width;

pub use context::{CatalogueEntry, Context, ExplainError, Options, SchemaContext};
pub use rules::{Check, RULES, Rule, rule};
pub use waive::{Allowed, waive};

use crate::model::finding::{Finding, Subject};
use crate::model::schema::Schema;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The findings of one query with one sample.
#[must_use]
pub fn audit(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    // What the server refuses to run returns and changes nothing: there is no more to say about it.
    let refused = context.explain_error.is_some_and(|error| error.code.is_some());
    for rule in RULES.iter().filter(|rule| !refused || rule.id == rules::CANNOT_EXPLAIN) {
        if let Check::Query(check) = rule.check {
            findings.extend(check(context));
        }
    }
    findings
}

/// The findings about the schema, in the light of the catalogue's plans.
#[must_use]
pub fn audit_schema(schema: &Schema, catalogue: &[CatalogueEntry<'_>], options: &Options) -> Vec<Finding> {
    let context = SchemaContext { schema, catalogue, options };
    let mut findings = Vec::new();
    for rule in &RULES {
        if let Check::Schema(check) = rule.check {
            findings.extend(check(&context));
        }
    }
    findings
}

/// One finding for what several samples showed, and all of them in the order of reports: worst first, then by query.
///
/// The worst of the samples speaks for the others; when they differ, the finding keeps its sample's name.
#[must_use]
pub fn settle(findings: Vec<Finding>) -> Vec<Finding> {
    let mut settled: Vec<Finding> = Vec::with_capacity(findings.len());
    let mut places: HashMap<(String, Subject), usize> = HashMap::new();
    for finding in findings {
        // Of the subject only what several samples have in common.
        let subject = Subject { sample: None, location: None, ..finding.subject.clone() };
        match places.entry((finding.rule.clone(), subject)) {
            Entry::Occupied(known) if finding.severity > settled[*known.get()].severity => {
                settled[*known.get()] = finding;
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(place) => {
                place.insert(settled.len());
                settled.push(finding);
            }
        }
    }
    order(&mut settled);
    settled
}

/// Puts findings in the order of reports.
pub fn order(findings: &mut [Finding]) {
    findings.sort_by(|left, right| {
        let by_subject = left.subject.query.cmp(&right.subject.query);
        let by_rule = || left.rule.cmp(&right.rule).then_with(|| left.subject.cmp(&right.subject));
        right.severity.cmp(&left.severity).then(by_subject).then_with(by_rule)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::finding::Severity;

    fn finding(rule: &str, query: &str, sample: &str, severity: Severity) -> Finding {
        let subject = Subject { query: Some(query.into()), sample: Some(sample.into()), ..Subject::default() };
        Finding {
            rule: rule.into(),
            severity,
            subject,
            message: String::new(),
            evidence: vec![],
            remedy: String::new(),
        }
    }

    #[test]
    fn the_worst_sample_speaks_and_the_worst_finding_comes_first() {
        let settled = settle(vec![
            finding("filesort", "b", "small", Severity::Info),
            finding("filesort", "b", "busy", Severity::Error),
            finding("filesort", "a", "", Severity::Warning),
        ]);
        let seen: Vec<_> = settled.iter().map(|f| (f.subject.query.as_deref(), f.subject.sample.as_deref())).collect();
        assert_eq!(seen, [(Some("b"), Some("busy")), (Some("a"), Some(""))]);
    }
}
