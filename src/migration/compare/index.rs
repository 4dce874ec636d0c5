//! Indexes: by what they hold, whatever they are called.

use crate::model::comparison::{Compared, Object, Verdict};
use crate::model::schema::{Index, IndexKind, KeyPart, Table};

pub(super) fn indexes(expected: &Table, live: &Table, all: &mut Vec<Compared>) {
    for index in &expected.indexes {
        let object = Object::new("index", &index.name, Some(&expected.name));
        all.push(Compared::new(object, verdict(index, live)));
    }
    for index in &live.indexes {
        // What serves in the place of an expected one is not foreign, whatever its name.
        let serves = expected
            .indexes
            .iter()
            .any(|wanted| wanted.name.eq_ignore_ascii_case(&index.name) || serves(index, wanted));
        if !serves {
            all.push(Compared::new(Object::new("index", &index.name, Some(&expected.name)), Verdict::Foreign));
        }
    }
}

fn verdict(wanted: &Index, live: &Table) -> Verdict {
    if let Some(found) = live.index(&wanted.name) {
        let same = found.kind == wanted.kind && same_parts(&found.parts, &wanted.parts);
        return match (same, found.visible == wanted.visible) {
            (true, true) => Verdict::Present,
            (true, false) => Verdict::conflict("visibility", visibility(wanted), visibility(found)),
            (false, _) => Verdict::conflict("definition", &words(wanted), &words(found)),
        };
    }
    if let Some(found) = live.indexes.iter().find(|found| serves(found, wanted)) {
        return Verdict::Equivalent { name: found.name.clone() };
    }
    let covers = |found: &&Index| {
        wanted.kind == IndexKind::Plain
            && matches!(found.kind, IndexKind::Plain | IndexKind::Unique | IndexKind::Primary)
            && found.visible
            && found.parts.len() > wanted.parts.len()
            && same_parts(&found.parts[..wanted.parts.len()], &wanted.parts)
    };
    match live.indexes.iter().find(covers) {
        Some(found) => Verdict::Redundant { by: found.name.clone() },
        None => Verdict::Missing,
    }
}

/// Whether an index does everything that a wanted one would: the same parts, and as unique at least.
fn serves(found: &Index, wanted: &Index) -> bool {
    let kind = found.kind == wanted.kind || (wanted.kind == IndexKind::Plain && found.kind == IndexKind::Unique);
    kind && found.visible == wanted.visible && same_parts(&found.parts, &wanted.parts)
}

fn same_parts(one: &[KeyPart], other: &[KeyPart]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| {
            let columns = match (&one.column, &other.column) {
                (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
                (one, other) => one == other,
            };
            columns
                && one.expression == other.expression
                && one.prefix == other.prefix
                && one.descending == other.descending
        })
}

fn visibility(index: &Index) -> &'static str {
    if index.visible { "visible" } else { "invisible" }
}

/// An index in words, such as `UNIQUE (a, b(10) DESC)`.
fn words(index: &Index) -> String {
    let parts: Vec<String> = index
        .parts
        .iter()
        .map(|part| {
            let name = part.column.clone().or_else(|| part.expression.clone()).unwrap_or_default();
            let prefix = part.prefix.map(|length| format!("({length})")).unwrap_or_default();
            format!("{name}{prefix}{}", if part.descending { " DESC" } else { "" })
        })
        .collect();
    let kind = match index.kind {
        IndexKind::Primary => "PRIMARY KEY ",
        IndexKind::Unique => "UNIQUE ",
        IndexKind::Plain => "",
        IndexKind::Fulltext => "FULLTEXT ",
        IndexKind::Spatial => "SPATIAL ",
    };
    format!("{kind}({})", parts.join(", "))
}
