//! Waivers of queries: in the workload file and in the SQL, with a reason and maybe an end.

use crate::project::contains;
use crate::shop::{ENGINES, Shop, WORKLOAD, texts};

const DAY: &str = "SOURCE_DATE_EPOCH";
/// 2026-11-23 in the evening, and the next morning.
const EVENING: &str = "1795474800";
const NEXT_MORNING: &str = "1795507200";

/// The workload with something more in the entry that has the findings.
fn with(allow: &str) -> String {
    WORKLOAD.replace("{name: orders.newest,", &format!("{{name: orders.newest, allow: [{allow}],"))
}

const BOTH: &str =
    "{rule: filesort, because: small until spring, until: 2026-11-23}, {rule: full-table-scan, because: too}";

#[test]
fn what_is_allowed_is_counted_and_fails_nothing() {
    for engine in ENGINES {
        let shop = Shop::new();
        shop.file("workload.yaml", &with(BOTH));
        let run = |flags: &[&str]| shop.command(engine, flags).env(DAY, EVENING).run();
        let outcome = run(&[]).exits(0);
        contains(&outcome.stdout, "2 waived · passed at warning");
        let verbose = run(&["--verbose"]).exits(0);
        contains(&verbose.stdout, "waived at workload.yaml:4:");
        contains(&verbose.stdout, "because small until spring, until 2026-11-23");
        let report: serde_json::Value = serde_json::from_str(&run(&["--format", "json"]).exits(0).stdout).unwrap();
        assert_eq!(report["summary"]["waived"], 2);
        assert_eq!(report["findings"].as_array().map(Vec::len), Some(0), "{}", report["findings"]);
        let mut rules = texts(&report["waived"], "/finding/rule");
        rules.sort();
        assert_eq!(rules, ["filesort", "full-table-scan"]);
        assert!(texts(&report["waived"], "/reason").contains(&"small until spring".to_owned()));
    }
}

#[test]
fn a_waiver_ends_after_its_last_day() {
    let shop = Shop::new();
    shop.file("workload.yaml", &with(BOTH));
    let outcome = shop.command(ENGINES[0], &[]).env(DAY, NEXT_MORNING).run().exits(1);
    contains(&outcome.stdout, "expired-waiver");
    contains(&outcome.stdout, "the waiver at workload.yaml:4:35 allows filesort until 2026-11-23,");
    contains(&outcome.stdout, " filesort ");
    let wrong = shop.command(ENGINES[0], &[]).env(DAY, "today").run().exits(3);
    contains(&wrong.stderr, "SOURCE_DATE_EPOCH is `today`");
}

#[test]
fn a_comment_in_the_statement_does_the_same_on_every_engine() {
    for engine in ENGINES {
        for sql in [
            "|\n      -- aura-db: allow filesort, full-table-scan because who knows? 'quoted\n      SELECT id FROM orders\n      \
             ORDER BY placed_at DESC LIMIT 10",
            "|\n      SELECT id /* aura-db: allow filesort, full-table-scan because it's small */ FROM orders\n      ORDER BY \
             placed_at DESC LIMIT 10 # the newest",
        ] {
            let shop = Shop::new();
            shop.file("workload.yaml", &format!("queries:\n  - name: newest\n    sql: {sql}\n"));
            let report = shop.report(engine, &[], 0);
            assert_eq!(report["summary"]["waived"], 2, "{engine:?} {report}");
            assert_eq!(report["waived"][0]["at"]["file"], "workload.yaml");
            assert_eq!(report["waived"][0]["at"]["line"], 4);
            assert!(report["queries"][0]["plans"][0]["plan"].is_object(), "{report}");
        }
    }
}

#[test]
fn waivers_that_waive_nothing_are_found() {
    let shop = Shop::new();
    for (allow, rule, words) in [
        ("{rule: filesrot, because: x}", "unknown-waiver", "allows filesrot, and there is no such rule here"),
        ("{rule: redundant-index, because: x}", "unknown-waiver", "no such rule here"),
        (
            "{rule: deep-pagination, because: x}",
            "unused-waiver",
            "allows deep-pagination, which is not found on this query",
        ),
        ("{rule: filesort}", "waiver-without-reason", "without a reason, and so allows nothing"),
    ] {
        shop.file("workload.yaml", &with(allow));
        let report = shop.report(ENGINES[0], &[], 1);
        let mut rules = texts(&report["findings"], "/rule");
        rules.retain(|one| one.ends_with("waiver") || one.starts_with("waiver"));
        assert_eq!(rules, [rule]);
        let message = report["findings"].to_string();
        contains(&message, words);
        contains(&message, "the waiver at workload.yaml:4:");
        assert_eq!(report["summary"]["waived"], 0);
    }
    shop.file("workload.yaml", &with("{rule: filesort, because: x, until: 2027-02-30}"));
    let wrong = shop.audit(ENGINES[0], &[]).exits(3);
    contains(&wrong.stderr, "`2027-02-30` is no day of the calendar; write YYYY-MM-DD");
    contains(&wrong.stderr, "workload.yaml:4:");
}

#[test]
fn what_is_found_on_an_index_is_allowed_at_the_top_of_the_file() {
    for engine in ENGINES {
        let shop = Shop::new();
        shop.file("migrations/3_more.up.sql", "CREATE INDEX idx_wide ON orders (customer_id, placed_at);");
        let plain = shop.report(engine, &["--fail-on", "never"], 0);
        assert!(texts(&plain["findings"], "/rule").contains(&"redundant-index".to_owned()), "{}", plain["findings"]);
        let allow = "{rule: redundant-index, table: orders, index: idx_orders_customer, because: dropped in May}";
        shop.file("workload.yaml", &format!("allow: [{allow}]\n{WORKLOAD}"));
        let report = shop.report(engine, &["--fail-on", "never"], 0);
        assert_eq!(texts(&report["waived"], "/finding/rule"), ["redundant-index"]);
        assert!(!report["findings"].to_string().contains("-waiver"), "{}", report["findings"]);
        // Where the schema is not judged, nothing can be said about what is allowed on it.
        let part = shop.report(engine, &["orders.by-id"], 0);
        assert_eq!(part["findings"].as_array().map(Vec::len), Some(0), "{}", part["findings"]);
    }
}

#[test]
fn a_baseline_holds_no_waived_finding_so_that_it_comes_back_with_its_day() {
    let shop = Shop::new();
    shop.file("workload.yaml", &with(BOTH));
    let run = |flags: &[&str], day| shop.command(ENGINES[0], flags).env(DAY, day).run();
    run(&["--write-baseline", "b.yaml"], EVENING).exits(0);
    assert!(!shop.text("b.yaml").contains("filesort"));
    run(&["--baseline", "b.yaml"], EVENING).exits(0);
    let over = run(&["--baseline", "b.yaml"], NEXT_MORNING).exits(1);
    contains(&over.stdout, "expired-waiver");
    contains(&over.stdout, " filesort ");
}

#[test]
fn explain_shows_what_is_waived() {
    let shop = Shop::new();
    shop.file("workload.yaml", &with(BOTH));
    let inputs = ["explain", "orders.newest", "--workload", "workload.yaml", "--scale", "scale.yaml", "--embedded"];
    let outcome = crate::binary::AuraDb::new(inputs).at(&shop.path("")).env(DAY, EVENING).run().exits(0);
    contains(&outcome.stdout, "no findings\n\nwaived at workload.yaml:4:");
}

#[test]
fn a_migration_s_waiver_may_end_too() {
    let shop = Shop::new();
    let drop =
        "-- aura-db: allow data-loss because it is a copy until 2026-11-23\nALTER TABLE orders DROP COLUMN note;";
    shop.file("migrations/3_drop.up.sql", drop);
    shop.file("migrations/3_drop.down.sql", "ALTER TABLE orders ADD COLUMN note VARCHAR(200);");
    let lint = |day| {
        let inputs = ["lint", "--sandbox", "mariadb", "--after", "2", "--scale", "scale.yaml", "--verbose"];
        crate::binary::AuraDb::new(inputs).at(&shop.path("")).env(DAY, day).run()
    };
    contains(&lint(EVENING).exits(0).stdout, "because it is a copy, until 2026-11-23");
    let over = lint(NEXT_MORNING).exits(1).stdout;
    contains(&over, "expired-waiver");
    contains(&over, "data-loss");
}
