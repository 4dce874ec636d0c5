//! `filesort`: many rows are sorted because no index gives them in order.

use super::{Check, Rule};
use crate::audit::context::Context;
use crate::audit::harm;
use crate::audit::reading::{Reading, is_guess, readings};
use crate::audit::remedy;
use crate::model::finding::{Finding, Severity};
use crate::model::plan::{AccessType, Node, Operation};
use crate::sql::shape::bounded::without_limit;
use crate::sql::shape::{Body, Bound, Shape};

pub(super) const RULE: Rule = Rule {
    id: "filesort",
    severity: Severity::Error,
    summary: "many rows are sorted because no index gives them in order",
    help: "A sort reads all its rows before the first one is returned, so LIMIT does not make it cheaper.",
    check: Check::Query(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let Some(plan) = context.plan else { return Vec::new() };
    let sorts: Vec<&Node> = plan.nodes().into_iter().filter(|node| node.operation == Operation::Sort).collect();
    collected("sorts", &sorts, RULE.id, context)
}

/// The worst of several steps that collect rows; the rule about temporary tables words it the same way.
pub(super) fn collected(verb: &str, nodes: &[&Node], rule: &str, context: &Context<'_>) -> Vec<Finding> {
    let readings = readings(context);
    let verdict = |node: &&Node| -> Option<Finding> {
        let own: Vec<&Reading<'_>> = readings.iter().filter(|reading| contains(node, reading)).collect();
        let first = *own.first()?;
        if own.iter().all(|reading| context.is_small(reading.table)) {
            return None;
        }
        let rows = input_rows(node, context).or_else(|| proved_rows(context));
        let severity = match rows {
            Some(rows) => harm::of_sorting(rows, context)?,
            None => Severity::Info,
        };
        let table = &first.table.name;
        let rows = rows.map_or_else(
            || "a number of rows that is unknown".into(),
            |rows| format!("about {} rows", harm::count(rows)),
        );
        let mut finding = context.finding(rule, severity, Some(table), format!("{verb} {rows} of `{table}`"));
        finding.evidence.extend(own.iter().map(|reading| reading.evidence()));
        if let Some((query, ..)) = first.place
            && !query.order_by.is_empty()
        {
            let terms: Vec<String> = query
                .order_by
                .iter()
                .map(|t| format!("{}{}", t.text, if t.descending { " DESC" } else { "" }))
                .collect();
            finding.evidence.push(format!("statement: ORDER BY {}", terms.join(", ")));
        }
        finding.remedy = remedy::create_index(first).unwrap_or_else(|| remedy::sorting(first));
        Some(finding)
    };
    let worst = nodes.iter().filter_map(verdict).max_by_key(|finding| finding.severity);
    worst.into_iter().collect()
}

fn contains(node: &Node, reading: &Reading<'_>) -> bool {
    node.access.as_ref().is_some_and(|access| std::ptr::eq(access, reading.access))
        || node.children.iter().any(|child| contains(child, reading))
}

/// Rows that reach a step, by the plan; `None` when an estimate on the way is unknown.
pub(super) fn input_rows(node: &Node, context: &Context<'_>) -> Option<f64> {
    let inputs = node.children.iter().filter(|child| !matches!(child.operation, Operation::Subquery { .. }));
    let arms = if node.operation == Operation::Union { arm_limits(context) } else { Vec::new() };
    let inputs: Vec<&Node> = inputs.collect();
    let limits = Some(arms).filter(|arms| arms.len() == inputs.len()).unwrap_or_else(|| vec![None; inputs.len()]);
    let of = |(child, limit): (&&Node, Option<f64>)| match (output_rows(child, context), limit) {
        (Some(rows), Some(limit)) => Some(rows.min(limit)),
        (rows, limit) => rows.or(limit),
    };
    let mut rows = inputs.iter().zip(limits).map(of).collect::<Option<Vec<f64>>>()?.into_iter();
    let first = rows.next()?;
    Some(match node.operation {
        Operation::Union => rows.fold(first, |sum, rows| sum + rows),
        _ => rows.fold(first, |product, rows| product * rows),
    })
}

/// The most rows that each arm of the statement's set operation gives, where it has a LIMIT of its own.
fn arm_limits(context: &Context<'_>) -> Vec<Option<f64>> {
    let query = context.shape.and_then(|shape| shape.query.as_ref());
    let Some(Body::Set { arms, .. }) = query.map(|query| &query.body) else { return Vec::new() };
    arms.iter().map(|arm| context.limit_value(arm.limit.as_ref()?.count).map(|rows| rows as f64)).collect()
}

fn output_rows(node: &Node, context: &Context<'_>) -> Option<f64> {
    match (&node.operation, &node.access) {
        (Operation::NoTable(_), _) => Some(1.0),
        (_, Some(access)) => {
            let readings = readings(context);
            let reading = readings.iter().find(|reading| std::ptr::eq(reading.access, access));
            let mut rows = reading.map_or_else(|| access.rows.rows(), Reading::rows_read)?;
            // A scan reads the table, whatever LIMIT made of the estimate.
            if access.access_type == AccessType::FullScan
                && let Some(known) = reading.and_then(|reading| reading.table.rows)
            {
                rows = rows.max(known as f64);
            }
            let known = access.filtered.filter(|share| !is_guess(*share) || *share > 99.0);
            Some(rows * known.map_or(1.0, |share| share / 100.0))
        }
        _ => input_rows(node, context),
    }
}

/// What the text proves about the rows before LIMIT.
fn proved_rows(context: &Context<'_>) -> Option<f64> {
    let query = context.shape.map(|shape: &Shape| shape.query.as_ref())??;
    match without_limit(query, context.schema) {
        Bound::Proved { at_most, .. } => at_most.map(|rows| rows as f64),
        Bound::Unbounded { expected, .. } => expected,
        Bound::Unknown { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::fixture::{Case, SHOP, access};
    use crate::model::finding::Severity;
    use crate::model::plan::{AccessType, Estimate, Node, Operation};

    fn verdict(case: Case) -> Option<Severity> {
        case.wrap(Operation::Sort).only("filesort").first().map(|finding| finding.severity)
    }

    #[test]
    fn sorting_a_large_table_for_a_page_is_found() {
        let case = Case::new(SHOP, "SELECT * FROM orders ORDER BY total DESC LIMIT 100");
        let case = case.plan(access("orders", AccessType::FullScan).rows(990_000.0).node()).wrap(Operation::Sort);
        let findings = case.only("filesort");
        assert_eq!(findings[0].severity, Severity::Error);
        assert_eq!(findings[0].remedy, "CREATE INDEX idx_orders_total ON orders (total)");
    }

    #[test]
    fn the_handful_of_a_key_look_up_is_silent() {
        let case = Case::new(SHOP, "SELECT * FROM orders WHERE customer_id = 5 ORDER BY total");
        assert_eq!(verdict(case.plan(access("orders", AccessType::Ref).key("by_customer").rows(20.0).node())), None);
    }

    #[test]
    fn the_rows_of_a_hot_key_are_not() {
        let case = Case::new(SHOP, "SELECT * FROM orders WHERE customer_id = 5 ORDER BY placed_at DESC LIMIT 20");
        let case =
            case.plan(access("orders", AccessType::Ref).key("by_customer").rows(30_000.0).node()).wrap(Operation::Sort);
        let findings = case.only("filesort");
        assert_eq!(findings[0].severity, Severity::Warning);
        assert!(findings[0].remedy.contains("(customer_id, placed_at)"), "{}", findings[0].remedy);
    }

    #[test]
    fn an_unknown_estimate_is_unknown_unless_the_text_proves_it_small() {
        let unknown = |sql: &str| {
            let mut node = access("orders", AccessType::Range).key("by_placed").node();
            node.access.as_mut().unwrap().rows = Estimate::Unknown("a range on an empty table".into());
            verdict(Case::new(SHOP, sql).plan(node))
        };
        assert_eq!(unknown("SELECT * FROM orders WHERE placed_at > ? ORDER BY total"), Some(Severity::Info));
        assert_eq!(unknown("SELECT * FROM orders WHERE id IN (1, 2, 3) ORDER BY total"), None);
    }

    #[test]
    fn an_arm_of_a_union_gives_no_more_than_its_limit() {
        let arms = |tail: &str| {
            let arm = |table: &str| {
                Node::new(Operation::Query, vec![access(table, AccessType::FullScan).rows(50_000.0).node()])
            };
            let union = Node::new(Operation::Union, vec![arm("customers"), arm("customers")]);
            let sql = format!(
                "(SELECT id FROM customers{tail}) UNION ALL (SELECT id FROM customers{tail}) ORDER BY id LIMIT 5"
            );
            Case::new(SHOP, &sql).plan(union).wrap(Operation::Sort).only("filesort").len()
        };
        assert_eq!((arms(" LIMIT 10"), arms("")), (0, 1));
    }
}
