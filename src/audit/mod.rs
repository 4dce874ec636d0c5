//! The judgement of queries: a table of rules over statement, plan and schema.

pub mod rules;
