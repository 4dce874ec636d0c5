//! What differs between two states of a schema, object by object.

use super::compare::same_key;
use crate::model::schema::{Column, ForeignKey, Index, Routine, Schema, Table};

/// One difference between `before` and `after`.
#[derive(Debug, Clone, PartialEq)]
pub enum Difference<'a> {
    /// A table that was not there before.
    TableAdded(&'a Table),
    /// A table that is gone.
    TableMissing(&'a Table),
    /// A column that was not there before.
    ColumnAdded(&'a Table, &'a Column),
    /// A column that is gone.
    ColumnMissing(&'a Table, &'a Column),
    /// A column with another definition.
    ColumnChanged(&'a Table, &'a Column),
    /// An index that was not there before.
    IndexAdded(&'a Table, &'a Index),
    /// An index that is gone.
    IndexMissing(&'a Table, &'a Index),
    /// An index that has another definition under the same name now; the one that it had.
    IndexChanged(&'a Table, &'a Index),
    /// A foreign key that was not there before.
    ForeignKeyAdded(&'a Table, &'a ForeignKey),
    /// A foreign key that is gone.
    ForeignKeyMissing(&'a Table, &'a ForeignKey),
    /// A CHECK that was not there before, by its name.
    CheckAdded(&'a Table, &'a str),
    /// Something else about a table: a missing check, the order of columns, its collation, engine, partitions or comment.
    TableChanged(&'a Table),
    /// A view or stored program that was not there before.
    RoutineAdded(&'a Routine),
    /// A view or stored program that is gone or changed.
    RoutineMissing(&'a Routine),
}

impl<'a> Difference<'a> {
    /// The table or program that it is about.
    #[must_use]
    pub fn subject(&self) -> &'a str {
        match self {
            Self::TableAdded(table)
            | Self::TableMissing(table)
            | Self::ColumnAdded(table, _)
            | Self::ColumnMissing(table, _)
            | Self::ColumnChanged(table, _)
            | Self::IndexAdded(table, _)
            | Self::IndexMissing(table, _)
            | Self::IndexChanged(table, _)
            | Self::ForeignKeyAdded(table, _)
            | Self::ForeignKeyMissing(table, _)
            | Self::CheckAdded(table, _)
            | Self::TableChanged(table) => &table.name,
            Self::RoutineAdded(routine) | Self::RoutineMissing(routine) => &routine.name,
        }
    }
}

/// Every difference; what depends on other objects comes before them where it was added, and after where it is missing.
#[must_use]
pub fn differences<'a>(before: &'a Schema, after: &'a Schema) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    found.extend(missing(&before.routines, &after.routines).map(Difference::RoutineMissing));
    found.extend(missing(&after.routines, &before.routines).map(Difference::RoutineAdded));
    for table in &after.tables {
        match before.table(&table.name) {
            Some(old) => tables(old, table, &mut found),
            None => found.push(Difference::TableAdded(table)),
        }
    }
    found.extend(before.tables.iter().filter(|table| after.table(&table.name).is_none()).map(Difference::TableMissing));
    found
}

fn tables<'a>(old: &'a Table, new: &'a Table, found: &mut Vec<Difference<'a>>) {
    let start = found.len();
    found.extend(missing(&new.foreign_keys, &old.foreign_keys).map(|key| Difference::ForeignKeyAdded(new, key)));
    let checks = new.checks.iter().filter(|check| !old.checks.contains(check));
    found.extend(checks.map(|(name, _)| Difference::CheckAdded(new, name)));
    // Missing before added: a key that the new one replaced must be back before the new one can go.
    found.extend(old.indexes.iter().filter_map(|index| match new.index(&index.name) {
        None => Some(Difference::IndexMissing(new, index)),
        Some(other) => (!same_index(index, other)).then_some(Difference::IndexChanged(new, index)),
    }));
    let added = new.indexes.iter().filter(|index| old.index(&index.name).is_none());
    found.extend(added.map(|index| Difference::IndexAdded(new, index)));
    for column in &new.columns {
        match old.column(&column.name) {
            Some(was) if was == column => {}
            Some(was) => found.push(Difference::ColumnChanged(old, was)),
            None => found.push(Difference::ColumnAdded(new, column)),
        }
    }
    let gone = old.columns.iter().filter(|column| new.column(&column.name).is_none());
    found.extend(gone.map(|column| Difference::ColumnMissing(old, column)));
    found.extend(missing(&old.foreign_keys, &new.foreign_keys).map(|key| Difference::ForeignKeyMissing(old, key)));
    let options = |table: &Table| {
        (table.storage_engine.clone(), table.collation.clone(), table.comment.clone(), table.options.clone())
    };
    let order = |table: &Table| table.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    let reordered = found.len() == start && order(old) != order(new);
    if options(old) != options(new) || old.checks.iter().any(|check| !new.checks.contains(check)) || reordered {
        found.push(Difference::TableChanged(old));
    }
}

fn same_index(one: &Index, other: &Index) -> bool {
    same_key(one, other) && one.visible == other.visible && one.comment == other.comment
}

fn missing<'a, T: PartialEq>(of: &'a [T], from: &'a [T]) -> impl Iterator<Item = &'a T> {
    of.iter().filter(|one| !from.contains(one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schema::{IndexKind, KeyPart};

    fn table(columns: &[&str], indexes: &[(&str, &str)]) -> Table {
        let column = |name: &&str| Column { name: (*name).into(), column_type: "int".into(), ..Column::default() };
        let index = |(name, part): &(&str, &str)| Index {
            name: (*name).into(),
            kind: IndexKind::Plain,
            parts: vec![KeyPart::column(*part)],
            visible: true,
            comment: String::new(),
            cardinality: vec![],
        };
        Table {
            name: "t".into(),
            columns: columns.iter().map(column).collect(),
            indexes: indexes.iter().map(index).collect(),
            ..Table::default()
        }
    }

    fn schema(table: Table) -> Schema {
        Schema { tables: vec![table], routines: vec![] }
    }

    #[test]
    fn equal_schemas_do_not_differ_whatever_their_sizes() {
        let before = schema(table(&["a"], &[("i", "a")]));
        let mut after = before.clone();
        after.tables[0].rows = Some(9);
        after.tables[0].indexes[0].cardinality = vec![3];
        assert_eq!(differences(&before, &after), []);
    }

    #[test]
    fn additions_and_losses_are_told_apart() {
        let before = schema(table(&["a"], &[("i", "a")]));
        let after = schema(table(&["a", "b"], &[("j", "b")]));
        let found = differences(&before, &after);
        assert!(matches!(found[0], Difference::IndexMissing(_, index) if index.name == "i"));
        assert!(matches!(found[1], Difference::IndexAdded(_, index) if index.name == "j"));
        assert!(matches!(found[2], Difference::ColumnAdded(_, column) if column.name == "b"));
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn an_index_with_another_definition_is_one_change_and_tells_what_it_was() {
        let (before, after) = (schema(table(&["a"], &[("i", "a")])), schema(table(&["a"], &[("i", "b")])));
        let found = differences(&before, &after);
        assert!(
            matches!(found[..], [Difference::IndexChanged(_, was)] if was.parts[0].column.as_deref() == Some("a")),
            "{found:?}"
        );
    }

    #[test]
    fn a_new_column_order_is_a_change_of_the_table() {
        let (before, after) = (schema(table(&["a", "b"], &[])), schema(table(&["b", "a"], &[])));
        assert!(matches!(differences(&before, &after)[..], [Difference::TableChanged(_)]));
    }
}
