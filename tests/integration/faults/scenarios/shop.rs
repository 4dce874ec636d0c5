//! DDL of many kinds, one after the other.

use super::super::scenario::{Pair, Scenario};

pub(super) const MIGRATIONS: &[Pair] = &[
    (1, TABLES, TABLES_DOWN),
    (2, COLUMNS, COLUMNS_DOWN),
    (3, NAMES, NAMES_DOWN),
    (4, PROGRAMS, PROGRAMS_DOWN),
    (5, PARTITIONS, PARTITIONS_DOWN),
    (6, SEVERAL, SEVERAL_DOWN),
];

const TABLES: &str = "
CREATE TABLE customers (
  id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, mail VARCHAR(80), points INT NOT NULL DEFAULT 0,
  UNIQUE KEY customers_mail (mail)
);
CREATE TABLE orders (
  id INT PRIMARY KEY, customer INT NOT NULL, total DECIMAL(10,2) NOT NULL, state VARCHAR(10) NOT NULL DEFAULT 'new',
  note TEXT, KEY orders_customer (customer)
);
CREATE TABLE IF NOT EXISTS seen (what VARCHAR(40) NOT NULL, n INT NOT NULL);
INSERT INTO customers VALUES (1, 'Ada', 'ada@example.org', 1), (2, 'Bo', NULL, 2), (3, 'Cy', 'cy@example.org', 3);
INSERT INTO orders SELECT id * 10, id, id * 2.5, 'new', NULL FROM customers;
INSERT INTO seen SELECT 'orders', COUNT(*) FROM orders;
";
const TABLES_DOWN: &str = "DROP TABLE seen;\nDROP TABLE orders;\nDROP TABLE customers;\n";

const COLUMNS: &str = "
ALTER TABLE customers ADD COLUMN level INT NOT NULL DEFAULT 1;
UPDATE customers SET points = points + 1;
ALTER TABLE customers MODIFY COLUMN name VARCHAR(60) NOT NULL;
ALTER TABLE customers MODIFY COLUMN points BIGINT NOT NULL DEFAULT 0;
UPDATE customers SET points = points + 1, level = level + 1;
ALTER TABLE customers CHANGE COLUMN mail email VARCHAR(120) NULL;
CREATE INDEX customers_level ON customers (level, points);
ALTER TABLE orders ADD COLUMN shipped DATE, ADD INDEX orders_shipped (shipped), ALTER COLUMN state SET DEFAULT 'open';
DROP INDEX customers_level ON customers;
ALTER TABLE orders DROP COLUMN note;
ALTER TABLE orders ADD COLUMN doubled DECIMAL(10,2) AS (total * 2) STORED AFTER total;
INSERT INTO seen SELECT 'points', SUM(points) FROM customers;
UPDATE seen SET n = n + 1;
";
const COLUMNS_DOWN: &str = "
UPDATE seen SET n = n - 1;
DELETE FROM seen WHERE what = 'points';
ALTER TABLE orders DROP COLUMN doubled;
ALTER TABLE orders ADD COLUMN note TEXT;
CREATE INDEX customers_level ON customers (level, points);
ALTER TABLE orders DROP INDEX orders_shipped, DROP COLUMN shipped, ALTER COLUMN state SET DEFAULT 'new';
DROP INDEX customers_level ON customers;
ALTER TABLE customers CHANGE COLUMN email mail VARCHAR(80) NULL;
UPDATE customers SET points = points - 1, level = level - 1;
ALTER TABLE customers MODIFY COLUMN points INT NOT NULL DEFAULT 0;
ALTER TABLE customers MODIFY COLUMN name VARCHAR(40) NOT NULL;
UPDATE customers SET points = points - 1;
ALTER TABLE customers DROP COLUMN level;
";

const NAMES: &str = "
RENAME TABLE seen TO counted;
ALTER TABLE orders RENAME INDEX orders_customer TO orders_by_customer;
ALTER TABLE orders RENAME COLUMN state TO status;
UPDATE orders SET status = CONCAT(status, '!');
ALTER TABLE orders ADD CONSTRAINT orders_of FOREIGN KEY (customer) REFERENCES customers (id);
ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total >= 0);
ALTER TABLE orders DROP FOREIGN KEY orders_of;
ALTER TABLE orders ADD CONSTRAINT orders_of_2 FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE;
ALTER TABLE counted RENAME TO tally, ADD COLUMN at INT;
CREATE TABLE extra LIKE orders;
RENAME TABLE extra TO swap, tally TO extra;
UPDATE extra SET n = n + 1, at = COALESCE(at, 0) + 1;
RENAME TABLE extra TO swap_2, swap TO extra, swap_2 TO swap;
";
const NAMES_DOWN: &str = "
RENAME TABLE swap TO swap_2, extra TO swap, swap_2 TO extra;
UPDATE extra SET n = n - 1, at = at - 1;
RENAME TABLE extra TO tally, swap TO extra;
DROP TABLE extra;
ALTER TABLE tally RENAME TO counted, DROP COLUMN at;
ALTER TABLE orders DROP FOREIGN KEY orders_of_2;
ALTER TABLE orders DROP CONSTRAINT orders_total;
UPDATE orders SET status = TRIM(TRAILING '!' FROM status);
ALTER TABLE orders RENAME COLUMN status TO state;
ALTER TABLE orders RENAME INDEX orders_by_customer TO orders_customer;
RENAME TABLE counted TO seen;
";

const PROGRAMS: &str = "
CREATE VIEW rich AS SELECT id, name, points FROM customers WHERE points > 3;
CREATE OR REPLACE VIEW rich AS SELECT id, name, points, level FROM customers WHERE points > 4;
CREATE TRIGGER orders_count AFTER INSERT ON orders FOR EACH ROW UPDATE swap SET n = n + 1 WHERE what = 'orders';
INSERT INTO orders (id, customer, total) VALUES (99, 1, 9.5);
DELIMITER //
CREATE PROCEDURE reward (IN who INT, IN more INT)
BEGIN
  UPDATE customers SET points = points + more WHERE id = who;
  INSERT INTO swap (what, n, at) VALUES ('reward', more, who);
END//
CREATE FUNCTION doubled (n INT) RETURNS INT DETERMINISTIC
BEGIN
  RETURN n * 2;
END//
DELIMITER ;
UPDATE customers SET points = doubled(points);
ALTER VIEW rich AS SELECT id, points FROM customers WHERE points > doubled(2);
";
const PROGRAMS_DOWN: &str = "
UPDATE customers SET points = points DIV 2;
DROP FUNCTION doubled;
DROP PROCEDURE reward;
DELETE FROM orders WHERE id = 99;
UPDATE swap SET n = n - 1 WHERE what = 'orders';
DROP TRIGGER orders_count;
DROP VIEW rich;
";

const PARTITIONS: &str = "
CREATE TABLE days (day INT NOT NULL, n INT NOT NULL, PRIMARY KEY (day))
PARTITION BY RANGE (day) (PARTITION p1 VALUES LESS THAN (10), PARTITION p2 VALUES LESS THAN (20));
INSERT INTO days VALUES (1, 1), (11, 1);
ALTER TABLE days ADD PARTITION (PARTITION p3 VALUES LESS THAN (30));
INSERT INTO days VALUES (21, 1);
ALTER TABLE days DROP PARTITION p1;
UPDATE days SET n = n + 1;
ALTER TABLE days REORGANIZE PARTITION p3 INTO (PARTITION p3 VALUES LESS THAN (25), PARTITION p4 VALUES LESS THAN (40));
TRUNCATE TABLE swap;
INSERT INTO swap (what, n) VALUES ('after', 1);
ALTER TABLE swap CONVERT TO CHARACTER SET latin1;
ALTER TABLE swap COMMENT = 'counts';
UPDATE swap SET n = n + 1;
";
const PARTITIONS_DOWN: &str = "
UPDATE swap SET n = n - 1;
ALTER TABLE swap COMMENT = '';
ALTER TABLE swap CONVERT TO CHARACTER SET utf8mb4;
DELETE FROM swap;
DROP TABLE days;
";

const SEVERAL: &str = "
CREATE TABLE a (id INT PRIMARY KEY);
CREATE TABLE b (id INT PRIMARY KEY);
CREATE TABLE c SELECT id, name FROM customers;
INSERT INTO a VALUES (1), (2);
INSERT INTO b SELECT id + 1 FROM a;
DROP TABLE a, b;
DROP TABLE IF EXISTS a, c, nothing;
CREATE TABLE a (id INT PRIMARY KEY, name VARCHAR(10));
CREATE UNIQUE INDEX a_name ON a (name);
INSERT INTO a VALUES (7, 'seven');
ALTER TABLE a DROP PRIMARY KEY, ADD PRIMARY KEY (id, name);
ALTER TABLE a ENGINE = InnoDB;
INSERT INTO a VALUES (8, 'eight');
";
const SEVERAL_DOWN: &str = "DROP TABLE a;\n";

pub(crate) const ALL: &[Scenario] = &[
    Scenario::new("shop, migrate", MIGRATIONS, "migrate"),
    Scenario {
        before: &["migrate --to 1"],
        ..Scenario::new("shop, migrate from 1 to 4", MIGRATIONS, "migrate --to 4")
    },
    Scenario {
        before: &["migrate"],
        ..Scenario::new("shop, rollback to 1", MIGRATIONS, "rollback --to 1 --discard-data")
    },
    Scenario { before: &["migrate"], ..Scenario::new("shop, rollback all", MIGRATIONS, "rollback all --discard-data") },
];
