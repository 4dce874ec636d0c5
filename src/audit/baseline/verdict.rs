//! A run against a baseline: which findings are known, which plans got worse, which queries came and went.

use super::compare::{Ground, compare};
use crate::model::baseline::{Baseline, BaselineReport, Change, ChangeKind, Cleared, Known, Shift};
use crate::model::engine::Engine;
use crate::model::finding::Finding;
use crate::model::schema::{IndexKind, Schema, Table};
use crate::model::signature::{Signature, quoted};
use crate::sql::parse::parse_statement;
use crate::sql::shape::{Shape, shape};
use crate::waiver::is_about_waivers;
use std::collections::{BTreeMap, BTreeSet};

/// The plans of one query.
#[derive(Debug)]
pub struct Plans<'a> {
    /// Its name.
    pub query: &'a str,
    /// Its statement.
    pub sql: &'a str,
    /// A signature for each label of its samples.
    pub signatures: Vec<(&'a str, Signature)>,
}

/// What a run has to show.
#[derive(Debug)]
pub struct Now<'a> {
    /// The queries that were judged.
    pub queries: Vec<Plans<'a>>,
    /// The schema, with the indexes that there are.
    pub schema: &'a Schema,
    /// The names of the whole workload, of which the queries may be a part.
    pub workload: BTreeSet<&'a str>,
    /// Whether the schema was judged as well.
    pub whole: bool,
}

/// The baseline that accepts a run as it is. A mistake in a waiver is never accepted.
#[must_use]
pub fn accept(now: &Now<'_>, findings: &[Finding], engine: &Engine, scale: Option<&str>) -> Baseline {
    let plans = now.queries.iter().map(|plans| {
        let by_label = plans.signatures.iter().map(|(label, signature)| ((*label).to_owned(), signature.clone()));
        (plans.query.to_owned(), by_label.collect())
    });
    let (engine, scale) = (engine.clone(), scale.map(str::to_owned));
    let mut baseline =
        Baseline { engine, scale, plans: plans.collect(), findings: BTreeMap::new(), schema: Vec::new() };
    for finding in findings.iter().filter(|finding| !is_about_waivers(&finding.rule)) {
        match &finding.subject.query {
            Some(query) => baseline.findings.entry(query.clone()).or_default().push(Known::of(finding)),
            None => baseline.schema.push(Known::of(finding)),
        }
    }
    baseline.findings.values_mut().for_each(|known| known.sort());
    baseline.schema.sort();
    baseline
}

/// The findings that the baseline does not know, and what has changed since it was written.
#[must_use]
pub fn judge(
    file: &str,
    baseline: &Baseline,
    now: &Now<'_>,
    findings: Vec<Finding>,
    ground: Ground,
) -> (Vec<Finding>, BaselineReport) {
    let mut report = BaselineReport {
        file: file.into(),
        engine: baseline.engine.clone(),
        tolerance: ground.tolerance,
        worse: Vec::new(),
        improved: Vec::new(),
        changed: Vec::new(),
        cleared: Vec::new(),
        new_queries: Vec::new(),
        vanished: Vec::new(),
        known: Vec::new(),
    };
    for plans in &now.queries {
        match baseline.plans.get(plans.query) {
            Some(known) => shifts(plans, known, now.schema, ground, &mut report),
            None => report.new_queries.push(plans.query.to_owned()),
        }
    }
    let gone = baseline.plans.keys().filter(|name| !now.workload.contains(name.as_str()));
    report.vanished = gone.cloned().collect();
    let left = sort_out(baseline, now, findings, &mut report);
    (left, report)
}

/// Compares the plans of one query.
fn shifts(
    plans: &Plans<'_>,
    known: &BTreeMap<String, Signature>,
    schema: &Schema,
    ground: Ground,
    report: &mut BaselineReport,
) {
    let differs = |(label, signature): &&(&str, Signature)| known.get(*label).is_some_and(|known| known != signature);
    let mut facts: Option<Option<Shape>> = None;
    for (label, signature) in plans.signatures.iter().filter(differs) {
        let facts = facts.get_or_insert_with(|| Some(shape(&parse_statement(plans.sql).ok()?, schema)));
        let exists = |alias: &str, key: &str| has_index(alias, key, facts.as_ref(), schema);
        let before = &known[*label];
        let changes = compare(before, signature, ground, &exists);
        let (query, sample) = (plans.query.to_owned(), (*label).to_owned());
        let shift = Shift { query, sample, before: before.lines(), now: signature.lines(), changes };
        let has = |wanted: fn(&Change) -> bool| shift.changes.iter().any(wanted);
        if has(|change| !matches!(change.kind, ChangeKind::Better | ChangeKind::Other)) {
            report.worse.push(shift);
        } else if has(|change| change.kind == ChangeKind::Better) {
            report.improved.push(shift);
        } else if !shift.changes.is_empty() {
            report.changed.push(shift);
        }
    }
}

/// Whether the table behind a name or alias has an index of that name.
fn has_index(alias: &str, key: &str, facts: Option<&Shape>, schema: &Schema) -> bool {
    let places = facts.map(|facts| facts.sources(alias)).unwrap_or_default();
    let mut tables: Vec<&Table> =
        places.iter().filter_map(|(_, block, at)| schema.table(block.sources[*at].table()?)).collect();
    if tables.is_empty() {
        // A name that the text does not explain may stand for any table, and no index is called gone by guess.
        tables = schema.table(alias).map_or_else(|| schema.tables.iter().collect(), |table| vec![table]);
    }
    // SQLite names the index of a constraint by itself, and numbers it.
    let is_own = key.starts_with("sqlite_autoindex");
    let is_it = |table: &&Table| {
        let primary =
            key.eq_ignore_ascii_case("PRIMARY") && table.indexes.iter().any(|index| index.kind == IndexKind::Primary);
        primary || table.index(key).is_some()
    };
    is_own || tables.iter().any(is_it)
}

/// Takes the known findings out, and notes those that are gone.
fn sort_out(baseline: &Baseline, now: &Now<'_>, findings: Vec<Finding>, report: &mut BaselineReport) -> Vec<Finding> {
    let mut open: BTreeMap<Option<String>, Vec<&Known>> =
        baseline.findings.iter().map(|(query, known)| (Some(query.clone()), known.iter().collect())).collect();
    open.insert(None, baseline.schema.iter().collect());
    let mut left = Vec::new();
    for finding in findings {
        let known = open.get_mut(&finding.subject.query);
        let at = known.as_ref().and_then(|known| known.iter().position(|one| one.covers(&finding)));
        match (known, at) {
            (Some(known), Some(at)) if !is_about_waivers(&finding.rule) => {
                known.remove(at);
                report.known.push(finding);
            }
            _ => left.push(finding),
        }
    }
    let judged: BTreeSet<&str> = now.queries.iter().map(|plans| plans.query).collect();
    let is_judged = |query: &Option<String>| match query {
        Some(query) => judged.contains(query.as_str()),
        None => now.whole,
    };
    // What is only more severe now is not gone.
    let is_worse = |query: &Option<String>, known: &Known| {
        let same = |finding: &&Finding| finding.subject.query == *query;
        left.iter().filter(same).map(Known::of).any(|one| Known { severity: known.severity, ..one } == *known)
    };
    for (query, mut known) in open.into_iter().filter(|(query, _)| is_judged(query)) {
        known.retain(|known| !is_worse(&query, known));
        if !known.is_empty() {
            let rules = known.into_iter().map(words).collect();
            report.cleared.push(Cleared { query, rules });
        }
    }
    left
}

/// `redundant-index users idx_email`.
fn words(known: &Known) -> String {
    let names = [&known.table, &known.index].into_iter().flatten().map(|name| format!(" {}", quoted(name)));
    known.rule.clone() + &names.collect::<String>()
}

#[cfg(test)]
mod tests;
