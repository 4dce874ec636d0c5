//! The verbs on the built-in engine: nothing is configured, and a file beside the migrations is the database.

use crate::binary::{AuraDb, Outcome};
use crate::project::{SHIPPED, contains};
use crate::servers::block_on;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};
use tempfile::TempDir;

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("migrations")).unwrap();
    folder
}

fn write(folder: &TempDir, file: &str, text: &str) {
    std::fs::write(folder.path().join("migrations").join(file), text).unwrap();
}

fn run(folder: &TempDir, line: &str) -> Outcome {
    AuraDb::new(line.split_whitespace()).at(folder.path()).run()
}

fn open(folder: &TempDir) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.path().join("aura-db.sqlite3"));
    block_on(options.connect()).unwrap()
}

fn names(folder: &TempDir) -> Vec<String> {
    let query = "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name";
    block_on(sqlx::query_scalar(query).fetch_all(&mut open(folder))).unwrap()
}

fn fingerprint(folder: &TempDir) -> String {
    let status: serde_json::Value = serde_json::from_str(&run(folder, "status --format json").stdout).unwrap();
    status["fingerprint"].as_str().unwrap().to_owned()
}

#[test]
fn the_shipped_migrations_go_up_and_down_and_sqlx_agrees() {
    let (folder, migrations) = (folder(), format!("--migrations {SHIPPED}"));
    run(&folder, &format!("status {migrations}")).exits(0);
    run(&folder, &format!("migrate --dry-run {migrations}")).exits(0);
    assert!(!folder.path().join("aura-db.sqlite3").exists(), "looking makes no file");
    let outcome = run(&folder, &format!("migrate {migrations}")).exits(0);
    assert_eq!(outcome.stdout.lines().count(), 18);
    let (first, tables) = (fingerprint(&folder), names(&folder));
    let mut connection = open(&folder);
    let theirs = async { Migrator::new(std::path::Path::new(SHIPPED)).await.unwrap().run(&mut connection).await };
    block_on(theirs).unwrap();
    drop(connection);
    assert_eq!(names(&folder), tables, "sqlx finds everything applied");
    run(&folder, &format!("rollback indexes {migrations}")).exits(0);
    assert_eq!(tables.len() - names(&folder).len(), 7);
    run(&folder, &format!("apply indexes {migrations}")).exits(0);
    assert_eq!(fingerprint(&folder), first);
    run(&folder, &format!("rollback all {migrations}")).exits(0);
    assert_eq!(names(&folder), ["_sqlx_migrations"]);
    run(&folder, &format!("migrate {migrations}")).exits(0);
    assert_eq!((fingerprint(&folder), names(&folder)), (first, tables));
}

#[test]
fn a_failure_leaves_nothing_whatever_ran_before_it() {
    let folder = folder();
    write(
        &folder,
        "1_a.up.sql",
        "CREATE TABLE a (id INT PRIMARY KEY, word VARCHAR(9)); INSERT INTO a VALUES (1, 'x');",
    );
    run(&folder, "migrate").exits(0);
    let (before, objects) = (fingerprint(&folder), names(&folder));
    write(&folder, "2_b.up.sql", "CREATE TABLE b (id INT); UPDATE a SET word = 'lost';");
    write(&folder, "3_c.up.sql", "ALTER TABLE a DROP COLUMN word;\nDROP TABLE b;\nALTER TABLE nowhere ADD x INT;\n");
    let failed = run(&folder, "apply all").exits(4);
    contains(&failed.stderr, "table nowhere is not there");
    write(&folder, "3_c.up.sql", "ALTER TABLE a DROP COLUMN word;\nDROP TABLE b;\nDROP TABLE nowhere;\n");
    let failed = run(&folder, "apply all").exits(4);
    contains(&failed.stderr, "migrations/3_c.up.sql:3:1: failed: statement 3 of 3");
    contains(&failed.stderr, "nothing of this run is left");
    assert_eq!((fingerprint(&folder), names(&folder)), (before, objects));
    let word: String = block_on(sqlx::query_scalar("SELECT word FROM a").fetch_one(&mut open(&folder))).unwrap();
    assert_eq!(word, "x");
    contains(&run(&folder, "migrate").exits(4).stderr, "nothing of this migration is left");
    assert_eq!(names(&folder), ["_sqlx_migrations", "a", "b"]);
}

#[test]
fn rows_are_not_lost_by_surprise_and_what_cannot_be_translated_is_refused_first() {
    let folder = folder();
    write(&folder, "1_a.up.sql", "CREATE TABLE a (id INT PRIMARY KEY);");
    write(&folder, "1_a.down.sql", "DROP TABLE a;");
    run(&folder, "migrate").exits(0);
    block_on(sqlx::query("INSERT INTO a VALUES (1), (2)").execute(&mut open(&folder))).unwrap();
    contains(&run(&folder, "rollback").exits(4).stderr, "  a: 2 rows (migrations/1_a.down.sql:1:1)\n");
    write(&folder, "2_b.up.sql", "CREATE TABLE b (id INT);");
    write(&folder, "3_c.up.sql", "-- a program\nCREATE PROCEDURE p() DELETE FROM a;");
    let refused = run(&folder, "migrate").exits(3);
    contains(&refused.stderr, "migrations/3_c.up.sql:2:1: the embedded engine cannot run this: ");
    assert_eq!(names(&folder), ["_sqlx_migrations", "a"]);
    run(&folder, "rollback --discard-data").exits(0);
    assert_eq!(names(&folder), ["_sqlx_migrations"]);
}

#[test]
fn a_file_that_was_named_and_is_not_there_is_no_empty_database() {
    let (folder, migrations) = (folder(), format!("--migrations {SHIPPED}"));
    let named = "--database-url sqlite:typo.sqlite3";
    let explain = AuraDb::new(["explain", "SELECT 1", "--database-url", "sqlite:typo.sqlite3"]).at(folder.path());
    let looking = ["status", "rollback all"].map(|verb| run(&folder, &format!("{verb} {named} {migrations}")));
    for outcome in looking.into_iter().chain([explain.run()]) {
        contains(&outcome.exits(3).stderr, "error: typo.sqlite3 is not there; check the path");
    }
    let told = run(&folder, &format!("status {migrations}")).exits(0).stderr;
    contains(&told, "aura-db.sqlite3 is not there yet: read as an empty database");
    let told = run(&folder, &format!("migrate --dry-run {named} {migrations}")).exits(0).stderr;
    contains(&told, "typo.sqlite3 is not there yet");
    assert!(!folder.path().join("typo.sqlite3").exists(), "looking makes no file");
}

#[test]
fn the_rules_are_listed_as_json_too() {
    let folder = folder();
    let outcome = run(&folder, "audit --list-rules --format json").exits(0);
    let report: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let rules = report["rules"].as_array().unwrap();
    assert_eq!(report["format_version"], 1);
    assert!(rules.iter().any(|rule| rule["id"] == "filesort" && rule["severity"] == "error"), "{rules:?}");
}

#[test]
fn a_run_that_cannot_be_made_leaves_no_file_and_asks_for_the_database() {
    let folder = folder();
    write(&folder, "1_a.up.sql", "CREATE PROCEDURE p() SELECT 1;");
    let refused = run(&folder, "migrate").exits(3);
    contains(&refused.stderr, "is DATABASE_URL set?\nmigrations/1_a.up.sql:1:1: the embedded engine cannot run this");
    assert!(!folder.path().join("aura-db.sqlite3").exists());
    write(&folder, "1_a.up.sql", "-- nothing yet\n");
    contains(&run(&folder, "migrate").exits(3).stderr, "the file has no statement");
    assert!(!folder.path().join("aura-db.sqlite3").exists());
    // A database that is named is meant.
    write(&folder, "1_a.up.sql", "CREATE PROCEDURE p() SELECT 1;");
    let named = run(&folder, "migrate --database-url sqlite:own.sqlite3");
    assert!(!named.stderr.contains("DATABASE_URL set"), "{}", named.stderr);
}
