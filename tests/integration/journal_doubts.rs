//! What the journal says is believed only as far as it can be: of what another tool has done since it knows nothing.

use crate::project::{Project, contains};
use crate::servers::both;

#[test]
fn a_journal_of_an_earlier_application_is_no_progress_of_a_new_one() {
    for server in both() {
        let project = Project::new(server, "doubts_turns");
        project.pair(1, "CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE b (id INT PRIMARY KEY)", "DROP TABLE b, a");
        project.run("migrate").exits(0);
        // Another tool has taken it down, begun it anew, and was cut off after its first statement.
        project.database.run("DROP TABLE b; UPDATE _sqlx_migrations SET success = 0");
        let outcome = project.run("migrate").exits(4);
        contains(&outcome.stderr, "the ledger does not have it as applied");
        assert_eq!(project.ledger(), ["1 0"], "{}: nothing is recorded", server.engine());
        project.database.run("DROP TABLE a; DELETE FROM _sqlx_migrations");
        project.run("migrate").exits(0);
        assert_eq!(project.tables(), ["_sqlx_migrations", "a", "b"]);
    }
}

#[test]
fn going_back_to_a_savepoint_leaves_the_files_transaction_open() {
    for server in both() {
        let project = Project::new(server, "doubts_savepoint");
        project.database.run("CREATE TABLE t (id INT PRIMARY KEY)");
        project.up(
            1,
            "BEGIN;\nINSERT INTO t VALUES (1);\nSAVEPOINT s;\nINSERT INTO t VALUES (2);\nROLLBACK TO SAVEPOINT s;\n\
             INSERT INTO t VALUES (3);\nROLLBACK;\nINSERT INTO t VALUES (4);",
        );
        project.run("migrate").exits(0);
        assert_eq!(project.database.column("SELECT id FROM t"), ["4"], "{}", server.engine());
    }
}
