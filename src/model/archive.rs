//! What `rollback --archive` has put aside instead of destroying it.

/// A table, or the values of a column, that a rollback has put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// The table that holds it now.
    pub name: String,
    /// The table of the ledger whose migration it is of; empty where nobody knows, as an earlier version did not write it
    /// down and the database has several.
    pub ledger: String,
    /// The version whose down script dropped it.
    pub version: i64,
    /// Its place among the archives of that version, from 1.
    pub position: u32,
    /// The table that it was, or that the column was of.
    pub table: String,
    /// The column whose values these are, kept with the primary key; `None` for a whole table.
    pub column: Option<String>,
    /// How far bringing it back has come.
    pub state: ArchiveState,
}

/// How far bringing back an archive has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArchiveState {
    /// Nobody has asked for it.
    Kept,
    /// A run that applies its version again is to bring it back.
    Due,
    /// Its rows are back; triggers may have to be made again, and the archive is to go.
    Filled,
    /// Its rows are back, and the values of these columns are only here, as the table has no place for them.
    Rest(Vec<String>),
}

impl Archive {
    /// `table users` or `column users.xp`.
    #[must_use]
    pub fn what(&self) -> String {
        match &self.column {
            Some(column) => format!("column {}.{column}", self.table),
            None => format!("table {}", self.table),
        }
    }
}
