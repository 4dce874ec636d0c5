//! What is seldom met, and hard to settle: statements that leave the definitions as they were, and procedures.

use super::super::scenario::{Pair, Scenario};

const TWINS: &[Pair] = &[
    (
        1,
        "CREATE TABLE one (id INT PRIMARY KEY, x INT NOT NULL);
         CREATE TABLE two LIKE one;
         INSERT INTO one VALUES (1, 1), (2, 2);
         INSERT INTO two VALUES (7, 7);",
        "DROP TABLE one, two;",
    ),
    (
        2,
        "RENAME TABLE one TO other, two TO one, other TO two;
         UPDATE one SET x = x + 1;
         RENAME TABLE one TO other, two TO one, other TO two;
         UPDATE one SET x = x * 10;",
        "UPDATE one SET x = x DIV 10;
         RENAME TABLE one TO other, two TO one, other TO two;
         UPDATE one SET x = x - 1;
         RENAME TABLE one TO other, two TO one, other TO two;",
    ),
    (
        3,
        "CREATE TABLE parts (id INT PRIMARY KEY, x INT NOT NULL)
           PARTITION BY RANGE (id) (PARTITION low VALUES LESS THAN (100), PARTITION high VALUES LESS THAN (1000));
         INSERT INTO parts VALUES (3, 3), (300, 300);
         ALTER TABLE parts EXCHANGE PARTITION low WITH TABLE one;
         UPDATE one SET x = x + 1;
         ALTER TABLE parts TRUNCATE PARTITION high;
         INSERT INTO parts VALUES (301, 301);",
        "DROP TABLE parts;",
    ),
];

const PROGRAMS: &[Pair] = &[
    (
        1,
        "CREATE TABLE counts (id INT PRIMARY KEY, x INT NOT NULL DEFAULT 0, body VARCHAR(100) NOT NULL DEFAULT 'a');
         INSERT INTO counts (id) VALUES (1), (2);
         DELIMITER //
         CREATE PROCEDURE more (IN n INT)
         BEGIN
           UPDATE counts SET x = x + n;
           INSERT INTO counts (id) SELECT MAX(id) + 1 FROM counts AS c;
         END//
         DELIMITER ;
         CALL more(5);
         CREATE INDEX counts_x ON counts (x);
         CALL more(7);
         UPDATE counts SET x = x + 1;
         DROP PROCEDURE more;",
        "DROP TABLE counts;",
    ),
    (
        2,
        "INSERT INTO counts (id) VALUES (1), (50) ON DUPLICATE KEY UPDATE x = x + 1;
         ALTER TABLE counts MODIFY COLUMN body VARCHAR(100) NOT NULL DEFAULT 'a';
         UPDATE counts SET x = x + 1;
         ALTER TABLE counts FORCE;
         UPDATE counts SET x = x + 1;
         OPTIMIZE TABLE counts;
         ANALYZE TABLE counts;
         REPLACE INTO counts (id, x) VALUES (50, 9);
         ALTER TABLE counts AUTO_INCREMENT = 1000;
         START TRANSACTION;
         UPDATE counts SET x = x + 1;
         COMMIT;
         CREATE TABLE sums AS SELECT COUNT(*) AS n, SUM(x) AS x FROM counts;
         ALTER TABLE counts ADD COLUMN a INT, ADD COLUMN b INT NOT NULL DEFAULT 2, DROP COLUMN body, RENAME INDEX counts_x TO counts_xx;
         UPDATE counts SET x = x + b;
         ALTER TABLE counts RENAME COLUMN a TO c, RENAME COLUMN b TO a;
         ALTER TABLE counts RENAME COLUMN a TO c, RENAME COLUMN c TO a;
         ALTER TABLE counts DROP INDEX counts_xx, ADD INDEX counts_xx (x, id), ADD COLUMN d INT NOT NULL DEFAULT 0;
         ALTER TABLE counts DROP COLUMN d, ADD COLUMN d INT NOT NULL DEFAULT 3;
         UPDATE counts SET c = c + 1, d = d + 1;
         CREATE EVENT later ON SCHEDULE AT '2037-01-01 00:00:00' DO DELETE FROM counts;
         DROP EVENT later;
         UPDATE counts SET c = c + 1;",
        "DROP TABLE sums;",
    ),
];

const TEMPORARY: &[Pair] = &[
    (
        1,
        "CREATE TABLE totals (id INT PRIMARY KEY, x INT NOT NULL);
         INSERT INTO totals VALUES (1, 1), (2, 2);
         CREATE TEMPORARY TABLE shelf AS SELECT id, x FROM totals;
         UPDATE totals SET x = x + 1;
         UPDATE totals JOIN shelf USING (id) SET totals.x = totals.x + shelf.x;
         DROP TEMPORARY TABLE shelf;
         UPDATE totals SET x = x + 1;",
        "DROP TABLE totals;",
    ),
    (
        2,
        "CREATE TEMPORARY TABLE shelf (id INT, x INT);
         INSERT INTO shelf SELECT id, x FROM totals;
         INSERT INTO totals SELECT id + 10, x FROM shelf;
         DROP TEMPORARY TABLE shelf;
         CREATE INDEX totals_x ON totals (x);
         UPDATE totals SET x = x + 1;",
        "DROP INDEX totals_x ON totals;
         DELETE FROM totals WHERE id > 10;
         UPDATE totals SET x = x - 1;",
    ),
];

pub(crate) const ALL: &[Scenario] = &[
    Scenario::new("twins, migrate", TWINS, "migrate"),
    Scenario { before: &["migrate"], ..Scenario::new("twins, rollback to 1", TWINS, "rollback --to 1 --discard-data") },
    Scenario::new("programs, migrate", PROGRAMS, "migrate"),
    Scenario::new("temporary, migrate", TEMPORARY, "migrate"),
];
