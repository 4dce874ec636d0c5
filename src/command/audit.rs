//! `audit`: EXPLAIN over the catalogue, judged by the rules.

use super::failure::Failure;
use super::judge::{self, Planned};
use super::reports::{Forms, Sinks};
use super::verdict::Keep;
use super::{baseline, waivers};
use crate::audit::RULES;
use crate::cli::{Audit, FailOn, Global};
use crate::engine::planner::Planner;
use crate::exit::Exit;
use crate::model::baseline::BaselineReport;
use crate::model::finding::{Finding, Severity};
use crate::model::location::Location;
use crate::model::query::Query;
use crate::model::report::{
    AuditReport, AuditedQuery, Basis, FORMAT_VERSION, RuleEntry, RulesReport, SamplePlan, Summary,
};
use crate::model::waiver::Waived;
use crate::render::{self, review::Review};
use crate::term::Term;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Runs `audit`.
///
/// # Errors
/// See [`Failure`].
pub(super) async fn run(args: &Audit, global: &Global, term: &mut Term) -> Result<Exit, Failure> {
    let output = Sinks::open(&args.output)?;
    if args.list_rules {
        return output.write_rules(&rules(), term);
    }
    let files = baseline::Files::open(args)?;
    let workload = judge::workload(&args.judge)?;
    let queries = chosen(&workload.queries, &args.queries)?;
    let plans = queries.iter().map(|query| query.samples.len()).sum();
    let (planner, scale) = judge::planner(&args.judge, global, plans, term).await?;
    term.note(&format!("database: {} ({})", planner.place, planner.engine));
    files.check(&planner)?;
    let whole = args.queries.is_empty();
    let shows_plans = output.hold_plans() || files.compares_plans();
    let keep = if shows_plans { Keep::Plans } else { Keep::Accesses };
    let (outcomes, findings) = judge::judged(&planner, scale.as_ref(), &queries, (whole, keep), term).await?;
    let allowed = if whole { &workload.waivers[..] } else { &[] };
    let (findings, waived) = waivers::settled(findings, &planner, &queries, &outcomes, allowed)?;
    let run = baseline::Run { planner: &planner, workload: &workload.queries, queries: &queries, outcomes: &outcomes };
    let (findings, baseline) = files.apply(&run, findings, term)?;
    let found = Found { findings, waived, baseline };
    let report = report(&planner, &queries, outcomes, found, fail_on(args.fail_on));
    // What is found on a table stands in no file of the app's; it is told where the workload begins.
    let home = workload.queries.first().map(|query| Location::line(&query.defined_at.file, 1));
    let forms = Forms {
        table: &|style| render::table::audit(&report, args.verbose, style),
        json: &|| render::json::render(&report),
        review: &|| Review::audit(&report, rules().rules),
        home: home.as_ref(),
    };
    output.write(&forms, term)
}

fn rules() -> RulesReport {
    let rules = RULES.iter().map(|rule| RuleEntry {
        id: rule.id.into(),
        severity: rule.severity,
        summary: rule.summary.into(),
        help: rule.help.into(),
    });
    RulesReport { format_version: FORMAT_VERSION, rules: rules.collect() }
}

pub(super) fn fail_on(choice: FailOn) -> Option<Severity> {
    match choice {
        FailOn::Info => Some(Severity::Info),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Error => Some(Severity::Error),
        FailOn::Never => None,
    }
}

/// The queries that the patterns name, in the order of the workload; all of them without a pattern.
fn chosen<'a>(all: &'a [Query], patterns: &[String]) -> Result<Cow<'a, [Query]>, Failure> {
    if patterns.is_empty() {
        return Ok(Cow::Borrowed(all));
    }
    for pattern in patterns {
        if !all.iter().any(|query| matches(pattern, &query.name)) {
            return Err(Failure::usage(format!(
                "no query of the workload is named `{pattern}`{}",
                nearest(all, pattern)
            )));
        }
    }
    let wanted = |query: &&Query| patterns.iter().any(|pattern| matches(pattern, &query.name));
    Ok(all.iter().filter(wanted).cloned().collect())
}

/// A hint at a name that holds the pattern, or that the pattern holds.
pub(super) fn nearest(all: &[Query], pattern: &str) -> String {
    let word = pattern.trim_matches('*');
    let tail = word.rsplit('.').next().unwrap_or(word);
    let hit = all.iter().find(|query| !tail.is_empty() && (query.name.contains(tail) || query.name.contains(word)));
    hit.map(|query| format!("; there is {}", query.name)).unwrap_or_default()
}

/// Whether a name matches a pattern in which `*` stands for any text.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

/// What was found.
#[derive(Debug)]
pub(super) struct Found {
    /// The findings that count.
    pub(super) findings: Vec<Finding>,
    /// Those that are waived.
    pub(super) waived: Vec<Waived>,
    /// What a baseline says of it all.
    pub(super) baseline: Option<BaselineReport>,
}

/// Puts the report together.
pub(super) fn report(
    planner: &Planner,
    queries: &[Query],
    outcomes: Vec<Planned>,
    found: Found,
    fail_on: Option<Severity>,
) -> AuditReport {
    let Found { findings, waived, baseline } = found;
    let is_worse = fail_on.is_some() && baseline.as_ref().is_some_and(|baseline| !baseline.worse.is_empty());
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let counts = |finding: &&Finding| fail_on.is_some_and(|least| finding.severity >= least);
    // What does not fail the run may still not be clean: below the line of failure it is warnings that count.
    let least = fail_on.unwrap_or(Severity::Warning);
    let unclean: BTreeSet<&str> = findings
        .iter()
        .filter(|finding| finding.severity >= least)
        .filter_map(|finding| finding.subject.query.as_deref())
        .chain(baseline.iter().flat_map(|baseline| baseline.worse.iter().map(|shift| shift.query.as_str())))
        .collect();
    let summary = Summary {
        queries: queries.len(),
        clean: queries.iter().filter(|query| !unclean.contains(query.name.as_str())).count(),
        errors: of(Severity::Error),
        warnings: of(Severity::Warning),
        infos: of(Severity::Info),
        waived: waived.len(),
        fail_on,
        failed: findings.iter().any(|finding| counts(&finding)) || is_worse,
    };
    let audited = queries.iter().zip(outcomes).map(|(query, outcomes)| audited(query, outcomes)).collect();
    AuditReport {
        format_version: FORMAT_VERSION,
        basis: Basis {
            engine: planner.engine.clone(),
            place: planner.place.clone(),
            statistics: planner.statistics.clone(),
            notes: planner.notes.clone(),
        },
        queries: audited,
        findings,
        waived,
        baseline,
        summary,
    }
}

fn audited(query: &Query, outcomes: Planned) -> AuditedQuery {
    let plans = query.samples.iter().zip(outcomes.plans).map(|(sample, plan)| {
        let (plan, error) = match plan {
            Ok(plan) => (Some(Arc::unwrap_or_clone(plan)), None),
            Err(error) => {
                let code = error.code.map(|code| format!("error {code}: ")).unwrap_or_default();
                (None, Some(format!("{code}{}", error.message)))
            }
        };
        SamplePlan { sample: sample.label.clone(), plan, error }
    });
    AuditedQuery {
        name: query.name.clone(),
        source: query.source.clone(),
        defined_at: query.defined_at.clone(),
        sql: query.sql.clone(),
        frequency: query.frequency,
        cache_seconds: query.cache_seconds,
        plans: plans.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(matches("users.by-email", "users.by-email"));
        assert!(!matches("users.by", "users.by-email"));
        assert!(matches("users.*", "users.by-email"));
        assert!(matches("*email", "users.by-email"));
        assert!(matches("u*by*l", "users.by-email"));
        assert!(!matches("u*by*x", "users.by-email"));
        assert!(!matches("aa*aa", "aaa"));
    }
}
