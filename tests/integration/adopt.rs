//! Databases made by hand, adopted by definition: what holds is recorded, what conflicts refuses, nothing is run.

use crate::binary::AuraDb;
use crate::project::Project;
use crate::servers::{Server, both};

const CUSTOMERS: &str = "CREATE TABLE customers (id INT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(190) NOT NULL, points \
                         DECIMAL(10,2) NOT NULL DEFAULT 0, seen TIMESTAMP NULL, UNIQUE KEY email (email)) DEFAULT CHARSET=utf8mb4 \
                         COLLATE=utf8mb4_unicode_ci";
const BOOKINGS: &str = "CREATE TABLE bookings (id INT AUTO_INCREMENT PRIMARY KEY, customer_id INT NULL, channel VARCHAR(50), \
                        made TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, KEY by_channel (channel), CONSTRAINT fk_customer \
                        FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE SET NULL) DEFAULT CHARSET=utf8mb4 \
                        COLLATE=utf8mb4_unicode_ci";
const INDEX: &str = "CREATE INDEX idx_points ON customers (points)";

/// Three migrations: two tables and an index.
fn shop(server: &'static Server, name: &str) -> Project {
    let project = Project::new(server, name);
    project.up(1, CUSTOMERS);
    project.up(2, BOOKINGS);
    project.up(3, INDEX);
    project
}

#[test]
fn what_is_there_is_recorded_and_none_of_it_runs() {
    for server in both() {
        let project = shop(server, "adopt_exact");
        project.database.run(&format!("{CUSTOMERS}; {BOOKINGS}; CREATE INDEX points_ranked ON customers (points)"));
        project.database.run("CREATE TABLE left_over (id INT)");
        let before = project.contents();
        let refused = project.run("migrate").exits(4);
        assert!(refused.stderr.contains("migrations/1_step.up.sql:1") && refused.stderr.contains("aura-db adopt"));
        let seen = project.run("adopt --dry-run").exits(0);
        assert!(seen.stdout.contains("its name is points_ranked"), "{seen:?}");
        assert_eq!(project.contents(), before);
        project.run("adopt").exits(0);
        assert_eq!(project.ledger(), ["1 1", "2 1", "3 1"]);
        let times = project.database.column("SELECT execution_time FROM _sqlx_migrations");
        assert_eq!(times, ["-1", "-1", "-1"]);
        let journal = project.database.column("SELECT progress FROM _aura_db_journal ORDER BY version");
        assert_eq!(journal, ["adopted", "adopted", "adopted"]);
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 applied"]);
        project.run("migrate").exits(0);
        project.run("drift").exits(0);
    }
}

#[test]
fn a_conflict_names_object_attribute_values_and_place_and_records_nothing() {
    for server in both() {
        let cases = [
            (
                "channel VARCHAR(50)",
                "channel BIGINT",
                "column bookings.channel: type: expected varchar(50), found bigint",
            ),
            ("customer_id INT NULL", "customer_id INT NULL DEFAULT 7", "default: expected none, found 7"),
            ("COLLATE=utf8mb4_unicode_ci", "COLLATE=utf8mb4_general_ci", "collation: expected utf8mb4_unicode_ci"),
            ("KEY by_channel (channel)", "KEY by_channel (made)", "columns: expected channel, found made"),
            ("ON DELETE SET NULL", "ON DELETE CASCADE", "on delete: expected SET NULL, found CASCADE"),
        ];
        for (was, is, told) in cases {
            let project = shop(server, "adopt_conflict");
            project.database.run(&format!("{CUSTOMERS}; {}", BOOKINGS.replace(was, is)));
            let refused = project.run("adopt").exits(4);
            assert!(refused.stderr.contains(told), "{told}: {refused:?}");
            assert!(refused.stderr.contains("migrations/2_step.up.sql:1"), "{refused:?}");
            assert!(!project.tables().contains(&"_sqlx_migrations".to_owned()), "{:?}", project.tables());
        }
    }
}

#[test]
fn what_is_there_in_part_stays_pending_until_the_plan_has_run() {
    for server in both() {
        let project = shop(server, "adopt_partial");
        project.database.run(&CUSTOMERS.replace("points DECIMAL(10,2) NOT NULL DEFAULT 0, ", ""));
        project.run("adopt --plan repair.up.sql").exits(1);
        assert_eq!(project.states(), ["1 pending", "2 pending", "3 pending"]);
        let plan = std::fs::read_to_string(project.path("repair.up.sql")).unwrap();
        assert!(plan.contains("ADD COLUMN `points` decimal(10,2)"), "{plan}");
        assert!(std::fs::read_to_string(project.path("repair.down.sql")).unwrap().contains("DROP COLUMN `points`"));
        project.database.run(&plan);
        project.run("adopt").exits(0);
        assert_eq!(project.states(), ["1 applied", "2 pending", "3 pending"]);
        project.run("migrate").exits(0);
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 applied"]);
        project.run("drift").exits(0);
    }
}

#[test]
fn rows_are_looked_for_by_their_keys_or_said_to_be_unknown() {
    for server in both() {
        let project = Project::new(server, "adopt_rows");
        project.up(1, CUSTOMERS);
        project.up(2, "INSERT INTO customers (email) VALUES ('a@example.com'), ('b@example.com')");
        project.up(3, "UPDATE customers SET points = 1");
        project.database.run(CUSTOMERS);
        let none = project.run("adopt --dry-run").exits(1);
        assert!(none.stdout.contains("migrations/3_step.up.sql:1:1: unknown, because"), "{none:?}");
        project.database.run("INSERT INTO customers (email) VALUES ('a@example.com')");
        let some = project.run("adopt --dry-run").exits(1);
        assert!(some.stdout.contains("1 of 2 rows are there"), "{some:?}");
        project.database.run("INSERT INTO customers (email) VALUES ('b@example.com')");
        project.run("adopt --assume-rows").exits(0);
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 applied"]);
        assert_eq!(project.database.value("SELECT MAX(points) FROM customers").as_deref(), Some("0.00"));
    }
}

#[test]
fn the_shipped_migrations_adopt_what_they_made_themselves() {
    for server in both() {
        let project = Project::shipped(server, "adopt_shipped");
        project.run("migrate").exits(0);
        project.database.run("DROP TABLE _sqlx_migrations, _aura_db_journal");
        project.run("adopt").exits(0);
        project.run("status --check").exits(0);
        project.run("drift --foreign").exits(0);
    }
}

#[test]
fn what_leaves_nothing_to_be_seen_is_not_taken_for_there() {
    for server in both() {
        let project = Project::new(server, "adopt_unseen");
        project.up(1, "CREATE TABLE a (id INT PRIMARY KEY, x INT, y INT)");
        project.up(2, "RENAME TABLE a TO b");
        project.up(3, "ALTER TABLE b DROP COLUMN y");
        project.run("adopt").exits(0);
        assert_eq!(project.states(), ["1 pending", "2 pending", "3 pending"]);
        project.database.run("CREATE TABLE b (id INT PRIMARY KEY, x INT, y INT)");
        project.run("adopt").exits(0);
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 pending"]);
        project.run("migrate").exits(0);
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 applied"]);
    }
}

#[test]
fn its_help_has_no_flag_for_statements_that_it_never_runs() {
    let help = AuraDb::new(["adopt", "--help"]).run().exits(0).stdout;
    assert!(help.contains("Print what would be recorded; write nothing"), "{help}");
    for flag in ["--allow-copy", "--in-doubt", "statements that would run"] {
        assert!(!help.contains(flag), "{flag}: {help}");
    }
    AuraDb::new(["adopt", "--in-doubt", "ran"]).run().exits(2);
}

const CLUB: &str = "CREATE TABLE club (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(80) NOT NULL, \
                    kind ENUM('chess','go') NOT NULL DEFAULT 'go', built YEAR, made DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) \
                    ON UPDATE CURRENT_TIMESTAMP(3), fee DECIMAL(8,2) NOT NULL DEFAULT 1.5, note TEXT, twice INT(11) DEFAULT 0, \
                    total INT GENERATED ALWAYS AS (twice * 2) STORED, KEY by_note (note(20)), KEY by_name (name, kind))";
const MEMBER: &str = "CREATE TABLE member (id INT(10) NOT NULL PRIMARY KEY, club_id BIGINT(20) UNSIGNED, level TINYINT(1) DEFAULT '1', \
                      CONSTRAINT member_club FOREIGN KEY (club_id) REFERENCES club (id) ON UPDATE RESTRICT)";
const LISTED: &str =
    "CREATE VIEW listed AS SELECT c.id, m.level FROM club c JOIN member m ON m.club_id = c.id WHERE c.kind = 'go'";
const STAMP: &str = "CREATE TRIGGER stamp BEFORE INSERT ON member FOR EACH ROW SET NEW.level = COALESCE(NEW.level, 0)";

/// A club of players: two tables, a view, a trigger.
fn club(server: &'static Server, name: &str) -> Project {
    let project = Project::new(server, name);
    for (version, statement) in [(1, CLUB), (2, MEMBER), (3, LISTED), (4, STAMP)] {
        project.up(version, statement);
    }
    project
}

#[test]
fn the_same_definition_in_other_words_is_adopted() {
    for server in both() {
        let project = club(server, "adopt_words");
        let table = CLUB
            .replace("DEFAULT CURRENT_TIMESTAMP(3)", "DEFAULT NOW(3)")
            .replace("DEFAULT 1.5", "DEFAULT '1.50'")
            .replace("INT(11)", "INTEGER")
            .replace("GENERATED ALWAYS AS (twice * 2)", "AS ((`twice`)*(2))")
            .replace("KEY by_name", "INDEX names");
        let member = MEMBER.replace("member_club", "fk_1").replace("INT(10)", "INT").replace("ON UPDATE RESTRICT", "");
        let view = LISTED.replace("CREATE", "CREATE DEFINER='nobody'@'localhost' SQL SECURITY INVOKER");
        project.database.run(&format!("{table}; {member}; {LISTED}; {STAMP}"));
        let adopted = project.run("adopt").exits(0);
        for told in ["its name is names", "its name is fk_1"] {
            assert!(adopted.stdout.contains(told), "{told}: {adopted:?}");
        }
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 applied", "4 applied"]);
        project.run("drift").exits(0);
        project.database.run(&format!("DROP VIEW listed; {view}"));
        let drift = project.run("drift").exits(1);
        assert!(drift.stdout.contains("view listed") && drift.stdout.contains("conflicting"), "{drift:?}");
    }
}

#[test]
fn another_definition_is_a_conflict_or_missing_and_never_present() {
    for server in both() {
        let cases = [
            (CLUB, "'chess','go'", "'chess','go','shogi'", "column club.kind: type"),
            (CLUB, "DEFAULT 'go'", "DEFAULT 'chess'", "column club.kind: default"),
            (CLUB, "DEFAULT 1.5", "DEFAULT 1.25", "column club.fee: default: expected 1.50, found 1.25"),
            (CLUB, "twice * 2", "twice * 3", "column club.total: generated"),
            (CLUB, "STORED", "VIRTUAL", "column club.total: extra"),
            (CLUB, "note(20)", "note(10)", "columns: expected note(20), found note(10)"),
            (CLUB, "name VARCHAR(80)", "name VARCHAR(80) COLLATE utf8mb4_bin", "column club.name: collation"),
            (CLUB, " ON UPDATE CURRENT_TIMESTAMP(3)", "", "column club.made: extra"),
            (MEMBER, "ON UPDATE RESTRICT", "ON UPDATE CASCADE", "on update: expected RESTRICT, found CASCADE"),
            (MEMBER, "TINYINT(1)", "TINYINT", "column member.level: type"),
            (LISTED, "'go'", "'chess'", "listed"),
            (STAMP, "level, 0", "level, 1", "stamp"),
        ];
        for (statement, was, is, told) in cases {
            assert!(statement.contains(was), "{was}");
            let project = club(server, "adopt_other");
            let made = [CLUB, MEMBER, LISTED, STAMP]
                .map(|one| if one == statement { one.replace(was, is) } else { one.into() });
            project.database.run(&made.join("; "));
            let refused = project.run("adopt").exits(4);
            assert!(refused.stderr.contains(told), "{told}: {refused:?}");
            assert!(!project.tables().contains(&"_sqlx_migrations".to_owned()), "{told}");
        }
    }
}

#[test]
fn an_index_that_took_the_place_of_a_foreign_keys_own_is_adopted() {
    for server in both() {
        let project = Project::new(server, "adopt_replaced");
        let tables = "CREATE TABLE p (id INT PRIMARY KEY); \
                      CREATE TABLE c (id INT PRIMARY KEY, p INT, d INT, CONSTRAINT fk FOREIGN KEY (p) REFERENCES p (id))";
        project.up(1, tables);
        project.up(2, "CREATE INDEX wide ON c (p, d)");
        project.database.run(&format!("{tables}; CREATE INDEX wide ON c (p, d)"));
        project.run("adopt").exits(0);
        assert_eq!(project.states(), ["1 applied", "2 applied"], "{}", server.engine());
        project.run("drift").exits(0);
    }
}
