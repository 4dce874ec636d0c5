//! Reader of `MySQL`'s `EXPLAIN FORMAT=JSON`, version 2: the executor's tree, from 8.3 on and the default of 9.x.
//!
//! Member names are those of the server's `explain_access_path.cc`. The tree is the one that runs: filters, sorts and
//! limits are steps of their own. The classic and the hypergraph optimizer write the same format.

use super::error::ReadError;
use super::json::{self, Object};
use super::mysql_v2_access;
use crate::model::plan::{AccessType, Estimate, Node, Operation, Plan};
use serde_json::Value;

/// What this format says instead of a plan for an UPDATE or DELETE of one table; version 1 has that plan.
pub const NO_PLAN: &str = "<not executable by iterator executor>";

/// Reads a plan.
///
/// Tables whose row was read while planning are left out by the server, so a join may show fewer tables than it has.
///
/// # Errors
/// When the text is not JSON of this format.
pub fn read(json: &str) -> Result<Plan, ReadError> {
    let document = json::document(json)?;
    // Before `query_plan` was introduced, the root step stood in the document itself.
    let root = match json::member(&document, "query_plan") {
        Ok(root) => root,
        Err(_) if document.contains_key("operation") => &document,
        Err(error) => return Err(error),
    };
    let root_cost = json::number(root, "estimated_total_cost");
    let plan = Node::new(Operation::Query, step(root));
    Ok(Plan { root: plan, cost: root_cost.or_else(|| largest_cost(root)), warnings: Vec::new() })
}

/// The largest cost below a root that has none, as roots over a temporary table do.
fn largest_cost(object: &Object) -> Option<f64> {
    let below = ["inputs", "inputs_from_select_list"].into_iter().filter_map(|name| object.get(name));
    let costs = below.flat_map(json::objects).filter_map(largest_cost);
    costs.chain(json::number(object, "estimated_total_cost")).max_by(f64::total_cmp)
}

/// The node of a step, within its subquery's node when it is the root of one.
fn step(object: &Object) -> Vec<Node> {
    let mut nodes = inner(object);
    if let Some(inputs) = object.get("inputs_from_select_list") {
        nodes.extend(each(inputs));
    }
    if !json::flag(object, "subquery") {
        return nodes;
    }
    vec![Node::new(Operation::Subquery { dependent: json::flag(object, "dependent") }, nodes)]
}

fn each(value: &Value) -> Vec<Node> {
    json::objects(value).into_iter().flat_map(step).collect()
}

fn inputs(object: &Object) -> Vec<Node> {
    object.get("inputs").map(each).unwrap_or_default()
}

fn inner(object: &Object) -> Vec<Node> {
    let words = json::text(object, "operation").unwrap_or("a step without a name");
    let one = |operation: Operation| vec![Node::new(operation, inputs(object))];
    let around = |outer: Operation, inner: Operation| vec![Node::new(outer, vec![Node::new(inner, inputs(object))])];
    match json::text(object, "access_type").unwrap_or_default() {
        "table" | "index" | "constant_row" | "count_rows" | "index_merge" | "rowid_intersection" | "rowid_union"
        | "scan_new_records" => read_rows(object, words),
        "join" => one_join(inputs(object)),
        "filter" => filter(object),
        "sort" => one(Operation::Sort),
        "aggregate" => one(Operation::Aggregate),
        "temp_table_aggregate" => around(Operation::Aggregate, Operation::Temporary),
        "limit" => one(Operation::Limit),
        "window" => one(Operation::Window),
        "append" => one(Operation::Union),
        "materialize" | "materialize_information_schema" | "materialized_table_function" => materialize(object, words),
        // Handing rows on and forgetting old ones is no work of its own.
        "stream" | "invalidate_materialized_tables" => inputs(object),
        "zero_rows" | "zero_rows_aggregated" => {
            let cause = json::text(object, "zero_rows_cause").unwrap_or(words);
            one(Operation::NoTable(cause.to_owned()))
        }
        "rows_fetched_before_execution" => one(Operation::NoTable(words.to_owned())),
        "insert_values" | "replace_values" | "delete_rows" | "update_rows" => one(Operation::Modify),
        _ if is_modification(words) => one(Operation::Modify),
        _ => one(Operation::Other(words.to_owned())),
    }
}

/// Updates, and inserts that read, have no access type: only their words say what they do.
fn is_modification(words: &str) -> bool {
    ["Update ", "Delete ", "Insert into ", "Replace into "].iter().any(|start| words.starts_with(start))
}

/// Joins come as a tree of pairs, the outermost table deepest; the model has them as one list.
fn one_join(mut steps: Vec<Node>) -> Vec<Node> {
    if steps.first().is_some_and(|first| first.operation == Operation::Join) {
        let rest = steps.split_off(1);
        steps = steps.pop().map(|first| first.children).unwrap_or_default();
        steps.extend(rest);
    }
    vec![Node::new(Operation::Join, steps)]
}

/// A filter, whose condition and selectivity also belong to the table right below it.
fn filter(object: &Object) -> Vec<Node> {
    let mut children = inputs(object);
    let kept = json::number(object, "estimated_rows");
    if let Some(access) = children.first_mut().and_then(|child| child.access.as_mut()) {
        if let Some(condition) = json::text(object, "condition") {
            access.condition = Some(match access.condition.take() {
                Some(pushed) => format!("{pushed} and {condition}"),
                None => condition.to_owned(),
            });
        }
        if let (Some(kept), Estimate::Rows(read)) = (kept, &access.rows)
            && *read > 0.0
        {
            access.filtered = Some((kept / read * 100.0).min(100.0));
        }
    }
    vec![Node::new(Operation::Filter, children)]
}

fn materialize(object: &Object, words: &str) -> Vec<Node> {
    let children = inputs(object);
    if ["union", "intersect", "except"].iter().any(|flag| json::flag(object, flag)) {
        return vec![Node::new(Operation::Temporary, vec![Node::new(Operation::Union, children)])];
    }
    if json::flag(object, "temp_table") || words.starts_with("Temporary table") {
        return vec![Node::new(Operation::Temporary, children)];
    }
    vec![Node::new(Operation::Materialize, children)]
}

/// A step that reads rows of a table, be it a base table or one that the steps below it fill.
fn read_rows(object: &Object, words: &str) -> Vec<Node> {
    let Some(access) = mysql_v2_access::access(object, words) else {
        return vec![Node::new(Operation::Other(words.to_owned()), inputs(object))];
    };
    if matches!(access.access_type, AccessType::IndexMerge) {
        return vec![Node::table(access)];
    }
    let mut children = inputs(object);
    if children.is_empty() {
        let operation =
            if access.access_type == AccessType::Derived { Operation::Materialize } else { Operation::Table };
        return vec![Node { operation, access: Some(access), children }];
    }
    if access.access_type != AccessType::Derived && !fills_table(object) {
        return vec![Node { operation: Operation::Table, access: Some(access), children }];
    }
    if json::is_transient(&access.table) {
        // Rows of `<temporary>` are those of the step that fills it, which already stands for them.
        return children;
    }
    if let [only] = children.as_mut_slice()
        && only.operation == Operation::Materialize
        && only.access.is_none()
    {
        children = std::mem::take(&mut only.children);
    }
    let access = crate::model::plan::Access { access_type: AccessType::Derived, ..access };
    vec![Node { operation: Operation::Materialize, access: Some(access), children }]
}

/// Whether the steps below a table write it, rather than being subqueries of its condition.
fn fills_table(object: &Object) -> bool {
    let below = object.get("inputs").map(json::objects).unwrap_or_default();
    below.iter().any(|input| {
        json::text(input, "access_type")
            .is_some_and(|word| word.starts_with("material") || word == "temp_table_aggregate")
    })
}
