//! The lock row, where there is no advisory lock or where it was asked for.

use crate::project::{Project, contains, eventually};
use crate::servers::{Server, ask, both};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::os::unix::net::UnixStream;
use std::time::Instant;

/// A server's own address, through something that knows no `GET_LOCK`, as some proxies and clusters do not.
fn without_advisory_locks(server: &'static Server, database: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut behind) = (client.unwrap(), UnixStream::connect(server.sandbox().socket()).unwrap());
            let (mut back, mut answers) = (client.try_clone().unwrap(), behind.try_clone().unwrap());
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut answers, &mut back);
                let _ = back.shutdown(Shutdown::Both);
            });
            std::thread::spawn(move || {
                let mut buffer = vec![0; 65_536];
                while let Ok(length @ 1..) = client.read(&mut buffer) {
                    let name = b"GET_LOCK(";
                    while let Some(at) = buffer[..length].windows(name.len()).position(|part| part == name) {
                        buffer[at..at + name.len()].copy_from_slice(b"NOT_HERE(");
                    }
                    if behind.write_all(&buffer[..length]).is_err() {
                        break;
                    }
                }
                let _ = behind.shutdown(Shutdown::Both);
            });
        }
    });
    format!("mysql://root@127.0.0.1:{port}/{database}?ssl-mode=disabled")
}

fn rows(project: &Project) -> Vec<String> {
    project.database.column("SELECT CONCAT(id, ' ', connection) FROM _aura_db_lock")
}

#[test]
fn a_refused_advisory_lock_is_replaced_by_a_row_and_that_is_said() {
    for server in both() {
        let project = Project::new(server, "row_refused");
        project.pair(1, "CREATE TABLE t (id INT)", "DROP TABLE t");
        let url = without_advisory_locks(server, &project.database.name);
        let run = project.command("migrate").env("DATABASE_URL", &url).run().exits(0);
        contains(&run.stderr, "the server gives no advisory lock (error 1305: ");
        contains(&run.stderr, "a row in _aura_db_lock is the runner lock instead, with a heartbeat");
        assert_eq!(rows(&project), [] as [&str; 0], "{}: given back", server.engine());
        project.command("rollback").env("DATABASE_URL", &url).run().exits(0);
        assert!(!project.tables().contains(&"t".to_owned()));
        assert!(!project.run("migrate").exits(0).stderr.contains("lock"));
    }
}

#[test]
fn two_runners_by_the_row_apply_each_migration_once() {
    for server in both() {
        let project = Project::shipped(server, "row_two");
        let runs = ["migrate --lock row", "apply all --lock row"].map(|line| project.command(line).start());
        let outcomes = runs.map(|run| run.wait().exits(0));
        let applied: usize = outcomes.iter().map(|outcome| outcome.stdout.matches("applied 2026").count()).sum();
        assert_eq!(applied, 18, "{}: {outcomes:?}", server.engine());
        assert!(outcomes.iter().any(|run| run.stderr.contains("waiting for another runner: process ")), "{outcomes:?}");
        assert!(outcomes.iter().any(|run| run.stderr.contains("nothing to do")), "{outcomes:?}");
        assert_eq!(rows(&project), [] as [&str; 0]);
        project.run("status --check").exits(0);
    }
}

#[test]
fn a_row_is_waited_for_by_its_kind_and_by_the_advisory_one() {
    for server in both() {
        let project = Project::new(server, "row_waits");
        project.file(
            "profiles/environments/row.yaml",
            "connect: {url-variable: X}\nrunner-lock: row\nrunner-lock-timeout: 1 s\n",
        );
        project.file(
            "profiles/environments/plain.yaml",
            "connect: {url-variable: X}\nrunner-lock-timeout: 1 s\nlock-wait-timeout: 300 s\n",
        );
        project.database.run("CREATE TABLE busy (id INT PRIMARY KEY)");
        project.up(1, "ALTER TABLE busy ADD COLUMN more INT");
        let mut reader = project.database.connect();
        ask(&mut reader, "START TRANSACTION");
        ask(&mut reader, "SELECT * FROM busy");
        let url = project.database.url();
        let held = project.command("migrate --lock row --profile plain").env("X", &url).start();
        eventually("it waits for the table", || project.running("ALTER TABLE busy") == 1);
        for profile in ["row", "plain"] {
            let run = project.command(&format!("migrate --profile {profile}")).env("X", &url).run().exits(3);
            contains(&run.stderr, "waiting for another runner: ");
            contains(&run.stderr, "another runner holds the migration lock of this database: ");
        }
        ask(&mut reader, "COMMIT");
        held.wait().exits(0);
        let run = project.command("migrate --profile row").env("X", &url).run().exits(0);
        contains(&run.stderr, "nothing to do");
        assert_eq!(rows(&project), [] as [&str; 0], "{}", server.engine());
    }
}

#[test]
fn the_row_of_a_killed_runner_is_taken_over_when_it_is_stale() {
    for server in both() {
        let project = Project::new(server, "row_killed");
        project.file(
            "profiles/environments/long.yaml",
            "connect: {url-variable: X}\nlock-wait-timeout: 300 s\nrunner-lock: row\n",
        );
        project.database.run("CREATE TABLE busy (id INT PRIMARY KEY)");
        project.up(1, "ALTER TABLE busy ADD COLUMN more INT");
        let mut reader = project.database.connect();
        ask(&mut reader, "START TRANSACTION");
        ask(&mut reader, "SELECT * FROM busy");
        let url = project.database.url();
        let killed = project.command("migrate --profile long").env("X", &url).start();
        eventually("it waits for the table", || project.running("ALTER TABLE busy") == 1);
        let row = rows(&project);
        drop(killed);
        assert_eq!(rows(&project), row, "{}: nobody gave it back", server.engine());
        assert_eq!(project.running("ALTER TABLE busy"), 1, "the statement goes on for nobody");
        let begun = Instant::now();
        let next = project.command("migrate --profile long").env("X", &url).start();
        let before = row[0].clone();
        eventually_long("the row is taken over", || rows(&project).first().is_some_and(|row| *row != before));
        assert!(begun.elapsed().as_secs() >= 10, "{:?}", begun.elapsed());
        eventually("only the new statement waits", || project.running("ALTER TABLE busy") == 1);
        ask(&mut reader, "COMMIT");
        let run = next.wait().exits(0);
        contains(&run.stderr, "the lock row had no heartbeat for ");
        contains(&run.stderr, "s and is taken over: process ");
        assert_eq!(project.states(), ["1 applied"]);
    }
}

#[track_caller]
fn eventually_long(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed().as_secs() < 90, "this never came: {what}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
