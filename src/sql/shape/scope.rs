//! What an unbounded block grows with, and how many rows that is by the schema's sizes.

use super::block::{Block, Body, QueryShape, Role, SetOperator, SourceKind};
use super::bounded::{self, Bound, Scope};
use super::closure::Closure;
use super::predicate::{ColumnRef, Condition, Operand, Operator, Term};
use crate::model::schema::{Schema, Table};

/// The verdict on a block that no unique key bounds.
pub(super) fn unbounded(block: &Block, conditions: &[&Condition], schema: &Schema) -> Bound {
    let mut closure = Closure::new(block, conditions, schema).solve();
    let mut worst: Option<Scope> = None;
    let mut expected = closure.at_most.map(|rows| rows as f64);
    while !closure.complete() {
        // What an outer join adds follows from the tables before it, and never drives.
        let follows =
            |at: &usize| block.sources[*at].role == Role::Optional && closure.settled[..*at].iter().any(|known| !known);
        let open: Vec<usize> = (0..block.sources.len()).filter(|at| !closure.settled[*at] && !follows(at)).collect();
        let mut candidates = Vec::new();
        for at in open {
            match source_scope(block, at, &closure, schema) {
                Ok((scope, rows)) => {
                    let follow = Closure::new(block, conditions, schema);
                    let follow =
                        closure.settled.iter().enumerate().filter(|(_, s)| **s).fold(follow, |c, (at, _)| c.assume(at));
                    let left = follow.assume(at).solve().settled.iter().filter(|settled| !**settled).count();
                    candidates.push((scope.rank(), left, at, scope, rows));
                }
                Err(because) => return Bound::Unknown { because },
            }
        }
        // The driver is the table that is narrowed most; among equals, the one from which most others follow.
        let Some((_, _, at, scope, rows)) =
            candidates.into_iter().min_by_key(|(rank, left, at, ..)| (*rank, *left, *at))
        else {
            break;
        };
        expected = expected.zip(rows).map(|(left, right)| left * right);
        if worst.as_ref().is_none_or(|old| scope.rank() > old.rank()) {
            worst = Some(scope);
        }
        closure = closure.assume(at).solve();
    }
    match worst {
        Some(scope) => {
            let missing = bounded::missing(scope.table(), schema);
            let expected = grouped_rows(block, schema, expected);
            Bound::Unbounded { scope, expected, missing }
        }
        None => Bound::Unknown { because: "no table of the statement is known to the schema".into() },
    }
}

/// The groups of a GROUP BY (or DISTINCT) over one table's columns, when an index tells how many there are.
fn grouped_rows(block: &Block, schema: &Schema, rows: Option<f64>) -> Option<f64> {
    let columns: Vec<_> = if !block.group_by.is_empty() {
        block.group_by.iter().cloned().collect::<Option<Vec<_>>>()?
    } else if block.distinct && !block.star {
        block.output.iter().map(|output| output.column.clone()).collect::<Option<Vec<_>>>()?
    } else {
        return rows;
    };
    let source = columns.first()?.source;
    if columns.iter().any(|column| column.level > 0 || column.source != source) {
        return None;
    }
    let table = schema.table(block.sources.get(source)?.table()?)?;
    let mut names: Vec<&str> = columns.iter().map(|column| column.column.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let of_column = || match names[..] {
        [name] => Some(table.column(name)?.distinct? as f64),
        _ => None,
    };
    let groups = distinct(table, &names).map(|(_, groups)| groups).or_else(of_column)?;
    Some(rows.map_or(groups, |rows| rows.min(groups)))
}

/// Distinct values of a set of columns, from an index that begins with exactly these.
fn distinct<'t>(table: &'t Table, columns: &[&str]) -> Option<(&'t str, f64)> {
    table.indexes.iter().find_map(|index| {
        let leading = index.parts.get(..columns.len())?;
        let all = leading.iter().all(|part| {
            part.column.as_deref().is_some_and(|name| columns.iter().any(|column| column.eq_ignore_ascii_case(name)))
        });
        let values = *index.cardinality.get(columns.len().checked_sub(1)?)?;
        all.then_some((index.name.as_str(), values as f64))
    })
}

/// What one source grows with once the settled ones are given, and the rows to expect of it.
fn source_scope(
    block: &Block,
    at: usize,
    closure: &Closure<'_>,
    schema: &Schema,
) -> Result<(Scope, Option<f64>), String> {
    let source = &block.sources[at];
    let table = match &source.kind {
        SourceKind::Base { table } => table.clone(),
        SourceKind::Derived(query) => {
            return match bounded::bound(query, schema) {
                Bound::Unbounded { scope, expected, .. } => Ok((scope, expected)),
                Bound::Unknown { because } => Err(because),
                Bound::Proved { .. } => Err(format!("`{}` is bounded, yet not settled", source.alias)),
            };
        }
        SourceKind::Recursion => {
            return Err("the depth of a recursive common table expression cannot be told from the text".into());
        }
        _ => return Err(format!("`{}` is a view or is not in the schema", source.alias)),
    };
    let known = schema.table(&table);
    // The NULL of an outer join stands for a row that is missing, and is in no table.
    let stored_null = |name: &str| {
        source.role != Role::Optional && known.and_then(|table| table.column(name)).is_none_or(|column| column.nullable)
    };
    let Narrowing { mut equal, mut ranged, mut nulls, mut semijoin } = Narrowing::default();
    for condition in closure.conditions_for(at) {
        match condition {
            Condition::Compare(comparison) => {
                let given = |operand: &Operand| match operand {
                    Operand::Column(column) => {
                        column.level > 0 || (column.source != at && closure.settled[column.source])
                    }
                    other => other.is_constant(),
                };
                match &comparison.left {
                    Term::Column(column) if column.level == 0 && column.source == at => {
                        let name = column.column.clone();
                        match comparison.operator {
                            // NULL is no value like the others: how many rows have it says nothing of theirs.
                            Operator::IsNull if stored_null(&name) => nulls.push(name),
                            Operator::NullSafeEq if comparison.right == Operand::Null && stored_null(&name) => {
                                nulls.push(name);
                            }
                            Operator::IsNull => {}
                            Operator::Eq | Operator::NullSafeEq | Operator::In
                                if given(&comparison.right) || comparison.right == Operand::None =>
                            {
                                equal.push((name, list_length(&comparison.right)));
                            }
                            Operator::Eq | Operator::In if matches!(comparison.right, Operand::Subquery(_)) => {
                                match looked_up(block, &comparison.right, (&table, &name), schema) {
                                    LookedUp::Values(count) => equal.push((name, count)),
                                    LookedUp::Grows(scope, rows) => semijoin = Some((scope, rows)),
                                    LookedUp::Unknown => ranged.push(name),
                                }
                            }
                            operator if operator.is_range() || operator == Operator::Match => ranged.push(name),
                            _ => {}
                        }
                    }
                    Term::Column(column) if column.level == 0 && closure.settled[column.source] => {
                        if let (Operator::Eq, Operand::Column(own)) = (comparison.operator, &comparison.right)
                            && own.level == 0
                            && own.source == at
                        {
                            equal.push((own.column.clone(), 1));
                        }
                    }
                    kept @ Term::Wrapped { .. }
                        if matches!(comparison.operator, Operator::Eq | Operator::In)
                            && given(&comparison.right)
                            && kept.kept_column().is_some_and(|c| c.level == 0 && c.source == at) =>
                    {
                        let name = kept.kept_column().map(|column| column.column.clone());
                        equal.extend(name.map(|name| (name, list_length(&comparison.right))));
                    }
                    Term::Wrapped { columns, .. } if comparison.operator.narrows() => {
                        ranged.extend(
                            columns.iter().filter(|c| c.level == 0 && c.source == at).map(|c| c.column.clone()),
                        );
                    }
                    Term::Row(columns) if comparison.operator == Operator::In => {
                        let length = list_length(&comparison.right);
                        equal.extend(columns.iter().filter(|c| c.source == at).map(|c| (c.column.clone(), length)));
                    }
                    _ => {}
                }
            }
            Condition::Or(_) if condition.mentions(at) => {
                // All arms must narrow the source for the OR to do so; each arm was judged on its own before.
            }
            _ => {}
        }
    }
    Ok(Narrowing { equal, ranged, nulls, semijoin }.scope(table, schema))
}

/// What the conditions on one source leave of it.
#[derive(Default)]
struct Narrowing {
    /// Columns that are equal to a number of values.
    equal: Vec<(String, u64)>,
    /// Columns that lie in a range.
    ranged: Vec<String>,
    /// Columns that are NULL.
    nulls: Vec<String>,
    /// What a subquery that lists its values grows with, and the rows that it leaves.
    semijoin: Option<(Scope, Option<f64>)>,
}

impl Narrowing {
    fn scope(mut self, table: String, schema: &Schema) -> (Scope, Option<f64>) {
        let known = schema.table(&table);
        self.ranged.dedup();
        let rows = known.and_then(|table| table.rows).map(|rows| rows as f64);
        let mut shares = self.nulls.iter().map(|name| known?.column(name)?.null_fraction);
        let null_share = shares.try_fold(1.0, |all, share| Some(all * share?));
        if !self.equal.is_empty() {
            let (scope, rows) = rows_of_key(table, &self.equal, rows, schema);
            return (scope, rows.map(|rows| rows * null_share.unwrap_or(1.0)));
        }
        if let Some((scope, found)) = self.semijoin {
            return (scope, found.map(|found| rows.map_or(found, |rows| found.min(rows))));
        }
        let rows = if self.ranged.is_empty() { rows.zip(null_share).map(|(rows, share)| rows * share) } else { None };
        self.ranged.extend(self.nulls);
        self.ranged.dedup();
        let columns = self.ranged;
        let scope = if columns.is_empty() { Scope::WholeTable { table } } else { Scope::Window { table, columns } };
        (scope, rows)
    }
}

/// The values that a column is looked up by when a subquery lists them.
enum LookedUp {
    /// So many at most.
    Values(u64),
    /// As many as the subquery finds: what that grows with, and the rows that have one of them.
    Grows(Scope, Option<f64>),
    /// They cannot be counted, or differ from row to row.
    Unknown,
}

fn looked_up(block: &Block, operand: &Operand, (table, column): (&str, &str), schema: &Schema) -> LookedUp {
    let Operand::Subquery(place) = operand else { return LookedUp::Unknown };
    let Some(subquery) = block.subqueries.get(*place).filter(|subquery| !subquery.correlated) else {
        return LookedUp::Unknown;
    };
    match bounded::bound(&subquery.query, schema) {
        Bound::Proved { at_most: Some(count), .. } => LookedUp::Values(count),
        Bound::Unbounded { scope, expected, .. } => {
            let all = schema.table(table).and_then(|table| table.rows).map(|rows| rows as f64);
            let (_, each) = rows_of_key(table.to_owned(), &[(column.to_owned(), 1)], all, schema);
            LookedUp::Grows(scope, expected.zip(each).map(|(values, each)| values * each))
        }
        Bound::Proved { .. } | Bound::Unknown { .. } => LookedUp::Unknown,
    }
}

fn rows_of_key(table: String, equal: &[(String, u64)], rows: Option<f64>, schema: &Schema) -> (Scope, Option<f64>) {
    let mut columns: Vec<String> = Vec::new();
    for (name, _) in equal {
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    let mut best: (Option<String>, Option<f64>) = (None, None);
    for index in schema.table(&table).map(|table| table.indexes.as_slice()).unwrap_or_default() {
        let covered = index.parts.iter().take_while(|part| {
            part.column.as_deref().is_some_and(|name| columns.iter().any(|column| column.eq_ignore_ascii_case(name)))
        });
        let covered: Vec<&str> = covered.filter_map(|part| part.column.as_deref()).collect();
        if covered.is_empty() {
            continue;
        }
        let nullable = |name: &&str| schema.table(&table)?.column(name)?.null_fraction.filter(|share| *share > 0.0);
        let null = covered.iter().filter_map(nullable).fold(0.0, f64::max);
        // NULL is one of the values that an index of one column counts, and an equality never finds it.
        let counted = u64::from(null > 0.0 && covered.len() == 1);
        let values =
            index.cardinality.get(covered.len() - 1).map(|values| values.saturating_sub(counted).max(1) as f64);
        let rows = rows.map(|rows| rows * (1.0 - null));
        // All columns of a unique key find one row, counted or not.
        let values = if index.is_unique() && covered.len() == index.parts.len() {
            rows.map(|rows| rows.max(1.0))
        } else {
            values
        };
        let lists: u64 = equal
            .iter()
            .filter(|(name, _)| covered.iter().any(|c| c.eq_ignore_ascii_case(name)))
            .map(|(_, n)| *n)
            .product();
        let each = rows.zip(values).map(|(rows, values)| (rows / values * lists as f64).min(rows));
        if best.0.is_none() || each.zip(best.1).is_some_and(|(new, old)| new < old) {
            best = (Some(index.name.clone()), each);
        }
    }
    (Scope::RowsOfKey { table, index: best.0, columns }, best.1)
}

fn list_length(operand: &Operand) -> u64 {
    match operand {
        Operand::List(items) => u64::try_from(items.len()).unwrap_or(u64::MAX),
        _ => 1,
    }
}

/// Most unique keys that are followed through a derived table: joins of joins have more than anyone asks for.
const MOST_KEYS: usize = 16;

/// Sets of output columns, by place, of which a query has no two equal rows.
pub(super) fn unique_outputs(query: &QueryShape, schema: &Schema) -> Vec<Vec<usize>> {
    let all = |query: &QueryShape| vec![(0..query.output().len()).collect::<Vec<_>>()];
    let block = match &query.body {
        Body::Select(block) => block,
        Body::Set { operator: SetOperator::Union, all: true, .. } | Body::Values(_) | Body::Unknown => {
            return Vec::new();
        }
        Body::Set { .. } => return all(query),
    };
    let place = |column: &ColumnRef| block.output.iter().position(|output| output.column.as_ref() == Some(column));
    let mut sets: Vec<Vec<usize>> = Vec::new();
    if block.distinct && !block.output.is_empty() {
        sets.extend(all(query));
    }
    if !block.group_by.is_empty() && !block.rollup {
        sets.extend(block.group_by.iter().map(|term| term.as_ref().and_then(place)).collect::<Option<Vec<_>>>());
    } else if !block.grouped() {
        let required = super::closure::required(block);
        for (at, source) in block.sources.iter().enumerate() {
            if !Closure::new(block, &required, schema).assume(at).solve().complete() {
                continue;
            }
            let key_columns = |name: &str| place(&ColumnRef { level: 0, source: at, column: name.to_lowercase() });
            if let SourceKind::Derived(inner) = &source.kind {
                let names =
                    |key: &Vec<usize>| key.iter().map(|at| key_columns(&inner.output().get(*at)?.name)).collect();
                sets.extend(inner.unique.iter().filter_map(names));
            }
            let table = source.table().and_then(|name| schema.table(name));
            for index in table.into_iter().flat_map(|table| &table.indexes).filter(|index| index.is_unique()) {
                sets.extend(
                    index.parts.iter().map(|part| key_columns(part.column.as_ref()?)).collect::<Option<Vec<_>>>(),
                );
            }
        }
    }
    sets.sort_unstable();
    sets.dedup();
    sets.truncate(MOST_KEYS);
    sets
}
