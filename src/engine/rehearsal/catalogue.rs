//! The copy's schema, kept in step with the statements: what one has changed is read again, and no more. Reading all of a
//! thousand tables for each of a thousand statements would take longer than anything else that a trial does.

use super::Rehearsal;
use crate::engine::EngineError;
use crate::model::schema::Schema;
use crate::sql::ddl::{Effect, databases, targets};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The schema as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    schema: Option<Schema>,
    /// Names of tables that have changed since.
    stale: BTreeSet<String>,
}

impl Catalogue {
    /// Whether it stands for the copy as it is now without another look.
    pub(super) fn is_current(&self) -> bool {
        self.schema.is_some() && self.stale.is_empty()
    }

    /// Notes what a statement may have changed.
    pub(super) fn changed(&mut self, effect: &Effect, sql: &str) {
        let Some(schema) = &self.schema else { return };
        let takes_triggers_along = match effect {
            Effect::CreateTable { .. } | Effect::CreateIndex { .. } | Effect::DropIndex { .. } => false,
            Effect::AlterTable { .. } | Effect::RenameTable { .. } | Effect::DropTable { .. } => true,
            _ => return self.schema = None,
        };
        let has_triggers = schema.routines.iter().any(|one| one.kind == "trigger");
        if takes_triggers_along && has_triggers || !databases(sql).is_empty() {
            return self.schema = None;
        }
        for name in targets(sql) {
            let is_it = |table: &String| table.eq_ignore_ascii_case(&name);
            for table in &schema.tables {
                // A table that was renamed is another one to those that refer to it.
                if is_it(&table.name) || table.foreign_keys.iter().any(|key| is_it(&key.referenced_table)) {
                    self.stale.insert(table.name.clone());
                }
            }
            self.stale.insert(name);
        }
    }

    /// The schema as it is now.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub(super) async fn current(&mut self, rehearsal: &mut Rehearsal) -> Result<&Schema, EngineError> {
        let session = rehearsal.session();
        let schema = match self.schema.take() {
            Some(mut schema) if !session.has_transactional_ddl() || self.stale.is_empty() => {
                if !self.stale.is_empty() {
                    let stale: Vec<String> = self.stale.iter().cloned().collect();
                    let read = session.schema_of(&stale).await?;
                    renew(&mut schema, &self.stale, read);
                }
                schema
            }
            _ => rehearsal.schema().await?,
        };
        self.stale.clear();
        Ok(self.schema.insert(schema))
    }
}

/// Puts what was read of these names in the place of what is known of them.
fn renew(schema: &mut Schema, names: &BTreeSet<String>, read: Schema) {
    schema.tables.retain(|table| !names.contains(&table.name));
    schema.tables.extend(read.tables);
    schema.tables.sort_by(|one, other| one.name.cmp(&other.name));
    schema.tables.dedup_by(|one, other| one.name == other.name);
    schema.routines.retain(|routine| !names.contains(&routine.name));
    schema.routines.extend(read.routines);
    schema.routines.sort();
    schema.routines.dedup();
}

/// The part of a schema that a statement names.
pub(super) fn part(schema: &Schema, sql: &str) -> Arc<Schema> {
    let text = sql.to_ascii_lowercase();
    let targets = targets(sql);
    let is_named = |name: &String| {
        text.contains(&name.to_ascii_lowercase()) || targets.iter().any(|target| target.eq_ignore_ascii_case(name))
    };
    Arc::new(Schema {
        tables: schema.tables.iter().filter(|table| is_named(&table.name)).cloned().collect(),
        routines: schema.routines.iter().filter(|routine| is_named(&routine.name)).cloned().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schema::{ForeignKey, Routine, Table};
    use crate::sql::ddl::effect;

    fn table(name: &str, refers_to: Option<&str>) -> Table {
        let key = refers_to.map(|table| ForeignKey {
            name: "k".into(),
            columns: vec!["x".into()],
            referenced_table: table.into(),
            referenced_columns: vec!["id".into()],
            on_delete: "RESTRICT".into(),
            on_update: "RESTRICT".into(),
        });
        Table { name: name.into(), foreign_keys: key.into_iter().collect(), ..Table::default() }
    }

    fn of(tables: Vec<Table>, routines: Vec<Routine>) -> Catalogue {
        Catalogue { schema: Some(Schema { tables, routines }), stale: BTreeSet::new() }
    }

    fn names(tables: &[Table]) -> Vec<&str> {
        tables.iter().map(|table| table.name.as_str()).collect()
    }

    #[test]
    fn what_a_statement_names_or_drags_along_is_read_again() {
        let tables = || vec![table("a", None), table("b", Some("a")), table("c", None)];
        for (sql, stale) in [
            ("ALTER TABLE A ADD x INT", vec!["A", "a", "b"]),
            ("RENAME TABLE c TO d", vec!["c", "d"]),
            ("CREATE TABLE e (i INT)", vec!["e"]),
            ("DROP TABLE c", vec!["c"]),
        ] {
            let mut catalogue = of(tables(), Vec::new());
            catalogue.changed(&effect(sql), sql);
            assert_eq!(catalogue.stale.iter().map(String::as_str).collect::<Vec<_>>(), stale, "{sql}");
            assert!(!catalogue.is_current());
        }
        let trigger = || vec![Routine { kind: "trigger".into(), name: "t".into(), definition: String::new() }];
        for (sql, routines) in [
            ("CREATE VIEW v AS SELECT 1", Vec::new()),
            ("DROP DATABASE shop", Vec::new()),
            ("ALTER TABLE shop.a ADD x INT", Vec::new()),
            ("DROP TABLE a", trigger()),
        ] {
            let mut catalogue = of(tables(), routines);
            catalogue.changed(&effect(sql), sql);
            assert!(catalogue.schema.is_none(), "{sql}");
        }
    }

    #[test]
    fn what_was_read_takes_the_place_of_what_was_known() {
        let mut schema = Schema { tables: vec![table("a", None), table("c", None)], routines: Vec::new() };
        let read = Schema { tables: vec![table("b", Some("c"))], routines: Vec::new() };
        renew(&mut schema, &["a".to_owned(), "b".to_owned()].into(), read);
        assert_eq!(names(&schema.tables), ["b", "c"]);
        assert_eq!(names(&part(&schema, "UPDATE `B` SET i = 1").tables), ["b"]);
    }
}
