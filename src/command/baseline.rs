//! `audit --baseline` and `--write-baseline`: a file in, a file out, and what they mean for the run.

use super::failure::Failure;
use super::judge::Planned;
use crate::audit::Options;
use crate::audit::baseline::{Basis, Ground, Now, Plans, accept, judge, signatures};
use crate::cli::Audit;
use crate::engine::planner::Planner;
use crate::model::baseline::{Baseline, BaselineReport};
use crate::model::count::counted;
use crate::model::finding::Finding;
use crate::model::query::Query;
use crate::model::report::Statistics;
use crate::render;
use crate::term::{Output, Term};
use std::collections::BTreeMap;
use std::path::Path;

/// The files that the flags name, opened and read before work starts.
#[derive(Debug)]
pub(super) struct Files {
    old: Option<(String, Baseline)>,
    new: Option<(String, Output)>,
    tolerance: f64,
}

/// What a run has to show.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) planner: &'a Planner,
    /// The whole workload.
    pub(super) workload: &'a [Query],
    /// The queries that were judged.
    pub(super) queries: &'a [Query],
    pub(super) outcomes: &'a [Planned],
}

impl Files {
    /// Opens them.
    ///
    /// # Errors
    /// When a baseline is damaged or of another form, or the new one cannot be written.
    pub(super) fn open(args: &Audit) -> Result<Self, Failure> {
        let shown = |path: &Path| path.display().to_string();
        let old = match &args.baseline {
            Some(path) => {
                let baseline = crate::source::baseline::load(path);
                Some((shown(path), baseline.map_err(|error| Failure::unable(error.message))?))
            }
            None => None,
        };
        let new = match &args.write_baseline {
            Some(path) => Some((shown(path), Output::open(Some(path))?)),
            None => None,
        };
        Ok(Self { old, new, tolerance: args.tolerance })
    }

    /// Refuses a baseline of another engine, whose plans say nothing here.
    ///
    /// # Errors
    /// When it is one.
    pub(super) fn check(&self, planner: &Planner) -> Result<(), Failure> {
        match &self.old {
            Some((file, old)) if old.engine.kind != planner.engine.kind => Err(Failure::unable(format!(
                "{file}: this baseline was made on {}, and the run is on {}: plans of another engine cannot be compared; \
                 judge on that engine (--sandbox mysql, --sandbox mariadb, --embedded), or write a baseline of its own",
                old.engine, planner.engine
            ))),
            _ => Ok(()),
        }
    }

    /// Whether there is a baseline to compare plans with, or to write them to.
    pub(super) fn compares_plans(&self) -> bool {
        self.old.is_some() || self.new.is_some()
    }

    /// Holds the run against the old baseline, and writes the new one. A run that only writes one is held against that:
    /// what it has is accepted.
    ///
    /// # Errors
    /// When the new one cannot be written.
    pub(super) fn apply(
        self,
        run: &Run<'_>,
        findings: Vec<Finding>,
        term: &mut Term,
    ) -> Result<(Vec<Finding>, Option<BaselineReport>), Failure> {
        if self.old.is_none() && self.new.is_none() {
            return Ok((findings, None));
        }
        let now = run.now();
        let scale = match &run.planner.statistics {
            Statistics::Server => None,
            Statistics::Injected { scale } => Some(scale.as_str()),
        };
        let fresh = accept(&now, &findings, &run.planner.engine, scale);
        let Options { few_rows, small_table_rows, .. } = Options::default();
        let (few_rows, small_rows) = (few_rows as f64, small_table_rows as f64);
        let ground = Ground { tolerance: self.tolerance, few_rows, small_rows };
        let new_file = self.new.as_ref().map(|(file, _)| file.clone()).unwrap_or_default();
        let (file, against) = self.old.as_ref().map_or((&new_file, &fresh), |(file, old)| (file, old));
        if let Some((file, old)) = &self.old {
            differences(file, old, &fresh, term);
        }
        let (left, report) = judge(file, against, &now, findings, ground);
        if let Some((file, output)) = self.new {
            output.write(&render::baseline_file::write(&fresh), term)?;
            let found = fresh.findings.values().map(Vec::len).sum::<usize>() + fresh.schema.len();
            let (plans, found) = (fresh.plans.values().map(BTreeMap::len).sum::<usize>() as u64, found as u64);
            let (plans, found) = (counted(plans, "plan"), counted(found, "finding"));
            term.note(&format!("baseline: {file} written, with {plans} and {found}"));
        }
        Ok((left, Some(report)))
    }
}

impl<'a> Run<'a> {
    fn now(&self) -> Now<'a> {
        let basis = Basis {
            schema: &self.planner.schema,
            options: &Options::default(),
            engine: self.planner.engine.kind,
            injected: matches!(self.planner.statistics, Statistics::Injected { .. }),
        };
        let queries = self.queries.iter().zip(self.outcomes).map(|(query, outcome)| {
            let plans: Vec<_> = outcome.plans.iter().map(|plan| plan.as_deref().ok()).collect();
            let found = signatures(query, &plans, &basis);
            let labels = query.samples.iter().map(|sample| sample.label.as_str());
            Plans { query: &query.name, sql: &query.sql, signatures: labels.zip(found).collect() }
        });
        Now {
            queries: queries.collect(),
            schema: &self.planner.schema,
            workload: self.workload.iter().map(|query| query.name.as_str()).collect(),
            whole: self.queries.len() == self.workload.len(),
        }
    }
}

/// Says what else than the app may be why plans differ.
fn differences(file: &str, old: &Baseline, fresh: &Baseline, term: &mut Term) {
    if old.engine.release() != fresh.engine.release() {
        let (before, now) = (&old.engine, &fresh.engine);
        term.note(&format!("note: {file} was made on {before}, and the run is on {now}: a plan may differ for that"));
    }
    if old.scale != fresh.scale {
        let words = |scale: &Option<String>| {
            scale
                .as_ref()
                .map_or_else(|| "the server's own statistics".into(), |scale| format!("the scale profile `{scale}`"))
        };
        let (before, now) = (words(&old.scale), words(&fresh.scale));
        term.note(&format!("note: {file} was made with {before}, and the run is with {now}: rows differ for that"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::baseline::Known;
    use crate::model::engine::{Engine, EngineKind};
    use crate::model::finding::Severity;
    use crate::model::plan::AccessType;
    use crate::model::signature::{Signature, Step};
    use proptest::prelude::*;

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let types = prop::sample::select(vec![AccessType::Const, AccessType::Derived, AccessType::FullScan]);
        let access = (any::<String>(), types, prop::option::of(any::<String>()))
            .prop_map(|(table, access_type, key)| Step::Access { table, access_type, key });
        prop::collection::vec(prop_oneof![access, Just(Step::Sort), Just(Step::Temporary), Just(Step::NoTable)], 0..4)
    }

    fn known() -> impl Strategy<Value = Known> {
        // A name of no letters is no name.
        let name = || prop::option::of(any::<String>().prop_filter("a name", |name| !name.is_empty()));
        ("[a-z-]{1,9}", name(), name()).prop_map(|(rule, table, index)| Known {
            rule,
            table,
            index,
            severity: Severity::Warning,
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            version in any::<String>().prop_filter("a version", |version| !version.is_empty()),
            scale in prop::option::of("[a-z.]{1,9}"),
            queries in prop::collection::btree_map(
                any::<String>(),
                prop::collection::btree_map("\\PC{0,5}", (steps(), prop::option::of(0..10_000_000_u32)), 1..3),
                0..4,
            ),
            findings in prop::collection::vec(known(), 0..4),
        ) {
            let signature = |(steps, rows): (Vec<Step>, Option<u32>)| Signature { steps, rows: rows.map(f64::from) };
            let plans: BTreeMap<_, BTreeMap<_, _>> = queries
                .into_iter()
                .map(|(name, plans)| (name, plans.into_iter().map(|(label, one)| (label, signature(one))).collect()))
                .collect();
            let named = plans.keys().filter(|_| !findings.is_empty());
            let baseline = Baseline {
                engine: Engine { kind: EngineKind::Mariadb, version },
                scale,
                findings: named.map(|name| (name.clone(), findings.clone())).collect(),
                plans,
                schema: findings,
            };
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("baseline.yaml");
            let text = render::baseline_file::write(&baseline);
            std::fs::write(&path, &text).unwrap();
            match crate::source::baseline::load(&path) {
                Ok(again) => prop_assert_eq!(again, baseline),
                Err(error) => prop_assert!(false, "{}\n{}", error.message, text),
            }
        }
    }
}
