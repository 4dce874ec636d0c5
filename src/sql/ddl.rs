//! What a DDL statement does.
