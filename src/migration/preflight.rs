//! Before anything runs: an index whose table or column is neither there nor made by a statement before it, or whose name
//! is taken by another one.
//!
//! The statements are followed in their order. Where it is not certain what one leaves behind, nothing is refused.

use super::existing::{Defined, Existing, added, judge};
use crate::model::engine::{Engine, EngineKind};
use crate::model::migration::Statement;
use crate::model::schema::Schema;
use crate::sql::ddl::{AlterAction, Effect, created, databases, effect};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a table at one point of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    /// It is not there.
    Absent,
    /// It is there with these columns, in lower case.
    Columns(BTreeSet<String>),
    /// Nothing.
    Unknown,
}

/// What is there before the run.
#[derive(Debug, Clone, Copy)]
pub struct Before<'a> {
    /// The tables that the statements name.
    pub schema: &'a Schema,
    /// The engine.
    pub engine: &'a Engine,
    /// The session's database.
    pub database: Option<&'a str>,
    /// The indexes that the migrations define.
    pub defined: &'a Defined,
    /// What to do where a table is missing.
    pub remedy: &'a str,
}

/// The tables that have to be looked at for these statements; none when they add no index.
#[must_use]
pub fn tables<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> Vec<String> {
    let effects: Vec<(&str, Effect)> =
        statements.into_iter().map(|statement| (statement.sql.as_str(), effect(&statement.sql))).collect();
    let needs = |effect: &Effect| matches!(effect, Effect::CreateIndex { .. } | Effect::AlterTable { .. });
    if !effects.iter().any(|(_, effect)| needs(effect)) {
        return Vec::new();
    }
    let names = effects.iter().flat_map(|(sql, _)| crate::sql::ddl::targets(sql));
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Why the run would fail, with the places; empty when nothing speaks against it. Statements that an earlier run may have
/// run already are marked so.
#[must_use]
pub fn refusals<'a>(statements: impl IntoIterator<Item = (&'a Statement, bool)>, before: Before<'_>) -> Vec<String> {
    let mut course = Course { before, tables: BTreeMap::new(), blind: false };
    let mut refusals = Vec::new();
    for (statement, begun) in statements {
        let effect = effect(&statement.sql);
        let own = databases(&statement.sql).iter().all(|database| Some(database.as_str()) == before.database);
        if !begun && own && !course.blind {
            refusals.extend(course.refusal(&statement.sql, &effect).map(|why| format!("{}: {why}", statement.at)));
        }
        course.follow(&statement.sql, &effect, begun || !own);
    }
    refusals
}

struct Course<'a> {
    before: Before<'a>,
    /// The tables that the run has come by, by their names in lower case.
    tables: BTreeMap<String, Known>,
    /// Whether a statement ran that may have done anything.
    blind: bool,
}

impl Course<'_> {
    fn known(&self, table: &str) -> Known {
        if let Some(known) = self.tables.get(&table.to_ascii_lowercase()) {
            return known.clone();
        }
        let is_view = |name: &str| self.before.schema.routines.iter().any(|one| one.name.eq_ignore_ascii_case(name));
        match self.before.schema.table(table) {
            Some(table) => Known::Columns(table.columns.iter().map(|one| one.name.to_ascii_lowercase()).collect()),
            None if is_view(table) => Known::Unknown,
            None => Known::Absent,
        }
    }

    fn refusal(&self, sql: &str, effect: &Effect) -> Option<String> {
        let (table, actions): (&str, &[AlterAction]) = match effect {
            Effect::CreateIndex { table, .. } => (table, &[]),
            Effect::AlterTable { table, actions } => (table, actions),
            _ => return None,
        };
        let columns = match self.known(table) {
            Known::Unknown => return None,
            Known::Absent if may_be_missing(sql) => return None,
            Known::Absent => return Some(format!("table {table} is not there; {}", self.before.remedy)),
            Known::Columns(columns) => columns,
        };
        // What a clause that is not known adds is not known either.
        let is_known = !actions.contains(&AlterAction::Other);
        let after = altered(columns.clone(), actions);
        let missing: Vec<String> = added(effect)
            .flat_map(|(_, index)| &index.columns)
            .filter(|column| !after.contains(&column.to_ascii_lowercase()))
            .filter(|column| is_known && !columns.contains(&column.to_ascii_lowercase()))
            .map(|column| format!("{table}.{column}"))
            .collect();
        if !missing.is_empty() {
            let verb = if missing.len() == 1 { "is" } else { "are" };
            return Some(format!(
                "an index needs {}, which {verb} not there and which no statement before it adds; add the column in a \
                 migration before this one, or correct the name",
                missing.join(" and ")
            ));
        }
        // A table that the run has come by may have other indexes by then.
        let untouched = !self.tables.contains_key(&table.to_ascii_lowercase());
        let there =
            self.before.schema.table(table).filter(|_| untouched && self.before.engine.kind != EngineKind::Embedded)?;
        match judge(sql, effect, there, self.before.engine, self.before.defined) {
            Existing::Conflict(reason) => Some(reason),
            _ => None,
        }
    }

    fn set(&mut self, table: &str, known: Known) {
        self.tables.insert(table.to_ascii_lowercase(), known);
    }

    /// What is known after a statement. Of one that is uncertain, only that it may have changed its targets.
    fn follow(&mut self, sql: &str, effect: &Effect, uncertain: bool) {
        if uncertain {
            self.blind |= matches!(effect, Effect::Other);
            for table in crate::sql::ddl::targets(sql) {
                self.set(&table, Known::Unknown);
            }
            return;
        }
        match effect {
            Effect::CreateTable { table } if self.known(table) == Known::Absent => self.make(table, sql),
            Effect::ReplaceTable { table } => self.make(table, sql),
            // What is there stays with IF NOT EXISTS; otherwise the run fails here.
            Effect::DropTable { tables } => tables.iter().for_each(|table| self.set(table, Known::Absent)),
            Effect::RenameTable { pairs } => pairs.iter().for_each(|(from, to)| self.rename(from, to)),
            Effect::AlterTable { table, actions } => {
                let known = match self.known(table) {
                    Known::Columns(columns) if !actions.contains(&AlterAction::Other) => {
                        Known::Columns(altered(columns, actions))
                    }
                    _ => Known::Unknown,
                };
                self.set(table, known);
                for action in actions {
                    if let AlterAction::RenameTo(to) = action {
                        self.rename(table, to);
                    }
                }
            }
            Effect::CreateIndex { table, .. } | Effect::DropIndex { table, .. } => {
                let known = self.known(table);
                self.set(table, known);
            }
            Effect::Other => self.blind = true,
            // A temporary table hides a table of its name.
            Effect::Session => self.blind |= is_temporary(sql),
            _ => {}
        }
    }

    fn make(&mut self, table: &str, sql: &str) {
        let columns = created(sql).map(|created| created.columns.iter().map(|one| one.to_ascii_lowercase()).collect());
        self.set(table, columns.map_or(Known::Unknown, Known::Columns));
    }

    fn rename(&mut self, from: &str, to: &str) {
        let known = self.known(from);
        self.set(from, Known::Absent);
        self.set(to, if known == Known::Absent { Known::Unknown } else { known });
    }
}

fn altered(mut columns: BTreeSet<String>, actions: &[AlterAction]) -> BTreeSet<String> {
    for action in actions {
        match action {
            AlterAction::AddColumn(name) => {
                columns.insert(name.to_ascii_lowercase());
            }
            AlterAction::DropColumn(name) => {
                columns.remove(&name.to_ascii_lowercase());
            }
            AlterAction::ChangeColumn(from, to) | AlterAction::RenameColumn(from, to) => {
                columns.remove(&from.to_ascii_lowercase());
                columns.insert(to.to_ascii_lowercase());
            }
            _ => {}
        }
    }
    columns
}

/// `ALTER TABLE IF EXISTS` asks for nothing.
fn may_be_missing(sql: &str) -> bool {
    let words: Vec<String> = sql.split_whitespace().take(6).map(str::to_ascii_uppercase).collect();
    words.windows(3).any(|words| words == ["TABLE", "IF", "EXISTS"])
}

fn is_temporary(sql: &str) -> bool {
    sql.split_whitespace().take(4).any(|word| word.eq_ignore_ascii_case("TEMPORARY"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::location::Location;
    use crate::model::schema::{Column, Table};

    fn refused(scripts: &[&str]) -> Vec<String> {
        let column = |name: &str| Column { name: name.into(), ..Column::default() };
        let table = Table { name: "users".into(), columns: vec![column("id"), column("level")], ..Table::default() };
        let schema = Schema { tables: vec![table], routines: vec![] };
        let statements: Vec<Statement> = (1..)
            .zip(scripts)
            .map(|(line, sql)| Statement { sql: (*sql).into(), at: Location::line("x.sql", line) })
            .collect();
        let engine = Engine { kind: EngineKind::Mysql, version: "9.7.0".into() };
        let (defined, remedy) = (Defined::default(), "make it");
        let before = Before { schema: &schema, engine: &engine, database: Some("d"), defined: &defined, remedy };
        refusals(statements.iter().map(|statement| (statement, false)), before)
    }

    #[test]
    fn what_is_missing_is_refused_with_its_place() {
        let found = refused(&["CREATE INDEX idx_xp ON users (Level, xp DESC)", "ALTER TABLE posts ADD INDEX (a)"]);
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("x.sql:1") && found[0].contains("needs users.xp, which is"), "{found:?}");
        assert!(found[1].contains("table posts is not there; make it"), "{found:?}");
        assert_eq!(refused(&["ALTER TABLE users CHANGE level xp INT", "CREATE INDEX i ON users (level)"]).len(), 1);
        assert_eq!(refused(&["CREATE TABLE t (a INT)", "RENAME TABLE t TO u", "CREATE INDEX i ON u (b)"]).len(), 1);
        assert_eq!(refused(&["DROP TABLE users", "CREATE INDEX i ON users (id)"]).len(), 1);
    }

    #[test]
    fn what_the_run_makes_or_may_make_is_not() {
        for scripts in [
            &["ALTER TABLE users ADD xp INT, ADD INDEX i (xp)", "CREATE INDEX j ON users (xp)"][..],
            &["ALTER TABLE users RENAME COLUMN level TO xp", "CREATE INDEX i ON users (xp)"],
            &["ALTER TABLE users ADD (xp INT)", "CREATE INDEX i ON users (xp)"],
            &["CREATE TABLE t LIKE users", "CREATE INDEX i ON t (x)"],
            &["CREATE TABLE t (a INT) AS SELECT 1 AS b", "CREATE INDEX i ON t (b)"],
            &["CALL make_it()", "CREATE INDEX i ON t (x)"],
            &["PREPARE s FROM 'CREATE TABLE t (a INT)'", "EXECUTE s", "CREATE INDEX i ON t (a)"],
            &["CREATE TEMPORARY TABLE t (a INT)", "CREATE INDEX i ON t (a)"],
            &["CREATE INDEX i ON other.t (a)", "CREATE INDEX i ON users ((lower(xp)))"],
            &["CREATE TABLE IF NOT EXISTS users (xp INT)", "CREATE INDEX i ON users (id)"],
            &["RENAME TABLE users TO members", "CREATE INDEX i ON members (id)"],
        ] {
            assert_eq!(refused(scripts), [] as [&str; 0], "{scripts:?}");
        }
    }
}
