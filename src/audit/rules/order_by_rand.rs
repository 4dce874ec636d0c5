//! `order-by-rand`: every row gets a random number and is sorted by it.

use super::filesort::input_rows;
use super::{Check, Rule};
use crate::audit::context::Context;
use crate::audit::harm;
use crate::model::finding::{Finding, Severity};
use crate::model::plan::Operation;

pub(super) const RULE: Rule = Rule {
    id: "order-by-rand",
    severity: Severity::Error,
    summary: "all rows are numbered at random and sorted to take a few",
    help: "No index can give a random order, so the cost grows with the rows to choose from, not with those that are wanted.",
    check: Check::Query(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let random = |text: &str| {
        let text = text.to_uppercase();
        ["RAND(", "RANDOM(", "UUID("].iter().any(|function| text.starts_with(function))
    };
    let blocks = context.shape.map(crate::sql::shape::Shape::blocks).unwrap_or_default();
    let Some((query, block)) =
        blocks.iter().find(|(query, _)| query.order_by.first().is_some_and(|term| random(&term.text)))
    else {
        return Vec::new();
    };
    let tables = block.sources.iter().filter_map(|source| context.schema.table(source.table()?));
    let Some(table) = tables.max_by_key(|table| table.rows) else { return Vec::new() };
    let sorts = context.plan.map(crate::model::plan::Plan::nodes).unwrap_or_default();
    let sorts = sorts.into_iter().filter(|node| node.operation == Operation::Sort);
    let sorted = sorts.filter_map(|node| input_rows(node, context)).reduce(f64::max);
    let rows = sorted.or(table.rows.filter(|_| block.filter.is_empty()).map(|rows| rows as f64));
    if context.is_small(table) {
        return Vec::new();
    }
    let severity = match rows {
        Some(rows) => harm::of_sorting(rows, context),
        None => Some(Severity::Info),
    };
    let Some(severity) = severity else { return Vec::new() };
    let rows = rows.map_or_else(|| "an unknown number of".into(), harm::count);
    let message = format!("gives {rows} rows of `{}` a random number and sorts them", table.name);
    let mut finding = context.finding(RULE.id, severity, Some(&table.name), message);
    finding.evidence.push(format!("statement: ORDER BY {}", query.order_by[0].text));
    finding.remedy =
        "choose keys in the app (numbers between MIN and MAX of the key, then WHERE key >= ? ORDER BY key LIMIT 1 for \
                      each), or keep a random column with an index and read on from a random place"
            .into();
    vec![finding]
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Case, SHOP, access};
    use crate::model::finding::Severity;
    use crate::model::plan::{AccessType, Operation};

    fn verdict(sql: &str, table: &str, kind: AccessType, rows: f64) -> Option<Severity> {
        let plan = access(table, kind).key("by_customer").rows(rows).node();
        let case = Case::new(SHOP, sql).plan(plan).wrap(Operation::Sort);
        case.only("order-by-rand").first().map(|finding| finding.severity)
    }

    #[test]
    fn a_random_order_of_many_rows_is_found_and_of_a_few_is_not() {
        let of = |sql: &str| verdict(sql, "orders", AccessType::FullScan, 1_000_000.0);
        assert_eq!(of("SELECT id FROM orders ORDER BY RAND() LIMIT 3"), Some(Severity::Error));
        assert_eq!(of("SELECT id FROM orders ORDER BY rand(7), id LIMIT 3"), Some(Severity::Error));
        assert_eq!(of("SELECT id FROM orders ORDER BY id LIMIT 3"), None);
        let few = "SELECT id FROM orders WHERE customer_id = 5 ORDER BY RAND() LIMIT 3";
        assert_eq!(verdict(few, "orders", AccessType::Ref, 20.0), None);
        assert_eq!(
            verdict("SELECT id FROM settings ORDER BY RAND() LIMIT 1", "settings", AccessType::FullScan, 40.0),
            None
        );
    }
}
