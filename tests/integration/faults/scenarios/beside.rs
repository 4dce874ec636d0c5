//! What comes from outside of the file: somebody else's changes of the same table, values that a procedure gave, rows that no
//! transaction holds, and a part of the file's own transaction that it takes back.

use super::super::scenario::{Pair, Scenario};

const SHELF: &str = "CREATE TABLE shelf (id INT PRIMARY KEY, n INT NOT NULL DEFAULT 1, word VARCHAR(9), KEY by_n (n));
    INSERT INTO shelf (id) VALUES (1), (2)";

const BESIDE: &[Pair] = &[(
    1,
    "ALTER TABLE shelf RENAME INDEX by_n TO by_number;
     UPDATE shelf SET n = n + 1;
     ALTER TABLE shelf COMMENT = 'of wood';
     ALTER TABLE shelf ADD CONSTRAINT positive CHECK (n > 0);
     UPDATE shelf SET n = n + 1;
     ALTER TABLE shelf ROW_FORMAT = COMPACT;
     RENAME TABLE shelf TO board;
     UPDATE board SET n = n + 1;
     RENAME TABLE board TO shelf;
     ALTER TABLE shelf ADD COLUMN last INT NOT NULL DEFAULT 3;
     UPDATE shelf SET last = last + n;",
    "ALTER TABLE shelf DROP COLUMN last;",
)];

const GIVEN: &[Pair] = &[(
    1,
    "CREATE TABLE sums (id INT PRIMARY KEY, n INT, word VARCHAR(9));
     CREATE PROCEDURE total (OUT n INT) SELECT SUM(id) INTO n FROM shelf;
     SET @none = NULL;
     CALL total(@n);
     ALTER TABLE sums ADD COLUMN late INT;
     INSERT INTO sums VALUES (1, @n, @none, @never);
     SET @n = NULL;
     CREATE INDEX sums_n ON sums (n);
     INSERT INTO sums VALUES (2, @n, COALESCE(@none, 'nothing'), 4);
     UPDATE sums SET n = n + 1;",
    "DROP PROCEDURE total; DROP TABLE sums;",
)];

const BACK: &[Pair] = &[(
    1,
    "BEGIN;
     INSERT INTO shelf (id) VALUES (11);
     SAVEPOINT half;
     INSERT INTO shelf (id) VALUES (12);
     ROLLBACK TO SAVEPOINT half;
     UPDATE shelf SET n = n + 1;
     RELEASE SAVEPOINT half;
     COMMIT;
     ALTER TABLE shelf ADD COLUMN late INT NOT NULL DEFAULT 1;
     START TRANSACTION;
     UPDATE shelf SET late = late + n;
     SAVEPOINT other;
     DELETE FROM shelf;
     ROLLBACK TO other;
     UPDATE shelf SET n = n * 10;",
    "ALTER TABLE shelf DROP COLUMN late;",
)];

const LOOSE: &[Pair] = &[(
    1,
    "CREATE TABLE loose (id INT PRIMARY KEY AUTO_INCREMENT, n INT) ENGINE = MyISAM;
     INSERT INTO loose (n) VALUES (1), (2);
     UPDATE shelf SET n = n + 1;
     INSERT INTO loose (n) SELECT n FROM shelf;
     ALTER TABLE shelf ADD COLUMN late INT NOT NULL DEFAULT 1;
     UPDATE shelf SET late = late + n;",
    "ALTER TABLE shelf DROP COLUMN late; DROP TABLE loose;",
)];

pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        setup: SHELF,
        meanwhile: "SET @shelf = (SELECT IF(COUNT(*), 'shelf', 'board') FROM information_schema.tables
              WHERE table_schema = DATABASE() AND table_name = 'shelf');
            SET @ddl = CONCAT('ALTER TABLE ', @shelf, ' ADD COLUMN other INT NOT NULL DEFAULT 7 FIRST');
            PREPARE beside FROM @ddl; EXECUTE beside; DEALLOCATE PREPARE beside",
        ..Scenario::new("altered beside, migrate", BESIDE, "migrate")
    },
    Scenario { setup: SHELF, ..Scenario::new("given, migrate", GIVEN, "migrate") },
    Scenario { setup: SHELF, ..Scenario::new("taken back in part, migrate", BACK, "migrate") },
    Scenario {
        setup: SHELF,
        asks: "are written outside of transactions",
        ..Scenario::new("loose, migrate", LOOSE, "migrate")
    },
];
