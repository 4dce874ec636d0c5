//! Numbers of rows for the embedded engine's plans, which come without any: from the tables' rows and the indexes'
//! distinct keys that the schema carries.

use crate::model::plan::{Access, AccessType, Estimate, Node, Plan};
use crate::model::schema::{Index, Schema, Table};

/// Fills in what can be known. `table_of` gives the table that an alias stands for; a name it does not know is looked
/// up as a table.
///
/// A whole table or index: the table's rows. Equality on the first parts of an index: rows by distinct keys, 1 on a
/// whole unique key. A range stays unknown.
#[must_use]
pub fn with_estimates(mut plan: Plan, schema: &Schema, table_of: &dyn Fn(&str) -> Option<String>) -> Plan {
    fill(&mut plan.root, schema, table_of);
    plan
}

fn fill(node: &mut Node, schema: &Schema, table_of: &dyn Fn(&str) -> Option<String>) {
    if let Some(access) = &mut node.access {
        let table = table_of(&access.table).unwrap_or_else(|| access.table.clone());
        access.rows = match schema.table(&table) {
            Some(table) => {
                if skips_in_vain(access, table) {
                    access.access_type = AccessType::IndexScan;
                }
                estimate(access, table)
            }
            None => Estimate::Unknown(format!("the schema has no table {table}")),
        };
    }
    for child in &mut node.children {
        fill(child, schema, table_of);
    }
}

/// Whether it is a skip-scan, which visits each value of the leading columns, for want of an index that begins with the column
/// it looks for. `MariaDB` has no skip-scan and `MySQL`'s is for covering indexes, so the servers read the whole index.
fn skips_in_vain(access: &Access, table: &Table) -> bool {
    let skipped = |part: &&String| part.starts_with("ANY(");
    let Some(sought) = access.key_parts.iter().find(|part| !skipped(part)) else { return false };
    let sought = sought.trim_end_matches(['?', '=', '<', '>']);
    let leads = table.indexes.iter().filter_map(|index| index.parts.first()?.column.as_deref());
    access.key_parts.iter().any(|part| skipped(&part))
        && !leads.into_iter().any(|name| name.eq_ignore_ascii_case(sought))
}

/// Rows read on each visit of the table.
fn estimate(access: &Access, table: &Table) -> Estimate {
    let unknown = |reason: &str| Estimate::Unknown(reason.to_owned());
    if access.access_type == AccessType::Const {
        return Estimate::Rows(1.0);
    }
    let Some(rows) = table.rows else { return unknown("the table's rows are not known") };
    match access.access_type {
        AccessType::FullScan | AccessType::IndexScan => Estimate::Rows(rows as f64),
        AccessType::Ref => {
            let Some(index) = access.key.as_deref().and_then(|key| index_of(key, table)) else {
                return unknown("the index is not in the schema");
            };
            let parts = access.key_parts.len();
            if index.is_unique() && parts == index.parts.len() {
                return Estimate::Rows(1.0);
            }
            match parts.checked_sub(1).and_then(|at| index.cardinality.get(at)) {
                Some(&distinct) => Estimate::Rows((rows as f64 / distinct.max(1) as f64).max(1.0)),
                None => unknown("the index's distinct keys are not known"),
            }
        }
        AccessType::Derived => unknown("the rows of a computed table are not known"),
        _ => unknown("the embedded engine does not say how many rows of the range it expects"),
    }
}

/// The index of that name. Of the indexes that the engine names by itself, the schema gives only the primary key another name.
fn index_of<'a>(key: &str, table: &'a Table) -> Option<&'a Index> {
    table.index(key).or_else(|| table.primary_key().filter(|_| key.starts_with("sqlite_autoindex_")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::sqlite::{PlanRow, read};
    use crate::model::schema::{IndexKind, KeyPart};

    fn rows_of(detail: &str) -> Option<f64> {
        let index = |name: &str, kind, parts: &[&str], cardinality: &[u64]| Index {
            name: name.into(),
            kind,
            parts: parts.iter().map(|part| KeyPart::column(*part)).collect(),
            visible: true,
            comment: String::new(),
            cardinality: cardinality.to_vec(),
        };
        let table = Table {
            name: "orders".into(),
            rows: Some(1000),
            indexes: vec![
                index("i", IndexKind::Plain, &["a", "b"], &[10, 500]),
                index("u", IndexKind::Unique, &["a", "c"], &[10, 1000]),
            ],
            ..Table::default()
        };
        let schema = Schema { tables: vec![table], routines: vec![] };
        let row = PlanRow { id: 1, parent: 0, detail: detail.into() };
        let plan = with_estimates(read(&[row]), &schema, &|alias| (alias == "o").then(|| "orders".into()));
        plan.accesses()[0].rows.rows()
    }

    #[test]
    fn rows_follow_from_the_schema() {
        assert_eq!(rows_of("SCAN o"), Some(1000.0));
        assert_eq!(rows_of("SEARCH o USING INDEX orders.i (a=?)"), Some(100.0));
        assert_eq!(rows_of("SEARCH o USING INDEX orders.i (a=? AND b=?)"), Some(2.0));
        assert_eq!(rows_of("SEARCH o USING INDEX orders.u (a=? AND c=?)"), Some(1.0));
        assert_eq!(rows_of("SEARCH o USING INTEGER PRIMARY KEY (rowid=?)"), Some(1.0));
    }

    #[test]
    fn a_skip_scan_for_want_of_an_index_reads_the_whole_one() {
        assert_eq!(rows_of("SEARCH o USING INDEX orders.i (ANY(a) AND b=?)"), Some(1000.0));
        assert_eq!(rows_of("SEARCH o USING INDEX orders.u (ANY(c) AND a>?)"), None);
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        assert_eq!(rows_of("SEARCH o USING INDEX orders.i (a=? AND b>?)"), None);
        assert_eq!(rows_of("SEARCH o USING INDEX orders.gone (a=?)"), None);
        assert_eq!(rows_of("SCAN elsewhere"), None);
    }
}
