//! EXPLAIN's output to the engine-neutral plan, pure: one reader per engine and format.

pub mod mariadb;
pub mod mysql;
pub mod mysql_v2;
pub mod sqlite;
