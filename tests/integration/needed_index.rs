//! The last index that a foreign key needs is not dropped, and it is said why before anything runs.

use crate::project::{Project, contains};
use crate::servers::both;

const TABLES: &str = "CREATE TABLE parent (id INT PRIMARY KEY, code INT NOT NULL, UNIQUE KEY by_code (code));
CREATE TABLE child (id INT PRIMARY KEY, parent_code INT, KEY by_parent (parent_code),
  CONSTRAINT fk_child FOREIGN KEY (parent_code) REFERENCES parent (code))";

#[test]
fn what_the_server_would_refuse_is_refused_before_anything_runs() {
    for server in both() {
        for (drop, key) in [
            ("DROP INDEX by_parent ON child", "needs index by_parent on child"),
            ("ALTER TABLE parent DROP INDEX by_code", "needs index by_code on parent"),
        ] {
            let project = Project::new(server, "needed");
            project.pair(1, TABLES, "DROP TABLE child; DROP TABLE parent");
            project.run("migrate").exits(0);
            project.pair(2, "CREATE TABLE more (id INT)", &format!("DROP TABLE more;\n{drop}"));
            project.run("migrate").exits(0);
            let before = project.contents();
            let refused = project.run("rollback").exits(4);
            contains(&refused.stderr, "migrations/2_step.down.sql:2:1: the foreign key fk_child of child");
            contains(&refused.stderr, key);
            assert_eq!(project.contents(), before, "{}", server.engine());
            project.up(3, format!("CREATE TABLE third (id INT);\n{drop}"));
            contains(&project.run("migrate").exits(4).stderr, "migrations/3_step.up.sql:2:1: the foreign key fk_child");
            assert_eq!(project.contents(), before, "{}", server.engine());
            // It is right to refuse: the server does.
            let mut session = project.database.connect();
            let raw = crate::servers::block_on(sqlx::Executor::execute(
                &mut session,
                sqlx::raw_sql(sqlx::AssertSqlSafe(drop.to_owned())),
            ));
            assert!(raw.unwrap_err().to_string().contains("needed in a foreign key"), "{}", server.engine());
            // With another index in its place it goes.
            if drop.contains("child") {
                project.up(3, format!("CREATE INDEX wide ON child (parent_code, id);\n{drop}"));
                project.run("migrate").exits(0);
            }
        }
    }
}

/// What is expected of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Refused beforehand.
    Early,
    /// Refused by the server, and explained.
    Late,
    Runs,
}
use Verdict::{Early, Late, Runs};

#[test]
fn nothing_is_refused_that_the_server_runs() {
    const ONE: &str = "CREATE TABLE p (id INT PRIMARY KEY, a INT NOT NULL, UNIQUE u (a));
        CREATE TABLE c (id INT PRIMARY KEY, x INT, y INT, KEY k (x), CONSTRAINT f FOREIGN KEY (x) REFERENCES p (a));
        CREATE TABLE other (id INT PRIMARY KEY)";
    const TWO: &str = "CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b));
        CREATE TABLE c (id INT PRIMARY KEY, x INT, y INT, KEY k (x, y), CONSTRAINT f FOREIGN KEY (x, y) REFERENCES p (a, b))";
    const TEXT: &str = "CREATE TABLE p (a VARCHAR(20) PRIMARY KEY);
        CREATE TABLE c (id INT PRIMARY KEY, x VARCHAR(20), KEY k (x), CONSTRAINT f FOREIGN KEY (x) REFERENCES p (a))";
    const KEYED: &str = "CREATE TABLE p (id INT PRIMARY KEY);
        CREATE TABLE c (id INT, x INT, PRIMARY KEY (x, id), CONSTRAINT f FOREIGN KEY (x) REFERENCES p (id))";
    // The tables, the statements, and what MySQL and MariaDB make of them.
    let cases: &[(&str, &str, Verdict, Verdict)] = &[
        (ONE, "ALTER TABLE c ADD INDEX k (x, y), DROP INDEX k", Runs, Runs),
        (ONE, "ALTER TABLE c ADD INDEX k (y, x), DROP INDEX k", Early, Early),
        (ONE, "ALTER TABLE c DROP INDEX k, MODIFY x INT UNIQUE", Runs, Runs),
        (ONE, "ALTER TABLE c ADD INDEX w (y, x); ALTER TABLE c DROP INDEX k, DROP COLUMN y", Runs, Runs),
        (ONE, "ALTER TABLE c DROP INDEX k, ADD CONSTRAINT g FOREIGN KEY (x) REFERENCES p (id)", Runs, Runs),
        (ONE, "ALTER TABLE p DROP INDEX u, ADD INDEX n (a)", Early, Runs),
        (ONE, "ALTER TABLE p DROP INDEX u, ADD UNIQUE n (a, id)", Early, Runs),
        (ONE, "ALTER TABLE p DROP INDEX u, ADD UNIQUE n (a)", Runs, Runs),
        (ONE, "SET foreign_key_checks = 0; DROP INDEX k ON c", Late, Runs),
        (ONE, "SET @x = 1; CREATE VIEW v AS SELECT * FROM c; RENAME TABLE c TO d; DROP INDEX k ON d", Early, Early),
        (ONE, "ALTER TABLE p RENAME TO q; DROP INDEX u ON q", Early, Early),
        (ONE, "CREATE TEMPORARY TABLE c (id INT, KEY k (id)); DROP INDEX k ON c", Runs, Runs),
        (ONE, "ALTER TABLE c DROP COLUMN y; DROP INDEX k ON c", Early, Early),
        (ONE, "ALTER TABLE c ADD INDEX w (y, x); ALTER TABLE c DROP COLUMN y; DROP INDEX k ON c", Runs, Runs),
        (ONE, "ALTER TABLE c RENAME COLUMN x TO z; DROP INDEX k ON c", Early, Early),
        (ONE, "ALTER TABLE p RENAME COLUMN a TO b; DROP INDEX u ON p", Early, Early),
        (ONE, "ALTER TABLE p CHANGE a b INT NOT NULL; DROP INDEX u ON p", Early, Early),
        (ONE, "ALTER TABLE c RENAME INDEX k TO l; DROP INDEX l ON c", Early, Early),
        (ONE, "ALTER TABLE c MODIFY y BIGINT, COMMENT = 'x'; DROP INDEX k ON c", Early, Early),
        (ONE, "ALTER TABLE c CONVERT TO CHARACTER SET utf8mb4; DROP INDEX k ON c", Early, Early),
        (ONE, "ALTER TABLE c ADD CONSTRAINT ck CHECK (y > 0), ROW_FORMAT=COMPACT; DROP INDEX k ON c", Early, Early),
        (
            ONE,
            "ALTER TABLE c ADD z INT, ADD CONSTRAINT g FOREIGN KEY (z) REFERENCES p (id); DROP INDEX k ON c",
            Late,
            Late,
        ),
        (
            ONE,
            "ALTER TABLE c ADD z INT; ALTER TABLE c DROP FOREIGN KEY f, DROP COLUMN x; DROP INDEX u ON p",
            Runs,
            Runs,
        ),
        (TWO, "ALTER TABLE c ADD INDEX w (y, x), DROP INDEX k", Early, Early),
        (TWO, "ALTER TABLE p DROP PRIMARY KEY", Early, Early),
        (TWO, "ALTER TABLE p DROP PRIMARY KEY, ADD PRIMARY KEY (b, a)", Late, Runs),
        (TEXT, "ALTER TABLE c ADD INDEX w (x(5)), DROP INDEX k", Early, Early),
        (TEXT, "ALTER TABLE c ADD INDEX w (x(20)), DROP INDEX k", Runs, Runs),
        (TEXT, "ALTER TABLE c ADD FULLTEXT w (x), DROP INDEX k", Early, Runs),
        (TEXT, "CREATE FULLTEXT INDEX w ON c (x); DROP INDEX k ON c", Early, Early),
        (TEXT, "ALTER TABLE c ADD INDEX w (x DESC), DROP INDEX k", Runs, Runs),
        (KEYED, "ALTER TABLE c DROP PRIMARY KEY", Early, Early),
        (KEYED, "ALTER TABLE c DROP PRIMARY KEY, ADD PRIMARY KEY (x)", Runs, Runs),
    ];
    for server in both() {
        for (tables, script, on_mysql, on_mariadb) in cases {
            let project = Project::new(server, "judged");
            project.up(1, tables);
            project.run("migrate").exits(0);
            project.up(2, format!("CREATE TABLE before_it (id INT);\n{script}"));
            let outcome = project.run("migrate");
            let verdict = match outcome.code {
                Some(0) => Runs,
                _ if outcome.stderr.contains("drop the foreign key first") => Early,
                _ if outcome.stderr.contains("the foreign keys from and to") => Late,
                _ => panic!("{} {script}\n{}", server.engine(), outcome.stderr),
            };
            let expected = if std::ptr::eq(server, crate::servers::mysql()) { on_mysql } else { on_mariadb };
            assert_eq!(verdict, *expected, "{} {script}\n{}", server.engine(), outcome.stderr);
            if verdict == Early {
                // The server would refuse it too.
                let mut session = project.database.connect();
                let raw = sqlx::raw_sql(sqlx::AssertSqlSafe((*script).to_owned()));
                let raw = crate::servers::block_on(sqlx::Executor::execute(&mut session, raw));
                assert!(raw.is_err(), "{} runs {script}", server.engine());
            }
        }
    }
}

#[test]
fn what_the_server_refuses_is_told_with_the_foreign_key() {
    for server in both() {
        let project = Project::new(server, "needed_late");
        let elsewhere = server.database("needed_elsewhere");
        elsewhere.run(TABLES);
        project.up(1, "CREATE TABLE child (id INT PRIMARY KEY, KEY by_parent (id))");
        project.run("migrate").exits(0);
        // Of another database: neither taken for the table here, nor looked into beforehand.
        project.up(2, format!("DROP INDEX by_parent ON {}.child", elsewhere.name));
        let stderr = project.run("migrate").exits(4).stderr;
        let key = format!(
            "fk_child: {0}.child (parent_code) refers to {0}.parent (code)\ndrop the one that needs it first",
            elsewhere.name
        );
        contains(&stderr, "error 1553");
        contains(&stderr, &key);
        project.up(2, "ALTER TABLE child DROP INDEX by_child");
        let stderr = project.run("migrate").exits(4).stderr;
        contains(&stderr, "error 1091");
        contains(&stderr, "child has the indexes by_parent, PRIMARY, and the foreign keys none");
    }
}

#[test]
fn a_migration_that_does_not_go_down_as_written_is_not_followed() {
    for server in both() {
        let project = Project::new(server, "needed_adopted");
        project.pair(1, TABLES, "DROP TABLE child; DROP TABLE parent");
        project.run("migrate").exits(0);
        // It finds its index there, so that its down script runs in part; what it runs frees the index of the next.
        project.database.run("CREATE INDEX extra ON parent (id, code)");
        let free = "DROP INDEX extra ON parent; ALTER TABLE child DROP FOREIGN KEY fk_child";
        project.pair(2, "DROP INDEX by_parent2 ON child; CREATE INDEX extra ON parent (id, code)", free);
        project.database.run("CREATE INDEX by_parent2 ON child (id)");
        project.run("migrate").exits(0);
        let history = project.database.value("SELECT COUNT(*) FROM _aura_db_journal WHERE progress = 'skipped'");
        assert_eq!(history.as_deref(), Some("1"), "{}", server.engine());
        project.pair(3, "CREATE TABLE more (id INT)", "DROP TABLE more");
        project.pair(4, "CREATE TABLE last (id INT)", "DROP TABLE last");
        project.run("migrate").exits(0);
        project
            .file("migrations/1_step.down.sql", "DROP INDEX by_parent ON child; DROP TABLE child; DROP TABLE parent");
        project.run("rollback all").exits(0);
        assert_eq!(project.tables(), ["_sqlx_migrations"], "{}", server.engine());
    }
}

#[test]
fn a_whole_rollback_is_judged_before_its_first_statement() {
    for server in both() {
        let project = Project::new(server, "needed_whole");
        project.pair(
            1,
            "CREATE TABLE author (id INT PRIMARY KEY);
             CREATE TABLE revision (id INT PRIMARY KEY, author INT, rev INT,
                CONSTRAINT by_author FOREIGN KEY (author) REFERENCES author (id))",
            "DROP TABLE revision; DROP TABLE author",
        );
        project.run("migrate").exits(0);
        project.pair(2, "ALTER TABLE revision ADD INDEX wide (author, rev)", "ALTER TABLE revision DROP INDEX wide");
        // The server's own index goes without a word, also where only a copy of the schema is looked at.
        let linted = project.run("lint").exits(0);
        contains(&linted.stdout, "foreign-key-index");
        contains(&linted.stdout, "ADD INDEX by_author (author), DROP INDEX wide");
        project.run("migrate").exits(0);
        project.pair(
            3,
            "ALTER TABLE revision ADD note VARCHAR(9), ADD seen INT; ALTER TABLE revision RENAME COLUMN rev TO number;
             CREATE TABLE kept (id INT PRIMARY KEY); INSERT INTO kept SELECT 1;
             ALTER TABLE revision ADD k INT, ADD CONSTRAINT fk_kept FOREIGN KEY (k) REFERENCES kept (id)",
            "ALTER TABLE revision DROP FOREIGN KEY fk_kept, DROP COLUMN k;
             DROP TABLE kept; ALTER TABLE revision RENAME COLUMN number TO rev;
             ALTER TABLE revision DROP COLUMN note, DROP seen",
        );
        project.run("migrate").exits(0);
        let before = project.contents();
        let refused = project.run("rollback --to 1 --archive").exits(4);
        contains(
            &refused.stderr,
            "migrations/2_step.down.sql:1:1: the foreign key by_author of revision needs index wide",
        );
        assert_eq!((project.contents(), refused.stdout.as_str()), (before, ""), "{}", server.engine());
        // What had been put aside before a failure is told all the same.
        project.file("migrations/2_step.down.sql", "CREATE TABLE author (id INT)");
        let failed = project.run("rollback --to 1 --archive").exits(4);
        contains(&failed.stdout, "rolled back 3");
        contains(&failed.stderr, "archived table kept as _aura_db_archive_3_kept");
        contains(&failed.stderr, "error 1050");
        project
            .file("migrations/2_step.down.sql", "ALTER TABLE revision ADD INDEX by_author (author), DROP INDEX wide");
        project.run("rollback --to 1").exits(0);
    }
}
