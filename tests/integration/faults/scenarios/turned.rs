//! A migration that was cut off and is then not finished but taken down.

use super::super::scenario::{Pair, Scenario};
use super::{shop, sums, units};

const DEFINITIONS: &[Pair] = &[
    (1, "CREATE TABLE base (id INT PRIMARY KEY, a INT NOT NULL DEFAULT 0)", "DROP TABLE base"),
    (
        2,
        "CREATE TABLE leaf (id INT PRIMARY KEY, base INT, KEY leaf_base (base));
         ALTER TABLE base ADD COLUMN b INT NOT NULL DEFAULT 1;
         CREATE INDEX base_b ON base (b);
         ALTER TABLE leaf ADD CONSTRAINT leaf_of FOREIGN KEY (base) REFERENCES base (id);
         CREATE VIEW leaves AS SELECT id FROM leaf;
         INSERT INTO base (id) VALUES (1), (2);
         INSERT INTO leaf SELECT id, id FROM base;
         ALTER TABLE base RENAME COLUMN b TO c;",
        "ALTER TABLE base RENAME COLUMN c TO b;
         DELETE FROM leaf;
         DELETE FROM base;
         DROP VIEW leaves;
         ALTER TABLE leaf DROP FOREIGN KEY leaf_of;
         DROP INDEX base_b ON base;
         ALTER TABLE base DROP COLUMN b;
         DROP TABLE leaf;",
    ),
];

/// What a migration makes for itself and takes away again, and its down script knows nothing of.
const HELPERS: &[Pair] = &[
    (1, "CREATE TABLE base (id INT PRIMARY KEY, a INT NOT NULL DEFAULT 0)", "DROP TABLE base"),
    (
        2,
        "CREATE TABLE helper (id INT PRIMARY KEY);
         ALTER TABLE base ADD COLUMN kept INT, ADD COLUMN scratch INT;
         DELIMITER //
         CREATE PROCEDURE fill () BEGIN INSERT INTO helper VALUES (7); END//
         DELIMITER ;
         CALL fill();
         CREATE TABLE made AS SELECT id FROM helper;
         DROP PROCEDURE fill;
         ALTER TABLE base DROP COLUMN scratch;
         DROP TABLE helper;
         CREATE INDEX base_a ON base (a);",
        "DROP INDEX base_a ON base;
         DROP TABLE made;
         ALTER TABLE base DROP COLUMN kept;",
    ),
];

const fn turned(name: &'static str, migrations: &'static [Pair], then: &'static str) -> Scenario {
    let before: &[&str] = &["migrate --to 1"];
    Scenario { before, then: Some(then), ..Scenario::new(name, migrations, "migrate") }
}

pub(crate) const ALL: &[Scenario] = &[
    turned("turned definitions", DEFINITIONS, "rollback --to 1 --discard-data"),
    turned("turned sums", sums::MIGRATIONS, "rollback --to 1 --discard-data"),
    // The last two of its migrations destroy rows, so that it matters how far it came.
    Scenario { command: "migrate --to 4", ..turned("turned shop", shop::MIGRATIONS, "rollback --to 1 --discard-data") },
    turned("turned helpers", HELPERS, "rollback --to 1 --discard-data"),
    turned("turned units", units::MIGRATIONS, "rollback --to 1 --discard-data"),
];
