//! Reader of `MariaDB`'s `EXPLAIN FORMAT=JSON`.
//!
//! Member names are those of the server's `sql_explain.cc`; some are spelled with hyphens. The server gives no cost in 10.x,
//! so the caller asks `Last_query_cost`. A member that is not known here, yet holds tables further down, is kept as an
//! operation of that name.

use super::error::ReadError;
use super::json::{self, Object};
use super::repair;
use crate::model::plan::{Access, AccessType, Node, Operation, Plan};
use serde_json::Value;

/// Reads a plan.
///
/// # Errors
/// When the text is not JSON of this format.
pub fn read(json: &str) -> Result<Plan, ReadError> {
    let document = json::document(json).or_else(|error| json::document(&repair::repaired(json)).map_err(|_| error))?;
    let block = json::member(&document, "query_block")?;
    Ok(Plan { root: query(block), cost: json::number(block, "cost"), warnings: Vec::new() })
}

fn query(block: &Object) -> Node {
    let mut children = steps(block);
    if let (Some(message), true) = (json::text(block, "message"), children.is_empty()) {
        children.push(Node::new(Operation::NoTable(message.to_owned()), Vec::new()));
    }
    Node::new(Operation::Query, children)
}

/// The steps inside an object, in the server's order.
fn steps(object: &Object) -> Vec<Node> {
    let mut found = Vec::new();
    for (name, value) in object {
        match (name.as_str(), value) {
            ("table", Value::Object(table)) => found.push(self::table(table)),
            ("nested_loop", value) => found.extend(json::join(each(value))),
            ("query_block", Value::Object(block)) => found.push(query(block)),
            ("filesort", Value::Object(inner)) => found.push(Node::new(Operation::Sort, steps(inner))),
            ("temporary_table", Value::Object(inner)) => found.push(Node::new(Operation::Temporary, steps(inner))),
            ("materialization", Value::Object(inner)) => found.push(Node::new(Operation::Materialize, steps(inner))),
            // DISTINCT by a temporary table that was announced around it.
            ("duplicate_removal", Value::Object(inner)) => found.push(Node::new(Operation::Aggregate, steps(inner))),
            ("window_functions_computation", Value::Object(inner)) => found.push(windowing(inner)),
            ("union_result" | "recursive_union" | "intersect_result" | "except_result", Value::Object(parts)) => {
                found.push(combination(parts));
            }
            ("subqueries", value) => found.extend(json::objects(value).into_iter().map(subquery)),
            // Wrappers that say how a step is fetched, not what it does.
            (
                "block-nl-join"
                | "read_sorted_file"
                | "buffer"
                | "query_specifications"
                | "expression_cache"
                | "materialized",
                value,
            ) => found.extend(each(value)),
            // The sorts of windows are counted where the window is read.
            ("sorts", _) => {}
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

fn windowing(object: &Object) -> Node {
    let sorts = object.get("sorts").map(json::objects).unwrap_or_default();
    let inner = steps(object);
    let inner = if sorts.is_empty() { inner } else { vec![Node::new(Operation::Sort, inner)] };
    Node::new(Operation::Window, inner)
}

fn combination(parts: &Object) -> Node {
    let union = Node::new(Operation::Union, steps(parts));
    // A UNION ALL that is handed on row by row shows no table; one that is collected shows `<unionM,N>`.
    if parts.contains_key("table_name") { Node::new(Operation::Temporary, vec![union]) } else { union }
}

/// A subquery. `MariaDB` marks the dependent ones only by what they contain: a cache over outer values, or a condition
/// on them. Without such a mark it runs once.
fn subquery(object: &Object) -> Node {
    let block = object.get("query_block").and_then(Value::as_object);
    let dependent =
        object.contains_key("expression_cache") || block.is_some_and(|block| block.contains_key("outer_ref_condition"));
    Node::new(Operation::Subquery { dependent }, steps(object))
}

fn table(table: &Object) -> Node {
    let children = steps(table);
    let Some(name) = json::text(table, "table_name") else {
        let message = json::text(table, "message").unwrap_or("the plan names no table");
        let reason = Node::new(Operation::NoTable(message.to_owned()), children);
        // A DELETE without a condition: the only change whose plan names no table.
        return if message == "Deleting all rows" { Node::new(Operation::Modify, vec![reason]) } else { reason };
    };
    let modified = ["update", "delete"].iter().any(|flag| json::flag(table, flag));
    if !table.contains_key("access_type") && !modified {
        // INSERT and REPLACE name their target and nothing else: its rows are written, not read.
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
    let word = json::text(table, "access_type");
    // A table of `information_schema`, which the server fills as it is asked, has a scan without a number of rows.
    let filled = word == Some("ALL") && !modified && !table.contains_key("rows");
    let made = filled || ["materialized", "table_function"].iter().any(|key| table.contains_key(*key));
    let access_type = if made || json::is_transient(name) {
        AccessType::Derived
    } else {
        match word {
            // A join through a hash of the rows that `…` reads; the hash is no index.
            Some("hash") => AccessType::FullScan,
            Some(word) => json::access_type(word.strip_prefix("hash_").unwrap_or(word))?,
            None if modified => AccessType::FullScan,
            None => return None,
        }
    };
    let mut access = Access {
        table: name.to_owned(),
        access_type,
        key: json::text(table, "key").filter(|key| !key.starts_with("#hash#")).map(str::to_owned),
        key_parts: json::texts(table, "used_key_parts"),
        possible_keys: json::texts(table, "possible_keys"),
        covering: json::flag(table, "using_index") || json::flag(table, "using_index_for_group_by"),
        rows: json::estimate(table, "rows"),
        filtered: json::number(table, "filtered"),
        condition: json::condition(table, &["index_condition", "attached_condition"]),
    };
    if let Some(merge) = table.get("index_merge") {
        let keys = merged_keys(merge);
        access.key = (!keys.is_empty()).then(|| keys.join(","));
    }
    json::settle(&mut access, modified);
    Some(access)
}

/// The names of the indexes below an `index_merge`, which nests `union`, `intersect` and `range`.
fn merged_keys(value: &Value) -> Vec<String> {
    let mut keys = Vec::new();
    for object in json::objects(value) {
        keys.extend(json::text(object, "key").map(str::to_owned));
        keys.extend(object.values().flat_map(merged_keys));
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_the_dictionary_are_no_base_tables() {
        let json = r#"{"query_block": {"select_id": 1, "nested_loop": [{"table": {"table_name": "tables", "access_type": "ALL",
            "key": "TABLE_SCHEMA,TABLE_NAME", "skip_open_table": true, "scanned_databases": 0}}]}}"#;
        assert_eq!(read(json).unwrap().accesses()[0].access_type, AccessType::Derived);
    }

    #[test]
    fn an_unknown_way_of_reading_keeps_its_words() {
        let json = r#"{"query_block": {"table": {"table_name": "t", "access_type": "teleport", "rows": 3}}}"#;
        let plan = read(json).unwrap();
        assert_eq!(plan.root.children[0].operation, Operation::Other("access type teleport on t".into()));
    }
}
