//! Whether a database has what a migration makes: the objects that it makes or changes, held against the live ones.

use super::compare::compare;
use super::difference::{Difference, differences};
use crate::model::drift::{AdoptedRow, Compared, Object, ObjectKind, Standing, Verdict};
use crate::model::location::Location;
use crate::model::migration::Statement;
use crate::model::schema::{Schema, Table};
use crate::sql::ddl::{Effect, effect, targets};
use std::collections::{BTreeMap, BTreeSet};

/// The verdict on each object of a schema, held against the live one.
pub type Verdicts = BTreeMap<Object, Verdict>;

/// The verdicts, foreign objects left out.
#[must_use]
pub fn verdicts(expected: &Schema, live: &Schema) -> Verdicts {
    let own = compare(expected, live).into_iter().filter(|one| one.verdict != Verdict::Foreign);
    own.map(|one| (one.object, one.verdict)).collect()
}

/// What a migration makes or changes, by the schema before and after it, each with its verdict. `last` holds the verdicts
/// on what all migrations together make: what a later one changes or drops again may be there in its later form.
#[must_use]
pub fn objects(before: &Schema, after: &Schema, last: &Verdicts, live: &Schema) -> Vec<Compared> {
    let (was, is) = (verdicts(before, live), verdicts(after, live));
    let mut found = Vec::new();
    for object in changed(before, after) {
        // Without an entry its table is missing, or the migration drops it.
        let verdict = match is.get(&object) {
            Some(verdict) if verdict.holds() => verdict.clone(),
            _ if last.get(&object).is_some_and(Verdict::holds) => last[&object].clone(),
            // What is there is what was there before the migration: the change has not been made.
            _ if was.get(&object).is_some_and(Verdict::holds) => Verdict::Missing,
            Some(verdict) => verdict.clone(),
            None if has(after, &object) => Verdict::Missing,
            // A drop, of what is not there: that says nothing.
            None => continue,
        };
        let table_is_missing = live.table(&object.table).is_none();
        if verdict == Verdict::Missing
            && table_is_missing
            && object.kind != ObjectKind::Table
            && is_table_new(before, &object)
        {
            // The table stands for everything in it.
            continue;
        }
        let is_made = has(after, &object) && !has(live, &object);
        if verdict == Verdict::Missing && is_made && !last.contains_key(&object) && is_gone(last, &object) {
            // Dropped again later on, and not there: the later migration accounts for it.
            continue;
        }
        found.push(Compared { object, verdict, at: None });
    }
    found
}

fn is_gone(last: &Verdicts, object: &Object) -> bool {
    // Everything in a missing table is represented by the table.
    let table = Object { kind: ObjectKind::Table, table: object.table.clone(), name: None };
    last.get(&table) != Some(&Verdict::Missing)
}

fn is_table_new(before: &Schema, object: &Object) -> bool {
    object.kind != ObjectKind::Program && before.table(&object.table).is_none()
}

fn has(schema: &Schema, object: &Object) -> bool {
    let name = object.name.as_deref().unwrap_or_default();
    let table = schema.table(&object.table);
    match object.kind {
        ObjectKind::Table => table.is_some(),
        ObjectKind::Column => table.is_some_and(|table| table.column(name).is_some()),
        ObjectKind::Index => table.is_some_and(|table| table.index(name).is_some()),
        ObjectKind::ForeignKey => table.is_some_and(|table| table.foreign_keys.iter().any(|key| key.name == name)),
        ObjectKind::Check => table.is_some_and(|table| table.checks.iter().any(|check| check.0 == name)),
        ObjectKind::Program => schema.routines.iter().any(|one| one.kind == object.table && one.name == name),
    }
}

/// The objects that differ between two states.
fn changed(before: &Schema, after: &Schema) -> BTreeSet<Object> {
    let of = |kind, table: &Table, name: &str| Object { kind, table: table.name.clone(), name: Some(name.into()) };
    let whole = |table: &Table| Object { kind: ObjectKind::Table, table: table.name.clone(), name: None };
    let mut found = BTreeSet::new();
    for difference in differences(before, after) {
        match difference {
            Difference::TableAdded(table) => {
                found.insert(whole(table));
                found.extend(table.columns.iter().map(|one| of(ObjectKind::Column, table, &one.name)));
                found.extend(table.indexes.iter().map(|one| of(ObjectKind::Index, table, &one.name)));
                found.extend(table.foreign_keys.iter().map(|one| of(ObjectKind::ForeignKey, table, &one.name)));
                found.extend(table.checks.iter().map(|one| of(ObjectKind::Check, table, &one.0)));
            }
            Difference::TableMissing(table) | Difference::TableChanged(table) => {
                found.insert(whole(table));
            }
            Difference::ColumnAdded(table, one)
            | Difference::ColumnMissing(table, one)
            | Difference::ColumnChanged(table, one) => {
                found.insert(of(ObjectKind::Column, table, &one.name));
            }
            Difference::IndexAdded(table, one)
            | Difference::IndexMissing(table, one)
            | Difference::IndexChanged(table, one) => {
                found.insert(of(ObjectKind::Index, table, &one.name));
            }
            Difference::ForeignKeyAdded(table, one) | Difference::ForeignKeyMissing(table, one) => {
                found.insert(of(ObjectKind::ForeignKey, table, &one.name));
            }
            Difference::CheckAdded(table, name) => {
                found.insert(of(ObjectKind::Check, table, name));
            }
            Difference::RoutineAdded(one) | Difference::RoutineMissing(one) => {
                let (table, name) = (one.kind.clone(), Some(one.name.clone()));
                found.insert(Object { kind: ObjectKind::Program, table, name });
            }
        }
    }
    found
}

/// The last of these statements that names the object, or else works on its table.
#[must_use]
pub fn place<'a>(object: &Object, statements: &[&'a Statement]) -> Option<&'a Location> {
    let target = if object.kind == ObjectKind::Program { object.name.as_deref()? } else { &object.table };
    let on = |one: &&&'a Statement| targets(&one.sql).iter().any(|name| name.eq_ignore_ascii_case(target));
    let name = object.name.as_deref().unwrap_or(&object.table).to_lowercase();
    let naming = statements.iter().filter(on).rfind(|one| one.sql.to_lowercase().contains(&name));
    naming.or_else(|| statements.iter().find(on)).map(|one| &one.at)
}

/// What is known of the rows that a statement writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rows {
    /// They are there.
    Found,
    /// None is there.
    Absent,
    /// So many are there, of so many.
    Some(usize, usize),
    /// It cannot be known, with the reason.
    Unknown(String),
}

/// What becomes of a migration, and why where its objects do not say it. `follows` says whether everything before it in
/// its set is adopted: what leaves nothing to be seen goes with that.
#[must_use]
pub fn standing(objects: &[Compared], rows: &[(Location, Rows)], follows: bool) -> (Standing, Option<String>) {
    if objects.iter().any(|one| matches!(one.verdict, Verdict::Conflicting { .. })) {
        return (Standing::Conflicting, None);
    }
    let holding = objects.iter().filter(|one| one.verdict.holds()).count();
    let is_whole = holding == objects.len();
    if holding == 0 && !objects.is_empty() && !rows.iter().any(|(_, rows)| matches!(rows, Rows::Found | Rows::Some(..)))
    {
        return (Standing::Pending, None);
    }
    if !is_whole {
        return (Standing::Partial, None);
    }
    let told = |(at, rows): &(Location, Rows)| match rows {
        Rows::Found => None,
        Rows::Absent => Some(format!("{at}: its rows are not there")),
        Rows::Some(found, of) => Some(format!("{at}: {found} of {of} rows are there")),
        Rows::Unknown(reason) => Some(format!("{at}: {reason}")),
    };
    let because = || rows.iter().find_map(told);
    let any = |wanted: fn(&Rows) -> bool| rows.iter().any(|(_, rows)| wanted(rows));
    if any(|rows| matches!(rows, Rows::Some(..))) {
        return (Standing::Partial, because());
    }
    if any(|rows| *rows == Rows::Absent) {
        let none = holding == 0 && !any(|rows| *rows == Rows::Found);
        return (if none { Standing::Pending } else { Standing::Partial }, because());
    }
    if any(|rows| matches!(rows, Rows::Unknown(_))) {
        return (Standing::Unknown, because());
    }
    if holding == 0 && rows.is_empty() && !follows {
        return (Standing::Pending, Some("it leaves nothing to be seen, and what comes before it is pending".into()));
    }
    (Standing::Adopted, None)
}

/// Takes back what would be recorded although it builds on a table that a migration makes which is not: what is recorded
/// must be enough to build the schema anew. `statements` are those of a version's up script.
pub fn ungrounded<'a>(rows: &mut [AdoptedRow], statements: impl Fn(i64) -> Option<&'a [Statement]>) {
    let mut lacking: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows {
        let own = statements(row.version).unwrap_or_default();
        let base = own.iter().flat_map(|one| tables(&one.sql)).find_map(|table| Some((lacking.get(&table)?, table)));
        if let (Standing::Adopted, Some((version, table))) = (row.standing, base) {
            row.standing = Standing::Unknown;
            row.because = Some(format!(
                "it builds on {table}, which {version} makes, and that is not recorded; adopt again when it is"
            ));
        }
        if row.standing != Standing::Adopted {
            let made = own.iter().filter_map(|one| match effect(&one.sql) {
                Effect::CreateTable { table } => Some(table.to_lowercase()),
                _ => None,
            });
            lacking.extend(made.map(|table| (table, row.version)));
        }
    }
}

/// The tables, in lower case, that a statement changes or refers to; a few words more than that.
fn tables(sql: &str) -> Vec<String> {
    const BEFORE: [&str; 6] = ["FROM", "JOIN", "REFERENCES", "ON", "INTO", "UPDATE"];
    let words = sql.split(|c: char| !(c.is_alphanumeric() || "_$".contains(c))).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    let named = words.windows(2).filter(|pair| BEFORE.iter().any(|word| pair[0].eq_ignore_ascii_case(word)));
    let named = named.map(|pair| pair[1].to_lowercase());
    targets(sql).into_iter().map(|name| name.to_lowercase()).chain(named).collect()
}

/// Whether the objects that a statement may change can be told from it.
#[must_use]
pub fn is_readable(statement: &Statement) -> bool {
    !matches!(effect(&statement.sql), Effect::Other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schema::Column;

    fn schema(columns: &[(&str, &str)]) -> Schema {
        let column = |(name, kind): &(&str, &str)| Column {
            name: (*name).into(),
            column_type: (*kind).into(),
            ..Column::default()
        };
        let columns: Vec<_> = columns.iter().map(column).collect();
        let table = Table { name: "t".into(), columns, ..Table::default() };
        Schema { tables: vec![table], routines: vec![] }
    }

    fn standing_of(before: &Schema, after: &Schema, last: &Schema, live: &Schema) -> Standing {
        standing(&objects(before, after, &verdicts(last, live), live), &[], false).0
    }

    #[test]
    fn a_new_table_is_adopted_missing_partial_or_in_conflict() {
        let (none, made) = (Schema::default(), schema(&[("a", "int"), ("b", "int")]));
        let of = |live: &Schema| standing_of(&none, &made, &made, live);
        assert_eq!(of(&made), Standing::Adopted);
        assert_eq!(of(&none), Standing::Pending);
        assert_eq!(of(&schema(&[("a", "int")])), Standing::Partial);
        assert_eq!(of(&schema(&[("a", "int"), ("b", "text")])), Standing::Conflicting);
    }

    #[test]
    fn what_a_later_migration_changes_counts_in_either_form() {
        let (none, first, last) = (Schema::default(), schema(&[("a", "int")]), schema(&[("a", "bigint")]));
        for (live, change) in [(&last, Standing::Adopted), (&first, Standing::Pending)] {
            assert_eq!(standing_of(&none, &first, &last, live), Standing::Adopted);
            assert_eq!(standing_of(&first, &last, &last, live), change);
        }
    }

    #[test]
    fn a_drop_is_pending_while_the_object_is_there() {
        let (before, after) = (schema(&[("a", "int"), ("b", "int")]), schema(&[("a", "int")]));
        let found = objects(&before, &after, &verdicts(&after, &before), &before);
        assert_eq!(standing(&found, &[], true), (Standing::Pending, None));
        assert!(objects(&before, &after, &verdicts(&after, &after), &after).is_empty());
    }

    #[test]
    fn rows_decide_where_the_schema_does_not() {
        let at = Location::line("1_x.up.sql", 3);
        let of = |rows: Rows| standing(&[], &[(at.clone(), rows)], false);
        assert_eq!(of(Rows::Found).0, Standing::Adopted);
        assert_eq!(of(Rows::Absent).0, Standing::Pending);
        assert_eq!(of(Rows::Some(1, 2)), (Standing::Partial, Some("1_x.up.sql:3: 1 of 2 rows are there".into())));
        assert_eq!(of(Rows::Unknown("why".into())).0, Standing::Unknown);
        assert_eq!(standing(&[], &[], true).0, Standing::Adopted);
    }
}
