//! What the fuzz targets call, one function per target: it must neither panic, nor hang, nor break what it promises.
//!
//! Nothing here connects to a server or runs a statement.

#![allow(unused_must_use, reason = "that an answer comes is what is looked at")]

mod dump;
mod explain;
mod logs;
mod migrations;
mod profiles;
mod query_file;
mod scan;
mod schema;
mod script;
mod split;
mod statement;

pub use dump::dump;
pub use explain::explain;
pub use logs::logs;
pub use migrations::migrations;
pub use profiles::profiles;
pub use query_file::query_file;
pub use scan::scan;
pub use script::script;
pub use split::split;
pub use statement::statement;

/// The input as text; `None` when it is none.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}
