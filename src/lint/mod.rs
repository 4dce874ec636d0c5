//! The judgement of pending migrations: a table of rules over a statement, what trying it showed, and sizes.
//!
//! Pure: trials come in as values, findings go out as values.

pub mod context;
mod dialect;
#[cfg(test)]
mod fixture;
mod judge;
pub mod rules;
mod sizes;

pub use context::{Case, Options};
pub use judge::{Pending, Verdict, judge};
pub use rules::{Check, RULES, Rule, rule};
