//! Every rule has its page, and the examples of the pages hold.
//!
//! What trying the example on a server would have shown stands in its block's first line, as in `-- tried: COPY`.

use super::RULES;
use crate::lint::fixture::{Bench, copy, fails, inplace, instant, rebuild, shared};
use std::fs;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/rules")
}

/// The text of a fenced block.
fn block(page: &str, kind: &str) -> String {
    let (_, rest) = page.split_once(&format!("```sql {kind}\n")).unwrap_or_else(|| panic!("no block {kind}"));
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn every_rule_has_its_page_and_its_line_in_the_index() {
    let index = fs::read_to_string(folder().join("README.md")).unwrap();
    for rule in &RULES {
        let page = fs::read_to_string(folder().join(format!("{}.md", rule.id))).unwrap();
        assert!(page.starts_with(&format!("# {}\n", rule.id)), "{}", rule.id);
        assert!(index.contains(&format!("| [{0}]({0}.md) | {1} |", rule.id, rule.severity)), "{}", rule.id);
    }
}

#[test]
fn bad_examples_are_found_and_good_ones_are_not() {
    for rule in &RULES {
        let page = fs::read_to_string(folder().join(format!("{}.md", rule.id))).unwrap();
        let schema = block(&page, "schema");
        assert!(found(rule.id, &schema, &block(&page, "bad")), "{}: the bad example is not found", rule.id);
        assert!(!found(rule.id, &schema, &block(&page, "good")), "{}: the good example is found", rule.id);
    }
}

fn found(id: &str, schema: &str, example: &str) -> bool {
    let said = |word: &str| example.lines().find_map(|line| line.strip_prefix(&format!("-- {word}: ")));
    let after = said("after").map_or_else(|| schema.to_owned(), |table| format!("{table};\n"));
    let mut bench = Bench::new(example).schemas(schema, &after);
    for line in schema.lines().filter_map(|line| line.strip_prefix("-- rows ")) {
        let (table, rows) = line.split_once(' ').unwrap();
        let rows = rows.parse().unwrap();
        bench = bench.size(table, Some(rows), Some(rows * 100));
    }
    bench = match said("tried") {
        Some("INSTANT") => bench.attempt(instant()),
        Some("INPLACE") => bench.attempt(inplace()),
        Some("INPLACE, rebuilt") => bench.attempt(rebuild()),
        Some("INPLACE, LOCK=SHARED") => bench.attempt(shared()),
        Some("COPY") => bench.attempt(copy()),
        Some(error) => {
            let (code, message) = error.strip_prefix("error ").unwrap().split_once(": ").unwrap();
            bench.attempt(fails(code.parse().unwrap(), message))
        }
        None => bench,
    };
    if let Some(query) = said("breaks") {
        bench = bench.breaks(query);
    }
    if said("down") == Some("none") {
        bench = bench.without_down();
    }
    bench.only(id).is_some()
}
