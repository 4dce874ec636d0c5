//! Files whose later statements need what earlier ones left in the session.

use super::super::scenario::{Pair, Scenario};

pub(super) const MIGRATIONS: &[Pair] = &[
    (
        1,
        "SET @rate = 3, @word = 'it''s; a \\\\ word', @none = NULL;
         CREATE TABLE prices (id INT PRIMARY KEY, price INT NOT NULL, word VARCHAR(40));
         INSERT INTO prices VALUES (1, 10, @word), (2, 20, @none);
         SET @total = (SELECT SUM(price) FROM prices);
         UPDATE prices SET price = price * @rate;
         CREATE TABLE totals (total INT NOT NULL, rate INT NOT NULL);
         INSERT INTO totals VALUES (@total, @rate);
         SET @rate = @rate + 1;
         ALTER TABLE prices ADD COLUMN rate INT;
         UPDATE prices SET rate = @rate, price = price + @total;",
        "DROP TABLE totals;
         DROP TABLE prices;",
    ),
    (
        2,
        "SET @there = (SELECT COUNT(*) FROM information_schema.statistics
           WHERE table_schema = DATABASE() AND table_name = 'prices' AND index_name = 'prices_price');
         SET @ddl = IF(@there = 0, 'CREATE INDEX prices_price ON prices (price)', 'DO 0');
         PREPARE make FROM @ddl;
         EXECUTE make;
         DEALLOCATE PREPARE make;
         UPDATE prices SET price = price + 1;
         SET @ddl = 'ALTER TABLE prices ADD COLUMN more INT NOT NULL DEFAULT 4';
         PREPARE make FROM @ddl;
         EXECUTE make;
         UPDATE prices SET more = more + 1;
         DEALLOCATE PREPARE make;",
        "UPDATE prices SET price = price - 1;
         SET @ddl = 'ALTER TABLE prices DROP COLUMN more';
         PREPARE make FROM @ddl;
         EXECUTE make;
         DEALLOCATE PREPARE make;
         DROP INDEX prices_price ON prices;",
    ),
    (
        3,
        "SET @old_checks = @@SESSION.foreign_key_checks;
         SET SESSION foreign_key_checks = 0;
         CREATE TABLE child (id INT PRIMARY KEY, parent INT, CONSTRAINT child_of FOREIGN KEY (parent) REFERENCES parent (id));
         INSERT INTO child VALUES (1, 1);
         CREATE TABLE parent (id INT PRIMARY KEY);
         INSERT INTO parent VALUES (1);
         INSERT INTO child VALUES (2, 1);
         SET SESSION foreign_key_checks = @old_checks;
         ALTER TABLE child ADD COLUMN n INT NOT NULL DEFAULT 0;
         UPDATE child SET n = n + 1;
         SET sql_mode = 'ANSI_QUOTES';
         CREATE TABLE \"quoted\" (\"id\" INT);
         INSERT INTO \"quoted\" VALUES (1);
         ALTER TABLE \"quoted\" ADD COLUMN \"n\" INT;
         UPDATE \"quoted\" SET \"n\" = \"id\" + 1;",
        "DROP TABLE quoted;
         SET foreign_key_checks = 0;
         DROP TABLE parent;
         DROP TABLE child;
         SET foreign_key_checks = 1;",
    ),
];

pub(crate) const ALL: &[Scenario] = &[
    Scenario::new("session, migrate", MIGRATIONS, "migrate"),
    Scenario {
        before: &["migrate"],
        ..Scenario::new("session, rollback to 1", MIGRATIONS, "rollback --to 1 --discard-data")
    },
];
