//! A dump of a schema.

use aura_db::source::dump::load;

/// Reads a dump.
pub fn dump(data: &[u8]) {
    let Ok(folder) = tempfile::tempdir() else { return };
    let path = folder.path().join("dump.sql");
    if std::fs::write(&path, data).is_err() {
        return;
    }
    if let Ok(statements) = load(&path) {
        assert!(statements.len() > 1, "the session's setting and a definition");
    }
}
