//! SQL text to facts, pure: no server, no file.

pub mod bend;
pub mod call;
pub mod ddl;
mod depth;
pub mod dialect;
pub mod draft;
pub mod executable;
pub mod expression;
pub mod fingerprint;
pub mod grants;
pub mod lex;
pub mod lock;
pub mod online;
pub mod overwrite;
pub mod parse;
mod place;
pub mod placeholder;
pub mod prepared;
pub mod quote;
pub mod reach;
pub mod rows;
pub mod sarg;
pub mod secret;
pub mod setting;
pub mod shape;
pub mod translate;
pub mod words;
