//! Two runners at once, sessions in the way, and an account that has one connection only.

use crate::project::{Project, contains, eventually};
use crate::servers::{ask, block_on, both};
use sqlx::ConnectOptions as _;
use sqlx::mysql::MySqlConnectOptions;
use std::str::FromStr as _;
use std::time::Instant;

/// sqlx's name for the lock of a database, from its documentation: a constant times the CRC-32 of the name, in hex.
fn lock_name(database: &str) -> String {
    let crc = database.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    });
    format!("{:x}", 0x3d32_ad9e_i64 * i64::from(!crc))
}

/// A profile that waits for a second, and no longer.
fn impatient(project: &Project) {
    let profile = "connect: {url-variable: X}\nrunner-lock-timeout: 1 s\nlock-wait-timeout: 1 s\nlock-give-up: 0 s\n";
    project.file("profiles/environments/impatient.yaml", profile);
}

#[test]
fn a_runner_waits_for_another_says_for_whom_and_gives_up() {
    for server in both() {
        let project = Project::new(server, "lock_held");
        impatient(&project);
        project.pair(1, "CREATE TABLE t (id INT)", "DROP TABLE t");
        let mut other = project.database.connect();
        let taken = ask(&mut other, &format!("SELECT GET_LOCK('{}', 0)", lock_name(&project.database.name)));
        assert_eq!(taken, [[Some("1".to_owned())]]);
        let id = ask(&mut other, "SELECT CONNECTION_ID()")[0][0].clone().unwrap();
        for line in ["migrate", "apply all", "rollback"] {
            let begun = Instant::now();
            let given_up = project.command(&format!("{line} --profile impatient")).env("X", project.database.url());
            let given_up = given_up.run().exits(3);
            assert!((1..20).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
            contains(&given_up.stderr, &format!("waiting for another runner: connection {id}, root@localhost"));
            contains(
                &given_up.stderr,
                &format!("another runner holds the migration lock of this database: connection {id}"),
            );
            contains(&given_up.stderr, "waited 1 s. Try again when it is done");
            assert_eq!(project.tables(), [] as [&str; 0], "{}", server.engine());
        }
        project.run("status").exits(0);
        project.run("migrate --dry-run").exits(0);

        let waiting = project.command("migrate").start();
        eventually("the second runner waits", || project.running("SELECT GET_LOCK(") == 1);
        drop(other);
        waiting.wait().exits(0);
        assert_eq!(project.ledger(), ["1 1"]);
    }
}

#[test]
fn a_holder_whose_statement_has_binary_values_is_named_all_the_same() {
    for server in both() {
        let project = Project::new(server, "lock_binary");
        impatient(&project);
        project.up(1, "CREATE TABLE t (id INT)");
        let mut other = project.database.connect();
        ask(&mut other, &format!("SELECT GET_LOCK('{}', 0)", lock_name(&project.database.name)));
        let id = ask(&mut other, "SELECT CONNECTION_ID()")[0][0].clone().unwrap();
        std::thread::scope(|scope| {
            // As a runner is while it writes a checksum into the ledger.
            let statement = sqlx::query("SELECT SLEEP(60), ?").bind(vec![0xf9_u8, b'c', 0xe6, 0x08]);
            let long = scope.spawn(move || block_on(statement.execute(&mut other)).map(drop));
            eventually("the holder is at work", || project.running("SELECT SLEEP(60)") == 1);
            let run = project.command("migrate --profile impatient").env("X", project.database.url()).run();
            project.database.run(&format!("KILL {id}"));
            assert!(long.join().unwrap().is_err());
            contains(&run.exits(3).stderr, &format!("holds the migration lock of this database: connection {id}"));
        });
    }
}

#[test]
fn two_runners_at_once_apply_each_migration_once() {
    for server in both() {
        let project = Project::shipped(server, "lock_two");
        let runs = ["migrate", "apply all", "migrate"].map(|line| project.command(line).start());
        let outcomes = runs.map(|run| run.wait().exits(0));
        let applied: usize = outcomes.iter().map(|outcome| outcome.stdout.matches("applied 2026").count()).sum();
        assert_eq!(applied, 18, "{}: {outcomes:?}", server.engine());
        assert_eq!(project.ledger().len(), 18);
        project.run("status --check").exits(0);
    }
}

#[test]
fn one_connection_is_enough() {
    for server in both() {
        let project = Project::shipped(server, "lock_single");
        let user = &project.database.name;
        project.database.run(&format!(
            "CREATE USER {user}@localhost WITH MAX_USER_CONNECTIONS 1; GRANT ALL ON {user}.* TO {user}@localhost"
        ));
        let url = project.database.url().replace("root@", &format!("{user}@"));
        let sessions = || project.database.rows("SHOW PROCESSLIST");
        let free = || sessions().iter().all(|session| session[1].as_ref() != Some(user));
        for line in
            ["migrate", "status --check", "rollback indexes", "apply all", "rollback all --dry-run", "rollback all"]
        {
            // The server takes a moment to let the last one go.
            eventually("the account is free", free);
            project.command(line).env("DATABASE_URL", &url).run().exits(0);
        }
        eventually("the account is free", free);
        let held = block_on(MySqlConnectOptions::from_str(&url).unwrap().connect()).unwrap();
        let refused = project.command("status").env("DATABASE_URL", &url).run().exits(3);
        contains(&refused.stderr, "error 1226: ");
        contains(&refused.stderr, "the server has no connection left: try again");
        drop(held);
    }
}

#[test]
fn a_busy_table_is_waited_for_as_long_as_the_profile_says() {
    for server in both() {
        let project = Project::new(server, "lock_busy");
        impatient(&project);
        project.database.run("CREATE TABLE busy (id INT PRIMARY KEY); INSERT INTO busy VALUES (1)");
        project.up(1, "CREATE TABLE t (id INT);\nINSERT INTO t VALUES (1);\nALTER TABLE busy ADD COLUMN more INT;\n");
        let before = project.contents();
        let mut reader = project.database.connect();
        ask(&mut reader, "START TRANSACTION");
        ask(&mut reader, "SELECT * FROM busy");
        for line in ["migrate", "apply all"] {
            let begun = Instant::now();
            let run = project.command(&format!("{line} --profile impatient")).env("X", project.database.url());
            let outcome = run.run().exits(4);
            assert!((1..20).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
            contains(&outcome.stderr, "migrations/1_step.up.sql:3:1: failed: statement 3 of 3");
            contains(&outcome.stderr, "error 1205: ");
            contains(&outcome.stderr, "nothing of this ");
            assert_eq!(project.contents(), before, "{}", server.engine());
        }
        ask(&mut reader, "COMMIT");
        project.run("migrate").exits(0);
    }
}
