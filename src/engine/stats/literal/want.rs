//! What the statistics of each occurrence's table have to say for the statement's own literals, and what has to be added to
//! the text for the server to look there. Pure.

use super::condition::{Constraint, Node};
use super::spread::Spread;
use crate::engine::stats::cardinality::{column_scale, key_scale, rows_of};
use crate::engine::stats::table;
use crate::model::scale::Scale;
use crate::model::schema::{Index, IndexKind, Schema, Table};
use crate::sql::sarg::{Occurrence, Sargs};
use std::collections::{BTreeMap, BTreeSet};

/// Pages of a range that `InnoDB` counts: up to ten (`N_PAGES_READ_LIMIT`) between the first and the last.
const PAGES_READ: f64 = 11.0;
/// From so many equalities on, servers take the average from the statistics (`eq_range_index_dive_limit`).
const DIVES: usize = 200;

/// What one occurrence needs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Want {
    /// Rows for each value of an index's prefix: (index, key parts) and rows.
    pub(super) figures: BTreeMap<(String, usize), f64>,
    /// Unique keys that must not be unique, so that a value can stand for many.
    pub(super) widened: BTreeSet<String>,
    /// What to put into the text, each with its place.
    pub(super) inserted: Vec<(usize, String)>,
    /// Estimates of ranges by index.
    pub(super) ranges: BTreeMap<String, Reach>,
    /// Why estimates of ranges cannot be believed; none when they can.
    pub(super) reason: Option<String>,
    /// Found by a whole unique key, before anything else is planned.
    pub(super) constant: bool,
}

impl Want {
    /// Leaves indexes as they are on average: where nothing can be added for a range, their figures would mislead.
    fn forget<'i>(&mut self, indexes: impl Iterator<Item = &'i String>) {
        for index in indexes {
            self.figures.retain(|(name, _), _| name != index);
            self.ranges.remove(index);
            self.widened.remove(index);
        }
    }
}

/// How far the constants of a statement reach into an index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reach {
    /// Key parts in use.
    pub(super) depth: usize,
    /// Rows that are found.
    pub(super) rows: f64,
    /// Whether the key parts behind are used too, to begin or end the range.
    pub(super) on: bool,
}

/// How an engine counts the rows of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counting {
    /// As `InnoDB` does, see [`dive`].
    Dives,
    /// As the profile has it.
    Exact,
}

/// What each occurrence needs, in their order.
pub(super) fn wants(
    sargs: &Sargs,
    schema: &Schema,
    scale: &Scale,
    values: &BTreeMap<String, String>,
    counting: Counting,
) -> Vec<Want> {
    let mut known: Vec<Option<Use<'_>>> =
        sargs.occurrences.iter().map(|one| Use::of(one, schema, scale, values, counting)).collect();
    share_points(&mut known, sargs);
    let empty = Want { reason: Some("the scale profile does not list the table".into()), ..Want::default() };
    let linked = |at: usize| -> BTreeSet<&str> {
        let ends = sargs.equal.iter().flatten();
        ends.filter(|(owner, _)| *owner == at).map(|(_, column)| column.as_str()).collect()
    };
    let foreign = foreign_ranges(&known, sargs);
    known
        .iter()
        .enumerate()
        .map(|(at, one)| one.as_ref().map_or_else(|| empty.clone(), |one| one.want(&linked(at), &foreign[at])))
        .collect()
}

/// One occurrence with its table and the conditions on it.
struct Use<'a> {
    occurrence: &'a Occurrence,
    table: &'a Table,
    rows: f64,
    spreads: BTreeMap<String, Spread>,
    node: Node,
    statistics: table::TableStatistics,
    /// How many times as many rows as with independent columns the keys have that the profile knows: by index and depth.
    together: BTreeMap<(String, usize), Together>,
    counting: Counting,
}

impl<'a> Use<'a> {
    fn of(
        occurrence: &'a Occurrence,
        schema: &'a Schema,
        scale: &Scale,
        values: &BTreeMap<String, String>,
        counting: Counting,
    ) -> Option<Self> {
        let table = schema.table(&occurrence.table)?;
        let rows = rows_of(table, scale)? as f64;
        let spreads = table
            .columns
            .iter()
            .filter_map(|column| Some((column.name.to_lowercase(), Spread::of(table, column, scale, schema)?)));
        let spreads: BTreeMap<String, Spread> = spreads.collect();
        let node = Node::of(&occurrence.filter, &spreads, values);
        let statistics = table::statistics(table, schema, scale)?;
        let together = together(table, &spreads, scale);
        Some(Self { occurrence, table, rows, spreads, node, statistics, together, counting })
    }

    /// The columns of an index's key parts in lower case, those of the primary key that it carries along behind its own;
    /// it ends before an expression.
    fn parts(&self, index: &Index) -> Vec<String> {
        let appended = table::appended(self.table, index);
        let all = index.parts.iter().chain(appended);
        all.map_while(|part| part.column.as_ref().map(|name| name.to_lowercase())).collect()
    }

    fn want(&self, linked: &BTreeSet<&str>, foreign: &BTreeSet<String>) -> Want {
        let mut want = Want::default();
        let Some(alternatives) = self.node.alternatives() else {
            want.reason = Some("too many alternatives".into());
            return want;
        };
        want.constant = self.is_constant();
        let indexes = self
            .table
            .indexes
            .iter()
            .filter(|index| index.visible && !matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial));
        // Indexes with the columns by which they are read in ranges.
        let mut reached: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut unread = None;
        for index in indexes {
            let parts = self.parts(index);
            if let Some(column) = parts.iter().find(|part| self.occurrence.unread.contains(*part)) {
                unread = Some(format!("the condition on {column} is not understood"));
            }
            if let Some(column) = parts.first().filter(|part| foreign.contains(*part)) {
                unread = Some(format!("a range of another table is a range of {column} as well"));
            }
            self.measure(index, &parts, &alternatives, &mut want, &mut reached);
        }
        for (column, constraint) in self.node.ranges() {
            if !reached.values().any(|columns| columns.contains(column)) {
                continue;
            }
            match self.insertion(column, constraint, linked) {
                Ok(insertion) => want.inserted.push(insertion),
                Err(reason) => {
                    want.reason = Some(reason);
                    want.forget(reached.iter().filter(|(_, columns)| columns.contains(column)).map(|(index, _)| index));
                }
            }
        }
        want.reason = want.reason.or(unread);
        want
    }

    /// The figures of one index.
    fn measure(
        &self,
        index: &Index,
        parts: &[String],
        alternatives: &[BTreeMap<String, Constraint>],
        want: &mut Want,
        reached: &mut BTreeMap<String, BTreeSet<String>>,
    ) {
        let leaf_pages =
            self.statistics.indexes.iter().find(|one| one.name == index.name).map_or(1, |one| one.leaf_pages);
        let mut by_depth: BTreeMap<usize, (f64, usize)> = BTreeMap::new();
        let mut total = 0.0;
        let mut range: Option<(usize, bool)> = None;
        let mut all_reach = true;
        for alternative in alternatives {
            let chain = self.chain(index, parts, alternative);
            if chain.depth == 0 {
                all_reach = false;
                continue;
            }
            let estimate = |share: &f64| match self.counting {
                Counting::Dives => dive(*share, leaf_pages),
                Counting::Exact => *share,
            };
            let estimated = chain.shares.as_ref().map(|shares| shares.iter().map(estimate).sum::<f64>());
            if let Some((column, on)) = chain.range.clone() {
                reached.entry(index.name.clone()).or_default().insert(column);
                range = Some((chain.depth, on));
                if index.is_unique() && chain.depth == index.parts.len() {
                    want.widened.insert(index.name.clone());
                }
            }
            let Some(share) = estimated else { continue };
            let rows = self.rows * share;
            total += rows;
            if chain.range.is_none() && chain.points >= DIVES {
                continue;
            }
            // Behind a range, values are compared row by row on a server with rows: they must not narrow it here.
            let mut points = chain.points;
            for depth in chain.depth..=parts.len() {
                if depth > chain.depth {
                    match alternative.get(&parts[depth - 1]).filter(|_| chain.range.is_some()) {
                        Some(Constraint { points: Some(next), .. }) => points *= next.len().max(1),
                        Some(_) => points *= 2,
                        None => break,
                    }
                }
                let sum = by_depth.entry(depth).or_default();
                *sum = (sum.0 + rows, sum.1 + points);
            }
        }
        for (depth, (rows, points)) in by_depth {
            let rows = (rows / points.max(1) as f64).max(1.0);
            let statistics = self.statistics.indexes.iter().find(|one| one.name == index.name);
            let average = statistics
                .and_then(|one| one.distinct.get(depth - 1))
                .map(|distinct| self.rows / (*distinct).max(1) as f64);
            if average.is_none_or(|average| (rows / average.max(1.0)).ln().abs() > 0.02) {
                want.figures.insert((index.name.clone(), depth), rows);
            }
        }
        if let (Some((depth, on)), true) = (range, all_reach) {
            want.ranges.insert(index.name.clone(), Reach { depth, rows: total.max(1.0), on });
        }
    }

    /// How far constants reach into an index under one alternative.
    fn chain(&self, index: &Index, parts: &[String], alternative: &BTreeMap<String, Constraint>) -> Chain {
        let mut chain = Chain { depth: 0, points: 1, shares: Some(vec![1.0]), range: None };
        let mut applied = 1.0;
        for part in parts {
            let Some(constraint) = alternative.get(part) else { break };
            chain.depth += 1;
            let own = constraint.shares(&self.spreads[part]);
            // How far a range reaches into columns that depend on each other is not known: they are independent there.
            let known = self.together.get(&(index.name.clone(), chain.depth)).filter(|_| constraint.points.is_some());
            let factor = known.map_or(1.0, |known| known.times / applied);
            applied = known.map_or(applied, |known| known.times);
            // Where both values are known, no more rows have both than have either.
            let both_known = known.is_some_and(|known| known.distinct);
            chain.shares = chain.shares.zip(own).map(|(all, own)| {
                let both = move |share: f64, own: f64| {
                    let most = if both_known { share.min(own) } else { share };
                    if factor > 1.0 { (share * own * factor).min(most) } else { share * own }
                };
                all.iter().flat_map(|share| own.iter().map(move |own| both(*share, *own))).take(DIVES).collect()
            });
            let Some(points) = &constraint.points else {
                chain.points *= 2;
                chain.range = Some((part.clone(), constraint.reaches_on()));
                break;
            };
            chain.points *= points.len().max(1);
        }
        chain
    }

    /// What turns a range into one whose estimate comes from statistics.
    fn insertion(
        &self,
        column: &str,
        constraint: &Constraint,
        linked: &BTreeSet<&str>,
    ) -> Result<(usize, String), String> {
        let table = &self.table.name;
        if linked.contains(column) {
            return Err(format!("{column} is joined by and limited to a range as well"));
        }
        if constraint.shares(&self.spreads[column]).is_none() {
            return Err(format!(
                "the scale profile does not tell how many rows of {table} lie in the range of {column}: give its `min` and `max`"
            ));
        }
        let values = constraint.two_inside(&self.spreads[column].domain);
        let (Some([one, other]), Some(at)) = (values, constraint.at) else {
            return Err(format!("no two values inside of the range of {column} could be named"));
        };
        let alias = crate::sql::quote::name(&self.occurrence.alias);
        let name = crate::sql::quote::name(column);
        Ok((at, format!("{alias}.{name} IN ({one}, {other}) AND ")))
    }

    fn is_constant(&self) -> bool {
        let single = |column: &str| {
            let constraint = self.node.columns.get(&column.to_lowercase());
            constraint.and_then(|one| one.points.as_ref()).is_some_and(|points| points.len() == 1)
        };
        self.table
            .indexes
            .iter()
            .filter(|index| index.is_unique())
            .any(|index| index.parts.iter().all(|part| part.column.as_deref().is_some_and(single)))
    }
}

/// What the profile knows of columns together.
struct Together {
    /// How many times as many rows a key has as with independent columns.
    times: f64,
    /// Whether the profile has the distinct values of the last column by itself too.
    distinct: bool,
}

fn together(table: &Table, spreads: &BTreeMap<String, Spread>, scale: &Scale) -> BTreeMap<(String, usize), Together> {
    let mut found = BTreeMap::new();
    for index in &table.indexes {
        let mut independent = 1.0;
        for (at, part) in index.parts.iter().enumerate() {
            let Some(column) = part.column.as_deref() else { break };
            let Some(spread) = spreads.get(&column.to_lowercase()) else { break };
            independent *= spread.average();
            let known = key_scale(table, index, at + 1, scale).and_then(|known| known.distinct).filter(|_| at > 0);
            if let Some(keys) = known {
                let times = (1.0 / keys.max(1) as f64 / independent).max(1.0);
                let distinct = column_scale(table, column, scale).is_some_and(|column| column.distinct.is_some());
                found.insert((index.name.clone(), at + 1), Together { times, distinct });
            }
        }
    }
    found
}

/// The share of the rows that `InnoDB` would estimate for a range with this share of them.
///
/// It counts a range of few pages. Of a longer one it takes twice what it finds to be likely, on purpose, and never more
/// than half of the table (`btr_estimate_n_rows_in_range`, on both servers).
fn dive(share: f64, leaf_pages: u64) -> f64 {
    let counted = share * leaf_pages as f64 <= PAGES_READ;
    if counted { share } else { (2.0 * share).min(0.5) }
}

struct Chain {
    depth: usize,
    points: usize,
    /// The share of the rows in each range that the constants make; `None` when the profile does not tell.
    shares: Option<Vec<f64>>,
    range: Option<(String, bool)>,
}

/// Columns that the statement sets equal to a column with a known value have that value too.
fn share_points(uses: &mut [Option<Use<'_>>], sargs: &Sargs) {
    for _ in 0..sargs.equal.len() {
        for [(left, one), (right, other)] in &sargs.equal {
            let points = |at: usize, column: &str| {
                let constraint = uses[at].as_ref()?.node.columns.get(column)?;
                constraint.points.clone()
            };
            let (left_points, right_points) = (points(*left, one), points(*right, other));
            let (at, column, points) = match (left_points, right_points) {
                (Some(points), None) => (*right, other, points),
                (None, Some(points)) => (*left, one, points),
                _ => continue,
            };
            if let Some(found) = uses[at].as_mut() {
                found.node.columns.entry(column.clone()).or_default().points = Some(points);
            }
        }
    }
}

/// The columns that are limited to a range through a column which they are set equal to.
fn foreign_ranges(uses: &[Option<Use<'_>>], sargs: &Sargs) -> Vec<BTreeSet<String>> {
    let mut found = vec![BTreeSet::new(); uses.len()];
    let ranged = |at: usize, column: &str| {
        uses[at].as_ref().is_some_and(|one| one.node.columns.get(column).is_some_and(Constraint::is_range))
    };
    for [(left, one), (right, other)] in &sargs.equal {
        if ranged(*left, one) {
            found[*right].insert(other.clone());
        }
        if ranged(*right, other) {
            found[*left].insert(one.clone());
        }
    }
    found
}
