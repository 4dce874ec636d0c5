//! `function-on-column`: the condition that should narrow a large table hides the column inside an expression.

use super::{Check, Rule};
use crate::audit::context::Context;
use crate::audit::harm;
use crate::audit::reading::{Reading, readings};
use crate::audit::remedy;
use crate::model::finding::{Finding, Severity};
use crate::model::schema::Table;
use crate::sql::shape::{Comparison, Condition, Term};

pub(super) const RULE: Rule = Rule {
    id: "function-on-column",
    severity: Severity::Error,
    summary: "a condition hides its column inside an expression",
    help: "An index is ordered by the column's values, not by what a function makes of them, so every row must be computed.",
    check: Check::Query(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    readings(context)
        .iter()
        .filter(|reading| !reading.is_narrowed(context))
        .filter_map(|reading| one(reading, context))
        .collect()
}

fn one(reading: &Reading<'_>, context: &Context<'_>) -> Option<Finding> {
    let (_, _, at) = reading.place?;
    if context.is_small(reading.table) {
        return None;
    }
    let conditions = reading.conditions();
    // A bare column beside it that an index could use is the remedy to look at first: that is what full-table-scan proposes.
    let comparison =
        conditions.into_iter().flat_map(Condition::comparisons).find(|comparison| hides(comparison, at))?;
    let Term::Wrapped { function, columns, text } = &comparison.left else { return None };
    if has_functional_index(reading.table, text) {
        return None;
    }
    let column = columns.iter().find(|column| column.level == 0 && column.source == at)?;
    let severity = match reading.table_rows() {
        Some(rows) => harm::of_reading(rows, context)?,
        None => Severity::Info,
    };
    let table = &reading.table.name;
    let message = format!("the condition on `{table}`.`{}` is hidden inside {function}", column.column);
    let mut finding = context.finding(RULE.id, severity, Some(table), message);
    finding.evidence.push(format!("statement: {}", comparison.text));
    finding.evidence.push(reading.evidence());
    finding.remedy = advice(function, &column.column, text, reading.table);
    Some(finding)
}

/// Whether it compares an expression over the table's columns in a way that an index on the expression could serve.
fn hides(comparison: &Comparison, source: usize) -> bool {
    match &comparison.left {
        Term::Wrapped { columns, .. } => {
            comparison.operator.narrows() && columns.iter().any(|column| column.level == 0 && column.source == source)
        }
        _ => false,
    }
}

/// Whether a functional index, or an index on a generated column, is of that expression.
fn has_functional_index(table: &Table, text: &str) -> bool {
    let wanted = bare(text);
    let generated = |name: &str| {
        table.column(name).is_some_and(|column| !column.generated.is_empty() && bare(&column.generated) == wanted)
    };
    table.indexes.iter().filter_map(|index| index.parts.first()).any(|part| {
        part.expression.as_deref().is_some_and(|expression| bare(expression) == wanted)
            || part.column.as_deref().is_some_and(generated)
    })
}

/// An expression without what servers write differently: case, white space, quotes, outer parentheses, qualifiers.
fn bare(text: &str) -> String {
    let plain: String =
        text.to_lowercase().chars().filter(|c| !c.is_whitespace() && !matches!(c, '`' | '(' | ')')).collect();
    let unqualified = |word: &str| word.rsplit('.').next().unwrap_or_default().to_owned();
    plain.split(',').map(unqualified).collect::<Vec<_>>().join(",").replace("_utf8mb4", "")
}

fn advice(function: &str, column: &str, text: &str, table: &Table) -> String {
    let name = remedy::name(column);
    match function {
        "LOWER" | "UPPER" | "LCASE" | "UCASE" => format!(
            "compare {name} itself: a collation that ends in _ci ignores case already; otherwise CREATE INDEX … ON {} (({text}))",
            remedy::name(&table.name)
        ),
        "DATE" | "YEAR" | "MONTH" | "DATE_FORMAT" | "EXTRACT" | "UNIX_TIMESTAMP" => {
            format!("write a range on the bare column: {name} >= start AND {name} < end")
        }
        "COALESCE" | "IFNULL" => format!("write the NULL case out: {name} = value OR {name} IS NULL"),
        "+" | "-" | "*" | "/" | "DATE_ADD" | "DATE_SUB" | "ADDDATE" | "SUBDATE" => {
            format!("move the arithmetic to the other side, so that {name} stands alone")
        }
        _ => format!(
            "compare {name} itself, or index the expression: ALTER TABLE {} ADD INDEX (({text})) (MySQL 8.0.13; on MariaDB a generated column with an index)",
            remedy::name(&table.name)
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Case, SHOP, access};
    use crate::model::finding::Severity;
    use crate::model::plan::AccessType;

    fn verdict(ddl: &str, sql: &str, access_type: AccessType) -> Option<Severity> {
        let rows = if access_type == AccessType::Range { 20_000.0 } else { 990_000.0 };
        let case = Case::new(ddl, sql).plan(access("orders", access_type).key("by_placed").rows(rows).node());
        case.only("function-on-column").first().map(|finding| finding.severity)
    }

    #[test]
    fn a_hidden_column_of_a_scanned_table_is_found() {
        for sql in [
            "SELECT * FROM orders WHERE DATE(placed_at) = ?",
            "SELECT * FROM orders WHERE LOWER(status) = 'x' AND archived = 0",
            "SELECT * FROM orders WHERE COALESCE(placed_at, NOW()) > ?",
            "SELECT * FROM orders WHERE total * 2 > 10",
            "SELECT * FROM orders o WHERE o.id = 1 OR UPPER(o.status) = 'X'",
        ] {
            let sql = sql.replace("orders o", "orders").replace("o.", "");
            assert_eq!(verdict(SHOP, &sql, AccessType::FullScan), Some(Severity::Error), "{sql}");
        }
    }

    #[test]
    fn silent_when_another_condition_narrows_or_the_value_is_computed() {
        assert_eq!(
            verdict(SHOP, "SELECT * FROM orders WHERE placed_at > ? AND LOWER(status) = 'x'", AccessType::Range),
            None
        );
        assert_eq!(
            verdict(
                SHOP,
                "SELECT * FROM orders WHERE placed_at > DATE_SUB(NOW(), INTERVAL 1 DAY)",
                AccessType::FullScan
            ),
            None
        );
        assert_eq!(verdict(SHOP, "SELECT LOWER(status) FROM orders", AccessType::FullScan), None);
        assert_eq!(verdict(SHOP, "SELECT status FROM orders WHERE LENGTH(status) <> 3", AccessType::FullScan), None);
    }

    #[test]
    fn a_functional_index_on_the_same_expression_silences_it() {
        let ddl = SHOP.replace("KEY by_customer", "KEY by_lower ((LOWER(`status`))), KEY by_customer");
        assert_eq!(verdict(&ddl, "SELECT * FROM orders o WHERE LOWER(o.status) = 'x'", AccessType::FullScan), None);
        assert_eq!(
            verdict(&ddl, "SELECT * FROM orders WHERE LOWER(note) = 'x'", AccessType::FullScan),
            Some(Severity::Error)
        );
    }
}
