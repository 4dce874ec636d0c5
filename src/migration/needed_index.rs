//! Dropped indexes that a foreign key needs: the servers refuse them (error 1553), which is better known beforehand.
//!
//! A foreign key needs an index with its columns leftmost in its own table, and one with the columns that it refers to
//! leftmost in the other.

use crate::model::migration::Statement;
use crate::model::schema::{ForeignKey, Index, Schema, Table};
use crate::sql::ddl::{AlterAction, Effect, IndexDefinition, effect};

/// A statement that would be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// Which foreign key needs which index, in words.
    pub reason: String,
}

/// The statements among these, run in this order from this schema, that drop the last index that a foreign key needs. What
/// cannot be followed, as tables under new names, is left to the server.
#[must_use]
pub fn needed<'a>(statements: &[&'a Statement], before: &Schema) -> Vec<Needed<'a>> {
    let mut schema = before.clone();
    let mut found = Vec::new();
    for statement in statements {
        match effect(&statement.sql) {
            Effect::DropTable { tables } => {
                schema.tables.retain(|table| !tables.iter().any(|name| name.eq_ignore_ascii_case(&table.name)));
            }
            Effect::CreateIndex { table, index } => change(&mut schema, &table, &[AlterAction::AddIndex(index)]),
            Effect::DropIndex { table, index } => {
                let actions = [AlterAction::DropIndex(index)];
                found.extend(refused(&schema, &table, &actions).map(|reason| Needed { statement, reason }));
                change(&mut schema, &table, &actions);
            }
            Effect::AlterTable { table, actions } if actions.iter().all(is_followed) => {
                found.extend(refused(&schema, &table, &actions).map(|reason| Needed { statement, reason }));
                change(&mut schema, &table, &actions);
            }
            Effect::Rows { .. } | Effect::Read | Effect::Transaction | Effect::CreateTable { .. } => {}
            // With its checks off the server drops such an index; and what is not followed may change anything.
            _ => return found,
        }
    }
    found
}

fn is_followed(action: &AlterAction) -> bool {
    matches!(
        action,
        AlterAction::AddIndex(_)
            | AlterAction::DropIndex(_)
            | AlterAction::DropConstraint(_)
            | AlterAction::AddColumn(_)
            | AlterAction::Execution
    )
}

/// Why these clauses would be refused, if they would.
fn refused(schema: &Schema, table: &str, actions: &[AlterAction]) -> Option<String> {
    let before = schema.table(table)?;
    let mut after = schema.clone();
    change(&mut after, table, actions);
    let after = after.tables;
    let table = after.iter().find(|one| one.name.eq_ignore_ascii_case(&before.name))?;
    let dropped = |name: &str| {
        actions.iter().any(|action| matches!(action, AlterAction::DropIndex(index) if index.eq_ignore_ascii_case(name)))
    };
    before.indexes.iter().filter(|index| dropped(&index.name)).find_map(|index| {
        let own = table.foreign_keys.iter().map(|key| (table, key, &key.columns));
        let others = after.iter().flat_map(|other| {
            let refers = |key: &&ForeignKey| key.referenced_table.eq_ignore_ascii_case(&table.name);
            other.foreign_keys.iter().filter(refers).map(move |key| (other, key, &key.referenced_columns))
        });
        own.chain(others).find_map(|(of, key, columns)| {
            let needs = leads(index, columns) && !table.indexes.iter().any(|other| leads(other, columns));
            needs.then(|| {
                format!(
                    "the foreign key {} of {} needs index {} on {}: no other index there begins with ({})",
                    key.name,
                    of.name,
                    index.name,
                    table.name,
                    columns.join(", ")
                )
            })
        })
    })
}

/// Whether an index begins with these columns, in any order, as the servers ask of it.
fn leads(index: &Index, columns: &[String]) -> bool {
    index.parts.len() >= columns.len()
        && index.parts[..columns.len()].iter().all(|part| {
            part.prefix.is_none()
                && part
                    .column
                    .as_ref()
                    .is_some_and(|name| columns.iter().any(|column| column.eq_ignore_ascii_case(name)))
        })
}

fn change(schema: &mut Schema, table: &str, actions: &[AlterAction]) {
    let Some(table) = schema.tables.iter_mut().find(|one| one.name.eq_ignore_ascii_case(table)) else { return };
    for action in actions {
        match action {
            AlterAction::DropIndex(name) => table.indexes.retain(|index| !index.name.eq_ignore_ascii_case(name)),
            AlterAction::DropConstraint(name) => table.foreign_keys.retain(|key| !key.name.eq_ignore_ascii_case(name)),
            AlterAction::AddIndex(definition) => add(table, definition),
            _ => {}
        }
    }
}

fn add(table: &mut Table, definition: &IndexDefinition) {
    let name = definition.name.clone().or_else(|| definition.columns.first().cloned()).unwrap_or_default();
    table.indexes.push(Index {
        name,
        kind: definition.kind,
        parts: definition.parts.clone(),
        visible: definition.visible,
        comment: String::new(),
        cardinality: Vec::new(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::location::Location;
    use crate::model::schema::{IndexKind, KeyPart};

    fn index(name: &str, columns: &[&str]) -> Index {
        let parts = columns.iter().map(|column| KeyPart::column(*column)).collect();
        let kind = if name == "PRIMARY" { IndexKind::Primary } else { IndexKind::Plain };
        Index { name: name.into(), kind, parts, visible: true, comment: String::new(), cardinality: vec![] }
    }

    /// `child(parent_id)` refers to `parent(code)`.
    fn schema() -> Schema {
        let key = ForeignKey {
            name: "fk".into(),
            columns: vec!["parent_id".into()],
            referenced_table: "parent".into(),
            referenced_columns: vec!["code".into()],
            on_delete: "RESTRICT".into(),
            on_update: "RESTRICT".into(),
        };
        let child = Table {
            name: "child".into(),
            indexes: vec![index("PRIMARY", &["id"]), index("by_parent", &["parent_id"])],
            foreign_keys: vec![key],
            ..Table::default()
        };
        let parent = Table {
            name: "parent".into(),
            indexes: vec![index("PRIMARY", &["id"]), index("by_code", &["code"])],
            ..Table::default()
        };
        Schema { tables: vec![child, parent], routines: vec![] }
    }

    fn refusals(script: &[&str]) -> Vec<String> {
        let at = Location::line("x.sql", 1);
        let statements: Vec<Statement> =
            script.iter().map(|sql| Statement { sql: (*sql).into(), at: at.clone() }).collect();
        let statements: Vec<&Statement> = statements.iter().collect();
        needed(&statements, &schema()).into_iter().map(|needed| needed.reason).collect()
    }

    #[test]
    fn the_last_index_of_either_side_is_needed() {
        assert_eq!(
            refusals(&["DROP INDEX by_parent ON child"]),
            [
                "the foreign key fk of child needs index by_parent on child: no other index there begins with (parent_id)"
            ]
        );
        assert_eq!(
            refusals(&["ALTER TABLE parent DROP INDEX by_code"]),
            ["the foreign key fk of child needs index by_code on parent: no other index there begins with (code)"]
        );
    }

    #[test]
    fn another_index_or_the_end_of_the_key_frees_it() {
        for free in [
            &["CREATE INDEX wide ON child (parent_id, id)", "DROP INDEX by_parent ON child"][..],
            &["ALTER TABLE child ADD INDEX wide (parent_id, id), DROP INDEX by_parent"],
            &["ALTER TABLE child DROP FOREIGN KEY fk, DROP INDEX by_parent"],
            &["DROP TABLE child", "DROP INDEX by_code ON parent"],
            &["SET foreign_key_checks = 0", "DROP INDEX by_parent ON child"],
            &["ALTER TABLE child RENAME TO c", "DROP INDEX by_parent ON c"],
        ] {
            assert_eq!(refusals(free), [""; 0], "{free:?}");
        }
        assert_eq!(
            refusals(&["CREATE INDEX other ON child (id, parent_id)", "DROP INDEX by_parent ON child"]).len(),
            1
        );
    }
}
