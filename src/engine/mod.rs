//! The only user of sqlx: connects, reads catalogues, explains, executes, locks.

pub mod connect;
pub mod error;
pub mod execute;
pub mod explain;
pub mod ledger;
pub mod lock;
pub mod sandbox;
pub mod schema;
pub mod stats;

pub use connect::Database;
pub use error::EngineError;
