//! A rollback that would lose rows or values says so and stops, unless that is what was asked for.

use crate::project::{Project, contains};
use crate::servers::both;

#[test]
fn rows_of_tables_that_would_go_are_counted() {
    for server in both() {
        let project = Project::shipped(server, "loss_rows");
        project.run("migrate").exits(0);
        project.database.run(
            "INSERT INTO users (username, email, password) VALUES ('a', 'a', 'a'), ('b', 'b', 'b'); \
             INSERT INTO messages (channel_id, content) VALUES ('general', 'hello')",
        );
        let before = project.contents();
        let refused = project.run("rollback all").exits(4);
        contains(&refused.stderr, "this rollback would lose data, so nothing was done:\n");
        contains(&refused.stderr, "  users: 2 rows (migrations/20260105090000_create_users.down.sql:1:1)\n");
        contains(&refused.stderr, "  messages: 1 row (migrations/20260105090300_create_messages.down.sql:1:1)\n");
        contains(&refused.stderr, "pass --discard-data to go on");
        assert!(
            !refused.stderr.contains("channels:"),
            "the rows of the migration itself are as it made them: {}",
            refused.stderr
        );
        assert_eq!((refused.stdout.as_str(), project.contents()), ("", before.clone()), "{}", server.engine());
        contains(&project.run("rollback all --dry-run").exits(0).stderr, "would lose users: 2 rows");
        assert_eq!(project.contents(), before);
        project.run("rollback indexes").exits(0);
        project.run("rollback all --discard-data").exits(0);
        assert_eq!(project.tables(), ["_sqlx_migrations"]);
    }
}

#[test]
fn rows_that_a_migration_made_count_once_somebody_has_changed_them() {
    let changes = [
        ("UPDATE channels SET description = 'ours' WHERE id = 'general'", 1),
        ("UPDATE channels SET hidden = TRUE WHERE id = 'levels'", 1),
        ("UPDATE channels SET display_name = NULL", 4),
        ("INSERT INTO channels (id, name) VALUES ('ours', 'ours')", 1),
    ];
    for server in both() {
        for (change, rows) in changes {
            let project = Project::shipped(server, "loss_seeds");
            project.run("migrate --to 20260105090200").exits(0);
            project.database.run(change);
            let refused = project.run("rollback all").exits(4);
            let counted = if rows == 1 { "channels: 1 row (".into() } else { format!("channels: {rows} rows (") };
            contains(&refused.stderr, &counted);
            assert_eq!(refused.stderr.matches("channels: ").count(), 1, "{change}: {}", refused.stderr);
            project.run("rollback all --discard-data").exits(0);
        }
        let project = Project::shipped(server, "loss_seeds");
        project.run("migrate --to 20260105090200").exits(0);
        project.run("rollback all").exits(0);
    }
}

#[test]
fn values_of_columns_and_deleted_rows_are_counted() {
    let cases = [
        ("ALTER TABLE t DROP COLUMN word", "t.word: 2 values ("),
        ("ALTER TABLE t MODIFY word VARCHAR(2)", "t.word: 2 values, because values may change"),
        ("DELETE FROM t WHERE id > 1", "t: 2 rows ("),
        ("TRUNCATE TABLE t", "t: 3 rows ("),
        ("DROP TABLE IF EXISTS t, nowhere", "t: 3 rows ("),
        ("RENAME TABLE t TO u; DROP TABLE u", "t: 3 rows ("),
        (
            "PREPARE s FROM 'DELETE FROM t'; EXECUTE s",
            "unknown, because what `EXECUTE s` does cannot be read from it (",
        ),
        (
            "CREATE TABLE new (id INT); ALTER TABLE t DROP COLUMN word",
            "t.word: 2 values (migrations/1_step.down.sql:1:28)",
        ),
    ];
    for server in both() {
        let project = Project::new(server, "loss_values");
        project.pair(1, "CREATE TABLE t (id INT PRIMARY KEY, word VARCHAR(9), unused INT)", "DROP TABLE t");
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO t (id, word) VALUES (1, 'one'), (2, 'two'), (3, NULL)");
        let before = project.contents();
        for (down, expected) in cases {
            project.file("migrations/1_step.down.sql", down);
            contains(&project.run("rollback").exits(4).stderr, expected);
            assert_eq!(project.contents(), before, "{}: {down}", server.engine());
        }
        project.file("migrations/1_step.down.sql", "ALTER TABLE t DROP COLUMN unused; DELETE FROM t WHERE id > 99");
        project.run("rollback").exits(0);
        assert_eq!(project.database.value("SELECT COUNT(*) FROM t").unwrap(), "3");
    }
}

#[test]
fn an_index_that_a_foreign_key_needs_stays() {
    for server in both() {
        let project = Project::new(server, "loss_needed");
        project.up(1, "CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, p INT)");
        project.pair(2, "CREATE INDEX needed ON c (p)", "DROP INDEX needed ON c");
        project.up(3, "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p (id); INSERT INTO p VALUES (1)");
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO c VALUES (1, 1)");
        let before = project.contents();
        let refused = project.run("rollback indexes").exits(4);
        contains(&refused.stderr, "migrations/2_step.down.sql:1:1: the foreign key fk of c needs index needed on c");
        assert_eq!(project.contents(), before, "{}", server.engine());
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 applied"]);
    }
}

#[test]
fn only_values_that_do_not_fit_count() {
    for server in both() {
        let project = Project::new(server, "loss_fit");
        let back = "ALTER TABLE t MODIFY word VARCHAR(3), MODIFY small TINYINT";
        project.pair(1, "CREATE TABLE t (id INT PRIMARY KEY, word VARCHAR(3), small TINYINT)", "DROP TABLE t");
        project.pair(2, "ALTER TABLE t MODIFY word VARCHAR(30), MODIFY small INT", back);
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO t VALUES (1, 'abc', 127), (2, 'äöü', -128), (3, NULL, NULL)");
        project.run("rollback").exits(0);
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO t VALUES (4, 'long', 128), (5, 'longer', 1)");
        let refused = project.run("rollback").exits(4);
        contains(&refused.stderr, "t.word: 2 values, because");
        contains(&refused.stderr, "t.small: 1 value, because");
        // What an earlier statement makes of the values is not known.
        project
            .file("migrations/2_step.down.sql", format!("UPDATE t SET word = CONCAT(word, '!') WHERE id = 1;\n{back}"));
        contains(&project.run("rollback").exits(4).stderr, "t.word: 4 values, because");
    }
}

#[test]
fn a_row_that_a_migration_made_is_known_under_another_columns_name() {
    for server in both() {
        let project = Project::new(server, "loss_renamed");
        project.pair(1, "CREATE TABLE u (id INT PRIMARY KEY, full_name VARCHAR(20), extra INT)", "DROP TABLE u");
        project.pair(2, "INSERT INTO u (id, full_name, extra) VALUES (1, 'x', 2)", "DELETE FROM v WHERE id = 1");
        project.pair(
            3,
            "ALTER TABLE u RENAME COLUMN full_name TO name, DROP COLUMN extra; RENAME TABLE u TO v",
            "RENAME TABLE v TO u; ALTER TABLE u RENAME COLUMN name TO full_name, ADD extra INT",
        );
        project.file("migrations/2_step.down.sql", "DELETE FROM u WHERE id = 1");
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO v VALUES (2, 'y')");
        let refused = project.run("rollback all").exits(4);
        contains(&refused.stderr, "v: 1 row (migrations/1_step.down.sql");
        project.database.run("DELETE FROM v WHERE id = 2");
        project.run("rollback all").exits(0);
    }
}

#[test]
fn rows_behind_a_view_are_rows_too() {
    for server in both() {
        let project = Project::new(server, "loss_view");
        project.database.run("CREATE TABLE base (id INT PRIMARY KEY, n INT); INSERT INTO base VALUES (1, 1), (2, 2)");
        project.database.run("CREATE VIEW v AS SELECT id, n FROM base");
        project.pair(1, "CREATE TABLE one (i INT)", "DROP TABLE one");
        project.pair(2, "CREATE TABLE two (i INT)", "DELETE FROM v;\nDROP TABLE two");
        project.pair(3, "CREATE TABLE three (i INT)", "UPDATE v SET n = 0;\nDROP TABLE three");
        project.run("migrate").exits(0);
        for version in [3, 2] {
            let refused = project.run("rollback").exits(4);
            contains(
                &refused.stderr,
                &format!("behind the view v are deleted or overwritten (migrations/{version}_step"),
            );
            assert_eq!(project.database.column("SELECT n FROM base"), ["1", "2"], "{}", server.engine());
            project
                .database
                .run(&format!("UPDATE _sqlx_migrations SET version = -{version} WHERE version = {version}"));
            std::fs::remove_file(project.path(format!("migrations/{version}_step.up.sql"))).unwrap();
            std::fs::remove_file(project.path(format!("migrations/{version}_step.down.sql"))).unwrap();
            project.database.run(&format!("DELETE FROM _sqlx_migrations WHERE version = -{version}"));
            project.database.run(&format!("DELETE FROM _aura_db_journal WHERE version = {version}"));
        }
    }
}

#[test]
fn rows_that_go_by_an_option_or_a_partition_are_told_for_what_they_are() {
    for server in both() {
        let project = Project::new(server, "loss_options");
        project.pair(
            1,
            "CREATE TABLE k (id INT PRIMARY KEY, n INT); CREATE TABLE empty_one (id INT); CREATE TABLE p (id INT) \
             PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20))",
            "SELECT 1",
        );
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO k VALUES (1, 1), (2, 2), (3, 3); INSERT INTO p VALUES (1)");
        let before = project.contents();
        let cases = [
            ("ALTER TABLE k ENGINE=BLACKHOLE", "k: 3 rows, because the engine BLACKHOLE keeps no rows ("),
            (
                "ALTER TABLE k COMMENT 'x' ENGINE = MEMORY",
                "k: 3 rows, because the engine MEMORY keeps rows only until the server stops (",
            ),
            (
                "ALTER TABLE k DISCARD TABLESPACE",
                "unknown, because the tablespace of k is discarded, with the rows in it (",
            ),
            ("ALTER TABLE p TRUNCATE PARTITION p0", "unknown, because a partition of p is emptied ("),
            ("ALTER TABLE p DROP PARTITION p0", "unknown, because a partition of p is dropped ("),
        ];
        for (down, expected) in cases {
            project.file("migrations/1_step.down.sql", down);
            contains(&project.run("rollback").exits(4).stderr, expected);
            assert_eq!(project.contents(), before, "{}: {down}", server.engine());
        }
        project.file("migrations/1_step.down.sql", "ALTER TABLE k ENGINE=BLACKHOLE");
        contains(&project.run("rollback --archive").exits(4).stderr, "what this does to k cannot be archived");
        // Where nothing is, nothing is lost; and the engine that a table has already keeps its rows.
        project.file("migrations/1_step.down.sql", "ALTER TABLE empty_one ENGINE=MEMORY; ALTER TABLE k ENGINE=InnoDB");
        project.run("rollback").exits(0);
        assert_eq!(project.database.rows("SELECT * FROM k").len(), 3, "{}", server.engine());
    }
}
