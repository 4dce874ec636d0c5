//! Migrations that make one table each, which are journalled together and not one by one.

use super::super::scenario::{Pair, Scenario};

const MIGRATIONS: &[Pair] = &[
    (1, "CREATE TABLE a (id INT PRIMARY KEY, name VARCHAR(40), KEY name (name))", "DROP TABLE a"),
    (2, "CREATE TABLE b (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES a (id))", "DROP TABLE b"),
    (3, "CREATE TABLE c (id INT PRIMARY KEY, note TEXT)", "DROP TABLE c"),
    (4, "CREATE TABLE d (id INT PRIMARY KEY)", "DROP TABLE d"),
    (5, "INSERT INTO a VALUES (1, 'first'); INSERT INTO b VALUES (1, 1)", "DELETE FROM b; DELETE FROM a"),
    (6, "CREATE TABLE e (id INT PRIMARY KEY)", "DROP TABLE e"),
    (7, "CREATE TABLE f (id INT PRIMARY KEY)", "DROP TABLE f"),
    (8, "ALTER TABLE f ADD COLUMN a INT", "ALTER TABLE f DROP COLUMN a"),
];

const APPLIED: &[&str] = &["migrate"];

pub(crate) const ALL: &[Scenario] = &[
    Scenario::new("tables, migrate", MIGRATIONS, "migrate"),
    Scenario { before: APPLIED, ..Scenario::new("tables, rollback all", MIGRATIONS, "rollback all --discard-data") },
    Scenario { then: Some("rollback all --discard-data"), ..Scenario::new("turned tables", MIGRATIONS, "migrate") },
    Scenario {
        before: APPLIED,
        then: Some("migrate"),
        ..Scenario::new("tables turned back", MIGRATIONS, "rollback all --discard-data")
    },
];
