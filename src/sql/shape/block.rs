//! Query expressions and their SELECT blocks as facts.

use super::bounded::Bound;
use super::predicate::{ColumnRef, Condition};
use std::sync::Arc;

/// A query expression: a body with the ORDER BY and LIMIT that stand around it.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryShape {
    /// What gives the rows.
    pub body: Body,
    /// ORDER BY in its order; empty when there is none.
    pub order_by: Vec<OrderTerm>,
    /// LIMIT.
    pub limit: Option<Limit>,
    /// Whether rows are locked (FOR UPDATE, FOR SHARE).
    pub locks: bool,
    /// Columns of the blocks around it that it depends on; level 1 is the nearest of them.
    pub outward: Vec<ColumnRef>,
    /// Its bound, kept so that nested queries are judged once; `None` while it is being built.
    pub(super) bound: Option<Box<Bound>>,
    /// Sets of output columns, by place, of which no two rows are equal.
    pub(super) unique: Vec<Vec<usize>>,
}

/// What gives a query expression's rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// One SELECT.
    Select(Box<Block>),
    /// UNION, INTERSECT or EXCEPT.
    Set {
        /// Which of them.
        operator: SetOperator,
        /// Whether duplicates stay (ALL).
        all: bool,
        /// The arms.
        arms: Vec<QueryShape>,
    },
    /// VALUES with that many rows.
    Values(usize),
    /// Something the analysis does not know.
    Unknown,
}

/// A set operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOperator {
    /// UNION
    Union,
    /// INTERSECT
    Intersect,
    /// EXCEPT
    Except,
}

/// One SELECT, or the part of an UPDATE or DELETE that finds its rows.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the text; together they make no state"
)]
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Block {
    /// Tables in the order of the text.
    pub sources: Vec<Source>,
    /// WHERE; empty when there is none.
    pub filter: Vec<Condition>,
    /// HAVING.
    pub having: Vec<Condition>,
    /// Subqueries of the block's expressions.
    pub subqueries: Vec<Subquery>,
    /// GROUP BY terms; `None` in a term that is no bare column of the block.
    pub group_by: Vec<Option<ColumnRef>>,
    /// Whether `WITH ROLLUP` adds rows.
    pub rollup: bool,
    /// Whether an aggregate function is called outside of a window.
    pub aggregates: bool,
    /// Whether a window function is called.
    pub windows: bool,
    /// Whether DISTINCT removes duplicates.
    pub distinct: bool,
    /// Whether `*` or `t.*` is selected.
    pub star: bool,
    /// What is selected, stars expanded where the columns are known.
    pub output: Vec<Output>,
    /// Columns that expressions of the block mention, those of blocks around it among them.
    pub mentioned: Vec<ColumnRef>,
}

/// One selected value.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Its name in lower case.
    pub name: String,
    /// The column, when it is a bare one.
    pub column: Option<ColumnRef>,
    /// Whether it is the same for all rows.
    pub constant: bool,
    /// Whether it numbers all rows from 1 (`ROW_NUMBER()` without PARTITION BY).
    pub numbering: bool,
}

/// A table of a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The alias, or the name when there is none.
    pub alias: String,
    /// What it is.
    pub kind: SourceKind,
    /// How it is joined to the sources before it.
    pub role: Role,
    /// The join's own condition.
    pub on: Vec<Condition>,
}

impl Source {
    /// The base table's real name.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        match &self.kind {
            SourceKind::Base { table } => Some(table),
            _ => None,
        }
    }
}

/// What a source is.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceKind {
    /// A base table of the schema.
    Base {
        /// Its real name.
        table: String,
    },
    /// A derived table, or a common table expression where it is used.
    Derived(Arc<QueryShape>),
    /// The recursive use of a common table expression inside itself.
    Recursion,
    /// A table of the server's dictionary.
    Dictionary,
    /// `JSON_TABLE` and its like: rows out of a value.
    Function,
    /// A view, or a table that the schema does not have.
    Unknown,
}

/// How a source takes part in its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// First in FROM, or joined with an inner join.
    Inner,
    /// On the side of an outer join that may be missing.
    Optional,
}

/// A subquery in an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Subquery {
    /// The query.
    pub query: QueryShape,
    /// Where its value goes.
    pub role: SubqueryRole,
    /// Whether it mentions columns of the block it stands in.
    pub correlated: bool,
}

/// Where a subquery's value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubqueryRole {
    /// EXISTS: stops at the first row.
    Exists,
    /// A scalar.
    Scalar,
    /// IN, ANY or ALL.
    In,
}

/// One ORDER BY term.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderTerm {
    /// The column when it is a bare one of the block.
    pub column: Option<ColumnRef>,
    /// Its text.
    pub text: String,
    /// Whether it is descending.
    pub descending: bool,
}

/// LIMIT with its OFFSET.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// How many rows.
    pub count: LimitValue,
    /// How many are skipped first.
    pub offset: Option<LimitValue>,
}

/// A number in LIMIT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitValue {
    /// A literal.
    Number(u64),
    /// The placeholder of that place, from 0.
    Param(usize),
    /// A variable or an expression.
    Other,
}

impl QueryShape {
    /// A query expression of that body, nothing around it.
    pub(super) fn of(body: Body) -> Self {
        Self {
            body,
            order_by: Vec::new(),
            limit: None,
            locks: false,
            outward: Vec::new(),
            bound: None,
            unique: Vec::new(),
        }
    }

    /// Collects the blocks, outermost first. A common table expression that is used twice is collected once.
    pub(super) fn collect_blocks<'a>(
        &'a self,
        found: &mut Vec<(&'a QueryShape, &'a Block)>,
        seen: &mut Vec<*const QueryShape>,
    ) {
        match &self.body {
            Body::Select(block) => {
                found.push((self, block));
                for source in &block.sources {
                    if let SourceKind::Derived(query) = &source.kind
                        && !seen.contains(&Arc::as_ptr(query))
                    {
                        seen.push(Arc::as_ptr(query));
                        query.collect_blocks(found, seen);
                    }
                }
                block.subqueries.iter().for_each(|subquery| subquery.query.collect_blocks(found, seen));
            }
            Body::Set { arms, .. } => arms.iter().for_each(|arm| arm.collect_blocks(found, seen)),
            Body::Values(_) | Body::Unknown => {}
        }
    }

    /// The names of the result's columns with what is known about them: those of the first arm of a set operation.
    #[must_use]
    pub fn output(&self) -> &[Output] {
        match &self.body {
            Body::Select(block) => &block.output,
            Body::Set { arms, .. } => arms.first().map(Self::output).unwrap_or_default(),
            Body::Values(_) | Body::Unknown => &[],
        }
    }

    /// What it depends on outside of itself, from its parts, whose own dependencies are known.
    pub(super) fn dependencies(&self) -> Vec<ColumnRef> {
        let mut found: Vec<ColumnRef> = Vec::new();
        let mut add = |column: ColumnRef| {
            if column.level > 0 && !found.contains(&column) {
                found.push(column);
            }
        };
        match &self.body {
            Body::Select(block) => {
                block.mentioned.iter().cloned().for_each(&mut add);
                let derived = block.sources.iter().filter_map(|source| match &source.kind {
                    SourceKind::Derived(query) => Some(&query.outward),
                    _ => None,
                });
                let nested = derived.chain(block.subqueries.iter().map(|subquery| &subquery.query.outward)).flatten();
                nested.for_each(|column| add(ColumnRef { level: column.level - 1, ..column.clone() }));
            }
            Body::Set { arms, .. } => arms.iter().flat_map(Self::dependencies).for_each(add),
            Body::Values(_) | Body::Unknown => {}
        }
        found
    }

    /// Whether it depends on the block around it.
    #[must_use]
    pub fn is_correlated(&self) -> bool {
        self.outward.iter().any(|column| column.level == 1)
    }
}

impl Block {
    /// The conditions that every row of the block satisfies: WHERE, and ON of inner joins.
    #[must_use]
    pub fn required(&self) -> Vec<&Condition> {
        let inner = self.sources.iter().filter(|source| source.role == Role::Inner).flat_map(|source| &source.on);
        self.filter.iter().chain(inner).flat_map(Condition::conjuncts).collect()
    }

    /// The conditions that narrow what is read of a source: the required ones, and its own ON when it is optional.
    #[must_use]
    pub fn conditions_on(&self, source: usize) -> Vec<&Condition> {
        let own = &self.sources[source];
        let on: &[Condition] = if own.role == Role::Optional { &own.on } else { &[] };
        let all = self.required().into_iter().chain(on.iter().flat_map(Condition::conjuncts));
        all.filter(|condition| condition.mentions(source)).collect()
    }

    /// Whether the rows are grouped or aggregated.
    #[must_use]
    pub fn grouped(&self) -> bool {
        self.aggregates || !self.group_by.is_empty()
    }
}
