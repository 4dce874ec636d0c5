//! The schema that a folder of migrations builds, read from their text: enough to tell types of columns by.

use super::failure::Failure;
use crate::model::built::Defaults;
use crate::model::schema::Schema;
use crate::sql::draft::Draft;
use std::path::Path;

/// What the up migrations build, one after the other.
///
/// # Errors
/// When a migration cannot be read.
pub(super) fn drafted(folder: &Path) -> Result<Schema, Failure> {
    let migrations = crate::source::migrations::load(folder).map_err(|errors| {
        Failure::unable(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("\n"))
    })?;
    let mut draft = Draft::new(Defaults::default());
    for statement in migrations.iter().flat_map(|migration| &migration.up.statements) {
        draft.apply(&statement.sql, &statement.at.to_string());
    }
    Ok(draft.built.schema)
}
