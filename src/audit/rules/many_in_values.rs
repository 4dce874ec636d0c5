//! `many-in-values`: an IN list that is so long that the optimizer stops looking at its values.

use super::{Check, Rule};
use crate::audit::context::Context;
use crate::model::finding::{Finding, Severity};
use crate::sql::shape::{Condition, Operand, Operator};

pub(super) const RULE: Rule = Rule {
    id: "many-in-values",
    severity: Severity::Warning,
    summary: "an IN list of hundreds of values",
    help: "The optimizer no longer looks each value up, plans by the average instead, and every length of list is a statement of its own to parse.",
    check: Check::Query(check),
};

/// `eq_range_index_dive_limit` of both servers: from so many values on, estimates are averages of the index.
const DIVES: usize = 200;
/// `in_predicate_conversion_threshold`: `MariaDB` makes a table of so many values. `MySQL` comes near
/// `range_optimizer_max_mem_size` with some ten thousand, and scans the table beyond it.
const CONVERTED: usize = 1000;

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut longest: Option<(usize, &str)> = None;
    for (_, block) in context.shape.map(crate::sql::shape::Shape::blocks).unwrap_or_default() {
        let conditions = block.filter.iter().chain(block.sources.iter().flat_map(|source| &source.on));
        for comparison in conditions.flat_map(Condition::comparisons) {
            let Operand::List(items) = &comparison.right else { continue };
            if !matches!(comparison.operator, Operator::In | Operator::NotIn) || items.len() < DIVES {
                continue;
            }
            let column = comparison.columns().into_iter().find(|column| column.level == 0);
            let source = column.and_then(|column| block.sources.get(column.source));
            let Some(table) = source.and_then(|source| context.schema.table(source.table()?)) else { continue };
            if !context.is_small(table) && longest.is_none_or(|(known, _)| items.len() > known) {
                longest = Some((items.len(), &table.name));
            }
        }
    }
    let Some((values, table)) = longest else { return Vec::new() };
    let severity = if values >= CONVERTED { Severity::Warning } else { Severity::Info };
    let message = format!("compares `{table}` with a list of {values} values");
    let mut finding = context.finding(RULE.id, severity, Some(table), message);
    finding
        .evidence
        .push(format!("statement: IN with {values} values; both servers estimate by average from {DIVES} on"));
    finding.remedy =
        "ask in portions of 100 values, or put the values into a temporary table (or JSON_TABLE) and join it".into();
    vec![finding]
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Case, SHOP};
    use crate::model::finding::Severity;

    fn verdict(table: &str, values: usize) -> Option<Severity> {
        let list = (0..values).map(|value| value.to_string()).collect::<Vec<_>>().join(", ");
        let case = Case::new(SHOP, &format!("SELECT id FROM {table} WHERE id IN ({list})"));
        case.only("many-in-values").first().map(|finding| finding.severity)
    }

    #[test]
    fn a_list_weighs_by_its_length() {
        assert_eq!(verdict("orders", 199), None);
        assert_eq!(verdict("orders", 200), Some(Severity::Info));
        assert_eq!(verdict("orders", 1000), Some(Severity::Warning));
        assert_eq!(verdict("settings", 1000), None);
    }
}
