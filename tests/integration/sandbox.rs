//! The sandbox's promises: it is the engine that was asked for, it answers, and it is gone with its owner.

use crate::project::eventually;
use crate::servers::{block_on, on_tcp};
use aura_db::engine::sandbox::{Options, Sandbox, SandboxError, ServerKind};
use sqlx::mysql::MySqlSslMode;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, MySqlConnection};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const KINDS: [ServerKind; 2] = [ServerKind::Mysql, ServerKind::Mariadb];
/// Set in the run that a test makes of itself, to be killed.
const ROLE: &str = "AURA_DB_TEST_ROLE";

fn start(options: &Options) -> Sandbox {
    block_on(Sandbox::start(options)).unwrap_or_else(|error| panic!("{error}"))
}

fn connect(sandbox: &Sandbox) -> MySqlConnection {
    block_on(sandbox.connect_options().connect()).unwrap()
}

fn folder(sandbox: &Sandbox) -> PathBuf {
    sandbox.socket().parent().unwrap().to_owned()
}

fn alive(pid: u32) -> bool {
    Command::new("kill").args(["-0", &pid.to_string()]).stderr(Stdio::null()).status().unwrap().success()
}

#[track_caller]
fn gone_soon(pid: u32, folder: &Path) {
    let begun = Instant::now();
    while alive(pid) || folder.exists() {
        assert!(begun.elapsed() < Duration::from_mins(1), "{pid} or {} is still there", folder.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn each_kind_answers_as_itself_and_is_gone_when_dropped() {
    for kind in KINDS {
        let sandbox = start(&Options::new(kind));
        let engine = sandbox.engine().clone();
        assert_eq!(engine.kind, kind.engine());
        assert_eq!(engine.version.contains("MariaDB"), kind == ServerKind::Mariadb, "{engine}");
        let (pid, folder) = (sandbox.pid().unwrap(), folder(&sandbox));
        assert!(alive(pid));
        drop(sandbox);
        assert!(!alive(pid), "{engine} still runs");
        assert!(!folder.exists(), "{} is still there", folder.display());
    }
}

#[test]
fn several_at_a_time_do_not_meet() {
    let sandboxes = block_on(async {
        let (mysql, mariadb) = (Options::new(ServerKind::Mysql), Options::new(ServerKind::Mariadb));
        tokio::join!(Sandbox::start(&mysql), Sandbox::start(&mysql), Sandbox::start(&mariadb))
    });
    let sandboxes = [sandboxes.0.unwrap(), sandboxes.1.unwrap(), sandboxes.2.unwrap()];
    let mut first = connect(&sandboxes[0]);
    block_on(first.execute("CREATE DATABASE only_here")).unwrap();
    for (index, sandbox) in sandboxes.iter().enumerate() {
        let query = "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = 'only_here'";
        let found: i64 = block_on(sqlx::query_scalar(query).fetch_one(&mut connect(sandbox))).unwrap();
        assert_eq!(found, i64::from(index == 0));
    }
}

#[test]
fn what_was_committed_survives_a_kill_and_what_was_not_does_not() {
    for kind in KINDS {
        let mut sandbox = start(&Options { durable: true, ..Options::new(kind) });
        let pid = sandbox.pid().unwrap();
        let mut connection = connect(&sandbox);
        for statement in ["CREATE DATABASE d", "CREATE TABLE d.t (a INT)", "INSERT INTO d.t VALUES (1)"] {
            block_on(connection.execute(statement)).unwrap();
        }
        block_on(connection.execute("BEGIN")).unwrap();
        block_on(connection.execute("INSERT INTO d.t VALUES (2)")).unwrap();
        sandbox.kill();
        assert!(!alive(pid) && sandbox.pid().is_none());
        assert!(block_on(connection.ping()).is_err(), "the connection outlived the server");
        block_on(sandbox.restart()).unwrap();
        let rows: Vec<i32> =
            block_on(sqlx::query_scalar("SELECT a FROM d.t").fetch_all(&mut connect(&sandbox))).unwrap();
        assert_eq!(rows, [1]);
        let folder = folder(&sandbox);
        sandbox.kill();
        drop(sandbox);
        assert!(!folder.exists(), "a killed sandbox left {}", folder.display());
    }
}

#[test]
fn a_server_that_ends_by_itself_is_told_with_its_signal_and_its_log() {
    for kind in KINDS {
        let sandbox = start(&Options::new(kind));
        assert!(block_on(sandbox.ended()).is_none(), "it runs");
        // Abort, which both engines tell of in their logs before they end.
        let pid = sandbox.pid().unwrap().to_string();
        assert!(Command::new("kill").args(["-ABRT", &pid]).status().unwrap().success());
        eventually("the end is known", || alive_is_over(&sandbox));
        let error = block_on(sandbox.ended()).unwrap();
        let SandboxError::Died { status, log, .. } = &error else { panic!("{error}") };
        // MySQL's handler of the signal ends the process in its own way.
        assert_eq!(status, if kind == ServerKind::Mysql { "exit status 2" } else { "signal 6" }, "{error}");
        assert!(log.lines.iter().any(|line| line.contains("got signal 6")), "{error}");
        let kept = log.kept.as_ref().unwrap();
        drop(sandbox);
        assert!(std::fs::read_to_string(kept).unwrap().contains("got signal 6"), "the log outlives the sandbox");
        std::fs::remove_file(kept).unwrap();
    }
}

fn alive_is_over(sandbox: &Sandbox) -> bool {
    folder(sandbox).join("exited").exists()
}

/// A start of MariaDB clears temporary tables (`#sql…`) out of its folder for them, whoever uses them. Where servers shared
/// that folder, the queried one crashed within about ten starts of the other (10.11.19, signal 11); each has its own.
#[test]
fn a_server_that_is_queried_outlives_the_starts_of_others() {
    const STARTS: usize = 6;
    let queried = start(&Options::new(ServerKind::Mariadb));
    // Its texts are too long for a table in memory, so each answer goes through a temporary table on disk.
    let query = "SELECT table_name, column_name, column_type, column_default, extra, column_comment \
                 FROM information_schema.columns WHERE table_schema = 'mysql' ORDER BY table_name, ordinal_position";
    let starting = AtomicBool::new(true);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut connection = connect(&queried);
            let mut answers = 0;
            while starting.load(Ordering::Relaxed) {
                let rows =
                    block_on(sqlx::raw_sql(query).fetch_all(&mut connection)).map_err(|error| error.to_string())?;
                assert!(rows.len() > 100, "{}", rows.len());
                answers += 1;
            }
            Ok::<u32, String>(answers)
        });
        for _ in 0..STARTS {
            drop(start(&Options::new(ServerKind::Mariadb)));
        }
        starting.store(false, Ordering::Relaxed);
        let answers = asking.join().unwrap();
        let end = block_on(queried.ended()).map(|end| end.to_string());
        assert!(end.is_none() && answers.as_ref().is_ok_and(|answers| *answers > 0), "{answers:?}, {end:?}");
    });
}

#[test]
fn listens_on_tcp_with_tls_when_asked() {
    let (sandbox, port) = on_tcp(&Options::new(ServerKind::Mysql));
    let options = sqlx::mysql::MySqlConnectOptions::new().host("127.0.0.1").port(port).username("root");
    let authority = sandbox.data().join("ca.pem");
    let mut connection = block_on(options.ssl_mode(MySqlSslMode::VerifyCa).ssl_ca(authority).connect()).unwrap();
    let (_, cipher): (String, String) =
        block_on(sqlx::query_as("SHOW SESSION STATUS LIKE 'Ssl_cipher'").fetch_one(&mut connection)).unwrap();
    assert_ne!(cipher, "");
}

#[test]
fn a_server_that_refuses_to_start_says_why_and_where_its_log_is() {
    for kind in KINDS {
        let options = Options { extra: vec!["--no-such-option-as-this".into()], ..Options::new(kind) };
        let error = block_on(Sandbox::start(&options)).unwrap_err();
        let SandboxError::Ended { log, .. } = &error else { panic!("{error}") };
        assert!(log.lines.iter().any(|line| line.contains("no-such-option-as-this")), "{error}");
        let kept = log.kept.as_ref().unwrap();
        assert!(error.to_string().ends_with(&format!("the whole log is kept in {}", kept.display())), "{error}");
        assert!(std::fs::read_to_string(kept).unwrap().contains("no-such-option-as-this"));
        std::fs::remove_file(kept).unwrap();
    }
}

#[test]
fn gone_when_its_owner_is_killed() {
    if std::env::var_os(ROLE).is_some() {
        // The owner: says what it holds and waits for its end.
        let sandbox = start(&Options::new(ServerKind::Mariadb));
        println!("\nholds {} {}", sandbox.pid().unwrap(), folder(&sandbox).display());
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        return;
    }
    let mut owner = again("sandbox::gone_when_its_owner_is_killed").stdin(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let held = lines.map(Result::unwrap).find_map(|line| line.strip_prefix("holds ").map(str::to_owned)).unwrap();
    let (pid, folder) = held.split_once(' ').unwrap();
    let (pid, folder) = (pid.parse().unwrap(), PathBuf::from(folder));
    assert!(alive(pid) && folder.exists());
    // `Child::kill` is SIGKILL: the owner gets no chance to clean up.
    owner.kill().unwrap();
    owner.wait().unwrap();
    gone_soon(pid, &folder);
}

#[test]
fn gone_when_its_owner_panics() {
    for kind in KINDS {
        let (held, told) = std::sync::mpsc::channel();
        let owner = std::thread::spawn(move || {
            let sandbox = start(&Options::new(kind));
            held.send((sandbox.pid().unwrap(), folder(&sandbox))).unwrap();
            std::panic::resume_unwind(Box::new("the owner panics"));
        });
        let (pid, folder) = told.recv().unwrap();
        assert!(owner.join().is_err());
        gone_soon(pid, &folder);
    }
}

#[test]
fn another_engine_in_the_variable_is_refused_by_name() {
    if std::env::var_os(ROLE).is_some() {
        let error = block_on(Sandbox::start(&Options::new(ServerKind::Mysql))).unwrap_err();
        println!("\nrefused: {error}");
        return;
    }
    let mariadb = start(&Options::new(ServerKind::Mariadb)).program().to_owned();
    let output = again("sandbox::another_engine_in_the_variable_is_refused_by_name")
        .env("AURA_DB_MYSQLD", &mariadb)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let expected =
        format!("AURA_DB_MYSQLD is set to `{}`, which is no MySQL server: it is MariaDB ", mariadb.display());
    assert!(text.contains(&expected), "{text}");
}

/// This test binary once more, running one test in its other role.
fn again(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(ROLE, "1").stdout(Stdio::piped()).stderr(Stdio::null());
    command
}
