//! Two ledgers in one database: neither touches what the other has put aside, and a registry from before archives knew
//! their ledger is mended.

use crate::project::{Project, contains, eventually};
use crate::servers::{Server, ask, both};

const OLD_SHAPE: &str = "ALTER TABLE _aura_db_archives DROP PRIMARY KEY, DROP COLUMN ledger, ADD PRIMARY KEY (name)";

/// One app's migrations in a folder of their own.
fn app(project: &Project, folder: &str, up: &str, down: &str) {
    project.file(&format!("{folder}/1_a.up.sql"), up);
    project.file(&format!("{folder}/1_a.down.sql"), down);
}

fn line(verb: &str, app: &str) -> String {
    format!("{verb} --migrations {app} --ledger-table led_{app}")
}

/// A database in which the first app's rollback was killed in its second statement, after it had put a table aside.
fn cut_off(server: &'static Server, name: &str) -> Project {
    let project = Project::new(server, name);
    app(&project, "a", "CREATE TABLE item (id INT); CREATE TABLE late (id INT)", "DROP TABLE item; DROP TABLE late");
    app(&project, "b", "CREATE TABLE other (id INT)", "DROP TABLE other");
    project.run(&line("migrate", "a")).exits(0);
    project.database.run("INSERT INTO item VALUES (5), (6)");
    let mut holder = project.database.connect();
    ask(&mut holder, "START TRANSACTION");
    ask(&mut holder, "SELECT * FROM late");
    let run = project.command(&line("rollback --archive", "a")).start();
    eventually("the second statement", || project.running("DROP TABLE late") > 0);
    drop(run);
    drop(holder);
    project
}

#[test]
fn a_rollback_under_way_is_not_another_ledgers_business() {
    for server in both() {
        let project = cut_off(server, "ledgers_under_way");
        let other = project.run(&line("migrate", "b")).exits(0);
        assert!(!other.stderr.contains("restored"), "{}: {}", server.engine(), other.stderr);
        project.database.run("INSERT INTO other VALUES (1)");
        // The same version, with a script of its own.
        project.run(&line("rollback --archive", "b")).exits(0);
        assert!(!project.run(&line("status", "b")).stdout.contains("archive_1_item"), "{}", server.engine());
        project.run(&line("migrate", "b")).exits(0);
        assert_eq!(project.database.column("SELECT id FROM other"), ["1"], "{}", server.engine());
        contains(&project.run(&line("rollback", "a")).exits(0).stderr, "going on after statement");
        contains(
            &project.run(&line("status", "a")).stdout,
            "archive _aura_db_archive_1_item: table item of migration 1",
        );
        contains(&project.run(&line("migrate", "a")).exits(0).stderr, "restored table item: 2 rows");
        assert_eq!(project.database.column("SELECT id FROM item ORDER BY id"), ["5", "6"], "{}", server.engine());
    }
}

#[test]
fn archives_of_the_same_table_are_told_apart() {
    for server in both() {
        let project = Project::new(server, "ledgers_same");
        for name in ["a", "b"] {
            app(&project, name, "CREATE TABLE item (id INT)", "DROP TABLE item");
            project.run(&line("migrate", name)).exits(0);
            project.database.run(&format!("INSERT INTO item SELECT {} FROM DUAL", u32::from(name == "b")));
            project.run(&line("rollback --archive", name)).exits(0);
        }
        let refused = project.run(&line("rollback --discard-archive _aura_db_archive_1_item", "b")).exits(4);
        contains(&refused.stderr, "is of the ledger led_a; pass --ledger-table led_a");
        contains(&project.run("rollback --restore").exits(0).stderr, "--ledger-table led_b brings them back");
        for (name, id) in [("b", "1"), ("a", "0")] {
            contains(&project.run(&line("migrate", name)).exits(0).stderr, "restored table item: 1 row");
            assert_eq!(project.database.column("SELECT id FROM item"), [id], "{}", server.engine());
            project.run(&line("rollback --discard-data", name)).exits(0);
        }
    }
}

#[test]
fn a_registry_of_an_earlier_version_goes_on_as_its_only_ledgers() {
    for server in both() {
        let project = cut_off(server, "ledgers_old");
        project.database.run(OLD_SHAPE);
        let before = project.database.rows("SHOW CREATE TABLE _aura_db_archives");
        contains(
            &project.run(&line("status", "a")).stdout,
            "archive _aura_db_archive_1_item: table item of migration 1\n",
        );
        assert_eq!(project.database.rows("SHOW CREATE TABLE _aura_db_archives"), before, "status writes nothing");
        // A mending that was cut off.
        project.database.run("ALTER TABLE _aura_db_archives ADD COLUMN owner VARCHAR(64) NOT NULL DEFAULT ''");
        // The other app comes first, and is new.
        assert!(!project.run(&line("migrate", "b")).exits(0).stderr.contains("restored"), "{}", server.engine());
        project.run(&line("rollback", "a")).exits(0);
        contains(&project.run(&line("migrate", "a")).exits(0).stderr, "restored table item: 2 rows");
        let key = "SELECT GROUP_CONCAT(column_name ORDER BY ordinal_position) FROM information_schema.key_column_usage \
                   WHERE table_schema = DATABASE() AND table_name = '_aura_db_archives'";
        assert_eq!(project.database.column(key), ["ledger,name"], "{}", server.engine());
    }
}

#[test]
fn archives_of_which_nobody_knows_whose_they_are_come_back_when_asked_for() {
    for server in both() {
        let project = Project::new(server, "ledgers_unclaimed");
        app(&project, "a", "CREATE TABLE item (id INT)", "DROP TABLE item");
        app(&project, "b", "CREATE TABLE other (id INT)", "DROP TABLE other");
        for name in ["a", "b"] {
            project.run(&line("migrate", name)).exits(0);
        }
        project.database.run("INSERT INTO item VALUES (5); INSERT INTO other VALUES (1)");
        project.run(&line("rollback --archive", "a")).exits(0);
        project.run(&line("rollback --discard-data", "b")).exits(0);
        project.database.run(OLD_SHAPE);
        let told = project.run(&line("migrate", "b")).exits(0);
        contains(&told.stderr, "not restored: table item, kept as _aura_db_archive_1_item, because nobody wrote down");
        contains(
            &project.run(&line("status", "b")).stdout,
            "item of migration 1, of whichever ledger; `aura-db rollback",
        );
        project.run(&line("migrate", "a")).exits(0);
        contains(&project.run(&line("rollback --restore", "a")).exits(0).stderr, "restored table item: 1 row");
        assert_eq!(project.database.column("SELECT id FROM item"), ["5"], "{}", server.engine());
        assert!(!project.run(&line("status", "b")).stdout.contains("archive "), "{}", server.engine());
    }
}

#[test]
fn a_rollback_under_way_from_an_earlier_version_is_given_to_its_ledger() {
    for server in both() {
        let project = cut_off(server, "ledgers_old_way");
        project.run(&line("migrate", "b")).exits(0);
        project.database.run(OLD_SHAPE);
        assert!(!project.run(&line("migrate", "b")).exits(0).stderr.contains("restored"), "{}", server.engine());
        project.run(&line("rollback", "a")).exits(0);
        contains(&project.run(&line("migrate", "a")).exits(0).stderr, "restored table item: 2 rows");
    }
}
