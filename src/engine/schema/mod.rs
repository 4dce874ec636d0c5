//! Reads a live catalogue into the schema model.
pub mod server;
pub mod sqlite;
