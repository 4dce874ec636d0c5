//! A client that is killed while it puts aside or brings back: a plain rerun comes to the end, and no row is lost.

use crate::project::{Project, contains, eventually};
use crate::servers::{Server, ask, both};
use sqlx::MySqlConnection;

const UP: &str = "CREATE TABLE owner (id INT PRIMARY KEY, word VARCHAR(9));
CREATE TABLE item (id INT PRIMARY KEY, owner_id INT, CONSTRAINT item_owner FOREIGN KEY (owner_id) REFERENCES owner (id));
CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY);
CREATE TRIGGER item_log AFTER INSERT ON item FOR EACH ROW INSERT INTO log VALUES ()";

/// Two migrations with rows in two tables and values in a column that comes later.
fn project(server: &'static Server, name: &str) -> Project {
    let project = Project::new(server, name);
    project.pair(1, UP, "DROP TABLE log; DROP TABLE item; DROP TABLE owner");
    project.pair(2, "ALTER TABLE owner ADD COLUMN more INT", "ALTER TABLE owner DROP COLUMN more");
    project.run("migrate").exits(0);
    project
        .database
        .run("INSERT INTO owner VALUES (1, 'a', 10), (2, NULL, 20); INSERT INTO item VALUES (5, 1), (6, 2)");
    project
}

/// Everything but the ledger's rows, which say when.
fn contents(project: &Project) -> String {
    project.contents().lines().filter(|line| !line.contains("Some(\"step\")")).collect::<Vec<_>>().join("\n")
}

/// A session with a transaction open that has read this.
fn holding(project: &Project, query: &str) -> MySqlConnection {
    let mut session = project.database.connect();
    ask(&mut session, "START TRANSACTION");
    ask(&mut session, query);
    session
}

/// Kills a run when it waits in a statement that begins so, and lets that statement go on for nobody.
fn killed(project: &Project, line: &str, holder: MySqlConnection, statement: &str) {
    let run = project.command(line).start();
    eventually(statement, || project.running(statement) > 0);
    drop(run);
    drop(holder);
}

#[test]
fn a_rollback_that_is_killed_goes_on_and_keeps_every_row() {
    let places = [
        ("SELECT * FROM owner WHERE id = 1 FOR UPDATE", "INSERT INTO `_aura_db_archive_2_owner__more`"),
        ("SELECT * FROM owner", "ALTER TABLE owner "),
        ("SELECT * FROM log", "RENAME TABLE `log`"),
    ];
    for server in both() {
        for (lock, statement) in places {
            let project = project(server, "archive_killed");
            let before = contents(&project);
            killed(&project, "rollback all --archive", holding(&project, lock), statement);
            // The plain rerun goes on in the same way, also with what the killed run had not begun.
            let rerun = project.run("rollback all").exits(0);
            contains(&rerun.stderr, "going on after statement");
            assert_eq!(project.tables(), ["_sqlx_migrations"], "{} {statement}", server.engine());
            project.run("migrate").exits(0);
            assert_eq!(contents(&project), before, "{} {statement}", server.engine());
            assert!(!project.run("status").stdout.contains("archive "), "{} {statement}", server.engine());
        }
    }
}

#[test]
fn one_migration_is_rolled_back_by_a_plain_rerun() {
    for server in both() {
        let project = project(server, "archive_plain");
        let before = contents(&project);
        killed(&project, "rollback --archive", holding(&project, "SELECT * FROM owner"), "ALTER TABLE owner ");
        project.run("rollback --to 1").exits(0);
        assert_eq!(project.states(), ["1 applied", "2 pending"], "{}", server.engine());
        // Its script is forgotten: another rollback of it is judged anew.
        project.run("migrate").exits(0);
        assert_eq!(contents(&project), before, "{}", server.engine());
        contains(&project.run("rollback").exits(4).stderr, "owner.more: 2 values");
    }
}

#[test]
fn putting_aside_is_remembered_for_what_was_agreed_to_and_no_longer_than_the_rollback() {
    let alter = "ALTER TABLE owner ";
    for server in both() {
        let project = project(server, "archive_remembered");
        let before = contents(&project);
        killed(&project, "rollback all --archive", holding(&project, "SELECT * FROM owner"), alter);
        contains(&project.run("rollback all --dry-run").stderr, "with --archive was cut off; going on in the same way");
        // What was there already is destroyed only by saying so.
        project.run("rollback --steps 1").exits(0);
        project.run("migrate").exits(0);
        assert_eq!(contents(&project), before, "{}", server.engine());
        contains(&project.run("rollback all").exits(4).stderr, "pass --discard-data to go on, or --archive");
    }
}

#[test]
fn what_nobody_has_agreed_to_put_aside_is_asked_for() {
    for server in both() {
        let project = Project::new(server, "archive_later");
        project.pair(1, "CREATE TABLE late (id INT)", "DROP TABLE late");
        project.pair(2, "CREATE TABLE owner (id INT PRIMARY KEY, more INT)", "DROP TABLE owner");
        project.pair(3, "ALTER TABLE owner ADD COLUMN most INT", "ALTER TABLE owner DROP COLUMN most");
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO owner VALUES (1, 2, 3)");
        killed(&project, "rollback all --archive", holding(&project, "SELECT * FROM owner"), "ALTER TABLE owner ");
        eventually("the server is done with it", || project.running("ALTER TABLE owner ") == 0);
        project.database.run("INSERT INTO late VALUES (1)");
        let before = project.contents();
        let refused = project.run("rollback all").exits(4).stderr;
        contains(&refused, "late: 1 row");
        contains(
            &refused,
            "the rollback that was cut off put data aside; to go on like that with all of it, run the same",
        );
        assert_eq!(project.contents(), before, "{}", server.engine());
        project.run("rollback all --archive").exits(0);
        project.run("migrate").exits(0);
        assert_eq!(project.database.column("SELECT most FROM owner"), ["3"], "{}", server.engine());
        assert_eq!(project.database.column("SELECT id FROM late"), ["1"], "{}", server.engine());
    }
}

#[test]
fn a_restore_that_is_killed_goes_on_and_brings_each_row_once() {
    let places = [
        ("SELECT * FROM _aura_db_archive_1_item FOR UPDATE", "INSERT INTO `item`"),
        ("SELECT * FROM _aura_db_archive_1_item", "DROP TABLE IF EXISTS `_aura_db_archive_1_item`"),
        ("SELECT * FROM _aura_db_archive_1_owner FOR UPDATE", "INSERT INTO `owner`"),
        ("SELECT * FROM _aura_db_archive_2_owner__more FOR UPDATE", "UPDATE `owner` SET `more`"),
    ];
    for server in both() {
        for (lock, statement) in places {
            let project = project(server, "archive_restore_killed");
            let before = contents(&project);
            project.run("rollback all --archive").exits(0);
            killed(&project, "migrate", holding(&project, lock), statement);
            project.run("migrate").exits(0);
            assert_eq!(contents(&project), before, "{} {statement}", server.engine());
            assert!(!project.run("status").stdout.contains("archive "), "{} {statement}", server.engine());
            project.database.run("INSERT INTO item VALUES (7, NULL)");
            assert_eq!(
                project.database.rows("SELECT * FROM log").len(),
                3,
                "the trigger is there, and fired for new rows"
            );
        }
    }
}
