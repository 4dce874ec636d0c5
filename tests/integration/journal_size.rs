//! The journal beside statements and definitions as large as the server takes them, and what is left of it afterwards.

use crate::project::{Project, contains};
use crate::servers::{Server, both};
use aura_db::engine::sandbox::{Options, ServerKind};
use std::sync::OnceLock;

/// What the servers of these tests take in one message, in bytes.
const PACKET: usize = 128 << 10;
/// The longest statement that they take.
const LONGEST: usize = PACKET - 2;

/// Servers that take small messages only.
fn narrow() -> [&'static Server; 2] {
    static SERVERS: OnceLock<[Server; 2]> = OnceLock::new();
    let start = |kind| {
        let extra = vec![format!("--max-allowed-packet={PACKET}").into()];
        Server::with(Options { extra, ..Options::new(kind) })
    };
    SERVERS.get_or_init(|| [start(ServerKind::Mysql), start(ServerKind::Mariadb)]).each_ref()
}

/// An `INSERT` of that many bytes, with a backslash, which makes its copy in the journal twice as long.
fn insert(bytes: usize) -> String {
    let (head, tail) = ("INSERT INTO t VALUES (1, 'a\\\\", "')");
    format!("{head}{}{tail}", "x".repeat(bytes - head.len() - tail.len()))
}

#[test]
fn a_statement_as_long_as_the_server_takes_is_journalled_and_gone_on_after() {
    for server in narrow() {
        let project = Project::new(server, "size_longest");
        project.database.run("CREATE TABLE t (id INT PRIMARY KEY, b LONGTEXT)");
        let script = |last: &str| format!("{};\nCREATE TABLE u (id INT);\n{last};\n", insert(LONGEST));
        project.up(1, script("INSERT INTO nowhere VALUES (1)"));
        project.file("migrations/1_step.down.sql", "DROP TABLE u; DELETE FROM t;");
        let outcome = project.run("migrate").exits(4);
        contains(&outcome.stderr, "half-applied");
        let kept = project.database.value("SELECT statement FROM _aura_db_journal WHERE position = 1").unwrap();
        contains(&kept, &format!("of {LONGEST} bytes"));
        assert!(kept.len() <= PACKET / 8, "{}: {} bytes", server.engine(), kept.len());
        // The file's text decides what goes on, and the statement that took effect is not run again.
        project.up(1, script("CREATE TABLE v (id INT)"));
        project.run("migrate").exits(0);
        assert_eq!(project.database.value("SELECT LENGTH(b) > 100000 FROM t").as_deref(), Some("1"));
        assert_eq!(project.ledger(), ["1 1"]);
        let other = script("CREATE TABLE v (id INT)").replace("xx')", "xy')");
        project.up(1, other);
        contains(&project.run("migrate").exits(4).stderr, "edited");
        project.up(1, script("CREATE TABLE v (id INT)"));
        project.run("rollback --discard-data --yes").exits(0);
        assert_eq!(project.database.value("SELECT COUNT(*) FROM t").as_deref(), Some("0"));
    }
}

#[test]
fn a_statement_longer_than_the_server_takes_is_refused_before_anything_runs() {
    for server in narrow() {
        let project = Project::new(server, "size_longer");
        project.up(1, format!("CREATE TABLE t (id INT, b LONGTEXT);\n{};\n", insert(LONGEST + 1)));
        for line in ["migrate", "migrate --dry-run", "apply all"] {
            let outcome = project.run(line).exits(3);
            contains(&outcome.stderr, "1_step.up.sql:2:1");
            contains(&outcome.stderr, "has 131071 bytes, and the server takes 131070");
            contains(&outcome.stderr, "max_allowed_packet");
        }
        assert!(project.tables().is_empty(), "{:?}", project.tables());
    }
}

/// A table of 1000 columns, which takes more than half of a message to define.
fn wide() -> String {
    let column = |at: usize| format!("column_number_{at} INT NOT NULL COMMENT 'ü {at} of a thousand columns'");
    format!("CREATE TABLE wide ({});\n", (0..1000).map(column).collect::<Vec<_>>().join(", "))
}

#[test]
fn a_table_whose_definition_is_longer_than_a_message_can_be_altered() {
    for server in narrow() {
        let project = Project::new(server, "size_columns");
        project.up(1, wide());
        project.up(2, "ALTER TABLE wide ADD COLUMN extra INT;\nINSERT INTO nowhere VALUES (1);\n");
        let outcome = project.run("migrate").exits(4);
        contains(&outcome.stderr, "2_step.up.sql:2:1");
        contains(&outcome.stderr, "half-applied");
        contains(&outcome.stderr, "raise max_allowed_packet");
        let before = "SELECT state_before FROM _aura_db_journal WHERE version = 2 AND position = 1";
        contains(&project.database.value(before).unwrap(), "too long for max_allowed_packet");
        project.up(2, "ALTER TABLE wide ADD COLUMN extra INT;\nCREATE TABLE u (id INT);\n");
        project.run("migrate").exits(0);
        assert_eq!(project.ledger(), ["1 1", "2 1"], "{}", server.engine());
        // A unit that could not be taken back does not begin.
        project.up(3, "ALTER TABLE wide ADD COLUMN more INT;\n");
        contains(&project.run("apply all").stderr, "what this run would be taken back to");
        assert_eq!(project.ledger(), ["1 1", "2 1"], "{}", server.engine());
    }
}

#[test]
fn a_table_of_a_thousand_columns_is_taken_back() {
    for server in both() {
        let project = Project::new(server, "size_thousand");
        project.up(1, wide());
        project.run("migrate").exits(0);
        project.up(2, "ALTER TABLE wide ADD COLUMN extra INT;\nINSERT INTO nowhere VALUES (1);\n");
        let before = project.contents();
        for line in ["migrate", "apply all"] {
            contains(&project.run(line).exits(4).stderr, "as it was before it");
            assert!(project.contents() == before, "{}", server.engine());
        }
    }
}

#[test]
fn what_only_a_crash_needs_goes_when_a_migration_is_applied() {
    for server in both() {
        let project = Project::new(server, "size_growth");
        project.up(1, "CREATE TABLE a (id INT);\nSET @x = 7;\nALTER TABLE a ADD COLUMN b INT;\n");
        project.up(2, "CREATE TABLE b (id INT);\n");
        project.up(3, "CREATE TABLE c (id INT);\n");
        project.up(4, "ALTER TABLE c ADD COLUMN d INT;\n");
        project.run("migrate").exits(0);
        let left =
            "SELECT CONCAT(version, '.', position) FROM _aura_db_journal WHERE state_before <> '' OR variables <> ''";
        assert_eq!(project.database.column(left), [""; 0], "{}", server.engine());
        let texts = "SELECT COUNT(*) FROM _aura_db_journal WHERE statement <> '' AND progress = 'done'";
        assert_eq!(project.database.value(texts).as_deref(), Some("6"));
        // A migration that is half-applied keeps it.
        project.up(5, "SET @x = 7;\nINSERT INTO a VALUES (1, 2);\nDROP TABLE c;\nINSERT INTO nowhere VALUES (@x);\n");
        project.run("migrate").exits(4);
        assert_eq!(project.database.column(left), ["5.1", "5.3"], "{}", server.engine());
    }
}

#[test]
fn ledgers_that_differ_in_case_alone_have_journals_of_their_own() {
    for server in both() {
        let project = Project::new(server, "size_case");
        project.up(1, "CREATE TABLE a (id INT);\nINSERT INTO a VALUES (1);\n");
        project.run("migrate --ledger-table Ledger").exits(0);
        // As an earlier version made it.
        project
            .database
            .run("ALTER TABLE _aura_db_journal MODIFY ledger VARCHAR(64) CHARACTER SET utf8mb4 NOT NULL; DROP TABLE a");
        project.run("migrate --ledger-table ledger").exits(0);
        let rows = "SELECT CONCAT(ledger, ' ', position) FROM _aura_db_journal";
        assert_eq!(
            project.database.column(rows),
            ["Ledger 1", "Ledger 2", "ledger 1", "ledger 2"],
            "{}",
            server.engine()
        );
        assert_eq!(project.database.value("SELECT COUNT(*) FROM a").as_deref(), Some("1"));
    }
}
