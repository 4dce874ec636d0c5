//! Changes that the servers make only by copying the table, as far as text and catalogue show it before a run.
//!
//! A copy above the profile's limit is refused by each statement for itself, which may be in the middle of a migration.
//! What is certain is better known beforehand. It was tried on `MySQL` 9.7 and `MariaDB` 10.11: a column of numbers or
//! times that gets another type, a foreign key that is checked, and `ALGORITHM=COPY` itself. The rest is left to the server.

use crate::model::migration::Statement;
use crate::model::online::{Algorithm, LockTaken};
use crate::model::schema::{Column, Schema};
use crate::sql::ddl::{AlterAction, Effect, Redefinition, databases, effect, redefinitions};
use crate::sql::online::online;
use std::collections::BTreeMap;

/// Types of a fixed width, of which none becomes another without a copy.
const FIXED: [&str; 14] = [
    "tinyint",
    "smallint",
    "mediumint",
    "int",
    "bigint",
    "float",
    "double",
    "decimal",
    "date",
    "time",
    "datetime",
    "timestamp",
    "year",
    "bit",
];

/// A statement that copies a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// The table, by the name that it has before the run.
    pub table: String,
    /// Why it is copied, in words.
    pub why: String,
}

/// Whether the text may ask for a copy, so that the catalogue is worth a look.
#[must_use]
pub fn may_copy(sql: &str) -> bool {
    let Some(online) = online(sql) else { return false };
    match online.own.algorithm {
        Some(algorithm) => algorithm == Algorithm::Copy,
        None => !redefinitions(sql).is_empty() || adds_foreign_key(sql),
    }
}

/// The statements among these, run in this order from this schema, that copy a table which is there before the run.
/// Those that may or may not run as they stand are marked `false`. `checks` says whether the session checks foreign keys.
#[must_use]
pub fn copied<'a>(
    statements: impl IntoIterator<Item = (&'a Statement, bool)>,
    schema: &Schema,
    checks: bool,
) -> Vec<Copied<'a>> {
    let mut course = Course { schema, checks, tables: BTreeMap::new(), columns: BTreeMap::new() };
    let mut found = Vec::new();
    for (statement, is_certain) in statements {
        let sql = statement.sql.as_str();
        course.checks &= !sql.to_ascii_lowercase().contains("foreign_key_checks");
        let effect = effect(sql);
        // It may empty any table, or put another in its place.
        if matches!(effect, Effect::Other | Effect::Use | Effect::Rows { table: None, .. }) {
            break;
        }
        if !databases(sql).is_empty() {
            continue;
        }
        if let Effect::AlterTable { table, actions } = &effect
            && is_certain
            && let Some(table) = course.original(table)
            && let Some(why) = course.why(sql, &table, actions)
        {
            found.push(Copied { statement, table, why });
        }
        course.follow(effect);
    }
    found
}

fn adds_foreign_key(sql: &str) -> bool {
    let upper = sql.to_ascii_uppercase();
    upper.contains("FOREIGN")
        && matches!(effect(sql), Effect::AlterTable { actions, .. } if actions.contains(&AlterAction::AddConstraint))
}

/// The run up to a statement: what tables and columns were called before it. `None` is one that is not known any more.
struct Course<'a> {
    schema: &'a Schema,
    checks: bool,
    tables: BTreeMap<String, Option<String>>,
    columns: BTreeMap<(String, String), Option<String>>,
}

impl Course<'_> {
    fn original(&self, table: &str) -> Option<String> {
        let known = self.tables.get(&table.to_lowercase());
        known.cloned().unwrap_or_else(|| self.schema.table(table).map(|table| table.name.clone()))
    }

    fn column(&self, table: &str, name: &str) -> Option<&Column> {
        let known = self.columns.get(&(table.to_lowercase(), name.to_lowercase()));
        let name = known.cloned().unwrap_or_else(|| Some(name.to_owned()))?;
        self.schema.table(table)?.column(&name)
    }

    fn why(&self, sql: &str, table: &str, actions: &[AlterAction]) -> Option<String> {
        let online = online(sql)?;
        if online.own.lock == Some(LockTaken::None) {
            return None;
        }
        match online.own.algorithm {
            Some(Algorithm::Copy) => return Some("ALGORITHM=COPY, which it asks for".into()),
            Some(_) => return None,
            None => {}
        }
        // Rows in the oldest format hold some other types without being touched.
        if self.schema.table(table)?.options.to_ascii_lowercase().contains("redundant") {
            return None;
        }
        let retyped = redefinitions(sql).into_iter().find_map(|one| {
            let Redefinition::Column(name, Some(definition)) = one else { return None };
            let column = self.column(table, &name)?;
            let after = Column { column_type: definition.column_type.clone(), ..Column::default() }.base_type();
            let before = column.base_type();
            let is_fixed = |one: &str| FIXED.contains(&one);
            let is_other = before != after && is_fixed(&before) && is_fixed(&after);
            (is_other && column.generated.is_empty() && !definition.generated)
                .then(|| format!("a copy, as column {name} of type {before} becomes {after}"))
        });
        retyped.or_else(|| {
            let is_checked = self.checks && actions.contains(&AlterAction::AddConstraint) && adds_foreign_key(sql);
            is_checked.then(|| "a copy, as it adds a foreign key that is checked row by row".to_owned())
        })
    }

    fn follow(&mut self, effect: Effect) {
        match effect {
            Effect::RenameTable { pairs } => pairs.iter().for_each(|(from, to)| self.rename(from, to)),
            Effect::DropTable { tables } => tables.iter().for_each(|table| self.forget(table)),
            Effect::Truncate { table } | Effect::ReplaceTable { table } | Effect::CreateTable { table } => {
                self.forget(&table);
            }
            Effect::Rows { verb, table: Some(table) } if verb == "DELETE" => self.forget(&table),
            Effect::AlterTable { table, actions } => self.altered(&table, &actions),
            _ => {}
        }
    }

    fn altered(&mut self, name: &str, actions: &[AlterAction]) {
        let Some(table) = self.original(name) else { return };
        let key = |column: &str| (table.to_lowercase(), column.to_lowercase());
        for action in actions {
            match action {
                AlterAction::AddColumn(column)
                | AlterAction::DropColumn(column)
                | AlterAction::ModifyColumn(column) => {
                    self.columns.insert(key(column), None);
                }
                AlterAction::ChangeColumn(from, to) => {
                    self.columns.insert(key(from), None);
                    self.columns.insert(key(to), None);
                }
                AlterAction::RenameColumn(from, to) => {
                    let source = self.columns.get(&key(from)).cloned().unwrap_or_else(|| Some(from.clone()));
                    self.columns.insert(key(from), None);
                    self.columns.insert(key(to), source);
                }
                AlterAction::DropPartition => return self.forget(name),
                AlterAction::RenameTo(to) => self.rename(name, to),
                _ => {}
            }
        }
    }

    fn rename(&mut self, from: &str, to: &str) {
        let source = self.original(from);
        self.forget(from);
        self.tables.insert(to.to_lowercase(), source);
    }

    fn forget(&mut self, table: &str) {
        self.tables.insert(table.to_lowercase(), None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::location::Location;
    use crate::model::schema::Table;

    fn found(script: &[&str]) -> Vec<(String, String)> {
        let column =
            |(name, kind): (&str, &str)| Column { name: name.into(), column_type: kind.into(), ..Column::default() };
        let columns = [("a", "int"), ("n", "varchar(20)")].map(column).to_vec();
        let schema = Schema { tables: vec![Table { name: "t".into(), columns, ..Table::default() }], routines: vec![] };
        let at = Location::line("x.sql", 1);
        let statements: Vec<Statement> =
            script.iter().map(|sql| Statement { sql: (*sql).into(), at: at.clone() }).collect();
        let found = copied(statements.iter().map(|statement| (statement, true)), &schema, true);
        found.into_iter().map(|one| (one.table, one.why)).collect()
    }

    #[test]
    fn a_copy_is_found_behind_other_names() {
        let script = ["ALTER TABLE t RENAME COLUMN a TO b", "RENAME TABLE t TO u", "ALTER TABLE u MODIFY b BIGINT"];
        assert_eq!(found(&script), [("t".into(), "a copy, as column b of type int becomes bigint".into())]);
        assert_eq!(found(&["ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id)"]).len(), 1);
        assert_eq!(found(&["ALTER TABLE t FORCE, ALGORITHM = COPY"]).len(), 1);
    }

    #[test]
    fn what_is_not_certain_is_left_to_the_server() {
        for script in [
            &["ALTER TABLE t MODIFY n VARCHAR(9)"][..],
            &["ALTER TABLE t MODIFY a INT NOT NULL"],
            &["ALTER TABLE t MODIFY a BIGINT, ALGORITHM=INPLACE"],
            &["ALTER TABLE t MODIFY a BIGINT, LOCK=NONE"],
            &["TRUNCATE t", "ALTER TABLE t MODIFY a BIGINT"],
            &["DELETE FROM t", "ALTER TABLE t MODIFY a BIGINT"],
            &["CALL p()", "ALTER TABLE t MODIFY a BIGINT"],
            &["RENAME TABLE t TO u, v TO t", "ALTER TABLE t MODIFY a BIGINT"],
            &["ALTER TABLE other.t MODIFY a BIGINT"],
            &["SET foreign_key_checks = 0", "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p (id)"],
        ] {
            assert_eq!(found(script), [], "{script:?}");
        }
    }
}
