//! EXPLAIN on real servers: what is asked, what comes back, and that nothing is ever run.

use crate::servers::{self, Server, block_on};
use crate::session;
use aura_db::engine::EngineError;
use aura_db::engine::explain::{JsonVersion, explain, prepare_session};
use aura_db::model::engine::Engine;
use aura_db::model::plan::{AccessType, Operation, Plan};
use sqlx::{Executor, MySqlConnection, Row};

async fn note_book(server: &Server, name: &str) -> (MySqlConnection, Engine) {
    let mut conn = session::create(server, name).await;
    let engine = server.engine().clone();
    conn.execute(
        "CREATE TABLE note (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, author VARCHAR(40) NOT NULL, body TEXT, \
         score INT NOT NULL DEFAULT 0, KEY idx_author (author)); \
         INSERT INTO note (author, body) VALUES ('a', 'x'), ('b', 'y'), ('c', 'z'), ('d', 'w'), ('e', 'v'); \
         ANALYZE TABLE note",
    )
    .await
    .unwrap();
    prepare_session(&mut conn, &engine, JsonVersion::One).await.unwrap();
    (conn, engine)
}

async fn plan(conn: &mut MySqlConnection, engine: &Engine, sql: &str) -> Plan {
    explain(conn, engine, sql, JsonVersion::One).await.unwrap_or_else(|error| panic!("{engine} {sql}: {error}"))
}

fn modifies(plan: &Plan) -> bool {
    plan.nodes().iter().any(|node| node.operation == Operation::Modify)
}

#[test]
fn plans_of_both_servers_agree_on_what_is_read() {
    for server in servers::both() {
        block_on(async {
            let (mut conn, engine) = note_book(server, "explain_reads").await;
            let scan = plan(&mut conn, &engine, "SELECT * FROM note WHERE score > 3;").await;
            assert_eq!(scan.accesses()[0].access_type, AccessType::FullScan, "{engine}");
            assert_eq!(scan.accesses()[0].rows.rows(), Some(5.0), "{engine}");
            assert!(scan.cost.is_some_and(|cost| cost > 0.0), "{engine}: {:?}", scan.cost);
            assert_eq!(scan.warnings, [], "{engine}: the note with the rewritten statement is left out");
            let lookup = plan(&mut conn, &engine, "SELECT * FROM note WHERE author = 'a;b' -- who?").await;
            assert_eq!(lookup.accesses()[0].key.as_deref(), Some("idx_author"), "{engine}");
        });
    }
}

#[test]
fn a_comparison_that_no_index_can_serve_is_warned_of() {
    let server = servers::mysql();
    block_on(async {
        let (mut conn, engine) = note_book(server, "explain_warns").await;
        let plan = plan(&mut conn, &engine, "SELECT * FROM note WHERE author = 12").await;
        assert!(plan.warnings.iter().any(|warning| warning.code == 1739), "{:?}", plan.warnings);
    });
}

#[test]
fn changes_are_planned_and_never_made() {
    for server in servers::both() {
        block_on(async {
            let (mut conn, engine) = note_book(server, "explain_changes").await;
            for sql in [
                "DELETE FROM note",
                "DELETE FROM note WHERE score = 0",
                "UPDATE note SET body = NULL",
                "INSERT INTO note (author) VALUES ('f')",
                "INSERT INTO note (author) SELECT author FROM note",
                "REPLACE INTO note (id, author) VALUES (1, 'z')",
                "UPDATE note n JOIN note m ON m.id = n.id SET n.body = NULL WHERE m.score = 1",
            ] {
                for version in [JsonVersion::One, JsonVersion::Two] {
                    prepare_session(&mut conn, &engine, version).await.unwrap();
                    let plan = explain(&mut conn, &engine, sql, version).await.unwrap();
                    assert!(modifies(&plan), "{engine} {sql}: {plan:?}");
                }
            }
            let update =
                explain(&mut conn, &engine, "UPDATE note SET score = 1 WHERE body = 'x'", JsonVersion::Two).await;
            assert_eq!(update.unwrap().accesses()[0].access_type, AccessType::FullScan, "{engine}");
            let rows = conn.fetch_one("SELECT COUNT(*), COUNT(body) FROM note").await.unwrap();
            assert_eq!((rows.get::<i64, _>(0), rows.get::<i64, _>(1)), (5, 5), "{engine}");
        });
    }
}

#[test]
fn what_is_not_one_plain_statement_never_reaches_the_server() {
    for server in servers::both() {
        block_on(async {
            let (mut conn, engine) = note_book(server, "explain_guards").await;
            for sql in
                ["SELECT 1; DROP TABLE note", "DROP TABLE note", "SELECT 1 /*!; DROP TABLE note */", "ANALYZE SELECT 1"]
            {
                let refused = explain(&mut conn, &engine, sql, JsonVersion::One).await;
                assert!(matches!(refused, Err(EngineError::Refused(_))), "{engine} {sql}");
            }
            // Where a backslash does not escape, the guard sees one text and the server two statements.
            conn.execute("SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'").await.unwrap();
            let refused = explain(&mut conn, &engine, r"SELECT '\'; DROP TABLE note -- '", JsonVersion::One).await;
            assert_eq!(refused.unwrap_err().code(), Some(1064), "{engine}");
            conn.execute("SELECT 1 FROM note").await.unwrap();
        });
    }
}

#[test]
fn what_cannot_be_explained_is_an_error_with_the_servers_code() {
    for server in servers::both() {
        block_on(async {
            let (mut conn, engine) = note_book(server, "explain_fails").await;
            for (sql, code) in [
                ("SELECT nothing FROM note", 1054),
                ("SELECT 1 FROM nowhere", 1146),
                ("INSERT INTO note VALUES (1)", 1136),
            ] {
                let error = explain(&mut conn, &engine, sql, JsonVersion::One).await.unwrap_err();
                assert_eq!(error.code(), Some(code), "{engine} {sql}: {error}");
            }
            assert_eq!(plan(&mut conn, &engine, "SELECT 1").await.accesses().len(), 0, "{engine}: the session goes on");
        });
    }
}

#[test]
fn a_hypergraph_plan_is_read_although_version_one_was_asked_for() {
    let server = servers::mysql();
    block_on(async {
        let (mut conn, engine) = note_book(server, "explain_hypergraph").await;
        if engine.major_minor() < (9, 7)
            || conn.execute("SET optimizer_switch = 'hypergraph_optimizer=on'").await.is_err()
        {
            return;
        }
        let plan = plan(&mut conn, &engine, "SELECT * FROM note WHERE score > 3 ORDER BY body").await;
        // Its whole-table read is a scan of the primary key.
        assert!(matches!(plan.accesses()[0].access_type, AccessType::FullScan | AccessType::IndexScan), "{plan:?}");
        assert!(plan.nodes().iter().any(|node| node.operation == Operation::Sort));
    });
}
