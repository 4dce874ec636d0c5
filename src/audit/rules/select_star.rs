//! `select-star`: all columns are fetched, long ones among them, for many rows.

use super::unbounded_result::expected_rows;
use super::{Check, Rule};
use crate::audit::context::Context;
use crate::audit::{harm, width};
use crate::model::finding::{Finding, Severity};
use crate::model::schema::{Column, Table};
use crate::sql::shape::{Block, Body, Bound, QueryShape, StatementKind};

pub(super) const RULE: Rule = Rule {
    id: "select-star",
    severity: Severity::Info,
    summary: "all columns are fetched, long ones among them",
    help: "Long values lie on pages of their own, cross the network and fill the app's memory, whether they are looked at or not.",
    check: Check::Query(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let Some(shape) = context.shape.filter(|shape| shape.kind == StatementKind::Select) else { return Vec::new() };
    let Some(query) = &shape.query else { return Vec::new() };
    let Some(rows) = rows(query, &shape.bound, context).filter(|rows| *rows > 1.0) else { return Vec::new() };
    starred(query).into_iter().filter_map(|block| one(block, rows, context)).take(1).collect()
}

/// The blocks whose `*` reaches the result: the statement's own, or the arms of its set operation.
fn starred(query: &QueryShape) -> Vec<&Block> {
    match &query.body {
        Body::Select(block) if block.star => vec![block],
        Body::Set { arms, .. } => arms.iter().flat_map(starred).collect(),
        _ => Vec::new(),
    }
}

/// Rows of the result, as far as LIMIT, the proof or the schema's sizes tell; of a bound without a number one page.
fn rows(query: &QueryShape, bound: &Bound, context: &Context<'_>) -> Option<f64> {
    let limit = query.limit.as_ref().and_then(|limit| context.limit_value(limit.count)).map(|rows| rows as f64);
    let told = match bound {
        Bound::Proved { at_most: Some(rows), .. } => Some(*rows as f64),
        Bound::Proved { at_most: None, .. } => Some(context.options.few_rows as f64),
        Bound::Unbounded { scope, expected, .. } => expected_rows(scope, *expected, context),
        Bound::Unknown { .. } => None,
    };
    limit.into_iter().chain(told).reduce(f64::min)
}

fn one(block: &Block, rows: f64, context: &Context<'_>) -> Option<Finding> {
    let tables = block.sources.iter().filter_map(|source| context.schema.table(source.table()?));
    let tables: Vec<&Table> = tables.filter(|table| !context.is_small(table)).collect();
    let (table, columns) = tables
        .into_iter()
        .map(|table| (table, selected(block, table)))
        .find(|(_, columns)| columns.iter().any(|column| width::is_long(column)))?;
    let long: Vec<&str> = columns.iter().filter(|c| width::is_long(c)).map(|c| c.name.as_str()).collect();
    let fixed: u64 = columns.iter().filter_map(|column| width::average(column)).sum();
    let busy = context.per_minute().map(|runs| runs * rows);
    let message = format!(
        "fetches all {} columns of `{}`, with the long ones {}, for about {} rows a run",
        columns.len(),
        table.name,
        long.join(", "),
        harm::count(rows)
    );
    let mut finding = context.finding(RULE.id, RULE.severity, Some(&table.name), message);
    finding.evidence.push(format!(
        "schema: a row takes about {fixed} bytes, and in {} whatever is stored there: each further kilobyte makes {} kB a run",
        long.join(", "),
        harm::count(rows)
    ));
    if let Some(busy) = busy {
        finding.evidence.push(format!("workload: about {} rows a minute", harm::count(busy)));
    }
    finding.remedy = format!("name the columns that are used, and leave out {} where it is not shown", long.join(", "));
    Some(finding)
}

/// The columns of a table that the block selects.
fn selected<'t>(block: &Block, table: &'t Table) -> Vec<&'t Column> {
    let of_table = |at: usize| {
        let name = block.sources.get(at).and_then(|source| source.table());
        name.is_some_and(|name| name.eq_ignore_ascii_case(&table.name))
    };
    let outputs = block.output.iter().filter_map(|output| output.column.as_ref());
    let own: Vec<&str> = outputs.filter(|own| of_table(own.source)).map(|own| own.column.as_str()).collect();
    table.columns.iter().filter(|column| own.iter().any(|own| own.eq_ignore_ascii_case(&column.name))).collect()
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Case, SHOP};
    use crate::model::finding::Severity;

    fn verdict(case: &Case) -> Option<Severity> {
        case.only("select-star").first().map(|finding| finding.severity)
    }

    #[test]
    fn rows_with_long_values_are_weighed() {
        let page = "SELECT o.* FROM orders o WHERE customer_id = ? ORDER BY id DESC LIMIT 50";
        assert_eq!(verdict(&Case::new(SHOP, page).param(5)), Some(Severity::Info));
        let busy = Case::new(SHOP, page).param(5).per_minute(600.0).only("select-star");
        assert_eq!(busy[0].evidence[1], "workload: about 30,000 rows a minute");
        let found = Case::new(SHOP, page).param(5).only("select-star");
        assert!(
            found[0].message.ends_with("all 8 columns of `orders`, with the long ones note, for about 50 rows a run")
        );
    }

    #[test]
    fn one_row_short_rows_and_stars_that_are_not_fetched_are_silent() {
        for sql in [
            "SELECT * FROM orders WHERE id = 5",
            "SELECT * FROM customers LIMIT 50",
            "SELECT * FROM settings",
            "SELECT c.id FROM customers c WHERE EXISTS (SELECT * FROM orders o WHERE o.customer_id = c.id) LIMIT 50",
            "SELECT COUNT(*) FROM orders",
            "SELECT c.*, o.total FROM customers c JOIN orders o ON o.customer_id = c.id LIMIT 50",
            "SELECT id, note FROM orders LIMIT 50",
        ] {
            assert_eq!(verdict(&Case::new(SHOP, sql)), None, "{sql}");
        }
    }
}
