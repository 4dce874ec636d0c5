//! Reader of `MySQL`'s `EXPLAIN FORMAT=JSON`, version 1: the classic optimizer's plan as nested query blocks.
//!
//! Member names are those of the server's `opt_explain_json.cc`. A member that is not known here, yet holds tables further
//! down, is kept as an operation of that name, so that no access of a newer server goes unseen.

use super::error::ReadError;
use super::json::{self, Object};
use crate::model::plan::{Access, AccessType, Estimate, Node, Operation, Plan};
use serde_json::Value;

/// Reads a plan.
///
/// # Errors
/// When the text is not JSON of this format.
pub fn read(json: &str) -> Result<Plan, ReadError> {
    let document = json::document(json)?;
    let block = json::member(&document, "query_block")?;
    Ok(Plan { root: query(block), cost: cost(block), warnings: Vec::new() })
}

/// The cost of a query block; of a union, which has none of its own, the sum of its parts.
fn cost(block: &Object) -> Option<f64> {
    if let Some(Value::Object(info)) = block.get("cost_info") {
        return json::number(info, "query_cost");
    }
    let combined = block.iter().find(|(name, _)| is_combination(name)).map(|(_, value)| value)?.as_object()?;
    let parts = json::objects(combined.get("query_specifications")?);
    parts.into_iter().map(|part| cost(part.get("query_block")?.as_object()?)).sum()
}

fn query(block: &Object) -> Node {
    let mut children = steps(block);
    if let (Some(message), true) = (json::text(block, "message"), children.is_empty()) {
        children.push(Node::new(Operation::NoTable(message.to_owned()), Vec::new()));
    }
    if json::flag(block, "recursive") {
        mark_recursion(&mut children);
    }
    Node::new(Operation::Query, children)
}

/// Marks the rows of the CTE itself in the recursive part of a CTE, where they look like a base table's.
///
/// The part refers to the CTE exactly once, by a scan without any index, and the server always counts 2 rows for it.
fn mark_recursion(children: &mut [Node]) {
    let mut scans = Vec::new();
    keyless_scans(children, &mut scans);
    if scans.len() > 1 {
        scans.retain(|access| access.rows == Estimate::Rows(2.0));
    }
    if let [only] = scans.as_mut_slice() {
        only.access_type = AccessType::Derived;
    }
}

fn keyless_scans<'a>(nodes: &'a mut [Node], found: &mut Vec<&'a mut Access>) {
    for node in nodes.iter_mut().filter(|node| node.operation != Operation::Query) {
        found.extend(node.access.as_mut().filter(|access| {
            access.access_type == AccessType::FullScan && access.key.is_none() && access.possible_keys.is_empty()
        }));
        keyless_scans(&mut node.children, found);
    }
}

/// The steps inside an object, in the server's order.
fn steps(object: &Object) -> Vec<Node> {
    let mut found = Vec::new();
    for (name, value) in object {
        match (name.as_str(), value) {
            ("table", Value::Object(table)) if !object.contains_key("insert_from") => found.push(self::table(table)),
            ("table", _) => {}
            ("nested_loop", value) => found.extend(json::join(each(value))),
            ("query_block", Value::Object(block)) => found.push(query(block)),
            ("insert_from", Value::Object(from)) => found.push(Node::new(Operation::Modify, steps(from))),
            ("ordering_operation", Value::Object(sort)) => found.extend(wrap(sort, None)),
            ("grouping_operation", Value::Object(group)) => found.extend(wrap(group, Some(Operation::Aggregate))),
            ("duplicates_removal" | "buffer_result", Value::Object(inner)) => found.extend(wrap(inner, None)),
            ("windowing", Value::Object(window)) => found.extend(windowing(window)),
            ("query_specifications", value) => found.extend(each(value)),
            ("materialized_from_subquery", Value::Object(inner)) => found.extend(steps(inner)),
            (name, Value::Object(parts)) if is_combination(name) => found.push(combination(parts)),
            (name, value) if name.ends_with("_subqueries") => found.extend(subqueries(value)),
            (name, value) => {
                let inner = each(value);
                if !inner.is_empty() {
                    found.push(Node::new(Operation::Other(name.to_owned()), inner));
                }
            }
        }
    }
    found
}

fn each(value: &Value) -> Vec<Node> {
    json::objects(value).into_iter().flat_map(steps).collect()
}

fn is_combination(name: &str) -> bool {
    matches!(name, "union_result" | "intersect_result" | "except_result" | "unary_result")
}

fn combination(parts: &Object) -> Node {
    let union = Node::new(Operation::Union, steps(parts));
    if json::flag(parts, "using_temporary_table") { Node::new(Operation::Temporary, vec![union]) } else { union }
}

/// The steps under an operation, with the temporary table and the sort that it says it uses around them.
///
/// The server sorts what it has collected, so the sort stands around the temporary table.
fn wrap(object: &Object, operation: Option<Operation>) -> Vec<Node> {
    let mut inner = steps(object);
    if json::flag(object, "using_temporary_table") {
        inner = vec![Node::new(Operation::Temporary, inner)];
    }
    if json::flag(object, "using_filesort") {
        inner = vec![Node::new(Operation::Sort, inner)];
    }
    match operation {
        Some(operation) => vec![Node::new(operation, inner)],
        None => inner,
    }
}

fn windowing(object: &Object) -> Vec<Node> {
    let windows = object.get("windows").map(json::objects).unwrap_or_default();
    let any = |name: &str| windows.iter().any(|window| json::flag(window, name));
    let mut inner = wrap(object, None);
    if any("using_temporary_table") {
        inner = vec![Node::new(Operation::Temporary, inner)];
    }
    if any("using_filesort") || windows.iter().any(|window| window.contains_key("filesort_key")) {
        inner = vec![Node::new(Operation::Sort, inner)];
    }
    vec![Node::new(Operation::Window, inner)]
}

fn subqueries(value: &Value) -> Vec<Node> {
    let one = |object: &Object| {
        let dependent = json::flag(object, "dependent");
        Node::new(Operation::Subquery { dependent }, steps(object))
    };
    json::objects(value).into_iter().map(one).collect()
}

fn table(table: &Object) -> Node {
    let children = steps(table);
    let Some(name) = json::text(table, "table_name") else {
        let message = json::text(table, "message").unwrap_or("the plan names no table");
        return Node::new(Operation::NoTable(message.to_owned()), children);
    };
    let modified = ["update", "delete"].iter().any(|flag| json::flag(table, flag));
    if ["insert", "replace"].iter().any(|flag| json::flag(table, flag)) {
        // The target's rows are written, not read: it is no access.
        return Node::new(Operation::Modify, children);
    }
    let node = match access(table, name, modified) {
        Some(access) if access.access_type == AccessType::Derived => {
            Node { operation: Operation::Materialize, access: Some(access), children }
        }
        Some(access) => Node { operation: Operation::Table, access: Some(access), children },
        None => {
            let word = json::text(table, "access_type").unwrap_or("none");
            Node::new(Operation::Other(format!("access type {word} on {name}")), children)
        }
    };
    if modified { Node::new(Operation::Modify, vec![node]) } else { node }
}

fn access(table: &Object, name: &str, modified: bool) -> Option<Access> {
    let made = ["materialized_from_subquery", "table_function", "recursive"].iter().any(|key| table.contains_key(*key));
    let access_type = if made || json::is_transient(name) {
        AccessType::Derived
    } else {
        match json::text(table, "access_type") {
            Some(word) => json::access_type(word)?,
            // `DELETE FROM t` without a condition empties the table at once; the plan is this message.
            None if modified && table.contains_key("message") => AccessType::FullScan,
            None => return None,
        }
    };
    let covering = ["using_index", "using_index_for_group_by", "using_index_for_skip_scan"];
    let mut access = Access {
        table: name.to_owned(),
        access_type,
        key: json::text(table, "key").map(str::to_owned),
        key_parts: json::texts(table, "used_key_parts"),
        possible_keys: json::texts(table, "possible_keys"),
        covering: covering.iter().any(|flag| json::flag(table, flag)),
        rows: rows(table),
        filtered: json::number(table, "filtered"),
        condition: json::condition(table, &["index_condition", "attached_condition"]),
    };
    json::settle(&mut access, modified);
    Some(access)
}

fn rows(table: &Object) -> Estimate {
    // Version 8.0 and later write `rows_examined_per_scan`; the others belong to older and to foreign writers.
    match json::number(table, "rows_examined_per_scan") {
        Some(rows) => Estimate::Rows(rows),
        None => json::estimate(table, "rows"),
    }
}
