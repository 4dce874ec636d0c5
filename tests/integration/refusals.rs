//! What is refused before anything runs, and the odd files that are not refused.

use crate::project::{Project, contains};
use crate::servers::both;

#[test]
fn edited_missing_and_out_of_order_files_are_named() {
    for server in both() {
        let project = Project::new(server, "refusals_ledger");
        for version in [1, 2, 4] {
            project.pair(version, &format!("CREATE TABLE t{version} (id INT);\n"), &format!("DROP TABLE t{version};"));
        }
        project.run("migrate").exits(0);
        let applied = project.contents();
        project.up(1, "CREATE TABLE t1 (id INT, other INT);\n");
        std::fs::remove_file(project.path("migrations/2_step.up.sql")).unwrap();
        std::fs::remove_file(project.path("migrations/2_step.down.sql")).unwrap();
        project.pair(3, "CREATE TABLE t3 (id INT);", "DROP TABLE t3");
        for line in ["migrate", "apply all", "migrate --dry-run"] {
            let refused = project.run(line).exits(4);
            contains(
                &refused.stderr,
                "migrations/1_step.up.sql: edited: the file is not the one that was applied on 20",
            );
            contains(&refused.stderr, "migration 2 (step) is applied but its file is missing");
            contains(&refused.stderr, "migrations/3_step.up.sql: out of order");
        }
        contains(&project.run("rollback --steps 1").exits(4).stderr, "edited");
        project.run("status").exits(4);
        assert_eq!(project.states(), ["1 edited", "2 missing", "3 out of order", "4 applied"], "{}", server.engine());
        assert_eq!(project.contents(), applied);

        project.up(1, "CREATE TABLE t1 (id INT);\n");
        project.pair(2, "CREATE TABLE t2 (id INT);\n", "DROP TABLE t2");
        contains(&project.run("migrate").exits(4).stderr, "pass --allow-out-of-order");
        project.run("rollback --steps 1").exits(0);
        project.run("migrate").exits(0);
        project.pair(5, "CREATE TABLE t5 (id INT);\n", "DROP TABLE t5");
        project.run("migrate").exits(0);
        project.run("rollback --to 2").exits(0);
        std::fs::rename(project.path("migrations/3_step.up.sql"), project.path("3.sql")).unwrap();
        std::fs::rename(project.path("migrations/3_step.down.sql"), project.path("3.down.sql")).unwrap();
        project.run("migrate").exits(0);
        std::fs::rename(project.path("3.sql"), project.path("migrations/3_step.up.sql")).unwrap();
        std::fs::rename(project.path("3.down.sql"), project.path("migrations/3_step.down.sql")).unwrap();
        project.run("migrate").exits(4);
        project.run("migrate --allow-out-of-order").exits(0);
        assert_eq!(project.ledger(), ["1 1", "2 1", "3 1", "4 1", "5 1"]);
    }
}

#[test]
fn line_ends_do_not_make_a_file_another_one() {
    for server in both() {
        let project = Project::new(server, "refusals_ends");
        let unix = "-- a comment\nCREATE TABLE t (id INT\n);\n";
        let windows = unix.replace('\n', "\r\n");
        for (applied, found) in [(unix, windows.as_str()), (&windows, unix)] {
            project.pair(1, applied, "DROP TABLE t");
            project.run("migrate").exits(0);
            project.up(1, found);
            project.run("status --check").exits(0);
            project.run("rollback").exits(0);
        }
        project.up(1, format!("\u{feff}{windows}"));
        project.run("migrate").exits(0);
        project.up(1, format!("\u{feff}{unix}"));
        project.run("status --check").exits(0);
        project.up(1, unix.replace("INT", "INT "));
        project.run("status --check").exits(4);
    }
}

#[test]
fn unusable_files_are_refused_with_their_place() {
    let refused: [(&str, &[u8], &str); 6] = [
        (
            "2_x.up.sql",
            b"CREATE TABLE a (id INT);\nUSE elsewhere;",
            "migrations/2_x.up.sql:2:1: `USE elsewhere` would leave",
        ),
        ("2_x.up.sql", b"SELECT 1;\nSELECT '\xe4'", "migrations/2_x.up.sql:2: the file is not UTF-8"),
        ("2_x.up.sql", b"SELECT 1;\n  SELECT 'open", "migrations/2_x.up.sql:2:10: this quote is never closed"),
        ("1_other.up.sql", b"SELECT 1", "version 1 is already taken"),
        ("2_x.down.sql", b"SELECT 1", "no up file"),
        ("notes.sql", b"SELECT 1", "migrations/notes.sql: the name is not of the form"),
    ];
    for server in both() {
        for (file, text, expected) in refused {
            let project = Project::new(server, "refusals_files");
            project.up(1, "CREATE TABLE first (id INT)");
            project.file(&format!("migrations/{file}"), text);
            for line in ["migrate", "status", "apply all"] {
                contains(&project.run(line).exits(3).stderr, expected);
            }
            assert_eq!(project.tables(), [] as [&str; 0], "{}: {file}", server.engine());
        }
        let project = Project::new(server, "refusals_folder");
        contains(&project.run("migrate --migrations nowhere").exits(3).stderr, "--migrations DIR");
    }
}

#[test]
fn a_file_without_a_statement_keeps_nothing_from_running_but_itself() {
    for server in both() {
        let project = Project::new(server, "refusals_empty");
        project.pair(1, "CREATE TABLE first (id INT)", "-- nothing yet\n");
        project.run("migrate").exits(0);
        project.up(2, "-- nothing yet\n\n");
        project.run("status").exits(0);
        for line in ["migrate", "apply all"] {
            let refused = project.run(line).exits(3);
            contains(&refused.stderr, "migrations/2_step.up.sql: the file has no statement");
        }
        contains(&project.run("rollback").exits(4).stderr, "no down file with a statement");
        assert_eq!(project.ledger(), ["1 1"], "{}", server.engine());
    }
}

#[test]
fn a_missing_down_file_is_said_before_anything_is_rolled_back() {
    for server in both() {
        let project = Project::new(server, "refusals_down");
        project.file("migrations/1_one.sql", "CREATE TABLE one (id INT)");
        project.up(2, "CREATE TABLE two (id INT)");
        project.pair(3, "CREATE TABLE three (id INT)", "DROP TABLE three");
        project.run("migrate").exits(0);
        let before = project.contents();
        let refused = project.run("rollback all").exits(4);
        contains(&refused.stderr, "migrations/2_step.up.sql: this migration has no down file");
        contains(&refused.stderr, "write migrations/2_step.down.sql");
        assert_eq!(project.contents(), before, "{}", server.engine());
        project.run("rollback").exits(0);
        assert_eq!(project.ledger(), ["1 1", "2 1"]);
    }
}

#[test]
fn odd_texts_run_as_they_are_meant() {
    for server in both() {
        let project = Project::new(server, "refusals_odd");
        project.up(1, "CREATE TABLE `semi;colon` (id INT PRIMARY KEY, `--` VARCHAR(50)) COMMENT 'a; b'; -- c; d\n");
        project.up(
            2,
            "/* one; two */ INSERT INTO `semi;colon` VALUES (1, 'it''s; \\'here\\'; -- no comment'), (2, \"a;\"\"b\")",
        );
        project.up(3, "# hash; comment\nINSERT INTO `semi;colon` VALUES (3, 'no final newline')");
        project.pair(
            4,
            "DELIMITER //\nCREATE TRIGGER stamped BEFORE INSERT ON `semi;colon` FOR EACH ROW\nBEGIN\n  IF NEW.id = 9 THEN\n    \
             SET NEW.`--` = 'nine;';\n  END IF;\n  SET @seen = NEW.id;\nEND//\nDELIMITER ;\nINSERT INTO `semi;colon` VALUES (9, \
             'x');\n",
            "DROP TRIGGER stamped;\nDELETE FROM `semi;colon` WHERE id = 9",
        );
        project.up(5, ";;\n;INSERT INTO `semi;colon` VALUES (5, '/*');;\n;");
        project.up(6, "/*!50000 INSERT INTO `semi;colon` VALUES (6, 'six') */;\r\n\r\n-- bye");
        project.run("migrate").exits(0);
        let rows = project.database.rows("SELECT id, `--` FROM `semi;colon` ORDER BY id");
        let rows: Vec<String> =
            rows.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" ")).collect();
        let expected = ["1 it's; 'here'; -- no comment", "2 a;\"b", "3 no final newline", "5 /*", "6 six", "9 nine;"];
        assert_eq!(rows, expected, "{}", server.engine());
    }
}

#[test]
fn what_no_server_can_read_is_named_before_anything_runs() {
    for server in both() {
        let project = Project::new(server, "unreadable");
        let utf16: Vec<u8> = "\u{feff}CREATE TABLE u (id INT);".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let cases: [(&[u8], &str); 5] = [
            (b"CREATE TABLE u (id INT);\n\0\n", "1_step.up.sql:2:1: a NUL character stands here"),
            (&utf16, "1_step.up.sql: the file is UTF-16 (little-endian); save it as UTF-8"),
            (b"SOURCE other.sql;", "1_step.up.sql:1:1: `SOURCE other.sql` is a command of the mysql client"),
            (b"SELECT 1\\G\n", "1_step.up.sql:1:9: `\\G` ends a statement for the mysql client only"),
            (b"\\. other.sql\n", "is a command of the mysql client"),
        ];
        for (text, reason) in cases {
            project.up(1, text);
            contains(&project.run("migrate").exits(3).stderr, reason);
        }
        assert!(project.tables().is_empty(), "{}", server.engine());
        project.up(1, "\n\nSELECT 1;\nCREATE TABLE q (\n  id INT,,\n  b INT);");
        contains(&project.run("migrate").exits(4).stderr, "at line 5 of migrations/1_step.up.sql");
        contains(&project.run("rollback --steps 0").exits(2).stderr, "give 1 or more");
    }
}
