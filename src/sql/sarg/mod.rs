//! The search arguments of a statement (SARGs): for each use of a table, the comparisons of its columns with constants
//! that a range optimizer can turn into ranges of an index, with the places in the text where they stand.
//!
//! Shapes tell what a statement means; this tells where in its text a condition can be added.

mod constant;
mod read;
mod scope;
#[cfg(test)]
mod tests;

use crate::model::query::Value;
use std::collections::BTreeSet;
use std::ops::Range;

pub use read::read;

/// One use of a base table in a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    /// The alias, or the name when there is none.
    pub alias: String,
    /// The table.
    pub table: String,
    /// Where the table's name stands in the text, in bytes; without a database before it.
    pub name: Range<usize>,
    /// Whether an alias follows the name.
    pub aliased: bool,
    /// Whether another table's name may stand there instead: not with a database before it or partitions behind it.
    pub replaceable: bool,
    /// What narrows it.
    pub filter: Filter,
    /// Columns in lower case that a condition compares in a way which is not understood here.
    pub unread: BTreeSet<String>,
}

/// The search arguments of a statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sargs {
    /// All uses of base tables, in the order of the text.
    pub occurrences: Vec<Occurrence>,
    /// Columns that the statement sets equal, as (occurrence, column in lower case).
    pub equal: Vec<[(usize, String); 2]>,
}

/// Conditions on one occurrence. What says nothing about it is an AND of nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All hold.
    And(Vec<Filter>),
    /// One holds.
    Or(Vec<Filter>),
    /// A comparison.
    Sarg(Sarg),
}

impl Filter {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(Self::is_empty),
            Self::Or(parts) => parts.iter().any(Self::is_empty),
            Self::Sarg(_) => false,
        }
    }
}

/// A comparison of a column with constants.
#[derive(Debug, Clone, PartialEq)]
pub struct Sarg {
    /// The column, in lower case.
    pub column: String,
    /// The comparison.
    pub test: Test,
    /// Where it begins in the text, in bytes: `… AND ` may be put there. `None` when that is not known.
    pub at: Option<usize>,
}

/// A comparison with constants.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Equal to one of these; NULL stands for IS NULL.
    Points(Vec<Constant>),
    /// Between these ends.
    Range {
        /// The lower end and whether it belongs to the range.
        low: Option<(Constant, bool)>,
        /// The upper end and whether it belongs to the range.
        high: Option<(Constant, bool)>,
    },
    /// Text that begins with this.
    Prefix(String),
    /// None of these, and not NULL.
    Not(Vec<Constant>),
}

/// A constant of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// A literal.
    Literal(Value),
    /// A number as written that is no integer, so that no digit is lost.
    Number(String),
    /// An expression of literals and of functions of the clock, for the server to evaluate.
    Expression(String),
    /// Not known before the statement runs: a subquery, a variable, another table's column.
    Unknown,
}
