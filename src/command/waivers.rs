//! What `audit` and `explain` do with the workload's waivers.

use super::failure::Failure;
use super::judge::Planned;
use super::today::today;
use crate::audit::{Allowed, Options, order, waive};
use crate::engine::planner::Planner;
use crate::model::finding::Finding;
use crate::model::query::Query;
use crate::model::waiver::{SchemaWaiver, Waived};

/// The findings that are left, in the order of reports, and those that are waived. The waivers about tables are judged
/// where the schema was, which is with the whole workload.
///
/// # Errors
/// When the day of the run cannot be told.
pub(super) fn settled(
    findings: Vec<Finding>,
    planner: &Planner,
    queries: &[Query],
    outcomes: &[Planned],
    schema: &[SchemaWaiver],
) -> Result<(Vec<Finding>, Vec<Waived>), Failure> {
    let is_planned = |outcome: &Planned| outcome.plans.iter().all(Result::is_ok);
    let queries: Vec<(&Query, bool)> =
        queries.iter().zip(outcomes).map(|(query, outcome)| (query, is_planned(outcome))).collect();
    let allowed = Allowed { queries: &queries, schema, today: today()? };
    let (mut left, waived) = waive(findings, &allowed, &planner.schema, &Options::default());
    order(&mut left);
    Ok((left, waived))
}
