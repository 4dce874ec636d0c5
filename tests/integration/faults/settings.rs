//! Files that change settings of their session, killed at their statements: what they set must not mislead the rerun, and
//! must be there again.

use super::campaign::Campaign;
use super::scenario::{Pair, Scenario};
use aura_db::engine::sandbox::ServerKind;

const BOTH: &[Pair] = &[
    (
        1,
        "CREATE TABLE books (id INT PRIMARY KEY, n INT NOT NULL DEFAULT 0, title VARCHAR(20) NOT NULL DEFAULT '',
           at TIMESTAMP NOT NULL DEFAULT '2020-01-02 03:04:05');
         INSERT INTO books (id) VALUES (1), (2);",
        "DROP TABLE books;",
    ),
    (
        2,
        "SET sql_mode = 'ANSI_QUOTES';
         CREATE INDEX books_n ON \"books\" (\"n\");
         UPDATE \"books\" SET \"n\" = \"n\" + 1;
         SET SESSION sql_quote_show_create = 0, time_zone = '+05:00', sql_select_limit = 1, sql_safe_updates = 1;
         ALTER TABLE books ADD COLUMN m INT NOT NULL DEFAULT 3;
         UPDATE books SET m = m + n WHERE id > 0;
         SET NAMES latin1;
         ALTER TABLE books MODIFY COLUMN title VARCHAR(30) NOT NULL DEFAULT 'x' COMMENT 'é';
         UPDATE books SET m = m + 1 WHERE id > 0;
         SET foreign_key_checks = 0;
         CREATE TABLE child (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES parent (id));
         INSERT INTO child VALUES (1, 7);
         ALTER TABLE child ADD COLUMN late INT NOT NULL DEFAULT 0;
         INSERT INTO child VALUES (2, 8, 1);",
        "SET foreign_key_checks = 0;
         DROP TABLE child;",
    ),
    (3, "ALTER TABLE books ADD COLUMN l INT NOT NULL DEFAULT 4;", "ALTER TABLE books DROP COLUMN l;"),
];

const MARIADB: &[Pair] = &[
    (1, "CREATE TABLE books (id INT PRIMARY KEY, n INT NOT NULL DEFAULT 0)", "DROP TABLE books;"),
    (
        2,
        "SET sql_mode = 'ORACLE';
         CREATE INDEX books_n ON books (n);
         UPDATE books SET n = n + 1;
         SET sql_mode = 'NO_TABLE_OPTIONS,NO_KEY_OPTIONS,EMPTY_STRING_IS_NULL';
         ALTER TABLE books COMMENT 'of paper';
         UPDATE books SET n = n + 1;",
        "DROP INDEX books_n ON books;",
    ),
];

/// What the last statement left, and an id that outlives DDL.
const LEFT: &[Pair] = &[
    (
        1,
        "CREATE TABLE t (a INT PRIMARY KEY, b INT NOT NULL DEFAULT 0);
         CREATE TABLE log (id INT PRIMARY KEY, n BIGINT);
         CREATE TABLE seq (v INT NOT NULL);
         INSERT INTO seq VALUES (41);",
        "DROP TABLE t, log, seq;",
    ),
    (
        2,
        "SET @n = 0;
         INSERT INTO t (a) VALUES (1), (2), (3);
         SET @n = ROW_COUNT();
         INSERT INTO log VALUES (1, @n);
         UPDATE t SET b = b + 1 WHERE a > 1;
         INSERT INTO log VALUES (2, ROW_COUNT());
         SELECT SQL_CALC_FOUND_ROWS a FROM t LIMIT 1;
         SET @n = FOUND_ROWS();
         UPDATE seq SET v = LAST_INSERT_ID(v + 1);
         ALTER TABLE log ADD COLUMN x INT NOT NULL DEFAULT 0;
         INSERT INTO log (id, n) VALUES (3, @n), (4, LAST_INSERT_ID());
         PREPARE more FROM 'UPDATE t SET b = b + 1 WHERE a > 2';
         EXECUTE more;
         GET DIAGNOSTICS @n = ROW_COUNT;
         ALTER TABLE log ADD COLUMN y INT NOT NULL DEFAULT 0;
         INSERT INTO log (id, n) VALUES (5, @n);",
        "DROP TABLE log;",
    ),
];

fn survives(kind: ServerKind, scenario: Scenario) {
    let mut campaign = Campaign::new(kind, vec![scenario], 1, false);
    let words = [
        "EXECUTE more",
        "SET @n = ",
        "INSERT INTO log",
        "CREATE INDEX",
        "ALTER TABLE",
        "UPDATE books",
        "UPDATE \"books\"",
        "CREATE TABLE child",
        "INSERT INTO child",
    ];
    campaign.sweep_where(|text| words.iter().any(|word| text.starts_with(word)));
    let failures = campaign.failures();
    assert!(failures.is_empty(), "{}\n{}", campaign.table(), failures.join("\n\n"));
}

#[test]
fn what_a_file_sets_does_not_mislead_the_rerun_on_mysql() {
    survives(ServerKind::Mysql, Scenario::new("settings, migrate", BOTH, "migrate"));
    survives(ServerKind::Mysql, Scenario::new("what is left, migrate", LEFT, "migrate"));
}

#[test]
fn what_a_file_sets_does_not_mislead_the_rerun_on_mariadb() {
    survives(ServerKind::Mariadb, Scenario::new("settings, migrate", BOTH, "migrate"));
    survives(ServerKind::Mariadb, Scenario::new("what is left, migrate", LEFT, "migrate"));
    survives(ServerKind::Mariadb, Scenario::new("modes of MariaDB, migrate", MARIADB, "migrate"));
}
