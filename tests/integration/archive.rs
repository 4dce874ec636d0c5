//! `rollback --archive` puts aside what would be lost, and `migrate` brings it back, rows and all.

use crate::project::{Project, contains};
use crate::servers::both;

const UP: &str = "CREATE TABLE owner (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE);
CREATE TABLE item (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, owner_id INT NULL,
    parent BIGINT UNSIGNED NULL, word VARCHAR(40) CHARACTER SET utf8mb4, doc JSON, raw VARBINARY(9), price DECIMAL(9,2),
    double_price DECIMAL(10,2) GENERATED ALWAYS AS (price * 2) STORED,
    touched TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    CONSTRAINT item_owner FOREIGN KEY (owner_id) REFERENCES owner (id),
    CONSTRAINT item_parent FOREIGN KEY (parent) REFERENCES item (id),
    CONSTRAINT item_price CHECK (price >= 0), KEY item_word (word));
CREATE TABLE log (what VARCHAR(20));
CREATE TRIGGER item_log AFTER INSERT ON item FOR EACH ROW INSERT INTO log VALUES ('new item');
INSERT INTO owner (id, name) VALUES (1, 'seed')";

const DOWN: &str = "DROP TABLE log; DROP TABLE item; DROP TABLE owner";

#[test]
fn tables_come_back_row_by_row() {
    for server in both() {
        let project = Project::new(server, "archive_table");
        project.pair(1, UP, DOWN);
        project.run("migrate").exits(0);
        project.database.run(
            "UPDATE owner SET name = 'changed'; INSERT INTO owner VALUES (2, 'zwei'); \
             INSERT INTO item (id, owner_id, parent, word, doc, raw, price, touched) VALUES \
             (5, 1, NULL, 'Grüße 🦀', '{\"a\": [1, 2]}', x'00ff27', 1.50, '2020-01-02 03:04:05'), \
             (9, 2, 5, NULL, NULL, NULL, NULL, '2021-01-02 03:04:05'), \
             (7, 2, 9, '', 'null', x'', 0, '2022-01-02 03:04:05')",
        );
        let before = project.contents();
        contains(&project.run("rollback").exits(4).stderr, "--archive");
        let foretold = project.run("rollback --archive --dry-run").exits(0);
        contains(&foretold.stderr, "--archive would keep table item as _aura_db_archive_1_item");
        contains(&foretold.stdout, "RENAME TABLE `item` TO `_aura_db_archive_1_item`");
        assert_eq!(project.contents(), before);
        let done = project.run("rollback --archive").exits(0);
        contains(&done.stderr, "archived table owner as _aura_db_archive_1_owner");
        assert!(!project.tables().contains(&"item".to_owned()));
        contains(&project.run("status").stdout, "archive _aura_db_archive_1_item: table item of migration 1");
        let up = project.run("migrate").exits(0);
        contains(&up.stderr, "restored table item: 3 rows from _aura_db_archive_1_item");
        assert!(!project.run("status").stdout.contains("archive "));
        for table in ["owner", "item", "log"] {
            assert!(project.tables().contains(&table.to_owned()), "{}", server.engine());
        }
        let after = project.contents();
        let lines = |text: &str, table: &str| {
            text.lines().filter(|line| line.contains(table)).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(lines(&after, "2020-01-02"), lines(&before, "2020-01-02"), "{}", server.engine());
        let rows = "SELECT * FROM item ORDER BY id";
        assert_eq!(project.database.rows(rows).len(), 3);
        assert_eq!(project.database.rows("SELECT name FROM owner ORDER BY id")[0][0].as_deref(), Some("changed"));
        project.database.run("INSERT INTO item (word) VALUES ('after')");
        assert_eq!(project.database.rows("SELECT id FROM item WHERE word = 'after'")[0][0].as_deref(), Some("10"));
        assert_eq!(project.database.rows("SELECT * FROM log").len(), 4, "the trigger fires for new rows only");
    }
}

#[test]
fn values_of_a_column_come_back_by_their_key() {
    for server in both() {
        let project = Project::new(server, "archive_column");
        project.pair(1, "CREATE TABLE t (id INT PRIMARY KEY, other INT)", "DROP TABLE t");
        project.pair(
            2,
            "ALTER TABLE t ADD COLUMN word VARCHAR(20) DEFAULT 'new', ADD COLUMN doc JSON",
            "ALTER TABLE t DROP COLUMN word, DROP COLUMN doc",
        );
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO t VALUES (1, 1, 'ä\\'', '{}'), (2, 2, NULL, NULL), (3, 3, 'c', '[1]')");
        let all = "SELECT * FROM t ORDER BY id";
        let before = project.database.rows(all);
        project.run("rollback --archive").exits(0);
        project.run("migrate").exits(0);
        assert_eq!(project.database.rows(all), before, "{}", server.engine());
        project.run("rollback all --archive").exits(0);
        assert_eq!(project.run("migrate --no-restore").exits(0).stderr.matches("restored").count(), 0);
        project.run("rollback --restore").exits(0);
        assert_eq!(project.database.rows(all), before, "{}", server.engine());
    }
}

#[test]
fn what_cannot_be_archived_is_refused_before_anything_runs() {
    let cases = [
        ("DELETE FROM t WHERE id = 1", "what this does to t cannot be archived"),
        ("TRUNCATE TABLE t", "what this does to t cannot be archived"),
        ("ALTER TABLE t DROP COLUMN word", "has no primary key by which its values could be put back"),
        ("DELETE FROM t WHERE id = 1; DROP TABLE t", "its rows are changed earlier in this rollback"),
    ];
    for server in both() {
        let project = Project::new(server, "archive_refused");
        project.pair(1, "CREATE TABLE t (id INT, word VARCHAR(9))", "DROP TABLE t");
        project.run("migrate").exits(0);
        project.database.run("INSERT INTO t VALUES (1, 'one'), (2, 'two')");
        let before = project.contents();
        for (down, expected) in cases {
            project.file("migrations/1_step.down.sql", down);
            contains(&project.run("rollback --archive").exits(4).stderr, expected);
            assert_eq!(project.contents(), before, "{}: {down}", server.engine());
        }
        project.run("rollback --archive --discard-data").exits(2);
        project.file("migrations/1_step.down.sql", "DROP TABLE t");
        project.run("rollback --archive").exits(0);
        project.run("rollback --discard-archive nothing").exits(4);
        project.run("rollback --discard-archive _aura_db_archive_1_t").exits(0);
        assert!(!project.tables().contains(&"_aura_db_archive_1_t".to_owned()));
    }
}
