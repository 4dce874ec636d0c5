//! Reads real answers of real servers: `tests/fixtures/explain/` holds each statement's plan by each reader's server.
//!
//! The plans were made by `MySQL` 9.7 (JSON versions 1 and 2) and `MariaDB` 10.11 on the filled schemas beside them.

use super::{ReadError, mariadb, mysql, mysql_v2};
use crate::model::plan::{AccessType, Estimate, Node, Plan};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;

type Reader = fn(&str) -> Result<Plan, ReadError>;
const READERS: [(&str, Reader); 3] =
    [("mysql-v1", mysql::read), ("mysql-v2", mysql_v2::read), ("mariadb", mariadb::read)];

#[derive(Deserialize)]
struct Sample {
    name: String,
    /// Names or aliases of the base tables whose rows the statement reads.
    reads: Vec<String>,
    /// Those whose one row is read while planning, which version 2 leaves out of a join.
    #[serde(default)]
    constants: Vec<String>,
}

fn samples() -> Vec<Sample> {
    serde_json::from_str(&fixture("statements.json")).unwrap()
}

fn fixture(path: &str) -> String {
    let file = format!("{}/tests/fixtures/explain/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn answer(reader: &str, name: &str) -> String {
    fixture(&format!("{reader}/{name}.json"))
}

fn base_tables(plan: &Plan) -> BTreeSet<String> {
    let accesses = plan.accesses().into_iter().filter(|access| access.access_type != AccessType::Derived);
    accesses.map(|access| access.table.clone()).collect()
}

/// Answers that leave a table out: version 2 for constant rows and for changes of one table, `MariaDB` for a DELETE of all.
fn hides_tables(plan: &Plan) -> bool {
    ["Rows fetched before execution", mysql_v2::NO_PLAN, "Deleting all rows"]
        .iter()
        .any(|words| outline(plan).contains(words))
}

fn outline(plan: &Plan) -> String {
    fn write(node: &Node, depth: usize, out: &mut String) {
        let _ = write!(out, "{:width$}{:?}", "", node.operation, width = 2 * depth);
        if let Some(access) = &node.access {
            let _ = write!(out, " {} {:?}", access.table, access.access_type);
            if let Some(key) = &access.key {
                let _ = write!(out, " key={key}({})", access.key_parts.join(","));
            }
            match &access.rows {
                Estimate::Rows(rows) => write!(out, " rows={rows:.0}").unwrap(),
                Estimate::Unknown(_) => out.push_str(" rows=?"),
            }
            if let Some(filtered) = access.filtered {
                let _ = write!(out, " filtered={filtered:.0}%");
            }
            out.push_str(if access.covering { " covering" } else { "" });
        }
        out.push('\n');
        node.children.iter().for_each(|child| write(child, depth + 1, out));
    }
    let mut out = String::new();
    write(&plan.root, 0, &mut out);
    out
}

#[test]
fn every_answer_is_read_and_names_the_tables_that_the_statement_reads() {
    let samples = samples();
    let mut wrong = String::new();
    for (reader, read) in READERS {
        for sample in &samples {
            let plan = read(&answer(reader, &sample.name)).unwrap_or_else(|e| panic!("{reader} {}: {e}", sample.name));
            let found = base_tables(&plan);
            let mut wanted: BTreeSet<String> = sample.reads.iter().cloned().collect();
            if reader == "mysql-v2" {
                wanted.retain(|table| !sample.constants.contains(table));
            }
            let agrees = if hides_tables(&plan) { found.is_subset(&wanted) } else { found == wanted };
            if !agrees {
                let _ = writeln!(wrong, "{reader} {}: {found:?}, wanted {wanted:?}\n{}", sample.name, outline(&plan));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn no_step_of_the_corpus_is_unknown_to_its_reader() {
    let mut unknown = BTreeSet::new();
    for (reader, read) in READERS {
        for sample in samples() {
            for line in outline(&read(&answer(reader, &sample.name)).unwrap()).lines() {
                if line.trim_start().starts_with("Other") && !line.contains(mysql_v2::NO_PLAN) {
                    unknown.insert(format!("{reader} {}: {}", sample.name, line.trim()));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn plans_keep_their_shape() {
    let chosen = [
        "film_by_key",
        "film_missing_key",
        "film_group_year_order",
        "film_window",
        "actor_union",
        "rental_merge",
        "orders_of_customer",
        "order_report",
        "order_scalar_subquery",
        "order_derived",
        "order_not_in",
        "update_scan",
        "delete_all",
        "insert_select",
        "recursive_thread",
        "users_in_subquery_range",
    ];
    for name in chosen {
        let all: Vec<String> = READERS
            .iter()
            .map(|(reader, read)| format!("# {reader}\n{}", outline(&read(&answer(reader, name)).unwrap())))
            .collect();
        insta::assert_snapshot!(name, all.join("\n"));
    }
}

#[test]
fn whole_table_changes_are_full_scans() {
    for (reader, read) in READERS.into_iter().filter(|(reader, _)| *reader != "mysql-v2") {
        for name in ["update_scan", "update_all", "delete_scan"] {
            let plan = read(&answer(reader, name)).unwrap();
            let types: Vec<AccessType> = plan.accesses().iter().map(|access| access.access_type).collect();
            assert_eq!(types, [AccessType::FullScan], "{reader} {name}");
        }
        let by_key = read(&answer(reader, "update_by_key")).unwrap();
        assert_eq!(by_key.accesses()[0].key.as_deref(), Some("PRIMARY"), "{reader}");
    }
}

#[test]
fn costs_are_read_where_the_format_has_them() {
    for sample in samples() {
        assert_eq!(mariadb::read(&answer("mariadb", &sample.name)).unwrap().cost, None);
    }
    for (reader, read) in &READERS[..2] {
        let cost = |name: &str| read(&answer(reader, name)).unwrap().cost.unwrap();
        assert!(cost("film_scan") > cost("film_by_title"), "{reader}");
        assert!(cost("actor_union_all") > 0.0, "{reader}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "query_block",
        "query_plan",
        "table",
        "table_name",
        "access_type",
        "nested_loop",
        "inputs",
        "operation",
        "key",
        "used_key_parts",
        "ranges",
        "lookup_condition",
        "rows",
        "filtered",
        "message",
        "materialized_from_subquery",
        "index_merge",
        "union_result",
        "query_specifications",
        "ordering_operation",
        "update",
        "subquery",
        "cost_info",
    ]);
    let words = prop::sample::select(vec![
        "",
        "index",
        "ALL",
        "table",
        "join",
        "filter",
        "materialize",
        "index_merge",
        "<derived2>",
        "PRIMARY",
        "a='",
        "(é < 'x",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words.prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        let object = prop::collection::vec((names.clone(), inner.clone()), 0..6)
            .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
        prop_oneof![prop::collection::vec(inner, 0..6).prop_map(Value::Array), object.prop_map(Value::Object)]
    })
}

/// Puts another value in place of the one that a count-down reaches.
fn replace_nth(value: &mut Value, left: &mut usize, with: &Value) {
    if *left == 0 {
        *value = with.clone();
    }
    *left = left.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace_nth(item, left, with)),
        Value::Object(members) => members.values_mut().for_each(|member| replace_nth(member, left, with)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn any_text_and_any_json_is_a_plan_or_an_error(text in ".*", json in any_json()) {
        let wrapped = [format!(r#"{{"query_block": {json}}}"#), format!(r#"{{"query_plan": {json}}}"#)];
        for (_, read) in READERS {
            let _ = read(&text);
            for json in [&json.to_string(), &wrapped[0], &wrapped[1]] {
                if let Ok(plan) = read(json) {
                    prop_assert!(plan.accesses().iter().all(|a| a.rows.rows().is_none_or(|rows| rows >= 0.0)));
                }
            }
        }
    }

    #[test]
    fn a_damaged_answer_is_a_plan_or_an_error(
        reader in 0..3_usize, sample in any::<prop::sample::Index>(), at in 0..80_usize, with in any_json(), cut in any::<prop::sample::Index>(),
    ) {
        let samples = samples();
        let (name, read) = READERS[reader];
        let text = answer(name, &samples[sample.index(samples.len())].name);
        let mut value: Value = serde_json::from_str(&text).unwrap();
        replace_nth(&mut value, &mut at.clone(), &with);
        let _ = read(&value.to_string());
        let end = text.floor_char_boundary(cut.index(text.len()));
        prop_assert!(read(&text[..end]).is_err() || text[end..].trim().is_empty());
    }
}
