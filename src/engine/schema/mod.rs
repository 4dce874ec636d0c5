//! Reads a live catalogue into the schema model.

pub mod defaults;
pub mod hidden;
mod programs;
pub mod server;
pub mod sqlite;
mod sqlite_ddl;
