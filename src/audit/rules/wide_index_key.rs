//! `wide-index-key`: an index whose entries are so wide that few of them fit on a page.

use super::{Check, Rule};
use crate::audit::context::SchemaContext;
use crate::audit::{harm, remedy, width};
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::schema::{Index, IndexKind, Table};

pub(super) const RULE: Rule = Rule {
    id: "wide-index-key",
    severity: Severity::Warning,
    summary: "an index key of hundreds of bytes",
    help: "Wide keys make deep trees that fill the buffer pool; a wide primary key is repeated in every entry of every other index.",
    check: Check::Schema(check),
};

/// The longest key that InnoDB's compact row format takes: beyond it a key was an oversight once, and still is wide.
const WIDE: u64 = 767;
/// A primary key from here on: a UUID as text in utf8mb4 takes 144.
const WIDE_PRIMARY: u64 = 128;

fn check(context: &SchemaContext<'_>) -> Vec<Finding> {
    let large = |table: &&Table| table.rows.is_none_or(|rows| rows > context.options.small_table_rows);
    let tables = context.schema.tables.iter().filter(large);
    tables.flat_map(|table| table.indexes.iter().filter_map(move |index| one(table, index))).collect()
}

fn one(table: &Table, index: &Index) -> Option<Finding> {
    let parts: Vec<(String, u64)> = index
        .parts
        .iter()
        .map(|part| Some((part.column.clone()?, width::of_part(table, part)?)))
        .collect::<Option<_>>()?;
    let bytes: u64 = parts.iter().map(|(_, bytes)| bytes).sum();
    let secondary =
        table.indexes.iter().filter(|other| matches!(other.kind, IndexKind::Plain | IndexKind::Unique)).count();
    let (severity, why) = match index.kind {
        IndexKind::Primary if bytes >= WIDE_PRIMARY && secondary > 0 => {
            let composite = index.parts.len() > 1;
            (
                if composite { Severity::Info } else { Severity::Warning },
                format!(", which each of the table's {secondary} other indexes repeats in every entry"),
            )
        }
        IndexKind::Plain | IndexKind::Unique if bytes > WIDE => (Severity::Info, String::new()),
        _ => return None,
    };
    // Where nothing is known of the size, nothing is known of the harm.
    let severity = if table.rows.is_none() { Severity::Info } else { severity };
    let (widest, most) = parts.iter().max_by_key(|(_, bytes)| *bytes)?;
    let mut evidence: Vec<String> =
        parts.iter().map(|(name, bytes)| format!("schema: {name} takes up to {bytes} bytes")).collect();
    evidence.extend(table.rows.map(|rows| format!("schema: `{}` has {} rows", table.name, harm::count(rows as f64))));
    let remedy = if index.kind == IndexKind::Primary {
        format!(
            "give `{}` a narrow primary key (BIGINT, or BINARY(16) for a UUID) and keep {} as a UNIQUE key",
            table.name,
            remedy::name(widest)
        )
    } else {
        format!(
            "declare {} as long as its values are and in the character set they need (ascii for slugs and hashes), or index a \
             prefix of it; it takes {most} of the {bytes} bytes",
            remedy::name(widest)
        )
    };
    Some(Finding {
        rule: RULE.id.into(),
        severity,
        subject: Subject { table: Some(table.name.clone()), index: Some(index.name.clone()), ..Subject::default() },
        message: format!("an entry of {} of `{}` takes up to {bytes} bytes{why}", index.name, table.name),
        evidence,
        remedy,
    })
}

#[cfg(test)]
mod tests {
    use crate::audit::context::{Options, SchemaContext};
    use crate::model::finding::Severity;
    use crate::sql::shape::fixture::schema;

    fn found(ddl: &str) -> Vec<(String, Severity)> {
        let schema = schema(ddl);
        let context = SchemaContext { schema: &schema, catalogue: &[], options: &Options::default() };
        super::check(&context).into_iter().map(|f| (f.subject.index.unwrap_or_default(), f.severity)).collect()
    }

    #[test]
    fn the_primary_key_counts_more_than_the_others() {
        let wide = "CREATE TABLE t (id CHAR(36) PRIMARY KEY, name VARCHAR(255), slug VARCHAR(80), KEY n (name), KEY s (slug), KEY p (name(50)));\n-- rows t 50000";
        assert_eq!(found(wide), [("PRIMARY".into(), Severity::Warning), ("n".into(), Severity::Info)]);
        assert!(found("CREATE TABLE t (id CHAR(36) PRIMARY KEY, a INT);\n-- rows t 50000").is_empty());
        assert!(found(&wide.replace("50000", "40")).is_empty());
    }
}
