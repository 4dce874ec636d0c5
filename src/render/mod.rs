//! A report to text, pure: one file per format.

mod baseline;
pub mod baseline_file;
mod basis;
pub mod digest;
pub mod drift;
mod drifted;
mod findings;
#[cfg(test)]
mod fixture;
pub mod github;
pub mod json;
pub mod junit;
pub mod lint;
pub mod markdown;
pub mod named;
mod paint;
pub mod review;
pub mod root;
pub mod rules;
pub mod run;
pub mod sarif;
pub mod scale;
pub mod status;
pub mod table;
pub mod tree;
mod waived;
#[cfg(test)]
mod wellformed;
pub mod workload;
mod xml;

/// How text is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are used.
    pub color: bool,
    /// Columns to fit into.
    pub width: usize,
}
