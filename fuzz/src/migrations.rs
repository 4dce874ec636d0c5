//! A folder of migrations: each file begins with a line `\x1e NAME`.

use crate::text;
use aura_db::migration::verify::{refusals, verify};
use aura_db::model::migration::Direction;
use aura_db::source::migrations::load;

/// Reads a folder.
pub fn migrations(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(folder) = tempfile::tempdir() else { return };
    for file in text.split('\u{1e}').skip(1).take(8) {
        let (name, content) = file.split_once('\n').unwrap_or((file, ""));
        let is_name = !name.is_empty() && name.len() < 100 && !name.contains(['/', '\0']) && !name.starts_with("..");
        if is_name && name != "." {
            let _ = std::fs::write(folder.path().join(name), content);
        }
    }
    match load(folder.path()) {
        Ok(migrations) => {
            assert!(migrations.is_sorted_by_key(|migration| migration.version));
            let entries = verify(&migrations, &[], &[], true);
            assert_eq!(entries.len(), migrations.len());
            refusals(&entries, Some(Direction::Up), false);
        }
        Err(problems) => assert!(problems.iter().all(|problem| !problem.message.is_empty())),
    }
}
