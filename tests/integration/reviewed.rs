//! What runs into its own statements and settings: a procedure that rolls back and commits, a skipped statement before one
//! that fails, variables with a collation of their own, settings that are empty, and a database in capitals.

use crate::project::{Project, contains, eventually};
use crate::servers::{Server, both};
use aura_db::engine::sandbox::{Options, ServerKind};

#[test]
fn a_procedure_that_rolls_back_and_commits_does_not_run_twice_unasked() {
    for server in both() {
        let project = Project::new(server, "reviewed_call");
        project.up(
            1,
            "CREATE TABLE t (n INT);
DELIMITER //
CREATE PROCEDURE p() BEGIN ROLLBACK; INSERT INTO t VALUES (1); COMMIT; SELECT SLEEP(60); END//
DELIMITER ;",
        );
        project.run("migrate").exits(0);
        project.up(2, "CALL p();");
        let run = project.command("migrate").start();
        eventually("it sleeps", || project.running("SELECT SLEEP(60)") + project.running("CALL p()") > 0);
        eventually("it has committed", || project.database.column("SELECT n FROM t") == ["1"]);
        drop(run);
        for session in project.database.rows("SHOW FULL PROCESSLIST") {
            let info = session[7].clone().unwrap_or_default();
            if session[3].as_ref() == Some(&project.database.name)
                && (info.contains("SLEEP(60)") || info.starts_with("CALL"))
            {
                project.database.attempt(&format!("KILL {}", session[0].as_deref().unwrap()));
            }
        }
        eventually("it is over", || project.running("SELECT SLEEP(60)") + project.running("CALL p()") == 0);
        let asked = project.run("migrate").exits(4);
        contains(&asked.stderr, "migrations/2_step.up.sql:1:1");
        assert_eq!(project.database.column("SELECT n FROM t"), ["1"], "{}", server.engine());
        project.run("migrate --in-doubt ran").exits(0);
        assert_eq!(project.database.column("SELECT n FROM t"), ["1"], "{}", server.engine());
        assert_eq!(project.states(), ["1 applied", "2 applied"]);
    }
}

#[test]
fn a_failure_after_a_skipped_statement_leaves_the_migration_before_it_applied() {
    for server in both() {
        let project = Project::new(server, "reviewed_skip");
        project.up(1, "CREATE TABLE t (n INT, m INT)");
        project.run("migrate").exits(0);
        project.database.run("CREATE INDEX there ON t (n)");
        project.up(2, "ALTER TABLE t ADD COLUMN k INT");
        project.up(3, "ALTER TABLE t ADD INDEX i (n);\nINSERT INTO nowhere VALUES (1);");
        let failed = project.run("migrate").exits(4);
        contains(&failed.stdout, "applied 2 step");
        contains(&failed.stderr, "skipped");
        contains(&failed.stderr, "nothing of this migration is left");
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 pending"], "{}", server.engine());
        assert_eq!(project.ledger(), ["1 1", "2 1"], "{}", server.engine());
    }
}

#[test]
fn variables_come_back_with_the_collation_that_they_had() {
    for server in both() {
        let project = Project::new(server, "reviewed_collation");
        let collation = if server.engine().kind == aura_db::model::engine::EngineKind::Mysql {
            "utf8mb4_de_pb_0900_ai_ci"
        } else {
            "utf8mb4_german2_ci"
        };
        let file = |sleep: &str| {
            format!(
                "CREATE TABLE t (c VARCHAR(9) CHARACTER SET utf8mb4 COLLATE {collation}, n INT);\n\
                 INSERT INTO t VALUES ('Ä', 1), ('ä', 2), ('b', 3);\n\
                 SET @x = (SELECT c FROM t WHERE n = 1);\n\
                 CREATE TABLE z (i INT);\n{sleep};\n\
                 UPDATE t SET n = 10 WHERE c = @x;\n\
                 INSERT INTO z SELECT COLLATION(@x) = '{collation}';"
            )
        };
        project.up(1, file("SELECT SLEEP(60)"));
        project.killed_asleep("migrate");
        project.up(1, file("SELECT 1"));
        project.run("migrate").exits(0);
        assert_eq!(project.database.column("SELECT n FROM t ORDER BY n"), ["3", "10", "10"], "{}", server.engine());
        assert_eq!(project.database.column("SELECT i FROM z"), ["1"], "{}", server.engine());
    }
}

#[test]
fn settings_that_were_empty_are_empty_again() {
    for server in both() {
        let project = Project::new(server, "reviewed_empty");
        project.up(1, "SET SESSION innodb_tmpdir = '/tmp';\nCREATE TABLE t (v VARCHAR(99))");
        project.up(2, "INSERT INTO t VALUES (COALESCE(@@innodb_tmpdir, ''))");
        project.up(3, "SET SESSION max_join_size = 1;\nCREATE TABLE u (i INT)");
        project.up(4, "INSERT INTO t VALUES (@@max_join_size > 1)");
        project.run("migrate").exits(0);
        assert_eq!(project.database.column("SELECT v FROM t ORDER BY v"), ["", "1"], "{}", server.engine());
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 applied", "4 applied"]);
    }
}

#[test]
fn two_runners_meet_however_they_spell_the_database_where_the_server_folds_names() {
    let extra = vec!["--lower-case-table-names=1".into()];
    let server: &'static Server =
        Box::leak(Box::new(Server::with(Options { extra, ..Options::new(ServerKind::Mariadb) })));
    let project = Project::new(server, "reviewed_folded");
    project.up(1, "CREATE TABLE t (i INT);\nSELECT SLEEP(60);\nINSERT INTO t VALUES (1);");
    let first = project.command("migrate").start();
    eventually("it sleeps", || project.running("SELECT SLEEP(60)") > 0);
    let url = project.database.url();
    let capitals = url.replace(&project.database.name, &project.database.name.to_uppercase());
    assert_ne!(url, capitals);
    let profile = "connect: {url-variable: X}\nrunner-lock-timeout: 1 s\nlock-wait-timeout: 1 s\nlock-give-up: 0 s\n";
    project.file("profiles/environments/impatient.yaml", profile);
    let second = project.command("migrate --profile impatient").env("X", &capitals).run().exits(3);
    contains(&second.stderr, "another runner holds the migration lock of this database");
    drop(first);
}
