//! What comes back from an archive is what was put aside, byte for byte, or it stays there with the reason.

use crate::project::{Project, contains};
use crate::servers::{Server, ask, both};

const KINDS: &str = "CREATE TABLE kinds (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    tiny TINYINT, wide BIGINT, exact DECIMAL(40,12), approximate DOUBLE, short_float FLOAT, bits BIT(9),
    day DATE, moment DATETIME(6), stamp TIMESTAMP(3) NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP(3), lasted TIME(2),
    the_year YEAR, fixed CHAR(5), word VARCHAR(40) CHARACTER SET utf8mb4, old VARCHAR(20) CHARACTER SET latin1,
    bytes BINARY(4), raw VARBINARY(20), big LONGBLOB, prose LONGTEXT, choice ENUM('a', 'b'), several SET('x', 'y', 'z'),
    doc JSON, place POINT,
    stored_twice DECIMAL(42,12) GENERATED ALWAYS AS (exact * 2) STORED,
    length_now INT GENERATED ALWAYS AS (CHAR_LENGTH(word)) VIRTUAL)";

const ROWS: &str = "INSERT INTO kinds (id, tiny, wide, exact, approximate, short_float, bits, day, moment, stamp, lasted,
    the_year, fixed, word, old, bytes, raw, big, prose, choice, several, doc, place) VALUES
    (0, -128, -9223372036854775808, -1234567890123456789012345678.000000000001, 0.1, 1.17549e-38, b'101010101',
     '0000-00-00', '0000-00-00 00:00:00', '1970-01-01 12:00:01.001', '-838:59:58.99', 0, 'a  ', 'Grüße 🦀 \\\\ '' \\n', 'café',
     x'00ff0000', x'', REPEAT(x'00ff27', 100000), REPEAT('ß', 50000), 'a', '', '{\"a\": [1, 2.50, null], \"ü\": \"\\\\u0000\"}',
     ST_GeomFromText('POINT(1.5 -2)')),
    (7, 127, 9223372036854775807, 0.000000000000, -1.7976931348623157e308, NULL, b'0', '9999-12-31',
     '9999-12-31 23:59:59.999999', NULL, '00:00:00.01', 2155, '', '', '', x'', x'27005c', '', '', NULL, 'x,z', 'null', NULL),
    (18446744073709551000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL)";

/// Every value of a table as the hex of its bytes.
fn bytes(project: &Project, table: &str) -> Vec<Vec<Option<String>>> {
    let columns = project.database.column(&format!(
        "SELECT CAST(column_name AS CHAR) FROM information_schema.columns WHERE table_schema = DATABASE() AND \
         table_name = '{table}' ORDER BY ordinal_position"
    ));
    let values: Vec<String> = columns.iter().map(|column| format!("HEX(CONCAT(`{column}`))")).collect();
    project.database.rows(&format!("SELECT {} FROM `{table}` ORDER BY 1", values.join(", ")))
}

fn filled(server: &'static Server, name: &str) -> Project {
    let project = Project::new(server, name);
    project.pair(1, KINDS, "DROP TABLE kinds");
    project.run("migrate").exits(0);
    let mut session = project.database.connect();
    ask(&mut session, "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'");
    ask(&mut session, ROWS);
    project
}

#[test]
fn every_kind_of_value_comes_back_byte_for_byte() {
    for server in both() {
        let project = filled(server, "archive_kinds");
        let before = (bytes(&project, "kinds"), project.database.rows("SHOW CREATE TABLE kinds"));
        assert_eq!(before.0.len(), 3);
        project.run("rollback --archive").exits(0);
        contains(&project.run("migrate").exits(0).stderr, "restored table kinds: 3 rows");
        // Not assert_eq, which would print it all.
        let after = (bytes(&project, "kinds"), project.database.rows("SHOW CREATE TABLE kinds"));
        assert!(after == before, "{}", server.engine());
        assert_eq!(project.run("status --check").exits(0).stdout.matches("archive").count(), 0);
    }
}

#[test]
fn every_kind_of_column_comes_back_byte_for_byte() {
    for server in both() {
        let project = filled(server, "archive_kind_columns");
        let kinds = KINDS.lines().skip(2).collect::<Vec<_>>().join(" ");
        let kinds = kinds.split("stored_twice").next().unwrap().trim_end().trim_end_matches(',').to_owned();
        let names = "tiny wide exact approximate short_float bits day moment stamp lasted the_year fixed word old bytes \
                     raw big prose choice several doc place";
        let drops: Vec<String> = names.split(' ').map(|name| format!("DROP COLUMN {name}")).collect();
        project.database.run(
            "ALTER TABLE kinds DROP COLUMN stored_twice, DROP COLUMN length_now; \
             UPDATE kinds SET day = NULL, moment = NULL WHERE id = 0",
        );
        let before = bytes(&project, "kinds");
        // As a migration that had added them all would be.
        project.pair(2, "SELECT 1", &format!("ALTER TABLE kinds {}", drops.join(", ")));
        project.run("migrate").exits(0);
        project.run("rollback --archive").exits(0);
        project.up(2, format!("ALTER TABLE kinds ADD COLUMN ({kinds})"));
        project.run("migrate").exits(0);
        assert!(bytes(&project, "kinds") == before, "{}", server.engine());
    }
}

#[test]
fn keys_that_are_taken_keep_the_archive_until_they_are_free() {
    for server in both() {
        let project = Project::new(server, "archive_clash");
        let up = "CREATE TABLE t (id INT PRIMARY KEY, word VARCHAR(9) UNIQUE)";
        project.pair(1, up, "DROP TABLE t");
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, NULL)");
        project.run("rollback --archive").exits(0);
        project.run("migrate --no-restore").exits(0);
        for (row, count) in [("(1, 'other')", 1), ("(9, 'TWO')", 1), ("(8, NULL)", 0)] {
            project.database.run(&format!("DELETE FROM t; INSERT INTO t VALUES {row}"));
            let before = project.database.rows("SELECT * FROM t");
            if count == 1 {
                let kept = project.run("rollback --restore").exits(4);
                contains(&kept.stderr, "not restored: table t, because 1 rows of table t have keys of archived rows");
                contains(&kept.stderr, "it is kept as _aura_db_archive_1_t");
                assert_eq!(project.database.rows("SELECT * FROM t"), before, "{}", server.engine());
                assert_eq!(project.database.rows("SELECT * FROM _aura_db_archive_1_t").len(), 3);
            }
        }
        project.run("rollback --restore").exits(0);
        assert_eq!(project.database.column("SELECT id FROM t ORDER BY id"), ["1", "2", "3", "8"]);
        contains(&project.run("rollback --restore").exits(0).stderr, "there is no archive");
    }
}

#[test]
fn a_table_that_another_refers_to_goes_only_when_the_reference_does() {
    let parent = "CREATE TABLE parent (id INT PRIMARY KEY)";
    for server in both() {
        let project = Project::new(server, "archive_referred");
        project.pair(1, parent, "DROP TABLE parent");
        project.run("migrate").exits(0);
        project.database.run(
            "CREATE TABLE child (id INT PRIMARY KEY, parent_id INT, \
             CONSTRAINT its_parent FOREIGN KEY (parent_id) REFERENCES parent (id)); \
             INSERT INTO parent VALUES (1), (2); INSERT INTO child VALUES (5, 2)",
        );
        let before = project.contents();
        let refused = project.run("rollback --archive").exits(4);
        contains(&refused.stderr, "table parent cannot be archived: foreign key its_parent of child, which stays");
        assert_eq!(project.contents(), before, "{}", server.engine());
        project.file("migrations/1_step.down.sql", "ALTER TABLE child DROP FOREIGN KEY its_parent;\nDROP TABLE parent");
        project.run("rollback --archive").exits(0);
        project.run("migrate").exits(0);
        assert_eq!(project.database.column("SELECT id FROM parent ORDER BY id"), ["1", "2"]);
        assert_eq!(project.database.column("SELECT parent_id FROM child"), ["2"]);
    }
}

#[test]
fn a_row_that_would_refer_to_nothing_keeps_the_archive() {
    for server in both() {
        let project = Project::new(server, "archive_orphan");
        project.pair(1, "CREATE TABLE parent (id INT PRIMARY KEY)", "DROP TABLE parent");
        project.pair(
            2,
            "CREATE TABLE child (id INT PRIMARY KEY, parent_id INT, FOREIGN KEY (parent_id) REFERENCES parent (id))",
            "DROP TABLE child",
        );
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO parent VALUES (1), (2); INSERT INTO child VALUES (1, 1), (2, 2)");
        project.run("rollback --archive").exits(0);
        project.database.run("DELETE FROM parent WHERE id = 2");
        let kept = project.run("migrate").exits(0);
        contains(&kept.stderr, "not restored: table child, because 1 rows of table child would refer by ");
        contains(&kept.stderr, "to rows that are not in parent; it is kept as _aura_db_archive_2_child");
        assert_eq!(project.database.rows("SELECT * FROM child").len(), 0, "{}: all or nothing", server.engine());
        project.database.run("INSERT INTO parent VALUES (2)");
        project.run("rollback --restore").exits(0);
        assert_eq!(project.database.rows("SELECT * FROM child").len(), 2);
    }
}

#[test]
fn a_table_that_is_not_there_gets_its_archive_back_under_its_name() {
    for server in both() {
        let project = Project::new(server, "archive_renamed");
        project.pair(
            1,
            "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, word VARCHAR(9)); CREATE TABLE u (id INT PRIMARY KEY)",
            "DROP TABLE u; DROP TABLE t",
        );
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO t VALUES (4, 'four'), (9, NULL); INSERT INTO u VALUES (1)");
        let before = project.database.rows("SHOW CREATE TABLE t");
        project.run("rollback --archive").exits(0);
        project.database.run("CREATE VIEW u AS SELECT 1 AS id");
        let restored = project.run("rollback --restore").exits(4);
        contains(&restored.stderr, "restored table t: 2 rows, renamed back from _aura_db_archive_1_t");
        contains(&restored.stderr, "migration 1 is still rolled back");
        contains(&restored.stderr, "not restored: table u, because");
        assert_eq!(project.database.rows("SHOW CREATE TABLE t"), before, "{}", server.engine());
        assert_eq!(project.database.column("SELECT id FROM t ORDER BY id"), ["4", "9"]);
        project.database.run("DROP VIEW u");
        project.run("rollback --restore").exits(0);
        assert_eq!(project.database.column("SELECT id FROM u"), ["1"]);
        assert_eq!(project.states(), ["1 pending"]);
        // The migration that makes them finds them in its way, with what was written since.
        project.database.run("INSERT INTO t VALUES (12, 'twelve')");
        for verb in ["migrate", "apply all"] {
            let migrated = project.run(verb).exits(0);
            contains(
                &migrated.stderr,
                "table t, which had been renamed back, is put aside while migration 1 makes it anew",
            );
            contains(&migrated.stderr, "restored table t: 3 rows");
            assert_eq!(
                project.database.column("SELECT id FROM t ORDER BY id"),
                ["4", "9", "12"],
                "{}",
                server.engine()
            );
            assert_eq!(project.database.column("SELECT id FROM u"), ["1"]);
            assert_eq!(project.states(), ["1 applied"]);
            project.run("rollback --archive").exits(0);
            project.run("rollback --restore").exits(0);
        }
        // A key to it that came later is in the way, and said.
        project.database.run("CREATE TABLE later (t INT, CONSTRAINT of_t FOREIGN KEY (t) REFERENCES t (id))");
        let refused = project.run("migrate").exits(4);
        contains(&refused.stderr, "the foreign key later.of_t refers to it");
        assert_eq!(project.database.column("SELECT id FROM t ORDER BY id"), ["4", "9", "12"], "{}", server.engine());
        project.database.run("DROP TABLE later; DROP TABLE t");
        project.run("migrate").exits(0);
        assert_eq!(project.database.column("SELECT id FROM t"), [""; 0]);
        assert_eq!(project.database.column("SELECT id FROM u"), ["1"]);
    }
}
