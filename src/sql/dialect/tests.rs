use super::*;

fn of(sql: &str, kind: EngineKind, version: &str) -> Option<&'static str> {
    foreign(sql, &Engine { kind, version: version.into() }).map(|(owner, name)| {
        assert_ne!(owner, kind);
        name
    })
}

fn on_mysql(sql: &str) -> Option<&'static str> {
    of(sql, EngineKind::Mysql, "9.7.4")
}

fn on_mariadb(sql: &str) -> Option<&'static str> {
    of(sql, EngineKind::Mariadb, "10.11.19-MariaDB")
}

#[test]
fn names_texts_and_comments_are_no_constructs() {
    for sql in [
        "CREATE TABLE t (`returning` INT, uuid INT, KEY uuid (uuid), inet6 INT)",
        "CREATE TABLE uuid (LIKE inet6)",
        "INSERT INTO t VALUES ('CREATE SEQUENCE s', 'a->b', ') RETURNING x') /* RETURNING a */",
        "DELETE FROM t WHERE a = returning",
        "DELETE FROM returning WHERE (a) = returning AND b",
        "DELETE history FROM history JOIN t",
        "INSERT INTO t SELECT (1) returning FROM u",
        "ALTER TABLE t ADD x INT DEFAULT (IF(1 > 0, 1, 2)), ADD y INT COMMENT 'IF EXISTS'",
        "CREATE OR REPLACE DEFINER=user SQL SECURITY INVOKER VIEW v AS SELECT 1",
        "CREATE OR REPLACE DEFINER=`table`@`index` VIEW v AS SELECT 1",
        "CREATE OR REPLACE VIEW v AS SELECT 1",
        "CREATE TABLE t (a INT, persistent INT, INDEX (a), invisible INT)",
        "CREATE INDEX invisible ON t (a, b(9)) COMMENT 'IGNORED'",
        "CREATE TABLE t (a INT INVISIBLE, b INT GENERATED ALWAYS AS (a - (1 > 0)) STORED)",
        "ALTER TABLE t ADD srid INT, ADD enforced INT, MODIFY a INT CHECK (a > 1)",
        "CREATE TABLE t (a INT, CONSTRAINT c CHECK ((a) > 1), srid INT DEFAULT 4)",
        "INSERT INTO t (a) VALUES (1), (2) ON DUPLICATE KEY UPDATE a = VALUES(a)",
        "INSERT INTO t (a) SELECT x FROM (SELECT 1 AS x) AS y ON DUPLICATE KEY UPDATE a = y.x",
        "SELECT a, lateral FROM t",
        "UPDATE t SET a = b -1 WHERE c - 1 > 0",
        "SET statement = 1",
        "EXECUTE immediate",
        "ALTER TABLE wait ADD a INT",
        "ALTER TABLE t ADD UNIQUE KEY (a), ADD FOREIGN KEY (a) REFERENCES u (a), ALTER INDEX a COMMENT 'x'",
        "CREATE TABLE t (a TEXT COLLATE utf8mb4_unicode_ci COMMENT 'utf8mb4_0900_ai_ci uca1400_ai_ci')",
        "CREATE TABEL t (a INT)",
        "SELECT 'never closed",
    ] {
        assert_eq!((on_mysql(sql), on_mariadb(sql)), (None, None), "{sql}");
    }
}

#[test]
fn what_a_comment_hides_from_this_server_does_not_count() {
    assert_eq!(on_mysql("CREATE TABLE t (a INT) /*M! WITH SYSTEM VERSIONING */"), None);
    assert_eq!(on_mysql("CREATE TABLE t (a INT) /*!100300 WITH SYSTEM VERSIONING */"), None);
    assert_eq!(on_mysql("/*! CREATE SEQUENCE s */"), Some("sequences"));
    assert_eq!(on_mariadb("CREATE INDEX i ON t (a) /*!80000 INVISIBLE */"), None);
    assert!(on_mariadb("CREATE INDEX i ON t (a) /*! INVISIBLE */").is_some());
    assert!(on_mariadb("ALTER TABLE t /*!50601 DROP CHECK c */").is_some());
    assert_eq!(on_mariadb("ALTER TABLE t /*!12 DROP CHECK c */"), None);
}

#[test]
fn a_server_that_may_have_learned_it_is_left_to_say_so() {
    let newer = |kind, version| {
        let sql = if kind == EngineKind::Mysql { "CREATE SEQUENCE s" } else { "ALTER TABLE t DROP CHECK c" };
        of(sql, kind, version)
    };
    assert!(newer(EngineKind::Mysql, "8.0.36").is_some() && newer(EngineKind::Mariadb, "11.8.2-MariaDB").is_some());
    assert_eq!(newer(EngineKind::Mysql, "9.8.0"), None);
    assert_eq!(newer(EngineKind::Mariadb, "12.1.0-MariaDB"), None);
    assert_eq!(newer(EngineKind::Mysql, "unknown"), None);
    let collated = "CREATE TABLE t (a TEXT) COLLATE=utf8mb4_0900_ai_ci";
    assert!(of(collated, EngineKind::Mariadb, "10.11.19-MariaDB").is_some());
    assert_eq!(of(collated, EngineKind::Mariadb, "11.4.5-MariaDB"), None);
    assert_eq!(of("CREATE SEQUENCE s", EngineKind::Embedded, "3.51.3"), None);
}
