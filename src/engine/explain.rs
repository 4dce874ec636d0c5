//! Runs EXPLAIN and hands its output to the readers.
