//! Files in: migrations and profiles become plain model values, or errors that name file, line and remedy.

pub mod environment;
pub mod error;
pub mod migrations;
pub mod scale;
pub mod workload;
pub mod yaml;
