//! Settings that no open transaction allows: a file makes them as a client would, and they end with it.

use crate::project::{Project, contains};
use crate::servers::both;

const SEEN: &str = "CREATE TABLE seen (id INT PRIMARY KEY, what TEXT)";

#[test]
fn they_are_made_between_transactions_and_put_back() {
    for server in both() {
        let project = Project::new(server, "outside");
        project.up(1, SEEN);
        project.up(
            2,
            "SET SESSION sql_log_bin = 0;
CREATE TABLE quiet (i INT);
INSERT INTO seen VALUES (1, @@sql_log_bin);
SET SESSION sql_log_bin = 1;
INSERT INTO seen VALUES (2, @@sql_log_bin);
SET @was = 7;
SET SESSION sql_log_bin = 0, lc_time_names = 'de_DE';
SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;
INSERT INTO seen SELECT 3, trx_isolation_level FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = CONNECTION_ID();
INSERT INTO seen VALUES (4, CONCAT(@@sql_log_bin + 0, @@lc_time_names, @was));",
        );
        project.up(3, "INSERT INTO seen VALUES (5, CONCAT(@@sql_log_bin + 0, @@lc_time_names))");
        project.run("migrate").exits(0);
        let seen = project.database.column("SELECT what FROM seen ORDER BY id");
        assert_eq!(seen, ["0", "1", "SERIALIZABLE", "0de_DE7", "1en_US"], "{}", server.engine());
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 applied"]);
    }
}

#[test]
fn a_failure_after_one_takes_the_migration_back() {
    for server in both() {
        let project = Project::new(server, "outside_failed");
        project.up(1, SEEN);
        project
            .up(2, "SET SESSION sql_log_bin = 0;\nINSERT INTO seen VALUES (1, 'a');\nINSERT INTO nowhere VALUES (1);");
        let failed = project.run("migrate").exits(4);
        contains(&failed.stderr, "nothing of this migration is left");
        assert_eq!(project.states(), ["1 applied", "2 pending"], "{}", server.engine());
        assert_eq!(project.database.column("SELECT id FROM seen"), [""; 0]);
        // Rows that were committed for it are told.
        project
            .up(2, "INSERT INTO seen VALUES (1, 'a');\nSET SESSION sql_log_bin = 0;\nINSERT INTO nowhere VALUES (1);");
        let failed = project.run("migrate").exits(4);
        contains(&failed.stderr, "half-applied");
        assert_eq!(project.database.column("SELECT id FROM seen"), ["1"]);
        project.up(
            2,
            "INSERT INTO seen VALUES (1, 'a');\nSET SESSION sql_log_bin = 0;\nINSERT INTO seen VALUES (2, 'b');",
        );
        project.run("migrate").exits(0);
        assert_eq!(project.database.column("SELECT id FROM seen"), ["1", "2"], "{}", server.engine());
    }
}

#[test]
fn they_are_made_again_after_a_run_that_was_cut_off() {
    for server in both() {
        let project = Project::new(server, "outside_killed");
        project.up(1, SEEN);
        project.up(
            2,
            "INSERT INTO seen VALUES (1, 'a');
SET SESSION sql_log_bin = 0;
INSERT INTO seen VALUES (2, @@sql_log_bin);
CREATE TABLE quiet (i INT);
SELECT SLEEP(60);
INSERT INTO seen VALUES (3, @@sql_log_bin);",
        );
        project.killed_asleep("migrate");
        let told = project.run("status").exits(4);
        assert!(!told.stdout.contains("took effect and is not"), "{told:?}");
        let up = std::fs::read_to_string(project.path("migrations/2_step.up.sql")).unwrap();
        project.up(2, up.replace("(1, 'a')", "(1, 'edited')"));
        let told = project.run("status").exits(4);
        contains(
            &told.stdout,
            "migrations/2_step.up.sql:1:1: statement 1 of 6 took effect and is not what stands in the file now",
        );
        project.up(2, up.replace("SLEEP(60)", "1"));
        project.run("migrate").exits(0);
        let seen = project.database.column("SELECT CONCAT(id, what) FROM seen ORDER BY id");
        assert_eq!(seen, ["1a", "20", "30"], "{}", server.engine());
        assert_eq!(project.states(), ["1 applied", "2 applied"]);
    }
}

#[test]
fn a_named_lock_is_taken_again_after_a_run_that_was_cut_off() {
    for server in both() {
        let project = Project::new(server, "outside_lock");
        let name = format!("lock of {}", project.database.name);
        let file = |sleep: &str| {
            format!(
                "{SEEN};\nSELECT GET_LOCK('{name}', 5);\nDO GET_LOCK('{name} 2', 5);\nSELECT RELEASE_LOCK('{name} 2');\n{sleep};\n\
                 INSERT INTO seen VALUES (1, IS_USED_LOCK('{name}') = CONNECTION_ID()), (2, IS_USED_LOCK('{name} 2') IS NULL);"
            )
        };
        project.up(1, file("SELECT SLEEP(60)"));
        project.killed_asleep("migrate");
        project.up(1, file("SELECT 1"));
        project.run("migrate").exits(0);
        assert_eq!(project.database.column("SELECT what FROM seen ORDER BY id"), ["1", "1"], "{}", server.engine());
    }
}

#[test]
fn what_the_runners_own_transactions_would_use_up_is_refused_by_file_and_line() {
    for server in both() {
        let project = Project::new(server, "outside_refused");
        project.up(1, format!("{SEEN};\nSET SESSION completion_type = RELEASE;\nCOMMIT;"));
        let refused = project.run("migrate").exits(3);
        contains(&refused.stderr, "migrations/1_step.up.sql:2:1: with completion_type = RELEASE every COMMIT");
        contains(&refused.stderr, "nothing was run");
        assert_eq!(project.tables(), [""; 0], "{}", server.engine());
        project.up(
            1,
            format!("{SEEN};\nSET SESSION completion_type = CHAIN;\nINSERT INTO seen VALUES (1, 'a');\nCOMMIT;"),
        );
        project.run("migrate").exits(0);
        assert_eq!(project.states(), ["1 applied"]);
    }
}
