//! Plans and findings against a baseline: what got worse, what got better.
//!
//! Pure: a baseline comes in as a value, and a verdict goes out as one.

mod compare;
mod rows;
mod signature;
mod verdict;

pub use compare::Ground;
pub use signature::{Basis, signatures};
pub use verdict::{Now, Plans, accept, judge};
