//! A row that the app has locked while a migration wants to write it: the statement gives way, is sent again, and takes
//! effect once.

use crate::project::{Project, contains, eventually};
use crate::servers::{Server, ask, both};
use sqlx::MySqlConnection;

const UP: &str = "SET SESSION innodb_lock_wait_timeout = 1;
INSERT INTO log VALUES (1);
UPDATE busy SET n = n + 1;
INSERT INTO log VALUES (2)";

/// A project whose one migration writes rows, one of which a session of the app has locked.
fn busy(server: &'static Server, name: &str, give_up: u32) -> (Project, MySqlConnection, String) {
    let project = Project::new(server, name);
    let profile = format!("connect: {{url-variable: X}}\nlock-wait-timeout: 1 s\nlock-give-up: {give_up} s\n");
    project.file("profiles/environments/patient.yaml", profile);
    project.database.run(
        "CREATE TABLE busy (id INT PRIMARY KEY, n INT); INSERT INTO busy VALUES (1, 0), (2, 0); CREATE TABLE log (id INT \
         PRIMARY KEY)",
    );
    project.up(1, UP);
    let mut writer = project.database.connect();
    let id = ask(&mut writer, "SELECT CONNECTION_ID()")[0][0].clone().unwrap();
    ask(&mut writer, "START TRANSACTION");
    ask(&mut writer, "UPDATE busy SET n = 10 WHERE id = 2");
    (project, writer, id)
}

#[test]
fn a_statement_that_waits_for_a_row_is_sent_again_and_takes_effect_once() {
    for server in both() {
        let (project, mut writer, id) = busy(server, "rows_again", 60);
        let migrating = project.command("migrate --profile patient").env("X", project.database.url()).start();
        let update = "UPDATE busy";
        eventually("the statement waits", || project.running(update) == 1);
        eventually("it gives way", || project.running(update) == 0);
        eventually("it is sent again", || project.running(update) == 1);
        ask(&mut writer, "COMMIT");
        let outcome = migrating.wait().exits(0);
        contains(&outcome.stderr, "migrations/1_step.up.sql:3:1: waiting for a row lock: held by connection ");
        contains(
            &outcome.stderr,
            "migrations/1_step.up.sql:3:1: attempt 1 gave way after waiting for a lock, held by ",
        );
        contains(&outcome.stderr, &format!("connection {id}, root@localhost, transaction open for "));
        assert_eq!(project.database.column("SELECT n FROM busy ORDER BY id"), ["1", "11"], "{}", server.engine());
        assert_eq!(project.database.column("SELECT id FROM log"), ["1", "2"], "{}", server.engine());
        assert_eq!(project.states(), ["1 applied"]);
    }
}

#[test]
fn a_row_that_is_never_freed_is_given_up_with_its_holder_named() {
    for server in both() {
        let (project, writer, id) = busy(server, "rows_given_up", 3);
        let before = project.contents();
        let run = project.command("migrate --profile patient").env("X", project.database.url()).run().exits(4);
        contains(&run.stderr, "error 1205: ");
        contains(&run.stderr, "held by connection ");
        contains(&run.stderr, &format!("end that transaction (or KILL {id}), then run the command again"));
        contains(&run.stderr, "as innodb_lock_wait_timeout says");
        contains(&run.stderr, "nothing of this migration is left");
        assert_eq!(project.contents(), before, "{}", server.engine());
        drop(writer);
        project.run("migrate").exits(0);
        assert_eq!(project.database.column("SELECT id FROM log"), ["1", "2"], "{}", server.engine());
    }
}

#[test]
fn what_may_have_left_something_behind_is_not_sent_again() {
    for server in both() {
        for (change, because) in [
            ("CREATE TABLE loose (id INT) ENGINE=MyISAM", "loose is a table of MyISAM"),
            ("SET @x = 1", "it sets a user variable"),
        ] {
            let (project, writer, _) = busy(server, "rows_once", 60);
            let update =
                if change.starts_with("SET") { "UPDATE busy SET n = (@x := @x + 1)" } else { "UPDATE busy SET n = 1" };
            project.database.run(change);
            project.up(1, format!("SET SESSION innodb_lock_wait_timeout = 1;\n{update}"));
            let run = project.command("migrate --profile patient").env("X", project.database.url()).run().exits(4);
            contains(&run.stderr, "gave up after 1 attempt");
            contains(&run.stderr, &format!("not sent again, because {because}"));
            drop(writer);
        }
    }
}
