//! A new scan into a workload that people have edited.
