//! Statements that the data refuses, so that what was done before them is taken back, and that is disturbed too.

use super::super::scenario::{Pair, Scenario};

const SETUP: &str = "
CREATE TABLE people (id INT PRIMARY KEY, mail VARCHAR(30) NOT NULL, x INT NOT NULL DEFAULT 0);
INSERT INTO people (id, mail) VALUES (1, 'a'), (2, 'b'), (3, 'b');
";

const INDEX: &[Pair] = &[
    (1, "CREATE TABLE places (id INT PRIMARY KEY)", "DROP TABLE places"),
    (
        2,
        "ALTER TABLE people ADD COLUMN n INT NOT NULL DEFAULT 0;
         CREATE INDEX people_x ON people (x);
         CREATE TABLE more (id INT PRIMARY KEY, x INT NOT NULL);
         INSERT INTO more VALUES (1, 1);
         CREATE VIEW some AS SELECT id FROM people;
         CREATE UNIQUE INDEX people_mail ON people (mail);
         UPDATE people SET x = x + 1, n = n + 1;
         UPDATE more SET x = x + 1;",
        "DROP TABLE more;",
    ),
];

const ROWS: &[Pair] = &[
    (
        1,
        "CREATE TABLE copies (id INT PRIMARY KEY, mail VARCHAR(30) NOT NULL);
         CREATE UNIQUE INDEX copies_mail ON copies (mail);
         ALTER TABLE people ADD COLUMN copied INT NOT NULL DEFAULT 0;
         INSERT INTO copies SELECT id, mail FROM people;
         UPDATE people SET copied = copied + 1, x = x + 1;",
        "DROP TABLE copies;",
    ),
    (2, "CREATE INDEX people_copied ON people (copied)", "DROP INDEX people_copied ON people"),
];

const UNIT: &[Pair] = &[
    (
        1,
        "CREATE TABLE copies (id INT PRIMARY KEY, mail VARCHAR(30) NOT NULL, x INT NOT NULL DEFAULT 0);
         ALTER TABLE people ADD COLUMN copied INT NOT NULL DEFAULT 0;
         INSERT INTO copies (id, mail) SELECT id, mail FROM people;
         UPDATE copies SET x = x + 1;",
        "ALTER TABLE people DROP COLUMN copied;
         DROP TABLE copies;",
    ),
    (2, "CREATE INDEX people_copied ON people (copied)", "DROP INDEX people_copied ON people"),
    (
        3,
        "CREATE INDEX copies_x ON copies (x);
         CREATE UNIQUE INDEX copies_mail ON copies (mail);",
        "DROP INDEX copies_mail ON copies;
         DROP INDEX copies_x ON copies;",
    ),
];

const REPAIR: &str = "UPDATE people SET mail = 'c' WHERE id = 3";

pub(crate) const ALL: &[Scenario] = &[
    Scenario { setup: SETUP, repair: REPAIR, ..Scenario::new("refused index, migrate", INDEX, "migrate") },
    Scenario { setup: SETUP, repair: REPAIR, ..Scenario::new("refused rows, migrate", ROWS, "migrate") },
    Scenario { setup: SETUP, repair: REPAIR, ..Scenario::new("refused unit, apply all", UNIT, "apply all") },
];
