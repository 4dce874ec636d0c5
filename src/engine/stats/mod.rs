//! Writes a scale profile into a throwaway database as statistics.

pub mod cardinality;
