//! A report to text, pure: one file per format.

pub mod json;
pub mod table;
