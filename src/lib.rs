//! aura-db: schema migration and index tuning for MySQL and MariaDB apps.
//!
//! Data flows one way, and a test holds the imports to this picture:
//!
//! ```text
//!   files ──► source ─┐
//!                     ├─► model ──► sql, migration, audit, lint, waiver ──► model (reports) ──► render ──► term ──► stdout
//!  server ──► engine ─┘   (plain)        (pure judgement)                                 (pure)    (writer)
//!                 └─ explain (pure)
//!
//!  command ties them together, one thin file per verb; cli holds the clap types.
//! ```

pub mod audit;
pub mod cli;
pub mod command;
pub mod engine;
pub mod exit;
pub mod explain;
pub mod lint;
pub mod migration;
pub mod model;
pub mod render;
pub mod source;
pub mod sql;
pub mod term;
pub mod waiver;
