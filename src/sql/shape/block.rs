//! Query expressions and their SELECT blocks as facts.

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
    /// Collects the blocks, outermost first.
    pub(super) fn collect_blocks<'a>(&'a self, found: &mut Vec<(&'a QueryShape, &'a Block)>) {
        match &self.body {
            Body::Select(block) => {
                found.push((self, block));
                for source in &block.sources {
                    if let SourceKind::Derived(query) = &source.kind {
                        query.collect_blocks(found);
                    }
                }
                block.subqueries.iter().for_each(|subquery| subquery.query.collect_blocks(found));
            }
            Body::Set { arms, .. } => arms.iter().for_each(|arm| arm.collect_blocks(found)),
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

    /// Collects the columns that it takes from the block that many levels outwards; 1 is the one around this query.
    pub(super) fn outer_columns(&self, level: usize, found: &mut Vec<ColumnRef>) {
        match &self.body {
            Body::Select(block) => {
                found.extend(block.mentioned.iter().filter(|column| column.level == level).cloned());
                for source in &block.sources {
                    if let SourceKind::Derived(query) = &source.kind {
                        query.outer_columns(level + 1, found);
                    }
                }
                block.subqueries.iter().for_each(|subquery| subquery.query.outer_columns(level + 1, found));
            }
            Body::Set { arms, .. } => arms.iter().for_each(|arm| arm.outer_columns(level, found)),
            Body::Values(_) | Body::Unknown => {}
        }
    }

    /// Whether it depends on the block around it.
    #[must_use]
    pub fn is_correlated(&self) -> bool {
        let mut found = Vec::new();
        self.outer_columns(1, &mut found);
        !found.is_empty()
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
