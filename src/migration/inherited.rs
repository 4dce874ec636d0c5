//! What a rollback would take away that had been there before aura-db: an adopted migration never ran, so its down script
//! undoes what somebody else has made.

use crate::model::journal::{JournalRow, Progress};
use crate::model::location::Location;
use crate::model::migration::{Direction, Migration};
use crate::sql::ddl::{AlterAction, Effect, effect, targets};

/// An object that was adopted, in words, and the statement that would drop it. Indexes are left where they are anyway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inherited {
    /// `table users`, `column users.xp`, `view top`.
    pub what: String,
    /// Where the statement stands.
    pub at: Location,
}

/// The adopted objects that the down scripts of these migrations drop.
#[must_use]
pub fn inherited(migrations: &[&Migration], journal: &[JournalRow]) -> Vec<Inherited> {
    let is_adopted = |version: i64| {
        let up = |row: &JournalRow| row.version == version && row.direction == Direction::Up;
        journal.iter().any(|row| up(row) && row.progress == Progress::Adopted)
    };
    let adopted = migrations.iter().filter(|migration| is_adopted(migration.version));
    let statements = adopted.filter_map(|migration| migration.down.as_ref()).flat_map(|down| &down.statements);
    statements
        .flat_map(|statement| {
            let at = &statement.at;
            dropped(&statement.sql).into_iter().map(|what| Inherited { what, at: at.clone() })
        })
        .collect()
}

fn dropped(sql: &str) -> Vec<String> {
    match effect(sql) {
        Effect::DropTable { tables } => tables.into_iter().map(|table| format!("table {table}")).collect(),
        Effect::AlterTable { table, actions } => actions
            .into_iter()
            .filter_map(|action| match action {
                AlterAction::DropColumn(column) => Some(format!("column {table}.{column}")),
                _ => None,
            })
            .collect(),
        Effect::Routine { verb, kind, .. } if verb == "DROP" => {
            targets(sql).iter().map(|name| format!("{kind} {name}")).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_columns_and_programs_are_named_and_indexes_are_not() {
        assert_eq!(dropped("DROP TABLE a, b"), ["table a", "table b"]);
        assert_eq!(dropped("ALTER TABLE t DROP COLUMN x, DROP INDEX i"), ["column t.x"]);
        assert_eq!(dropped("DROP VIEW IF EXISTS v, `w`"), ["view v", "view w"]);
        assert_eq!(dropped("DROP PROCEDURE p"), ["procedure p"]);
        assert_eq!(dropped("DROP INDEX i ON t"), [""; 0]);
    }
}
