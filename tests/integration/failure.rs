//! A migration that fails: where it is said to stop, what is undone, and what stays for a human to settle.

use crate::project::{Project, contains};
use crate::servers::both;

#[test]
fn the_failure_is_named_with_its_place_and_the_servers_own_words() {
    for server in both() {
        let project = Project::new(server, "failure_place");
        project.up(1, "CREATE TABLE one (id INT PRIMARY KEY);");
        let script = "-- rows\nINSERT INTO one VALUES (1);\n\n  INSERT INTO one\n    VALUES (1);\nSELECT 1;\n";
        project.up(2, script);
        project.up(3, "CREATE TABLE three (id INT)");
        let outcome = project.run("migrate").exits(4);
        contains(&outcome.stdout, "applied 1 step (schema");
        assert_eq!(outcome.stdout.lines().count(), 1, "{}", outcome.stdout);
        let expected = "error: migrations/2_step.up.sql:4:3: failed: statement 2 of 3\n  | INSERT INTO one\n  |     VALUES (1)\n\
                        error 1062: Duplicate entry '1' for key ";
        contains(&outcome.stderr, expected);
        contains(&outcome.stderr, "nothing of this migration is left");
        assert_eq!(project.ledger(), ["1 1"], "{}: what was done before stays", server.engine());
        assert_eq!(project.database.value("SELECT COUNT(*) FROM one").unwrap(), "0");
        assert_eq!(project.states(), ["1 applied", "2 pending", "3 pending"]);
    }
}

#[test]
fn what_was_undone_runs_when_the_file_is_mended() {
    for server in both() {
        let project = Project::new(server, "failure_mended");
        project.database.run("CREATE TABLE old (id INT PRIMARY KEY, word VARCHAR(9))");
        let before = project.contents();
        let good = "CREATE TABLE a (id INT);\nALTER TABLE old ADD n INT;\nCREATE INDEX i ON old (word);\n";
        project.pair(
            1,
            &format!("{good}CREATE TABLE a (id INT);"),
            "DROP TABLE a; ALTER TABLE old DROP INDEX i, DROP n",
        );
        contains(&project.run("migrate").exits(4).stderr, "migrations/1_step.up.sql:4:1");
        assert_eq!(project.contents(), before, "{}", server.engine());
        project.up(1, good);
        project.run("migrate").exits(0);
        project.run("rollback").exits(0);
        assert_eq!(project.tables(), ["_sqlx_migrations", "old"]);
        project.run("migrate").exits(0);
    }
}

#[test]
fn a_rollback_that_fails_leaves_the_migration_applied() {
    for server in both() {
        let project = Project::new(server, "failure_down");
        let up = "CREATE TABLE a (id INT PRIMARY KEY, x INT, KEY one (x), KEY two (x, id));";
        project.pair(1, up, "DROP INDEX one ON a;\nDROP INDEX two ON a;\nDROP INDEX three ON a;\nDROP TABLE a;");
        project.run("migrate").exits(0);
        let before = project.contents();
        let outcome = project.run("rollback").exits(4);
        contains(&outcome.stderr, "migrations/1_step.down.sql:3:1: failed: statement 3 of 4");
        contains(&outcome.stderr, "error 1091: ");
        contains(&outcome.stderr, "nothing of this migration is left");
        assert_eq!(project.contents().replace("three", ""), before.replace("three", ""), "{}", server.engine());
        assert_eq!(project.states(), ["1 applied"]);
        project.pair(1, up, "DROP TABLE a");
        project.run("rollback").exits(0);
        assert_eq!(project.tables(), ["_sqlx_migrations"]);
    }
}

#[test]
fn what_cannot_be_undone_stays_half_applied_until_the_file_is_mended() {
    let cannot = [
        ("ALTER TABLE old DROP COLUMN word", "it drops old.word"),
        ("UPDATE old SET word = 'x'; CREATE TABLE a (id INT)", "it changes rows of old"),
        ("DROP TABLE old", "it drops old"),
        ("RENAME TABLE old TO older", "it renames table old to older"),
        ("ALTER TABLE old MODIFY word VARCHAR(300)", "it redefines old.word"),
    ];
    for server in both() {
        for (script, reason) in cannot {
            let project = Project::new(server, "failure_half");
            project
                .database
                .run("CREATE TABLE old (id INT PRIMARY KEY, word VARCHAR(9)); INSERT INTO old VALUES (1, 'a')");
            project.up(1, format!("{script};\nSELECT nothing FROM nowhere"));
            project.up(2, "CREATE TABLE second (id INT)");
            let outcome = project.run("migrate").exits(4);
            contains(&outcome.stderr, "migrations/1_step.up.sql:2:1: failed: statement");
            contains(
                &outcome.stderr,
                "the migration is half-applied, as what was done before could not be taken back:",
            );
            contains(&outcome.stderr, &format!("migrations/1_step.up.sql:1:1: {reason}"));
            assert_eq!(project.ledger(), ["1 0"], "{} {script}", server.engine());
            let done = script.matches(';').count() + 1;
            let stopped = format!("{done} of {} statements, stopped at migrations/1_step.up.sql:2:1", done + 1);
            let status = project.run("status --format json").exits(4);
            contains(&status.stdout, &stopped);
            contains(&status.stdout, "`aura-db migrate` goes on there");
            // It stands where it stopped until the file is mended, and what is done is not done again.
            contains(&project.run("migrate").exits(4).stderr, "migrations/1_step.up.sql:2:1: failed: statement");
            assert_eq!(project.ledger(), ["1 0"]);
            project.up(1, format!("{script};\nCREATE TABLE mended (id INT)"));
            let mended = project.run("migrate").exits(0);
            contains(&mended.stderr, &format!("going on after statement {done} of {}", done + 1));
            assert_eq!(project.states(), ["1 applied", "2 applied"]);
            assert!(project.tables().contains(&"mended".into()));
        }
    }
}

#[test]
fn a_half_that_cannot_be_taken_down_is_refused_before_anything_else_is_asked() {
    for server in both() {
        let project = Project::new(server, "failure_half");
        project.pair(1, "CREATE TABLE t (id INT PRIMARY KEY)", "DROP TABLE t");
        project.pair(
            2,
            "INSERT INTO t VALUES (2);\nALTER TABLE t ADD v INT;\nALTER TABLE t ADD v INT;\nUPDATE t SET v = 1;",
            "ALTER TABLE t DROP v;\nDELETE FROM t WHERE id = 2;",
        );
        project.run("migrate").exits(4);
        let script = project.run("migrate --dry-run").exits(0).stdout;
        contains(&script, "-- migrations/2_step.up.sql:2:1  done already: it does not run again\n");
        assert!(!script.contains("INSERT"), "{script}");
        contains(&project.run("status").exits(4).stdout, "takes it down where the schema shows what to undo");
        for line in ["rollback", "rollback --discard-data", "rollback --dry-run"] {
            let outcome = project.run(line).exits(4);
            contains(&outcome.stderr, "this cannot be undone while the migration is half-applied (2 of 4 statements)");
            contains(&outcome.stderr, "run `aura-db migrate` to finish it, then roll it back");
        }
    }
}

#[test]
fn a_half_with_a_check_that_its_rows_break_is_taken_down() {
    for server in both() {
        let project = Project::new(server, "failure_check");
        project.pair(1, "CREATE TABLE ward (id INT PRIMARY KEY); INSERT INTO ward (id) VALUES (1)", "DROP TABLE ward");
        project.pair(
            2,
            "ALTER TABLE ward ADD beds INT; UPDATE ward SET beds = 4; CREATE VIEW big AS SELECT * FROM ward;\n\
             ALTER TABLE ward ADD CONSTRAINT ck CHECK (beds < 4);\nCREATE TABLE later (id INT)",
            "DROP TABLE later; ALTER TABLE ward DROP CONSTRAINT ck; DROP VIEW big; ALTER TABLE ward DROP COLUMN beds",
        );
        let failed = project.run("migrate").exits(4);
        contains(&failed.stderr, "migrations/2_step.up.sql:2:1: failed: statement 4 of 5");
        // The second failure tells what stays, as the first one did.
        contains(&project.run("migrate").exits(4).stderr, "migrations/2_step.up.sql:1:32: it changes rows of ward");
        project.run("rollback --discard-data").exits(0);
        assert_eq!(project.states(), ["1 applied", "2 pending"], "{}", server.engine());
        assert_eq!(project.database.rows("SELECT * FROM ward").len(), 1);
        project.run("rollback").exits(0);
    }
}
