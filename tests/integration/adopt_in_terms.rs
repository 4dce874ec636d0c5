//! `adopt` and `drift` without a server to build the migrations on: in embedded terms, where nothing may be called otherwise
//! or present that only a server could tell.

use crate::project::{Project, contains};
use crate::servers::{Server, both};

/// `kind name verdict` of what a drift report has, by the attributes that are otherwise.
fn verdicts(json: &str) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let told = report["objects"].as_array().unwrap().iter().map(|one| {
        let name = one["name"].as_str().map(|name| format!(".{name}")).unwrap_or_default();
        let attributes = one["mismatches"].as_array().into_iter().flatten();
        let attributes: Vec<&str> = attributes.map(|one| one["attribute"].as_str().unwrap()).collect();
        let verdict = one["verdict"].as_str().unwrap();
        format!("{}{name} {verdict} {}", one["table"].as_str().unwrap(), attributes.join(", ")).trim_end().to_owned()
    });
    told.collect()
}

/// What drift in embedded terms says of a database where the migrations have run.
fn drift_of(server: &'static Server, migrations: &[&str]) -> (Project, Vec<String>) {
    let project = Project::new(server, "in_terms");
    for (version, statement) in (1..).zip(migrations) {
        project.up(version, statement);
    }
    project.run("migrate").exits(0);
    let outcome = project.run("drift --embedded --format json");
    let found = verdicts(&outcome.stdout);
    (project, found)
}

#[test]
fn what_the_shipped_migrations_have_made_is_adopted_without_a_server() {
    for server in both() {
        let project = Project::shipped(server, "in_terms_shipped");
        project.run("migrate").exits(0);
        let drift = project.run("drift --embedded");
        assert_eq!(drift.code, Some(0), "{}: {}", server.engine(), drift.stdout);
        contains(&drift.stdout, "note: compared in embedded terms");
        contains(&drift.stdout, "read in embedded terms");
        project.database.run("DROP TABLE _sqlx_migrations, _aura_db_journal");
        let adopted = project.run("adopt --embedded");
        assert_eq!(adopted.code, Some(0), "{}: {}", server.engine(), adopted.stdout);
        contains(&adopted.stdout, "note: compared in embedded terms");
        project.run("drift").exits(0);
    }
}

const COURSE: &[&str] = &[
    "CREATE TABLE a (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, note TEXT, KEY by_name (name(10))) CHARSET=utf8mb4",
    "CREATE TABLE b LIKE a",
    "ALTER TABLE a ADD COLUMN (x INT, y INT DEFAULT 3), ADD UNIQUE KEY x_y (x, y), DROP COLUMN note, RENAME COLUMN name TO title",
    "ALTER TABLE a MODIFY title VARCHAR(80) NULL COMMENT 'x' FIRST, CHANGE y z BIGINT NOT NULL, ALTER COLUMN x SET DEFAULT 7",
    "CREATE TABLE c (id INT AUTO_INCREMENT PRIMARY KEY, a_id INT, d VARCHAR(9), CONSTRAINT c_a FOREIGN KEY (a_id) REFERENCES a \
     (id) ON DELETE SET NULL, CONSTRAINT positive CHECK (d <> ''))",
    "CREATE INDEX by_d ON c (d DESC)",
    "ALTER TABLE c DROP FOREIGN KEY c_a, DROP INDEX c_a, ADD CONSTRAINT c_b FOREIGN KEY (a_id) REFERENCES b (id), \
     RENAME INDEX by_d TO d_by, DROP CONSTRAINT positive",
    "RENAME TABLE b TO e",
    "ALTER TABLE c RENAME TO f, CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    "ALTER TABLE e DROP COLUMN note, COMMENT='e' COLLATE=utf8mb4_bin",
    "ALTER TABLE a DROP PRIMARY KEY, ADD CONSTRAINT p PRIMARY KEY (id, z)",
    "CREATE TABLE gone (id INT PRIMARY KEY)",
    "DROP TABLE IF EXISTS gone, never",
    "CREATE TRIGGER t1 BEFORE INSERT ON f FOR EACH ROW SET NEW.d = CONCAT('x', NEW.d)",
    "CREATE PROCEDURE p1 (IN a INT, OUT b VARCHAR(9)) READS SQL DATA BEGIN SELECT 'one' INTO b; END",
    "CREATE FUNCTION f1 (a INT) RETURNS INT DETERMINISTIC RETURN a + 1",
    "CREATE VIEW v1 AS SELECT id FROM a",
    "CREATE TABLE k (a INT, b INT, d INT, CONSTRAINT k_1 CHECK (b > 0), CHECK (a <> d), x TIMESTAMP NULL, y JSON, \
     z ENUM('a','b ') NOT NULL DEFAULT 'b', w VARCHAR(5) CHARACTER SET latin1, UNIQUE (a), INDEX (a, b)) ENGINE=InnoDB",
    "ALTER TABLE k DROP CONSTRAINT k_1, ADD CONSTRAINT k_2 CHECK (b > 1 OR b < 0 AND a = 1), MODIFY COLUMN w TEXT FIRST, \
     ALTER d SET DEFAULT 5, ADD FULLTEXT INDEX words (w), AUTO_INCREMENT = 7 COMMENT = 'k'",
    "ALTER TABLE k DROP COLUMN y, DROP INDEX words, CHANGE COLUMN w v DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE NOW(6), \
     ADD q DECIMAL(6,2) UNSIGNED NOT NULL DEFAULT 0.00 AFTER a",
    "INSERT INTO k (a) VALUES (1)",
    "SET @x = 1",
    "CREATE EVENT e1 ON SCHEDULE EVERY 1 DAY DO SELECT 1",
    "DROP VIEW v1",
];

#[test]
fn what_statements_change_one_after_the_other_is_followed() {
    for server in both() {
        let (project, found) = drift_of(server, COURSE);
        assert_eq!(found, ["event.e1 unknown"], "{}", server.engine());
        project.run("drift").exits(0);
        project.database.run("DROP EVENT e1");
        let mut expected = vec!["event.e1 missing"];
        project.database.run("ALTER TABLE a MODIFY title VARCHAR(79), ALTER x DROP DEFAULT");
        expected.splice(0..0, ["a.title conflicting type", "a.x conflicting default"]);
        project.database.run("ALTER TABLE f DROP FOREIGN KEY c_b, MODIFY d VARCHAR(9) COLLATE utf8mb4_general_ci");
        expected.splice(2..2, ["f.d conflicting collation", "f.c_b missing"]);
        project.database.run("DROP TRIGGER t1; CREATE TRIGGER t1 AFTER INSERT ON f FOR EACH ROW SET @a = 1");
        project.database.run("DROP FUNCTION f1; CREATE FUNCTION f1 (a INT) RETURNS INT DETERMINISTIC RETURN a + 2");
        project.database.run("DROP PROCEDURE p1");
        expected.extend(["function.f1 unknown", "procedure.p1 missing", "trigger.t1 conflicting definition"]);
        let drift = project.run("drift --embedded --format json").exits(1);
        assert_eq!(verdicts(&drift.stdout), expected, "{}", server.engine());
    }
}

#[test]
fn what_cannot_be_followed_is_unknown_and_said() {
    for server in both() {
        let migrations = [
            "CREATE TABLE a (id INT PRIMARY KEY, b INT)",
            "CREATE TABLE s AS SELECT id FROM a",
            "CREATE VIEW v AS SELECT id FROM a",
            "CREATE PROCEDURE p () ALTER TABLE a DROP COLUMN b",
            "CALL p()",
        ];
        let (project, found) = drift_of(server, &migrations);
        assert_eq!(found, ["a.b unknown", "s unknown", "view.v unknown"], "{}", server.engine());
        let text = project.run("drift --embedded").exits(1);
        contains(
            &text.stdout,
            "note: migrations/5_step.up.sql:1:1: in embedded terms it is not known what this changes",
        );
        contains(&text.stdout, "no drift to be seen, but not everything could be looked at");
        project.database.run("DROP TABLE _sqlx_migrations, _aura_db_journal");
        let adopted = project.run("adopt --embedded").exits(1);
        contains(&adopted.stdout, "view v: unknown, because its definition can only be compared on a server");
        let ledger = project.ledger();
        assert!(!ledger.contains(&"3 1".to_owned()) && !ledger.contains(&"2 1".to_owned()), "{ledger:?}");
    }
}

#[test]
fn every_view_of_a_list_is_gone() {
    for server in both() {
        let made =
            ["CREATE VIEW a AS SELECT 1 AS one; CREATE VIEW b AS SELECT 2 AS two", "DROP VIEW IF EXISTS c, b, a"];
        let (project, found) = drift_of(server, &made);
        assert_eq!(found, [""; 0], "{}", server.engine());
        project.run("drift --embedded").exits(0);
    }
}
