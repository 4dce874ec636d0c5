//! Translated statements are given to a real `SQLite`: DDL is run, everything else is explained.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use crate::embedded::{memory, run};
use aura_db::engine::explain_embedded::explain_sqlite;
use aura_db::sql::translate::{NO_DICTIONARY, to_sqlite};
#[expect(clippy::disallowed_types, reason = "the statements are the test's own")]
use sqlx::AssertSqlSafe;

const SCHEMA: &[&str] = &[
    "CREATE TABLE film (film_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT, title VARCHAR(128) NOT NULL, description TEXT,
      release_year YEAR DEFAULT NULL, language_id TINYINT UNSIGNED NOT NULL, rental_rate DECIMAL(4,2) NOT NULL DEFAULT 4.99,
      length SMALLINT UNSIGNED DEFAULT NULL, rating ENUM('G','PG','NC-17') DEFAULT 'G', features SET('Trailers','Deleted') DEFAULT NULL,
      data JSON, last_update TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
      PRIMARY KEY (film_id), KEY idx_title (title(20)), KEY idx_lang (language_id), FULLTEXT KEY ft (title, description)
     ) ENGINE=InnoDB AUTO_INCREMENT=10 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci COMMENT='films'",
    "CREATE TABLE rental (rental_id INT PRIMARY KEY AUTO_INCREMENT, film_id SMALLINT UNSIGNED NOT NULL, customer_id INT NOT NULL,
      rented DATETIME(3) NOT NULL, returned DATETIME NULL, amount DECIMAL(5,2), minutes INT AS (amount * 60) VIRTUAL,
      UNIQUE KEY once (rented, film_id, customer_id), INDEX (customer_id),
      CONSTRAINT fk_film FOREIGN KEY (film_id) REFERENCES film (film_id) ON UPDATE CASCADE) ROW_FORMAT=DYNAMIC",
    "CREATE TABLE IF NOT EXISTS `order` (`id` CHAR(36) NOT NULL DEFAULT (UUID()), `key` VARBINARY(16), `group` INT ZEROFILL,
      total DOUBLE(10,2), flags BIT(1) DEFAULT b'0', at TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6),
      PRIMARY KEY (`id`), UNIQUE (`key`), UNIQUE (`key`, `group`), CONSTRAINT positive CHECK (total >= 0))",
    "CREATE TABLE job (id BIGINT NOT NULL AUTO_INCREMENT, queue VARCHAR(64) CHARSET ascii COLLATE ascii_bin NOT NULL, payload LONGBLOB,
      state TINYINT(1) NOT NULL DEFAULT FALSE, run_at DATETIME NOT NULL, worker VARCHAR(64), PRIMARY KEY USING BTREE (id),
      KEY poll (queue, state, run_at DESC) USING BTREE COMMENT 'next', KEY low ((LOWER(worker))))",
    "ALTER TABLE job ADD COLUMN tries INT UNSIGNED NOT NULL AFTER state, ADD note VARCHAR(10) DEFAULT 'x' FIRST, ADD INDEX (tries),
      ADD UNIQUE KEY u (queue, id), ALGORITHM=INPLACE, LOCK=NONE",
    "ALTER TABLE job DROP KEY u, RENAME COLUMN note TO remark, ENGINE=InnoDB",
    "CREATE UNIQUE INDEX once_more ON job (queue, run_at, id)",
    "CREATE INDEX once_more ON rental (customer_id, rented DESC) ALGORITHM=INPLACE LOCK=NONE",
    "DROP INDEX once_more ON job",
    "CREATE OR REPLACE ALGORITHM=MERGE VIEW busy AS SELECT queue, COUNT(*) AS jobs FROM job WHERE state = 0 GROUP BY queue",
    "INSERT INTO film (title, language_id, rating) VALUES ('It\\'s \"A\" \\\\ film', 1, 'PG')",
    "CREATE TABLE reading (sensor INT NOT NULL, at DATETIME NOT NULL, value DOUBLE, PRIMARY KEY (sensor, at), KEY by_at (at))
      ENGINE=InnoDB PARTITION BY RANGE (TO_DAYS(at)) (PARTITION p0 VALUES LESS THAN (TO_DAYS('2026-01-01')), PARTITION p1 VALUES LESS THAN MAXVALUE)",
    "SET NAMES utf8mb4",
    "SET FOREIGN_KEY_CHECKS=0",
    "DROP TABLE IF EXISTS nothing, nobody",
];

const STATEMENTS: &[&str] = &[
    "SELECT f.title, COUNT(DISTINCT r.customer_id, r.film_id) FROM film f STRAIGHT_JOIN rental r ON r.film_id = f.film_id GROUP BY f.title WITH_ORDER",
    "SELECT * FROM film WHERE title LIKE '%50\\%%' OR title LIKE ? LIMIT 20, 10",
    "SELECT SQL_NO_CACHE /*+ MAX_EXECUTION_TIME(9) */ * FROM film USE INDEX (idx_title) WHERE title = \"x\" FOR UPDATE SKIP LOCKED",
    "SELECT id FROM job WHERE queue = ? AND state = 0 AND run_at <= NOW() ORDER BY run_at LIMIT 1 LOCK IN SHARE MODE",
    "SELECT DATE_FORMAT(rented, '%Y-%m-%d %H:%i:%s'), DATE_FORMAT(rented, '%a %b %e %Y'), DATE(rented), YEAR(rented), QUARTER(rented), WEEKDAY(rented) FROM rental WHERE rented > DATE_SUB(CURDATE(), INTERVAL ? DAY) AND rented < NOW() + INTERVAL 1 MONTH",
    "SELECT TIMESTAMPDIFF(HOUR, rented, returned), DATEDIFF(returned, rented), UNIX_TIMESTAMP(rented), FROM_UNIXTIME(5), LAST_DAY(rented), EXTRACT(YEAR FROM rented), TIMESTAMPADD(MINUTE, 5, rented) FROM rental",
    "SELECT IF(amount > 1, 'a', 'b'), IFNULL(amount, 0), COALESCE(amount), CONCAT(title, '-', rating), CONCAT_WS(',', title, rating), LEFT(title, 3), RIGHT(title, 3), LPAD(title, 5, '0'), LOCATE('a', title), CHAR_LENGTH(title), LENGTH(title), SUBSTRING_INDEX(title, ' ', 1), FIELD(rating, 'G', 'PG'), FIND_IN_SET('Trailers', features), GREATEST(1, length), FLOOR(length / 7), CEIL(length / 7), ROUND(amount, 1), TRUNCATE(amount, 1), RAND() FROM film JOIN rental USING (film_id)",
    "SELECT data->'$.a', data->>'$.a', JSON_UNQUOTE(JSON_EXTRACT(data, '$.b')), JSON_CONTAINS(data, '1', '$.c'), JSON_OBJECT('a', 1), JSON_ARRAYAGG(title), JSON_LENGTH(data) FROM film",
    "SELECT GROUP_CONCAT(DISTINCT title ORDER BY title SEPARATOR '; '), GROUP_CONCAT(title ORDER BY length DESC) FROM film",
    "SELECT a.title FROM film a WHERE a.title <=> NULL OR a.length DIV 2 = 1 || a.length MOD 2 = 1 && NOT a.rating XOR 1",
    "SELECT CAST(title AS SIGNED), CAST(length AS CHAR(5)), CONVERT(title USING utf8mb4), CAST(amount AS DECIMAL(5,2)), BINARY title = 'x' FROM film JOIN rental ON TRUE",
    "SELECT title, ROW_NUMBER() OVER (PARTITION BY rating ORDER BY length DESC) AS n, SUM(length) OVER w FROM film WINDOW w AS (ORDER BY film_id)",
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT * FROM n JOIN film ON film_id = i",
    "(SELECT title FROM film ORDER BY length LIMIT 3) UNION (SELECT queue FROM job) ORDER BY 1 LIMIT 5",
    "SELECT film_id, (SELECT COUNT(*) FROM rental r WHERE r.film_id = f.film_id) AS c FROM film f HAVING c > 3 ORDER BY c DESC",
    "SELECT * FROM film WHERE (film_id, language_id) IN ((1, 2), (3, 4)) AND EXISTS (SELECT 1 FROM rental WHERE rental.film_id = film.film_id)",
    "SELECT * FROM film WHERE film_id = ANY (SELECT film_id FROM rental) ORDER BY NULL",
    "SELECT TRIM(LEADING '0' FROM title), POSITION('a' IN title), SUBSTRING(title FROM 2 FOR 3), title COLLATE utf8mb4_bin FROM film",
    "SELECT DATABASE(), LAST_INSERT_ID(), VERSION(), UUID(), 1 FROM DUAL",
    "SELECT `group`, MAX(total) FROM `order` WHERE `key` = X'00ff' GROUP BY `group`",
    "SELECT d.n FROM (SELECT customer_id, COUNT(*) n FROM rental GROUP BY customer_id) AS d WHERE d.n > 1",
    "INSERT INTO film (title, language_id) VALUES (?, ?), ('b', 2) AS new ON DUPLICATE KEY UPDATE title = new.title, length = length + VALUES(language_id)",
    "INSERT IGNORE INTO rental SET film_id = 1, customer_id = 2, rented = NOW(3)",
    "INSERT INTO rental (film_id, customer_id, rented) SELECT film_id, 1, NOW() FROM film ON DUPLICATE KEY UPDATE amount = VALUES(film_id)",
    "REPLACE INTO job (id, queue, run_at) VALUES (DEFAULT, 'a', NOW())",
    "INSERT INTO film () VALUES ()",
    "UPDATE job SET state = 1, worker = ? WHERE queue = ? AND state = 0 ORDER BY run_at LIMIT 10",
    "UPDATE film f INNER JOIN rental r ON r.film_id = f.film_id SET f.length = r.amount WHERE r.customer_id = 3",
    "UPDATE film, rental SET rental.amount = film.rental_rate WHERE film.film_id = rental.film_id",
    "UPDATE IGNORE film f SET f.length = f.length + 1 WHERE f.film_id = 2",
    "DELETE FROM job WHERE run_at < NOW() - INTERVAL 7 DAY ORDER BY id LIMIT 1000",
    "DELETE r FROM rental r LEFT JOIN film f ON f.film_id = r.film_id WHERE f.film_id IS NULL",
    "DELETE QUICK FROM rental USING rental JOIN film ON film.film_id = rental.film_id WHERE film.title = 'x'",
    "TRUNCATE TABLE job",
];

#[tokio::test]
async fn definitions_run_and_statements_can_be_explained() {
    let pool = memory().await;
    run(&pool, SCHEMA).await;
    let mut failures = Vec::new();
    for statement in STATEMENTS {
        let statement = statement.replace(" WITH_ORDER", " ORDER BY 2 DESC");
        match to_sqlite(&statement) {
            Err(error) => failures.push(format!("{statement}\n  {error}")),
            Ok(translation) => {
                for sql in translation.statements {
                    if let Err(error) = explain_sqlite(&pool, &sql).await {
                        failures.push(format!("{statement}\n  {sql}\n  {error}"));
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
async fn values_come_out_as_mysql_gives_them() {
    let pool = memory().await;
    run(&pool, SCHEMA).await;
    for (expression, expected) in [
        ("(SELECT title FROM film LIMIT 1)", "It's \"A\" \\ film"),
        ("7 / 2", "3.5"),
        ("7 DIV 2", "3"),
        ("FLOOR(-1.5)", "-2"),
        ("CEIL(1.2)", "2"),
        ("TRUNCATE(1.999, 1)", "1.9"),
        ("TRUNCATE(-1.999, 1)", "-1.9"),
        ("5 ^ 1", "4"),
        ("POW(3, 4)", "81.0"),
        ("0 || 1", "1"),
        ("1 XOR 1", "0"),
        ("CONCAT('a', 1, 'b')", "a1b"),
        ("LPAD('7', 3, '0')", "007"),
        ("LPAD('1234', 3, '0')", "123"),
        ("SUBSTRING_INDEX('a.b.c', '.', -1)", "c"),
        ("LOCATE('b', 'abcb', 3)", "4"),
        ("DATE_ADD('2024-01-31', INTERVAL 1 MONTH)", "2024-02-29"),
        ("DATE_SUB('2024-03-01 10:00:00', INTERVAL 1 DAY)", "2024-02-29 10:00:00"),
        ("DATEDIFF('2024-03-01', '2024-02-28 23:00:00')", "2"),
        ("TIMESTAMPDIFF(MONTH, '2024-01-31', '2024-02-29')", "0"),
        ("TO_DAYS('2007-10-07')", "733321"),
        ("DATE_FORMAT('2024-03-05 04:07:09', '%W %D')", ""),
        ("DATE_FORMAT('2024-03-05 04:07:09', '%W, %e %b %y %H:%i')", "Tuesday, 5 Mar 24 04:07"),
        ("'ab' LIKE 'a\\_'", "0"),
        ("IF(1 = 1, 'yes', 'no')", "yes"),
        ("FIELD('b', 'a', 'b')", "2"),
        ("JSON_UNQUOTE(JSON_EXTRACT('{\"a\":\"x\"}', '$.a'))", "x"),
    ] {
        let translated = to_sqlite(&format!("SELECT CAST({expression} AS CHAR)"));
        if expected.is_empty() {
            assert!(translated.is_err(), "{expression}");
            continue;
        }
        let sql = AssertSqlSafe(translated.unwrap().statements.remove(0));
        let value: String = sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap();
        assert_eq!(value, expected, "{expression}");
    }
}

#[test]
fn what_cannot_be_translated_is_named_with_its_place() {
    for (sql, part, place) in [
        ("SELECT MATCH(a) AGAINST ('x') FROM t", "MATCH", (1, 14)),
        ("SELECT FOO(a)\nFROM t", "FOO()", (1, 8)),
        ("SELECT a FROM t\nWHERE @x = 1", "@x", (2, 7)),
        ("ALTER TABLE t MODIFY a BIGINT", "change a column", (1, 22)),
        ("ALTER TABLE t RENAME INDEX a TO b", "rename an index", (1, 15)),
        ("CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1", "triggers", (1, 1)),
        ("CALL p()", "stored procedures", (1, 1)),
        ("SELECT a FROM t GROUP BY a WITH ROLLUP", "ROLLUP", (1, 1)),
        ("SELECT a b c FROM t", "cannot read", (1, 12)),
    ] {
        let error = to_sqlite(sql).unwrap_err();
        assert!(error.message.contains(part), "{sql}: {error}");
        assert_eq!((error.line, error.column), place, "{sql}: {error}");
    }
    for sql in
        ["SELECT 1 FROM information_schema.tables", "SHOW TABLES", "SELECT * FROM mysql.user", "SELECT @@version"]
    {
        assert!(to_sqlite(sql).unwrap_err().message.starts_with(NO_DICTIONARY), "{sql}");
    }
}
