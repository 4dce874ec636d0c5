//! Indexes: the same key under the same or another name, covered by a wider one, or another key under the name.

use super::{differing, settled, words};
use crate::model::drift::Verdict;
use crate::model::schema::{Index, IndexKind, KeyPart, Table};

pub(super) fn verdicts<'a>(expected: &'a Table, live: &'a Table) -> Vec<(&'a str, Verdict)> {
    let own = expected.indexes.iter().map(|index| (index.name.as_str(), verdict(index, live)));
    let known = |index: &&Index| {
        expected.index(&index.name).is_none() && !expected.indexes.iter().any(|one| same_key(one, index))
    };
    let foreign = live.indexes.iter().filter(known).map(|index| (index.name.as_str(), Verdict::Foreign));
    own.chain(foreign).collect()
}

fn verdict(expected: &Index, live: &Table) -> Verdict {
    if let Some(named) = live.index(&expected.name) {
        let kinds = [expected, named].map(|index| format!("{:?}", index.kind).to_ascii_lowercase());
        let visible = [expected, named].map(|index| if index.visible { "visible" } else { "invisible" });
        let columns = if same_parts(expected, named) { Default::default() } else { (key(expected), key(named)) };
        let mismatches = [
            differing("kind", &kinds[0], &kinds[1]),
            differing("columns", &columns.0, &columns.1),
            differing("visibility", visible[0], visible[1]),
        ];
        return match settled(mismatches.into_iter().flatten().collect()) {
            Verdict::Present if expected.comment != named.comment => {
                Verdict::Equivalent { because: "its comment is another one".into() }
            }
            verdict => verdict,
        };
    }
    let usable = |index: &&Index| index.visible || !expected.visible;
    if let Some(same) = live.indexes.iter().filter(usable).find(|index| same_key(expected, index)) {
        return Verdict::Equivalent { because: format!("its name is {}", same.name) };
    }
    match live.indexes.iter().filter(usable).find(|index| covers(index, expected, live)) {
        Some(wider) => Verdict::Redundant { covered_by: format!("{} ({})", wider.name, key(wider)) },
        None => Verdict::Missing,
    }
}

/// Whether two indexes are the same but for name, visibility and comment.
#[must_use]
pub fn same_key(one: &Index, other: &Index) -> bool {
    one.kind == other.kind && same_parts(one, other)
}

fn same_parts(one: &Index, other: &Index) -> bool {
    one.parts.len() == other.parts.len() && is_prefix(&one.parts, &other.parts)
}

/// Whether an index of this table makes another one superfluous: that one's key begins the wider one's, and it asks for
/// no uniqueness of its own. `InnoDB` keeps the primary key at the end of each index, which counts as part of it.
#[must_use]
pub fn covers(wider: &Index, index: &Index, table: &Table) -> bool {
    let plain = |index: &Index| !matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial);
    if !plain(wider) || !plain(index) || index.kind == IndexKind::Primary {
        return false;
    }
    if index.kind == IndexKind::Unique {
        // Only the same key keeps the same rows out, and a foreign key may refer to it.
        return wider.is_unique() && wider.parts.len() == index.parts.len() && is_prefix(&index.parts, &wider.parts);
    }
    let mut parts = wider.parts.clone();
    let innodb = table.storage_engine.as_deref().is_some_and(|engine| engine.eq_ignore_ascii_case("InnoDB"));
    if let Some(primary) = table.primary_key().filter(|_| innodb && wider.kind != IndexKind::Primary) {
        let whole = |part: &&KeyPart| !wider.parts.iter().any(|one| one.prefix.is_none() && same_column(one, part));
        parts.extend(primary.parts.iter().filter(whole).cloned());
    }
    is_prefix(&index.parts, &parts)
}

fn is_prefix(parts: &[KeyPart], of: &[KeyPart]) -> bool {
    parts.len() <= of.len() && parts.iter().zip(of).all(|(one, other)| same_part(one, other))
}

fn same_part(one: &KeyPart, other: &KeyPart) -> bool {
    same_column(one, other)
        && same_expression(one, other)
        && one.prefix == other.prefix
        && one.descending == other.descending
}

fn same_expression(one: &KeyPart, other: &KeyPart) -> bool {
    match (&one.expression, &other.expression) {
        (Some(one), Some(other)) => words::same_expression(one, other),
        (one, other) => one == other,
    }
}

fn same_column(one: &KeyPart, other: &KeyPart) -> bool {
    match (&one.column, &other.column) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        (one, other) => one == other,
    }
}

fn key(index: &Index) -> String {
    let part = |part: &KeyPart| {
        let column = part.column.clone().or_else(|| part.expression.clone()).unwrap_or_default();
        let prefix = part.prefix.map(|length| format!("({length})")).unwrap_or_default();
        format!("{column}{prefix}{}", if part.descending { " DESC" } else { "" })
    };
    index.parts.iter().map(part).collect::<Vec<_>>().join(", ")
}
