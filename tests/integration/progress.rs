//! How far a running statement is, as the server itself says.

use crate::project::eventually;
use crate::servers::{Database, ask, block_on, mariadb, mysql};
use aura_db::engine::progress::progress;
use aura_db::engine::sandbox::{Options, Sandbox, ServerKind};
use aura_db::model::engine::EngineKind;
use aura_db::model::progress::StatementProgress;
use sqlx::{ConnectOptions as _, Executor as _, MySqlConnection};

fn connection_id(connection: &mut MySqlConnection) -> u64 {
    ask(connection, "SELECT CONNECTION_ID()")[0][0].as_ref().unwrap().parse().unwrap()
}

/// What is said of a statement that waits for a table until the watcher has seen it.
fn seen(kind: EngineKind, connect: impl Fn() -> MySqlConnection) -> Option<StatementProgress> {
    let (mut holder, mut waiter, mut watcher) = (connect(), connect(), connect());
    ask(&mut holder, "CREATE TABLE held (a INT)");
    ask(&mut holder, "LOCK TABLES held READ");
    let id = connection_id(&mut waiter);
    let waiting = std::thread::spawn(move || {
        block_on(async { waiter.execute(sqlx::raw_sql("ALTER TABLE held FORCE")).await.map(|_| ()) })
    });
    let waits = format!("SELECT state FROM information_schema.processlist WHERE id = {id}");
    eventually("the statement waits", || {
        let state = ask(&mut watcher, &waits);
        state.first().and_then(|row| row[0].clone()).is_some_and(|state| state.contains("metadata lock"))
    });
    let said = block_on(progress(&mut watcher, kind, id));
    ask(&mut holder, "UNLOCK TABLES");
    waiting.join().unwrap().unwrap();
    said
}

fn waiting_stage() -> StatementProgress {
    StatementProgress::Stage { name: "Waiting for table metadata lock".into(), counter: None }
}

#[test]
fn the_stage_is_told_where_the_server_measures_it() {
    let database = mariadb().database("progress");
    assert_eq!(seen(EngineKind::Mariadb, || database.connect()), Some(waiting_stage()));
    let consumer = "--performance-schema-consumer-events-stages-current=ON";
    let options = Options {
        performance_schema: true,
        extra: vec![consumer.into(), "--performance-schema-instrument=stage/%=ON".into()],
        ..Options::new(ServerKind::Mysql)
    };
    let sandbox = block_on(Sandbox::start(&options)).unwrap();
    let connect = |database: Option<&str>| {
        let options = sandbox.connect_options();
        let options = database.map_or(options.clone(), |name| options.database(name));
        block_on(options.connect()).unwrap()
    };
    ask(&mut connect(None), "CREATE DATABASE progress");
    assert_eq!(seen(EngineKind::Mysql, || connect(Some("progress"))), Some(waiting_stage()));
}

#[test]
fn what_the_server_does_not_measure_is_unknown_and_stays_switched_off() {
    let database: Database = mysql().database("progress");
    let said = seen(EngineKind::Mysql, || database.connect());
    let expected = "the performance schema's consumer events_stages_current is off";
    assert_eq!(said, Some(StatementProgress::Unknown(expected.into())));
    let enabled = "SELECT enabled FROM performance_schema.setup_consumers WHERE name = 'events_stages_current'";
    assert_eq!(database.value(enabled).as_deref(), Some("NO"));
}

#[test]
fn nothing_is_said_of_a_connection_that_does_nothing() {
    let database = mariadb().database("progress");
    let (mut idle, mut watcher) = (database.connect(), database.connect());
    let id = connection_id(&mut idle);
    // The client has its answer a moment before the server is through with the statement.
    let command = format!("SELECT command FROM information_schema.processlist WHERE id = {id}");
    eventually("the connection is idle", || {
        ask(&mut watcher, &command).first().and_then(|row| row[0].clone()).as_deref() == Some("Sleep")
    });
    assert_eq!(block_on(progress(&mut watcher, EngineKind::Mariadb, id)), None);
}
