//! As much of JSON Schema (draft 4) as the schema of SARIF uses, to hold what is written to it.

use serde_json::Value;

/// Where a value breaks its schema, a line each.
pub(crate) fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    check(schema, schema, value, "$", &mut wrong);
    wrong
}

fn check(whole: &Value, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = whole.pointer(reference.trim_start_matches('#')).unwrap();
        return check(whole, target, value, at, wrong);
    }
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => panic!("{at}: unknown type {kind}"),
    };
    if schema["type"].as_str().is_some_and(|kind| !is(kind)) {
        wrong.push(format!("{at} is not of type {}", schema["type"]));
    }
    if schema["enum"].as_array().is_some_and(|values| !values.contains(value)) {
        wrong.push(format!("{at} is none of {}", schema["enum"]));
    }
    let below = |limit: &Value| limit.as_f64().zip(value.as_f64()).is_some_and(|(limit, value)| value < limit);
    if below(&schema["minimum"]) {
        wrong.push(format!("{at} is below {}", schema["minimum"]));
    }
    if schema["pattern"].is_string() && value.is_string() {
        // GUIDs and the like, of which nothing is written.
        wrong.push(format!("{at} has a pattern that is not checked"));
    }
    for required in schema["required"].as_array().into_iter().flatten() {
        if value.is_object() && value.get(required.as_str().unwrap()).is_none() {
            wrong.push(format!("{at} wants {required}"));
        }
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => wrong.push(format!("{at} may not have {name}")),
            (Value::Null, Value::Null | Value::Bool(_)) => {}
            (Value::Null, other) => check(whole, other, field, &format!("{at}.{name}"), wrong),
            (known, _) => check(whole, known, field, &format!("{at}.{name}"), wrong),
        }
    }
    let Some(items) = value.as_array() else { return };
    if schema["minItems"].as_u64().is_some_and(|least| (items.len() as u64) < least) {
        wrong.push(format!("{at} has too few items"));
    }
    if schema["uniqueItems"] == true && (1..items.len()).any(|end| items[..end].contains(&items[end])) {
        wrong.push(format!("{at} has an item twice"));
    }
    for (number, item) in items.iter().enumerate().filter(|_| schema["items"].is_object()) {
        check(whole, &schema["items"], item, &format!("{at}[{number}]"), wrong);
    }
}

#[test]
fn it_finds_what_is_wrong() {
    let schema = serde_json::from_str(include_str!("../fixtures/sarif/sarif-2.1.0-rtm.5.json")).unwrap();
    let log = serde_json::json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [
        {"message": {"text": "x"}, "level": "info", "colour": 1, "locations": [{"physicalLocation": {"region": {"startLine": 0}}}]},
    ]}]});
    let wrong = violations(&schema, &log).join("\n");
    for part in ["level is none of", "may not have colour", "startLine is below 1"] {
        assert!(wrong.contains(part), "{wrong}");
    }
}
