//! Files in: migrations and profiles become plain model values, or errors that name file, line and remedy.

pub mod baseline;
pub mod classes;
pub mod dotenv;
pub mod dump;
mod duration;
pub mod environment;
pub mod error;
mod fields;
pub mod find;
pub mod general_log;
mod log;
pub mod migrations;
mod nearest;
mod node;
pub mod query_file;
pub mod scale;
pub mod scan;
mod size;
pub mod slowlog;
pub mod sqlx_toml;
mod text;
pub mod workload;
mod yaml;
