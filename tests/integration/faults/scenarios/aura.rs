//! The migrations that come with the project.

use super::super::scenario::Scenario;

pub(crate) const ALL: &[Scenario] = &[
    Scenario::new("aura, migrate", &[], "migrate"),
    Scenario { before: &["migrate"], ..Scenario::new("aura, rollback all", &[], "rollback all --discard-data") },
];
