//! `apply` after an `apply` that was cut off, when files, adoptions or other people's work have come in between: a failure
//! takes back what the unit has made, and nothing else.

use crate::project::{Project, contains, eventually};
use crate::servers::{Server, ask, both};

/// A project whose first `apply all` was killed in the middle of its only migration, before or after which `t1` is made.
fn cut_off(server: &'static Server, name: &str, before: &str, after: &str) -> Project {
    let project = Project::new(server, name);
    project.up(1, "CREATE TABLE big (id INT PRIMARY KEY, n INT)");
    project.run("migrate").exits(0);
    project.database.run("INSERT INTO big VALUES (1, 1), (2, 2)");
    project.up(2, format!("{before};\nSELECT SLEEP(60);\n{after};"));
    project.killed_asleep("apply all");
    project
}

#[test]
fn a_file_that_came_later_cannot_take_a_table_with_it_that_was_there() {
    for server in both() {
        let project = cut_off(server, "unit_later", "CREATE TABLE t1 (i INT)", "CREATE TABLE t3 (i INT)");
        // Asleep no more: the file is the same but for what had not run.
        project.up(2, "CREATE TABLE t1 (i INT);\nSELECT 1;\nCREATE TABLE t3 (i INT);");
        project.up(3, "ALTER TABLE big ADD COLUMN c INT;\nCREATE TABLE t1 (i INT);");
        let failed = project.run("apply all").exits(4);
        contains(&failed.stderr, "already exists");
        contains(&failed.stderr, "the database is as it was before it");
        assert_eq!(project.database.column("SELECT n FROM big"), ["1", "2"], "{}", server.engine());
        assert_eq!(project.tables(), ["_sqlx_migrations", "big"], "{}", server.engine());
        assert_eq!(project.database.column("SHOW COLUMNS FROM big"), ["id", "n"]);
    }
}

#[test]
fn what_could_not_be_taken_back_is_refused_in_a_file_that_came_later_too() {
    for server in both() {
        let project =
            cut_off(server, "unit_drops", "CREATE TABLE t1 (i INT)", "ALTER TABLE t1 DROP COLUMN i, ADD j INT");
        project.up(2, "CREATE TABLE t1 (i INT);\nSELECT 1;\nALTER TABLE t1 ADD j INT;\nALTER TABLE t1 DROP COLUMN i;");
        project.up(3, "DROP TABLE big;\nCREATE TABLE t1 (i INT);");
        let refused = project.run("apply all").exits(4);
        contains(&refused.stderr, "migrations/3_step.up.sql:1:1: it drops big, which could not be taken back");
        assert_eq!(project.database.column("SELECT n FROM big"), ["1", "2"], "{}", server.engine());
        project.up(3, "CREATE TABLE t4 (i INT)");
        // A column of a table that the unit itself has made may go.
        project.run("apply all").exits(0);
        assert_eq!(project.tables(), ["_sqlx_migrations", "big", "t1", "t4"], "{}", server.engine());
    }
}

#[test]
fn what_was_adopted_since_is_not_the_units() {
    for server in both() {
        let project = cut_off(server, "unit_adopted", "SELECT 1", "CREATE TABLE t1 (i INT)");
        project.up(2, "SELECT 1;\nCREATE TABLE t1 (i INT);");
        project.database.run("CREATE TABLE t1 (i INT); INSERT INTO t1 VALUES (1), (2), (3)");
        project.run("adopt").exits(0);
        project.up(3, "CREATE TABLE t2 (i INT);\nCREATE TABLE t2 (i INT);");
        let failed = project.run("apply all").exits(4);
        contains(&failed.stderr, "the database is as it was before it");
        assert_eq!(project.database.column("SELECT i FROM t1"), ["1", "2", "3"], "{}", server.engine());
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 pending"], "{}", server.engine());
    }
}

#[test]
fn a_half_applied_migration_of_before_is_no_part_of_a_unit() {
    for server in both() {
        let project = Project::new(server, "unit_half");
        project.up(1, "CREATE TABLE t1 (i INT);\nSELECT SLEEP(60);\nCREATE TABLE t2 (i INT);");
        project.killed_asleep("migrate");
        project.up(1, "CREATE TABLE t1 (i INT);\nSELECT 1;\nCREATE TABLE t2 (i INT);");
        project.up(2, "CREATE TABLE t3 (i INT);\nCREATE TABLE t3 (i INT);");
        let refused = project.run("apply all").exits(4);
        contains(&refused.stderr, "migrations/1_step.up.sql: half-applied");
        contains(&refused.stderr, "`aura-db migrate`");
        assert_eq!(project.tables(), ["_sqlx_migrations", "t1"], "{}", server.engine());
        assert_eq!(project.states(), ["1 half-applied", "2 pending"], "{}", server.engine());
    }
}

#[test]
fn what_somebody_else_adds_meanwhile_stays() {
    for server in both() {
        let project = Project::new(server, "unit_others");
        project.database.run("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)");
        project.up(1, "ALTER TABLE t ADD COLUMN a INT;\nSELECT GET_LOCK('unit_gate', 60);\nCREATE TABLE t (x INT);");
        let mut holder = project.database.connect();
        ask(&mut holder, "SELECT GET_LOCK('unit_gate', 0)");
        let run = project.command("migrate").start();
        eventually("it waits", || project.running("SELECT GET_LOCK('unit_gate'") > 0);
        project.database.run("ALTER TABLE t ADD COLUMN b INT; UPDATE t SET b = 42");
        drop(holder);
        let failed = run.wait().exits(4);
        contains(&failed.stderr, "the database is as it was before it");
        assert_eq!(project.database.column("SHOW COLUMNS FROM t"), ["id", "b"], "{}", server.engine());
        assert_eq!(project.database.column("SELECT b FROM t"), ["42"], "{}", server.engine());
    }
}

#[test]
fn a_new_table_that_somebody_uses_already_stays() {
    for server in both() {
        let project = Project::new(server, "unit_used");
        project.up(
            1,
            "CREATE TABLE made (id INT PRIMARY KEY);\nSELECT GET_LOCK('unit_gate', 60);\nCREATE TABLE made (x INT);",
        );
        let mut holder = project.database.connect();
        ask(&mut holder, "SELECT GET_LOCK('unit_gate', 0)");
        let run = project.command("migrate").start();
        eventually("it waits", || project.running("SELECT GET_LOCK('unit_gate'") > 0);
        project.database.run("INSERT INTO made VALUES (7)");
        drop(holder);
        let failed = run.wait().exits(4);
        contains(&failed.stderr, "table made is new, and somebody else has put rows into it");
        assert_eq!(project.database.column("SELECT id FROM made"), ["7"], "{}", server.engine());
    }
}

#[test]
fn rows_of_a_table_that_the_unit_made_before_it_was_cut_off_are_no_obstacle() {
    for server in both() {
        let project = Project::new(server, "unit_own");
        project.up(1, "CREATE TABLE own (id INT PRIMARY KEY, n INT)");
        project.up(2, "INSERT INTO own VALUES (1, 1);\nALTER TABLE own ADD COLUMN m INT;");
        let file = |sleep: &str| format!("ALTER TABLE own ADD COLUMN k INT;\n{sleep};\nUPDATE own SET n = n + 1;");
        project.up(3, file("SELECT SLEEP(60)"));
        project.up(4, "CREATE TABLE last (i INT)");
        project.killed_asleep("apply all");
        project.up(3, file("SELECT 1"));
        project.run("apply all").exits(0);
        assert_eq!(project.database.column("SELECT n FROM own"), ["2"], "{}", server.engine());
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 applied", "4 applied"]);
    }
}
