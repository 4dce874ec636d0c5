//! What a run would do, as a script, and what it did, a line for each migration.

use crate::model::migration::{Migration, Script};
use std::fmt::Write;
use std::time::Duration;

/// The statements of these scripts, each under its place, ready to be read or pasted. Statements that hold a `;` of
/// their own stand between `DELIMITER` lines.
#[must_use]
pub fn script(scripts: &[(&Migration, &Script)]) -> String {
    let mut text = String::new();
    for (migration, script) in scripts {
        let _ = writeln!(text, "-- {} {} ({})", migration.version, migration.description, migration.set);
        for statement in &script.statements {
            let _ = writeln!(text, "-- {}", statement.at);
            let _ = if statement.sql.contains(';') {
                writeln!(text, "DELIMITER ;;\n{};;\nDELIMITER ;", statement.sql)
            } else {
                writeln!(text, "{};", statement.sql)
            };
        }
        text.push('\n');
    }
    text
}

/// One line on a migration that is done.
#[must_use]
pub fn line(verb: &str, migration: &Migration, took: Duration) -> String {
    let ms = took.as_secs_f64() * 1e3;
    format!("{verb} {} {} ({}, {ms:.0} ms)\n", migration.version, migration.description, migration.set)
}
