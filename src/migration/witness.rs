//! What can tell, after a crash, whether a statement that commits by itself took effect.
//!
//! Single DDL statements are atomic (`MySQL` 8.0, `MariaDB` 10.6 and later, on `InnoDB`), so the definitions of the objects
//! that a statement names are either those from before it or those from after it.

use crate::sql::ddl::{AlterAction, Effect, dropped_views};
use std::fmt;

/// What sort of object it is, as `SHOW CREATE` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A table or a view.
    Table,
    /// A trigger.
    Trigger,
    /// A stored procedure.
    Procedure,
    /// A stored function.
    Function,
    /// An event.
    Event,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Table => "table",
            Self::Trigger => "trigger",
            Self::Procedure => "procedure",
            Self::Function => "function",
            Self::Event => "event",
        })
    }
}

/// An object that a statement names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
}

impl Object {
    fn table(name: &str) -> Self {
        Self { kind: Kind::Table, name: name.to_owned() }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// What tells whether a statement took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Witness {
    /// The definitions of these objects.
    Definition(Vec<Object>),
    /// The definitions, and beside them the storage engine's own number of the table, as an equal definition may hide
    /// another table: `TRUNCATE`, `CREATE OR REPLACE TABLE`, tables that trade their names.
    Identity(Vec<Object>),
    /// Nothing needs to: twice is as good as once.
    Repeatable,
    /// Nothing does, and why.
    None(String),
}

impl Witness {
    /// The objects to look at.
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        match self {
            Self::Definition(objects) | Self::Identity(objects) => objects,
            Self::Repeatable | Self::None(_) => &[],
        }
    }
}

/// [`witness`] of a statement by its text, where its effect names only the first of several objects.
#[must_use]
pub fn witness_of(sql: &str, effect: &Effect, elsewhere: Option<&str>) -> Witness {
    let views = dropped_views(sql);
    if views.len() > 1 && elsewhere.is_none() {
        return Witness::Definition(views.iter().map(|view| Object::table(view)).collect());
    }
    witness(effect, elsewhere)
}

/// What tells whether a statement with this effect took effect; `elsewhere` is another database that it names.
#[must_use]
pub fn witness(effect: &Effect, elsewhere: Option<&str>) -> Witness {
    if let Some(database) = elsewhere {
        return Witness::None(format!("it changes the database {database}, which is not looked into"));
    }
    match effect {
        Effect::CreateTable { table } => Witness::Definition(vec![Object::table(table)]),
        Effect::CreateIndex { table, .. } | Effect::DropIndex { table, .. } => {
            Witness::Definition(vec![Object::table(table)])
        }
        Effect::DropTable { tables } => Witness::Definition(tables.iter().map(|table| Object::table(table)).collect()),
        Effect::Truncate { table } | Effect::ReplaceTable { table } => Witness::Identity(vec![Object::table(table)]),
        Effect::RenameTable { pairs } => {
            let mut objects: Vec<Object> =
                pairs.iter().flat_map(|(from, to)| [Object::table(from), Object::table(to)]).collect();
            objects.sort();
            objects.dedup();
            Witness::Identity(objects)
        }
        Effect::AlterTable { table, actions } => {
            let renamed = actions.iter().filter_map(|action| match action {
                AlterAction::RenameTo(to) => Some(Object::table(to)),
                _ => None,
            });
            let objects = std::iter::once(Object::table(table)).chain(renamed).collect();
            // An emptied or exchanged partition leaves the definition as it was.
            if actions.contains(&AlterAction::DropPartition) {
                Witness::Identity(objects)
            } else {
                Witness::Definition(objects)
            }
        }
        Effect::Routine { kind, verb, .. } if kind == "sequence" && verb == "ALTER" => {
            Witness::None("where a sequence goes on does not show whether it was told to".into())
        }
        Effect::Routine { kind, name: Some(name), .. } => {
            let kind = match kind.as_str() {
                "view" | "sequence" => Kind::Table,
                "trigger" => Kind::Trigger,
                "procedure" => Kind::Procedure,
                "function" => Kind::Function,
                _ => Kind::Event,
            };
            Witness::Definition(vec![Object { kind, name: name.clone() }])
        }
        Effect::Transaction | Effect::Session | Effect::Read | Effect::Use => Witness::Repeatable,
        Effect::Rows { table, .. } => Witness::None(format!(
            "rows of {}, or of a table that its triggers, foreign keys or functions lead to, are written outside of \
             transactions",
            table.as_deref().unwrap_or("a table that could not be read")
        )),
        Effect::Routine { name: None, .. } | Effect::Other => {
            Witness::None("aura-db does not know what this kind of statement leaves behind".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::ddl::effect;

    fn of(sql: &str) -> Witness {
        witness(&effect(sql), None)
    }

    fn named(sql: &str) -> Vec<String> {
        of(sql).objects().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_kind_of_ddl_names_its_objects() {
        assert_eq!(named("CREATE TABLE IF NOT EXISTS a (x INT)"), ["table a"]);
        assert_eq!(named("DROP TABLE a, b"), ["table a", "table b"]);
        assert_eq!(named("RENAME TABLE a TO t, b TO a, t TO b"), ["table a", "table b", "table t"]);
        assert_eq!(named("ALTER TABLE a ADD COLUMN x INT, RENAME TO b"), ["table a", "table b"]);
        assert_eq!(named("CREATE UNIQUE INDEX i ON a (x)"), ["table a"]);
        assert_eq!(named("CREATE TRIGGER r BEFORE INSERT ON a FOR EACH ROW SET NEW.x = 1"), ["trigger r"]);
        assert_eq!(named("CREATE OR REPLACE VIEW v AS SELECT 1"), ["table v"]);
        assert_eq!(named("DROP PROCEDURE IF EXISTS p"), ["procedure p"]);
        assert_eq!(named("CREATE SEQUENCE s START WITH 5"), ["table s"]);
    }

    #[test]
    fn what_nothing_tells_is_said_so() {
        assert!(matches!(of("CALL p()"), Witness::None(_)));
        assert!(matches!(of("ALTER SEQUENCE s RESTART"), Witness::None(_)));
        assert!(matches!(of("GRANT SELECT ON a TO b"), Witness::None(_)));
        assert!(matches!(witness(&effect("DROP TABLE shop.a"), Some("shop")), Witness::None(_)));
        assert_eq!(of("ANALYZE TABLE a"), Witness::Repeatable);
        assert!(matches!(of("TRUNCATE a"), Witness::Identity(_)));
        assert!(matches!(of("ALTER TABLE a TRUNCATE PARTITION p0"), Witness::Identity(_)));
    }
}
