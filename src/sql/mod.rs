//! SQL text to facts, pure: no server, no file.

pub mod ddl;
pub mod lex;
pub mod parse;
pub mod shape;
pub mod translate;
