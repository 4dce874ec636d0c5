//! Plans for the values and ranges of a statement, on empty tables of real servers.

use crate::servers::{self, Server, block_on};
use crate::session;
use aura_db::engine::explain::{self, JsonVersion};
use aura_db::engine::schema::server;
use aura_db::engine::stats::{self, Literals};
use aura_db::model::plan::{Access, AccessType, Estimate, Plan};
use aura_db::model::query::Value;
use aura_db::model::scale::{ColumnScale, HotValue, Scale, TableScale};
use serde::Deserialize;
use sqlx::{Executor, MySqlConnection, Row as _};
use std::path::Path;

const SCHEMA: &str = "CREATE TABLE reader (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, mail VARCHAR(80) NOT NULL, \
     town VARCHAR(40) NOT NULL, UNIQUE KEY uq_mail (mail), KEY idx_town (town)); \
     CREATE TABLE loan (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, reader_id INT NOT NULL, shelf VARCHAR(10) NOT NULL, \
     lent_at DATETIME NOT NULL, fee DECIMAL(8,2) NOT NULL, KEY idx_reader (reader_id, lent_at), KEY idx_shelf (shelf), \
     KEY idx_lent (lent_at), KEY idx_fee (fee), \
     CONSTRAINT fk_loan_reader FOREIGN KEY (reader_id) REFERENCES reader (id)); \
     CREATE VIEW late AS SELECT * FROM loan WHERE lent_at < '2020-02-01'";

fn scale() -> Scale {
    let between = |min: Value, max: Value, distinct| ColumnScale {
        distinct: Some(distinct),
        min: Some(min),
        max: Some(max),
        ..ColumnScale::default()
    };
    let text = |text: &str| Value::Text(text.to_owned());
    let hot = |value: &str, fraction| HotValue { value: text(value), fraction };
    let shelf = ColumnScale {
        distinct: Some(1000),
        hot: vec![hot("new", 0.3), hot("lost", 0.000_01)],
        ..ColumnScale::default()
    };
    let loan = [
        ("reader_id".to_owned(), between(Value::Int(1), Value::Int(50_000), 50_000)),
        ("shelf".to_owned(), shelf),
        ("lent_at".to_owned(), between(text("2020-01-01"), text("2029-12-31"), 900_000)),
    ];
    let town = ColumnScale { distinct: Some(100), ..ColumnScale::default() };
    let tables = [
        (
            "reader".to_owned(),
            TableScale { rows: 50_000, columns: [("town".to_owned(), town)].into(), ..TableScale::default() },
        ),
        ("loan".to_owned(), TableScale { rows: 1_000_000, columns: loan.into(), ..TableScale::default() }),
    ];
    Scale { name: "library".into(), tables: tables.into(), ..Scale::default() }
}

struct Library {
    conn: MySqlConnection,
    literals: Literals,
}

impl Library {
    async fn open(server: &Server, name: &str, ddl: &str, scale: Scale) -> Self {
        let mut conn = session::create(server, name).await;
        let engine = server.engine().clone();
        conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(ddl.to_owned()))).await.unwrap();
        let schema = server::read(&mut conn, &engine, &[]).await.unwrap();
        stats::inject(&mut conn, &engine, name, &schema, &scale).await.unwrap();
        let mut conn = session::open(server, name).await;
        stats::prepare_session(&mut conn, &engine).await.unwrap();
        explain::prepare_session(&mut conn, &engine, JsonVersion::One).await.unwrap();
        Self { conn, literals: Literals::new(engine, name, schema, scale) }
    }

    async fn plan(&mut self, sql: &str) -> Plan {
        let plan = self.literals.explain(&mut self.conn, sql, JsonVersion::One).await;
        plan.unwrap_or_else(|error| panic!("{error}, of: {sql}"))
    }

    async fn first(&mut self, sql: &str) -> Access {
        self.plan(sql).await.accesses()[0].clone()
    }
}

fn near(found: &Access, wanted: f64) -> bool {
    found.rows.rows().is_some_and(|rows| rows <= wanted * 1.1 + 1.0 && rows * 1.1 + 1.0 >= wanted)
}

#[test]
fn values_and_ranges_find_what_the_profile_says() {
    for server in servers::both() {
        block_on(async {
            let mut library = Library::open(server, "literals_ranges", SCHEMA, scale()).await;
            // InnoDB takes twice what it finds of a long range, and half of the table at most.
            for (sql, key, rows) in [
                ("SELECT * FROM loan WHERE shelf = 'lost'", "idx_shelf", 10.0),
                ("SELECT * FROM loan WHERE shelf = 'B17'", "idx_shelf", 701.0),
                ("SELECT * FROM loan WHERE shelf = 'new' ORDER BY id LIMIT 5", "idx_shelf", 500_000.0),
                ("SELECT * FROM loan WHERE lent_at >= '2029-12-30 23:00:00'", "idx_lent", 11.4),
                ("SELECT * FROM loan WHERE lent_at >= '2025-01-01' AND lent_at < '2025-02-01'", "idx_lent", 17_000.0),
                ("SELECT id FROM loan WHERE id > 999990", "PRIMARY", 10.0),
                ("SELECT * FROM loan WHERE id BETWEEN 100 AND 150", "PRIMARY", 51.0),
                ("SELECT * FROM loan WHERE reader_id = 9 AND lent_at > '2029-01-01'", "idx_reader", 2.0),
                ("DELETE FROM loan WHERE lent_at < '2020-01-01 05:00:00'", "idx_lent", 57.0),
                ("UPDATE loan SET fee = 0 WHERE lent_at < '2020-01-01 05:00:00'", "idx_lent", 57.0),
            ] {
                let found = library.first(sql).await;
                assert_eq!(found.key.as_deref(), Some(key), "{} {sql}: {found:?}", server.engine());
                assert!(near(&found, rows), "{} {sql}: {found:?}", server.engine());
                let shown = format!("{found:?}").to_lowercase();
                assert!(!shown.contains("aura_db") && !shown.contains(" in ("), "{}: {shown}", server.engine());
            }
        });
    }
}

#[test]
fn each_use_of_a_table_has_its_own_values() {
    for server in servers::both() {
        block_on(async {
            let mut library = Library::open(server, "literals_twice", SCHEMA, scale()).await;
            let sql = "SELECT * FROM loan a JOIN loan b ON b.reader_id = a.reader_id WHERE a.shelf = 'lost' AND b.lent_at > '2029-06-01'";
            let plan = library.plan(sql).await;
            let found = plan.accesses();
            assert_eq!((found[0].table.as_str(), found[1].table.as_str()), ("a", "b"), "{}: {plan:?}", server.engine());
            assert!(near(found[0], 10.0) && near(found[1], 20.0), "{}: {plan:?}", server.engine());
            let union = "SELECT id FROM loan WHERE shelf = 'lost' UNION ALL SELECT id FROM loan WHERE shelf = 'new'";
            let plan = library.plan(union).await;
            let found = plan.accesses();
            assert!(near(found[0], 10.0) && near(found[1], 500_000.0), "{}: {plan:?}", server.engine());
            // The copies' statistics are the next statement's again.
            assert!(near(&library.first("SELECT * FROM loan WHERE shelf = 'B17'").await, 701.0), "{}", server.engine());
        });
    }
}

#[test]
fn what_cannot_be_known_says_why() {
    for server in servers::both() {
        block_on(async {
            let mut library = Library::open(server, "literals_unknown", SCHEMA, scale()).await;
            for (sql, why) in [
                ("SELECT * FROM loan WHERE fee > 3", "give its `min` and `max`"),
                ("SELECT town FROM reader WHERE town LIKE 'Wi%'", "give its `min` and `max`"),
                ("SELECT * FROM loan WHERE NOT (fee BETWEEN 3 AND 900)", "is not understood"),
                ("SELECT * FROM late", "dives into the index"),
            ] {
                let found = library.first(sql).await;
                let Estimate::Unknown(reason) = &found.rows else {
                    // A server that reads the whole table can count it.
                    assert!(
                        matches!(found.access_type, AccessType::FullScan | AccessType::IndexScan),
                        "{sql}: {found:?}"
                    );
                    continue;
                };
                assert!(reason.contains(why), "{} {sql}: {reason}", server.engine());
            }
        });
    }
}

#[test]
fn a_range_that_the_server_finds_by_itself_is_not_believed() {
    for server in servers::both() {
        block_on(async {
            let mut library = Library::open(server, "literals_found", SCHEMA, scale()).await;
            let sql = "SELECT b.shelf FROM loan a JOIN loan b ON b.reader_id = a.reader_id AND b.shelf <> a.shelf WHERE a.shelf = 'new'";
            let plan = library.plan(sql).await;
            let ranges = plan.accesses().into_iter().filter(|access| access.access_type == AccessType::Range);
            for access in ranges {
                assert!(access.rows.rows().is_none(), "{}: {plan:?}", server.engine());
            }
        });
    }
}

#[test]
fn a_range_that_is_joined_by_leaves_the_key_unique() {
    for server in servers::both() {
        block_on(async {
            let mut library = Library::open(server, "literals_joined", SCHEMA, scale()).await;
            let sql =
                "SELECT l.fee FROM loan l JOIN reader r ON r.id = l.reader_id WHERE r.id > 49990 AND l.shelf = 'lost'";
            let plan = library.plan(sql).await;
            let accesses = plan.accesses();
            let reader = accesses.iter().find(|access| access.table == "r").unwrap();
            assert_ne!(reader.access_type, AccessType::Ref, "{}: {plan:?}", server.engine());
        });
    }
}

#[derive(Debug, Deserialize)]
struct Statement {
    name: String,
    schema: String,
    sql: String,
}

#[test]
fn every_statement_of_the_corpus_is_planned_as_before() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/explain");
    let text = std::fs::read_to_string(folder.join("statements.json")).unwrap();
    let statements: Vec<Statement> = serde_json::from_str(&text).unwrap();
    for server in servers::both() {
        for app in ["chat", "film", "orders"] {
            let ddl = std::fs::read_to_string(folder.join(format!("schema/{app}.sql"))).unwrap();
            block_on(async {
                let name = format!("literals_{app}");
                let mut conn = session::create(server, &name).await;
                conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(ddl.clone()))).await.unwrap();
                let schema = server::read(&mut conn, server.engine(), &[]).await.unwrap();
                let size = TableScale { rows: 100_000, ..TableScale::default() };
                let tables = schema.tables.iter().map(|table| (table.name.clone(), size.clone())).collect();
                let scale = Scale { name: "corpus".into(), tables, ..Scale::default() };
                let mut library = Library::open(server, &name, &ddl, scale).await;
                for Statement { name, sql, .. } in statements.iter().filter(|statement| statement.schema == app) {
                    let plain = explain::explain(&mut library.conn, server.engine(), sql, JsonVersion::One).await;
                    let plain = plain.unwrap_or_else(|error| panic!("{} {name}: {error}", server.engine()));
                    let found = library.plan(sql).await;
                    let shown = format!("{found:?}");
                    assert!(!shown.contains("aura_db_copy"), "{} {name}: {shown}", server.engine());
                    assert!(found.accesses().len() >= plain.accesses().len(), "{} {name}: {shown}", server.engine());
                }
            });
        }
    }
}

#[test]
fn now_is_the_newest_moment_of_the_profile() {
    for server in servers::both() {
        block_on(async {
            let mut library = Library::open(server, "literals_clock", SCHEMA, scale_until("2021-06-30 12:00:00")).await;
            let schema = server::read(&mut library.conn, server.engine(), &[]).await.unwrap();
            stats::set_clock(&mut library.conn, &schema, &scale_until("2021-06-30 12:00:00")).await.unwrap();
            let lately = "SELECT * FROM loan WHERE lent_at > NOW() - INTERVAL 2 HOUR";
            let found = library.first(lately).await;
            assert!(near(&found, 153.0), "{}: {found:?}", server.engine());
        });
    }
}

/// The profile with loans until that moment.
fn scale_until(moment: &str) -> Scale {
    let mut scale = scale();
    let loans = scale.tables.get_mut("loan").unwrap();
    loans.columns.get_mut("lent_at").unwrap().max = Some(Value::Text(moment.to_owned()));
    scale
}

#[test]
fn mysql_takes_a_histogram_for_each_kind_of_column_without_an_index() {
    const DDL: &str = "CREATE TABLE visit (id INT PRIMARY KEY, n INT, u SMALLINT UNSIGNED, big BIGINT UNSIGNED, d DECIMAL(8,2), day DATE, \
         at DATETIME, ts TIMESTAMP NULL, word VARCHAR(9), indexed INT, KEY idx_indexed (indexed))";
    let column = |min: Value, max: Value| ColumnScale {
        distinct: Some(500),
        null_fraction: 0.2,
        min: Some(min),
        max: Some(max),
        ..ColumnScale::default()
    };
    let text = |text: &str| Value::Text(text.to_owned());
    let mut n = column(Value::Int(-10), Value::Int(1000));
    n.hot = vec![HotValue { value: Value::Int(7), fraction: 0.5 }];
    let columns = [
        ("n", n),
        ("u", column(Value::Int(0), Value::Int(600))),
        ("big", column(Value::Int(0), Value::Int(600))),
        ("d", column(Value::Int(0), Value::Float(99.5))),
        ("day", column(text("2024-01-01"), text("2025-12-31"))),
        ("at", column(text("2024-01-01"), text("2025-12-31 12:00:00"))),
        ("ts", column(text("2024-01-01"), text("2025-12-31 12:00:00"))),
        ("word", column(text("a"), text("z"))),
        ("indexed", column(Value::Int(1), Value::Int(600))),
    ];
    let columns = columns.into_iter().map(|(name, known)| (name.to_owned(), known)).collect();
    let tables = [("visit".to_owned(), TableScale { rows: 100_000, columns, ..TableScale::default() })].into();
    let scale = Scale { name: "visits".into(), tables, ..Scale::default() };
    block_on(async {
        let mut library = Library::open(servers::mysql(), "literals_histograms", DDL, scale).await;
        let sql =
            "SELECT column_name FROM information_schema.column_statistics WHERE schema_name = DATABASE() ORDER BY 1";
        let rows = library.conn.fetch_all(sql).await.unwrap();
        let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(found, ["at", "big", "d", "day", "n", "ts", "u"]);
        for (sql, kept) in [
            ("SELECT * FROM visit WHERE n = 7", 50.0),
            ("SELECT * FROM visit WHERE n IS NULL", 20.0),
            ("SELECT * FROM visit WHERE day < '2024-07-01'", 20.0),
            ("SELECT * FROM visit WHERE at > '2025-07-01'", 20.0),
            ("SELECT * FROM visit WHERE d BETWEEN 0 AND 49.75", 40.0),
        ] {
            let found = library.first(sql).await;
            let filtered = found.filtered.unwrap();
            assert!((filtered - kept).abs() < 2.0, "{sql}: {found:?}");
        }
    });
}
