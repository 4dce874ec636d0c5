//! Reader of sqlite.
