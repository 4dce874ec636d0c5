//! Ctrl-C, and a reader of the output that has seen enough.

use crate::project::{Project, contains, eventually};
use crate::servers::{ask, both};
use std::time::{Duration, Instant};

/// Starts a run, interrupts it in the statement that begins so, and gives what it said on stderr.
fn interrupted(project: &Project, line: &str, statement: &str) -> String {
    let running = project.command(line).start();
    eventually(statement, || project.running(statement) == 1);
    let begun = Instant::now();
    running.interrupt();
    let outcome = running.wait().exits(130);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_eq!(project.running(statement), 0, "{statement} still runs");
    outcome.stderr
}

#[test]
fn a_long_statement_is_ended_on_the_server_and_nothing_of_its_migration_is_left() {
    let scripts = [
        "CREATE TABLE t (id INT);\nDO SLEEP(40);\nCREATE TABLE u (id INT);",
        "CREATE TABLE t (id INT);\nINSERT INTO t VALUES (1);\nDO SLEEP(40)",
        "CREATE TABLE t (id INT);\nINSERT INTO t SELECT SLEEP(40);\n",
    ];
    for server in both() {
        for script in scripts {
            let project = Project::new(server, "interrupt_long");
            project.up(1, "CREATE TABLE first (id INT)");
            project.up(2, script);
            let statement = if script.contains("DO ") { "DO SLEEP" } else { "INSERT INTO t SELECT" };
            let message = interrupted(&project, "apply all", statement);
            contains(&message, "migrations/2_step.up.sql:");
            contains(&message, "interrupted in statement ");
            contains(&message, "nothing of this run is left");
            assert_eq!(project.tables(), [] as [&str; 0], "{}: {script}", server.engine());

            let message = interrupted(&project, "migrate", statement);
            contains(&message, "nothing of this migration is left");
            assert_eq!(project.tables(), ["_sqlx_migrations", "first"], "{}", server.engine());
            assert_eq!(project.states(), ["1 applied", "2 pending"]);
        }
    }
}

#[test]
fn a_statement_that_waits_for_a_lock_is_ended_too() {
    for server in both() {
        let project = Project::new(server, "interrupt_wait");
        project.database.run("CREATE TABLE busy (id INT PRIMARY KEY)");
        project.pair(
            1,
            "CREATE TABLE t (id INT);\nALTER TABLE busy ADD more INT;\n",
            "DROP TABLE t;\nALTER TABLE busy DROP more",
        );
        let mut reader = project.database.connect();
        ask(&mut reader, "START TRANSACTION");
        ask(&mut reader, "SELECT * FROM busy");
        let message = interrupted(&project, "migrate", "ALTER TABLE busy");
        contains(&message, "migrations/1_step.up.sql:2:1: interrupted in statement 2 of 2");
        assert_eq!(project.tables(), ["busy"], "{}", server.engine());
        ask(&mut reader, "COMMIT");
        project.run("migrate").exits(0);

        ask(&mut reader, "START TRANSACTION");
        ask(&mut reader, "SELECT * FROM busy");
        project.file("migrations/1_step.down.sql", "ALTER TABLE busy DROP more;\nDROP TABLE t");
        let message = interrupted(&project, "rollback", "ALTER TABLE busy");
        contains(&message, "nothing of this migration is left");
        assert_eq!(project.states(), ["1 applied"], "{}", server.engine());
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    for server in both() {
        let project = Project::shipped(server, "interrupt_pipe");
        for line in ["migrate --dry-run", "status", "migrate", "status --format json", "rollback all", "--help"] {
            let outcome = project.command(&format!("--quiet {line}")).run_unread().exits(0);
            assert_eq!(outcome.stderr, "", "{line}");
        }
        assert_eq!(project.tables(), ["_sqlx_migrations"], "{}: the work was done all the same", server.engine());
    }
}
