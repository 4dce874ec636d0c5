//! A server that dies in the middle of a verb: the error says so and the run ends in seconds, it does not hang.

use crate::binary::{AuraDb, Running};
use crate::project::{contains, eventually};
use crate::servers::{ask, block_on};
use aura_db::engine::sandbox::{Options, Sandbox, ServerKind};
use sqlx::{ConnectOptions as _, Executor as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const KINDS: [ServerKind; 2] = [ServerKind::Mysql, ServerKind::Mariadb];
/// Below every limit on waiting of aura-db's own, and far above what a loaded machine needs to notice.
const SECONDS: Duration = Duration::from_secs(30);

const WORKLOAD: &str = "\
queries:
  - {name: a.one, sql: SELECT a FROM t WHERE a = 1}
  - {name: a.two, sql: SELECT a FROM t WHERE a = 2}
  - {name: a.three, sql: SELECT a FROM t WHERE a = 3}
";

fn kill(pid: &str) {
    assert!(Command::new("kill").args(["-9", pid.trim()]).status().unwrap().success());
}

/// Waits for its end, which must come soon, and gives what it said.
#[track_caller]
fn fails_soon(run: Running) -> String {
    let begun = Instant::now();
    let outcome = run.wait().exits(3);
    assert!(begun.elapsed() < SECONDS, "it took {:?}", begun.elapsed());
    outcome.stderr
}

/// Kills a server while a run waits in an EXPLAIN, behind a lock on the table.
#[track_caller]
fn killed_while_explaining(kind: ServerKind, run: impl Fn(&str) -> AuraDb) -> String {
    let mut sandbox = block_on(Sandbox::start(&Options::new(kind))).unwrap();
    let mut holder = block_on(sandbox.connect_options().connect()).unwrap();
    for statement in ["CREATE DATABASE d", "USE d", "CREATE TABLE t (a INT PRIMARY KEY)", "LOCK TABLES t WRITE"] {
        block_on(holder.execute(statement)).unwrap();
    }
    let run = run(&sandbox.url("d")).start();
    eventually("a session waits in EXPLAIN", || explaining(&sandbox));
    sandbox.kill();
    fails_soon(run)
}

fn explaining(sandbox: &Sandbox) -> bool {
    let mut session = block_on(sandbox.connect_options().connect()).unwrap();
    let rows = ask(&mut session, "SHOW FULL PROCESSLIST");
    rows.iter().any(|row| row[7].as_ref().is_some_and(|sql| sql.starts_with("EXPLAIN")))
}

#[test]
fn killed_in_the_middle_of_an_audit_or_an_explain() {
    for kind in KINDS {
        let told = killed_while_explaining(kind, |url| {
            AuraDb::new(["audit", "--workload", "w.yaml", "--database-url", url]).file("w.yaml", WORKLOAD)
        });
        is_about_the_connection(&told);
        let told = killed_while_explaining(kind, |url| {
            AuraDb::new(["explain", "SELECT a FROM t WHERE a = 1", "--database-url", url])
        });
        is_about_the_connection(&told);
    }
}

/// The end of the stream, or a reset, as it comes.
fn is_about_the_connection(told: &str) {
    let words = ["error: the connection broke", "error: the server closed the connection"];
    assert!(words.iter().any(|words| told.contains(words)), "{told}");
}

/// The folder of the run's throwaway server, once it has begun to fill the database.
fn filled(temporary: &Path) -> Option<PathBuf> {
    let folders = std::fs::read_dir(temporary).unwrap();
    folders.map(|entry| entry.unwrap().path()).find(|folder| folder.join("data/aura_db_sandbox").exists())
}

#[test]
fn a_throwaway_server_that_is_killed_is_told_with_its_signal_and_its_log() {
    for kind in ["mysql", "mariadb"] {
        let temporary = tempfile::tempdir().unwrap();
        let run = AuraDb::new(["audit", "--sandbox", kind]).at(Path::new(env!("CARGO_MANIFEST_DIR")));
        let run = run.env("TMPDIR", temporary.path()).start();
        eventually("the throwaway server is filled", || filled(temporary.path()).is_some());
        let folder = filled(temporary.path()).unwrap();
        kill(&std::fs::read_to_string(folder.join("pid")).unwrap());
        let told = fails_soon(run);
        contains(&told, "ended by itself (signal 9)");
        let kept = told.lines().find_map(|line| line.strip_prefix("the whole log is kept in ")).unwrap();
        assert!(std::fs::read_to_string(kept).unwrap().contains("ready for connections"), "{told}");
        assert!(!folder.exists(), "the sandbox is gone, but for its log");
    }
}

#[test]
fn a_server_that_takes_the_connection_and_says_nothing_is_given_up_on() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    for verb in [&["status"][..], &["explain", "SELECT 1"]] {
        let run = AuraDb::new([verb, &["--profile", "slow"]].concat())
            .file("migrations/1_step.up.sql", "SELECT 1")
            .file("profiles/environments/slow.yaml", "connect: {url-variable: X}\nconnect-timeout: 1 s\n")
            .env("X", format!("mysql://u@127.0.0.1:{port}/d"));
        let told = fails_soon(run.start());
        contains(&told, &format!("127.0.0.1:{port}/d did not answer within 1 s"));
    }
}
