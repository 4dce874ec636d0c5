//! Embedded databases made by hand: held against what the embedded engine itself builds, with no server in it.

use crate::binary::{AuraDb, Outcome};
use crate::servers::block_on;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};
use tempfile::TempDir;

const ITEM: &str = "CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, price INT DEFAULT 3)";

/// Two migrations, beside a database in which these statements have run.
fn made(by_hand: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("migrations")).unwrap();
    for (file, text) in [("1_item.up.sql", ITEM), ("2_price.up.sql", "CREATE INDEX by_price ON item (price)")] {
        std::fs::write(folder.path().join("migrations").join(file), text).unwrap();
    }
    block_on(sqlx::raw_sql(sqlx::AssertSqlSafe(by_hand.to_owned())).execute(&mut open(&folder, true))).unwrap();
    folder
}

fn open(folder: &TempDir, create: bool) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.path().join("aura-db.sqlite3")).create_if_missing(create);
    block_on(options.connect()).unwrap()
}

/// Where a server is asked for, there is none.
fn run(folder: &TempDir, line: &str) -> Outcome {
    AuraDb::new(line.split_whitespace()).at(folder.path()).env("AURA_DB_MYSQLD", "/nowhere/mysqld").run()
}

fn tables(folder: &TempDir) -> Vec<String> {
    let query = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    block_on(sqlx::query_scalar(query).fetch_all(&mut open(folder, false))).unwrap()
}

#[test]
fn what_is_there_is_recorded_and_drift_is_seen_afterwards() {
    // The engine writes INTEGER for a whole-number key, which is the row's own number; plain INT would be another key.
    let item = ITEM.replace("id INT ", "id INTEGER ");
    let folder = made(&format!("{item}; CREATE INDEX ranked ON item (price)"));
    run(&folder, "adopt --dry-run").exits(0);
    assert_eq!(tables(&folder), ["item"]);
    let adopted = run(&folder, "adopt").exits(0);
    assert!(adopted.stdout.contains("its name is ranked"), "{adopted:?}");
    run(&folder, "status --check").exits(0);
    run(&folder, "drift").exits(0);
    block_on(
        sqlx::raw_sql("DROP INDEX ranked; ALTER TABLE item ADD COLUMN more INT").execute(&mut open(&folder, false)),
    )
    .unwrap();
    let drift = run(&folder, "drift --foreign").exits(1);
    assert!(drift.stdout.contains("by_price") && drift.stdout.contains("column item.more"), "{drift:?}");
}

#[test]
fn another_definition_is_refused_and_nothing_is_recorded() {
    for (was, is, told) in [
        ("name VARCHAR(40)", "name INT", "column item.name: type"),
        ("NOT NULL", "NULL", "column item.name: nullability"),
        ("DEFAULT 3", "DEFAULT 4", "column item.price: default"),
    ] {
        let folder = made(&ITEM.replace(was, is));
        let refused = run(&folder, "adopt").exits(4);
        assert!(refused.stderr.contains(told), "{told}: {refused:?}");
        assert_eq!(tables(&folder), ["item"]);
    }
}
