//! An index that is there already, beside other clauses of one ALTER: it is not made again, and a name that is taken is
//! told with both definitions, never by the server's word alone.

use crate::project::{Project, contains};
use crate::servers::both;

const TABLE: &str = "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, c INT)";

#[test]
fn what_is_there_is_left_out_and_stays_on_the_way_down() {
    for server in both() {
        let project = Project::new(server, "existing_mixed");
        project.pair(1, TABLE, "DROP TABLE t");
        project.run("migrate").exits(0);
        project.database.run("CREATE INDEX i ON t (a)");
        let before = project.contents();
        project.pair(
            2,
            "ALTER TABLE t ADD COLUMN d INT, ADD INDEX i (a), MODIFY b BIGINT, ADD INDEX j (d)",
            "ALTER TABLE t DROP INDEX j, DROP INDEX i, DROP COLUMN d, MODIFY b INT",
        );
        let outcome = project.run("migrate").exits(0);
        contains(
            &outcome.stderr,
            "index i on t is there already, with the same definition; the rest of the statement runs",
        );
        let indexes = "SELECT DISTINCT CAST(index_name AS CHAR) FROM information_schema.statistics WHERE table_schema = \
                       DATABASE() AND table_name = 't' ORDER BY 1";
        assert_eq!(project.database.column(indexes), ["i", "j", "PRIMARY"], "{}", server.engine());
        project.run("rollback").exits(0);
        let without_ledger = |text: String| text.split("_sqlx_migrations").next().unwrap_or_default().to_owned();
        assert_eq!(project.database.column(indexes), ["i", "PRIMARY"], "{}", server.engine());
        assert_eq!(without_ledger(project.contents()), without_ledger(before), "{}", server.engine());
    }
}

#[test]
fn a_name_that_is_taken_is_refused_with_both_definitions() {
    // The statements, what is said, and whether something ran before it was.
    let cases = [
        (
            "ALTER TABLE t ADD COLUMN d INT, ADD INDEX i (b)",
            "index i on t is there already, with another definition: it is (a), and the migration makes (b)",
        ),
        (
            "ALTER TABLE t COMMENT 'x', ADD UNIQUE i (a, b)",
            "index i on t is there already, with another definition: it is (a), and the migration makes UNIQUE (a, b)",
        ),
        (
            "ALTER TABLE t RENAME COLUMN a TO z, ADD INDEX i (z)",
            "index i on t is there already, with another definition: it is (a), and the migration makes (z)",
        ),
        (
            "ALTER TABLE t DROP COLUMN k, ADD INDEX two (a, b)",
            "index two on t is there already, with another definition: it is (a, k), and the migration makes (a, b)",
        ),
        // What cannot be known before the server has spoken.
        (
            "ALTER TABLE t RENAME INDEX two TO j, ADD INDEX j (b)",
            "the statement makes two indexes j on t: (b) and the one that was two",
        ),
        (
            "ALTER TABLE t RENAME INDEX two TO i",
            "index i on t is there already: it is (a), and the statement makes the one",
        ),
        ("ALTER TABLE t ADD KEY n (a, b), ADD KEY n (b, a)", "the statement makes two indexes n on t"),
        (
            "CREATE TABLE u (a INT, b INT, KEY x (a)); ALTER TABLE u ADD COLUMN c INT, ADD KEY x (b)",
            "index x on u is there already: it is (a), and the statement makes (b)",
        ),
    ];
    for server in both() {
        let project = Project::new(server, "existing_taken");
        project.up(1, TABLE);
        project.run("migrate").exits(0);
        project.database.run("ALTER TABLE t ADD k INT; CREATE INDEX i ON t (a); CREATE INDEX two ON t (a, k)");
        let before = project.contents();
        for (statement, said) in cases {
            project.up(2, format!("CREATE TABLE more (id INT);\n{statement}"));
            let stderr = project.run("migrate").exits(4).stderr;
            contains(&stderr, said);
            if said.contains("with another definition") {
                assert!(!stderr.contains("nothing of this migration is left"), "not beforehand: {stderr}");
            }
            assert_eq!(project.contents(), before, "{} {statement}", server.engine());
        }
    }
}

#[test]
fn a_name_that_the_statement_frees_is_not_in_the_way() {
    for server in both() {
        for statement in [
            "ALTER TABLE t DROP INDEX i, ADD COLUMN d INT, ADD INDEX i (b)",
            "ALTER TABLE t RENAME INDEX i TO j, ADD INDEX i (b), COMMENT 'x'",
            "ALTER TABLE t DROP COLUMN a, ADD INDEX i (b)",
        ] {
            let project = Project::new(server, "existing_freed");
            project.up(1, TABLE);
            project.run("migrate").exits(0);
            project.database.run("CREATE INDEX i ON t (a)");
            project.up(2, statement);
            project.run("migrate").exits(0);
        }
    }
}
