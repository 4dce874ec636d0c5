//! Files of named statements, and the values that stand in for their parameters.

use crate::schema::SCHEMA;
use crate::text;
use aura_db::source::query_file::of_text;
use aura_db::sql::digest_text::{is_about_server, may_be_cut, names_table, statement};
use aura_db::sql::placeholder::placeholders;
use aura_db::sql::stand_in::stand_ins;

/// Reads the input as such a file, and as the text of a digest.
pub fn query_file(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for one in of_text(text, "q.sql", "q").unwrap_or_default() {
        assert!(!one.name.is_empty() && one.at.line > 0);
        let Ok(sql) = one.sql else { continue };
        if let (Ok(values), Ok(wanted)) = (stand_ins(&sql, &SCHEMA, "2026-01-02"), placeholders(&sql)) {
            assert_eq!(values.len(), wanted);
        }
    }
    statement(text);
    may_be_cut(text, 1024);
    names_table(text);
    is_about_server(text);
}
