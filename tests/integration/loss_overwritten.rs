//! What a down file writes over is a loss too: listed with its size where that can be counted, and never run unasked.

use crate::binary::AuraDb;
use crate::project::{Project, contains};
use crate::servers::{Server, both};

const TABLE: &str = "CREATE TABLE t (id INT PRIMARY KEY, word VARCHAR(9), n INT NOT NULL DEFAULT 0, code INT UNIQUE) \
                     DEFAULT CHARSET utf8mb4";

/// A project whose newest migration has this down file; its table has three rows that the app made.
fn project(server: &'static Server, down: &str) -> Project {
    let project = Project::new(server, "loss_overwritten");
    let child =
        "CREATE TABLE u (id INT PRIMARY KEY, t_code INT, FOREIGN KEY (t_code) REFERENCES t (code) ON UPDATE CASCADE)";
    project.up(1, format!("{TABLE}; {child}"));
    project.pair(2, "CREATE TABLE other (id INT)", down);
    project.run("migrate").exits(0);
    project.database.run(
        "INSERT INTO t (id, word, n, code) VALUES (1, 'one', 1, 11), (2, 'two', 2, 12), (3, NULL, 3, 13); \
         INSERT INTO u VALUES (1, 11), (2, 12)",
    );
    project
}

#[test]
fn values_that_are_overwritten_are_listed_and_kept() {
    let cases: &[(&str, &str)] = &[
        ("UPDATE t SET word = 'x' WHERE id < 3", "t: 2 rows, because UPDATE overwrites word ("),
        ("UPDATE t SET word = 'One', n = 1 WHERE id < 3", "t: 2 rows, because UPDATE overwrites word, n ("),
        ("UPDATE t SET n = 1", "t: 2 rows, because UPDATE overwrites n ("),
        ("UPDATE t SET n = n + 1", "t: 3 rows, because UPDATE overwrites n ("),
        ("UPDATE t AS x SET x.n = 9 WHERE x.id = 2", "t: 1 row, because UPDATE overwrites n ("),
        ("UPDATE t SET word = 'x' LIMIT 1", "t: unknown size, because UPDATE overwrites word, and a LIMIT"),
        (
            "UPDATE t SET word = 'a\\\\b' WHERE word <> '\\\\'",
            "t: unknown size, because UPDATE overwrites word, and its condition",
        ),
        (
            "SET @id = 2; UPDATE t SET n = 0 WHERE id = @id",
            "t: unknown size, because UPDATE overwrites n, and its condition is known",
        ),
        ("UPDATE t SET code = code + 100 WHERE id = 1", "u: 1 row, because ON UPDATE CASCADE overwrites t_code ("),
        (
            "UPDATE t JOIN u ON u.id = t.id SET t.n = 0",
            "unknown, because values are changed in tables that could not be read (",
        ),
        (
            "RENAME TABLE t TO v; UPDATE v SET v.n = 0 WHERE v.id = 3; RENAME TABLE v TO t",
            "t: 1 row, because UPDATE overwrites n (",
        ),
        (
            "REPLACE INTO t (id, word) VALUES (1, 'new'), (9, 'nine')",
            "t: 1 row, because REPLACE overwrites their values (",
        ),
        ("REPLACE INTO t (id, code) VALUES (8, 12), (9, 13)", "t: 2 rows, because REPLACE overwrites their values ("),
        (
            "REPLACE INTO t SELECT * FROM t",
            "t: unknown size, because REPLACE overwrites their values, and which rows it meets depends on a query (",
        ),
        (
            "INSERT INTO t (id, n) VALUES (1, 1), (2, 7), (9, 9) ON DUPLICATE KEY UPDATE n = VALUES(n)",
            "t: 1 row, because ON DUPLICATE KEY UPDATE overwrites n (",
        ),
        (
            "INSERT INTO t (id) VALUES (1) ON DUPLICATE KEY UPDATE n = n + 1",
            "t: 1 row, because ON DUPLICATE KEY UPDATE overwrites n (",
        ),
        (
            "LOAD DATA INFILE '/nowhere' REPLACE INTO TABLE t",
            "t: unknown size, because LOAD DATA … REPLACE overwrites their values, and which ones",
        ),
        (
            "DELETE FROM t WHERE id = (SELECT MAX(id) FROM u) LIMIT 1",
            "t: unknown size, because which rows are deleted could not be read",
        ),
    ];
    for server in both() {
        let project = project(server, "DROP TABLE other");
        let before = project.contents();
        for (down, expected) in cases {
            project.file("migrations/2_step.down.sql", down);
            contains(&project.run("rollback").exits(4).stderr, expected);
            assert_eq!(project.contents(), before, "{}: {down}", server.engine());
        }
        project.file("migrations/2_step.down.sql", "UPDATE t SET word = 'x' WHERE id < 3; DROP TABLE other");
        contains(&project.run("rollback --dry-run").exits(0).stderr, "would lose t: 2 rows, because UPDATE");
        contains(&project.run("rollback --archive").exits(4).stderr, "what this does to t cannot be archived");
        assert_eq!(project.contents(), before, "{}", server.engine());
        project.run("rollback --discard-data").exits(0);
        assert_eq!(project.database.column("SELECT COALESCE(word, '-') FROM t ORDER BY id"), ["x", "x", "-"]);
    }
}

#[test]
fn what_changes_nothing_that_is_there_runs_unasked() {
    let harmless = [
        "UPDATE t SET word = 'one' WHERE id = 1",
        "UPDATE t SET n = 5 WHERE id > 3",
        "UPDATE t SET n = n, word = t.word",
        "REPLACE INTO t (id, word, n, code) VALUES (3, NULL, 3, 13), (9, 'nine', 9, 19)",
        "INSERT INTO t (id, n) VALUES (1, 1), (9, 9) ON DUPLICATE KEY UPDATE n = VALUES(n)",
        "INSERT INTO t (id) VALUES (1) ON DUPLICATE KEY UPDATE id = id",
        "INSERT IGNORE INTO t (id, n) VALUES (1, 9)",
        "UPDATE other SET id = 1",
    ];
    for server in both() {
        for down in harmless {
            project(server, down).run("rollback").exits(0);
        }
    }
}

#[test]
fn what_a_migration_wrote_itself_is_no_loss_until_it_is_changed() {
    for server in both() {
        let fresh = || {
            let project = Project::new(server, "loss_reversed");
            project.pair(
                1,
                &format!("{TABLE}; INSERT INTO t (id, word) VALUES (1, 'one'), (2, 'two')"),
                "DROP TABLE t",
            );
            project.pair(2, "UPDATE t SET word = 'uno' WHERE id = 1", "UPDATE t SET word = 'one' WHERE id = 1");
            project.run("migrate").exits(0);
            project
        };
        let kept = fresh();
        kept.run("rollback").exits(0);
        assert_eq!(kept.database.value("SELECT word FROM t WHERE id = 1").unwrap(), "one");
        fresh().run("rollback all").exits(0);
        let changed = fresh();
        changed.database.run("UPDATE t SET word = 'Uno' WHERE id = 1");
        contains(&changed.run("rollback").exits(4).stderr, "t: 1 row, because UPDATE overwrites word (");
        contains(&changed.run("rollback all").exits(4).stderr, "t: 1 row (migrations/1_step.down.sql:1:1)");
        // Whose rows these are is not known by a key.
        let wide = fresh();
        wide.pair(3, "UPDATE t SET n = 7", "UPDATE t SET n = 0");
        wide.run("migrate").exits(0);
        contains(&wide.run("rollback").exits(4).stderr, "t: 2 rows, because UPDATE overwrites n (");
    }
}

#[test]
fn a_wider_definition_loses_nothing_and_a_narrower_one_is_said() {
    let harmless = [
        "MODIFY word VARCHAR(20)",
        "MODIFY word VARCHAR(9) NULL DEFAULT 'x' COMMENT 'a, b' AFTER n",
        "CHANGE word label TEXT CHARACTER SET utf8mb4",
        "MODIFY n BIGINT NOT NULL, MODIFY code INT NULL",
        "MODIFY n INT NOT NULL FIRST",
        "MODIFY n SMALLINT NOT NULL",
        "CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    ];
    let narrower = [
        (
            "MODIFY word VARCHAR(2)",
            "t.word: 2 values, because values may change, as the column gets another definition: at most 2",
        ),
        ("MODIFY word VARCHAR(9) NOT NULL", "t.word: 1 value, because NULL is no longer allowed"),
        ("MODIFY word VARCHAR(20) CHARACTER SET ascii", "t.word: 2 values, because values may change"),
        ("DEFAULT CHARSET latin1, MODIFY word VARCHAR(20)", "latin1 lacks characters that utf8mb4 has"),
        ("MODIFY n FLOAT, MODIFY code INT", "t.n: 3 values, because values may change"),
        ("MODIFY word VARCHAR(9) AS (CONCAT(n, '')) STORED", "t.word: 2 values, because values may change"),
    ];
    for server in both() {
        let listed = project(server, "DROP TABLE other");
        for (clauses, expected) in narrower {
            listed.file("migrations/2_step.down.sql", format!("ALTER TABLE t {clauses}"));
            contains(&listed.run("rollback").exits(4).stderr, expected);
        }
        for clauses in harmless {
            project(server, &format!("ALTER TABLE t {clauses}")).run("rollback").exits(0);
        }
    }
}

#[test]
fn letters_that_a_character_set_lacks_are_counted() {
    for server in both() {
        let project = project(server, "ALTER TABLE t CONVERT TO CHARACTER SET latin1");
        project.run("rollback --dry-run").exits(0);
        project.database.run("UPDATE t SET word = '日本' WHERE id = 1; UPDATE t SET word = 'é' WHERE id = 2");
        let refused = project.run("rollback").exits(4).stderr;
        contains(&refused, "t.word: 1 value, because latin1 lacks characters that utf8mb4 has (");
        project.database.run("UPDATE t SET word = 'x' WHERE id = 1");
        project.run("rollback").exits(0);
        assert_eq!(project.database.value("SELECT word FROM t WHERE id = 2").unwrap(), "é");
    }
}

#[test]
fn rows_that_an_earlier_statement_changes_are_not_counted_by_what_they_are_today() {
    let cases = [
        (
            "UPDATE t SET n = 9 WHERE id > 1; DELETE FROM t WHERE n = 9",
            "t: unknown size, because an earlier statement changes rows of t (",
        ),
        (
            "UPDATE t SET n = 9 WHERE id > 1; UPDATE t SET word = 'x' WHERE n = 9",
            "UPDATE overwrites word, and an earlier statement changes rows of t (",
        ),
        (
            "DELETE FROM u; DELETE FROM t WHERE id NOT IN (SELECT id FROM u)",
            "t: unknown size, because an earlier statement changes rows of u (",
        ),
        (
            "ALTER TABLE t RENAME COLUMN n TO m; DELETE FROM t WHERE m = 2",
            "t: unknown size, because an earlier statement gives column m another name",
        ),
        (
            "PREPARE s FROM 'UPDATE t SET n = 9'; EXECUTE s; DELETE FROM t WHERE n = 9",
            "t: unknown size, because an earlier statement changes rows that could not be read (",
        ),
        ("UPDATE t SET n = 9; DELETE FROM t", "t: 3 rows (migrations/2_step.down.sql:1:21)"),
    ];
    for server in both() {
        let project = project(server, "DROP TABLE other");
        for (down, expected) in cases {
            project.file("migrations/2_step.down.sql", down);
            contains(&project.run("rollback").exits(4).stderr, expected);
        }
    }
}

#[test]
fn many_tables_are_asked_about_together_and_each_has_its_own_answer() {
    for server in both() {
        let project = Project::new(server, "loss_many");
        for version in 1..=150 {
            let table = format!("CREATE TABLE t{version} (id INT PRIMARY KEY); INSERT INTO t{version} (id) VALUES (1)");
            project.pair(version, &table, &format!("DROP TABLE t{version}"));
        }
        project.pair(151, "CREATE TABLE more (id INT)", "DELETE FROM t2 WHERE nothing = 1; DROP TABLE more");
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO t120 VALUES (2), (3); DELETE FROM t7; UPDATE t9 SET id = 9");
        let refused = project.run("rollback all").exits(4).stderr;
        contains(&refused, "\n  t120: 2 rows (");
        contains(&refused, "\n  t9: 1 row (");
        assert_eq!(refused.matches("_step.down.sql").count(), 2, "{refused}");
        project.file("migrations/150_step.down.sql", "ALTER TABLE t150 ADD x INT; DELETE FROM t150 WHERE x = 1");
        let refused = project.run("rollback all").exits(4).stderr;
        contains(&refused, "\n  t150: unknown size, because the rows could not be counted: ");
        contains(&refused, "\n  t120: 2 rows (");
    }
}

#[test]
fn the_embedded_engine_lists_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| std::fs::write(folder.path().join("migrations").join(file), text).unwrap();
    let run = |line: &str| AuraDb::new(line.split_whitespace()).at(folder.path()).run();
    std::fs::create_dir(folder.path().join("migrations")).unwrap();
    write(
        "1_a.up.sql",
        "CREATE TABLE t (id INT PRIMARY KEY, word VARCHAR(9), n INT);\nINSERT INTO t (id, word) VALUES (1, 'one'), (2, 'two')",
    );
    write("1_a.down.sql", "DROP TABLE t");
    // An insert without columns is nobody's seed.
    write("2_b.up.sql", "INSERT INTO t VALUES (3, 'three', 3);\nUPDATE t SET word = 'uno' WHERE id = 1");
    for (down, expected) in [
        ("UPDATE t SET n = 1 WHERE id > 1", Some("t: 2 rows, because UPDATE overwrites n (")),
        ("UPDATE t SET word = 'Three' WHERE id = 3", Some("t: 1 row, because UPDATE overwrites word (")),
        ("REPLACE INTO t (id, word) VALUES (3, 'x')", Some("t: 1 row, because REPLACE overwrites their values (")),
        (
            "INSERT INTO t (id, n) VALUES (3, 4) ON DUPLICATE KEY UPDATE n = VALUES(n)",
            Some("t: 1 row, because ON DUPLICATE KEY UPDATE overwrites n ("),
        ),
        (
            "UPDATE t SET n = 4 WHERE id = 3; DELETE FROM t WHERE n = 4",
            Some("t: unknown size, because an earlier statement"),
        ),
        ("UPDATE t SET word = 'one' WHERE id = 1", None),
    ] {
        write("2_b.down.sql", down);
        run("migrate").exits(0);
        match expected {
            Some(expected) => contains(&run("rollback").exits(4).stderr, expected),
            None => drop(run("rollback").exits(0)),
        }
    }
}
