//! From a plan to its signature.

use super::rows::examined;
use crate::audit::context::{Context, Options};
use crate::model::engine::EngineKind;
use crate::model::plan::{Node, Operation, Plan};
use crate::model::query::{Query, Sample};
use crate::model::schema::Schema;
use crate::model::signature::{Signature, Step};
use crate::sql::parse::parse_statement;
use crate::sql::shape::{Shape, shape};

/// What plans are made of and judged by.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// The schema with row counts.
    pub schema: &'a Schema,
    /// Thresholds.
    pub options: &'a Options,
    /// The engine that made the plans.
    pub engine: EngineKind,
    /// Whether statistics were injected.
    pub injected: bool,
}

/// The signatures of a query's plans, one for each sample; of a statement without a plan where there is none.
#[must_use]
pub fn signatures(query: &Query, plans: &[Option<&Plan>], basis: &Basis<'_>) -> Vec<Signature> {
    let alone = |step| Signature { steps: vec![step], rows: None };
    let statement = parse_statement(&query.sql).ok();
    let facts = statement.as_ref().map(|statement| shape(statement, basis.schema));
    let is_dictionary = facts.as_ref().is_some_and(Shape::is_dictionary_read);
    let of = |(sample, plan): (&Sample, Option<&Plan>)| match plan {
        None => alone(Step::NoPlan),
        Some(_) if is_dictionary => alone(Step::Dictionary),
        Some(plan) => {
            let mut steps = Vec::new();
            walk(&plan.root, &mut steps);
            let rows = examined(&Context {
                query,
                sample,
                statement: statement.as_ref(),
                shape: facts.as_ref(),
                plan: Some(plan),
                explain_error: None,
                schema: basis.schema,
                options: basis.options,
                engine: basis.engine,
                injected: basis.injected,
            });
            Signature { steps, rows }
        }
    };
    query.samples.iter().zip(plans.iter().copied()).map(of).collect()
}

/// The steps in the order in which they run: what feeds a step stands before it.
fn walk(node: &Node, steps: &mut Vec<Step>) {
    for child in &node.children {
        walk(child, steps);
    }
    if let Some(access) = &node.access {
        let (table, access_type, key) = (access.table.clone(), access.access_type, access.key.clone());
        steps.push(Step::Access { table, access_type, key });
    }
    match node.operation {
        Operation::Sort => steps.push(Step::Sort),
        Operation::Temporary => steps.push(Step::Temporary),
        Operation::NoTable(_) => steps.push(Step::NoTable),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::{Case, SHOP, access};
    use crate::model::plan::AccessType;
    use crate::sql::shape::fixture::schema;

    /// The lines of a plan in the shop.
    fn lines(sql: &str, plan: Option<Node>) -> Vec<String> {
        let root = plan.map(|node| Node::new(Operation::Query, vec![node]));
        let plan = root.map(|root| Plan { root, cost: Some(1.0), warnings: Vec::new() });
        let (schema, options) = (schema(SHOP), Options::default());
        let basis = Basis { schema: &schema, options: &options, engine: EngineKind::Mysql, injected: true };
        signatures(Case::new(SHOP, sql).query(), &[plan.as_ref()], &basis).remove(0).lines()
    }

    #[test]
    fn steps_stand_in_the_order_in_which_they_run() {
        let orders = access("o", AccessType::Ref).key("by_customer").rows(20.0).node();
        let customers = access("c", AccessType::FullScan).rows(50_000.0).node();
        let join = Node::new(Operation::Join, vec![customers, orders]);
        let sql = "SELECT 1 FROM customers c JOIN orders o ON o.customer_id = c.id ORDER BY o.total";
        let found = lines(sql, Some(Node::new(Operation::Sort, vec![join])));
        assert_eq!(found, ["c full_scan", "o ref by_customer", "sort", "rows 1050000"]);
        assert_eq!(lines(sql, None), ["no-plan"]);
    }

    #[test]
    fn what_the_dictionary_reads_is_not_told() {
        let plan = access("tbl", AccessType::FullScan).rows(300.0).node();
        assert_eq!(lines("SELECT table_name FROM information_schema.tables", Some(plan)), ["dictionary"]);
    }

    #[test]
    fn limit_stops_a_walk_in_order_and_no_other() {
        let scan = || access("orders", AccessType::IndexScan).key("by_placed").covering().rows(1e6).node();
        assert_eq!(lines("SELECT placed_at FROM orders LIMIT 1", Some(scan()))[1], "rows 1", "a probe");
        assert_eq!(lines("SELECT placed_at FROM orders", Some(scan()))[1], "rows 1000000");
        let found = || access("orders", AccessType::Ref).key("by_customer").rows(5000.0).node();
        let sql = "SELECT * FROM orders WHERE customer_id = 7 ORDER BY id LIMIT 20";
        assert_eq!(lines(sql, Some(found()))[1], "rows 20");
        assert_eq!(lines(sql, Some(Node::new(Operation::Sort, vec![found()])))[2], "rows 5000");
    }
}
