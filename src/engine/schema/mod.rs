//! Reads a live catalogue into the schema model.

mod programs;
pub mod server;
pub mod sqlite;
mod sqlite_ddl;
