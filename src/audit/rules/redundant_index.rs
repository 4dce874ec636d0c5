//! `redundant-index`: another index of the same table does everything that this one does.

use super::{Check, Rule};
use crate::audit::context::SchemaContext;
use crate::audit::remedy;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::schema::{Index, IndexKind, KeyPart, Schema, Table};
use crate::sql::shape::{Operand, Operator};

pub(super) const RULE: Rule = Rule {
    id: "redundant-index",
    severity: Severity::Warning,
    summary: "another index does everything that this one does",
    help: "Every index is written with every row; one that no query needs costs time on each write and room in memory.",
    check: Check::Schema(check),
};

fn check(context: &SchemaContext<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in &context.schema.tables {
        for index in &table.indexes {
            let Some((dominant, why)) = dominant(table, index, context) else { continue };
            let small = table.rows.is_some_and(|rows| rows <= context.options.small_table_rows);
            // That nothing needs the key behind a shorter index is only known of queries that are there to be looked at.
            let unread = index.parts.len() < dominant.parts.len() && !is_read(table, context);
            let severity = if small || unread { Severity::Info } else { RULE.severity };
            let (name, other) = (&index.name, &dominant.name);
            let subject = Subject { table: Some(table.name.clone()), index: Some(name.clone()), ..Subject::default() };
            let mut evidence = vec![
                format!("schema: {name} ({})", parts(&index.parts)),
                format!("schema: {other} ({}), {}", parts(&dominant.parts), kind(dominant.kind)),
            ];
            if unread {
                evidence.push(format!(
                    "catalogue: no query reads `{}`; one that orders by the primary key behind these columns would need {name}",
                    table.name
                ));
            }
            for key in &table.foreign_keys {
                if supports(index, &key.columns) {
                    evidence.push(format!("the foreign key {} keeps {other} for its support", key.name));
                }
            }
            for owner in referencing(context.schema, table, index) {
                evidence.push(format!("{owner} refers to these columns and keeps {other} for its support"));
            }
            findings.push(Finding {
                rule: RULE.id.into(),
                severity,
                subject,
                message: format!("the index {name} of `{}` is redundant: {why} {other}", table.name),
                evidence,
                remedy: format!("DROP INDEX {} ON {}", remedy::name(name), remedy::name(&table.name)),
            });
        }
    }
    findings
}

/// The index that makes another one redundant, with the reason in words that end before its name.
///
/// Of two equal indexes one is the dominant, never both: the better kind, then the one that carries a foreign key's name, then the first by name.
pub(super) fn dominant<'t>(
    table: &'t Table,
    index: &Index,
    context: &SchemaContext<'_>,
) -> Option<(&'t Index, &'static str)> {
    if !matches!(index.kind, IndexKind::Plain | IndexKind::Unique) {
        return None;
    }
    let others = table.indexes.iter().filter(|other| {
        other.name != index.name
            && other.visible
            && matches!(other.kind, IndexKind::Primary | IndexKind::Unique | IndexKind::Plain)
    });
    let mut found: Vec<(&Index, &'static str)> =
        others.filter_map(|other| Some((other, reason(table, index, other, context)?))).collect();
    found.sort_by_key(|(other, _)| rank(table, other));
    found.first().copied()
}

/// Whether a query of the catalogue reads the table.
fn is_read(table: &Table, context: &SchemaContext<'_>) -> bool {
    let blocks = context.catalogue.iter().filter_map(|entry| entry.shape).flat_map(|shape| shape.blocks());
    let mut read = blocks.flat_map(|(_, block)| &block.sources).filter_map(|source| source.table());
    read.any(|name| name.eq_ignore_ascii_case(&table.name))
}

fn reason(table: &Table, index: &Index, other: &Index, context: &SchemaContext<'_>) -> Option<&'static str> {
    if index.kind == IndexKind::Unique {
        let same = other.is_unique() && other.parts == index.parts;
        return (same && rank(table, other) < rank(table, index)).then_some("it is a copy of the unique key");
    }
    if other.parts == index.parts {
        let kept = rank(table, other) < rank(table, index);
        return kept.then_some(if other.is_unique() { "it is a copy of the unique key" } else { "it is a copy of" });
    }
    if is_prefix(&index.parts, &other.parts) {
        // `(a, id)` is `(a)` to InnoDB, so the shorter of the two is the one to keep.
        let only_key_added = other.kind == IndexKind::Plain && extends_by_key(table, &index.parts, &other.parts);
        let needed = needs_hidden_key(table, index, other, context);
        return (!only_key_added && !needed).then_some("it is a left prefix of");
    }
    let extra = is_prefix(&other.parts, &index.parts) && extends_by_key(table, &other.parts, &index.parts);
    let foreign =
        table.foreign_keys.iter().any(|key| key.columns.len() > other.parts.len() && supports(index, &key.columns));
    (extra && other.kind != IndexKind::Primary && !foreign)
        .then_some("InnoDB appends the primary key to every index, so it is")
}

fn is_prefix(short: &[KeyPart], long: &[KeyPart]) -> bool {
    short.len() <= long.len() && short == &long[..short.len()]
}

/// Whether the longer list only adds the beginning of the primary key, which `InnoDB` appends anyway.
fn extends_by_key(table: &Table, short: &[KeyPart], long: &[KeyPart]) -> bool {
    let innodb = table.storage_engine.as_deref().is_none_or(|engine| engine.eq_ignore_ascii_case("innodb"));
    let Some(key) = table.primary_key().filter(|_| innodb) else { return false };
    let added = &long[short.len()..];
    // Columns of the key that the index has already are not appended again.
    let appended: Vec<&KeyPart> = key.parts.iter().filter(|part| !short.contains(part)).collect();
    !added.is_empty() && added.len() <= appended.len() && added.iter().zip(appended).all(|(left, right)| left == right)
}

/// Whether a query of the catalogue uses the primary key that `InnoDB` appends to the shorter index: equality on its columns, then the order or a range of the key.
fn needs_hidden_key(table: &Table, index: &Index, other: &Index, context: &SchemaContext<'_>) -> bool {
    let Some(key) = table.primary_key().and_then(|key| key.parts.first()?.column.as_deref()) else { return false };
    let next = other.parts.get(index.parts.len()).and_then(|part| part.column.as_deref());
    if next.is_some_and(|next| next.eq_ignore_ascii_case(key)) {
        return false;
    }
    let blocks = context.catalogue.iter().filter_map(|entry| entry.shape).flat_map(|shape| shape.blocks());
    let mut uses = blocks.flat_map(|(query, block)| (0..block.sources.len()).map(move |at| (query, block, at)));
    uses.any(|(query, block, at)| {
        if !block.sources[at].table().is_some_and(|name| name.eq_ignore_ascii_case(&table.name)) {
            return false;
        }
        let conditions = block.conditions_on(at);
        let compared = |column: &str, range: bool| {
            conditions.iter().flat_map(|condition| condition.comparisons()).any(|comparison| {
                let here =
                    comparison.own_column().is_some_and(|c| c.source == at && c.column.eq_ignore_ascii_case(column));
                let equal = matches!(comparison.operator, Operator::Eq | Operator::NullSafeEq | Operator::IsNull)
                    && !matches!(comparison.right, Operand::Expression(_));
                here && if range { comparison.operator.is_range() } else { equal }
            })
        };
        let equal = index.parts.iter().all(|part| part.column.as_deref().is_some_and(|column| compared(column, false)));
        let ordered = query.order_by.first().and_then(|term| term.column.as_ref());
        equal
            && (ordered.is_some_and(|c| c.level == 0 && c.source == at && c.column.eq_ignore_ascii_case(key))
                || compared(key, true))
    })
}

/// Smaller is kept rather.
fn rank<'i>(table: &Table, index: &'i Index) -> (u8, bool, &'i str) {
    let kind = match index.kind {
        IndexKind::Primary => 0,
        IndexKind::Unique => 1,
        _ => 2,
    };
    let of_constraint = table.foreign_keys.iter().any(|key| key.name.eq_ignore_ascii_case(&index.name));
    (kind, !of_constraint, &index.name)
}

/// Whether an index begins with a foreign key's columns.
pub(super) fn supports(index: &Index, columns: &[String]) -> bool {
    index.parts.len() >= columns.len()
        && columns
            .iter()
            .zip(&index.parts)
            .all(|(column, part)| part.column.as_deref().is_some_and(|c| c.eq_ignore_ascii_case(column)))
}

/// Foreign keys of other tables that refer to the columns of an index.
pub(super) fn referencing(schema: &Schema, table: &Table, index: &Index) -> Vec<String> {
    let all = schema.tables.iter().flat_map(|owner| owner.foreign_keys.iter().map(move |key| (owner, key)));
    let of_index = all.filter(|(_, key)| {
        key.referenced_table.eq_ignore_ascii_case(&table.name) && supports(index, &key.referenced_columns)
    });
    of_index.map(|(owner, key)| format!("the foreign key {} of `{}`", key.name, owner.name)).collect()
}

fn parts(parts: &[KeyPart]) -> String {
    let one = |part: &KeyPart| {
        let name =
            part.column.clone().or_else(|| part.expression.as_ref().map(|e| format!("({e})"))).unwrap_or_default();
        let prefix = part.prefix.map(|length| format!("({length})")).unwrap_or_default();
        format!("{name}{prefix}{}", if part.descending { " DESC" } else { "" })
    };
    parts.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn kind(kind: IndexKind) -> &'static str {
    match kind {
        IndexKind::Primary => "the primary key",
        IndexKind::Unique => "unique",
        _ => "not unique",
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::redundant;

    #[test]
    fn copies_and_left_prefixes_are_redundant() {
        assert_eq!(
            redundant(
                "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, UNIQUE KEY ua (a), KEY ka (a), KEY kab (a, b))",
                &[]
            ),
            ["ka"]
        );
        assert_eq!(
            redundant("CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, KEY ka (a), KEY kab (a, b))", &[]),
            ["ka"]
        );
        assert_eq!(redundant("CREATE TABLE t (a INT, b INT, PRIMARY KEY (a, b), KEY ka (a), KEY kb (b))", &[]), ["ka"]);
    }

    #[test]
    fn of_two_equal_ones_exactly_one_goes() {
        assert_eq!(redundant("CREATE TABLE t (id INT PRIMARY KEY, a INT, KEY x2 (a), KEY x1 (a))", &[]), ["x2"]);
        assert_eq!(
            redundant(
                "CREATE TABLE t (id INT PRIMARY KEY, a INT, UNIQUE KEY x2 (a), UNIQUE KEY x1 (a), KEY a0 (a))",
                &[]
            ),
            ["x2", "a0"]
        );
        let named = "CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE t (id INT PRIMARY KEY, a INT, KEY a0 (a), KEY fk_a (a), CONSTRAINT fk_a FOREIGN KEY (a) REFERENCES p (id))";
        assert_eq!(redundant(named, &[]), ["a0"]);
    }

    #[test]
    fn what_differs_is_not_redundant() {
        for ddl in [
            "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, UNIQUE KEY ua (a), KEY kba (b, a))",
            "CREATE TABLE t (id INT PRIMARY KEY, a INT, KEY ka (a), KEY kd (a DESC))",
            "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(200), KEY ka (a), KEY kp (a(20)))",
            "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, UNIQUE KEY ua (a), UNIQUE KEY uab (a, b))",
            "CREATE TABLE t (id INT PRIMARY KEY, a INT, id_num INT, KEY k1 (id_num), KEY k2 (a))",
            "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, UNIQUE KEY uab (a, b), UNIQUE KEY ua (a))",
        ] {
            assert_eq!(redundant(ddl, &[]), Vec::<String>::new(), "{ddl}");
        }
    }

    #[test]
    fn the_primary_key_at_the_end_is_there_already() {
        assert_eq!(redundant("CREATE TABLE t (id INT PRIMARY KEY, a INT, KEY ka (a), KEY kai (a, id))", &[]), ["kai"]);
        assert_eq!(
            redundant("CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, KEY kai (a, id), KEY kaib (a, id, b))", &[]),
            ["kai"]
        );
    }

    #[test]
    fn a_query_that_needs_the_hidden_primary_key_saves_its_index() {
        let ddl = "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, c INT, KEY ka (a), KEY kab (a, b))";
        assert_eq!(redundant(ddl, &["SELECT * FROM t WHERE a = ? ORDER BY id DESC LIMIT 1"]), Vec::<String>::new());
        assert_eq!(redundant(ddl, &["SELECT * FROM t WHERE a = ? AND id > ? LIMIT 10"]), Vec::<String>::new());
        assert_eq!(redundant(ddl, &["SELECT * FROM t WHERE a = ? ORDER BY b LIMIT 1"]), ["ka"]);
    }
}
