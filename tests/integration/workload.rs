//! The catalogue of queries as a user writes it: the shipped one is in order, and mistakes are shown where they stand.

use crate::binary::AuraDb;
use crate::project::contains;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// One file with mistakes, and everything that must be said about it.
#[track_caller]
fn mistaken(text: &str, parts: &[&str]) {
    let run = AuraDb::new(["catalogue", "check", "workload"]).file("workload/shop.yaml", text);
    let outcome = run.run().exits(3);
    assert_eq!(outcome.stdout, "");
    for part in parts {
        contains(&outcome.stderr, part);
    }
}

#[test]
fn the_shipped_workload_is_in_order() {
    let outcome = AuraDb::new(["catalogue", "check"]).at(ROOT.as_ref()).run().exits(0);
    let count: usize = outcome.stdout.split(' ').next().unwrap().parse().unwrap();
    assert!(count >= 90, "{}", outcome.stdout);
    contains(&outcome.stdout, "all in order");
    assert_eq!(outcome.stderr, "");
}

#[test]
fn yaml_that_does_not_parse_is_shown_with_its_line() {
    mistaken("source: a.js\nqueries:\n  - name: a\n    sql: SELECT 1\n   oops: 1\n", &["workload/shop.yaml:5:4", "^"]);
    mistaken(
        "queries:\n  - name: a\n    sql: SELECT 1\n    frequence: 1/min\n",
        &["workload/shop.yaml:4:5", "frequence", "^"],
    );
    mistaken("queries:\n  - name: a\n", &["workload/shop.yaml", "sql", "^"]);
    mistaken("# nothing\n", &["workload/shop.yaml: the file is empty"]);
}

#[test]
fn names_are_unique_over_all_files() {
    let one = "queries:\n  - name: a\n    sql: SELECT 1\n";
    let outcome =
        AuraDb::new(["catalogue", "check", "one.yaml", "more"]).file("one.yaml", one).file("more/two.yml", one);
    let outcome = outcome.run().exits(3);
    contains(&outcome.stderr, "more/two.yml:2:");
    contains(&outcome.stderr, "the name `a` is already taken at one.yaml:2:");
}

#[test]
fn parameters_are_counted() {
    let entry =
        |rest: &str| format!("queries:\n  - name: a\n    sql: SELECT id FROM t WHERE a = ? AND b = '?'\n{rest}");
    mistaken(&entry(""), &["workload/shop.yaml:3:10", "a has 1 placeholder, and no params", "^"]);
    mistaken(&entry("    params: [1, 2]\n"), &["workload/shop.yaml:4:13", "and was given 2 parameters", "^"]);
    mistaken(&entry("    samples:\n      - params: []\n"), &["workload/shop.yaml:5:", "and was given 0 parameters"]);
    mistaken(&entry("    samples: []\n"), &["workload/shop.yaml:4:14", "a has no sample"]);
}

#[test]
fn sql_that_does_not_parse_is_shown_where_it_breaks() {
    mistaken(
        "queries:\n  - name: a\n    sql: |\n      SELECT id\n      FROM t\n      WHERE WHERE a = 1\n",
        &["workload/shop.yaml:6:", "the SQL does not parse", "WHERE WHERE a = 1", "^"],
    );
    mistaken(
        "queries:\n  - name: a\n    sql: SELEC id FROM t\n",
        &["workload/shop.yaml:3:10", "the SQL does not parse", "^"],
    );
    mistaken(
        "queries:\n  - name: a\n    sql: SELECT 'open\n",
        &["workload/shop.yaml:3:17", "the SQL does not parse", "^"],
    );
    let two = "queries:\n  - name: a\n    sql: SELECT (\n  - name: b\n    sql: SELECT )\n";
    mistaken(two, &["workload/shop.yaml:3:", "workload/shop.yaml:5:", "2 mistakes in the workload"]);
}

#[test]
fn a_workload_that_is_not_there_says_how_to_name_one() {
    for verb in ["catalogue check", "audit --embedded"] {
        let outcome = AuraDb::new(verb.split(' ')).file("migrations/1_a.sql", "CREATE TABLE a (id INT)").run().exits(3);
        contains(&outcome.stderr, "profiles/workload: cannot be read");
        contains(&outcome.stderr, "--workload");
    }
}
