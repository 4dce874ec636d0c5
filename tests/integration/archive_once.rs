//! What an archive gives back it gives back once and in full: rows, counters, the order of triggers; never a broken key.

use crate::project::{Project, contains};
use crate::servers::both;

#[test]
fn what_is_left_of_an_archive_is_said_once_and_rows_come_back_once() {
    for server in both() {
        let project = Project::new(server, "once_rest");
        project.pair(1, "CREATE TABLE log (msg VARCHAR(9), extra VARCHAR(9))", "DROP TABLE log");
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO log VALUES ('a', 'b'), ('c', 'd')");
        project.run("rollback --archive").exits(0);
        project.up(1, "CREATE TABLE log (msg VARCHAR(9))");
        let first = project.run("migrate").exits(0);
        contains(
            &first.stderr,
            "not restored: table log, because its rows are back, but table log has no column extra",
        );
        for _ in 0..2 {
            let again = project.run("migrate").exits(0).stderr;
            assert!(!again.contains("restored"), "{}: {again}", server.engine());
            let status = project.run("status").exits(0).stdout;
            contains(&status, "its rows are back, and only the values of extra are left");
            contains(&status, "`aura-db rollback --discard-archive _aura_db_archive_1_log`");
            contains(&project.run("rollback --restore").exits(4).stderr, "its rows are back already");
            assert_eq!(project.database.column("SELECT msg FROM log ORDER BY msg"), ["a", "c"], "{}", server.engine());
        }
        // A place for it that comes later has none of the values: the archive stays.
        project.up(2, "ALTER TABLE log ADD COLUMN extra VARCHAR(9)");
        assert!(!project.run("migrate").exits(0).stderr.contains("restored"), "{}", server.engine());
        let left = "SELECT extra FROM _aura_db_archive_1_log ORDER BY extra";
        assert_eq!(project.database.column(left), ["b", "d"], "{}", server.engine());
        project.run("rollback --discard-archive _aura_db_archive_1_log").exits(0);
        assert!(!project.run("status").exits(0).stdout.contains("archive "), "{}", server.engine());
    }
}

#[test]
fn a_key_to_a_row_that_gave_way_keeps_the_archive() {
    for server in both() {
        let project = Project::new(server, "once_orphan");
        project.pair(
            1,
            "CREATE TABLE usr (id INT PRIMARY KEY, email VARCHAR(20) UNIQUE); CREATE TABLE post (id INT PRIMARY KEY, \
             usr_id INT NOT NULL, CONSTRAINT post_usr FOREIGN KEY (usr_id) REFERENCES usr (id)); \
             INSERT INTO usr (id, email) VALUES (1, 'admin@x'); INSERT INTO post (id, usr_id) VALUES (1, 1)",
            "DROP TABLE post; DROP TABLE usr",
        );
        project.run("migrate").exits(0);
        project.database.run("DELETE FROM post; DELETE FROM usr; INSERT INTO usr VALUES (7, 'admin@x')");
        project.run("rollback --archive").exits(0);
        let up = project.run("migrate").exits(0);
        contains(
            &up.stderr,
            "not restored: table usr, because 1 rows of table post would refer by post_usr to rows that are not in usr",
        );
        assert_eq!(project.database.column("SELECT id FROM usr"), ["1"], "{}: all or nothing", server.engine());
        assert_eq!(project.database.column("SELECT id FROM _aura_db_archive_1_usr"), ["7"], "{}", server.engine());
        // Kept, and not tried again at every run.
        assert!(!project.run("migrate").exits(0).stderr.contains("restored"), "{}", server.engine());
        project.database.run("DELETE FROM post; DELETE FROM usr");
        project.run("rollback --restore").exits(0);
        assert_eq!(project.database.column("SELECT id FROM usr"), ["7"], "{}", server.engine());
    }
}

#[test]
fn triggers_come_back_in_their_order() {
    let order = "SELECT CONCAT(trigger_name, ' ', action_order) FROM information_schema.triggers \
                 WHERE trigger_schema = DATABASE() ORDER BY event_manipulation, action_timing, action_order";
    for server in both() {
        let project = Project::new(server, "once_triggers");
        project.pair(1, "CREATE TABLE t (id INT PRIMARY KEY, n VARCHAR(9))", "DROP TABLE t");
        project.pair(2, "ALTER TABLE t ADD COLUMN c INT", "ALTER TABLE t DROP COLUMN c");
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO t VALUES (1, '-', 5)");
        project.database.run("CREATE TRIGGER zz BEFORE UPDATE ON t FOR EACH ROW SET NEW.n = CONCAT(NEW.n, 'z')");
        project.database.run("CREATE TRIGGER mm BEFORE INSERT ON t FOR EACH ROW SET NEW.n = 'i'");
        project.database.run("CREATE TRIGGER aa BEFORE UPDATE ON t FOR EACH ROW SET NEW.n = CONCAT(NEW.n, 'a')");
        project
            .database
            .run("CREATE TRIGGER kk BEFORE UPDATE ON t FOR EACH ROW FOLLOWS zz SET NEW.n = CONCAT(NEW.n, 'k')");
        let before = project.database.column(order);
        assert_eq!(before.len(), 4);
        project.run("rollback --archive").exits(0);
        contains(&project.run("migrate").exits(0).stderr, "restored column t.c: 1 value");
        assert_eq!(project.database.column(order), before, "{}", server.engine());
        assert_eq!(project.database.column("SELECT CONCAT(n, c) FROM t"), ["-5"], "no trigger fired for old rows");
        project.database.run("UPDATE t SET c = 6");
        assert_eq!(project.database.column("SELECT n FROM t"), ["-zka"], "{}", server.engine());
    }
}

#[test]
fn a_table_counts_on_where_it_had_stopped() {
    let up =
        "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, word VARCHAR(9)); INSERT INTO t (word) VALUES ('seed')";
    for server in both() {
        let project = Project::new(server, "once_counter");
        project.pair(1, up, "DROP TABLE t");
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO t VALUES (5, 'a'), (900, 'gone'); DELETE FROM t WHERE id = 900");
        project.run("rollback --archive").exits(0);
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO t (word) VALUES ('next')");
        let ids = "SELECT id FROM t ORDER BY id";
        assert_eq!(project.database.column(ids), ["1", "5", "901"], "{}", server.engine());
        // A table that has counted further itself is not set back.
        project.run("rollback --archive").exits(0);
        project.run("migrate --no-restore").exits(0);
        project.database.run("INSERT INTO t VALUES (2000, 'gone'); DELETE FROM t");
        project.run("rollback --restore").exits(0);
        project.database.run("INSERT INTO t (word) VALUES ('next')");
        assert_eq!(project.database.column(ids), ["1", "5", "901", "2001"], "{}", server.engine());
    }
}

#[test]
fn a_trigger_that_could_not_be_made_again_is_not_dropped() {
    for server in both() {
        let project = Project::new(server, "once_definer");
        project.pair(1, "CREATE TABLE t (id INT PRIMARY KEY, c INT)", "DROP TABLE t");
        project.pair(2, "ALTER TABLE t ADD COLUMN d INT", "ALTER TABLE t DROP COLUMN d");
        project.run("migrate").exits(0);
        let name = &project.database.name;
        project.database.run(&format!(
            "INSERT INTO t VALUES (1, 2, 3); DROP USER IF EXISTS once_app@localhost; CREATE USER once_app@localhost; \
             GRANT ALL ON `{name}`.* TO once_app@localhost"
        ));
        project.database.run("CREATE TRIGGER roots BEFORE UPDATE ON t FOR EACH ROW SET NEW.c = 9");
        let triggers = "SELECT CONCAT(trigger_name, ' ', definer) FROM information_schema.triggers \
                        WHERE trigger_schema = DATABASE()";
        project.run("rollback --archive").exits(0);
        let before = project.database.column(triggers);
        let url = project.database.url().replace("root@", "once_app@");
        let migrated = project.command("migrate").env("DATABASE_URL", url).run().exits(0);
        contains(
            &migrated.stderr,
            "not restored: column t.d, because the trigger roots could not be made again after it",
        );
        assert_eq!(project.database.column(triggers), before, "{}", server.engine());
        // By an account that may.
        project.run("rollback --restore").exits(0);
        assert_eq!(project.database.column("SELECT CONCAT(c, d) FROM t"), ["23"], "{}", server.engine());
        assert_eq!(project.database.column(triggers), before, "{}", server.engine());
        project.database.run("DROP USER once_app@localhost");
    }
}
