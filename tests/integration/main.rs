//! The one integration-test binary: everything here runs against real servers, which `scripts/servers` installs.
//! A server that is missing fails the tests; nothing is skipped.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod audit;
mod binary;
mod embedded;
mod explain;
mod layering;
mod sandbox;
mod schema;
mod servers;
mod session;
mod stats;
mod torture_runner;
mod translate;
