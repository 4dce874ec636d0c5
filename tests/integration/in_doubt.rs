//! A run that was cut off in a statement of which nothing shows the effect: a terminal is asked, without a lock held; a
//! script has to say it by a flag.

use crate::project::{Project, contains, eventually};
use crate::servers::{Server, ask, both};

const TABLES: &str = "CREATE TABLE log (id INT PRIMARY KEY);
CREATE TABLE gate (id INT PRIMARY KEY);
INSERT INTO gate VALUES (1);
CREATE PROCEDURE work_it() BEGIN INSERT INTO log VALUES (1); COMMIT; UPDATE gate SET id = 1; END;
";

/// A migration that was killed in a procedure which had committed something, and nobody knows how far it came.
fn cut_off(server: &'static Server, name: &str) -> Project {
    let project = Project::new(server, name);
    project.up(1, TABLES);
    project.run("migrate").exits(0);
    project.up(2, "CALL work_it();\nCREATE TABLE after_it (id INT)");
    let mut holder = project.database.connect();
    ask(&mut holder, "START TRANSACTION");
    ask(&mut holder, "SELECT * FROM gate FOR UPDATE");
    let run = project.command("migrate").start();
    eventually("the procedure waits", || project.running("UPDATE gate") > 0);
    drop(run);
    drop(holder);
    eventually("it is over", || project.running("UPDATE gate") + project.running("CALL") == 0);
    project
}

#[test]
fn a_terminal_is_asked_and_no_lock_is_held_meanwhile() {
    for server in both() {
        let project = cut_off(server, "doubt_ran");
        let mut asked = project.command("migrate").at_terminal();
        eventually("the question", || {
            asked.shown().contains("Did it take effect? ran / not-run (run it again) / stop: ")
        });
        contains(&asked.shown(), "migrations/2_step.up.sql:1:1: a run was cut off in this statement");
        contains(&asked.shown(), "| CALL work_it()");
        // Another runner gets the lock at once, and at no terminal it is as it was.
        let other = project.run("migrate").exits(4);
        contains(&other.stderr, "pass --in-doubt ran if it took effect, or --in-doubt not-run");
        assert!(!other.stderr.contains("waiting"), "{}", other.stderr);
        asked.types("perhaps");
        eventually("it asks again", || asked.shown().matches("Did it take effect?").count() == 2);
        asked.types("ran");
        assert_eq!(asked.wait(), Some(0), "{}", server.engine());
        assert_eq!(project.states(), ["1 applied", "2 applied"], "{}", server.engine());
        assert_eq!(project.database.column("SELECT id FROM log"), ["1"]);
    }
}

#[test]
fn not_run_runs_it_again_and_stop_leaves_it() {
    for server in both() {
        let project = cut_off(server, "doubt_not_run");
        let before = project.contents();
        let mut asked = project.command("migrate").at_terminal();
        eventually("the question", || asked.shown().contains("Did it take effect?"));
        asked.types("stop");
        assert_eq!(asked.wait(), Some(4), "{}", server.engine());
        assert_eq!(project.contents(), before, "{}", server.engine());
        project.database.run("DELETE FROM log");
        let mut asked = project.command("migrate").at_terminal();
        eventually("the question", || asked.shown().contains("Did it take effect?"));
        asked.types("not-run");
        assert_eq!(asked.wait(), Some(0), "{}", server.engine());
        assert_eq!(project.states(), ["1 applied", "2 applied"], "{}", server.engine());
        assert_eq!(project.database.column("SELECT id FROM log"), ["1"]);
    }
}

#[test]
fn an_event_that_fires_once_is_not_taken_for_unmade_because_it_is_gone() {
    for server in both() {
        let project = Project::new(server, "doubt_event");
        project.up(1, "CREATE TABLE gate (id INT PRIMARY KEY);\nINSERT INTO gate VALUES (1)");
        project.run("migrate").exits(0);
        let event = "CREATE EVENT once ON SCHEDULE AT CURRENT_TIMESTAMP + INTERVAL 1 DAY DO DELETE FROM gate";
        project.up(2, format!("{event};\nUPDATE gate SET id = 2;"));
        let mut holder = project.database.connect();
        ask(&mut holder, "START TRANSACTION");
        ask(&mut holder, "SELECT * FROM gate FOR UPDATE");
        let run = project.command("migrate").start();
        eventually("the update waits", || project.running("UPDATE gate") > 0);
        drop(run);
        drop(holder);
        eventually("it is over", || project.running("UPDATE gate") == 0);
        // As the server does when it has fired.
        project.database.run("DROP EVENT once");
        let stopped = project.run("migrate").exits(4);
        contains(&stopped.stderr, "migrations/2_step.up.sql:1:1");
        contains(&stopped.stderr, "an event that has run for the last time drops itself");
        project.run("migrate --in-doubt ran").exits(0);
        assert_eq!(project.states(), ["1 applied", "2 applied"], "{}", server.engine());
        let events = "SELECT event_name FROM information_schema.events WHERE event_schema = DATABASE()";
        assert_eq!(project.database.column(events), Vec::<String>::new(), "{}", server.engine());
        assert_eq!(project.database.column("SELECT id FROM gate"), ["2"]);
    }
}
