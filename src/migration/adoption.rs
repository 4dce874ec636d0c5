//! Whether a database has what a migration makes: the objects that it makes or changes, held against the live ones.

mod course;

pub use course::{Judged, Step, judge};

use super::compare::{compare_built, doubt};
use super::difference::{Difference, differences};
use crate::model::built::Built;
use crate::model::drift::{AdoptedRow, Compared, Object, ObjectKind, Standing, Verdict};
use crate::model::hidden::Hidden;
use crate::model::location::Location;
use crate::model::migration::Statement;
use crate::model::schema::{Schema, Table};
use crate::sql::ddl::{Effect, effect, targets};
use std::collections::{BTreeMap, BTreeSet};

/// The verdict on each object of a schema, held against the live one.
pub type Verdicts = BTreeMap<Object, Verdict>;

/// The live schema, and what of it the account may not see.
#[derive(Debug, Clone, Copy)]
pub struct Live<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// What is hidden.
    pub hidden: &'a Hidden,
}

impl Live<'_> {
    /// Every object of both, with its verdict.
    #[must_use]
    pub fn compare(&self, expected: &Built) -> Vec<Compared> {
        let mut found = compare_built(expected, self.schema);
        doubt(&mut found, self.hidden);
        found
    }

    /// The verdicts, foreign objects left out.
    #[must_use]
    pub fn verdicts(&self, expected: &Built) -> Verdicts {
        let own = self.compare(expected).into_iter().filter(|one| one.verdict != Verdict::Foreign);
        own.map(|one| (one.object, one.verdict)).collect()
    }
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
fn changed(before: &Built, after: &Built) -> BTreeSet<Object> {
    let of = |kind, table: &Table, name: &str| Object { kind, table: table.name.clone(), name: Some(name.into()) };
    let whole = |table: &Table| Object { kind: ObjectKind::Table, table: table.name.clone(), name: None };
    let mut found = BTreeSet::new();
    // What only a server could tell is changed by what leaves other doubts.
    let doubted = after
        .doubts
        .iter()
        .filter(|(object, doubts)| before.doubts.get(object) != Some(doubts) && has(&after.schema, object));
    found.extend(doubted.map(|(object, _)| object.clone()));
    for difference in differences(&before.schema, &after.schema) {
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
    // What writes rows names columns that it does not make.
    let on = |one: &&&'a Statement| {
        !effect(&one.sql).is_transactional() && targets(&one.sql).iter().any(|name| name.eq_ignore_ascii_case(target))
    };
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

/// What becomes of a migration, and why where its objects do not say it. `follows` is how everything before it in its set
/// stands: what leaves nothing to be seen goes with that.
#[must_use]
pub fn standing(objects: &[Compared], rows: &[(Location, Rows)], follows: Standing) -> (Standing, Option<String>) {
    if objects.iter().any(|one| matches!(one.verdict, Verdict::Conflicting { .. })) {
        return (Standing::Conflicting, None);
    }
    let hidden = objects.iter().find_map(|one| match &one.verdict {
        Verdict::Unknown { because } => Some(format!("{}: unknown, because {because}", one.object)),
        _ => None,
    });
    if hidden.is_some() {
        return (Standing::Unknown, hidden);
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
    match follows {
        _ if holding > 0 || !rows.is_empty() => (Standing::Adopted, None),
        Standing::Adopted => (Standing::Adopted, None),
        Standing::Pending => {
            (Standing::Pending, Some("it leaves nothing to be seen, and what comes before it is pending".into()))
        }
        _ => {
            let because =
                "unknown, because it leaves nothing to be seen, and what comes before it is unknown or there in part";
            (Standing::Unknown, Some(because.into()))
        }
    }
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
