//! `lint` on real servers: classes that the server itself says, findings, waivers, the JSON form; and that the database in
//! use is only read.

use crate::binary::AuraDb;
use crate::project::{Project, contains};
use crate::servers::{Server, both, mariadb, mysql};
use aura_db::model::engine::EngineKind;
use serde_json::Value;
use std::collections::BTreeSet;

/// A shop in use: 2,000 orders, more than are small.
fn shop(server: &'static Server, name: &str) -> Project {
    let project = Project::new(server, name);
    project.pair(
        1,
        "CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(80) NOT NULL);\n\
         CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, customer_id INT NOT NULL, state VARCHAR(40) NOT NULL, note TEXT);\n\
         CREATE VIEW open_orders AS SELECT id, state FROM orders WHERE state = 'open';\n",
        "DROP VIEW open_orders; DROP TABLE orders; DROP TABLE customers;",
    );
    project.run("migrate").exits(0);
    project.database.run(
        "INSERT INTO orders (customer_id, state) VALUES (1, 'open'), (2, 'open'), (3, 'paid'), (4, 'paid'), (5, 'sent')",
    );
    for _ in 0..9 {
        project.database.run("INSERT INTO orders (customer_id, state) SELECT customer_id, state FROM orders");
    }
    project.database.rows("ANALYZE TABLE orders");
    project
}

fn report(project: &Project, line: &str, code: i32) -> Value {
    let outcome = project.run(&format!("lint --format json {line}")).exits(code);
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

/// `rule@line` of every finding.
fn found(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let mut found: Vec<String> = findings
        .map(|finding| format!("{}@{}", finding["rule"].as_str().unwrap(), finding["subject"]["location"]["line"]))
        .collect();
    found.sort();
    found
}

/// How each statement is done: `class lock`.
pub(crate) fn classes(report: &Value) -> Vec<String> {
    let statements = report["statements"].as_array().unwrap().iter();
    let class = |statement: &Value| match &statement["online"]["class"] {
        Value::String(class) => class.clone(),
        Value::Object(class) => class.keys().next().unwrap().clone(),
        _ => "-".into(),
    };
    statements.map(|s| format!("{} {}", class(s), s["online"]["lock"].as_str().unwrap_or("-"))).collect()
}

#[test]
fn classes_are_the_servers_own_and_the_database_is_only_read() {
    for server in both() {
        let project = shop(server, "lint_classes");
        project.pair(
            2,
            "ALTER TABLE orders ADD COLUMN total INT;\n\
             CREATE INDEX by_customer ON orders (customer_id);\n\
             ALTER TABLE orders MODIFY state VARCHAR(9) NOT NULL;\n\
             CREATE TABLE fresh (id INT PRIMARY KEY, state VARCHAR(40));\n\
             ALTER TABLE fresh MODIFY state VARCHAR(9);\n\
             UPDATE orders SET note = 'x';\n",
            "DROP TABLE fresh;",
        );
        let before = project.contents();
        let report = report(&project, "", 1);
        assert_eq!(project.contents(), before, "{}", server.engine());
        let seen = classes(&report);
        assert_eq!(seen[0], "instant none", "{}", server.engine());
        assert_eq!(seen[1], "inplace none", "{}", server.engine());
        assert_eq!((seen[2].as_str(), seen[3].as_str(), seen[5].as_str()), ("copy shared", "- -", "- -"));
        let rows = report["statements"][0]["size"]["rows"].as_u64().unwrap();
        assert!((1500..=4000).contains(&rows), "{rows} rows, by the server's own estimate");
        assert_eq!(report["statements"][4]["size"]["rows"], 0, "made by this run");
        assert_eq!(report["basis"]["sizes"]["source"], "server");
        assert_eq!(report["basis"]["tried"], "sandbox");
        assert_eq!(found(&report), ["large-update@6", "narrowed-type@3", "table-copy@3"]);
        assert!(report["basis"].get("notes").is_none(), "the view was copied too: {}", report["basis"]["notes"]);
    }
}

#[test]
fn a_database_without_a_ledger_stays_without_one() {
    for server in both() {
        let project = Project::new(server, "lint_empty");
        project.pair(1, "CREATE TABLE t (id INT PRIMARY KEY);", "DROP TABLE t;");
        for line in ["lint", "lint --format json", "migrate --dry-run", "apply all --dry-run"] {
            project.run(line).exits(0);
            assert_eq!(project.tables(), [] as [&str; 0], "{}: {line}", server.engine());
        }
        contains(&project.run("lint").exits(0).stdout, "1 migration, 1 statement: no errors");
        project.run("migrate").exits(0);
        contains(&project.run("lint").exits(0).stdout, "nothing is pending");
    }
}

#[test]
fn the_other_servers_syntax_is_named_with_its_place() {
    let mariadbs = [
        "ALTER TABLE orders ADD COLUMN IF NOT EXISTS total INT",
        "CREATE SEQUENCE numbers",
        "CREATE OR REPLACE TABLE x (id INT)",
    ];
    let mysqls = [
        "CREATE INDEX by_state ON orders ((lower(state)))",
        "ALTER TABLE orders ADD INDEX by_note (customer_id) INVISIBLE",
        "CREATE TABLE x (a VARCHAR(9)) COLLATE utf8mb4_0900_as_cs",
    ];
    for (server, own, foreign) in [(mysql(), mysqls, mariadbs), (mariadb(), mariadbs, mysqls)] {
        let project = shop(server, "lint_dialect");
        project.pair(2, &format!("SELECT 1;\n{};\n", foreign.join(";\n")), "DO 0;");
        let before = project.contents();
        let refused = report(&project, "", 1);
        let dialect: Vec<String> = found(&refused).into_iter().filter(|rule| rule.starts_with("foreign")).collect();
        assert_eq!(dialect, ["foreign-dialect@2", "foreign-dialect@3", "foreign-dialect@4"], "{}", server.engine());
        assert_eq!(project.contents(), before);
        project.pair(2, &format!("{};\n", own.join(";\n")), "DO 0;");
        let outcome = project.run("lint --fail-on never").exits(0);
        assert!(!outcome.stdout.contains("foreign-dialect"), "{}", outcome.stdout);
    }
}

#[test]
fn what_fails_what_is_missing_and_what_breaks_a_query_is_said_before_it_runs() {
    for server in both() {
        let project = shop(server, "lint_fails");
        project.file(
            "workload/shop.yaml",
            "source: api/orders.js\nqueries:\n  - name: orders.notes\n    line: 12\n    sql: SELECT note FROM orders WHERE id = ?\n    \
             params: [1]\n  - name: orders.states\n    line: 20\n    sql: SELECT state FROM orders WHERE id = ?\n    params: [1]\n",
        );
        project.pair(
            2,
            "ALTER TABLE orders RENAME COLUMN note TO remark;\n\
             CREATE INDEX by_total ON orders (total);\n\
             ALTER TABLE orders ADD COLUMN state INT;\n\
             INSERT INTO orders (customer_id, nothing) VALUES (1, 2);\n\
             INSERT INTO orders (id, customer_id, state) VALUES (1, 1, 'x');\n",
            "DO 0;",
        );
        let report = report(&project, "--workload workload", 1);
        assert_eq!(
            found(&report),
            ["breaks-query@1", "missing-target@2", "rename@1", "statement-fails@3", "statement-fails@4"],
            "{}",
            server.engine()
        );
        let broken =
            report["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == "breaks-query").unwrap();
        assert_eq!(broken["subject"]["query"], "orders.notes");
        assert!(broken["message"].as_str().unwrap().contains("error 1054"), "{broken}");
        assert!(broken["evidence"][0].as_str().unwrap().contains("api/orders.js:12"), "{broken}");
    }
}

#[test]
fn waivers_take_findings_on_and_useless_ones_are_found() {
    for server in both() {
        let project = shop(server, "lint_waivers");
        let text = "-- aura-db: allow data-loss because nobody reads it\r\nALTER TABLE orders DROP COLUMN note;\r\n\
                    ALTER TABLE orders MODIFY state VARCHAR(20) NOT NULL; -- aura-db: allow narrowed-type, table-copy because short\r\n\
                    /* aura-db: allow data-los because of a slip */\r\nDELETE FROM customers;\r\n\
                    # aura-db: allow rename because it was one\r\nALTER TABLE orders ADD COLUMN x INT;\r\n\
                    INSERT INTO customers VALUES (1, '-- aura-db: allow rename because it is text');\r\n\
                    -- aura-db: allow rename\r\n";
        project.pair(2, text, "DO 0;");
        let report = report(&project, "", 1);
        let expected = ["data-loss@5", "unknown-waiver@4", "unused-waiver@6", "waiver-without-reason@9"];
        assert_eq!(found(&report), expected, "{}", server.engine());
        let waived: Vec<&str> =
            report["waived"].as_array().unwrap().iter().map(|one| one["finding"]["rule"].as_str().unwrap()).collect();
        assert_eq!(
            waived.iter().collect::<BTreeSet<_>>(),
            BTreeSet::from([&"data-loss", &"narrowed-type", &"table-copy"])
        );
        assert_eq!(report["summary"]["waived"], 3);
    }
}

#[test]
fn a_dry_run_says_what_each_statement_will_do_and_stays_a_script() {
    for server in both() {
        let project = shop(server, "lint_dry");
        project.pair(
            2,
            "ALTER TABLE orders ADD COLUMN total INT;\nALTER TABLE orders MODIFY state VARCHAR(9);\n",
            "ALTER TABLE orders DROP COLUMN total;",
        );
        let before = project.contents();
        let outcome = project.run("migrate --dry-run").exits(0);
        contains(&outcome.stdout, "-- migrations/2_step.up.sql:1:1  INSTANT, ");
        contains(&outcome.stdout, "-- migrations/2_step.up.sql:2:1  COPY, LOCK=SHARED, ");
        contains(&outcome.stdout, "\nALTER TABLE orders MODIFY state VARCHAR(9);\n");
        contains(&outcome.stderr, "migrations/2_step.up.sql:2:1: error: the column `orders`.`state` is narrowed");
        assert_eq!(project.contents(), before, "{}", server.engine());
        project.database.run(&outcome.stdout);
        let rollback = project.run("rollback --dry-run").exits(0);
        contains(&rollback.stdout, "-- migrations/1_step.down.sql:1:1  program");
    }
}

#[test]
fn without_a_server_program_classes_are_unknown_with_the_reason() {
    for server in both() {
        let project = shop(server, "lint_uninstalled");
        project.up(2, "ALTER TABLE orders ADD COLUMN total INT;\nDROP TABLE orders;\n");
        let uninstalled = |line: &str| {
            let none = |command: AuraDb, name| command.env(name, project.path("no-such-program"));
            none(none(project.command(line), "AURA_DB_MYSQLD"), "AURA_DB_MARIADBD").run()
        };
        let outcome = uninstalled("lint").exits(1);
        contains(&outcome.stdout, "not tried");
        contains(&outcome.stdout, "unknown, because ");
        contains(&outcome.stdout, "drops the table `orders` (2,");
        let dry = uninstalled("migrate --dry-run").exits(0);
        contains(&dry.stdout, "-- migrations/2_step.up.sql:1:1\nALTER TABLE orders ADD COLUMN total INT;\n");
        contains(&dry.stderr, "no statement was tried");
    }
}

#[test]
fn another_app_is_judged_without_a_database_at_the_scale_that_is_given() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/apps/shop");
    for engine in ["mysql", "mariadb"] {
        let line = ["lint", "--sandbox", engine, "--scale", "scale.yaml", "--workload", "workload.yaml"];
        let outcome = AuraDb::new(line).at(&folder).run().exits(0);
        contains(&outcome.stdout, "3 migrations");
        contains(&outcome.stdout, "no errors");
    }
    let project = Project::new(mysql(), "lint_offline");
    project.file("scale.yaml", "concurrent-users: 1\ntables:\n  orders:\n    rows: 9000000\n");
    project.pair(1, "CREATE TABLE orders (id INT PRIMARY KEY, state VARCHAR(20));", "DROP TABLE orders;");
    project.pair(2, "ALTER TABLE orders MODIFY state INT;", "DO 0;");
    for line in ["lint --sandbox mysql --scale scale.yaml", "lint --sandbox mariadb --scale scale.yaml --after 1"] {
        let outcome = project.run(line).exits(1);
        contains(&outcome.stdout, "COPY, LOCK=SHARED     9,000,000 rows");
        contains(&outcome.stdout, "more than the 100 MB that may be copied");
    }
    let embedded = project.run("lint --embedded --scale scale.yaml").exits(0);
    contains(&embedded.stdout, "has no online DDL");
    assert_eq!(project.tables(), [] as [&str; 0]);
}

#[test]
fn what_a_run_has_done_before_it_failed_is_not_judged_again() {
    for server in both() {
        let project = shop(server, "lint_resumed");
        project.pair(2, "ALTER TABLE orders DROP COLUMN note;\nALTER TABLE orders ADD COLUMN state INT;\n", "DO 0;");
        project.run("migrate").exits(4);
        project.pair(2, "ALTER TABLE orders DROP COLUMN note;\nALTER TABLE orders ADD COLUMN total INT;\n", "DO 0;");
        let report = report(&project, "", 0);
        assert_eq!(found(&report), [] as [&str; 0], "{}", server.engine());
        assert_eq!(classes(&report), ["- -", "instant none"]);
        assert_eq!(report["statements"][0]["notes"][0], "done already, by a run that was cut off after it");
        contains(&project.run("migrate --dry-run").exits(0).stdout, ":2:1  INSTANT, ");
        project.run("migrate").exits(0);
    }
}

#[test]
fn refinerys_files_and_history_are_linted_too() {
    for server in both() {
        let project = Project::new(server, "lint_refinery");
        project.file("migrations/V1__shop.sql", "CREATE TABLE orders (id INT PRIMARY KEY, note TEXT);");
        project.run("migrate").exits(0);
        project.file(
            "migrations/V2__note.sql",
            "-- aura-db: allow not-reversible because nothing reads it\nALTER TABLE orders DROP COLUMN note;",
        );
        let report = report(&project, "--fail-on warning", 1);
        assert_eq!(found(&report), ["data-loss@2"], "{}", server.engine());
        assert_eq!(report["waived"][0]["finding"]["rule"], "not-reversible");
        assert_eq!(report["statements"].as_array().unwrap().len(), 1);
    }
}

/// What only one of the two has.
const MARIADBS: [&str; 2] = [
    "CREATE SEQUENCE numbers START WITH 5",
    "CREATE TABLE versioned (id INT PRIMARY KEY DEFAULT (NEXT VALUE FOR numbers), a INT) WITH SYSTEM VERSIONING",
];
const MYSQLS: [&str; 2] = [
    "CREATE TABLE functional (id INT PRIMARY KEY, j JSON, KEY f ((CAST(j->>'$.a' AS UNSIGNED))), KEY i (id) INVISIBLE)",
    "CREATE TABLE modern (a VARCHAR(9) DEFAULT (UUID_SHORT() % 7)) COLLATE utf8mb4_0900_as_cs",
];

/// What a live database may hold that a copy must hold too.
const ODD: [&str; 9] = [
    "CREATE TABLE `order` (`key` INT PRIMARY KEY AUTO_INCREMENT COMMENT ') AUTO_INCREMENT=7', `a b` VARCHAR(9) CHARACTER SET latin1, \
     total INT GENERATED ALWAYS AS (LENGTH(`a b`) * 2) STORED, CHECK (`a b` <> 'z')) AUTO_INCREMENT=42 COMMENT='x; y'",
    "CREATE TABLE parts (id INT, year_of INT, PRIMARY KEY (id, year_of)) PARTITION BY RANGE (year_of) (PARTITION p0 VALUES LESS \
     THAN (2020), PARTITION p1 VALUES LESS THAN MAXVALUE)",
    "CREATE TABLE child (id INT PRIMARY KEY, parent INT, CONSTRAINT fk FOREIGN KEY (parent) REFERENCES `order` (`key`))",
    "CREATE TABLE places (id INT PRIMARY KEY, name TEXT, spot POINT NOT NULL, FULLTEXT KEY ft (name), SPATIAL KEY sp (spot))",
    "CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC NO SQL RETURN n * 2",
    "CREATE VIEW a_outer AS SELECT b.`key`, twice(b.`key`) AS t FROM b_inner b",
    "CREATE PROCEDURE tidy() BEGIN DELETE FROM child WHERE parent IS NULL; END",
    "CREATE TRIGGER stamped BEFORE INSERT ON child FOR EACH ROW SET NEW.parent = COALESCE(NEW.parent, 1)",
    "INSERT INTO `order` (`a b`) VALUES ('x'), ('y')",
];

#[test]
fn a_live_schema_is_copied_whole_whatever_is_in_it() {
    for server in both() {
        let project = Project::new(server, "lint-odd");
        for (at, sql) in ODD.iter().enumerate() {
            if at == 5 {
                project.database.run("CREATE VIEW b_inner AS SELECT `key` FROM `order`");
            }
            project.database.run(sql);
        }
        for sql in if server.engine().kind == EngineKind::Mariadb { MARIADBS } else { MYSQLS } {
            project.database.run(sql);
        }
        project.database.run("CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO CALL tidy()");
        let before = project.contents();
        project.pair(
            1,
            "ALTER TABLE `order` MODIFY `a b` VARCHAR(5) CHARACTER SET latin1;\nALTER TABLE parts DROP PARTITION p0;\n\
             DROP TRIGGER stamped;\nCREATE OR REPLACE VIEW a_outer AS SELECT `key` FROM b_inner;\nCALL tidy();\n\
             ALTER TABLE child DROP FOREIGN KEY fk;\nDROP FUNCTION twice;\nALTER TABLE places DROP KEY ft;\n\
             ALTER EVENT nightly COMMENT 'x';\n",
            "DO 0;",
        );
        let report = report(&project, "", 1);
        assert!(report["basis"].get("notes").is_none(), "{}: {}", server.engine(), report["basis"]["notes"]);
        let findings = report["findings"].as_array().unwrap();
        assert!(
            findings.iter().all(|finding| finding["rule"] != "statement-fails"),
            "{}: {findings:?}",
            server.engine()
        );
        assert!(found(&report).contains(&"data-loss@2".to_owned()), "{:?}", found(&report));
        assert_eq!(project.contents(), before, "{}", server.engine());
    }
}

#[test]
fn every_page_has_its_rule() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let pages: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".md").map(str::to_owned))
        .filter(|name| name != "README")
        .collect();
    let queries = aura_db::audit::RULES.iter().map(|rule| rule.id);
    let rules: BTreeSet<String> =
        queries.chain(aura_db::lint::RULES.iter().map(|rule| rule.id)).map(str::to_owned).collect();
    assert_eq!(pages, rules);
    let listed = AuraDb::new(["lint", "--list-rules"]).run().exits(0).stdout;
    for rule in &aura_db::lint::RULES {
        contains(&listed, rule.id);
    }
}
