//! The pure half of migrating.
