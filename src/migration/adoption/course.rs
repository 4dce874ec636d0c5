//! The migrations of a database made by hand, judged together: what one of them makes may be there in the form that a later
//! one gives it, or be gone because a later one drops it. Such evidence is worth as much as that later one's own.

use super::{Live, Rows, Verdicts, changed, has, standing};
use crate::migration::compare::absent;
use crate::model::built::Built;
use crate::model::drift::{Compared, Object, ObjectKind, Standing, Verdict};
use crate::model::location::Location;
use crate::model::migration::Migration;

/// One migration that may have run by hand.
#[derive(Debug)]
pub struct Step<'a> {
    /// The migration.
    pub migration: &'a Migration,
    /// What it names, before it.
    pub before: Built,
    /// What it names, after it.
    pub after: Built,
    /// What is known of the rows that it writes.
    pub rows: Vec<(Location, Rows)>,
    /// Whether the ledger has it already: it vouches for others, and is not judged itself.
    pub is_recorded: bool,
}

/// The verdict on one of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// What becomes of it.
    pub standing: Standing,
    /// Why, where the objects do not say it.
    pub because: Option<String>,
    /// What it makes or changes.
    pub objects: Vec<Compared>,
    /// Whether it leaves anything that could be looked for.
    pub is_seen: bool,
}

/// What is known of one object that a step makes, changes or drops.
#[derive(Debug)]
struct Trace {
    object: Object,
    /// `None` where its absence is what a later step would leave.
    verdict: Option<Verdict>,
    /// The later step on whose having run this rests.
    rests_on: Option<usize>,
}

/// Judges the steps, in their order, against the live schema.
#[must_use]
pub fn judge(steps: &[Step<'_>], live: &Live<'_>) -> Vec<Judged> {
    let states: Vec<(Verdicts, Verdicts)> =
        steps.iter().map(|step| (live.verdicts(&step.before), live.verdicts(&step.after))).collect();
    let traces: Vec<Vec<Trace>> = (0..steps.len()).map(|at| traced(at, steps, &states, live)).collect();
    // What rests on a later one falls with it, and with that what goes with everything before it: until nothing falls.
    let mut known: Vec<Standing> = vec![Standing::Adopted; steps.len()];
    for _ in 0..=steps.len() {
        let judged = round(steps, &traces, &known);
        let next: Vec<Standing> = judged.iter().map(|one| one.standing).collect();
        if next == known {
            return judged;
        }
        known = next;
    }
    round(steps, &traces, &known)
}

fn round(steps: &[Step<'_>], traces: &[Vec<Trace>], known: &[Standing]) -> Vec<Judged> {
    let mut judged: Vec<Judged> = Vec::new();
    for (step, traces) in steps.iter().zip(traces) {
        if step.is_recorded {
            judged.push(Judged { standing: Standing::Adopted, because: None, objects: Vec::new(), is_seen: false });
            continue;
        }
        let objects: Vec<Compared> = traces.iter().filter_map(|trace| settled(trace, steps, known)).collect();
        let before = steps.iter().zip(&judged).filter(|(one, _)| one.migration.set == step.migration.set);
        let follows = follows(before.map(|(_, judged)| judged.standing));
        let (standing, because) = standing(&objects, &step.rows, follows);
        let is_seen = !objects.is_empty() || !step.rows.is_empty();
        judged.push(Judged { standing, because, objects, is_seen });
    }
    judged
}

/// What leaves nothing to be seen stands as what comes before it.
fn follows(before: impl Iterator<Item = Standing>) -> Standing {
    before.fold(Standing::Adopted, |so_far, one| match (so_far, one) {
        (Standing::Pending, _) | (_, Standing::Pending) => Standing::Pending,
        (so_far, Standing::Adopted) => so_far,
        _ => Standing::Unknown,
    })
}

fn settled(trace: &Trace, steps: &[Step<'_>], known: &[Standing]) -> Option<Compared> {
    let verdict = match trace.rests_on.map(|later| (known[later], steps[later].migration.version)) {
        None | Some((Standing::Adopted, _)) => trace.verdict.clone()?,
        Some((Standing::Pending, _)) => Verdict::Missing,
        Some((_, version)) => Verdict::Unknown {
            because: format!("it is as {version} would leave it, and whether that has run is not known"),
        },
    };
    Some(Compared { object: trace.object.clone(), verdict, at: None })
}

fn traced(at: usize, steps: &[Step<'_>], states: &[(Verdicts, Verdicts)], live: &Live<'_>) -> Vec<Trace> {
    let step = &steps[at];
    let mut traces = Vec::new();
    for object in changed(&step.before, &step.after) {
        let of_table = !matches!(object.kind, ObjectKind::Table | ObjectKind::Program);
        if of_table && live.schema.table(&object.table).is_none() && step.before.schema.table(&object.table).is_none() {
            // The table stands for everything in it.
            continue;
        }
        if object.kind != ObjectKind::Program && is_former(at, &object, steps, states) {
            // What is there is the table that had the name before.
            if object.kind == ObjectKind::Table {
                traces.push(Trace { object, verdict: Some(Verdict::Missing), rests_on: None });
            }
            continue;
        }
        let later = |is_it: &dyn Fn(usize) -> bool| (at + 1..steps.len()).find(|later| is_it(*later));
        let makes = |one: usize| has(&steps[one].after.schema, &object) && whole(&states[one].1, &object);
        let trace = |verdict, rests_on| Trace { object: object.clone(), verdict, rests_on };
        let is_there = has(live.schema, &object);
        if !has(&step.after.schema, &object) {
            // It is dropped.
            match (is_there, later(&makes)) {
                (true, Some(one)) => traces.push(trace(states[one].1.get(&object).cloned(), Some(one))),
                (true, None) => traces.push(trace(Some(Verdict::Missing), None)),
                (false, _) => {
                    if let Some(because) = absent(&object, live.hidden) {
                        traces.push(trace(Some(Verdict::Unknown { because }), None));
                    }
                }
            }
            continue;
        }
        let is = found(&states[at].1, &object);
        if is.holds() {
            traces.push(trace(Some(is), None));
            continue;
        }
        let holds = |one: usize| states[one].1.get(&object).is_some_and(Verdict::holds);
        if let Some(one) = later(&holds) {
            traces.push(trace(states[one].1.get(&object).cloned(), Some(one)));
            continue;
        }
        let drops = |one: usize| has(&steps[one].before.schema, &object) && !has(&steps[one].after.schema, &object);
        if !is_there
            && !matches!(is, Verdict::Unknown { .. })
            && let Some(one) = later(&drops)
        {
            traces.push(trace(None, Some(one)));
            continue;
        }
        // What is there is what was there before the migration: the change has not been made.
        let held = |state: &(Verdicts, Verdicts)| {
            [&state.0, &state.1].into_iter().any(|state| state.get(&object).is_some_and(Verdict::holds))
        };
        let is_older = states[at].0.get(&object).is_some_and(Verdict::holds) || states[..at].iter().any(held);
        let conflicts = matches!(is, Verdict::Conflicting { .. });
        traces.push(trace(Some(if conflicts && is_older { Verdict::Missing } else { is }), None));
    }
    traces
}

/// Whether the step makes the object's table, and the one that is there is, as a whole, an earlier one of that name.
fn is_former(at: usize, object: &Object, steps: &[Step<'_>], states: &[(Verdicts, Verdicts)]) -> bool {
    let table = Object { kind: ObjectKind::Table, table: object.table.clone(), name: None };
    let is_made =
        steps[at].before.schema.table(&table.table).is_none() && steps[at].after.schema.table(&table.table).is_some();
    let was = || states[..at].iter().any(|(before, after)| whole(before, &table) || whole(after, &table));
    is_made && !whole(&states[at].1, &table) && was()
}

/// The verdict on an object that is in the schema of these verdicts; that on its table where it has none itself.
fn found(verdicts: &Verdicts, object: &Object) -> Verdict {
    let table = Object { kind: ObjectKind::Table, table: object.table.clone(), name: None };
    match (verdicts.get(object), verdicts.get(&table)) {
        (Some(verdict), _) => verdict.clone(),
        (None, Some(hidden @ Verdict::Unknown { .. })) => hidden.clone(),
        (None, _) => Verdict::Missing,
    }
}

/// Whether an object holds, a table with everything in it.
fn whole(verdicts: &Verdicts, object: &Object) -> bool {
    let own = verdicts.iter().filter(|(one, _)| match object.kind {
        ObjectKind::Table => one.kind != ObjectKind::Program && one.table.eq_ignore_ascii_case(&object.table),
        _ => *one == object,
    });
    let mut own = own.peekable();
    own.peek().is_some() && own.all(|(_, verdict)| verdict.holds())
}

#[cfg(test)]
mod tests;
