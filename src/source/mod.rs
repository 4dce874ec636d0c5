//! Files in: migrations and profiles become plain model values, or errors that name file, line and remedy.

mod duration;
pub mod environment;
pub mod error;
pub mod find;
pub mod migrations;
pub mod scale;
mod text;
mod value;
pub mod workload;
mod yaml;
