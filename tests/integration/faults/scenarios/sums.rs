//! Rows that show a statement that ran twice or not at all, between DDL and at the end of a file.

use super::super::scenario::{Pair, Scenario};

pub(super) const MIGRATIONS: &[Pair] = &[
    (
        1,
        "CREATE TABLE sums (id INT PRIMARY KEY, x INT NOT NULL, y INT NOT NULL DEFAULT 0);
         CREATE TABLE steps (at INT NOT NULL);
         INSERT INTO sums (id, x) VALUES (1, 10), (2, 20), (3, 30);
         INSERT INTO steps VALUES (1);",
        "DROP TABLE steps;
         DROP TABLE sums;",
    ),
    (
        2,
        "UPDATE sums SET x = x + 1;
         INSERT INTO steps VALUES (2);
         ALTER TABLE sums ADD COLUMN z INT NOT NULL DEFAULT 5;
         UPDATE sums SET x = x + 1, z = z + 1;
         UPDATE sums SET y = y + x;
         INSERT INTO steps SELECT SUM(x) FROM sums;
         CREATE INDEX sums_z ON sums (z);
         UPDATE sums SET x = x * 2;
         DELETE FROM steps WHERE at = 1;
         INSERT INTO steps VALUES (22);",
        "DELETE FROM steps WHERE at = 22;
         INSERT INTO steps VALUES (1);
         UPDATE sums SET x = x DIV 2;
         DROP INDEX sums_z ON sums;
         DELETE FROM steps WHERE at > 30;
         UPDATE sums SET y = y - x;
         UPDATE sums SET x = x - 1, z = z - 1;
         ALTER TABLE sums DROP COLUMN z;
         DELETE FROM steps WHERE at = 2;
         UPDATE sums SET x = x - 1;",
    ),
    (
        3,
        "UPDATE sums SET x = x + 100;
         UPDATE sums SET x = x * 3 WHERE id = 2;
         INSERT INTO sums (id, x, z) SELECT id + 10, x + 1, z FROM sums;",
        "DELETE FROM sums WHERE id > 10;
         UPDATE sums SET x = x DIV 3 WHERE id = 2;
         UPDATE sums SET x = x - 100;",
    ),
    (
        4,
        "START TRANSACTION;
         UPDATE sums SET x = x + 1000;
         UPDATE sums SET y = y + 1;
         COMMIT;
         INSERT INTO steps VALUES (4);
         ALTER TABLE steps ADD COLUMN note VARCHAR(10);
         UPDATE steps SET note = CONCAT(COALESCE(note, ''), 'n');",
        "ALTER TABLE steps DROP COLUMN note;
         DELETE FROM steps WHERE at = 4;
         START TRANSACTION;
         UPDATE sums SET y = y - 1;
         UPDATE sums SET x = x - 1000;
         COMMIT;",
    ),
];

pub(crate) const ALL: &[Scenario] = &[
    Scenario::new("sums, migrate", MIGRATIONS, "migrate"),
    Scenario {
        before: &["migrate"],
        ..Scenario::new("sums, rollback to 1", MIGRATIONS, "rollback --to 1 --discard-data")
    },
];
