//! `MySQL`'s dialect to `SQLite`'s, through the syntax tree.

/// One `MySQL` statement as `SQLite` runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// The statements, in order; empty when nothing is left to do.
    pub statements: Vec<String>,
    /// What the embedded engine does differently, for the reader.
    pub notes: Vec<String>,
}
pub fn to_sqlite(sql: &str) -> Result<Translation, super::parse::SqlError> {
    Ok(Translation { statements: vec![sql.into()], notes: vec![] })
}
