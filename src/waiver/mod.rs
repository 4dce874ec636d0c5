//! Waivers: what a user takes on, in a comment or in the workload file, and what is wrong with the waivers themselves.
//!
//! `audit` and `lint` share it, so that a waiver reads and ends the same way wherever it stands.

pub mod comment;
mod judge;
mod rules;

pub use judge::{Ground, about, covers};
pub use rules::{EXPIRED, RULES, UNKNOWN, UNUSED, WITHOUT_REASON, WaiverRule, is_about_waivers};
