//! What a migration sets for its session ends with it: a run of several is the same as one run for each.

use crate::binary::AuraDb;
use crate::project::{Project, contains};
use crate::servers::{ask, block_on, both, mysql};
use aura_db::engine::sandbox::{Options, Sandbox, ServerKind};
use sqlx::ConnectOptions as _;

/// Writes down what a migration finds.
fn finds(id: u32) -> String {
    format!(
        "INSERT INTO found VALUES ({id}, @@sql_mode, @@time_zone, @@foreign_key_checks, @@autocommit, @@unique_checks, \
         @@character_set_client, @@collation_connection, @@group_concat_max_len, @@lc_time_names, @left_over, \
         TIMESTAMPDIFF(DAY, NOW(), SYSDATE()));\n"
    )
}

const FOUND: &str =
    "CREATE TABLE found (id INT PRIMARY KEY, mode TEXT, zone TEXT, fk TEXT, autocommit TEXT, uniques TEXT, client TEXT,
  collation_ TEXT, length TEXT, lc TEXT, left_over TEXT, days TEXT);\n";

const SETS: &str = "SET sql_mode = 'ANSI_QUOTES', time_zone = '+03:00', foreign_key_checks = 0, unique_checks = 0;
SET NAMES latin1;
SET group_concat_max_len = 99999, lc_time_names = 'de_DE', @left_over = 7;
SET timestamp = 1000000;
CREATE TABLE \"quoted\" (id INT);
INSERT INTO quoted VALUES (1);
SET autocommit = 0;
INSERT INTO quoted VALUES (2);
";

#[test]
fn settings_of_one_migration_are_not_those_of_the_next() {
    for server in both() {
        for verb in ["migrate", "apply all"] {
            let project = Project::new(server, "settings_leak");
            project.up(1, format!("{FOUND}{}", finds(1)));
            project.up(2, SETS);
            project.up(3, finds(3));
            project.run(verb).exits(0);
            let found = project.database.rows("SELECT * FROM found ORDER BY id");
            assert_eq!(found[0][1..], found[1][1..], "{} {verb}", server.engine());
            assert_eq!(project.database.column("SELECT id FROM quoted ORDER BY id"), ["1", "2"]);
            assert_eq!(project.states(), ["1 applied", "2 applied", "3 applied"]);
        }
    }
}

#[test]
fn a_failed_migration_is_taken_back_under_the_runs_own_settings() {
    for server in both() {
        let project = Project::new(server, "settings_failed");
        project.up(1, "CREATE TABLE t (id INT PRIMARY KEY)");
        project.run("migrate").exits(0);
        project.up(2, format!("{SETS}ALTER TABLE t ADD COLUMN n INT;\nINSERT INTO nowhere VALUES (1);"));
        let outcome = project.run("migrate").exits(4);
        contains(&outcome.stderr, "nothing of this migration is left");
        assert_eq!(project.tables(), ["_sqlx_migrations", "t"], "{}", server.engine());
        assert_eq!(project.states(), ["1 applied", "2 pending"]);
    }
}

#[test]
fn a_file_without_settings_costs_nothing_more() {
    let project = Project::new(mysql(), "settings_cost");
    project.up(1, "SET @a = 1; CREATE TABLE t (id INT); INSERT INTO t VALUES (@a); ALTER TABLE t ADD COLUMN n INT");
    let before = sent(&project);
    project.run("migrate").exits(0);
    assert_eq!(sent(&project), before, "SHOW SESSION VARIABLES was sent");
    project.up(2, "SET foreign_key_checks = 0; ALTER TABLE t ADD COLUMN m INT");
    project.run("migrate").exits(0);
    assert_ne!(sent(&project), before, "and is, once a file sets something");
}

/// How often the server was asked for a session's variables from this database.
fn sent(project: &Project) -> Vec<String> {
    project.database.column(&format!(
        "SELECT COUNT_STAR FROM performance_schema.events_statements_summary_by_digest WHERE SCHEMA_NAME = '{}' AND \
         DIGEST_TEXT LIKE 'SHOW SESSION VARIABLES%'",
        project.database.name
    ))
}

#[test]
fn what_the_last_statement_left_is_that_of_the_file() {
    for server in both() {
        let project = Project::new(server, "settings_left");
        project
            .up(1, "CREATE TABLE t (a INT PRIMARY KEY); CREATE TABLE log (id INT PRIMARY KEY AUTO_INCREMENT, n INT)");
        project.up(
            2,
            "INSERT INTO t VALUES (1), (2), (3);\nSET @n = ROW_COUNT();\nINSERT INTO log (n) VALUES (@n);\n\
             UPDATE t SET a = a + 10 WHERE a > 1;\nINSERT INTO log (n) VALUES (ROW_COUNT());\n\
             SET @id = LAST_INSERT_ID();\nALTER TABLE log ADD COLUMN m INT;\n\
             UPDATE log SET m = LAST_INSERT_ID() WHERE id = @id;\n\
             SELECT SQL_CALC_FOUND_ROWS a FROM t LIMIT 1;\nINSERT INTO log (n) VALUES (FOUND_ROWS());\n\
             DELETE FROM t WHERE a = 99;\nGET DIAGNOSTICS @n = ROW_COUNT;\nINSERT INTO log (n) VALUES (@n);",
        );
        project.run("migrate").exits(0);
        let log = project.database.column("SELECT CONCAT_WS(' ', n, m) FROM log ORDER BY id");
        assert_eq!(log, ["3", "2 2", "3", "0"], "{}", server.engine());
    }
}

#[test]
fn what_a_run_cannot_keep_is_refused_before_anything_runs() {
    for server in both() {
        let project = Project::new(server, "settings_refused");
        let lock = aura_db::engine::lock::name(&project.database.name);
        let files = [
            ("LOCK TABLES t WRITE".to_owned(), "remove LOCK TABLES and UNLOCK TABLES"),
            ("FLUSH TABLES t WITH READ LOCK".to_owned(), "no work for a migration"),
            ("SELECT RELEASE_ALL_LOCKS()".to_owned(), "it would give up the runner lock"),
            (format!("DO RELEASE_LOCK('{lock}')"), "it would give up the runner lock"),
            ("KILL CONNECTION_ID()".to_owned(), "it would end the connection"),
            (
                "ALTER TABLE t ADD COLUMN b INT;\nSET @n = ROW_COUNT()".to_owned(),
                "it reads ROW_COUNT() of the statement",
            ),
        ];
        for (sql, reason) in files {
            let line = 2 + sql.lines().count() - 1;
            project.pair(1, &format!("CREATE TABLE t (a INT);\n{sql};"), "DROP TABLE t");
            for verb in ["migrate", "apply all", "migrate --dry-run"] {
                let outcome = project.run(verb);
                assert_ne!(outcome.code, Some(0), "{sql}");
                contains(&outcome.stderr, &format!("migrations/1_step.up.sql:{line}:1: "));
                contains(&outcome.stderr, reason);
                contains(&outcome.stderr, "nothing was run");
            }
            assert_eq!(project.tables(), [""; 0], "{}", server.engine());
        }
        project.pair(
            1,
            "CREATE TABLE t (a INT);\nDO GET_LOCK('mine', 0), RELEASE_LOCK('mine');\nUNLOCK TABLES",
            "LOCK TABLES t WRITE;\nDROP TABLE t",
        );
        project.run("migrate").exits(0);
        let outcome = project.run("rollback --discard-data");
        assert_ne!(outcome.code, Some(0));
        contains(&outcome.stderr, "migrations/1_step.down.sql:1:1: the lock would end at once");
        assert_eq!(project.states(), ["1 applied"], "{}", server.engine());
    }
}

#[test]
fn backslashes_are_read_as_the_file_and_the_server_read_them() {
    for kind in [ServerKind::Mysql, ServerKind::Mariadb] {
        let mode = "--sql-mode=NO_BACKSLASH_ESCAPES,ANSI_QUOTES,STRICT_TRANS_TABLES";
        let options = Options { extra: vec![mode.into()], ..Options::new(kind) };
        let sandbox = block_on(Sandbox::start(&options)).unwrap();
        let run = |verb: &str, folder: &std::path::Path| {
            AuraDb::new(verb.split_whitespace()).at(folder).env("DATABASE_URL", sandbox.url("shop")).run()
        };
        let mut session = block_on(sandbox.connect_options().connect()).unwrap();
        ask(&mut session, "CREATE DATABASE shop");
        ask(&mut session, "USE shop");
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            std::fs::create_dir_all(folder.path().join("migrations")).unwrap();
            std::fs::write(folder.path().join("migrations").join(name), text).unwrap();
        };
        file("1_paths.up.sql", "CREATE TABLE \"paths\" (p VARCHAR(40));\nINSERT INTO paths VALUES ('it\\';s');\n");
        let outcome = run("migrate", folder.path()).exits(3);
        contains(&outcome.stderr, "migrations/1_paths.up.sql:2:34: a backslash stands before a quote here");
        assert!(ask(&mut session, "SHOW TABLES").is_empty(), "{kind:?}");
        file(
            "1_paths.up.sql",
            "CREATE TABLE \"paths\" (p VARCHAR(40));\nINSERT INTO paths VALUES ('C:\\x');\nCREATE INDEX i ON \"paths\" (\"p\");\n",
        );
        run("migrate", folder.path()).exits(0);
        file(
            "2_more.up.sql",
            "SET sql_mode = 'ANSI_QUOTES';\nINSERT INTO paths VALUES ('it\\';s');\nSET sql_mode = 'NO_BACKSLASH_ESCAPES';\nINSERT INTO paths VALUES ('D:\\');\nALTER TABLE paths ADD COLUMN n INT;\n",
        );
        run("migrate", folder.path()).exits(0);
        let paths = ask(&mut session, "SELECT p FROM paths ORDER BY p");
        let paths: Vec<_> = paths.into_iter().flatten().flatten().collect();
        assert_eq!(paths, ["C:\\x", "D:\\", "it';s"], "{kind:?}");
    }
}
