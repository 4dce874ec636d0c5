//! The JSON functions of the function table.

#![expect(clippy::unnecessary_wraps, reason = "the functions of the table have one signature")]

use super::functions::{Call, Rule};
use Rule::{As, By, Called, Same};
use sqlparser::ast::{BinaryOperator, Expr};

/// Functions of JSON documents, which are text in the embedded engine.
pub(super) const FUNCTIONS: &[(&str, Rule)] = &[
    ("JSON_EXTRACT", Same),
    ("JSON_VALUE", As(&[(2, "({0} ->> {1})")])),
    ("JSON_UNQUOTE", By(unquote)),
    ("JSON_QUOTE", Same),
    ("JSON_VALID", Same),
    ("JSON_OBJECT", Same),
    ("JSON_ARRAY", Same),
    ("JSON_SET", Same),
    ("JSON_INSERT", Same),
    ("JSON_REPLACE", Same),
    ("JSON_REMOVE", Same),
    ("JSON_PRETTY", Same),
    ("JSON_MERGE_PATCH", Called("json_patch")),
    ("JSON_LENGTH", Called("json_array_length")),
    ("JSON_TYPE", As(&[(1, "upper(json_type({0}))")])),
    ("JSON_ARRAYAGG", Called("json_group_array")),
    ("JSON_OBJECTAGG", Called("json_group_object")),
    ("JSON_KEYS", As(&[(1, "(SELECT json_group_array(key) FROM json_each({0}))")])),
    (
        "JSON_CONTAINS",
        As(&[
            (2, "EXISTS (SELECT 1 FROM json_each({0}) WHERE value = json_extract({1}, '$'))"),
            (3, "EXISTS (SELECT 1 FROM json_each({0}, {2}) WHERE value = json_extract({1}, '$'))"),
        ]),
    ),
    ("JSON_CONTAINS_PATH", By(contains_path)),
];

/// `json_extract` gives strings without quotes already; the operator `->` does not.
fn unquote(call: &Call<'_>) -> Result<String, String> {
    match call.exprs.first().copied().flatten() {
        Some(Expr::BinaryOp { left, op: BinaryOperator::Arrow, right }) => Ok(format!("({left} ->> {right})")),
        _ => Ok(call.arg(0)),
    }
}

fn contains_path(call: &Call<'_>) -> Result<String, String> {
    let operator = match call.string(1).map(|word| word.to_ascii_lowercase()).as_deref() {
        Some("one") => " OR ",
        Some("all") => " AND ",
        _ => return Err("the embedded engine has JSON_CONTAINS_PATH() with 'one' or 'all' only".into()),
    };
    let tests: Vec<String> =
        (2..call.args.len()).map(|at| format!("json_type({}, {}) IS NOT NULL", call.args[0], call.args[at])).collect();
    Ok(format!("({})", tests.join(operator)))
}
