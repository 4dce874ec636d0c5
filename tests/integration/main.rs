//! The one integration-test binary: everything here runs against real servers, which `scripts/servers` installs.
//! A server that is missing fails the tests; nothing is skipped.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod adopt;
mod apply;
mod archive;
mod archive_embedded;
mod archive_restart;
mod archive_values;
mod audit;
mod binary;
mod built_in;
mod connection;
mod dead_server;
mod dialect;
mod drift;
mod embedded;
mod embedded_adopt;
mod encryption;
mod existing_index;
mod explain;
mod failure;
mod faults;
mod in_doubt;
mod interrupt;
mod layering;
mod ledger;
mod lint;
mod lint_settings;
mod lock;
mod lock_orphan;
mod lock_row;
mod lock_rows;
mod lock_table;
mod loss;
mod loss_overwritten;
mod needed_index;
mod online;
mod other_app;
mod planned;
mod progress;
mod project;
mod refinery;
mod refusals;
mod round_trip;
mod sandbox;
mod schema;
mod scratch;
mod servers;
mod session;
mod stats;
mod torture_runner;
mod translate;
mod workload;
