//! Two signatures of one statement: what got worse, what got better, what is only another way.

use crate::model::baseline::{Change, ChangeKind};
use crate::model::plan::AccessType;
use crate::model::signature::{Signature, Step, access_word};

/// The ground on which plans are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ground {
    /// How many times the rows of the baseline may be looked at.
    pub tolerance: f64,
    /// So many rows are never too many.
    pub few_rows: f64,
    /// So many rows are read, sorted or copied without harm, however they are found.
    pub small_rows: f64,
}

/// What has changed; `exists` says whether a table or alias still has an index of that name.
pub(super) fn compare(
    before: &Signature,
    now: &Signature,
    ground: Ground,
    exists: &dyn Fn(&str, &str) -> bool,
) -> Vec<Change> {
    let is_planned = |signature: &Signature| signature.steps != [Step::NoPlan];
    match (is_planned(before), is_planned(now)) {
        (true, false) => return vec![change(ChangeKind::NoPlan, "it can no longer be explained")],
        (false, true) => return vec![change(ChangeKind::Better, "it can be explained now")],
        (false, false) => return Vec::new(),
        (true, true) => {}
    }
    let pair = Pair { before, now, ground };
    let mut changes = Vec::new();
    for (was, is) in pair.accesses() {
        changes.extend(pair.access(&was, &is, exists));
    }
    changes.extend(pair.more(&Step::Sort, ChangeKind::NewSort, "it sorts rows", "it no longer sorts"));
    let (worse, better) = ("it fills a temporary table", "it no longer fills a temporary table");
    changes.extend(pair.more(&Step::Temporary, ChangeKind::NewTemporary, worse, better));
    changes.extend(pair.rows());
    if changes.is_empty() && before.steps != now.steps {
        changes.push(change(ChangeKind::Other, "it takes its steps in another order"));
    }
    changes
}

fn change(kind: ChangeKind, message: impl Into<String>) -> Change {
    Change { kind, message: message.into() }
}

/// How one table is read.
struct Way<'a> {
    table: &'a str,
    access_type: AccessType,
    key: Option<&'a str>,
}

impl Way<'_> {
    /// `ref through idx_channel`.
    fn words(&self) -> String {
        let word = access_word(self.access_type).0;
        self.key.map_or_else(|| word.to_owned(), |key| format!("{word} through {key}"))
    }

    /// 0 for what an index narrows, 1 for a whole index, 2 for the whole table.
    fn tier(&self) -> u8 {
        match self.access_type {
            AccessType::FullScan => 2,
            AccessType::IndexScan => 1,
            _ => 0,
        }
    }
}

struct Pair<'a> {
    before: &'a Signature,
    now: &'a Signature,
    ground: Ground,
}

impl<'a> Pair<'a> {
    /// Tables that both plans read; of a name that occurs several times, the first with the first.
    fn accesses(&self) -> Vec<(Way<'a>, Way<'a>)> {
        let mut now = ways(self.now);
        let mut found = Vec::new();
        for was in ways(self.before) {
            let same = |is: &Way<'_>| is.table.eq_ignore_ascii_case(was.table);
            if let Some(at) = now.iter().position(same) {
                found.push((was, now.remove(at)));
            }
        }
        found
    }

    /// Whether it looks at few rows now, or at far fewer than before: then the way does not matter.
    fn is_excused(&self) -> bool {
        self.is_small() || self.fell()
    }

    fn is_small(&self) -> bool {
        self.now.rows.is_some_and(|rows| rows <= self.ground.small_rows)
    }

    /// Whether rows are collected once more than before.
    fn collects(&self) -> bool {
        let count = |signature: &Signature| {
            signature.steps.iter().filter(|step| matches!(step, Step::Sort | Step::Temporary)).count()
        };
        count(self.now) > count(self.before)
    }

    fn fell(&self) -> bool {
        self.rows_both().is_some_and(|(before, now)| now * self.ground.tolerance < before)
    }

    /// Whether more rows are looked at than before, as far as anybody knows.
    fn rose(&self) -> bool {
        self.rows_both().is_none_or(|(before, now)| now > before)
    }

    fn rows_both(&self) -> Option<(f64, f64)> {
        self.before.rows.zip(self.now.rows)
    }

    fn access(&self, was: &Way<'_>, is: &Way<'_>, exists: &dyn Fn(&str, &str) -> bool) -> Option<Change> {
        if was.key == is.key && was.access_type == is.access_type {
            return None;
        }
        let rank = |way: &Way<'_>| access_word(way.access_type).1;
        let (was_words, is_words) = (was.words(), is.words());
        let shift = format!("`{}` was read by {was_words}, and is by {is_words}", is.table);
        let worse = is.tier() > was.tier() || (is.tier() == was.tier() && rank(is) > rank(was) && self.rose());
        let gone: Vec<&str> = was.key.map(names).unwrap_or_default();
        let gone: Vec<&str> = gone.into_iter().filter(|name| !exists(is.table, name)).collect();
        let same_key = was.key.zip(is.key).is_some_and(|(was, is)| was.eq_ignore_ascii_case(is));
        // A walk over a whole index takes whichever is the smallest, and a probe needs none.
        let needed = was.tier() == 0 || !self.is_small();
        if !gone.is_empty() && needed && (worse || self.rose() || self.collects()) && !self.fell() {
            let message = format!("the index {} is gone: {shift}", gone.join(", "));
            return Some(change(ChangeKind::LostIndex, message));
        }
        if worse && !self.is_excused() {
            let lost = was.key.filter(|key| !same_key && !key.starts_with('<'));
            return Some(match lost {
                Some(key) => change(ChangeKind::LostIndex, format!("the index {key} is no longer used: {shift}")),
                None => change(ChangeKind::WorseAccess, shift),
            });
        }
        let better = is.tier() < was.tier() || (was.key.is_none() && is.key.is_some() && !worse);
        Some(change(if better { ChangeKind::Better } else { ChangeKind::Other }, shift))
    }

    /// A step that stands more often, or less often, than before.
    fn more(&self, step: &Step, kind: ChangeKind, worse: &str, better: &str) -> Option<Change> {
        let count = |signature: &Signature| signature.steps.iter().filter(|one| *one == step).count();
        let (before, now) = (count(self.before), count(self.now));
        if now < before {
            return Some(change(ChangeKind::Better, better));
        }
        let words = if before == 0 { format!("{worse}, and did not") } else { format!("{worse} once more") };
        (now > before).then(|| change(if self.is_excused() { ChangeKind::Other } else { kind }, words))
    }

    fn rows(&self) -> Option<Change> {
        let (before, now) = self.rows_both()?;
        let words = |now: f64, before: f64| {
            format!(
                "it looks at {} rows, and did at {}",
                super::super::harm::count(now),
                super::super::harm::count(before)
            )
        };
        if now > before * self.ground.tolerance && now > self.ground.few_rows {
            let tolerance = self.ground.tolerance;
            return Some(change(ChangeKind::MoreRows, format!("{} (tolerance {tolerance})", words(now, before))));
        }
        (self.fell() && before > self.ground.few_rows).then(|| change(ChangeKind::Better, words(now, before)))
    }
}

/// The base tables that are read. What the server computes for itself has names of its own, which change at will.
fn ways(signature: &Signature) -> Vec<Way<'_>> {
    let of = |step| match step {
        &Step::Access { ref table, access_type, ref key }
            if access_type != AccessType::Derived && !table.starts_with('<') =>
        {
            Some(Way { table: table.as_str(), access_type, key: key.as_deref() })
        }
        _ => None,
    };
    signature.steps.iter().filter_map(of).collect()
}

/// The indexes of a key: one, or those of a combination such as `union(a,b)`. An index that the engine makes for one
/// statement is none.
fn names(key: &str) -> Vec<&str> {
    if key.starts_with('<') {
        return Vec::new();
    }
    let Some((_, inside)) = key.split_once('(') else { return key.split(',').collect() };
    inside.split([',', '(', ')']).filter(|name| !matches!(*name, "" | "union" | "intersect" | "sort_union")).collect()
}

#[cfg(test)]
mod tests;
