//! Which tables of a block give a known number of rows: a fixed point over unique keys and equalities.
//!
//! A table is settled when all columns of one of its unique keys are equal to constants or to columns of settled tables.

use super::block::{Block, Output, QueryShape, Role, Source, SourceKind};
use super::bounded::{self, Bound};
use super::predicate::{ColumnRef, Comparison, Condition, Operand, Operator, Term};
use crate::model::schema::{Column, Schema};

/// A count of rows: `None` is "few, but not counted".
type Count = Option<u64>;

/// The product of two counts.
pub(super) fn product(left: Count, right: Count) -> Count {
    left.zip(right).and_then(|(left, right)| left.checked_mul(right))
}

/// The conditions of a block that hold for all its rows. An outer join whose optional side is required by WHERE is an inner join.
pub(super) fn required(block: &Block) -> Vec<&Condition> {
    let mut all = block.required();
    let filter: Vec<&Condition> = block.filter.iter().flat_map(Condition::conjuncts).collect();
    for (at, source) in block.sources.iter().enumerate() {
        let rejects_null = |condition: &&Condition| matches!(condition, Condition::Compare(c) if bounded::is_column_of(&c.left, at) && !c.operator.accepts_null());
        if source.role == Role::Optional && filter.iter().any(rejects_null) {
            all.extend(source.on.iter().flat_map(Condition::conjuncts));
        }
    }
    all
}

/// The fixed point for one block under some conditions.
#[derive(Debug)]
pub(super) struct Closure<'a> {
    block: &'a Block,
    conditions: Vec<&'a Condition>,
    schema: &'a Schema,
    /// Which sources are settled.
    pub(super) settled: Vec<bool>,
    /// The most rows of the settled sources together.
    pub(super) at_most: Count,
    reasons: Vec<String>,
}

impl<'a> Closure<'a> {
    pub(super) fn new(block: &'a Block, conditions: &[&'a Condition], schema: &'a Schema) -> Self {
        let settled = vec![false; block.sources.len()];
        Self { block, conditions: conditions.to_vec(), schema, settled, at_most: Some(1), reasons: Vec::new() }
    }

    /// Settles what can be settled.
    pub(super) fn solve(mut self) -> Self {
        loop {
            let open: Vec<usize> = (0..self.settled.len()).filter(|at| !self.settled[*at]).collect();
            // The table that multiplies least goes first, so that one found through a join is not counted by its own list.
            let best = open.into_iter().filter_map(|at| self.rows_of(at).map(|(count, reason)| (at, count, reason)));
            let Some((at, count, reason)) = best.min_by_key(|(_, count, _)| count.unwrap_or(u64::MAX)) else {
                return self;
            };
            self.settled[at] = true;
            self.at_most = product(self.at_most, count);
            self.reasons.push(reason);
        }
    }

    /// Whether all sources are settled.
    pub(super) fn complete(&self) -> bool {
        self.settled.iter().all(|settled| *settled)
    }

    /// The proof in words.
    pub(super) fn proof(&self) -> String {
        self.reasons.join("; ")
    }

    /// Takes a source as given, to see what follows from it.
    pub(super) fn assume(mut self, source: usize) -> Self {
        self.settled[source] = true;
        self
    }

    /// How many values a column can have: the count of a constant, of a list, or of what it equals.
    pub(super) fn values_of(&self, column: &ColumnRef) -> Option<Count> {
        if column.level > 0 {
            return Some(Some(1));
        }
        self.fixed(column, &self.conditions).map(|(count, _)| count)
    }

    /// The conditions that hold for the rows read of a source.
    pub(super) fn conditions_for(&self, at: usize) -> Vec<&'a Condition> {
        let source = &self.block.sources[at];
        let mut all = self.conditions.clone();
        if source.role == Role::Optional {
            all.extend(source.on.iter().flat_map(Condition::conjuncts));
        }
        all
    }

    /// The most rows of a source for one row of the settled ones, with the reason.
    fn rows_of(&self, at: usize) -> Option<(Count, String)> {
        let source = &self.block.sources[at];
        if self.is_missing(at) {
            return Some((Some(1), format!("`{}` is only asked for what is not there", source.alias)));
        }
        let conditions = self.conditions_for(at);
        match &source.kind {
            SourceKind::Base { table } => {
                let keys = self.schema.table(table)?.indexes.iter().filter(|index| index.is_unique());
                let found = keys.filter_map(|index| {
                    let columns = index.parts.iter().map(|part| part.column.clone()).collect::<Option<Vec<_>>>()?;
                    let count = self.key(at, &columns, &conditions)?;
                    Some((
                        count,
                        format!("equality on the unique key {}({}) of `{table}`", index.name, columns.join(", ")),
                    ))
                });
                found.min_by_key(|(count, _)| count.unwrap_or(u64::MAX))
            }
            SourceKind::Derived(query) => self.derived(at, source, query, &conditions),
            SourceKind::Dictionary => Some((None, "reads the server's dictionary".into())),
            SourceKind::Function => Some((None, format!("`{}` has the rows of one value", source.alias))),
            SourceKind::Recursion | SourceKind::Unknown => None,
        }
    }

    /// Whether the filter keeps the rows without a match in an optional source: a column that is never NULL there is.
    fn is_missing(&self, at: usize) -> bool {
        let source = &self.block.sources[at];
        let Some(table) = source.table().and_then(|table| self.schema.table(table)) else { return false };
        let absent = |condition: &&Condition| match condition {
            Condition::Compare(Comparison { left: Term::Column(column), operator: Operator::IsNull, .. }) => {
                column.level == 0
                    && column.source == at
                    && table.column(&column.column).is_some_and(|column| !column.nullable)
            }
            _ => false,
        };
        // Its rows follow those of the tables before it.
        let rest = (0..at).all(|before| self.settled[before]);
        rest && source.role == Role::Optional && self.conditions.iter().any(absent)
    }

    fn derived(&self, at: usize, source: &Source, query: &QueryShape, on: &[&'a Condition]) -> Option<(Count, String)> {
        if let Bound::Proved { by, at_most } = bounded::bound(query, self.schema) {
            return Some((at_most, format!("`{}` is bounded ({by})", source.alias)));
        }
        if let Some(count) =
            query.output().iter().filter(|output| output.numbering).find_map(|output| numbered(at, output, on))
        {
            return Some((count, format!("`{}` is cut at a row number", source.alias)));
        }
        let name = |at: &usize| query.output().get(*at).map(|output| output.name.clone());
        let keys: Vec<Vec<String>> =
            query.unique.iter().filter_map(|key| key.iter().map(name).collect::<Option<Vec<_>>>()).collect();
        let found = keys.iter().filter_map(|key| Some((self.key(at, key, on)?, key)));
        let (count, key) = found.min_by_key(|(count, _)| count.unwrap_or(u64::MAX))?;
        Some((count, format!("equality on ({}), of which `{}` has one row each", key.join(", "), source.alias)))
    }

    /// The most rows when all those columns of a unique key are fixed.
    fn key(&self, source: usize, columns: &[String], conditions: &[&'a Condition]) -> Option<Count> {
        let of = |name: &String| ColumnRef { level: 0, source, column: name.to_lowercase() };
        let mut open: Vec<ColumnRef> = Vec::new();
        let mut count = Some(1);
        for column in columns.iter().map(of) {
            match self.fixed(&column, conditions) {
                Some((values, _)) => count = product(count, values),
                None => open.push(column),
            }
        }
        while !open.is_empty() {
            let (row, values) = conditions.iter().find_map(|condition| self.row_list(condition, &open))?;
            open.retain(|column| !row.contains(column));
            count = product(count, values);
        }
        Some(count)
    }

    /// A list of rows (`(a, b) IN (…)`) over at least one of the open columns.
    fn row_list(&self, condition: &'a Condition, open: &[ColumnRef]) -> Option<(&'a [ColumnRef], Count)> {
        let Condition::Compare(Comparison { left: Term::Row(columns), operator: Operator::In, right, .. }) = condition
        else {
            return None;
        };
        let values = self.count_of(right)?;
        columns.iter().any(|column| open.contains(column)).then_some((columns, values))
    }

    /// How many values a column can take, following equalities between columns.
    fn fixed(&self, column: &ColumnRef, conditions: &[&'a Condition]) -> Option<(Count, bool)> {
        let mut reached = vec![column.clone()];
        let mut at = 0;
        let mut best: Option<Count> = None;
        while at < reached.len() {
            let here = reached[at].clone();
            at += 1;
            if here != *column && here.source != column.source && self.settled[here.source] {
                return Some((Some(1), true));
            }
            for comparison in conditions.iter().filter_map(|condition| match condition {
                Condition::Compare(comparison) => Some(comparison),
                _ => None,
            }) {
                if comparison.left == Term::Column(here.clone())
                    && let Some(count) = self.values(&here, comparison)
                    && best.is_none_or(|old| count.unwrap_or(u64::MAX) < old.unwrap_or(u64::MAX))
                {
                    best = Some(count);
                }
                if let Some(other) = self.equal_to(&here, comparison)
                    && !reached.contains(&other)
                {
                    reached.push(other);
                }
            }
        }
        best.map(|count| (count, false))
    }

    /// The other side of an equality between two columns of the block whose types agree.
    fn equal_to(&self, column: &ColumnRef, comparison: &Comparison) -> Option<ColumnRef> {
        let (Term::Column(left), Operator::Eq, Operand::Column(right)) =
            (&comparison.left, comparison.operator, &comparison.right)
        else {
            return None;
        };
        let other = if left == column {
            right
        } else if right == column {
            left
        } else {
            return None;
        };
        // A number equals many texts ('1', '01', '1a'): no key is unique across that comparison.
        let text = |column: &ColumnRef| self.column(column).map(is_text);
        let agree = match (text(left), text(right)) {
            (Some(left), Some(right)) => left == right,
            _ => true,
        };
        (other.level == 0 && agree).then(|| other.clone())
    }

    /// How many values a comparison leaves to its column; `None` when it does not limit them.
    fn values(&self, column: &ColumnRef, comparison: &Comparison) -> Option<Count> {
        let known = self.column(column);
        let number_for_text = known.is_some_and(is_text) && has_number(&comparison.right);
        if number_for_text {
            return None;
        }
        match comparison.operator {
            Operator::Eq | Operator::In => self.count_of(&comparison.right),
            Operator::NullSafeEq => {
                let never_null = matches!(comparison.right, Operand::Number(_) | Operand::Text(_));
                let count = self.count_of(&comparison.right)?;
                (never_null || known.is_some_and(|column| !column.nullable)).then_some(count)
            }
            Operator::Between if known.is_some_and(is_integer) => match &comparison.right {
                Operand::Between(low, high) => match (&**low, &**high) {
                    (Operand::Number(low), Operand::Number(high)) => {
                        let (low, high): (i64, i64) = (low.parse().ok()?, high.parse().ok()?);
                        Some(Some(high.checked_sub(low)?.saturating_add(1).try_into().unwrap_or(0)))
                    }
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// How many values an operand stands for; `None` when it depends on the row or is not bounded.
    fn count_of(&self, operand: &Operand) -> Option<Count> {
        match operand {
            Operand::List(items) => {
                items.iter().all(Operand::is_constant).then(|| Some(u64::try_from(items.len()).unwrap_or(u64::MAX)))
            }
            Operand::Subquery(at) => {
                let subquery = &self.block.subqueries[*at];
                if subquery.correlated {
                    return None;
                }
                if subquery.role == super::block::SubqueryRole::Scalar {
                    return Some(Some(1));
                }
                match bounded::bound(&subquery.query, self.schema) {
                    Bound::Proved { at_most, .. } => Some(at_most),
                    _ => None,
                }
            }
            other => other.is_constant().then_some(Some(1)),
        }
    }

    fn column(&self, column: &ColumnRef) -> Option<&'a Column> {
        if column.level > 0 {
            return None;
        }
        self.schema.table(self.block.sources[column.source].table()?)?.column(&column.column)
    }
}

/// `rn <= 10` on a row number.
fn numbered(source: usize, output: &Output, conditions: &[&Condition]) -> Option<Count> {
    conditions.iter().find_map(|condition| {
        let Condition::Compare(comparison) = condition else { return None };
        let column =
            comparison.own_column().filter(|column| column.source == source && column.column == output.name)?;
        let limit = match (&comparison.operator, &comparison.right) {
            (Operator::Less, limit) => limit,
            (Operator::Between, Operand::Between(_, high)) => high,
            (Operator::Eq, _) => return Some(Some(1)),
            _ => return None,
        };
        debug_assert_eq!(column.level, 0);
        match limit {
            Operand::Number(number) => Some(number.parse().ok()),
            other => other.is_constant().then_some(None),
        }
    })
}

fn has_number(operand: &Operand) -> bool {
    match operand {
        Operand::Number(_) => true,
        Operand::List(items) => items.iter().any(has_number),
        _ => false,
    }
}

/// Whether a column holds text.
pub(super) fn is_text(column: &Column) -> bool {
    matches!(
        column.base_type().as_str(),
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set"
    )
}

fn is_integer(column: &Column) -> bool {
    matches!(column.base_type().as_str(), "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint")
}
