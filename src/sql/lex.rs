//! Splits a script into statements.
