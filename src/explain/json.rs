//! Looks at EXPLAIN's JSON without trusting it: a member that is absent or of another type is simply not there.
//!
//! Servers write numbers as numbers or as text and flags as `true` or `1`, depending on maker and version.

use super::error::ReadError;
use crate::model::plan::{Access, AccessType, Estimate, Node, Operation};
use serde_json::Value;

/// A JSON object with its members in the server's order.
pub(super) type Object = serde_json::Map<String, Value>;

/// The document's outermost object. `serde_json` refuses more than 128 levels, which bounds every recursion over it.
pub(super) fn document(json: &str) -> Result<Object, ReadError> {
    match serde_json::from_str(json) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(ReadError::NotJson(format!("{} instead of an object", kind(&other)))),
        Err(error) => Err(ReadError::NotJson(error.to_string())),
    }
}

/// The member of that name, when it is an object.
pub(super) fn member<'a>(object: &'a Object, name: &'static str) -> Result<&'a Object, ReadError> {
    match object.get(name) {
        Some(Value::Object(inner)) => Ok(inner),
        Some(other) => Err(ReadError::Missing { expected: name, found: format!("{} under that name", kind(other)) }),
        None => Err(ReadError::Missing { expected: name, found: names(object) }),
    }
}

/// The objects inside a value: the value itself, or the elements of an array.
pub(super) fn objects(value: &Value) -> Vec<&Object> {
    match value {
        Value::Object(object) => vec![object],
        Value::Array(items) => items.iter().filter_map(Value::as_object).collect(),
        _ => Vec::new(),
    }
}

/// A text.
pub(super) fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

/// Whether a flag is set.
pub(super) fn flag(object: &Object, name: &str) -> bool {
    match object.get(name) {
        Some(Value::Bool(set)) => *set,
        Some(Value::Number(number)) => number.as_f64().is_some_and(|number| number != 0.0),
        _ => false,
    }
}

/// A number that is finite and not negative.
pub(super) fn number(object: &Object, name: &str) -> Option<f64> {
    let number = match object.get(name)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// The texts of an array; empty when there is none.
pub(super) fn texts(object: &Object, name: &str) -> Vec<String> {
    let items = object.get(name).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A number of rows, or that the plan names none.
pub(super) fn estimate(object: &Object, name: &str) -> Estimate {
    number(object, name).map_or_else(|| Estimate::Unknown("the plan gives no number of rows".into()), Estimate::Rows)
}

/// Conditions in one text; `None` when there is none.
pub(super) fn condition(object: &Object, names: &[&str]) -> Option<String> {
    let conditions: Vec<&str> = names.iter().filter_map(|name| text(object, name)).collect();
    (!conditions.is_empty()).then(|| conditions.join(" and "))
}

/// Whether a name is one that the server made up for rows of its own, such as `<derived2>` or `<union1,2>`.
pub(super) fn is_transient(table: &str) -> bool {
    table.starts_with('<')
}

/// A node around others; a single step needs no node around it.
pub(super) fn join(mut steps: Vec<Node>) -> Option<Node> {
    match steps.len() {
        0 | 1 => steps.pop(),
        _ => Some(Node::new(Operation::Join, steps)),
    }
}

/// The access type behind the word that `MySQL`'s and `MariaDB`'s tabular formats share.
pub(super) fn access_type(word: &str) -> Option<AccessType> {
    Some(match word {
        "system" | "const" => AccessType::Const,
        "eq_ref" | "unique_subquery" => AccessType::EqRef,
        "ref" | "index_subquery" => AccessType::Ref,
        "ref_or_null" => AccessType::RefOrNull,
        "fulltext" => AccessType::Fulltext,
        "index_merge" => AccessType::IndexMerge,
        "range" => AccessType::Range,
        "index" => AccessType::IndexScan,
        "ALL" => AccessType::FullScan,
        _ => return None,
    })
}

/// Sets the access type of a table that is changed, and drops what says nothing about where the read begins and ends.
///
/// `MySQL` shows the full scan of an UPDATE or DELETE as `index` on PRIMARY, never as `ALL`: the primary key is the table,
/// and without a look-up it is read from end to end. The parts of an index that is scanned whole narrow nothing.
pub(super) fn settle(access: &mut Access, modified: bool) {
    if modified && access.access_type == AccessType::IndexScan && access.key.as_deref() == Some("PRIMARY") {
        access.access_type = AccessType::FullScan;
        access.key = None;
    }
    if matches!(access.access_type, AccessType::FullScan | AccessType::IndexScan) {
        access.key_parts.clear();
    }
}

fn names(object: &Object) -> String {
    if object.is_empty() {
        return "nothing".into();
    }
    let names: Vec<String> = object.keys().take(5).map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_read_from_text_and_never_infinite_or_negative() {
        let Value::Object(object) = json!({"a": "10.50", "b": 3, "c": "NaN", "d": "inf", "e": -1, "f": []}) else {
            panic!("an object was written")
        };
        let read = |name| number(&object, name);
        assert_eq!((read("a"), read("b")), (Some(10.5), Some(3.0)));
        assert_eq!([read("c"), read("d"), read("e"), read("f"), read("absent")], [None; 5]);
    }

    #[test]
    fn what_is_no_object_is_named_in_the_error() {
        assert_eq!(
            document("[1]").unwrap_err().to_string(),
            "EXPLAIN did not answer with JSON: an array instead of an object"
        );
        assert!(document("-> Table scan on t").unwrap_err().to_string().contains("not answer with JSON"));
        assert!(document(&"[".repeat(100_000)).unwrap_err().to_string().contains("recursion limit"));
        let object = document(r#"{"query_plan": {}}"#).unwrap();
        let error = member(&object, "query_block").unwrap_err().to_string();
        assert_eq!(error, "EXPLAIN's JSON has no `query_block`; it holds `query_plan`");
    }
}
