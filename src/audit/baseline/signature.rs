//! From a plan to its signature.

use super::rows::examined;
use crate::model::plan::{Node, Operation, Plan};
use crate::model::signature::{Signature, Step};

/// The signature; of a statement without a plan when there is none.
#[must_use]
pub fn signature(plan: Option<&Plan>) -> Signature {
    let Some(plan) = plan else { return Signature { steps: vec![Step::NoPlan], rows: None } };
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
        let found = signature(Some(&Plan { root, cost: Some(1.0), warnings: Vec::new() }));
        assert_eq!(found.lines(), ["c full_scan", "o ref by_customer", "sort", "rows 1050000"]);
        assert_eq!(signature(None).lines(), ["no-plan"]);
    }
}
