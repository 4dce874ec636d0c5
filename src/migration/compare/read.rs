//! A live schema against one that was read from statements: what both word otherwise is settled, what only a server could
//! tell is unknown, and what is left differs for certain.

use super::{compare, literal};
use crate::model::built::Built;
use crate::model::drift::{Compared, Object, ObjectKind, Verdict};
use crate::model::schema::{Column, Index, Routine, Schema, Table};
use crate::sql::draft::same_program;
use crate::sql::expression;
use std::collections::BTreeSet;

/// Every object of both, with its verdict.
#[must_use]
pub fn compare_built(built: &Built, live: &Schema) -> Vec<Compared> {
    if !built.is_read {
        return compare(&built.schema, live);
    }
    let mut fitted = built.clone();
    for table in &built.schema.tables {
        if let Some(there) = live.table(&table.name) {
            let fitting = Fitting { doubts: &mut fitted };
            let table = fitting.table(table.clone(), there);
            fitted.schema.tables.retain(|one| one.name != table.name);
            fitted.schema.tables.push(table);
        }
    }
    for program in &built.schema.routines {
        let is_it = |one: &&Routine| one.kind == program.kind && one.name == program.name;
        if let Some(there) = live.routines.iter().find(is_it) {
            let object =
                Object { kind: ObjectKind::Program, table: program.kind.clone(), name: Some(program.name.clone()) };
            let head = |text: &str| text.split(" FOR EACH ROW ").next().unwrap_or_default().to_lowercase();
            let is_otherwise = program.kind == "trigger"
                && !built.is_doubtful(&object, "definition")
                && head(&program.definition) != head(&there.definition);
            if is_otherwise {
                continue;
            }
            if !same_program(&program.definition, &there.definition) {
                fitted.doubt(object, "definition");
            }
            fitted.schema.routines.retain(|one| !is_it(&one));
            fitted.schema.routines.push(there.clone());
        }
    }
    fitted.schema.tables.sort_by(|a, b| a.name.cmp(&b.name));
    fitted.schema.routines.sort();
    let mut found = compare(&fitted.schema, live);
    for one in &mut found {
        if let Some(because) = doubtful(one, &fitted) {
            one.verdict = Verdict::Unknown { because };
        }
    }
    found
}

/// Why a verdict cannot be known, if it cannot.
fn doubtful(one: &Compared, built: &Built) -> Option<String> {
    let table = Object { kind: ObjectKind::Table, table: one.object.table.clone(), name: None };
    let is_in_doubt = one.object.kind != ObjectKind::Program && built.is_doubtful(&table, "*");
    let own = built.doubts.get(&one.object);
    match &one.verdict {
        Verdict::Foreign => None,
        _ if is_in_doubt => Some(format!("not every statement on {} can be followed in embedded terms", table.table)),
        Verdict::Missing | Verdict::Conflicting { .. } => {
            built.wild.first().map(|at| format!("in embedded terms it is not known what the statement at {at} changes"))
        }
        _ => own.filter(|doubts| !doubts.is_empty()).map(|doubts| {
            let known: BTreeSet<&str> = doubts.iter().map(String::as_str).filter(|name| !name.contains(' ')).collect();
            let what = if known.contains("*") {
                "definition".to_owned()
            } else {
                known.into_iter().collect::<Vec<_>>().join(", ")
            };
            format!("its {what} can only be compared on a server, and this was compared in embedded terms")
        }),
    }
}

/// Words the parts of an expected table as the live one does, where they mean the same.
struct Fitting<'a> {
    doubts: &'a mut Built,
}

impl Fitting<'_> {
    fn doubt(&mut self, table: &Table, kind: ObjectKind, name: Option<&str>, attribute: &str) {
        let object = Object { kind, table: table.name.clone(), name: name.map(str::to_owned) };
        self.doubts.doubt(object, attribute);
    }

    fn is_doubtful(&self, table: &Table, kind: ObjectKind, name: Option<&str>, attribute: &str) -> bool {
        let object = Object { kind, table: table.name.clone(), name: name.map(str::to_owned) };
        self.doubts.is_doubtful(&object, attribute)
    }

    fn table(mut self, mut table: Table, live: &Table) -> Table {
        let here = table.clone();
        let doubtful = |fitting: &Self, attribute: &str| fitting.is_doubtful(&here, ObjectKind::Table, None, attribute);
        if doubtful(&self, "*") || table.storage_engine.is_none() {
            table.storage_engine.clone_from(&live.storage_engine);
        }
        if doubtful(&self, "collation") {
            table.collation.clone_from(&live.collation);
        }
        // Storage options are not compared; whether there are partitions is.
        let is_partitioned = |table: &Table| table.options.contains("; partition");
        if is_partitioned(&table) == is_partitioned(live) || doubtful(&self, "*") {
            table.options.clone_from(&live.options);
        } else if !is_partitioned(&table) {
            table.options.clear();
        }
        for column in &mut table.columns {
            if let Some(there) = live.column(&column.name) {
                self.column(&here, column, there);
            }
        }
        for index in &mut table.indexes {
            for part in &mut index.parts {
                // The catalogue does not call the whole column a prefix.
                let column = part.column.as_ref().and_then(|name| here.column(name));
                let is_whole =
                    |length: u32| column.is_some_and(|column| column.column_type.ends_with(&format!("char({length})")));
                part.prefix = part.prefix.filter(|length| !is_whole(*length));
            }
            if let Some(there) = live.index(&index.name) {
                self.index(&here, index, there);
            }
        }
        self.checks(&here, &mut table.checks, live);
        table
    }

    fn column(&mut self, table: &Table, column: &mut Column, live: &Column) {
        let name = column.name.clone();
        let of =
            |fitting: &Self, attribute: &str| fitting.is_doubtful(table, ObjectKind::Column, Some(&name), attribute);
        if of(self, "*") {
            *column = Column { name: column.name.clone(), ..live.clone() };
            return;
        }
        if of(self, "type") {
            column.column_type.clone_from(&live.column_type);
        }
        if of(self, "nullability") {
            column.nullable = live.nullable;
        }
        if of(self, "collation") {
            column.collation.clone_from(&live.collation);
        }
        match literal::same_default(column, live, self.doubts.mariadb) {
            _ if of(self, "default") => column.default.clone_from(&live.default),
            Some(true) => column.default.clone_from(&live.default),
            Some(false) => {}
            None => {
                column.default.clone_from(&live.default);
                self.doubt(table, ObjectKind::Column, Some(&name), "default");
            }
        }
        let words = |text: &str| {
            let text = text.to_lowercase().replace("current_timestamp()", "current_timestamp");
            let words = text.split_whitespace().filter(|word| *word != "default_generated").map(str::to_owned);
            words.collect::<BTreeSet<String>>()
        };
        if of(self, "extra") || words(&column.extra) == words(&live.extra) {
            column.extra.clone_from(&live.extra);
        }
        if !column.generated.is_empty() && !live.generated.is_empty() {
            if expression::same(&column.generated, &live.generated) != Some(true) {
                self.doubt(table, ObjectKind::Column, Some(&name), "generated");
            }
            column.generated.clone_from(&live.generated);
        }
    }

    fn index(&mut self, table: &Table, index: &mut Index, live: &Index) {
        let name = index.name.clone();
        if self.is_doubtful(table, ObjectKind::Index, Some(&name), "*") {
            *index = Index { name, ..live.clone() };
            return;
        }
        index.comment.clone_from(&live.comment);
        for (part, there) in index.parts.iter_mut().zip(&live.parts) {
            if let (Some(expected), Some(found)) = (&part.expression, &there.expression) {
                if expression::same(expected, found) != Some(true) {
                    self.doubts.doubt(
                        Object { kind: ObjectKind::Index, table: table.name.clone(), name: Some(name.clone()) },
                        "columns",
                    );
                }
                part.expression = Some(found.clone());
            }
        }
    }

    /// The same expression gets the live one's words; what has no live one that is the same may still be one of those that
    /// are left, in words that only a server could compare.
    fn checks(&mut self, table: &Table, checks: &mut [(String, String)], live: &Table) {
        let bare = |text: &str| {
            let bare = text.trim_end_matches(" NOT ENFORCED");
            (bare.to_owned(), bare.len() < text.len())
        };
        let same = |one: &str, other: &str| {
            let ((one, off), (other, is_off)) = (bare(one), bare(other));
            off == is_off && expression::same(&one, &other) == Some(true)
        };
        let mut left: Vec<&(String, String)> = live.checks.iter().collect();
        let mut unmatched = Vec::new();
        for (at, check) in checks.iter_mut().enumerate() {
            match left.iter().position(|there| same(&check.1, &there.1)) {
                Some(there) => check.1.clone_from(&left.remove(there).1),
                None => unmatched.push(at),
            }
        }
        for at in unmatched {
            let own = left.iter().position(|there| there.0.eq_ignore_ascii_case(&checks[at].0));
            if let Some(there) = own.or((!left.is_empty()).then_some(0)) {
                checks[at].1.clone_from(&left.remove(there).1);
                self.doubt(table, ObjectKind::Check, Some(&checks[at].0), "expression");
            }
        }
    }
}
