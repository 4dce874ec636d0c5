//! A run against a baseline: what got worse fails and is shown beside what it was, all else passes.

use crate::binary::AuraDb;
use crate::project::contains;
use crate::shop::{ENGINES, INDEX, Shop, WORKLOAD, texts};

const WRITE: [&str; 2] = ["--write-baseline", "baseline.yaml"];
const AGAINST: [&str; 2] = ["--baseline", "baseline.yaml"];

#[test]
fn what_is_accepted_once_passes_until_it_gets_worse() {
    for engine in ENGINES {
        let shop = Shop::new();
        shop.audit(engine, &[]).exits(1);
        let written = shop.audit(engine, &WRITE).exits(0);
        contains(&written.stderr, "baseline: baseline.yaml written, with 3 plans and 2 findings");
        let text = shop.text("baseline.yaml");
        contains(&text, "\nformat: 1\nengine: ");
        contains(&text, "  orders.newest: [orders full_scan, sort, rows 100000]\n");
        contains(&text, "  orders.of-customer: [orders ref idx_orders_customer, rows 10]\n");
        let outcome = shop.audit(engine, &AGAINST).exits(0);
        contains(&outcome.stdout, "2 findings are in the baseline and not shown");
        let again = [&WRITE[..], &AGAINST].concat();
        shop.audit(engine, &again).exits(0);
        assert_eq!(shop.text("baseline.yaml"), text, "the same plans make the same file");
    }
}

#[test]
fn a_dropped_index_fails_and_is_named_with_both_plans() {
    for engine in ENGINES {
        let shop = Shop::new();
        shop.audit(engine, &WRITE).exits(0);
        shop.file("migrations/3_drop.up.sql", "DROP INDEX idx_orders_customer ON orders;");
        let outcome = shop.audit(engine, &AGAINST).exits(1);
        contains(&outcome.stdout, "orders.of-customer  worse than the baseline\n");
        contains(
            &outcome.stdout,
            "lost-index: the index idx_orders_customer is gone: `orders` was read by ref through",
        );
        contains(&outcome.stdout, "   orders ref idx_orders_customer  orders full_scan\n");
        contains(&outcome.stdout, "full-table-scan");
        contains(&outcome.stdout, "1 plan worse · failed at warning");
        let report = shop.report(engine, &AGAINST, 1);
        assert_eq!(report["summary"]["failed"], true);
        assert_eq!(texts(&report["findings"], "/rule"), ["full-table-scan"], "{}", report["findings"]);
        let worse = &report["baseline"]["worse"][0];
        assert_eq!(worse["query"], "orders.of-customer");
        assert_eq!(texts(&worse["changes"], "/kind"), ["lost-index", "more-rows"]);
        assert_eq!(worse["before"][0], "orders ref idx_orders_customer");
        assert_eq!(worse["now"][0], "orders full_scan");
        shop.audit(engine, &[&AGAINST[..], &["--fail-on", "never"]].concat()).exits(0);
        // Accepting it is one more run.
        shop.audit(engine, &WRITE).exits(0);
        shop.audit(engine, &AGAINST).exits(0);
    }
}

#[test]
fn a_new_index_passes_and_is_told_in_a_line() {
    for engine in ENGINES {
        let shop = Shop::new();
        std::fs::remove_file(shop.path("migrations/2_index.up.sql")).unwrap();
        shop.audit(engine, &WRITE).exits(0);
        shop.file("migrations/2_index.up.sql", INDEX);
        let outcome = shop.audit(engine, &AGAINST).exits(0);
        contains(&outcome.stdout, "\nimproved: orders.of-customer: `orders` was read by full_scan");
        contains(&outcome.stdout, "improved: orders.of-customer: no longer found: full-table-scan orders");
        let report = shop.report(engine, &AGAINST, 0);
        assert_eq!(texts(&report["baseline"]["improved"], "/query"), ["orders.of-customer"]);
        assert_eq!(report["baseline"]["worse"].as_array().map(Vec::len), Some(0));
    }
}

#[test]
fn rows_may_grow_as_far_as_the_tolerance_says() {
    for engine in ENGINES {
        let shop = Shop::new();
        shop.customers(1000);
        shop.audit(engine, &WRITE).exits(0);
        shop.customers(400);
        let outcome = shop.audit(engine, &AGAINST).exits(1);
        contains(&outcome.stdout, "more-rows: it looks at 250 rows, and did at 100 (tolerance 2)");
        shop.audit(engine, &[&AGAINST[..], &["--tolerance", "2.5"]].concat()).exits(0);
        shop.audit(engine, &[&AGAINST[..], &["--tolerance", "2.4x"]].concat()).exits(1);
    }
    let wrong = Shop::new().audit(&["--embedded"], &[&AGAINST[..], &["--tolerance", "0.5"]].concat()).exits(2);
    contains(&wrong.stderr, "a number from 1 on");
}

#[test]
fn a_live_server_is_held_against_what_it_was() {
    for server in crate::servers::both() {
        let shop = Shop::new();
        let database = server.database("baseline_live");
        let url = database.url();
        AuraDb::new(["migrate", "--database-url", &url]).at(&shop.path("")).run().exits(0);
        let engine = ["--database-url", url.as_str()];
        shop.audit(&engine, &WRITE).exits(0);
        assert!(!shop.text("baseline.yaml").contains("scale:"), "its statistics are its own");
        shop.audit(&engine, &AGAINST).exits(0);
        database.run("DROP INDEX idx_orders_customer ON orders");
        let outcome = shop.audit(&engine, &AGAINST).exits(1);
        contains(&outcome.stdout, "the index idx_orders_customer is gone");
        database.run(INDEX.trim_end_matches(';'));
        shop.audit(&engine, &AGAINST).exits(0);
    }
}

#[test]
fn queries_that_come_are_judged_in_full_and_those_that_go_are_named() {
    let shop = Shop::new();
    let engine = ENGINES[0];
    shop.audit(engine, &WRITE).exits(0);
    shop.file("workload.yaml", &WORKLOAD.replace("orders.newest", "orders.latest"));
    let outcome = shop.audit(engine, &AGAINST).exits(1);
    contains(&outcome.stdout, "no longer in the workload: orders.newest\n");
    contains(&outcome.stdout, "not in the baseline, and judged in full: orders.latest\n");
    contains(&outcome.stdout, "\norders.latest");
    shop.file("workload.yaml", WORKLOAD);
    let part = shop.report(engine, &["orders.of-customer", AGAINST[0], AGAINST[1]], 0);
    assert_eq!(part["baseline"]["vanished"].as_array().map(Vec::len), Some(0), "they are only not asked for");
    assert_eq!(part["baseline"]["cleared"].as_array().map(Vec::len), Some(0));
    let refused = shop.audit(engine, &["orders.newest", WRITE[0], WRITE[1]]).exits(2);
    contains(&refused.stderr, "--write-baseline");
}

#[test]
fn a_baseline_that_does_not_fit_is_refused() {
    let shop = Shop::new();
    shop.audit(ENGINES[0], &WRITE).exits(0);
    let other = shop.audit(ENGINES[2], &AGAINST).exits(3);
    contains(&other.stderr, "baseline.yaml: this baseline was made on SQLite");
    contains(&other.stderr, "the run is on MariaDB");
    let good = shop.text("baseline.yaml");
    for (from, to, words) in [
        ("format: 1", "format: 9", "baseline.yaml:3:9"),
        ("format: 1", "format: 9", "a baseline of format 9"),
        ("plans:", "<<<<<<< HEAD\nplans:", "baseline.yaml:7:"),
        ("orders full_scan", "orders full_scam", "`full_scam` is no way to read a table"),
        ("orders full_scan", "orders full_scam", "baseline.yaml:9:"),
    ] {
        shop.file("baseline.yaml", &good.replacen(from, to, 1));
        contains(&shop.audit(ENGINES[0], &AGAINST).exits(3).stderr, words);
    }
    shop.file("baseline.yaml", &good.replacen("version: \"3.", "version: \"2.", 1));
    contains(&shop.audit(ENGINES[0], &AGAINST).exits(0).stderr, "a plan may differ for that");
    let missing = shop.audit(ENGINES[0], &["--baseline", "none.yaml"]).exits(3);
    contains(&missing.stderr, "none.yaml: cannot be read");
    let unwritable = shop.audit(ENGINES[0], &["--write-baseline", "no/such/folder.yaml"]).exits(3);
    contains(&unwritable.stderr, "cannot write to no/such/folder.yaml");
}
