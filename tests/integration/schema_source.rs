//! The schema that queries are judged on need not come from migrations: a dump and a live server's definitions give the same
//! verdicts.

use crate::binary::{AuraDb, Outcome};
use crate::project::contains;
use crate::servers::{Database, both};
use serde_json::Value;
use std::path::{Path, PathBuf};

const INPUTS: [&str; 7] = ["audit", "--workload", "workload.yaml", "--scale", "scale.yaml", "--format", "json"];

fn shop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/apps/shop")
}

fn audited(source: &[&str]) -> Outcome {
    AuraDb::new(INPUTS.iter().chain(source)).at(&shop()).run().exits(1)
}

fn findings(outcome: &Outcome) -> Value {
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    report["findings"].clone()
}

/// In the manner of mysqldump, with a row, another database and a view on a view that comes first.
fn dump(database: &Database, name: &str) -> String {
    let mut text = format!(
        "-- MySQL dump 10.13\n/*!40101 SET NAMES utf8mb4 */;\n/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, \
         UNIQUE_CHECKS=0 */;\nSET @@SESSION.SQL_LOG_BIN= 0;\nCREATE DATABASE /*!32312 IF NOT EXISTS*/ `{name}`;\nUSE \
         `{name}`;\n"
    );
    let tables = database.column("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()");
    text.extend(tables.iter().map(|table| {
        let made = database.rows(&format!("SHOW CREATE TABLE `{table}`"))[0][1].clone().unwrap();
        format!(
            "DROP TABLE IF EXISTS `{table}`;\n/*!50503 SET character_set_client = utf8mb4 */;\n{made};\nLOCK TABLES \
             `{table}` WRITE;\nINSERT INTO `{table}` VALUES (1,'no; row');\nUNLOCK TABLES;\n"
        )
    }));
    text
}

#[test]
fn a_live_servers_definitions_and_a_dump_are_judged_as_the_migrations_that_made_them() {
    for server in both() {
        let kind =
            if server.engine().kind == aura_db::model::engine::EngineKind::Mariadb { "mariadb" } else { "mysql" };
        let database = server.database("schema_source");
        AuraDb::new(["migrate", "--migrations", "migrations", "--database-url", &database.url()])
            .at(&shop())
            .run()
            .exits(0);
        let text = dump(&database, "schema_source");
        let expected = findings(&audited(&["--sandbox", kind, "--migrations", "migrations"]));
        assert!(expected.as_array().is_some_and(|findings| !findings.is_empty()));
        let live = audited(&["--sandbox", kind, "--schema", &database.url()]);
        contains(&live.stderr, "schema: ");
        assert_eq!(findings(&live), expected, "{kind}: live");
        let file = tempfile::Builder::new().suffix(".sql").tempfile().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let dumped = audited(&["--sandbox", kind, "--schema", file.path().to_str().unwrap()]);
        assert_eq!(findings(&dumped), expected, "{kind}: dump");
    }
}

#[test]
fn a_source_that_cannot_be_used_is_named_with_its_remedy() {
    let at = |files: &[(&str, &str)], line: &str| {
        let run = AuraDb::new(line.split(' '));
        files.iter().fold(run, |run, (path, text)| run.file(path, text)).run()
    };
    let scale = ("scale.yaml", std::fs::read_to_string(shop().join("scale.yaml")).unwrap());
    let workload = ("workload.yaml", "source: here\nqueries:\n  - name: q\n    sql: SELECT 1\n".to_owned());
    let with = |dump: &str, line: &str| at(&[(scale.0, &scale.1), (workload.0, &workload.1), ("dump.sql", dump)], line);
    let line = "audit --workload workload.yaml --scale scale.yaml --schema dump.sql";
    contains(&with("CREATE TABLE t (a INT);", line).exits(2).stderr, "--schema goes with --sandbox or --embedded");
    let sandboxed = format!("{line} --sandbox mysql");
    let outcome = with("SET @a = 1;\nINSERT INTO t VALUES (1);\n", &sandboxed).exits(3);
    contains(&outcome.stderr, "dump.sql: there is no CREATE statement in it; make it with `mysqldump --no-data");
    contains(&with("CREATE TABLE t (a INT);\nCREATE TABLE u (b 'x", &sandboxed).exits(3).stderr, "dump.sql:2:");
    let outcome = with("CREATE TABLE t (a INT);\n\nCREATE TABLE u (b NOTHING);", &sandboxed).exits(3);
    contains(&outcome.stderr, "dump.sql:3:1: this does not run on the throwaway database: error 1064");
    let missing = at(&[(scale.0, &scale.1), (workload.0, &workload.1)], &sandboxed).exits(3);
    contains(&missing.stderr, "dump.sql");
}
