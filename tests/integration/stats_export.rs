//! `stats export`: the profile of a database with rows gives, on empty tables, the verdicts of the database itself; no value
//! of a row leaves it that was not allowed; and it needs no more than SELECT.

use crate::binary::{AuraDb, Outcome};
use crate::project::contains;
use crate::servers::{Database, Server, both};
use aura_db::model::engine::EngineKind;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// A value that nobody has allowed.
const SECRET: &str = "canary-4711";

/// 20,000 orders of 1,000 customers: a frequent state and a rare one, a region that follows from the customer, NULLs.
fn shop(server: &'static Server) -> Database {
    let database = unanalysed(server);
    let persistent = if server.engine().kind == EngineKind::Mariadb { " PERSISTENT FOR ALL" } else { "" };
    database.rows(&format!("ANALYZE TABLE customers, orders, empty_one{persistent}"));
    database
}

fn unanalysed(server: &'static Server) -> Database {
    let database = server.database("stats_export");
    let digits = "(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 \
                  UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)";
    let numbers = |places: usize| {
        let sum = (0..places).map(|place| format!("d{place}.d * {}", 10_u32.pow(u32::try_from(place).unwrap())));
        let from = (0..places).map(|place| format!("{digits} d{place}"));
        let (sum, from) = (sum.collect::<Vec<_>>().join(" + "), from.collect::<Vec<_>>().join(", "));
        format!("(SELECT {sum} AS n FROM {from}) numbers")
    };
    database.run(&format!(
        "CREATE TABLE customers (id INT NOT NULL PRIMARY KEY, mail VARCHAR(60) NOT NULL, region INT NOT NULL, \
             note VARCHAR(60), UNIQUE KEY uq_mail (mail), KEY idx_region (region)) STATS_SAMPLE_PAGES = 1000; \
         CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, customer_id INT NOT NULL, region INT NOT NULL, \
             state VARCHAR(20) NOT NULL, made_at DATETIME NOT NULL, shipped_at DATETIME NULL, title VARCHAR(80) NOT NULL, \
             KEY idx_customer_region (customer_id, region), KEY idx_state_made (state, made_at), \
             KEY idx_shipped (shipped_at), KEY idx_title (title(4)), \
             CONSTRAINT fk_customer FOREIGN KEY (customer_id) REFERENCES customers (id)) \
             STATS_SAMPLE_PAGES = 1000; \
         CREATE TABLE empty_one (id INT PRIMARY KEY); \
         CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY); \
         INSERT INTO customers SELECT n, CONCAT('mail', n, '@{SECRET}'), n % 20, '{SECRET}' FROM {}; \
         INSERT INTO orders SELECT n, n * 7 % 1000, (n * 7 % 1000) % 20, \
             IF(n % 100 < 90, 'done', IF(n % 100 < 99, 'open', 'lost')), \
             '2025-01-01' + INTERVAL n * 20 MINUTE, IF(n % 4 = 0, NULL, '2025-01-02' + INTERVAL n * 20 MINUTE), \
             CONCAT('{SECRET}', n) FROM {} WHERE n < 20000",
        numbers(3),
        numbers(5)
    ));
    database
}

fn kind(server: &Server) -> &'static str {
    if server.engine().kind == EngineKind::Mariadb { "mariadb" } else { "mysql" }
}

fn export(url: &str, flags: &[&str]) -> Outcome {
    AuraDb::new(["stats", "export", "--database-url", url].iter().chain(flags)).run()
}

/// Table, access and index of each access of each query, and the rows.
fn plans(outcome: &Outcome) -> BTreeMap<String, Vec<(String, Option<f64>)>> {
    fn walk(value: &Value, found: &mut Vec<(String, Option<f64>)>) {
        match value {
            Value::Object(fields) => {
                if let Some(access) = fields.get("access_type") {
                    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
                    let words = [field("table"), access.clone(), field("key"), field("key_parts")];
                    let rows = fields["rows"].as_f64().or_else(|| fields["rows"]["rows"].as_f64());
                    found.push((words.map(|word| word.to_string()).join(" "), rows));
                }
                fields.values().for_each(|field| walk(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let of = |query: &Value| {
        let mut found = Vec::new();
        walk(&query["plans"], &mut found);
        (query["name"].as_str().unwrap().to_owned(), found)
    };
    report["queries"].as_array().unwrap().iter().map(of).collect()
}

/// Rule and query of each finding. How severe one is depends on frequent values too, which a server does not tell of itself.
fn verdicts(outcome: &Outcome) -> BTreeSet<String> {
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|one| format!("{} {}", one["rule"], one["subject"]["query"])).collect()
}

const AVERAGE: [(&str, &str); 8] = [
    ("one", "SELECT * FROM orders WHERE id = 77"),
    ("customer", "SELECT * FROM orders WHERE customer_id = 77"),
    ("customer-region", "SELECT * FROM orders WHERE customer_id = 77 AND region = 17"),
    ("all", "SELECT * FROM orders"),
    ("region", "SELECT * FROM customers WHERE region = 3"),
    ("join", "SELECT c.mail, o.id FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.region = 3"),
    ("group", "SELECT region, COUNT(*) FROM customers GROUP BY region"),
    ("unindexed", "SELECT id FROM customers WHERE note = 'x'"),
];
const VALUES: [(&str, &str); 6] = [
    ("frequent", "SELECT id, title FROM orders WHERE state = 'open'"),
    ("rare", "SELECT * FROM orders WHERE state = 'lost'"),
    ("range", "SELECT * FROM orders WHERE state = 'open' AND made_at > '2025-09-15'"),
    ("shipped", "SELECT * FROM orders WHERE shipped_at > '2025-10-01'"),
    ("latest", "SELECT * FROM orders WHERE state = 'lost' ORDER BY made_at DESC LIMIT 10"),
    ("page", "SELECT * FROM orders WHERE id > 100 ORDER BY id LIMIT 50"),
];

fn workload(folder: &Path, queries: &[(&str, &str)]) {
    let mut text = String::from("source: shop\nqueries:\n");
    for (name, sql) in queries {
        writeln!(text, "  - name: {name}\n    sql: \"{sql}\"").unwrap();
    }
    std::fs::write(folder.join("workload.yaml"), text).unwrap();
}

/// Audits on the rows and on empty tables at the exported profile, and compares plans, estimates and findings.
fn compare(database: &Database, flags: &[&str], queries: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    workload(folder.path(), queries);
    let file = folder.path().join("live.yaml");
    let url = database.url();
    export(&url, &[flags, &["--concurrent-users", "5", "--output", file.to_str().unwrap()]].concat()).exits(0);
    let audit = |source: &[&str]| {
        let line = ["audit", "--workload", "workload.yaml", "--format", "json", "--fail-on", "never"];
        AuraDb::new(line.iter().chain(source)).at(folder.path()).run().exits(0)
    };
    let engine = kind(database.server);
    let real = audit(&["--database-url", &url]);
    let empty = audit(&["--sandbox", engine, "--schema", &url, "--scale", "live.yaml"]);
    let profile = std::fs::read_to_string(&file).unwrap();
    let (real_plans, empty_plans) = (plans(&real), plans(&empty));
    assert_eq!(real_plans.len(), queries.len());
    for (name, real) in &real_plans {
        let empty = &empty_plans[name];
        let words = |plan: &[(String, Option<f64>)]| plan.iter().map(|(words, _)| words.clone()).collect::<Vec<_>>();
        assert_eq!(words(empty), words(real), "{engine} {name}\n{profile}");
        for ((words, real), (_, empty)) in real.iter().zip(empty) {
            let (real, empty) = (real.unwrap().max(1.0), empty.unwrap_or(f64::NAN).max(1.0));
            assert!(
                (real / empty).ln().abs() <= 1.5_f64.ln(),
                "{engine} {name} {words}: {real}, not {empty}\n{profile}"
            );
        }
    }
    assert_eq!(verdicts(&empty), verdicts(&real), "{engine}\n{profile}");
}

#[test]
fn statistics_alone_give_the_plans_of_average_values() {
    for server in both() {
        compare(&shop(server), &[], &AVERAGE);
    }
}

#[test]
fn counts_and_allowed_values_give_the_plans_of_the_rows() {
    for server in both() {
        let flags = ["--deep", "--values", "orders.*_at,orders.state,orders.id"];
        compare(&shop(server), &flags, &[&AVERAGE[..], &VALUES[..]].concat());
    }
}

#[test]
fn no_value_is_written_that_was_not_allowed_and_the_file_is_the_same_each_time() {
    for server in both() {
        let database = shop(server);
        if server.engine().kind == EngineKind::Mysql {
            database.rows("ANALYZE TABLE orders UPDATE HISTOGRAM ON title, state, shipped_at WITH 8 BUCKETS");
        }
        let url = database.url();
        let shown = export(&url, &["--deep"]).exits(0);
        for value in [SECRET, "done", "2025-", "min:", "hot:"] {
            assert!(!shown.stdout.contains(value) && !shown.stderr.contains(value), "{value}:\n{}", shown.stdout);
        }
        contains(&shown.stdout, "No value of a row is in it.");
        contains(&shown.stdout, "      shipped_at: {distinct: 15000, nulls: 0.25}\n");
        contains(&shown.stdout, "      \"customer_id, region\": {distinct: 1000, entry-bytes: ");
        contains(&shown.stdout, "      \"title(4)\": {distinct: 1");
        contains(&shown.stderr, "concurrent-users is not in the statistics");
        assert!(!shown.stdout.contains("_sqlx_migrations"), "{}", shown.stdout);
        let allowed = export(&url, &["--values", "orders.state,orders.shipped_at"]).exits(0).stdout;
        assert!(!allowed.contains(SECRET), "{allowed}");
        contains(&allowed, "min: \"done\", max: \"open\"");
        contains(&allowed, "min: \"2025-01-02 00:20:00\"");
        assert!(!allowed.contains("2025-01-01"), "the ends of made_at:\n{allowed}");

        let run = AuraDb::new(["stats", "export", "--database-url", &url, "--output", "live.yaml"]);
        let run = run.file("live.yaml", "description: ours\nconcurrent-users: 42\ntables: {}\n");
        let file = run.folder().join("live.yaml");
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("live.yaml");
        run.at(folder.path()).run().exits(0);
        let first = std::fs::read_to_string(&copy).unwrap();
        assert!(!file.exists(), "it ran elsewhere");
        export(&url, &["--output", copy.to_str().unwrap(), "--concurrent-users", "42"]).exits(0);
        let second = std::fs::read_to_string(&copy).unwrap();
        assert_ne!(first, second, "the users");
        export(&url, &["--output", copy.to_str().unwrap()]).exits(0);
        assert_eq!(std::fs::read_to_string(&copy).unwrap(), second, "the users of an earlier export are kept");
        contains(&second, "concurrent-users: 42\n");
    }
}

#[test]
fn select_on_the_schema_is_enough_and_nothing_is_written() {
    for server in both() {
        let database = unanalysed(server);
        database.rows("ANALYZE TABLE customers, orders");
        let (user, name) = (format!("exporter_{}", database.name), &database.name);
        let user = &user[..user.len().min(32)];
        database.run(&format!("CREATE USER {user}@localhost; GRANT SELECT ON `{name}`.* TO {user}@localhost"));
        let own = database.url().replacen("root@", &format!("{user}@"), 1);
        let before = database.rows("SELECT * FROM mysql.innodb_table_stats WHERE database_name = DATABASE()");
        let root = export(&database.url(), &["--tables", "orders"]).exits(0);
        let least = export(&own, &["--tables", "orders"]).exits(0);
        contains(&least.stderr, "mysql.innodb_index_stats may not be read");
        let figures = |outcome: &Outcome, key: &str| -> u64 {
            let rest = outcome.stdout.split_once(key).unwrap_or_else(|| panic!("{key}: {}", outcome.stdout)).1;
            rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
        };
        for key in ["rows: ", "row-bytes: ", "customer_id: {distinct: ", "\"customer_id, region\": {distinct: "] {
            let (root, least) = (figures(&root, key) as f64, figures(&least, key) as f64);
            assert!((root / least).ln().abs() < 0.1, "{} {key}: {root}, not {least}", server.engine());
        }
        let deep = export(&own, &["--deep", "--values", "orders.state"]).exits(0);
        contains(&deep.stdout, "hot: [{value: \"done\", fraction: 0.9}, {value: \"open\", fraction: 0.09}");
        assert_eq!(
            database.rows("SELECT * FROM mysql.innodb_table_stats WHERE database_name = DATABASE()"),
            before,
            "{}",
            server.engine()
        );
    }
}

#[test]
fn what_is_cut_off_by_the_limit_is_named() {
    for server in both() {
        let database = shop(server);
        // A column that takes about a millisecond to compute in each of 20,000 rows.
        database.run(
            "ALTER TABLE orders ADD COLUMN slow CHAR(128) GENERATED ALWAYS AS (SHA2(REPEAT(title, 100000), 512)) VIRTUAL",
        );
        let outcome = export(&database.url(), &["--tables", "orders", "--deep", "--time-limit", "1"]).exits(0);
        for text in [&outcome.stderr, &outcome.stdout] {
            let line = text.lines().find(|line| line.contains("cut off after 1 s (--time-limit)")).unwrap();
            contains(line, "slow");
        }
        contains(&outcome.stdout, "    rows: 20000\n");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let database = both()[0].database("stats_export_wrong");
    contains(&export(&database.url(), &["--values", "state"]).exits(2).stderr, "name columns as TABLE.COLUMN");
    contains(&export(&database.url(), &["--tables", "nobody"]).exits(3).stderr, "--tables nobody: ");
    contains(&export(&database.url(), &[]).exits(0).stdout, "tables: {}\n");
    contains(&export("sqlite:nowhere.sqlite3", &[]).exits(3).stderr, "nowhere.sqlite3 is not there");
}

#[test]
fn the_embedded_engine_is_exported_too() {
    let rows: Vec<String> = (0..400).map(|n| format!("({n}, {}, {})", n % 10, n % 4)).collect();
    let up = format!(
        "CREATE TABLE book (id INT NOT NULL PRIMARY KEY, shelf INT NOT NULL, kind INT NULL, KEY idx_shelf (shelf, kind));\n\
         INSERT INTO book VALUES {};\n",
        rows.join(", ")
    );
    let folder = tempfile::tempdir().unwrap();
    let at = |words: &[&str]| AuraDb::new(words).at(folder.path()).run();
    std::fs::create_dir(folder.path().join("migrations")).unwrap();
    std::fs::write(folder.path().join("migrations/1_book.up.sql"), up).unwrap();
    std::fs::write(folder.path().join("migrations/1_book.down.sql"), "DROP TABLE book;\n").unwrap();
    at(&["migrate"]).exits(0);
    contains(&at(&["stats", "export"]).exits(0).stderr, "book: left out, as no statistics tell the rows");
    let deep = at(&["stats", "export", "--deep", "--values", "book.kind"]).exits(0).stdout;
    contains(&deep, "    rows: 400\n");
    contains(&deep, "      kind: {distinct: 4, min: 0, max: 3}\n");
    contains(&deep, "      \"shelf, kind\": {distinct: 20}\n");
    crate::servers::block_on(async {
        use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("aura-db.sqlite3"));
        let mut connection = options.connect().await.unwrap();
        connection.execute("ANALYZE").await.unwrap();
        connection.close().await.unwrap();
    });
    let analysed = at(&["stats", "export", "--output", "live.yaml"]).exits(0);
    assert!(!analysed.stderr.contains("left out"), "{}", analysed.stderr);
    let profile = std::fs::read_to_string(folder.path().join("live.yaml")).unwrap();
    contains(&profile, "      shelf: {distinct: 10}\n");
    contains(&profile, "      \"shelf, kind\": {distinct: 20}\n");
    at(&["explain", "SELECT * FROM book WHERE shelf = 3", "--scale", "live.yaml"]).exits(0);
}
