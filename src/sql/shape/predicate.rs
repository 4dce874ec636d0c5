//! Conditions in a normal form: the column on the left, negations pushed inwards, AND and OR as lists.

use std::fmt;

/// A column of a table that a query block reads, or of a block around it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnRef {
    /// How many blocks outwards the table is; 0 is this block.
    pub level: usize,
    /// The table's place among that block's sources.
    pub source: usize,
    /// The column's name as the statement writes it, in lower case.
    pub column: String,
}

/// A comparison's operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Eq,
    /// `<=>`
    NullSafeEq,
    /// `<>`
    NotEq,
    /// `<` or `<=`
    Less,
    /// `>` or `>=`
    Greater,
    /// `BETWEEN`
    Between,
    /// `NOT BETWEEN`
    NotBetween,
    /// `IN`
    In,
    /// `NOT IN`
    NotIn,
    /// `LIKE`
    Like,
    /// `NOT LIKE`
    NotLike,
    /// `IS NULL`
    IsNull,
    /// `IS NOT NULL`
    IsNotNull,
    /// `REGEXP`, `NOT REGEXP`
    Regexp,
    /// `MATCH … AGAINST`
    Match,
}

impl Operator {
    /// Whether an index can find the rows: the key begins with known values or lies in a range.
    #[must_use]
    pub fn narrows(self) -> bool {
        !matches!(self, Self::NotEq | Self::NotBetween | Self::NotIn | Self::NotLike | Self::IsNotNull | Self::Regexp)
    }

    /// Whether it is a range of values rather than single ones.
    #[must_use]
    pub fn is_range(self) -> bool {
        matches!(self, Self::Less | Self::Greater | Self::Between | Self::Like)
    }

    /// Whether rows with NULL in the column are let through.
    #[must_use]
    pub fn accepts_null(self) -> bool {
        matches!(self, Self::NullSafeEq | Self::IsNull)
    }
}

/// What stands on the left of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// A bare column.
    Column(ColumnRef),
    /// Columns inside a function or an expression.
    Wrapped {
        /// The function's name or the operator, in upper case.
        function: String,
        /// The columns inside.
        columns: Vec<ColumnRef>,
        /// The expression's text.
        text: String,
    },
    /// Several columns as a row.
    Row(Vec<ColumnRef>),
}

/// Functions that give different values for different arguments, or merge but a few: what they are asked for is found as
/// rarely as the column's own value.
const KEEPING: [&str; 13] = [
    "LOWER",
    "LCASE",
    "UPPER",
    "UCASE",
    "TRIM",
    "LTRIM",
    "RTRIM",
    "HEX",
    "REVERSE",
    "MD5",
    "SHA1",
    "SHA2",
    "TO_BASE64",
];

impl Term {
    /// The column inside functions that leave its values as distinct as they are, such as `LOWER(email)`.
    #[must_use]
    pub fn kept_column(&self) -> Option<&ColumnRef> {
        let Self::Wrapped { columns, text, .. } = self else { return None };
        let [column] = columns.as_slice() else { return None };
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '`' | '(' | ')' | ' ');
        let mut called = text.split('(').rev().skip(1).map(|part| part.trim().to_uppercase());
        (text.chars().all(plain) && called.all(|name| KEEPING.contains(&name.as_str()))).then_some(column)
    }
}

/// What a column is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// Nothing (`IS NULL`).
    None,
    /// A number as written.
    Number(String),
    /// A text literal.
    Text(String),
    /// NULL.
    Null,
    /// The placeholder of that place in the statement, from 0.
    Param(usize),
    /// A column.
    Column(ColumnRef),
    /// A list of values.
    List(Vec<Operand>),
    /// The ends of a range.
    Between(Box<Operand>, Box<Operand>),
    /// An expression without columns of this block, constant while the block runs.
    Constant {
        /// Its text.
        text: String,
        /// The text it begins with, when it is a concatenation that begins with a literal.
        prefix: Option<String>,
    },
    /// An expression over these columns.
    Expression(Vec<ColumnRef>),
    /// The subquery of that place among the block's subqueries.
    Subquery(usize),
}

impl Operand {
    /// Whether its value is the same for all rows of the block. A subquery is not: that depends on what it refers to.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        match self {
            Self::Number(_) | Self::Text(_) | Self::Null | Self::Param(_) | Self::Constant { .. } => true,
            Self::Column(column) => column.level > 0,
            Self::List(items) => items.iter().all(Self::is_constant),
            Self::Between(low, high) => low.is_constant() && high.is_constant(),
            Self::None | Self::Expression(_) | Self::Subquery(_) => false,
        }
    }
}

/// One comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The left side.
    pub left: Term,
    /// The operator.
    pub operator: Operator,
    /// The right side.
    pub right: Operand,
    /// The comparison as the statement writes it.
    pub text: String,
}

impl Comparison {
    /// The column when the left side is a bare one of this block.
    #[must_use]
    pub fn own_column(&self) -> Option<&ColumnRef> {
        match &self.left {
            Term::Column(column) if column.level == 0 => Some(column),
            _ => None,
        }
    }

    /// All columns that the comparison mentions.
    #[must_use]
    pub fn columns(&self) -> Vec<&ColumnRef> {
        let mut columns: Vec<&ColumnRef> = match &self.left {
            Term::Column(column) => vec![column],
            Term::Wrapped { columns, .. } | Term::Row(columns) => columns.iter().collect(),
        };
        collect(&self.right, &mut columns);
        columns
    }
}

fn collect<'a>(operand: &'a Operand, columns: &mut Vec<&'a ColumnRef>) {
    match operand {
        Operand::Column(column) => columns.push(column),
        Operand::Expression(more) => columns.extend(more),
        Operand::List(items) => items.iter().for_each(|item| collect(item, columns)),
        Operand::Between(low, high) => {
            collect(low, columns);
            collect(high, columns);
        }
        _ => {}
    }
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All hold.
    And(Vec<Condition>),
    /// One holds.
    Or(Vec<Condition>),
    /// A comparison.
    Compare(Comparison),
    /// Never true, such as `1 = 0`.
    False,
    /// Always true.
    True,
    /// Something else, over these columns.
    Other {
        /// The columns.
        columns: Vec<ColumnRef>,
        /// Its text.
        text: String,
    },
}

impl Condition {
    /// The parts that must all hold, nested ANDs dissolved.
    #[must_use]
    pub fn conjuncts(&self) -> Vec<&Condition> {
        match self {
            Self::And(parts) => parts.iter().flat_map(Self::conjuncts).collect(),
            other => vec![other],
        }
    }

    /// Every comparison in it, those inside OR as well.
    #[must_use]
    pub fn comparisons(&self) -> Vec<&Comparison> {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::comparisons).collect(),
            Self::Compare(comparison) => vec![comparison],
            Self::False | Self::True | Self::Other { .. } => Vec::new(),
        }
    }

    /// Whether it mentions a column of that source of its own block.
    #[must_use]
    pub fn mentions(&self, source: usize) -> bool {
        let here = |column: &ColumnRef| column.level == 0 && column.source == source;
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.mentions(source)),
            Self::Compare(comparison) => comparison.columns().into_iter().any(here),
            Self::Other { columns, .. } => columns.iter().any(here),
            Self::False | Self::True => false,
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
