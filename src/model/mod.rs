//! Plain data that every layer shares. Nothing here reads a file, talks to a server or decides anything.

pub mod archive;
pub mod baseline;
pub mod built;
pub mod count;
pub mod day;
pub mod digest;
pub mod drift;
pub mod engine;
pub mod environment;
pub mod finding;
pub mod hidden;
pub mod journal;
pub mod ledger;
pub mod lint;
pub mod location;
pub mod migration;
pub mod online;
pub mod plan;
pub mod progress;
pub mod query;
pub mod report;
pub mod scale;
pub mod scan;
pub mod schema;
pub mod signature;
pub mod waiver;
