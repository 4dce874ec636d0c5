//! A source file of an app.

use aura_db::source::scan::scan_text;

/// Scans it as TypeScript: what is an entry has a value for each placeholder.
pub fn scan(data: &[u8]) {
    let Some(text) = crate::text(data) else { return };
    for statement in scan_text(text, "app.ts").statements {
        assert_eq!(aura_db::sql::parse::placeholders(&statement.sql), Ok(statement.params.len()));
    }
}
