//! Migrations that make or drop one table each are journalled together: nothing of a plan may outlive it.

use crate::project::{Project, contains, eventually};
use crate::servers::both;

fn tables(project: &Project) {
    for (version, table) in [(1, "a"), (2, "b"), (3, "c"), (4, "d")] {
        let up = format!("CREATE TABLE {table} (id INT PRIMARY KEY)");
        project.pair(version, &up, &format!("DROP TABLE {table}"));
    }
}

fn planned(project: &Project) -> Vec<String> {
    project.database.column("SELECT CONCAT(direction, ' ', version) FROM _aura_db_journal WHERE progress <> 'done'")
}

#[test]
fn a_statement_that_fails_takes_the_rest_of_the_plan_back() {
    for server in both() {
        let project = Project::new(server, "planned_fails");
        tables(&project);
        project.pair(3, "CREATE TABLE c (id INT, id INT)", "DROP TABLE c");
        let outcome = project.run("migrate").exits(4);
        contains(&outcome.stderr, "migrations/3_step.up.sql:1:1: failed: statement 1 of 1");
        contains(&outcome.stderr, "nothing of this migration is left");
        assert_eq!(outcome.stdout.lines().count(), 2, "{}", outcome.stdout);
        assert_eq!(project.ledger(), ["1 1", "2 1"], "{}", server.engine());
        assert_eq!(planned(&project), [""; 0]);
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 pending", "4 pending"]);
        tables(&project);
        project.run("migrate").exits(0);
        project.database.run("CREATE TABLE other (a INT, FOREIGN KEY (a) REFERENCES b (id))");
        let outcome = project.run("rollback all").exits(4);
        contains(&outcome.stderr, "migrations/2_step.down.sql:1:1: failed: statement 1 of 1");
        assert_eq!(project.ledger(), ["1 1", "2 1"], "{}: {}", server.engine(), outcome.stderr);
        assert_eq!(planned(&project), [""; 0]);
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 pending", "4 pending"]);
        project.database.run("DROP TABLE other");
        project.run("rollback all").exits(0);
        assert_eq!(project.tables(), ["_sqlx_migrations"]);
    }
}

#[test]
fn what_a_killed_run_had_planned_and_not_reached_is_as_if_it_never_was() {
    for server in both() {
        let project = Project::new(server, "planned_killed");
        tables(&project);
        project.run("migrate").exits(0);
        let mut holder = project.database.connect();
        crate::servers::ask(&mut holder, "START TRANSACTION");
        crate::servers::ask(&mut holder, "SELECT * FROM b");
        let run = project.command("rollback all").start();
        eventually("c is dropped and b is waited for", || project.running("DROP TABLE b") == 1);
        drop(run);
        let before = project.contents();
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 pending", "4 pending"], "{}", server.engine());
        assert_eq!(project.contents(), before, "status writes nothing");
        assert_eq!(planned(&project), ["down 1", "down 2", "down 3", "down 4"]);
        drop(holder);
        // Another way than the run that was cut off.
        let outcome = project.run("migrate").exits(0);
        contains(
            &outcome.stderr,
            "migrations/3_step.down.sql:1:1: found done, although the run that did it was cut off",
        );
        assert_eq!(planned(&project), [""; 0]);
        assert_eq!(project.ledger(), ["1 1", "2 1", "3 1", "4 1"]);
        project.run("rollback all").exits(0);
        assert_eq!(project.tables(), ["_sqlx_migrations"]);
    }
}

#[test]
fn a_plan_that_cannot_be_written_leaves_nothing_of_it() {
    for server in both() {
        let project = Project::new(server, "planned_refused");
        project.up(1, "CREATE TABLE before_it (id INT); INSERT INTO before_it VALUES (1)");
        project.run("migrate").exits(0);
        project.database.run(
            "CREATE TRIGGER no_plan BEFORE INSERT ON _aura_db_journal FOR EACH ROW BEGIN IF NEW.progress = 'planned' THEN \
             SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no room for a plan'; END IF; END",
        );
        // The run's bookkeeping of this one is open when the plan of the others is written.
        project.up(2, "ALTER TABLE before_it ADD COLUMN word VARCHAR(9)");
        for (version, table) in [(3, "c"), (4, "d"), (5, "e")] {
            project.pair(version, &format!("CREATE TABLE {table} (id INT)"), &format!("DROP TABLE {table}"));
        }
        contains(&project.run("migrate").stderr, "no room for a plan");
        assert_eq!(project.ledger(), ["1 1", "2 1"], "{}", server.engine());
        assert_eq!(
            project.states(),
            ["1 applied", "2 applied", "3 pending", "4 pending", "5 pending"],
            "{}",
            server.engine()
        );
        project.database.run("DROP TRIGGER no_plan");
        project.run("migrate").exits(0);
        assert_eq!(project.ledger(), ["1 1", "2 1", "3 1", "4 1", "5 1"], "{}", server.engine());
    }
}
