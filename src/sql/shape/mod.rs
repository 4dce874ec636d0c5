//! A statement as facts about it: tables, predicates, joins, order and limit, and what proves its result bounded.
//!
//! Facts come from the text and the schema alone. What cannot be resolved is left out rather than guessed.

pub mod block;
pub mod bounded;
mod build;
mod closure;
mod condition;
mod expression;
#[cfg(test)]
pub(crate) mod fixture;
mod naming;
pub mod predicate;
mod scope;
mod statement;
#[cfg(test)]
mod tests;

pub use block::{Block, Body, Limit, OrderTerm, QueryShape, Role, Source, SourceKind, Subquery};
pub use bounded::{Bound, Scope};
pub use predicate::{ColumnRef, Comparison, Condition, Operand, Operator, Term};

use crate::model::schema::Schema;
use sqlparser::ast::Statement;

/// What sort of statement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementKind {
    /// SELECT, TABLE or VALUES.
    Select,
    /// INSERT with values.
    Insert,
    /// INSERT … SELECT.
    InsertSelect,
    /// REPLACE with values.
    Replace,
    /// REPLACE … SELECT.
    ReplaceSelect,
    /// UPDATE, of one table or several.
    Update,
    /// DELETE, from one table or several.
    Delete,
    /// Anything else: DDL, SET, SHOW.
    Other,
}

impl StatementKind {
    /// Whether rows are changed.
    #[must_use]
    pub fn writes(self) -> bool {
        !matches!(self, Self::Select | Self::Other)
    }
}

/// The facts about one statement.
#[derive(Debug, Clone)]
pub struct Shape {
    /// What sort of statement it is.
    pub kind: StatementKind,
    /// Base tables that are written to, by their real names.
    pub targets: Vec<String>,
    /// The rows that are returned, or that are changed; `None` for a statement without a query.
    pub query: Option<QueryShape>,
    /// Whether that many rows are provably few.
    pub bound: Bound,
}

impl Shape {
    /// Every block with its query expression: the statement's own first, then nested ones in the order of the text.
    #[must_use]
    pub fn blocks(&self) -> Vec<(&QueryShape, &Block)> {
        let mut found = Vec::new();
        if let Some(query) = &self.query {
            query.collect_blocks(&mut found, &mut Vec::new());
        }
        found
    }

    /// The sources of that name or alias which are base tables, with their blocks. A name may occur in several blocks.
    #[must_use]
    pub fn sources(&self, alias: &str) -> Vec<(&QueryShape, &Block, usize)> {
        let base = |source: &Source| source.table().is_some() && source.alias.eq_ignore_ascii_case(alias);
        let of = |(query, block): (_, &Block)| {
            (0..block.sources.len())
                .filter(|at| base(&block.sources[*at]))
                .map(move |at| (query, at))
                .collect::<Vec<_>>()
        };
        let blocks = self.blocks().into_iter();
        blocks
            .flat_map(|(query, block)| of((query, block)).into_iter().map(move |(query, at)| (query, block, at)))
            .collect()
    }

    /// Whether the statement reads the server's dictionary and nothing else.
    #[must_use]
    pub fn is_dictionary_read(&self) -> bool {
        let mut sources = self.blocks().into_iter().flat_map(|(_, block)| &block.sources).peekable();
        sources.peek().is_some()
            && sources.all(|source| !matches!(source.kind, SourceKind::Base { .. } | SourceKind::Unknown))
            && self.blocks().iter().any(|(_, block)| block.sources.iter().any(|s| s.kind == SourceKind::Dictionary))
    }
}

/// The facts about a statement, its names resolved against the schema.
#[must_use]
pub fn shape(statement: &Statement, schema: &Schema) -> Shape {
    let (kind, targets, query) = statement::read(statement, schema);
    let bound = match &query {
        Some(query) => bounded::bound(query, schema),
        None if kind == StatementKind::Other => Bound::Unknown { because: "the statement is no query".into() },
        None => Bound::Proved { by: "the statement lists its rows".into(), at_most: None },
    };
    Shape { kind, targets, query, bound }
}
