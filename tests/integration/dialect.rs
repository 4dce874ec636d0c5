//! Statements for the other server: each that is recognised is one that its own server takes and the other refuses, and
//! neither `migrate` nor `apply` runs anything before it has said so.

use crate::project::{Project, contains};
use crate::servers::{Server, both, mariadb, mysql};
use aura_db::model::engine::EngineKind;
use aura_db::sql::dialect::foreign;

/// What each statement finds: `t` with an index and a check.
const SETTING: &str = "CREATE OR REPLACE VIEW none AS SELECT 1; DROP VIEW none; CREATE TABLE t (id INT PRIMARY KEY, a INT, \
                       s VARCHAR(40), j JSON, KEY ia (a), CONSTRAINT ck CHECK (a > 0))";

/// `MariaDB` takes these, and no `MySQL`.
const MARIADBS: [&str; 50] = [
    "ALTER TABLE IF EXISTS t ADD x INT",
    "ALTER TABLE t ADD COLUMN IF NOT EXISTS x INT",
    "ALTER TABLE t ADD INDEX IF NOT EXISTS k (a)",
    "ALTER TABLE t ADD x INT DEFAULT (IF(1 > 0, 1, 2)), DROP COLUMN IF EXISTS y",
    "ALTER TABLE t DROP INDEX IF EXISTS x",
    "ALTER TABLE t DROP CONSTRAINT IF EXISTS x",
    "ALTER TABLE t MODIFY COLUMN IF EXISTS a BIGINT",
    "ALTER TABLE t RENAME COLUMN IF EXISTS a TO b",
    "CREATE INDEX IF NOT EXISTS i ON t (a)",
    "CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a)",
    "DROP INDEX IF EXISTS i ON t",
    "RENAME TABLE IF EXISTS t TO u",
    "CREATE OR REPLACE TABLE t (a INT)",
    "CREATE OR REPLACE TEMPORARY TABLE u (a INT)",
    "CREATE OR REPLACE INDEX i ON t (a)",
    "CREATE OR REPLACE UNIQUE INDEX i ON t (a)",
    "CREATE OR REPLACE PROCEDURE x() SELECT 1",
    "CREATE OR REPLACE DEFINER=CURRENT_USER() FUNCTION x() RETURNS INT DETERMINISTIC RETURN 1",
    "CREATE OR REPLACE DEFINER=`root`@`localhost` TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET @a = 1",
    "CREATE OR REPLACE DEFINER=root@localhost EVENT x ON SCHEDULE EVERY 1 DAY DISABLE DO SET @a = 1",
    "CREATE SEQUENCE s",
    "CREATE TEMPORARY SEQUENCE IF NOT EXISTS s",
    "DROP SEQUENCE IF EXISTS s",
    "CREATE TABLE v (a INT) WITH SYSTEM VERSIONING",
    "CREATE TABLE v (a INT, b DATE, c DATE, PERIOD FOR valid (b, c))",
    "ALTER TABLE t ADD SYSTEM VERSIONING",
    "INSERT INTO t (id) VALUES (1) RETURNING id",
    "INSERT INTO t SET id = 1 RETURNING id",
    "REPLACE INTO t (id) VALUES (1) RETURNING *",
    "DELETE FROM t WHERE id = 1 RETURNING id, a",
    "DELETE FROM t WHERE s = 'x' RETURNING id",
    "CREATE TABLE v (id UUID PRIMARY KEY)",
    "CREATE TABLE `v` (`id` INT, `ip` INET6 NOT NULL)",
    "CREATE TABLE v (id INT, ip INET4)",
    "ALTER TABLE t ADD COLUMN u UUID AFTER id",
    "ALTER TABLE t ADD (u UUID, v INET6)",
    "CREATE TABLE v (a TEXT) COLLATE utf8mb4_uca1400_ai_ci",
    "CREATE TABLE v (a TEXT) CHARSET utf8mb4 COLLATE = uca1400_ai_ci",
    "CREATE TABLE v (a VARCHAR(9) COLLATE utf8mb4_uca1400_as_cs)",
    "BEGIN NOT ATOMIC SELECT 1; END",
    "EXECUTE IMMEDIATE 'SELECT 1'",
    "SET STATEMENT max_statement_time=1 FOR SELECT 1",
    "ALTER TABLE t ADD x INT, ALGORITHM=NOCOPY",
    "ALTER TABLE t WAIT 5 ADD x INT",
    "ALTER ONLINE TABLE t ADD x INT",
    "CREATE INDEX i ON t (a) IGNORED",
    "ALTER TABLE t ALTER KEY ia NOT IGNORED",
    "CREATE TABLE v (a INT, KEY k (a) IGNORED, b INT AS (a + 1) STORED)",
    "CREATE TABLE v (a INT, b INT AS (a + 1) PERSISTENT)",
    "CREATE TABLE v (a INT) PAGE_CHECKSUM=1",
];

/// `MySQL` takes these, and no `MariaDB` that is known.
const MYSQLS: [&str; 37] = [
    "CREATE TABLE v (a INT PRIMARY KEY, KEY k ((a + 1)))",
    "CREATE TABLE v (a INT PRIMARY KEY, b INT, UNIQUE KEY k (b, (a + 1)))",
    "CREATE INDEX i ON t ((a + 1))",
    "CREATE UNIQUE INDEX i USING BTREE ON t (a, (a + 1) DESC)",
    "ALTER TABLE t ADD INDEX i ((a + 1))",
    "ALTER TABLE t ADD x INT, ADD KEY ((lower(s)))",
    "CREATE INDEX i ON t (a) INVISIBLE",
    "ALTER TABLE t ALTER INDEX ia INVISIBLE",
    "ALTER TABLE t ADD x INT, ALTER INDEX ia VISIBLE",
    "ALTER TABLE t ADD INDEX i (a) COMMENT 'x' INVISIBLE",
    "CREATE TABLE v (a INT, KEY k (a) INVISIBLE)",
    "ALTER TABLE t DROP CHECK ck",
    "ALTER TABLE t ALTER CHECK ck NOT ENFORCED",
    "ALTER TABLE t ADD CONSTRAINT x CHECK (a < 9) NOT ENFORCED",
    "CREATE TABLE v (a INT CHECK (a > 0) NOT ENFORCED)",
    "CREATE TABLE v (j JSON, x INT AS (j->'$.a'))",
    "CREATE TABLE v (j JSON, x VARCHAR(9) AS (j->>'$.a'))",
    "UPDATE t SET s = j->>'$.x'",
    "INSERT INTO t (id) VALUES ROW(1), ROW(2)",
    "INSERT INTO t VALUES ROW(1, 2, 'x', '{}')",
    "INSERT INTO t (id, a) VALUES (1, 2) AS new ON DUPLICATE KEY UPDATE a = new.a",
    "INSERT INTO t (id, a) VALUES (1, 2) AS new(x, y) ON DUPLICATE KEY UPDATE a = y",
    "SELECT 1 MEMBER OF ('[1]')",
    "CREATE TABLE v (p POINT NOT NULL SRID 4326)",
    "CREATE TABLE v (id INT, p GEOMETRY SRID 0)",
    "ALTER TABLE t ADD p POINT SRID 4326",
    "DROP SPATIAL REFERENCE SYSTEM IF EXISTS 4121",
    "SET PERSIST sort_buffer_size = 262144",
    "CREATE TABLE v (a TEXT) COLLATE utf8mb4_0900_ai_ci",
    "CREATE TABLE v (a TEXT) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_as_cs",
    "CREATE TABLE v (a VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci)",
    "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci",
    "CREATE VIEW v AS SELECT t.id, x.n FROM t, LATERAL (SELECT COUNT(*) n FROM t u WHERE u.a = t.id) x",
    "CREATE VIEW v AS SELECT t.id, x.n FROM t JOIN LATERAL (SELECT COUNT(*) n FROM t u WHERE u.a = t.id) x",
    "SELECT j -> '$.a' FROM t",
    "CREATE INDEX i ON t (a) /*! INVISIBLE */",
    "DELETE FROM t WHERE 3 MEMBER OF (j)",
];

/// How a server takes a statement in a database of its own: its error, if it refuses.
fn taken(server: &'static Server, sql: &str) -> Option<String> {
    let project = Project::new(server, "dialect");
    project.database.run(SETTING);
    project.database.attempt(sql)
}

#[test]
fn each_construct_is_one_that_its_server_takes_and_the_other_refuses() {
    for (statements, own, other) in [(&MARIADBS[..], mariadb(), mysql()), (&MYSQLS[..], mysql(), mariadb())] {
        for sql in statements {
            assert_eq!(taken(own, sql), None, "{}", own.engine());
            let refused = taken(other, sql).unwrap_or_else(|| panic!("{} takes: {sql}", other.engine()));
            assert!(!refused.is_empty());
            assert_eq!(foreign(sql, own.engine()), None, "{sql}");
            let (owner, _) = foreign(sql, other.engine()).unwrap_or_else(|| panic!("not recognised: {sql}"));
            assert_eq!(owner, own.engine().kind, "{sql}");
        }
    }
}

#[test]
fn migrate_and_apply_run_nothing_when_a_later_statement_is_for_the_other_server() {
    for server in both() {
        let (owner, foreign) = match server.engine().kind {
            EngineKind::Mysql => ("MariaDB", "ALTER TABLE t ADD COLUMN IF NOT EXISTS b INT"),
            _ => ("MySQL", "CREATE INDEX f ON t ((a + 1))"),
        };
        let project = Project::new(server, "dialect_refused");
        project.pair(1, "CREATE TABLE t (a INT);", "DROP TABLE t;");
        project.pair(2, &format!("ALTER TABLE t ADD c INT;\n{foreign};\n"), "DO 0;");
        for line in ["migrate", "apply all", "migrate --dry-run"] {
            let outcome = project.run(line).exits(3);
            contains(&outcome.stderr, "migrations/2_step.up.sql:2:1: ");
            contains(&outcome.stderr, &format!("it is {owner}'s syntax: "));
            contains(&outcome.stderr, "nothing was run");
            assert_eq!(project.tables(), [] as [&str; 0], "{}: {line}", server.engine());
        }
        project.pair(2, "ALTER TABLE t ADD c INT;\n/*M! CREATE SEQUENCE s */;\n", "DO 0;");
        project.run("migrate").exits(0);
    }
}

#[test]
fn a_sequence_is_taken_back_and_rolled_back() {
    let server = crate::servers::mariadb();
    let project = Project::new(server, "sequence");
    project.pair(
        1,
        "CREATE SEQUENCE s START WITH 5; CREATE TABLE t (id INT); CREATE TABLE t (id INT)",
        "DROP TABLE t; DROP SEQUENCE s",
    );
    let failed = project.run("migrate").exits(4);
    contains(&failed.stderr, "the database is as it was before it");
    assert!(project.tables().is_empty(), "{:?}", project.tables());
    project.up(1, "CREATE SEQUENCE s START WITH 5; CREATE TABLE t (id INT)");
    project.run("migrate").exits(0);
    assert_eq!(project.database.value("SELECT NEXTVAL(s)").as_deref(), Some("5"));
    project.run("drift").exits(0);
    project.run("rollback").exits(0);
    assert_eq!(project.tables(), ["_sqlx_migrations"]);
}
