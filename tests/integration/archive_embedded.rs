//! Archives on the embedded engine, where a run is one transaction.

use crate::binary::{AuraDb, Outcome};
use crate::project::contains;
use crate::servers::block_on;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;

fn write(folder: &TempDir, file: &str, text: &str) {
    std::fs::write(folder.path().join("migrations").join(file), text).unwrap();
}

fn run(folder: &TempDir, line: &str) -> Outcome {
    AuraDb::new(line.split_whitespace()).at(folder.path()).run()
}

/// The one column of a query.
fn column(folder: &TempDir, query: &'static str) -> Vec<String> {
    let options = SqliteConnectOptions::new().filename(folder.path().join("aura-db.sqlite3"));
    block_on(async { sqlx::query_scalar(query).fetch_all(&mut options.connect().await.unwrap()).await }).unwrap()
}

fn execute(folder: &TempDir, statements: &'static str) {
    let options = SqliteConnectOptions::new().filename(folder.path().join("aura-db.sqlite3"));
    block_on(async { sqlx::raw_sql(statements).execute(&mut options.connect().await.unwrap()).await }).unwrap();
}

const ITEMS: &str = "SELECT id || ' ' || hex(raw) || ' ' || coalesce(word, 'NULL') || ' ' || typeof(price) || ' ' || \
                     coalesce(more, 'none') FROM item ORDER BY id";
const TABLES: &str = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE \
                      '\\_aura\\_db\\_archives' ESCAPE '\\' ORDER BY name";

fn filled() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("migrations")).unwrap();
    write(
        &folder,
        "1_step.up.sql",
        "CREATE TABLE owner (id INT PRIMARY KEY);\nCREATE TABLE item (id BIGINT AUTO_INCREMENT PRIMARY KEY, owner_id INT, \
         word VARCHAR(20), raw VARBINARY(9), price DECIMAL(9,2), FOREIGN KEY (owner_id) REFERENCES owner (id))",
    );
    write(&folder, "1_step.down.sql", "DROP TABLE item;\nDROP TABLE owner");
    write(&folder, "2_step.up.sql", "ALTER TABLE item ADD COLUMN more VARCHAR(9)");
    write(&folder, "2_step.down.sql", "ALTER TABLE item DROP COLUMN more");
    run(&folder, "migrate").exits(0);
    execute(
        &folder,
        "INSERT INTO owner VALUES (1), (2); INSERT INTO item (id, owner_id, word, raw, price, more) VALUES \
         (5, 1, 'Grüße 🦀', x'00ff27', 1.5, 'm'), (9, 2, NULL, x'', NULL, NULL), (7, NULL, '', NULL, 0, '')",
    );
    folder
}

#[test]
fn tables_and_columns_come_back_with_their_migrations() {
    let folder = filled();
    let before = column(&folder, ITEMS);
    contains(&run(&folder, "rollback all").exits(4).stderr, "--archive");
    run(&folder, "rollback all --archive --dry-run").exits(0);
    assert_eq!(column(&folder, ITEMS), before);
    let down = run(&folder, "rollback all --archive").exits(0);
    contains(&down.stderr, "archived table item as _aura_db_archive_1_item");
    contains(&run(&folder, "status").stdout, "archive _aura_db_archive_1_owner: table owner of migration 1");
    let up = run(&folder, "migrate").exits(0);
    contains(&up.stderr, "restored table item: 3 rows");
    assert_eq!(column(&folder, ITEMS), before);
    assert_eq!(column(&folder, TABLES), ["_sqlx_migrations", "item", "owner"]);
}

#[test]
fn what_does_not_fit_stays_and_can_be_brought_back_or_destroyed_later() {
    let folder = filled();
    let before = column(&folder, ITEMS);
    run(&folder, "rollback --archive").exits(0);
    contains(&run(&folder, "rollback --restore").exits(4).stderr, "not restored: column item.more");
    run(&folder, "migrate --no-restore").exits(0);
    run(&folder, "rollback --restore").exits(0);
    assert_eq!(column(&folder, ITEMS), before);

    run(&folder, "rollback all --archive").exits(0);
    contains(
        &run(&folder, "rollback --restore").exits(4).stderr,
        "table item is not there; the migration that makes it brings this back",
    );
    run(&folder, "migrate --no-restore").exits(0);
    execute(&folder, "INSERT INTO owner VALUES (2)");
    let kept = run(&folder, "rollback --restore").exits(4);
    contains(&kept.stderr, "not restored: table owner, because 1 rows of table owner have keys of archived rows");
    execute(&folder, "DELETE FROM item; DELETE FROM owner");
    run(&folder, "rollback --restore");
    run(&folder, "rollback --discard-archive _aura_db_archive_1_nothing").exits(4);
    for archive in column(&folder, TABLES).iter().filter(|name| name.starts_with("_aura_db_archive")) {
        run(&folder, &format!("rollback --discard-archive {archive}")).exits(0);
    }
    assert_eq!(column(&folder, TABLES), ["_sqlx_migrations", "item", "owner"]);
}

#[test]
fn a_registry_of_an_earlier_version_is_mended() {
    let folder = filled();
    let before = column(&folder, ITEMS);
    run(&folder, "rollback --archive").exits(0);
    execute(
        &folder,
        "CREATE TABLE old (name TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, position INT NOT NULL, table_name TEXT \
         NOT NULL, column_name TEXT NOT NULL, state TEXT NOT NULL, script TEXT NOT NULL);
         INSERT INTO old SELECT name, version, position, table_name, column_name, state, script FROM _aura_db_archives;
         DROP TABLE _aura_db_archives; ALTER TABLE old RENAME TO _aura_db_archives",
    );
    contains(
        &run(&folder, "status").stdout,
        "archive _aura_db_archive_2_item__more: column item.more of migration 2\n",
    );
    contains(&run(&folder, "migrate").exits(0).stderr, "restored column item.more");
    assert_eq!(column(&folder, ITEMS), before);
    run(&folder, "rollback --archive").exits(0);
    run(&folder, "migrate").exits(0);
    assert_eq!(column(&folder, ITEMS), before);
}

#[test]
fn a_table_counts_on_where_it_had_stopped() {
    let folder = filled();
    execute(&folder, "INSERT INTO item (id, word) VALUES (900, 'gone'); DELETE FROM item WHERE id = 900");
    run(&folder, "rollback all --archive").exits(0);
    run(&folder, "migrate").exits(0);
    execute(&folder, "INSERT INTO item (word) VALUES ('next')");
    assert_eq!(column(&folder, "SELECT CAST(id AS TEXT) FROM item ORDER BY id"), ["5", "7", "9", "901"]);
    assert_eq!(column(&folder, "SELECT name FROM sqlite_sequence"), ["item"]);
}
