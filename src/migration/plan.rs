//! Which migrations to run, up or down, for what was asked.

use super::verify::{Entry, State};
use crate::model::migration::{Migration, Set};

/// Which migrations to take up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Up {
    /// Only this set.
    pub set: Option<Set>,
    /// Nothing later than this version.
    pub to: Option<i64>,
}

/// Which migrations to take down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Down {
    /// The newest so many.
    Steps(usize),
    /// Everything later than this version, which itself stays.
    To(i64),
    /// Every migration of a set. The schema set takes the index set with it, as no index outlives its table.
    Set(Set),
    /// Everything.
    All,
}

/// A request that cannot be met, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PlanError(pub String);

/// The migrations to apply, oldest first, one that an earlier run was cut off in among them.
///
/// # Errors
/// When the target version is neither in the files nor in the ledger.
pub fn up<'a>(entries: &[Entry<'a>], request: Up) -> Result<Vec<&'a Migration>, PlanError> {
    if let Some(to) = request.to {
        known(entries, to)?;
    }
    Ok(entries
        .iter()
        .filter(|entry| matches!(entry.state, State::Pending | State::OutOfOrder | State::HalfApplied))
        .filter(|entry| request.to.is_none_or(|to| entry.version <= to))
        .filter_map(|entry| entry.migration)
        .filter(|migration| request.set.is_none_or(|set| migration.set == set))
        .collect())
}

/// The migrations to take down, newest first, one that an earlier run was cut off in among them.
///
/// # Errors
/// When the target version is not known, or a migration has no down file.
pub fn down<'a>(entries: &[Entry<'a>], request: Down) -> Result<Vec<&'a Migration>, PlanError> {
    if let Down::To(to) = request
        && to != 0
    {
        known(entries, to)?;
    }
    let applied = entries.iter().rev().filter(|entry| matches!(entry.state, State::Applied | State::HalfApplied));
    let mut chosen: Vec<&Migration> = applied
        .filter(|entry| !matches!(request, Down::To(to) if entry.version <= to))
        .filter_map(|entry| entry.migration)
        .filter(|migration| !matches!(request, Down::Set(Set::Indexes) if migration.set != Set::Indexes))
        .collect();
    if let Down::Steps(steps) = request {
        chosen.truncate(steps);
    }
    if request == Down::Set(Set::Schema) {
        // Stable: newest first within each set, indexes before the tables that carry them.
        chosen.sort_by_key(|migration| migration.set == Set::Schema);
    }
    let cannot = |migration: &&&Migration| migration.down.as_ref().is_none_or(|down| down.statements.is_empty());
    match chosen.iter().find(cannot) {
        Some(migration) => Err(PlanError(format!(
            "{}: this migration has no down file with a statement, so it cannot be rolled back; write {}",
            migration.up.file,
            down_file(&migration.up.file)
        ))),
        None => Ok(chosen),
    }
}

fn known(entries: &[Entry<'_>], version: i64) -> Result<(), PlanError> {
    if entries.iter().any(|entry| entry.version == version) {
        return Ok(());
    }
    let nearest = entries.iter().min_by_key(|entry| entry.version.abs_diff(version)).map(|entry| entry.version);
    let hint = nearest.map(|nearest| format!("; the nearest is {nearest}")).unwrap_or_default();
    Err(PlanError(format!("there is no migration of version {version}{hint}")))
}

fn down_file(up: &str) -> String {
    let stem = up.strip_suffix(".up.sql").or_else(|| up.strip_suffix(".sql")).unwrap_or(up);
    format!("{stem}.down.sql")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::location::Location;
    use crate::model::migration::{Naming, Script, Statement};

    fn migration(version: i64, set: Set, reversible: bool) -> Migration {
        let script = |kind: &str| {
            let file = format!("{version}_x.{kind}.sql");
            let statements = vec![Statement { sql: "DO 0".into(), at: Location::line(&file, 1) }];
            Script { file, text: String::new(), statements }
        };
        Migration {
            version,
            description: "x".into(),
            naming: Naming::Sqlx,
            set,
            up: script("up"),
            down: reversible.then(|| script("down")),
        }
    }

    fn entries(migrations: &[Migration], state: State) -> Vec<Entry<'_>> {
        migrations
            .iter()
            .map(|migration| Entry {
                version: migration.version,
                migration: Some(migration),
                row: None,
                state,
                stopped: None,
            })
            .collect()
    }

    fn versions(chosen: &[&Migration]) -> Vec<i64> {
        chosen.iter().map(|migration| migration.version).collect()
    }

    fn mixed() -> Vec<Migration> {
        vec![migration(1, Set::Schema, true), migration(2, Set::Indexes, true), migration(3, Set::Schema, true)]
    }

    #[test]
    fn up_keeps_to_its_set_and_its_target() {
        let files = mixed();
        let pending = entries(&files, State::Pending);
        assert_eq!(versions(&up(&pending, Up { set: None, to: Some(2) }).unwrap()), [1, 2]);
        assert_eq!(versions(&up(&pending, Up { set: Some(Set::Schema), to: None }).unwrap()), [1, 3]);
        assert!(up(&pending, Up { set: None, to: Some(9) }).unwrap_err().0.contains("the nearest is 3"));
    }

    #[test]
    fn down_goes_newest_first() {
        let files = mixed();
        let applied = entries(&files, State::Applied);
        let of = |request| versions(&down(&applied, request).unwrap());
        assert_eq!(of(Down::Steps(2)), [3, 2]);
        assert_eq!(of(Down::To(1)), [3, 2]);
        assert_eq!(of(Down::To(0)), [3, 2, 1]);
        assert_eq!(of(Down::Set(Set::Indexes)), [2]);
        assert_eq!(of(Down::Set(Set::Schema)), [2, 3, 1]);
        assert_eq!(of(Down::All), [3, 2, 1]);
    }

    #[test]
    fn a_missing_down_file_is_named_before_anything_runs() {
        let files = [migration(7, Set::Schema, false)];
        let error = down(&entries(&files, State::Applied), Down::All).unwrap_err();
        assert!(error.0.contains("write 7_x.down.sql"), "{error}");
    }
}
