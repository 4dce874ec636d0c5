//! MariaDB's system-versioned tables: their history is a loss like any other row, and comes back or stays in the archive.

use crate::project::{Project, contains};
use crate::servers::{both, mariadb};

const UP: &str = "CREATE TABLE vt (id INT PRIMARY KEY, n INT) WITH SYSTEM VERSIONING; INSERT INTO vt VALUES (3, 3)";
const ALL: &str = "SELECT id, n, ROW_START, ROW_END FROM vt FOR SYSTEM_TIME ALL ORDER BY id, ROW_START";
const CHANGES: &str =
    "INSERT INTO vt VALUES (1, 1), (2, 2); UPDATE vt SET n = 9 WHERE id = 1; DELETE FROM vt WHERE id = 2";

fn project(name: &str, up: &str) -> Project {
    let project = Project::new(mariadb(), name);
    project.pair(1, up, "DROP TABLE vt");
    project.run("migrate").exits(0);
    project
}

#[test]
fn history_comes_back_to_the_microsecond() {
    let periods = [
        ("", "ROW_START", "ROW_END"),
        (
            ", since TIMESTAMP(6) GENERATED ALWAYS AS ROW START INVISIBLE, `to` TIMESTAMP(6) GENERATED ALWAYS AS ROW END \
             INVISIBLE, PERIOD FOR SYSTEM_TIME (since, `to`)",
            "since",
            "`to`",
        ),
    ];
    for (columns, start, end) in periods {
        let project = project(
            "history_back",
            &format!("CREATE TABLE vt (id INT PRIMARY KEY, n INT{columns}) WITH SYSTEM VERSIONING"),
        );
        let all = format!("SELECT id, n, {start}, {end} FROM vt FOR SYSTEM_TIME ALL ORDER BY id, {start}");
        project.database.run(CHANGES);
        let before = project.database.rows(&all);
        assert_eq!(before.len(), 3);
        contains(&project.run("rollback").exits(4).stderr, "vt: 3 rows, because its history counts too");
        project.run("rollback --archive").exits(0);
        let up = project.run("migrate").exits(0);
        contains(&up.stderr, "restored table vt: 1 row and 2 rows of its history");
        assert_eq!(project.database.rows(&all), before);
        assert!(!project.run("status").stdout.contains("archive "));
        // Afterwards the server keeps history by itself again.
        project.database.run("UPDATE vt SET n = 10 WHERE id = 1");
        assert_eq!(project.database.rows(&all).len(), 4);
    }
}

#[test]
fn rows_that_a_migration_made_itself_are_replaced() {
    let project = project("history_seed", UP);
    project.database.run(&format!("{CHANGES}; UPDATE vt SET n = 4 WHERE id = 3"));
    let before = project.database.rows(ALL);
    assert_eq!(before.len(), 5);
    project.run("rollback --archive").exits(0);
    project.run("migrate").exits(0);
    let after = project.database.rows(ALL);
    assert!(before.iter().all(|row| after.contains(row)), "{before:?}\n{after:?}");
    assert_eq!(project.database.column("SELECT n FROM vt ORDER BY id"), ["9", "4"]);
}

#[test]
fn history_alone_is_a_loss() {
    let project = project("history_alone", "CREATE TABLE vt (id INT PRIMARY KEY, n INT) WITH SYSTEM VERSIONING");
    project.database.run("INSERT INTO vt VALUES (1, 1); DELETE FROM vt");
    contains(&project.run("rollback").exits(4).stderr, "vt: 1 row, because its history counts too");
    project.run("rollback --archive").exits(0);
    contains(&project.run("migrate").exits(0).stderr, "restored table vt: 0 rows and 1 row of its history");
    assert_eq!(project.database.rows(ALL).len(), 1);
}

#[test]
fn history_that_has_no_place_stays_in_the_archive() {
    let with_transactions = "CREATE TABLE vt (id INT PRIMARY KEY, n INT, s BIGINT UNSIGNED GENERATED ALWAYS AS ROW START, \
                             e BIGINT UNSIGNED GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING";
    let plain = "CREATE TABLE vt (id INT PRIMARY KEY, n INT)";
    let cases = [
        (UP, plain, "table vt keeps no history any more"),
        (with_transactions, with_transactions, "numbers of transactions, which nobody can write"),
    ];
    for (up, again, why) in cases {
        let project = project("history_no_place", up);
        project.database.run("INSERT INTO vt (id, n) VALUES (1, 1), (2, 2)");
        project.database.run("UPDATE vt SET n = 9 WHERE id = 1");
        let all = "SELECT COUNT(*) FROM _aura_db_archive_1_vt FOR SYSTEM_TIME ALL";
        let before = project.database.rows("SELECT id FROM vt FOR SYSTEM_TIME ALL").len();
        project.run("rollback --archive").exits(0);
        project.up(1, again);
        let up = project.run("migrate").exits(0);
        contains(&up.stderr, "not restored: table vt, because ");
        contains(&up.stderr, why);
        assert_eq!(project.database.column(all), [before.to_string()]);
        // A table that is not there gets the archive by a rename, history and all.
        project.database.run("DROP TABLE vt");
        project.run("rollback --restore").exits(0);
        assert_eq!(project.database.rows("SELECT id FROM vt FOR SYSTEM_TIME ALL").len(), before);
    }
}

#[test]
fn a_column_of_a_table_with_history_is_not_put_aside() {
    let project = project("history_column", UP);
    project.pair(
        2,
        "SET SESSION system_versioning_alter_history = KEEP; ALTER TABLE vt ADD COLUMN more INT",
        "SET SESSION system_versioning_alter_history = KEEP; ALTER TABLE vt DROP COLUMN more",
    );
    project.run("migrate").exits(0);
    project.database.run("INSERT INTO vt VALUES (1, 1, 7); UPDATE vt SET more = NULL WHERE id = 1");
    contains(&project.run("rollback").exits(4).stderr, "vt.more: 1 value, because its history counts too");
    contains(
        &project.run("rollback --archive").exits(4).stderr,
        "column vt.more cannot be archived: table vt keeps a history",
    );
}

#[test]
fn other_tables_are_counted_as_they_were() {
    for server in both() {
        let project = Project::new(server, "history_none");
        project.pair(1, "CREATE TABLE t (id INT)", "DROP TABLE t");
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO t VALUES (1)");
        contains(&project.run("rollback").exits(4).stderr, "t: 1 row (");
    }
}

#[test]
fn history_that_a_statement_takes_away_is_counted() {
    let project = project("history_taken", UP);
    project.database.run(CHANGES);
    let before = project.database.rows(ALL);
    let cases = [
        ("ALTER TABLE vt DROP SYSTEM VERSIONING", "vt: 2 rows, because its history goes ("),
        ("DELETE HISTORY FROM vt", "vt: 2 rows, because its history goes ("),
        (
            "DELETE HISTORY FROM vt BEFORE SYSTEM_TIME '2020-01-01'",
            "vt: unknown size, because its history goes, and it says before which time (",
        ),
    ];
    for (down, expected) in cases {
        project.file("migrations/1_step.down.sql", down);
        contains(&project.run("rollback").exits(4).stderr, expected);
        contains(&project.run("rollback --archive").exits(4).stderr, "what this does to vt cannot be archived");
        assert_eq!(project.database.rows(ALL), before, "{down}");
    }
    project.database.run("DELETE HISTORY FROM vt");
    project.run("rollback").exits(0);
}
