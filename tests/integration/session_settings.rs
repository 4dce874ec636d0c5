//! What a migration sets for its session ends with it: a run of several is the same as one run for each.

use crate::project::{Project, contains};
use crate::servers::{both, mysql};

/// Writes down what a migration finds.
fn finds(id: u32) -> String {
    format!(
        "INSERT INTO found VALUES ({id}, @@sql_mode, @@time_zone, @@foreign_key_checks, @@autocommit, @@unique_checks, \
         @@character_set_client, @@collation_connection, @@group_concat_max_len, @@lc_time_names, @left_over, \
         TIMESTAMPDIFF(DAY, NOW(), SYSDATE()));\n"
    )
}

const FOUND: &str = "CREATE TABLE found (id INT PRIMARY KEY, mode TEXT, zone TEXT, fk TEXT, autocommit TEXT, uniques TEXT, client TEXT,
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
        let outcome = project.run("migrate").exits(1);
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
}

/// How often the server was asked for a session's variables from this database.
fn sent(project: &Project) -> Vec<String> {
    project.database.column(&format!(
        "SELECT COUNT_STAR FROM performance_schema.events_statements_summary_by_digest WHERE SCHEMA_NAME = '{}' AND \
         DIGEST_TEXT LIKE 'SHOW SESSION VARIABLES%'",
        project.database.name
    ))
}
