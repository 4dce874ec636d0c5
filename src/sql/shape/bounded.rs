//! The proof that a result, or the rows that a statement changes, are few; or what is missing for one.

use super::block::{Block, Body, LimitValue, QueryShape, SetOperator, SourceKind};
use super::closure::{Closure, product};
use super::predicate::{Condition, Term};
use super::scope;
use crate::model::schema::Schema;

/// Whether the number of rows has an upper bound that does not grow with the data.
#[derive(Debug, Clone, PartialEq)]
pub enum Bound {
    /// It has.
    Proved {
        /// The proof in words.
        by: String,
        /// The most rows, when they can be counted from the text.
        at_most: Option<u64>,
    },
    /// It has not.
    Unbounded {
        /// What it grows with.
        scope: Scope,
        /// Rows to expect, from the schema's sizes; `None` when they do not say.
        expected: Option<f64>,
        /// The piece that a proof would need.
        missing: String,
    },
    /// It cannot be told.
    Unknown {
        /// Why.
        because: String,
    },
}

impl Bound {
    /// Whether a bound is proved.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        matches!(self, Self::Proved { .. })
    }
}

/// What an unbounded result grows with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The whole table.
    WholeTable {
        /// Its real name.
        table: String,
    },
    /// The rows in a range or a pattern of these columns.
    Window {
        /// Its real name.
        table: String,
        /// The columns.
        columns: Vec<String>,
    },
    /// The rows that share a value.
    RowsOfKey {
        /// Its real name.
        table: String,
        /// The index that begins with these columns.
        index: Option<String>,
        /// The columns.
        columns: Vec<String>,
    },
}

impl Scope {
    /// The table.
    #[must_use]
    pub fn table(&self) -> &str {
        match self {
            Self::WholeTable { table } | Self::Window { table, .. } | Self::RowsOfKey { table, .. } => table,
        }
    }

    /// Worse scopes are greater.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::RowsOfKey { .. } => 0,
            Self::Window { .. } => 1,
            Self::WholeTable { .. } => 2,
        }
    }
}

/// A LIMIT from here on is the idiom for "no limit, but an offset".
const NO_LIMIT: u64 = 1 << 31;

/// The bound of a query expression.
#[must_use]
pub fn bound(query: &QueryShape, schema: &Schema) -> Bound {
    if let Some(known) = &query.bound {
        return (**known).clone();
    }
    match query.limit.as_ref().map(|limit| limit.count) {
        Some(LimitValue::Number(rows)) if rows < NO_LIMIT - 1 => {
            return Bound::Proved { by: format!("LIMIT {rows}"), at_most: Some(rows) };
        }
        Some(LimitValue::Param(_) | LimitValue::Other) => {
            return Bound::Proved { by: "LIMIT with a value given at run time".into(), at_most: None };
        }
        _ => {}
    }
    without_limit(query, schema)
}

/// The bound that would hold without the outermost LIMIT.
#[must_use]
pub fn without_limit(query: &QueryShape, schema: &Schema) -> Bound {
    match &query.body {
        Body::Select(block) => of_block(block, schema),
        Body::Set { operator, arms, .. } => of_set(*operator, arms, schema),
        Body::Values(rows) => Bound::Proved {
            by: "the rows are listed in VALUES".into(),
            at_most: Some(u64::try_from(*rows).unwrap_or(u64::MAX)),
        },
        Body::Unknown => Bound::Unknown { because: "this form of query is not analysed".into() },
    }
}

fn of_set(operator: SetOperator, arms: &[QueryShape], schema: &Schema) -> Bound {
    let mut bounds: Vec<Bound> = arms.iter().map(|arm| bound(arm, schema)).collect();
    match operator {
        SetOperator::Intersect if bounds.iter().any(Bound::is_proved) => {
            bounds.into_iter().find(Bound::is_proved).unwrap_or_else(|| unreadable("INTERSECT"))
        }
        SetOperator::Except if !bounds.is_empty() => bounds.swap_remove(0),
        _ => worst(bounds, "each arm of the set operation is bounded"),
    }
}

/// The sum of alternatives: proved when all are, otherwise the worst of them.
fn worst(bounds: Vec<Bound>, proof: &str) -> Bound {
    let mut sum = Some(0_u64);
    let mut reasons: Vec<String> = Vec::new();
    let mut bad: Option<Bound> = None;
    for bound in bounds {
        match bound {
            Bound::Proved { by, at_most } => {
                sum = sum.zip(at_most).and_then(|(left, right)| left.checked_add(right));
                if !reasons.contains(&by) {
                    reasons.push(by);
                }
            }
            other => {
                bad = Some(
                    bad.map_or_else(|| other.clone(), |old| if is_worse(&other, &old) { other.clone() } else { old }),
                );
            }
        }
    }
    bad.unwrap_or_else(|| Bound::Proved { by: format!("{proof}: {}", reasons.join("; ")), at_most: sum })
}

/// Of two that grow with the like, the one with more rows is worse.
fn is_worse(bound: &Bound, than: &Bound) -> bool {
    let rows = |bound: &Bound| match bound {
        Bound::Unbounded { expected, .. } => expected.unwrap_or(0.0),
        _ => 0.0,
    };
    let (left, right) = (badness(bound), badness(than));
    left > right || (left == right && rows(bound) > rows(than))
}

fn badness(bound: &Bound) -> u8 {
    match bound {
        Bound::Proved { .. } => 0,
        Bound::Unknown { .. } => 1,
        Bound::Unbounded { scope, .. } => 2 + scope.rank(),
    }
}

fn unreadable(what: &str) -> Bound {
    Bound::Unknown { because: format!("{what} without arms") }
}

fn of_block(block: &Block, schema: &Schema) -> Bound {
    let proved = |by: &str, at_most: Option<u64>| Bound::Proved { by: by.into(), at_most };
    if block.sources.is_empty() {
        return proved("no table is read", Some(1));
    }
    if block.filter.iter().flat_map(Condition::conjuncts).any(|part| *part == Condition::False) {
        return proved("the condition is never true", Some(0));
    }
    if block.aggregates && block.group_by.is_empty() {
        return proved("an aggregate without GROUP BY gives one row", Some(1));
    }
    if block.sources.iter().all(|source| source.kind == SourceKind::Dictionary) {
        return proved("reads the server's dictionary", None);
    }
    if let Some(bound) = distinct_values(block, schema) {
        return bound;
    }
    let required = super::closure::required(block);
    let plain: Vec<&Condition> = required.iter().copied().filter(|part| !matches!(part, Condition::Or(_))).collect();
    let closure = Closure::new(block, &plain, schema).solve();
    if closure.complete() {
        return with_rollup(block, Bound::Proved { by: closure.proof(), at_most: closure.at_most });
    }
    let Some(alternatives) = alternatives(&required).filter(|all| all.len() > 1) else {
        return scope::unbounded(block, &plain, schema);
    };
    let each = |conditions: &Vec<&Condition>| {
        let closure = Closure::new(block, conditions, schema).solve();
        if closure.complete() {
            Bound::Proved { by: closure.proof(), at_most: closure.at_most }
        } else {
            scope::unbounded(block, conditions, schema)
        }
    };
    with_rollup(block, worst(alternatives.iter().map(each).collect(), "each side of OR is bounded"))
}

/// GROUP BY or DISTINCT over nothing but values that are known beforehand.
fn distinct_values(block: &Block, schema: &Schema) -> Option<Bound> {
    let columns: Vec<_> = if block.group_by.is_empty() {
        let fixed = block.distinct && !block.star && !block.grouped();
        let columns = block.output.iter().filter(|output| !output.constant);
        if fixed { columns.map(|output| output.column.clone()).collect::<Option<Vec<_>>>()? } else { return None }
    } else {
        block.group_by.iter().cloned().collect::<Option<Vec<_>>>()?
    };
    let required = super::closure::required(block);
    let closure = Closure::new(block, &required, schema);
    let counts = columns.iter().map(|column| closure.values_of(column)).collect::<Option<Vec<_>>>()?;
    let at_most = counts.into_iter().fold(Some(1), product);
    Some(with_rollup(block, Bound::Proved { by: "the grouped values are all given in the condition".into(), at_most }))
}

fn with_rollup(block: &Block, bound: Bound) -> Bound {
    match bound {
        Bound::Proved { by, at_most: Some(rows) } if block.rollup => {
            let subtotals = u64::try_from(block.group_by.len()).unwrap_or(u64::MAX).saturating_add(1);
            Bound::Proved { by, at_most: rows.checked_mul(subtotals) }
        }
        other => other,
    }
}

/// Most alternatives that nested ORs are multiplied out to.
const MOST_ALTERNATIVES: usize = 64;

/// The conditions with every OR multiplied out; `None` when that would be too many.
fn alternatives<'a>(conditions: &[&'a Condition]) -> Option<Vec<Vec<&'a Condition>>> {
    let mut all: Vec<Vec<&Condition>> = vec![Vec::new()];
    for condition in conditions {
        let arms: Vec<Vec<&Condition>> = match condition {
            Condition::Or(arms) => {
                let possible = arms.iter().filter(|arm| **arm != Condition::False);
                possible
                    .map(|arm| alternatives(&arm.conjuncts()))
                    .collect::<Option<Vec<_>>>()?
                    .into_iter()
                    .flatten()
                    .collect()
            }
            other => vec![vec![*other]],
        };
        if all.len() * arms.len() > MOST_ALTERNATIVES {
            return None;
        }
        all = all
            .iter()
            .flat_map(|left| arms.iter().map(move |right| [left.as_slice(), right.as_slice()].concat()))
            .collect();
    }
    Some(all)
}

/// Names what a key look-up would need, for the message of a missing proof.
pub(super) fn missing(table: &str, schema: &Schema) -> String {
    let unique = schema.table(table).into_iter().flat_map(|table| &table.indexes).filter(|index| index.is_unique());
    let keys: Vec<String> = unique
        .map(|index| {
            let parts = index.parts.iter().filter_map(|part| part.column.as_deref().or(part.expression.as_deref()));
            format!("({})", parts.collect::<Vec<_>>().join(", "))
        })
        .collect();
    if keys.is_empty() {
        format!("there is no LIMIT, and `{table}` has no unique key")
    } else {
        format!("there is no LIMIT, and no equality on all columns of a unique key of `{table}`: {}", keys.join(", "))
    }
}

/// Whether a term is a bare column of that source.
pub(super) fn is_column_of(term: &Term, source: usize) -> bool {
    matches!(term, Term::Column(column) if column.level == 0 && column.source == source)
}
