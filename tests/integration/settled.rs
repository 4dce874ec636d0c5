//! What a crash has left is settled by what a statement itself does, whatever happens next: a second failure, or
//! somebody else's change of the same table.

use crate::project::{Project, contains, eventually};
use crate::servers::{Server, ask, block_on, both};
use aura_db::engine::sandbox::{Options, ServerKind};
use sqlx::{ConnectOptions as _, MySqlConnection};

/// Begins a run that waits in a statement for `table`, and ends it there before the statement has had an effect.
fn cut_in(project: &Project, verb: &str, table: &str, statement: &str) {
    cut_by(project.database.connect(), project, verb, (table, statement));
}

/// [`cut_in`] with the session that is in the way.
fn cut_by(mut holder: MySqlConnection, project: &Project, verb: &str, (table, statement): (&str, &str)) {
    ask(&mut holder, "START TRANSACTION");
    ask(&mut holder, &format!("SELECT * FROM {table} FOR UPDATE"));
    let run = project.command(verb).start();
    eventually("the statement waits", || project.running(statement) > 0);
    drop(run);
    for session in project.database.rows("SHOW FULL PROCESSLIST") {
        let is_it = session[7].as_ref().is_some_and(|sql| sql.starts_with(statement));
        if is_it && session[3].as_ref() == Some(&project.database.name) {
            // It may have given up by itself by now.
            let kill = sqlx::AssertSqlSafe(format!("KILL {}", session[0].as_ref().unwrap()));
            let _ = block_on(sqlx::raw_sql(kill).execute(&mut holder));
        }
    }
    eventually("it is over", || project.running(statement) == 0);
}

fn progress(project: &Project, version: i64) -> Vec<String> {
    let sql = format!("SELECT progress FROM _aura_db_journal WHERE version = {version} ORDER BY position");
    project.database.column(&sql)
}

#[test]
fn a_ledger_that_cannot_be_written_after_the_last_statement_was_found_done_brings_no_question() {
    for (name, event, condition) in
        [("settled_any", "DELETE", "1"), ("settled_update", "UPDATE", "1"), ("settled_end", "UPDATE", "NEW.success")]
    {
        for server in both() {
            let project = Project::new(server, name);
            project.up(1, "CREATE TABLE t (id INT PRIMARY KEY)");
            project.run("migrate").exits(0);
            project.up(2, "ALTER TABLE t ADD COLUMN c INT");
            cut_in(&project, "migrate", "t", "ALTER TABLE t");
            project.database.run("ALTER TABLE t ADD COLUMN c INT");
            project.database.run(&format!(
                "CREATE TRIGGER refuse BEFORE {event} ON _sqlx_migrations FOR EACH ROW BEGIN IF {condition} THEN \
                 SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no room'; END IF; END"
            ));
            contains(&project.run("migrate").exits(3).stderr, "no room");
            project.database.run("DROP TRIGGER refuse");
            let outcome = project.run("migrate");
            assert_eq!(outcome.code, Some(0), "{} {name}: {}", server.engine(), outcome.stderr);
            assert_eq!(project.states(), ["1 applied", "2 applied"], "{}", server.engine());
            assert_eq!(progress(&project, 2), ["done"]);
        }
    }
}

#[test]
fn a_unit_that_is_cut_off_in_a_later_migration_goes_on_and_can_still_be_taken_back() {
    for server in both() {
        let project = Project::new(server, "settled_unit");
        project.up(1, "CREATE TABLE gate (id INT PRIMARY KEY);\nINSERT INTO gate VALUES (1)");
        project.run("migrate").exits(0);
        project.pair(2, "CREATE TABLE a (id INT)", "DROP TABLE a");
        project.pair(3, "CREATE TABLE b (id INT)", "DROP TABLE b");
        project.up(4, "CREATE TABLE c (id INT);\nALTER TABLE gate ADD COLUMN x INT;");
        cut_in(&project, "apply all", "gate", "ALTER TABLE gate");
        assert_eq!(project.tables(), ["_sqlx_migrations", "a", "b", "c", "gate"]);
        // The data refuses what is left, and the whole unit goes.
        project.up(4, "CREATE TABLE c (id INT);\nALTER TABLE gate ADD COLUMN id INT;");
        let refused = project.run("apply all").exits(4);
        assert!(!refused.stderr.contains("no state to restore"), "{}: {}", server.engine(), refused.stderr);
        assert_eq!(project.tables(), ["_sqlx_migrations", "gate"], "{}: {}", server.engine(), refused.stderr);
        project.up(4, "CREATE TABLE c (id INT);\nALTER TABLE gate ADD COLUMN x INT;");
        cut_in(&project, "apply all", "gate", "ALTER TABLE gate");
        project.run("apply all").exits(0);
        assert_eq!(project.tables(), ["_sqlx_migrations", "a", "b", "c", "gate"], "{}", server.engine());
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 applied", "4 applied"]);
    }
}

/// The statement, what else of the table somebody changes meanwhile, and what shows that the statement took effect.
const BESIDE: [(&str, &str); 7] = [
    ("RENAME TABLE t TO u", "t"),
    ("ALTER TABLE t RENAME INDEX i TO j", "KEY `j`"),
    ("ALTER TABLE t ADD CONSTRAINT positive CHECK (n > 0)", "CONSTRAINT `positive`"),
    ("ALTER TABLE t ADD CONSTRAINT one UNIQUE (n)", "UNIQUE KEY `one`"),
    ("ALTER TABLE t COMMENT = 'of wood'", "of wood"),
    ("ALTER TABLE t ROW_FORMAT = COMPACT", "ROW_FORMAT=COMPACT"),
    ("ALTER TABLE t ENGINE = MyISAM", "ENGINE=MyISAM"),
];

#[test]
fn what_somebody_else_changes_of_the_same_table_is_not_taken_for_the_statement() {
    for server in both() {
        for (at, (statement, shows)) in BESIDE.into_iter().enumerate() {
            for done in [false, true] {
                let project = Project::new(server, &format!("settled_beside_{at}_{done}"));
                project.up(1, "CREATE TABLE t (id INT PRIMARY KEY, n INT, KEY i (n));\nINSERT INTO t VALUES (1, 1)");
                project.run("migrate").exits(0);
                project.up(2, statement);
                cut_in(&project, "migrate", "t", &statement[..12]);
                if done {
                    project.database.run(statement);
                }
                let is_there = project.tables().contains(&"t".to_owned());
                let table = if is_there { "t" } else { "u" };
                project.database.run(&format!("ALTER TABLE {table} ADD COLUMN other INT"));
                let outcome = project.run("migrate");
                let about = format!("{} {statement} {done}: {}", server.engine(), outcome.stderr);
                assert_eq!(outcome.code, Some(0), "{about}");
                assert_eq!(outcome.stderr.contains("found done"), done, "{about}");
                assert_eq!(outcome.stderr.contains("had not taken effect"), !done, "{about}");
                let table = if statement.starts_with("RENAME") { "u" } else { "t" };
                let now = project.database.rows(&format!("SHOW CREATE TABLE {table}"))[0][1].clone().unwrap();
                contains(&now, "`other`");
                assert!(now.contains(shows) || table == "u", "{about}: {now}");
            }
        }
    }
}

#[test]
fn somebody_elses_value_of_the_same_option_is_asked_about() {
    for server in both() {
        let project = Project::new(server, "settled_option");
        project.up(1, "CREATE TABLE t (id INT PRIMARY KEY)");
        project.run("migrate").exits(0);
        project.up(2, "ALTER TABLE t COMMENT = 'ours'");
        cut_in(&project, "migrate", "t", "ALTER TABLE t");
        project.database.run("ALTER TABLE t COMMENT = 'theirs'");
        let stopped = project.run("migrate").exits(4);
        contains(&stopped.stderr, "does not say whether by this statement or by somebody else");
        project.run("migrate --in-doubt not-run").exits(0);
        contains(&project.contents(), "ours");
    }
}

#[test]
fn views_that_were_dropped_one_by_one_are_dropped_to_the_end() {
    for server in both() {
        let project = Project::new(server, "settled_views");
        project.up(1, "CREATE TABLE t (id INT PRIMARY KEY);\nCREATE VIEW a AS SELECT id FROM t;\nCREATE VIEW b AS SELECT id FROM t");
        project.run("migrate").exits(0);
        project.up(2, "DROP VIEW IF EXISTS a, b");
        // What a server leaves that died between the two.
        project.run("migrate").exits(0);
        project.database.run("CREATE VIEW a AS SELECT id FROM t; CREATE VIEW b AS SELECT id FROM t");
        let state = |name: &str| {
            let definition = project.database.rows(&format!("SHOW CREATE VIEW {name}"))[0][1].clone().unwrap();
            format!(r#""table {name}":{{"present":{{"definition":{}}}}}"#, serde_json::json!(definition))
        };
        let before = format!("{{{},{}}}", state("a"), state("b"));
        project.database.run(&format!(
            "DROP VIEW a; UPDATE _sqlx_migrations SET success = 0 WHERE version = 2; UPDATE _aura_db_journal SET \
             progress = 'begun', state_before = '{}' WHERE version = 2",
            before.replace('\\', "\\\\").replace('\'', "''")
        ));
        let outcome = project.run("migrate").exits(0);
        assert!(!outcome.stderr.contains("found done"), "{}: {}", server.engine(), outcome.stderr);
        assert_eq!(project.tables(), ["_sqlx_migrations", "t"], "{}", server.engine());
        assert_eq!(project.states(), ["1 applied", "2 applied"]);
    }
}

#[test]
fn a_deadlock_after_ddl_does_not_take_back_that_the_ddl_is_done() {
    for server in both() {
        let project = Project::new(server, "settled_deadlock");
        project.up(1, "CREATE TABLE t (id INT PRIMARY KEY, n INT);\nINSERT INTO t VALUES (1, 1)");
        project.run("migrate").exits(0);
        // The server's answer to one that lost a deadlock, once.
        project.database.run(
            "CREATE TRIGGER lost BEFORE UPDATE ON t FOR EACH ROW BEGIN IF @lost IS NULL THEN SET @lost = 1; \
             SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock found'; END IF; END",
        );
        project.up(2, "SET @n = 5;\nALTER TABLE t ADD COLUMN c INT;\nUPDATE t SET c = @n");
        let outcome = project.run("migrate").exits(0);
        contains(&outcome.stderr, "trying the transaction again");
        assert_eq!(progress(&project, 2), ["done", "done", "done"], "{}", server.engine());
        assert_eq!(project.database.column("SELECT c FROM t"), ["5"], "{}", server.engine());
    }
}

#[test]
fn rows_that_a_trigger_writes_outside_of_transactions_are_asked_about() {
    for server in both() {
        let project = Project::new(server, "settled_trigger");
        project.database.run(
            "CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE gate (id INT PRIMARY KEY); INSERT INTO gate VALUES (1);
             CREATE TABLE log (n INT) ENGINE = MyISAM; CREATE TABLE plain (id INT PRIMARY KEY);
             CREATE TRIGGER logged AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES (1)",
        );
        project.up(1, "INSERT INTO plain VALUES (1);\nINSERT INTO t SELECT id FROM gate FOR UPDATE;");
        cut_in(&project, "migrate", "gate", "INSERT INTO t SELECT");
        let stopped = project.run("migrate").exits(4);
        contains(&stopped.stderr, "migrations/1_step.up.sql:2:1");
        contains(&stopped.stderr, "a table that its triggers, foreign keys or functions lead to");
        project.run("migrate --in-doubt not-run").exits(0);
        assert_eq!(project.database.column("SELECT id FROM plain"), ["1"], "{}", server.engine());
        assert_eq!(project.database.column("SELECT n FROM log"), ["1"], "{}", server.engine());
    }
}

#[test]
fn the_sessions_own_database_in_capitals_is_no_other_one_where_the_server_folds_names() {
    let extra = vec!["--lower-case-table-names=1".into()];
    let server = Server::with(Options { extra, ..Options::new(ServerKind::Mariadb) });
    let server: &'static Server = Box::leak(Box::new(server));
    let project = Project::new(server, "settled_folded");
    project.up(1, "CREATE TABLE t (id INT PRIMARY KEY)");
    project.run("migrate").exits(0);
    let name = project.database.name.to_uppercase();
    project.up(2, format!("ALTER TABLE {name}.T ADD COLUMN c INT"));
    let holder = block_on(server.sandbox().connect_options().database(&project.database.name).connect()).unwrap();
    cut_by(holder, &project, "migrate", ("t", "ALTER TABLE "));
    let outcome = project.run("migrate").exits(0);
    contains(&outcome.stderr, "had not taken effect");
    assert_eq!(project.states(), ["1 applied", "2 applied"]);
}
