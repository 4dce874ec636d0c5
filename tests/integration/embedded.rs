//! The embedded engine: its catalogue is read, statistics are written into it, and its plans follow them.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails

use aura_db::engine::explain_embedded::explain_sqlite;
use aura_db::engine::{schema::sqlite::read, stats::sqlite::inject};
use aura_db::model::plan::{AccessType, Plan};
use aura_db::model::query::Value;
use aura_db::model::scale::{ColumnScale, HotValue, Scale, TableScale};
use aura_db::model::schema::IndexKind;
use aura_db::sql::translate::to_sqlite;
#[expect(clippy::disallowed_types, reason = "the statements are the test's own")]
use sqlx::AssertSqlSafe;
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};

/// A database in memory with one connection, so that it and its statistics last.
pub(crate) async fn memory() -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect("sqlite::memory:")
        .await
        .unwrap()
}

/// Translates and runs each statement.
pub(crate) async fn run(pool: &SqlitePool, statements: &[&str]) {
    for statement in statements {
        let translation = to_sqlite(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
        for sql in translation.statements {
            let done = sqlx::query(AssertSqlSafe(sql.clone())).execute(pool).await;
            done.unwrap_or_else(|error| panic!("{statement}\n{sql}\n{error}"));
        }
    }
}

async fn plan(pool: &SqlitePool, sql: &str) -> Plan {
    let translation = to_sqlite(sql).unwrap();
    aura_db::explain::sqlite::read(&explain_sqlite(pool, &translation.statements[0]).await.unwrap())
}

/// The access type and index of a statement's first table.
async fn access(pool: &SqlitePool, sql: &str) -> (AccessType, Option<String>) {
    let plan = plan(pool, sql).await;
    let first = plan.accesses()[0];
    (first.access_type, first.key.clone())
}

fn scale(table: &str, rows: u64, columns: Vec<(&str, ColumnScale)>) -> Scale {
    let columns = columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect();
    let table_scale = TableScale { rows, columns, ..TableScale::default() };
    Scale { tables: [(table.to_owned(), table_scale)].into(), ..Scale::default() }
}

fn distinct(values: u64) -> ColumnScale {
    ColumnScale { distinct: Some(values), ..ColumnScale::default() }
}

const JOBS: &str = "CREATE TABLE jobs (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    queue VARCHAR(50) NOT NULL,
    state VARCHAR(20) COLLATE utf8mb4_bin NOT NULL DEFAULT 'ready',
    priority INT NOT NULL,
    owner INT NULL,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    KEY by_queue (queue),
    KEY by_state (state, priority DESC),
    KEY by_priority (priority),
    UNIQUE KEY by_owner (owner, created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";

#[tokio::test]
async fn the_catalogue_comes_back_as_it_was_declared() {
    let pool = memory().await;
    run(
        &pool,
        &[
            JOBS,
            "CREATE TABLE runs (job BIGINT UNSIGNED, n INT, label VARCHAR(9), CONSTRAINT pos CHECK (n > 0),
             PRIMARY KEY (job, n), KEY low ((lower(label))),
             CONSTRAINT run_job FOREIGN KEY (job) REFERENCES jobs (id) ON DELETE CASCADE)",
            "CREATE VIEW ready AS SELECT * FROM jobs WHERE state = 'ready'",
            "CREATE TABLE `_sqlx_migrations` (version BIGINT PRIMARY KEY)",
        ],
    )
    .await;
    let schema = read(&mut pool.acquire().await.unwrap(), &["_SQLX_migrations"]).await.unwrap();
    assert_eq!(schema.tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["jobs", "runs"]);
    assert_eq!(schema.routines[0].kind, "view");
    let jobs = schema.table("jobs").unwrap();
    let names: Vec<&str> = jobs.indexes.iter().map(|index| index.name.as_str()).collect();
    assert_eq!(names, ["PRIMARY", "by_owner", "by_priority", "by_queue", "by_state"]);
    assert_eq!(jobs.primary_key().unwrap().parts[0].column.as_deref(), Some("id"));
    assert_eq!(jobs.column("id").unwrap().extra, "auto_increment");
    assert_eq!(jobs.column("queue").unwrap().collation.as_deref(), Some("NOCASE"));
    assert_eq!(jobs.column("state").unwrap().collation, None);
    assert_eq!(jobs.column("state").unwrap().column_type, "varchar(20)");
    assert!(jobs.column("owner").unwrap().nullable);
    assert!(jobs.index("by_state").unwrap().parts[1].descending);
    assert_eq!(jobs.index("by_owner").unwrap().kind, IndexKind::Unique);
    let runs = schema.table("runs").unwrap();
    assert_eq!(runs.primary_key().unwrap().parts.len(), 2);
    assert_eq!(runs.index("low").unwrap().parts[0].expression.as_deref(), Some("lower(label)"));
    assert_eq!(runs.checks, [("pos".to_owned(), "n > 0".to_owned())]);
    assert_eq!((runs.foreign_keys[0].name.as_str(), runs.foreign_keys[0].on_delete.as_str()), ("run_job", "CASCADE"));
}

#[tokio::test]
async fn the_more_selective_index_is_chosen_and_the_choice_turns_with_the_statistics() {
    let pool = memory().await;
    run(&pool, &[JOBS]).await;
    let schema = read(&mut pool.acquire().await.unwrap(), &[]).await.unwrap();
    let sql = "SELECT * FROM jobs WHERE queue = 'mail' AND priority = 3";
    for (queues, priorities, expected) in [(50_000, 5, "by_queue"), (5, 50_000, "by_priority")] {
        let columns = vec![("queue", distinct(queues)), ("priority", distinct(priorities))];
        inject(&pool, &schema, &scale("jobs", 1_000_000, columns)).await.unwrap();
        assert_eq!(access(&pool, sql).await, (AccessType::Ref, Some(expected.to_owned())));
    }
}

#[tokio::test]
async fn a_value_that_most_rows_have_is_not_looked_up_by_its_index() {
    let pool = memory().await;
    run(&pool, &[JOBS]).await;
    let schema = read(&mut pool.acquire().await.unwrap(), &[]).await.unwrap();
    let hot = vec![
        HotValue { value: Value::Text("done".into()), fraction: 0.98 },
        HotValue { value: Value::Text("ready".into()), fraction: 0.001 },
    ];
    let state = ColumnScale { distinct: Some(5), hot, ..ColumnScale::default() };
    inject(&pool, &schema, &scale("jobs", 1_000_000, vec![("state", state)])).await.unwrap();
    let of = |state: &str| format!("SELECT * FROM jobs WHERE state = '{state}'");
    assert_eq!(access(&pool, &of("done")).await, (AccessType::FullScan, None));
    assert_eq!(access(&pool, &of("ready")).await, (AccessType::Ref, Some("by_state".into())));
}

#[tokio::test]
async fn a_wide_range_is_scanned_and_a_narrow_one_is_not() {
    let pool = memory().await;
    run(&pool, &[JOBS]).await;
    let schema = read(&mut pool.acquire().await.unwrap(), &[]).await.unwrap();
    let priority = ColumnScale {
        distinct: Some(10_000),
        min: Some(Value::Int(0)),
        max: Some(Value::Int(9_999)),
        ..ColumnScale::default()
    };
    inject(&pool, &schema, &scale("jobs", 1_000_000, vec![("priority", priority)])).await.unwrap();
    let above = |bound: u32| format!("SELECT * FROM jobs WHERE priority > {bound}");
    assert_eq!(access(&pool, &above(9_900)).await, (AccessType::Range, Some("by_priority".into())));
    assert_eq!(access(&pool, &above(50)).await.0, AccessType::FullScan);
}
