//! Statements that take long enough to be hit in their middle.

use super::super::scenario::{Pair, Scenario};

/// 20,000 rows that were there before.
const SETUP: &str = "
CREATE TABLE digits (d INT PRIMARY KEY);
INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
CREATE TABLE events (
  id INT PRIMARY KEY, who INT NOT NULL, x INT NOT NULL, body VARCHAR(200) NOT NULL, state VARCHAR(20) NOT NULL
);
INSERT INTO events SELECT a.d + b.d * 10 + c.d * 100 + d.d * 1000 + e.d * 10000, a.d * b.d, c.d,
  REPEAT(CHAR(97 + a.d), 50 + b.d), 'new'
  FROM digits a, digits b, digits c, digits d, digits e WHERE e.d < 2;
";

const MIGRATIONS: &[Pair] = &[
    (
        1,
        "UPDATE events SET x = x + 1;
         ALTER TABLE events ADD COLUMN kind VARCHAR(10) NOT NULL DEFAULT 'k', ALGORITHM = COPY;
         UPDATE events SET x = x + 1, kind = CONCAT(kind, MOD(id, 7));
         CREATE INDEX events_body ON events (body, who);
         DELETE FROM events WHERE MOD(id, 5) = 0;",
        "INSERT INTO events SELECT id - 1, who, x, body, state, kind FROM events WHERE MOD(id, 5) = 1;
         DROP INDEX events_body ON events;
         UPDATE events SET x = x - 1;
         ALTER TABLE events DROP COLUMN kind, ALGORITHM = COPY;
         UPDATE events SET x = x - 1;",
    ),
    (
        2,
        "CREATE TABLE archive (id INT PRIMARY KEY, x INT NOT NULL, body VARCHAR(200) NOT NULL);
         INSERT INTO archive SELECT id, x, body FROM events WHERE MOD(id, 2) = 0;
         ALTER TABLE events CONVERT TO CHARACTER SET latin1;
         ALTER TABLE archive ADD INDEX archive_x (x), ADD INDEX archive_body (body);
         UPDATE archive SET x = x + 1;
         ALTER TABLE archive MODIFY COLUMN x BIGINT NOT NULL;
         UPDATE archive SET x = x + 1;",
        "UPDATE archive SET x = x - 1;
         ALTER TABLE events CONVERT TO CHARACTER SET utf8mb4;
         UPDATE events SET x = x + 1;
         DROP TABLE archive;
         UPDATE events SET x = x - 1;",
    ),
];

pub(crate) const ALL: &[Scenario] = &[
    Scenario { setup: SETUP, ..Scenario::new("bulk, migrate", MIGRATIONS, "migrate") },
    Scenario {
        setup: SETUP,
        before: &["migrate"],
        ..Scenario::new("bulk, rollback to 0", MIGRATIONS, "rollback --to 0 --discard-data")
    },
];
