//! The migration that would bring a database made by hand into line: what is missing is added; what is otherwise is
//! proposed in comments, as it may rewrite values. Nothing is dropped.
//!
//! Definitions are taken from SHOW CREATE TABLE of a database in which the migrations were run.

use crate::model::drift::{Compared, ObjectKind, Verdict};
use crate::sql::quote;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The up and the down script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repair {
    /// What adds.
    pub up: String,
    /// What takes it back.
    pub down: String,
}

/// Writes both; `definitions` holds the SHOW CREATE TABLE of each table by its name in lower case.
#[must_use]
pub fn repair(objects: &[Compared], definitions: &BTreeMap<String, String>) -> Repair {
    let mut ups = String::from("-- Brings the database into line with the migrations. Read it before it runs.\n");
    let mut downs = Vec::new();
    let rank = |one: &&Compared| one.object.kind;
    let mut sorted: Vec<&Compared> = objects.iter().collect();
    sorted.sort_by_key(rank);
    for one in sorted {
        let object = &one.object;
        let at = one.at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
        let definition = definitions.get(&object.table.to_lowercase());
        match &one.verdict {
            Verdict::Missing if object.kind == ObjectKind::Table => match definition {
                Some(sql) => {
                    let _ = write!(ups, "\n-- {object}{at}\n{sql};\n");
                    downs.push(format!("DROP TABLE {};\n", quote::name(&object.table)));
                }
                None => unwritten(&mut ups, &format!("{object}{at}")),
            },
            Verdict::Missing => match added(one, definition) {
                Some((up, down)) => {
                    let _ = write!(ups, "\n-- {object}{at}\n{up};\n");
                    downs.push(format!("{down};\n"));
                }
                None => unwritten(&mut ups, &format!("{object}{at}")),
            },
            Verdict::Conflicting { mismatches } => {
                let _ = write!(ups, "\n-- CONFLICT: {object}{at}\n");
                for mismatch in mismatches {
                    let _ = writeln!(ups, "--   {}", mismatch.to_string().replace('\n', " "));
                }
                if object.kind == ObjectKind::Column
                    && let Some(line) = line(one, definition)
                {
                    let _ = writeln!(ups, "-- ALTER TABLE {} MODIFY COLUMN {line};", quote::name(&object.table));
                }
            }
            _ => {}
        }
    }
    downs.reverse();
    Repair { up: ups, down: downs.concat() }
}

fn unwritten(ups: &mut String, object: &str) {
    let _ = write!(ups, "\n-- {object} is missing; take its definition from there\n");
}

fn added(one: &Compared, definition: Option<&String>) -> Option<(String, String)> {
    let (table, name) = (quote::name(&one.object.table), quote::name(one.object.name.as_deref()?));
    let line = line(one, definition)?;
    let (adds, drops) = match one.object.kind {
        ObjectKind::Column => (format!("ADD COLUMN {line}"), format!("DROP COLUMN {name}")),
        ObjectKind::Index if line.starts_with("PRIMARY") => (format!("ADD {line}"), "DROP PRIMARY KEY".into()),
        ObjectKind::Index => (format!("ADD {line}"), format!("DROP INDEX {name}")),
        ObjectKind::ForeignKey => (format!("ADD {line}"), format!("DROP FOREIGN KEY {name}")),
        ObjectKind::Check => (format!("ADD {line}"), format!("DROP CONSTRAINT {name}")),
        ObjectKind::Table | ObjectKind::Program => return None,
    };
    Some((format!("ALTER TABLE {table} {adds}"), format!("ALTER TABLE {table} {drops}")))
}

/// The object's line in the table's definition.
fn line<'a>(one: &Compared, definition: Option<&'a String>) -> Option<&'a str> {
    let name = quote::name(one.object.name.as_deref()?);
    let mut lines =
        definition?.lines().filter_map(|line| line.strip_prefix("  ")).map(|line| line.trim_end_matches(','));
    let is_it = |line: &&str| match one.object.kind {
        ObjectKind::Column => line.starts_with(&format!("{name} ")),
        ObjectKind::Index if name == "`PRIMARY`" => line.starts_with("PRIMARY KEY"),
        ObjectKind::Index => {
            let after = line.split_once("KEY ").filter(|(before, _)| !before.contains('`'));
            after.is_some_and(|(_, rest)| rest.starts_with(&format!("{name} ")))
        }
        ObjectKind::ForeignKey | ObjectKind::Check => line.starts_with(&format!("CONSTRAINT {name} ")),
        ObjectKind::Table | ObjectKind::Program => false,
    };
    lines.find(is_it)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::drift::{Mismatch, Object};

    const TABLE: &str = "CREATE TABLE `t` (\n  `id` int NOT NULL,\n  `b` varchar(9) DEFAULT 'x, y',\n  PRIMARY KEY (`id`),\n  \
                         UNIQUE KEY `u` (`b`),\n  CONSTRAINT `f` FOREIGN KEY (`id`) REFERENCES `o` (`id`)\n) ENGINE=InnoDB";

    fn one(kind: ObjectKind, name: Option<&str>, verdict: Verdict) -> Compared {
        let object = Object { kind, table: "t".into(), name: name.map(Into::into) };
        Compared { object, verdict, at: None }
    }

    #[test]
    fn what_is_missing_is_added_and_what_conflicts_is_proposed() {
        let definitions = BTreeMap::from([("t".to_owned(), TABLE.to_owned())]);
        let mismatch = Mismatch { attribute: "type".into(), expected: "int".into(), found: "bigint".into() };
        let objects = [
            one(ObjectKind::ForeignKey, Some("f"), Verdict::Missing),
            one(ObjectKind::Index, Some("u"), Verdict::Missing),
            one(ObjectKind::Column, Some("b"), Verdict::Missing),
            one(ObjectKind::Column, Some("id"), Verdict::Conflicting { mismatches: vec![mismatch] }),
        ];
        let Repair { up, down } = repair(&objects, &definitions);
        assert!(up.contains("ALTER TABLE `t` ADD COLUMN `b` varchar(9) DEFAULT 'x, y';"), "{up}");
        assert!(up.contains("ALTER TABLE `t` ADD UNIQUE KEY `u` (`b`);"), "{up}");
        assert!(up.contains("ADD CONSTRAINT `f` FOREIGN KEY"), "{up}");
        assert!(up.contains("-- ALTER TABLE `t` MODIFY COLUMN `id` int NOT NULL;"), "{up}");
        assert!(!up.contains("DROP"), "{up}");
        assert_eq!(
            down,
            "ALTER TABLE `t` DROP FOREIGN KEY `f`;\nALTER TABLE `t` DROP INDEX `u`;\nALTER TABLE `t` DROP COLUMN `b`;\n"
        );
        let whole = repair(&[one(ObjectKind::Table, None, Verdict::Missing)], &definitions);
        assert!(whole.up.contains("CREATE TABLE `t`") && whole.down == "DROP TABLE `t`;\n");
    }
}
