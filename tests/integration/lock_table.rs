//! A table that the app is using while a migration wants to change it.

use crate::project::{Project, contains, eventually};
use crate::servers::{Server, ask, both};
use aura_db::model::engine::EngineKind;
use sqlx::MySqlConnection;
use std::time::{Duration, Instant};

/// Gives way after a second and tries again for so many.
fn profile(project: &Project, give_up: u32) {
    let profile = format!("connect: {{url-variable: X}}\nlock-wait-timeout: 1 s\nlock-give-up: {give_up} s\n");
    project.file("profiles/environments/patient.yaml", profile);
}

/// A project whose one migration changes a table, and a session of the app that has read it and is idle.
fn busy(server: &'static Server, name: &str, give_up: u32) -> (Project, MySqlConnection, String) {
    let project = Project::new(server, name);
    profile(&project, give_up);
    project.database.run("CREATE TABLE busy (id INT PRIMARY KEY); INSERT INTO busy VALUES (1)");
    project.pair(1, "ALTER TABLE busy ADD COLUMN more INT", "ALTER TABLE busy DROP COLUMN more");
    let mut reader = project.database.connect();
    ask(&mut reader, "START TRANSACTION");
    ask(&mut reader, "SELECT id, 'the app''s own' FROM busy");
    let id = ask(&mut reader, "SELECT CONNECTION_ID()")[0][0].clone().unwrap();
    (project, reader, id)
}

/// What is said of the session in the way: MySQL knows it, MariaDB only which transactions are open.
fn names_the_blocker(server: &Server, text: &str, id: &str) {
    contains(text, &format!("connection {id}, root@localhost, transaction open for "));
    contains(text, " s, idle for ");
    match server.engine().kind {
        EngineKind::Mysql => {
            contains(text, "held by connection");
            // The last statement is the question for the id.
            contains(text, "last statement: SELECT CONNECTION_ID()");
        }
        _ => contains(text, "by whom is unknown"),
    }
}

#[test]
fn a_migration_gives_way_to_the_app_and_goes_through_when_it_can() {
    for server in both() {
        let (project, mut reader, id) = busy(server, "table_gives_way", 60);
        let mut app = project.database.connect();
        let migrating = project.command("migrate --profile patient").env("X", project.database.url()).start();
        let alter = "ALTER TABLE busy";
        eventually("the statement waits", || project.running(alter) == 1);
        let mut longest = Duration::ZERO;
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(4) {
            let asked = Instant::now();
            assert_eq!(ask(&mut app, "SELECT COUNT(*) FROM busy")[0][0].as_deref(), Some("1"));
            longest = longest.max(asked.elapsed());
        }
        // It waits behind one attempt of a second; behind a migration that does not give way it would wait for ever.
        assert!(longest < Duration::from_secs(5), "{}: {longest:?}", server.engine());
        ask(&mut reader, "COMMIT");
        let outcome = migrating.wait().exits(0);
        contains(&outcome.stderr, "migrations/1_step.up.sql:1:1: attempt 1 gave way after waiting for a lock, ");
        contains(&outcome.stderr, "migrations/1_step.up.sql:1:1: waiting for table metadata lock: ");
        contains(&outcome.stderr, "s, for 60 s at most");
        names_the_blocker(server, &outcome.stderr, &id);
        assert_eq!(project.states(), ["1 applied"]);
        assert_eq!(project.database.column("SELECT more FROM busy"), [] as [&str; 0]);
    }
}

#[test]
fn a_transaction_that_never_ends_is_named_and_nothing_is_left_behind() {
    for server in both() {
        let (project, mut reader, id) = busy(server, "table_gives_up", 3);
        let before = project.contents();
        let begun = Instant::now();
        let run = project.command("migrate --profile patient").env("X", project.database.url()).run().exits(4);
        assert!((3..30).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
        let error = run.stderr.split("error: ").nth(1).unwrap();
        contains(error, "migrations/1_step.up.sql:1:1: failed: statement 1 of 1");
        contains(error, "error 1205: ");
        contains(error, "gave up after ");
        contains(error, " attempts in 3 s of 1 s for a lock, ");
        contains(error, "the statement has had no effect");
        names_the_blocker(server, error, &id);
        if server.engine().kind == EngineKind::Mysql {
            contains(error, &format!("end that transaction (or KILL {id}), then run the command again"));
        } else {
            // Why nobody is named is said once, however often it is tried.
            let reason = "by whom is unknown, because performance_schema.metadata_locks is not turned on";
            assert_eq!(run.stderr.matches(reason).count(), 1, "{}", run.stderr);
        }
        assert_eq!(project.running("ALTER TABLE busy"), 0, "{}", server.engine());
        assert_eq!(project.contents(), before, "{}", server.engine());
        ask(&mut reader, "COMMIT");
        project.run("migrate").exits(0);
    }
}

#[test]
fn ctrl_c_between_attempts_ends_at_once() {
    for server in both() {
        let (project, mut reader, _) = busy(server, "table_interrupt", 60);
        let migrating = project.command("migrate --profile patient").env("X", project.database.url()).start();
        let alter = "ALTER TABLE busy";
        eventually("an attempt", || project.running(alter) == 1);
        eventually("a pause", || project.running(alter) == 0);
        let begun = Instant::now();
        migrating.interrupt();
        let outcome = migrating.wait().exits(130);
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        contains(&outcome.stderr, "nothing of this migration is left");
        assert_eq!(project.running(alter), 0, "{}", server.engine());
        ask(&mut reader, "COMMIT");
        project.run("migrate").exits(0);
    }
}

#[test]
fn who_is_in_the_way_is_unknown_to_an_account_without_rights_and_that_is_said() {
    for server in both() {
        let (project, mut reader, _) = busy(server, "table_rights", 4);
        let user = &project.database.name;
        let grant = format!("CREATE USER {user}@localhost; GRANT ALL ON {user}.* TO {user}@localhost");
        project.database.run(&grant);
        let url = project.database.url().replace("root@", &format!("{user}@"));
        let run = project.command("migrate --profile patient").env("X", &url).run().exits(4);
        let once = |told: &str| assert_eq!(run.stderr.matches(told).count(), 1, "{told}: {}", run.stderr);
        once("by whom is unknown, because ");
        once("this account may not see the open transactions, which needs GRANT PROCESS ON *.*");
        match server.engine().kind {
            EngineKind::Mysql => once(
                "this account may not read performance_schema.metadata_locks, which needs GRANT SELECT ON performance_schema.*",
            ),
            _ => once("performance_schema.metadata_locks is not turned on"),
        }
        contains(&run.stderr, "attempt 2 gave way after waiting for a lock, by whom is unknown; tried again in ");
        assert!(!run.stderr.contains("command denied") && !run.stderr.contains("error 1227"), "{}", run.stderr);
        contains(&run.stderr, "run the command again when the table is not in use");
        ask(&mut reader, "COMMIT");
        project.command("migrate --profile patient").env("X", &url).run().exits(0);
    }
}

#[test]
fn rows_that_wait_for_the_app_give_way_too() {
    for server in both() {
        let (project, mut reader, id) = busy(server, "table_rows", 2);
        // A lock on the table itself keeps rows from being written.
        ask(&mut reader, "COMMIT");
        ask(&mut reader, "LOCK TABLES busy WRITE");
        project.up(1, "INSERT INTO busy VALUES (2)");
        let run = project.command("migrate --profile patient").env("X", project.database.url()).run().exits(4);
        contains(&run.stderr, "error 1205: ");
        contains(&run.stderr, " attempts in 2 s ");
        contains(&run.stderr, "the statement has had no effect");
        if server.engine().kind == EngineKind::Mysql {
            contains(&run.stderr, &format!("held by connection {id}, root@localhost, idle for"));
        }
        ask(&mut reader, "UNLOCK TABLES");
        project.run("migrate").exits(0);
        assert_eq!(project.database.column("SELECT id FROM busy ORDER BY id"), ["1", "2"]);
    }
}
