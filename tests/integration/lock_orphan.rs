//! A runner that was killed in the middle of a long statement, and one that is alive in it.

use crate::project::{Project, contains, eventually};
use crate::servers::{Server, ask, both};
use sqlx::MySqlConnection;

const ALTER: &str = "ALTER TABLE busy ";

/// A project whose migration has to wait for a reader, for as long as it takes.
fn held_up(server: &'static Server, name: &str, runner_lock_timeout: u32) -> (Project, MySqlConnection) {
    let project = Project::new(server, name);
    let profile = format!(
        "connect: {{url-variable: X}}\nlock-wait-timeout: 300 s\nrunner-lock-timeout: {runner_lock_timeout} s\n"
    );
    project.file("profiles/environments/long.yaml", profile);
    project.database.run("CREATE TABLE busy (id INT PRIMARY KEY)");
    project.up(1, "CREATE TABLE first (id INT);\nALTER TABLE busy ADD COLUMN more INT");
    let mut reader = project.database.connect();
    ask(&mut reader, "START TRANSACTION");
    ask(&mut reader, "SELECT * FROM busy");
    (project, reader)
}

/// The connection that runs a statement.
fn runner(project: &Project, statement: &str) -> String {
    let sessions = project.database.rows("SHOW FULL PROCESSLIST");
    let here = sessions.iter().filter(|row| row[3].as_ref() == Some(&project.database.name));
    let mut at_work = here.filter(|row| row[7].as_ref().is_some_and(|sql| sql.starts_with(statement)));
    at_work.next().unwrap()[0].clone().unwrap()
}

#[test]
fn what_a_killed_runner_left_running_is_ended_and_the_next_one_goes_on() {
    for server in both() {
        let project = Project::new(server, "orphan_killed");
        // Work, as a statement that waits is ended by MariaDB itself when its client is gone.
        project.database.run("CREATE TABLE knob (n BIGINT PRIMARY KEY); INSERT INTO knob VALUES (100000000000)");
        let long = "CREATE TABLE big AS SELECT BENCHMARK((SELECT n FROM knob), SHA2('x', 256)) AS b";
        project.up(1, format!("CREATE TABLE first (id INT);\n{long}"));
        let killed = project.command("migrate").start();
        // It has read its row, and keeps it locked.
        let locked = || project.database.rows("SELECT n FROM knob FOR UPDATE SKIP LOCKED").is_empty();
        eventually("the long statement runs", || project.running(long) == 1 && locked());
        let id = runner(&project, long);
        drop(killed);
        assert_eq!(project.running(long), 1, "{}: it goes on for nobody", server.engine());
        let next = project.command("migrate").start();
        // The statement has this row locked until it is ended.
        project.database.run("UPDATE knob SET n = 1");
        let run = next.wait().exits(0);
        contains(&run.stderr, &format!("waiting for another runner: connection {id}, root@localhost"));
        contains(&run.stderr, &format!("connection {id} was in migrations/1_step.up.sql:2:1 without a sign of life"));
        contains(&run.stderr, "so it was ended");
        assert_eq!(project.states(), ["1 applied"]);
        assert_eq!(project.database.column("SELECT b FROM big"), ["0"], "{}", server.engine());
    }
}

#[test]
fn a_live_runner_in_a_long_statement_is_left_alone() {
    for server in both() {
        // Longer than a runner may be silent.
        let (project, mut reader) = held_up(server, "orphan_alive", 17);
        let url = project.database.url();
        let alive = project.command("migrate --profile long").env("X", &url).start();
        eventually("it waits for the table", || project.running(ALTER) == 1);
        let id = runner(&project, ALTER);
        let beats =
            || project.database.column("SELECT CAST(heartbeat AS CHAR) FROM _aura_db_journal WHERE progress = 'begun'");
        let refused = project.command("migrate --profile long").env("X", &url).run().exits(3);
        contains(
            &refused.stderr,
            &format!("another runner holds the migration lock of this database: connection {id}, root@localhost"),
        );
        contains(&refused.stderr, "running for ");
        contains(&refused.stderr, "ADD COLUMN more INT");
        assert!(!refused.stderr.contains("sign of life"), "{}", refused.stderr);
        assert_eq!(runner(&project, ALTER), id);
        let beat = beats();
        eventually("another heartbeat", || beats() != beat);
        ask(&mut reader, "COMMIT");
        alive.wait().exits(0);
        assert_eq!(project.states(), ["1 applied"], "{}", server.engine());
    }
}

#[test]
fn a_silent_row_of_another_statement_ends_nobody() {
    for server in both() {
        let (project, reader) = held_up(server, "orphan_other", 14);
        drop(reader);
        project.run("migrate").exits(0);
        // A session that holds the lock and is not in the statement that the journal tells of, as after a restart of the
        // server, when ids begin again.
        let mut other = project.database.connect();
        let id = ask(&mut other, "SELECT CONNECTION_ID()")[0][0].clone().unwrap();
        let name = aura_db::engine::lock::name(&project.database.name);
        assert_eq!(ask(&mut other, &format!("SELECT GET_LOCK('{name}', 0)"))[0][0].as_deref(), Some("1"));
        project.database.run(&format!(
            "UPDATE _aura_db_journal SET progress = 'begun', connection = {id}, heartbeat = NOW() - INTERVAL 1 HOUR, \
             begun_at = NOW() - INTERVAL 2 HOUR"
        ));
        let run = project.command("migrate --profile long").env("X", project.database.url()).run().exits(3);
        contains(&run.stderr, &format!("another runner holds the migration lock of this database: connection {id}"));
        assert_eq!(ask(&mut other, "SELECT 1")[0][0].as_deref(), Some("1"), "{}: still there", server.engine());
    }
}
