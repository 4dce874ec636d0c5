//! The engine-neutral plan, read from any engine's EXPLAIN.

use serde::{Deserialize, Serialize};

/// One statement's plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The plan's root; its first child runs first.
    pub root: Node,
    /// The optimizer's cost of the whole statement in its own unit; `None` where EXPLAIN gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// What the server said beside the plan (`SHOW WARNINGS` after EXPLAIN), notes with the rewritten statement left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<ServerWarning>,
}

impl Plan {
    /// Every node, parents before children, in the order of the plan.
    #[must_use]
    pub fn nodes(&self) -> Vec<&Node> {
        let mut found = Vec::new();
        let mut stack = vec![&self.root];
        while let Some(node) = stack.pop() {
            found.push(node);
            stack.extend(node.children.iter().rev());
        }
        found
    }

    /// Every access to a base table, in the order of the plan.
    #[must_use]
    pub fn accesses(&self) -> Vec<&Access> {
        self.nodes().into_iter().filter_map(|node| node.access.as_ref()).collect()
    }
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// What the step does.
    pub operation: Operation,
    /// How a base table is read, when the step reads one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    /// Steps that feed this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Node>,
}

impl Node {
    /// A step without a table of its own.
    #[must_use]
    pub fn new(operation: Operation, children: Vec<Node>) -> Self {
        Self { operation, access: None, children }
    }

    /// A leaf that reads a table.
    #[must_use]
    pub fn table(access: Access) -> Self {
        Self { operation: Operation::Table, access: Some(access), children: Vec::new() }
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// A SELECT, or the whole statement.
    Query,
    /// Reads a base table; `access` says how.
    Table,
    /// Joins its children, the first being the outermost.
    Join,
    /// Sorts rows that no index gave in order (`MySQL`: filesort; `SQLite`: temp b-tree for ORDER BY).
    Sort,
    /// Writes rows to a temporary table for GROUP BY, DISTINCT, UNION or a window.
    Temporary,
    /// Groups or aggregates.
    Aggregate,
    /// Applies a condition.
    Filter,
    /// Stops after a number of rows.
    Limit,
    /// Combines results.
    Union,
    /// A subquery; `dependent` ones run once per outer row.
    Subquery {
        /// Whether it runs again for outer rows.
        dependent: bool,
    },
    /// A derived table or CTE that is computed first.
    Materialize,
    /// A window function.
    Window,
    /// Rows that are inserted, updated, deleted or replaced.
    Modify,
    /// The optimizer answered without reading a table, for the reason given, such as `no matching row in const table`.
    NoTable(String),
    /// A step with no word of its own in this model, as the engine words it.
    Other(String),
}

/// How a base table is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Access {
    /// The table's name or alias as the plan shows it.
    pub table: String,
    /// The access type.
    pub access_type: AccessType,
    /// The index in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The key parts that narrow the read, as the engine lists them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_parts: Vec<String>,
    /// Indexes that were considered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub possible_keys: Vec<String>,
    /// Whether the index alone answers ("Using index").
    #[serde(default)]
    pub covering: bool,
    /// Rows read each time the table is visited.
    pub rows: Estimate,
    /// Percentage of those rows that the optimizer expects to keep, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filtered: Option<f64>,
    /// The condition that is checked on each row read, as the engine words it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

/// The access type, in `MySQL`'s words; other engines' are mapped to the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessType {
    /// One row by a constant key.
    Const,
    /// One row per outer row through a unique key.
    EqRef,
    /// Rows equal to a key, not unique.
    Ref,
    /// As `Ref`, and NULLs.
    RefOrNull,
    /// A FULLTEXT search.
    Fulltext,
    /// Several indexes combined.
    IndexMerge,
    /// A range of an index.
    Range,
    /// A whole index from end to end.
    IndexScan,
    /// The whole table.
    FullScan,
    /// Rows of a derived or temporary table, which has no index of its own worth judging.
    Derived,
}

/// A number of rows, or why it is not known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Estimate {
    /// The optimizer's estimate in rows.
    Rows(f64),
    /// Nothing that could be believed, for the reason given.
    Unknown(String),
}

impl Estimate {
    /// The rows, when known.
    #[must_use]
    pub fn rows(&self) -> Option<f64> {
        match self {
            Self::Rows(rows) => Some(*rows),
            Self::Unknown(_) => None,
        }
    }
}

/// A warning or an error of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerWarning {
    /// `Note`, `Warning` or `Error`.
    pub level: String,
    /// The server's code, such as 1739.
    pub code: u32,
    /// The server's words.
    pub message: String,
}
