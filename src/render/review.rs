//! An audit or a lint as the outputs for other tools see it: cases, each with what was found on it, fails or is excused. Every
//! such output is drawn from this one value, so that none can say what another does not.

use super::{Style, basis, lint, table};
use crate::model::baseline::Shift;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::lint::LintReport;
use crate::model::location::Location;
use crate::model::report::{AuditReport, RuleEntry};
use crate::model::waiver::Waived;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The rule that a plan breaks which is worse than its baseline's.
const WORSE: (&str, &str) = ("worse-plan", "a plan is worse than the baseline's");

/// What was judged, what was found, and what that means.
#[derive(Debug, Clone)]
pub struct Review {
    /// `audit`, `lint` or `drift`.
    pub verb: &'static str,
    /// What it rests on, a line, and what to know beside, a line each.
    pub basis: Vec<String>,
    /// Every rule that can be named.
    pub rules: Vec<RuleEntry>,
    /// Each query or statement, in order.
    pub cases: Vec<Case>,
    /// What was found, worst first; what is excused last.
    pub found: Vec<Found>,
    /// The counts and the verdict in one line.
    pub summary: String,
    /// Whether the run fails.
    pub failed: bool,
}

/// A query of the workload, a statement of a migration, or an object of the schema.
#[derive(Debug, Clone)]
pub struct Case {
    /// The query's name, or the statement's migration with its number in it.
    pub name: String,
    /// Where it is written, where that is known.
    pub at: Option<Location>,
    /// The statement; empty where there is none.
    pub sql: String,
    /// Why it could not be judged.
    pub unknown: Option<String>,
}

/// A finding and what it means here.
#[derive(Debug, Clone)]
pub struct Found {
    /// The finding.
    pub finding: Finding,
    /// Whether it fails the run.
    pub fails: bool,
    /// Why it does not count, where it does not.
    pub excuse: Option<Excuse>,
    /// The case it is about; `None` for the schema.
    pub case: Option<usize>,
    /// The same as long as the finding is, wherever its line moves.
    pub fingerprint: String,
}

/// Why a finding does not count.
#[derive(Debug, Clone)]
pub struct Excuse {
    /// The reason.
    pub reason: String,
    /// Whether it stands beside the statement, rather than in a file of its own.
    pub in_source: bool,
}

impl Review {
    /// Of an audit.
    #[must_use]
    pub fn audit(report: &AuditReport, rules: Vec<RuleEntry>) -> Self {
        let cases = report.queries.iter().map(|query| {
            let line = query.source.as_ref().and_then(|source| Some(Location::line(&source.file, source.line?)));
            let errors: Vec<&str> = query.plans.iter().filter_map(|plan| plan.error.as_deref()).collect();
            Case {
                name: query.name.clone(),
                at: Some(line.unwrap_or_else(|| query.defined_at.clone())),
                sql: query.sql.clone(),
                unknown: (!errors.is_empty()).then(|| format!("cannot be explained: {}", errors.join("; "))),
            }
        });
        let cases: Vec<Case> = cases.collect();
        let place =
            |finding: &Finding| cases.iter().position(|case| finding.subject.query.as_ref() == Some(&case.name));
        let fail_on = report.summary.fail_on;
        let mut found = gathered(&report.findings, &report.waived, fail_on, &cases, place);
        if let Some(baseline) = &report.baseline {
            let worse = baseline.worse.iter().map(|shift| worse(shift, &cases));
            found.splice(0..0, worse.map(|finding| of(finding, fail_on.is_some(), None, &cases, place)));
            let reason = format!("accepted in the baseline {}", baseline.file);
            let excuse = |finding: &Finding| {
                of(finding.clone(), false, Some(Excuse { reason: reason.clone(), in_source: false }), &cases, place)
            };
            found.extend(baseline.known.iter().map(excuse));
        }
        let worse = report.baseline.as_ref().map_or(0, |baseline| baseline.worse.len());
        let basis = basis::render(&report.basis, &WIDE).lines().map(str::to_owned).collect();
        let summary = table::summary(&report.summary, worse);
        Self { verb: "audit", basis, rules: with_worse(rules), cases, found, summary, failed: report.summary.failed }
            .numbered()
    }

    /// Of a lint.
    #[must_use]
    pub fn lint(report: &LintReport, rules: Vec<RuleEntry>) -> Self {
        let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
        let cases = report.statements.iter().map(|statement| {
            let number = counts.entry(statement.version).and_modify(|number| *number += 1).or_insert(1);
            let unknown = statement.unknown.as_ref().map(|because| format!("unknown, because {because}"));
            Case {
                name: format!("{} statement {number}", statement.version),
                at: Some(statement.at.clone()),
                sql: statement.sql.clone(),
                unknown,
            }
        });
        let cases: Vec<Case> = cases.collect();
        let place = |finding: &Finding| {
            cases.iter().position(|case| finding.subject.location.is_some() && finding.subject.location == case.at)
        };
        let found = gathered(&report.findings, &report.waived, report.summary.fail_on, &cases, place);
        let basis = lint::basis(&report.basis, &WIDE).lines().map(str::to_owned).collect();
        let (summary, failed) = (lint::summary(&report.summary), report.summary.failed);
        Self { verb: "lint", basis, rules, cases, found, summary, failed }.numbered()
    }

    /// The findings that count.
    pub fn open(&self) -> impl Iterator<Item = &Found> {
        self.found.iter().filter(|found| found.excuse.is_none())
    }

    /// Tells findings of one fingerprint apart by their number.
    pub(super) fn numbered(mut self) -> Self {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for found in &mut self.found {
            let number = seen.entry(found.fingerprint.clone()).and_modify(|number| *number += 1).or_insert(1);
            found.fingerprint = format!("{}:{number}", found.fingerprint);
        }
        self
    }
}

impl Found {
    /// The query, the case or the table that it is about.
    #[must_use]
    pub fn subject(&self, cases: &[Case]) -> String {
        let case = self.case.and_then(|case| cases.get(case)).map(|case| case.name.clone());
        let table = || self.finding.subject.table.as_ref().map(|table| format!("table {table}"));
        case.or_else(|| self.finding.subject.query.clone()).or_else(table).unwrap_or_else(|| "schema".into())
    }
}

/// Nothing is to be wrapped.
const WIDE: Style = Style { color: false, width: 1_000_000 };

fn gathered(
    findings: &[Finding],
    waived: &[Waived],
    fail_on: Option<Severity>,
    cases: &[Case],
    place: impl Fn(&Finding) -> Option<usize> + Copy,
) -> Vec<Found> {
    let fails = |finding: &Finding| fail_on.is_some_and(|least| finding.severity >= least);
    let open = findings.iter().map(|finding| of(finding.clone(), fails(finding), None, cases, place));
    let excused = waived.iter().map(|one| {
        let until = one.until.map(|day| format!(", until {day}")).unwrap_or_default();
        let in_source = one.finding.subject.location.as_ref().is_some_and(|at| at.file == one.at.file);
        let excuse = Excuse { reason: format!("{}{until}", one.reason), in_source };
        of(one.finding.clone(), false, Some(excuse), cases, place)
    });
    open.chain(excused).collect()
}

/// A finding that nothing excuses.
pub(super) fn judged(
    finding: Finding,
    fails: bool,
    cases: &[Case],
    place: impl Fn(&Finding) -> Option<usize>,
) -> Found {
    of(finding, fails, None, cases, place)
}

fn of(
    finding: Finding,
    fails: bool,
    excuse: Option<Excuse>,
    cases: &[Case],
    place: impl Fn(&Finding) -> Option<usize>,
) -> Found {
    let case = place(&finding);
    let fingerprint = fingerprint(&finding, case.and_then(|case| cases.get(case)));
    Found { finding, fails, excuse, case, fingerprint }
}

/// What makes a finding the same one: neither its line nor its numbers.
fn fingerprint(finding: &Finding, case: Option<&Case>) -> String {
    let subject = &finding.subject;
    let mut hash = Sha256::new();
    let sql = case.filter(|_| subject.query.is_none()).map(|case| one_line(&case.sql));
    let words = [&subject.query, &subject.sample, &subject.table, &subject.index, &sql];
    for word in std::iter::once(Some(&finding.rule)).chain(words.map(Option::as_ref)) {
        hash.update(word.map_or("", String::as_str).as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(16).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A plan that got worse, as a finding.
fn worse(shift: &Shift, cases: &[Case]) -> Finding {
    let changes: Vec<&str> = shift.changes.iter().map(|change| change.message.as_str()).collect();
    let at = cases.iter().find(|case| case.name == shift.query).and_then(|case| case.at.clone());
    let subject = Subject {
        query: Some(shift.query.clone()),
        sample: Some(shift.sample.clone()).filter(|sample| !sample.is_empty()),
        location: at,
        ..Subject::default()
    };
    Finding {
        rule: WORSE.0.into(),
        severity: Severity::Error,
        subject,
        message: format!("worse than the baseline: {}", changes.join("; ")),
        evidence: vec![format!("baseline: {}", shift.before.join(", ")), format!("now: {}", shift.now.join(", "))],
        remedy: "bring the old plan back, or accept this one with --write-baseline".into(),
    }
}

fn with_worse(mut rules: Vec<RuleEntry>) -> Vec<RuleEntry> {
    let (id, summary) = WORSE;
    let help = "An index is gone or no longer used, a table is read in a worse way, or more rows are looked at.";
    rules.push(RuleEntry { id: id.into(), severity: Severity::Error, summary: summary.into(), help: help.into() });
    rules
}

/// The text on one line.
#[must_use]
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
