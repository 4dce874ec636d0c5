//! refinery's names: `V<number>__<name>.sql`, which has its place in the order, and `U<number>__<name>.sql`, which may
//! be applied at any time; in the folder and below it.
//!
//! `V<number>__<name>.down.sql` is aura-db's own: refinery has no way back, and its pattern does not match that name.

use super::Named;
use crate::model::migration::Naming;

/// What refinery makes of a file's name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// A migration, or aura-db's down file for one.
    Migration(Named),
    /// refinery takes it for a migration and fails on it, or does with it what aura-db cannot; the reason.
    Unusable(&'static str),
    /// Not seen by refinery.
    Ignored,
}

/// Reads a file's name.
pub(super) fn name(file_name: &str) -> Name {
    let mut rest = file_name;
    let naming = match rest.chars().next() {
        Some('V') => Naming::Versioned,
        Some('U') => Naming::Unversioned,
        // refinery's pattern lets it through by mistake.
        Some('|') => Naming::Sqlx,
        _ => return Name::Ignored,
    };
    rest = &rest[1..];
    let digits = &rest[..rest.find(|c: char| !c.is_numeric()).unwrap_or(rest.len())];
    rest = &rest[digits.len()..];
    let fraction =
        rest.strip_prefix('.').map(|after| &after[..after.find(|c: char| !c.is_numeric()).unwrap_or(after.len())]);
    if let Some(fraction) = fraction.filter(|fraction| !fraction.is_empty()) {
        rest = &rest[fraction.len() + 1..];
    }
    let Some(rest) = rest.strip_prefix("__").filter(|_| !digits.is_empty()) else { return Name::Ignored };
    let (name, extension) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
    let down = extension == ".down.sql";
    if !(down || extension == ".sql" || extension == ".rs") {
        return Name::Ignored;
    }
    let is_word = |c: char| c.is_alphabetic() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || name.chars().any(|c| c.is_ascii() && !is_word(c)) {
        return Name::Ignored;
    }
    if !name.chars().all(is_word) {
        return Name::Unusable(
            "the name has a character of which it is not certain that refinery takes it; use letters, digits and _",
        );
    }
    if naming == Naming::Sqlx {
        return Name::Unusable("the name begins with |, on which refinery itself breaks off; begin it with V or U");
    }
    if extension == ".rs" {
        return Name::Unusable("this is a migration in Rust, which only refinery's library can run; write it in SQL");
    }
    if fraction.is_some_and(|fraction| !fraction.is_empty()) {
        return Name::Unusable(
            "the name has a version with a point, which refinery itself cannot read; use a whole number",
        );
    }
    match digits.parse::<i64>() {
        Ok(version) => Name::Migration(Named { version, naming, description: name.to_owned(), down }),
        Err(_) => Name::Unusable("the name has a version that is no number of at most 64 bits; use a smaller one"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use refinery_core::{Migration, SchemaVersion};

    fn migration(version: i64, naming: Naming, name: &str, down: bool) -> Name {
        Name::Migration(Named { version, naming, description: name.into(), down })
    }

    fn is_unusable(file_name: &str, reason: &str) {
        let name = name(file_name);
        assert!(matches!(name, Name::Unusable(why) if why.contains(reason)), "{file_name}: {name:?}");
    }

    #[test]
    fn names_are_read_as_refinery_reads_them() {
        assert_eq!(name("V1__create_users.sql"), migration(1, Naming::Versioned, "create_users", false));
        assert_eq!(name("U020__fix__it.sql"), migration(20, Naming::Unversioned, "fix__it", false));
        assert_eq!(name("V3___Größe.sql"), migration(3, Naming::Versioned, "_Größe", false));
        assert_eq!(name("V1__create_users.down.sql"), migration(1, Naming::Versioned, "create_users", true));
        for ignored in [
            "v1__x.sql",
            "V1_x.sql",
            "V__x.sql",
            "V1__.sql",
            "V1__a-b.sql",
            "V1__x.SQL",
            "V1__x.sql.bak",
            "README.md",
            "V1__x.up.sql",
            "",
            "V1.__x.sql",
        ] {
            assert_eq!(name(ignored), Name::Ignored, "{ignored}");
        }
    }

    #[test]
    fn what_refinery_itself_fails_on_is_refused_with_the_reason() {
        is_unusable("V1.2__x.sql", "a point");
        is_unusable("|1__x.sql", "breaks off");
        is_unusable("V99999999999999999999__x.sql", "64 bits");
        is_unusable("V1__x.rs", "in Rust");
        is_unusable("V1__x\u{200d}.sql", "not certain");
    }

    proptest! {
        #[test]
        fn refinery_agrees(file_name in "[VU|v1]?[0-9]{0,3}(\\.[0-9]{0,2})?_{0,3}[a-zß_ .-]{0,6}(\\.down)?(\\.sql)?") {
            let folder = tempfile::tempdir().unwrap();
            prop_assume!(!file_name.is_empty() && !file_name.starts_with('.'));
            std::fs::write(folder.path().join(&file_name), "SELECT 1").unwrap();
            // The one that makes refinery panic cannot be asked about.
            let theirs = (!file_name.starts_with('|')).then(|| refinery_core::load_sql_migrations(folder.path()));
            match (name(&file_name), theirs) {
                (_, None) => {}
                (Name::Migration(named), Some(theirs)) => {
                    let theirs: Vec<Migration> = theirs.unwrap();
                    let seen: Vec<(SchemaVersion, &str)> = theirs.iter().map(|m| (m.version(), m.name())).collect();
                    let ours = (SchemaVersion::try_from(named.version).unwrap(), named.description.as_str());
                    prop_assert_eq!(seen, if named.down { vec![] } else { vec![ours] });
                }
                (Name::Unusable(_), Some(theirs)) => prop_assert!(theirs.is_err() || file_name.ends_with(".down.sql")),
                (Name::Ignored, Some(theirs)) => prop_assert!(theirs.unwrap().is_empty()),
            }
        }
    }
}
