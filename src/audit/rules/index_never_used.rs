//! `index-never-used`: no plan of the catalogue reads the index.

use super::redundant_index::{dominant, referencing, supports};
use super::{Check, Rule};
use crate::audit::context::{CatalogueEntry, SchemaContext};
use crate::audit::remedy;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::plan::{Access, AccessType};
use crate::model::schema::{Index, IndexKind, Table};
use crate::sql::shape::ColumnRef;

pub(super) const RULE: Rule = Rule {
    id: "index-never-used",
    severity: Severity::Info,
    summary: "no plan of the catalogue reads the index",
    help: "The catalogue is only as complete as it was made: an index may serve a report or a job that is not in it.",
    check: Check::Schema(check),
};

fn check(context: &SchemaContext<'_>) -> Vec<Finding> {
    let plans = context.catalogue.iter().flat_map(|entry| entry.plans.iter().map(move |plan| (entry, plan)));
    let accesses: Vec<_> =
        plans.flat_map(|(entry, plan)| plan.accesses().into_iter().map(move |access| (entry, access))).collect();
    let mut findings = Vec::new();
    for table in &context.schema.tables {
        let small = table.rows.is_some_and(|rows| rows <= context.options.small_table_rows);
        // A table that the catalogue never reads says nothing about its indexes; a small one is read without them.
        let on_table: Vec<_> = accesses
            .iter()
            .filter(|(entry, access)| {
                let places = entry.shape.map(|shape| shape.sources(&access.table)).unwrap_or_default();
                let resolved = places.iter().any(|(_, block, at)| {
                    block.sources[*at].table().is_some_and(|name| name.eq_ignore_ascii_case(&table.name))
                });
                resolved || access.table.eq_ignore_ascii_case(&table.name)
            })
            .collect();
        if small || on_table.is_empty() {
            continue;
        }
        for index in table.indexes.iter().filter(|index| index.kind == IndexKind::Plain && index.visible) {
            let used = on_table.iter().any(|(entry, access)| {
                access.key.as_deref().is_some_and(|key| names(key, &index.name)) && needs_an_index(entry, access, index)
            });
            if !used && !needed(table, index, context) && dominant(table, index, context).is_none() {
                findings.push(finding(table, index, accesses.len()));
            }
        }
    }
    findings
}

/// Whether the access gains from the very index that it reads. A `COUNT(*)` or a probe takes whichever index is the
/// smallest, and would take another one, or the table, without it.
fn needs_an_index(entry: &CatalogueEntry<'_>, access: &Access, index: &Index) -> bool {
    if access.access_type != AccessType::IndexScan {
        return true;
    }
    let Some(shape) = entry.shape else { return true };
    let is_part = |column: &ColumnRef| {
        index
            .parts
            .iter()
            .any(|part| part.column.as_deref().is_some_and(|part| part.eq_ignore_ascii_case(&column.column)))
    };
    shape.sources(&access.table).iter().any(|(query, block, _)| {
        let ordered = !query.order_by.is_empty() || !block.group_by.is_empty() || block.distinct;
        let selected = block.output.iter().filter_map(|output| output.column.as_ref());
        let covers = query.limit.is_none() && block.mentioned.iter().chain(selected).any(is_part);
        ordered || covers || !block.filter.is_empty() || block.sources.len() > 1
    })
}

fn finding(table: &Table, index: &Index, accesses: usize) -> Finding {
    let subject = Subject { table: Some(table.name.clone()), index: Some(index.name.clone()), ..Subject::default() };
    Finding {
        rule: RULE.id.into(),
        severity: RULE.severity,
        subject,
        message: format!("no plan of the catalogue uses the index {} of `{}`", index.name, table.name),
        evidence: vec![format!("plans: {accesses} table accesses were looked at")],
        remedy: format!(
            "make sure that nothing outside of the catalogue needs it (on MySQL: ALTER TABLE {0} ALTER INDEX {1} INVISIBLE for a while), then DROP INDEX {1} ON {0}",
            remedy::name(&table.name),
            remedy::name(&index.name)
        ),
    }
}

/// Whether a plan's key names the index; a combination such as `union(a,b)` names several.
fn names(key: &str, index: &str) -> bool {
    key.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '-')))
        .any(|word| word.eq_ignore_ascii_case(index))
        || key.eq_ignore_ascii_case(index)
}

/// Whether a foreign key has no other index to rest on.
fn needed(table: &Table, index: &Index, context: &SchemaContext<'_>) -> bool {
    let others = |columns: &[String]| {
        table.indexes.iter().any(|other| {
            // One that is itself advised away is nothing to rest on.
            other.name != index.name
                && other.visible
                && supports(other, columns)
                && dominant(table, other, context).is_none()
        })
    };
    let own = table.foreign_keys.iter().any(|key| supports(index, &key.columns) && !others(&key.columns));
    own || !referencing(context.schema, table, index).is_empty()
}

#[cfg(test)]
mod tests {
    use super::names;
    use crate::audit::fixture::{scanned, unused};

    const DDL: &str = "CREATE TABLE p (id INT PRIMARY KEY);
        CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, c INT, p_id INT, KEY ka (a), KEY kb (b), KEY kp (p_id), UNIQUE KEY uc (c),
        CONSTRAINT f FOREIGN KEY (p_id) REFERENCES p (id));
        -- rows t 50000";

    #[test]
    fn an_index_without_a_plan_is_named_unless_something_needs_it() {
        assert_eq!(unused(DDL, "SELECT * FROM t x WHERE x.a = 1", "x", "ka"), ["kb"]);
    }

    #[test]
    fn a_count_that_takes_the_smallest_index_does_not_need_it() {
        assert_eq!(scanned(DDL, "SELECT COUNT(*) FROM t", "t", "ka"), ["ka", "kb"]);
        assert_eq!(scanned(DDL, "SELECT a FROM t LIMIT 1", "t", "ka"), ["ka", "kb"]);
        assert_eq!(scanned(DDL, "SELECT SUM(a) FROM t", "t", "ka"), ["kb"]);
        assert_eq!(scanned(DDL, "SELECT id FROM t ORDER BY a LIMIT 5", "t", "ka"), ["kb"]);
    }

    #[test]
    fn a_catalogue_that_never_reads_the_table_says_nothing() {
        assert!(unused(DDL, "SELECT * FROM p", "p", "PRIMARY").is_empty());
    }

    #[test]
    fn a_combination_of_indexes_names_its_parts() {
        assert!(names("union(ka,kb)", "kb"));
        assert!(!names("idx_ab", "ab"));
    }
}
