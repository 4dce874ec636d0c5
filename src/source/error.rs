//! A file that cannot be used.

use crate::model::location::Location;

/// What is wrong with a file of the user's. `Display` is the whole message, excerpt and caret included.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SourceError {
    /// The message as it is shown, excerpt and remedy included.
    pub message: String,
    /// The place, when it is known.
    pub at: Option<Location>,
}
