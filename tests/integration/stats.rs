//! Statistics without rows: what the optimizers of real servers make of an injected scale.

use crate::servers::{self, Server, block_on};
use crate::session;
use aura_db::engine::explain::{self, JsonVersion};
use aura_db::engine::{schema::server, stats};
use aura_db::explain::injected;
use aura_db::model::engine::Engine;
use aura_db::model::plan::{Access, AccessType, Plan};
use aura_db::model::scale::{ColumnScale, Scale, TableScale};
use sqlx::{Executor, MySqlConnection};

const SCHEMA: &str = "CREATE TABLE reader (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, mail VARCHAR(80) NOT NULL, \
     UNIQUE KEY uq_mail (mail)); \
     CREATE TABLE loan (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, reader_id INT NOT NULL, shelf VARCHAR(10) NOT NULL, \
     lent_at DATETIME NOT NULL, KEY idx_reader (reader_id, lent_at), KEY idx_shelf (shelf), \
     CONSTRAINT fk_loan_reader FOREIGN KEY (reader_id) REFERENCES reader (id)); \
     CREATE TABLE tag (loan_id BIGINT NOT NULL, word VARCHAR(20) NOT NULL, PRIMARY KEY (loan_id, word)); \
     CREATE TABLE log (line TEXT) ; CREATE TABLE leftover (id INT PRIMARY KEY)";

fn scale() -> Scale {
    let column = |distinct| ColumnScale { distinct: Some(distinct), ..ColumnScale::default() };
    let table = |rows, columns: &[(&str, u64)]| TableScale {
        rows,
        columns: columns.iter().map(|(name, distinct)| ((*name).to_owned(), column(*distinct))).collect(),
        ..TableScale::default()
    };
    let tables = [
        ("reader", table(50_000, &[])),
        ("loan", table(10_000_000, &[("reader_id", 50_000), ("shelf", 1_000), ("lent_at", 5_000_000)])),
        ("tag", table(20_000_000, &[("loan_id", 10_000_000), ("word", 5_000)])),
        ("log", table(300_000, &[])),
    ];
    Scale {
        name: "library".into(),
        tables: tables.into_iter().map(|(name, size)| (name.to_owned(), size)).collect(),
        ..Scale::default()
    }
}

async fn library(server: &Server, name: &str) -> (MySqlConnection, Engine) {
    let mut conn = session::create(server, name).await;
    let engine = server.engine().clone();
    conn.execute(SCHEMA).await.unwrap();
    let schema = server::read(&mut conn, &engine, &[]).await.unwrap();
    let injected = stats::inject(&mut conn, &engine, name, &schema, &scale()).await.unwrap();
    assert_eq!(injected.tables, ["loan", "log", "reader", "tag"], "{engine}");
    assert_eq!(injected.skipped[0].0, "leftover", "{engine}");
    let mut conn = session::open(server, name).await;
    stats::prepare_session(&mut conn, &engine).await.unwrap();
    explain::prepare_session(&mut conn, &engine, JsonVersion::One).await.unwrap();
    (conn, engine)
}

async fn plan(conn: &mut MySqlConnection, engine: &Engine, sql: &str) -> Plan {
    let mut plan = explain::explain(conn, engine, sql, JsonVersion::One).await.unwrap();
    injected::distrust_ranges(&mut plan);
    plan
}

async fn access(conn: &mut MySqlConnection, engine: &Engine, sql: &str) -> Access {
    plan(conn, engine, sql).await.accesses()[0].clone()
}

fn near(rows: Option<f64>, wanted: f64) -> bool {
    rows.is_some_and(|rows| (rows - wanted).abs() <= wanted * 0.02)
}

#[test]
fn empty_tables_are_planned_for_as_if_full() {
    for server in servers::both() {
        block_on(async {
            let (mut conn, engine) = library(server, "stats_full").await;
            for (table, rows) in [("loan", 1e7), ("reader", 5e4), ("log", 3e5), ("tag", 2e7)] {
                let scan = access(&mut conn, &engine, &format!("SELECT * FROM {table}")).await;
                assert!(near(scan.rows.rows(), rows), "{engine} {table}: {scan:?}");
            }
            for (sql, key, rows) in [
                ("SELECT * FROM loan WHERE reader_id = 7", "idx_reader", 200.0),
                ("SELECT * FROM loan WHERE shelf = 'B'", "idx_shelf", 10_000.0),
                ("SELECT * FROM loan WHERE reader_id = 7 AND lent_at = '2025-01-01'", "idx_reader", 1.0),
                ("SELECT * FROM tag WHERE loan_id = 3", "PRIMARY", 2.0),
                ("SELECT * FROM loan WHERE shelf IN ('B', 'C', 'D')", "idx_shelf", 30_000.0),
            ] {
                let found = access(&mut conn, &engine, sql).await;
                assert_eq!(found.key.as_deref(), Some(key), "{engine} {sql}: {found:?}");
                assert!(near(found.rows.rows(), rows), "{engine} {sql}: {found:?}");
            }
        });
    }
}

#[test]
fn a_range_is_unknown_and_never_one_row() {
    for server in servers::both() {
        block_on(async {
            let (mut conn, engine) = library(server, "stats_ranges").await;
            for sql in [
                "SELECT * FROM loan WHERE reader_id > 7",
                "SELECT * FROM loan WHERE reader_id IN (1, 2) AND lent_at > '2025-01-01'",
                "SELECT * FROM loan WHERE shelf LIKE 'B%'",
                "SELECT * FROM loan WHERE id <> 5",
            ] {
                let found = access(&mut conn, &engine, sql).await;
                // MariaDB scans the table for some of them, which it can count.
                let scan =
                    found.access_type == AccessType::FullScan && found.rows.rows().is_some_and(|rows| rows > 1e6);
                assert!(scan || found.rows.rows().is_none(), "{engine} {sql}: {found:?}");
            }
        });
    }
}

#[test]
fn a_join_by_foreign_key_counts_rows_for_each_outer_row() {
    for server in servers::both() {
        block_on(async {
            let (mut conn, engine) = library(server, "stats_joins").await;
            let plan = plan(
                &mut conn,
                &engine,
                "SELECT r.mail, l.shelf FROM loan l JOIN reader r ON r.id = l.reader_id WHERE l.shelf = 'A'",
            )
            .await;
            let found = plan.accesses();
            assert_eq!((found[0].table.as_str(), found[1].table.as_str()), ("l", "r"), "{engine}: {plan:?}");
            assert!(near(found[0].rows.rows(), 10_000.0), "{engine}: {plan:?}");
            assert_eq!((found[1].access_type, found[1].rows.rows()), (AccessType::EqRef, Some(1.0)), "{engine}");
        });
    }
}

#[test]
fn a_constant_row_that_is_missing_cuts_the_plan_off_until_it_is_in_place() {
    for server in servers::both() {
        block_on(async {
            let (mut conn, engine) = library(server, "stats_constants").await;
            let schema = server::read(&mut conn, &engine, &[]).await.unwrap();
            let join =
                "SELECT * FROM reader r JOIN loan l ON l.reader_id = r.id WHERE r.mail = 'it\\'s @' AND r.id = 5";
            assert!(injected::is_cut_off(&plan(&mut conn, &engine, join).await), "{engine}");
            let whole = stats::explain(&mut conn, &engine, &schema, join, JsonVersion::One).await.unwrap();
            let found = whole.accesses();
            assert_eq!((found[0].access_type, found[1].access_type), (AccessType::Const, AccessType::Ref), "{engine}");
            assert!(near(found[1].rows.rows(), 200.0), "{engine}: {whole:?}");
            let chain = "SELECT * FROM loan l JOIN reader r ON r.id = l.reader_id JOIN tag t ON t.loan_id = l.id WHERE l.id = 9";
            let whole = stats::explain(&mut conn, &engine, &schema, chain, JsonVersion::One).await.unwrap();
            assert_eq!(whole.accesses().len(), 3, "{engine}: {whole:?}");
            let rows = conn.fetch_all("SELECT 1 FROM reader UNION ALL SELECT 1 FROM loan").await.unwrap();
            assert_eq!(rows.len(), 0, "{engine}: the rows are gone");
            let scan = access(&mut conn, &engine, "SELECT * FROM loan").await;
            assert!(near(scan.rows.rows(), 1e7), "{engine}: the statistics stay");
        });
    }
}

#[test]
fn odd_tables_take_statistics_too() {
    const ODD: &str = "CREATE TABLE `we``ird-näme` (id INT PRIMARY KEY, word VARCHAR(200), KEY idx_word (word(10))); \
         CREATE TABLE Parted (id INT NOT NULL, year INT NOT NULL, PRIMARY KEY (id, year), KEY idx_year (year)) \
         PARTITION BY HASH (year) PARTITIONS 4; \
         CREATE TABLE article (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY ft_body (body)); \
         CREATE TABLE node (id INT PRIMARY KEY, parent INT, KEY idx_parent (parent), FOREIGN KEY (parent) REFERENCES node (id)); \
         CREATE TRIGGER node_in BEFORE INSERT ON node FOR EACH ROW SET NEW.parent = NULL; \
         CREATE VIEW roots AS SELECT id FROM node WHERE parent IS NULL; \
         CREATE TABLE nothing_yet (id INT PRIMARY KEY)";
    for server in servers::both() {
        block_on(async {
            let mut conn = session::create(server, "stats_odd").await;
            let engine = server.engine().clone();
            conn.execute(ODD).await.unwrap();
            let schema = server::read(&mut conn, &engine, &[]).await.unwrap();
            let size = |rows| TableScale { rows, ..TableScale::default() };
            let tables = [
                ("we`ird-näme", 70_000),
                ("parted", 400_000),
                ("article", 9_000),
                ("node", 1_000_000),
                ("nothing_yet", 0),
            ];
            let tables = tables.into_iter().map(|(name, rows)| (name.to_owned(), size(rows))).collect();
            let scale = Scale { name: "odd".into(), tables, ..Scale::default() };
            for _ in 0..2 {
                let injected = stats::inject(&mut conn, &engine, "stats_odd", &schema, &scale).await.unwrap();
                assert_eq!(injected.tables.len(), 5, "{engine}: {injected:?}");
            }
            let mut conn = session::open(server, "stats_odd").await;
            stats::prepare_session(&mut conn, &engine).await.unwrap();
            explain::prepare_session(&mut conn, &engine, JsonVersion::One).await.unwrap();
            for (table, rows) in [("`we``ird-näme`", 7e4), ("Parted", 4e5), ("article", 9e3), ("node", 1e6)] {
                let scan = access(&mut conn, &engine, &format!("SELECT * FROM {table}")).await;
                assert!(near(scan.rows.rows(), rows), "{engine} {table}: {scan:?}");
            }
            let empty = access(&mut conn, &engine, "SELECT * FROM nothing_yet").await;
            assert!(empty.rows.rows().is_some_and(|rows| rows <= 1.0), "{engine}: {empty:?}");
            let again = server::read(&mut conn, &engine, &[]).await.unwrap();
            let names = |schema: &aura_db::model::schema::Schema| {
                schema.tables.iter().map(|t| t.name.clone()).collect::<Vec<_>>()
            };
            assert_eq!(names(&again), names(&schema), "{engine}");
            assert_eq!(
                (again.routines, again.tables[0].foreign_keys.len()),
                (schema.routines, schema.tables[0].foreign_keys.len())
            );
        });
    }
}

#[test]
fn sessions_that_put_the_same_row_in_place_do_not_fail_each_other() {
    for server in servers::both() {
        block_on(async {
            let (mut conn, engine) = library(server, "stats_sessions").await;
            let schema = server::read(&mut conn, &engine, &[]).await.unwrap();
            let many = (0..8).map(|_| async {
            let mut conn = session::open(server, "stats_sessions").await;
            stats::prepare_session(&mut conn, &engine).await.unwrap();
            explain::prepare_session(&mut conn, &engine, JsonVersion::One).await.unwrap();
            for _ in 0..20 {
                let sql = "SELECT * FROM reader r JOIN loan l ON l.reader_id = r.id JOIN tag t ON t.loan_id = l.id WHERE r.id = 5";
                let plan = stats::explain(&mut conn, &engine, &schema, sql, JsonVersion::One).await.unwrap();
                assert_eq!(plan.accesses().len(), 3, "{engine}: {plan:?}");
            }
        });
            futures_util::future::join_all(many).await;
        });
    }
}
