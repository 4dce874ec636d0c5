//! The outcomes as Markdown: how many agree, and each query with both plans.

use super::compare::Outcome;
use std::fmt::Write as _;

/// One app on one engine.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) app: &'static str,
    pub(crate) engine: String,
    /// Rows of all tables together.
    pub(crate) rows: u64,
    pub(crate) outcomes: Vec<Outcome>,
}

/// A summary, the misses, and all queries of each run.
pub(crate) fn markdown(runs: &[Run], factor: f64) -> String {
    let mut text = String::new();
    for run in runs {
        let count = |is: &dyn Fn(&Outcome) -> bool| run.outcomes.iter().filter(|outcome| is(outcome)).count();
        let known: Vec<f64> = run.outcomes.iter().filter_map(|outcome| outcome.factor).collect();
        let mean = (known.iter().map(|factor| factor.ln()).sum::<f64>() / known.len().max(1) as f64).exp();
        let _ = writeln!(
            text,
            "### {} on {}, {} rows\n\n{} queries: {} with the same plan, {} of them with every estimate within {factor} \
             (on average {mean:.2}), {} with an unknown estimate.\n",
            run.app,
            run.engine,
            run.rows,
            run.outcomes.len(),
            count(&|outcome| outcome.agrees),
            count(&|outcome| outcome.is_hit(factor)),
            count(&|outcome| outcome.unknown),
        );
        let misses: Vec<&Outcome> = run.outcomes.iter().filter(|outcome| !outcome.is_hit(factor)).collect();
        if !misses.is_empty() {
            let _ = writeln!(text, "Misses:\n");
            for one in misses {
                let _ = writeln!(
                    text,
                    "- {} ({})\n  - loaded: `{}`\n  - sandbox: `{}`",
                    one.name, one.shape, one.loaded, one.sandbox
                );
            }
            text.push('\n');
        }
        let _ = writeln!(text, "| query | shape | plan and rows on the loaded server | factor |\n|---|---|---|---|");
        for one in &run.outcomes {
            let factor = match (one.agrees, one.factor) {
                (false, _) => "other plan".to_owned(),
                (true, Some(factor)) => format!("{factor:.2}"),
                (true, None) => "unknown".to_owned(),
            };
            let _ = writeln!(text, "| {} | {} | {} | {factor} |", one.name, one.shape, one.loaded);
        }
        text.push('\n');
    }
    text
}
