//! `deep-pagination`: rows are read only to be skipped.

use super::{Check, Rule};
use crate::audit::context::Context;
use crate::audit::harm;
use crate::model::finding::{Finding, Severity};

pub(super) const RULE: Rule = Rule {
    id: "deep-pagination",
    severity: Severity::Error,
    summary: "rows are read only to be skipped",
    help: "OFFSET reads and throws away all rows before the page, so each further page is slower than the one before.",
    check: Check::Query(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let blocks = context.shape.map(crate::sql::shape::Shape::blocks).unwrap_or_default();
    let root = context.shape.and_then(|shape| shape.query.as_ref());
    let queries = root.into_iter().chain(blocks.iter().map(|(query, _)| *query));
    let offsets = queries.filter_map(|query| context.limit_value(query.limit.as_ref()?.offset?));
    let Some(offset) = offsets.max().filter(|offset| *offset >= context.options.large_offset) else {
        return Vec::new();
    };
    let tables: Vec<_> = blocks
        .iter()
        .flat_map(|(_, block)| &block.sources)
        .filter_map(|source| context.schema.table(source.table()?))
        .collect();
    if !tables.is_empty() && tables.iter().all(|table| context.is_small(table)) {
        return Vec::new();
    }
    let severity = harm::of_reading(offset as f64, context).unwrap_or(Severity::Warning);
    let message = format!("reads {} rows only to skip them", harm::count(offset as f64));
    let table = tables.first().map(|table| table.name.as_str());
    let mut finding = context.finding(RULE.id, severity, table, message);
    finding.evidence.push(format!("statement: OFFSET {offset}"));
    finding.remedy = "page by key: remember the last row's ORDER BY values and continue with WHERE (order columns, id) > (last values)".into();
    vec![finding]
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Case, SHOP};
    use crate::model::finding::Severity;

    fn verdict(case: &Case) -> Option<Severity> {
        case.only("deep-pagination").first().map(|finding| finding.severity)
    }

    #[test]
    fn the_offset_counts_as_written_or_as_sampled() {
        assert_eq!(verdict(&Case::new(SHOP, "SELECT * FROM orders LIMIT 20 OFFSET 5000")), Some(Severity::Warning));
        assert_eq!(verdict(&Case::new(SHOP, "SELECT * FROM orders LIMIT 200000, 20")), Some(Severity::Error));
        assert_eq!(verdict(&Case::new(SHOP, "SELECT * FROM orders LIMIT 20 OFFSET ?").param(40)), None);
        assert_eq!(
            verdict(&Case::new(SHOP, "SELECT * FROM orders LIMIT 20 OFFSET ?").param(4000)),
            Some(Severity::Warning)
        );
        assert_eq!(verdict(&Case::new(SHOP, "SELECT * FROM settings LIMIT 20 OFFSET 5000")), None);
        assert_eq!(verdict(&Case::new(SHOP, "SELECT * FROM orders LIMIT 20")), None);
    }
}
