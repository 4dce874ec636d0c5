//! How a plan reads each base table: the access joined with what the statement says about that table.
//!
//! EXPLAIN alone misleads: a probe of one row looks like a full scan, LIMIT hides a walk over the whole table, and an
//! UPDATE's scan is shown as an index. The verdict here takes all three into account.

use super::context::Context;
use crate::model::plan::{Access, AccessType, Node, Operation};
use crate::model::schema::{Column, Table};
use crate::sql::shape::block::SubqueryRole;
use crate::sql::shape::{Block, Condition, Operand, Operator, QueryShape};

/// How much more frequent than the average a value may be for the plan's estimate to be believed against the average.
const MOST_SKEW: f64 = 20.0;

/// One access to a base table.
#[derive(Debug, Clone)]
pub(super) struct Reading<'a> {
    pub(super) access: &'a Access,
    /// The operations above the access within its query block, innermost last.
    path: Vec<&'a Operation>,
    /// Whether it is the first table that its block reads.
    outermost: bool,
    /// How often it is read because small tables before it in its block are read as a whole; 1 for any other.
    pub(super) times: f64,
    /// How many rows the derived tables before it in its join give together; `None` when the plan does not say.
    pub(super) derived: Option<f64>,
    pub(super) table: &'a Table,
    /// The place in the statement; `None` when the text was not understood.
    pub(super) place: Option<(&'a QueryShape, &'a Block, usize)>,
}

/// A read of a whole table or of a whole index.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct WholeRead {
    /// Whether it is an index rather than the table.
    pub(super) index: bool,
    /// Rows that are read; `None` when not even the table's size is known.
    pub(super) rows: Option<f64>,
    /// Whether an index leads to the rows, and yet they are a large part of the table.
    pub(super) partly: bool,
    /// Set when LIMIT may stop the walk early: why it may not.
    pub(super) may: Option<String>,
    /// Whether the walk's length hangs on a condition that usually holds.
    pub(super) mild: bool,
}

/// Every access of the plan to a base table of the schema.
pub(super) fn readings<'a>(context: &Context<'a>) -> Vec<Reading<'a>> {
    let mut found = Vec::new();
    if let Some(plan) = context.plan {
        walk(&plan.root, (&[], Some(1.0)), context, &mut found);
    }
    for at in 0..found.len() {
        let before: Vec<&Reading<'_>> = found[..at].iter().filter(|other| other.is_beside(&found[at])).collect();
        let scanned = |reading: &&Reading<'_>| {
            let whole = matches!(reading.access.access_type, AccessType::FullScan | AccessType::IndexScan);
            (whole && context.is_small(reading.table)).then(|| reading.table_rows()).flatten()
        };
        let times = before.iter().map(scanned).try_fold(1.0, |all, rows| Some(all * rows?));
        found[at].times = times.unwrap_or(1.0);
    }
    found
}

fn walk<'a>(
    node: &'a Node,
    (path, derived): (&[&'a Operation], Option<f64>),
    context: &Context<'a>,
    found: &mut Vec<Reading<'a>>,
) {
    if let Some(access) = &node.access
        && let Some(table) = table_of(access, context)
    {
        let place = place_of(access, table, context);
        let first = |reading: &Reading<'_>| match (reading.place, place) {
            (Some((_, known, _)), Some((_, block, _))) => std::ptr::eq(known, block),
            _ => true,
        };
        let outermost = !found.iter().any(first);
        found.push(Reading { access, path: path.to_vec(), outermost, times: 1.0, derived, table, place });
    }
    // A block of its own begins: what is above sorts or groups its result, not its tables.
    let own = matches!(node.operation, Operation::Materialize | Operation::Subquery { .. } | Operation::Union);
    let inner: Vec<&Operation> = if own { Vec::new() } else { path.iter().copied().chain([&node.operation]).collect() };
    let mut before = if own { Some(1.0) } else { derived };
    for child in &node.children {
        walk(child, (&inner, before), context, found);
        let access = child.access.as_ref().filter(|_| node.operation == Operation::Join);
        if let Some(access) = access.filter(|access| access.access_type == AccessType::Derived) {
            before = before.zip(access.rows.rows()).map(|(before, rows)| before * rows);
        }
    }
}

/// The real table behind a name or alias of the plan.
fn table_of<'a>(access: &Access, context: &Context<'a>) -> Option<&'a Table> {
    if access.access_type == AccessType::Derived {
        return None;
    }
    let places = context.shape.map(|shape| shape.sources(&access.table)).unwrap_or_default();
    let tables = places.iter().filter_map(|(_, block, at)| context.schema.table(block.sources[*at].table()?));
    let mut tables: Vec<&Table> = tables.collect();
    if let Some(key) = &access.key
        && tables.iter().any(|table| table.index(key).is_some())
    {
        tables.retain(|table| table.index(key).is_some());
    }
    tables.first().copied().or_else(|| context.schema.table(&access.table))
}

fn place_of<'a>(access: &Access, table: &Table, context: &Context<'a>) -> Option<(&'a QueryShape, &'a Block, usize)> {
    let places = context.shape?.sources(&access.table);
    places
        .into_iter()
        .find(|(_, block, at)| block.sources[*at].table().is_some_and(|name| name.eq_ignore_ascii_case(&table.name)))
}

impl<'a> Reading<'a> {
    /// Rows of the table: the schema's figure, else the plan's.
    pub(super) fn table_rows(&self) -> Option<f64> {
        self.table.rows.map(|rows| rows as f64).or_else(|| self.access.rows.rows())
    }

    /// Rows that one look-up reads: the plan's estimate, but one row through all columns of a unique key, which not every engine knows.
    pub(super) fn rows_read(&self) -> Option<f64> {
        let index = self.access.key.as_deref().and_then(|key| self.table.index(key));
        let whole_key =
            index.is_some_and(|index| index.is_unique() && self.access.key_parts.len() >= index.parts.len());
        let single =
            whole_key && matches!(self.access.access_type, AccessType::Const | AccessType::EqRef | AccessType::Ref);
        if single { Some(1.0) } else { self.access.rows.rows() }
    }

    /// Whether another reading belongs to the same block of the statement.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        matches!((self.place, other.place), (Some((_, left, _)), Some((_, right, _))) if std::ptr::eq(left, right))
    }

    /// The conditions on this table.
    pub(super) fn conditions(&self) -> Vec<&'a Condition> {
        self.place.map(|(_, block, at)| block.conditions_on(at)).unwrap_or_default()
    }

    /// Whether the access finds its rows through an index, rather than looking at all of them.
    pub(super) fn is_narrowed(&self, context: &Context<'_>) -> bool {
        match self.access.access_type {
            AccessType::FullScan | AccessType::IndexScan => false,
            AccessType::Range => !self.range_over_everything(context) && !self.reads_largely(),
            _ => !self.reads_largely(),
        }
    }

    /// One line about the access, as evidence.
    pub(super) fn evidence(&self) -> String {
        let kind = match self.access.access_type {
            AccessType::Const => "const",
            AccessType::EqRef => "eq_ref",
            AccessType::Ref => "ref",
            AccessType::RefOrNull => "ref_or_null",
            AccessType::Fulltext => "fulltext",
            AccessType::IndexMerge => "index_merge",
            AccessType::Range => "range",
            AccessType::IndexScan => "index scan",
            AccessType::FullScan => "full scan",
            AccessType::Derived => "derived",
        };
        let key = self.access.key.as_ref().map(|key| format!(", key {key}")).unwrap_or_default();
        let rows = match &self.access.rows {
            crate::model::plan::Estimate::Rows(rows) => format!("{} rows", super::harm::count(*rows)),
            crate::model::plan::Estimate::Unknown(why) => format!("rows unknown ({why})"),
        };
        format!("plan: {} is read by {kind}{key}, {rows}", self.access.table)
    }

    /// Whether the whole table or a whole index is read, and harm is possible.
    pub(super) fn whole_read(&self, context: &Context<'_>) -> Option<WholeRead> {
        let write = context.shape.is_some_and(|shape| shape.kind.writes());
        let index = match self.access.access_type {
            AccessType::FullScan => false,
            AccessType::IndexScan => {
                let primary = self.access.key.as_deref().is_some_and(|key| key.eq_ignore_ascii_case("PRIMARY"));
                !write && (self.access.covering || !primary)
            }
            AccessType::Range if self.range_over_everything(context) => false,
            AccessType::Range if self.skips() => return self.skipping(context),
            _ if self.reads_largely() => false,
            _ => return self.collected(context),
        };
        if context.is_small(self.table) {
            return None;
        }
        let partly = self.reads_largely() && !self.range_over_everything(context);
        let rows = if partly { self.rows_read() } else { self.table_rows() };
        // On injected statistics every range looks like nothing and is preferred to the join's own key.
        let misled = context.injected && self.access.access_type == AccessType::Range && self.has_join_key();
        let certain = WholeRead { index, rows, partly, may: None, mild: misled };
        let Some((query, block, at)) = self.place else { return Some(certain) };
        let Some(most) = self.stops_after(query, block, context) else { return Some(certain) };
        let filters: Vec<&Condition> = block.required().into_iter().filter(|part| !is_join(part)).collect();
        if filters.is_empty() && self.outermost {
            return None;
        }
        if !self.outermost {
            // The inner side of a join is read once for each outer row, whatever LIMIT says.
            return Some(certain);
        }
        Some(self.walk_until(most, &filters, at, &certain, context))
    }

    /// The walk that ends when LIMIT has enough rows that pass the filters.
    fn walk_until(
        &self,
        most: f64,
        filters: &[&Condition],
        at: usize,
        certain: &WholeRead,
        context: &Context<'_>,
    ) -> WholeRead {
        let why = format!("LIMIT stops the walk only after {} rows that pass the condition", super::harm::count(most));
        let known = filters.iter().filter_map(|filter| self.selectivity(filter, at, context)).reduce(f64::min);
        let told = self.access.filtered.filter(|share| !is_guess(*share)).map(|share| share / 100.0);
        let share = told.or(known);
        let average = share.zip(certain.rows).map(|(share, rows)| (most / share.max(1e-9)).min(rows));
        // An estimate above LIMIT takes this sample's condition into account; one that equals it knows nothing.
        let walked = self.access.rows.rows().filter(|rows| {
            self.access.access_type == AccessType::IndexScan
                && *rows > most * 1.05
                && certain.rows.is_some_and(|all| *rows < all * 0.9)
                && average.is_none_or(|average| *rows > average / MOST_SKEW)
        });
        if let Some(rows) = walked.or(average) {
            return WholeRead { rows: Some(rows), may: Some(why), ..*certain };
        }
        let mild = filters.iter().all(|filter| self.usually_holds(filter, at));
        WholeRead { may: Some(why), mild, ..*certain }
    }

    /// Rows that one visit looks at: the plan's estimate, which knows of no LIMIT, up to where LIMIT stops the outermost
    /// table of a block that neither sorts nor collects.
    pub(super) fn rows_looked_at(&self, context: &Context<'_>) -> Option<f64> {
        let estimate = self.access.rows.rows();
        let stop = self.place.and_then(|(query, block, _)| self.stops_after(query, block, context));
        let Some(most) = stop.filter(|_| self.outermost) else { return estimate };
        if let Some(read) = self.whole_read(context) {
            return read.may.map_or(estimate, |_| read.rows.or(estimate));
        }
        let kept = self.access.filtered.map_or(1.0, |share| (share / 100.0).max(1e-9));
        estimate.map(|rows| rows.min(most / kept))
    }

    /// After how many rows the block can stop reading; `None` when it must see all.
    pub(super) fn stops_after(&self, query: &QueryShape, block: &Block, context: &Context<'_>) -> Option<f64> {
        let collects = self
            .path
            .iter()
            .any(|operation| matches!(operation, Operation::Sort | Operation::Temporary | Operation::Window));
        if collects || block.grouped() || block.windows {
            return None;
        }
        if is_exists(query, context) {
            return Some(1.0);
        }
        let limit = query.limit.as_ref()?;
        let few = context.options.few_rows;
        let count = context.limit_value(limit.count).unwrap_or(few);
        let offset = limit.offset.map_or(Some(0), |offset| context.limit_value(offset)).unwrap_or(0);
        Some(count.saturating_add(offset) as f64)
    }

    /// Whether a join could look the table up by an index that the plan did not take.
    fn has_join_key(&self) -> bool {
        let Some((_, _, at)) = self.place else { return false };
        let conditions = self.conditions();
        let joined: Vec<&str> = conditions
            .iter()
            .filter(|condition| is_join(condition))
            .flat_map(|condition| condition.comparisons())
            .flat_map(|comparison| comparison.columns())
            .filter(|column| column.level == 0 && column.source == at)
            .map(|column| column.column.as_str())
            .collect();
        self.table.indexes.iter().filter(|index| index.visible).any(|index| {
            let leading = index.parts.first().and_then(|part| part.column.as_deref());
            leading.is_some_and(|leading| joined.iter().any(|column| column.eq_ignore_ascii_case(leading)))
        })
    }

    /// Whether a range access goes over all of its index: nothing but `<>`, `NOT IN` and their like on the leading column.
    fn range_over_everything(&self, context: &Context<'_>) -> bool {
        let index = self.access.key.as_deref().and_then(|key| self.table.index(key));
        let Some(leading) = index.and_then(|index| index.parts.first()?.column.as_deref()) else { return false };
        let Some((_, _, at)) = self.place else { return false };
        let conditions = self.conditions();
        let comparisons = conditions.iter().flat_map(|condition| condition.comparisons());
        let mut on_leading = comparisons
            .filter(|comparison| {
                comparison
                    .columns()
                    .iter()
                    .any(|c| c.level == 0 && c.source == at && c.column.eq_ignore_ascii_case(leading))
            })
            .peekable();
        if on_leading.peek().is_none() {
            // An UPDATE or DELETE that scans the table is shown as a range of the primary key.
            let primary = index.is_some_and(|index| index.kind == crate::model::schema::IndexKind::Primary);
            return primary && context.shape.is_some_and(|shape| shape.kind.writes());
        }
        if on_leading.any(|comparison| comparison.operator.narrows()) {
            return false;
        }
        let share = self.access.rows.rows().zip(self.table_rows()).map(|(read, all)| read / all.max(1.0));
        context.injected || share.is_none_or(|share| share > 0.3)
    }

    /// The share of rows that pass an equality, when an index tells.
    fn selectivity(&self, filter: &Condition, at: usize, context: &Context<'_>) -> Option<f64> {
        let Condition::Compare(comparison) = filter else { return None };
        let column = comparison.own_column().filter(|column| column.source == at)?;
        // Text compared with a number matches what it matches; the index's values say nothing about it.
        let known = self.table.column(&column.column);
        if known.is_some_and(is_text) && context.number_in(&comparison.right).is_some() {
            return None;
        }
        let values = match (&comparison.operator, &comparison.right) {
            (Operator::Eq | Operator::NullSafeEq, _) => 1.0,
            (Operator::In, Operand::List(items)) => items.len() as f64,
            _ => return None,
        };
        let leads = |index: &&crate::model::schema::Index| {
            index
                .parts
                .first()
                .and_then(|part| part.column.as_deref())
                .is_some_and(|name| name.eq_ignore_ascii_case(&column.column))
        };
        let distinct = self.table.indexes.iter().filter(leads).find_map(|index| index.cardinality.first())?;
        Some((values / (*distinct).max(1) as f64).min(1.0))
    }

    /// Conditions that most rows pass in practice: flags, and what only leaves something out.
    /// A condition on a table that is joined later says whether a match is missing there, which is anybody's guess.
    pub(super) fn usually_holds(&self, filter: &Condition, at: usize) -> bool {
        let Condition::Compare(comparison) = filter else { return false };
        if comparison.own_column().is_none_or(|column| column.source != at) {
            return false;
        }
        let flag = comparison.own_column().and_then(|column| self.table.column(&column.column)).is_some_and(|column| {
            matches!(column.base_type().as_str(), "bool" | "boolean" | "bit" | "enum")
                || column.column_type.starts_with("tinyint(1)")
        });
        flag || matches!(
            comparison.operator,
            Operator::NotEq | Operator::NotIn | Operator::NotLike | Operator::IsNotNull | Operator::IsNull
        )
    }
}

/// Character types; ENUM and SET are numbers inside and compare as such.
pub(super) fn is_text(column: &Column) -> bool {
    matches!(column.base_type().as_str(), "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext")
}

/// An equality between columns of two tables.
pub(super) fn is_join(condition: &Condition) -> bool {
    match condition {
        Condition::Compare(comparison) => {
            let columns = comparison.columns();
            comparison.operator == Operator::Eq
                && columns.iter().any(|left| {
                    columns.iter().any(|right| left.level == 0 && right.level == 0 && left.source != right.source)
                })
        }
        _ => false,
    }
}

/// The shares that the optimizer writes when it knows nothing: its constants, and two of them under AND or OR.
pub(super) fn is_guess(share: f64) -> bool {
    const CONSTANTS: [f64; 7] = [0.1, 1.0 / 3.0, 1.0 / 9.0, 0.5, 0.9, 0.3, 0.05];
    let close = |guess: f64| (share - guess * 100.0).abs() < 0.02;
    close(1.0)
        || CONSTANTS.iter().any(|left| {
            close(*left) || CONSTANTS.iter().any(|right| close(left * right) || close(left + right - left * right))
        })
}

fn is_exists(query: &QueryShape, context: &Context<'_>) -> bool {
    let blocks = context.shape.map(crate::sql::shape::Shape::blocks).unwrap_or_default();
    let mut subqueries = blocks.iter().flat_map(|(_, block)| &block.subqueries);
    subqueries.any(|subquery| subquery.role == SubqueryRole::Exists && std::ptr::eq(&raw const subquery.query, query))
}
