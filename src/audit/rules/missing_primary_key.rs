//! `missing-primary-key`: a table whose rows nothing tells apart.

use super::{Check, Rule};
use crate::audit::context::SchemaContext;
use crate::audit::remedy;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::schema::{Index, IndexKind, Table};

pub(super) const RULE: Rule = Rule {
    id: "missing-primary-key",
    severity: Severity::Warning,
    summary: "a table without a primary key",
    help: "InnoDB numbers the rows behind the scenes with one counter for all such tables, a replica scans for each changed row, and group replication refuses the table.",
    check: Check::Schema(check),
};

fn check(context: &SchemaContext<'_>) -> Vec<Finding> {
    let without = |table: &&Table| table.primary_key().is_none() && !table.indexes.iter().any(|key| serves(table, key));
    context.schema.tables.iter().filter(without).map(|table| finding(table, context)).collect()
}

/// InnoDB takes the first unique key without NULLs and prefixes in the primary key's place.
fn serves(table: &Table, index: &Index) -> bool {
    index.kind == IndexKind::Unique
        && index.parts.iter().all(|part| {
            let column = part.column.as_deref().and_then(|name| table.column(name));
            part.prefix.is_none() && column.is_some_and(|column| !column.nullable)
        })
}

fn finding(table: &Table, context: &SchemaContext<'_>) -> Finding {
    let small = table.rows.is_some_and(|rows| rows <= context.options.small_table_rows);
    let name = remedy::name(&table.name);
    let nullable = table.indexes.iter().find(|index| index.kind == IndexKind::Unique);
    let mut evidence =
        vec!["schema: there is neither PRIMARY KEY nor a UNIQUE key whose columns are all NOT NULL".into()];
    evidence.extend(table.rows.map(|rows| format!("schema: `{}` has {rows} rows", table.name)));
    Finding {
        rule: RULE.id.into(),
        severity: if small { Severity::Info } else { RULE.severity },
        subject: Subject { table: Some(table.name.clone()), ..Subject::default() },
        message: format!("`{}` has no primary key", table.name),
        evidence,
        remedy: match nullable {
            Some(index) => {
                format!("make the columns of {} NOT NULL and the key the primary one", remedy::name(&index.name))
            }
            None => format!(
                "ALTER TABLE {name} ADD COLUMN id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY FIRST, or declare the columns that tell rows apart as the key"
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::context::{Options, SchemaContext};
    use crate::model::finding::Severity;
    use crate::sql::shape::fixture::schema;

    fn found(ddl: &str) -> Vec<Severity> {
        let schema = schema(ddl);
        let context = SchemaContext { schema: &schema, catalogue: &[], options: &Options::default() };
        super::check(&context).into_iter().map(|finding| finding.severity).collect()
    }

    #[test]
    fn only_a_key_that_tells_all_rows_apart_counts() {
        assert_eq!(found("CREATE TABLE t (a INT NOT NULL, KEY a (a))"), [Severity::Warning]);
        assert_eq!(found("CREATE TABLE t (a INT, UNIQUE KEY a (a))"), [Severity::Warning]);
        assert!(found("CREATE TABLE t (a INT NOT NULL, UNIQUE KEY a (a))").is_empty());
        assert!(found("CREATE TABLE t (a INT PRIMARY KEY)").is_empty());
        assert_eq!(found("CREATE TABLE t (a INT);\n-- rows t 12"), [Severity::Info]);
    }
}
