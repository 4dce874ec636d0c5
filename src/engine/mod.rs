//! The only user of sqlx: connects, reads catalogues, explains, executes, locks.

pub mod adoption;
pub mod archive;
mod archive_restore;
mod baseline;
pub mod canceller;
pub mod connect;
pub mod definitions;
pub mod error;
pub mod execute;
pub mod explain;
pub mod explain_embedded;
pub mod export;
pub mod foreign_keys;
mod guard;
pub mod journal;
pub mod ledger;
pub mod lock;
pub mod loss;
pub mod objects;
pub mod online;
pub mod planned;
pub mod planner;
pub mod progress;
pub mod rehearsal;
pub mod restore;
pub mod runner;
pub mod sandbox;
pub mod schema;
pub mod session;
pub mod settings;
pub mod stats;
mod text;
pub mod variables;

pub use error::EngineError;
pub use session::Session;
