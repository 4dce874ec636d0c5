//! EXPLAIN's output to the engine-neutral plan, pure: one reader per engine and format.

#[cfg(test)]
mod corpus;
pub mod error;
pub mod injected;
mod json;
pub mod mariadb;
pub mod mysql;
pub mod mysql_v2;
mod mysql_v2_access;
mod repair;
pub mod sqlite;
mod sqlite_access;
pub mod sqlite_estimate;
pub mod sqlite_extreme;

pub use error::ReadError;
