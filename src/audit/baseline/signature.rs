//! From a plan to its signature.

use super::rows::examined;
use crate::model::plan::{Node, Operation, Plan};
use crate::model::schema::Schema;
use crate::model::signature::{Signature, Step};
use crate::sql::parse::parse_statement;
use crate::sql::shape::shape;

/// The signatures of a statement's plans; of one without a plan where there is none.
#[must_use]
pub fn signatures(sql: &str, schema: &Schema, plans: &[Option<&Plan>]) -> Vec<Signature> {
    let alone = |step| Signature { steps: vec![step], rows: None };
    let is_dictionary = parse_statement(sql).is_ok_and(|statement| shape(&statement, schema).is_dictionary_read());
    let of = |plan: &Option<&Plan>| match plan {
        None => alone(Step::NoPlan),
        Some(_) if is_dictionary => alone(Step::Dictionary),
        Some(plan) => of_plan(plan),
    };
    plans.iter().map(of).collect()
}

fn of_plan(plan: &Plan) -> Signature {
    let mut steps = Vec::new();
    walk(&plan.root, &mut steps);
    Signature { steps, rows: examined(plan) }
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
    use crate::audit::fixture::access;
    use crate::model::plan::AccessType;

    #[test]
    fn steps_stand_in_the_order_in_which_they_run() {
        let orders = access("o", AccessType::Ref).key("by_customer").rows(20.0).node();
        let customers = access("c", AccessType::FullScan).rows(50_000.0).node();
        let join = Node::new(Operation::Join, vec![customers, orders]);
        let root = Node::new(Operation::Query, vec![Node::new(Operation::Sort, vec![join])]);
        let plan = Plan { root, cost: Some(1.0), warnings: Vec::new() };
        let lines = |sql| {
            let found = signatures(sql, &Schema::default(), &[Some(&plan), None]);
            [found[0].lines(), found[1].lines()]
        };
        let [found, none] = lines("SELECT 1 FROM customers c JOIN orders o ON o.customer_id = c.id");
        assert_eq!(found, ["c full_scan", "o ref by_customer", "sort", "rows 1050000"]);
        assert_eq!(none, ["no-plan"]);
        assert_eq!(lines("SELECT table_name FROM information_schema.tables")[0], ["dictionary"]);
    }
}
