//! Why an answer of EXPLAIN could not be read. Readers never panic: whatever a server sends ends here or in a plan.

/// An answer of EXPLAIN that is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The text is not JSON, or nests deeper than 128 levels.
    #[error("EXPLAIN did not answer with JSON: {0}")]
    NotJson(String),
    /// The JSON lacks the member that every plan of this format has.
    #[error("EXPLAIN's JSON has no `{expected}`; it holds {found}")]
    Missing {
        /// The member that was looked for.
        expected: &'static str,
        /// What is there instead.
        found: String,
    },
}
