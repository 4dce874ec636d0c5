//! What `adopt` cannot tell is never run, and never recorded, without somebody's word.

use crate::project::{Project, contains};
use crate::servers::both;

fn forgotten(project: &Project) {
    project.database.run("DROP TABLE _sqlx_migrations, _aura_db_journal");
}

fn prices(project: &Project) -> Vec<String> {
    project.database.column("SELECT CONCAT(name, ' ', price) FROM h ORDER BY id")
}

#[test]
fn seeds_and_updates_of_an_adopted_database_are_not_repeated() {
    for server in both() {
        let project = Project::new(server, "adopt_unsure");
        project.up(1, "CREATE TABLE h (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20), price INT)");
        project.up(2, "INSERT INTO h (name, price) VALUES ('a', 100), ('b', 200)");
        project.up(3, "UPDATE h SET price = price * 2");
        project.up(4, "CREATE TABLE later (id INT PRIMARY KEY)");
        project.run("migrate --to 3").exits(0);
        forgotten(&project);
        let outcome = project.run("adopt").exits(1);
        contains(
            &outcome.stdout,
            "may have run, in part or as a whole: migrations/2_step.up.sql, migrations/3_step.up.sql",
        );
        assert_eq!(project.states(), ["1 applied", "2 pending", "3 pending", "4 pending"], "{}", server.engine());
        for line in ["migrate", "migrate --dry-run", "apply all"] {
            let outcome = project.run(line).exits(4);
            contains(
                &outcome.stderr,
                "migrations/2_step.up.sql:1:1: adopt could not tell whether this migration had run",
            );
            contains(&outcome.stderr, "pass --in-doubt ran to record it without running it, or --in-doubt not-run");
        }
        assert_eq!(prices(&project), ["a 200", "b 400"]);
        project.run("migrate --in-doubt ran").exits(0);
        assert_eq!(prices(&project), ["a 200", "b 400"]);
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 applied", "4 applied"]);
        // Or they had not run.
        project.database.run("DROP TABLE later; DELETE FROM h");
        forgotten(&project);
        project.run("adopt").exits(1);
        project.run("migrate --in-doubt not-run").exits(0);
        assert_eq!(prices(&project), ["a 200", "b 400"]);
        assert_eq!(project.ledger(), ["1 1", "2 1", "3 1", "4 1"]);
        // A second look is enough, too.
        forgotten(&project);
        project.run("adopt").exits(1);
        project.run("adopt --assume-rows").exits(0);
        contains(&project.run("migrate").exits(0).stderr, "nothing to do");
    }
}

#[test]
fn a_call_and_what_builds_on_something_unrecorded_are_not_recorded() {
    for server in both() {
        let project = Project::new(server, "adopt_base");
        let procedure = "CREATE TABLE rooms (id INT PRIMARY KEY);\nDELIMITER //\nCREATE PROCEDURE fill () BEGIN INSERT INTO \
                         rooms VALUES (1); END//\nDELIMITER ;\nCALL fill();";
        project.up(1, procedure);
        project.up(2, "CREATE TABLE p (id INT PRIMARY KEY)");
        project.up(3, "CREATE TABLE b (id INT PRIMARY KEY, p INT, CONSTRAINT of_p FOREIGN KEY (p) REFERENCES p (id))");
        project.up(4, "CREATE TRIGGER b_in BEFORE INSERT ON b FOR EACH ROW SET NEW.p = NULL");
        project.up(5, "CREATE VIEW bs AS SELECT id FROM b");
        project.up(6, "CREATE TABLE other (id INT PRIMARY KEY)");
        project.run("migrate").exits(0);
        forgotten(&project);
        project.database.run("DELETE FROM rooms; ALTER TABLE b DROP FOREIGN KEY of_p");
        let outcome = project.run("adopt").exits(1);
        contains(&outcome.stdout, "5:1: unknown, because nothing shows whether it");
        assert_eq!(project.ledger(), ["2 1", "6 1"], "{}: {}", server.engine(), outcome.stdout);
        contains(&outcome.stdout, "it builds on b, which 3 makes, and that is not recorded");
        contains(&outcome.stdout, "4        unknown");
        project.run("drift").exits(0);
    }
}

#[test]
fn drift_without_any_history_is_no_clean_bill() {
    for server in both() {
        let project = Project::new(server, "drift_nothing");
        project.up(1, "CREATE TABLE a (id INT PRIMARY KEY)");
        project.database.run("CREATE TABLE a (id INT PRIMARY KEY)");
        let outcome = project.run("drift").exits(4);
        contains(&outcome.stderr, "no migration is recorded in ");
        contains(&outcome.stderr, "aura-db adopt");
    }
}

#[test]
fn what_was_adopted_is_not_dropped_without_a_word() {
    for server in both() {
        let project = Project::new(server, "adopt_inherited");
        project.pair(1, "CREATE TABLE a (id INT PRIMARY KEY)", "DROP TABLE a");
        project.pair(2, "CREATE VIEW v AS SELECT id FROM a; CREATE VIEW w AS SELECT 1 AS one", "DROP VIEW v, w");
        project.pair(3, "ALTER TABLE a ADD COLUMN x INT", "ALTER TABLE a DROP COLUMN x");
        project.pair(4, "CREATE TABLE own (id INT PRIMARY KEY)", "DROP TABLE own");
        project.run("migrate --to 3").exits(0);
        forgotten(&project);
        project.run("adopt").exits(0);
        project.run("migrate").exits(0);
        project.run("rollback").exits(0);
        let before = project.contents();
        contains(&project.run("rollback all --dry-run").exits(0).stderr, "would drop view v, which was there before");
        let outcome = project.run("rollback all").exits(4);
        for line in [
            "column a.x, adopted and not made here (migrations/3_step.down.sql:1:1)",
            "view v, ",
            "view w, ",
            "table a, ",
        ] {
            contains(&outcome.stderr, line);
        }
        assert_eq!(project.contents(), before, "{}", server.engine());
        project.run("rollback all --discard-data").exits(0);
        assert_eq!(project.tables(), ["_sqlx_migrations"]);
    }
}
