//! How true plans on injected statistics are: the same queries on a server that really holds the rows, made from the same
//! scale profile, and on the sandbox.
//!
//! An ordinary run loads the small profiles. `AURA_DB_FIDELITY=FILE` loads the large ones (a million rows in the largest
//! table) and writes the report there (see `scripts/fidelity`); `AURA_DB_FIDELITY_SIZE=small` stays with the small ones.
//! `AURA_DB_FIDELITY_HISTOGRAMS=no` gives the loaded MySQL no histograms.

mod compare;
mod report;
mod rows;

use aura_db::engine::explain::{self, JsonVersion};
use aura_db::engine::planner::Planner;
use aura_db::engine::sandbox::{Options, Sandbox, ServerKind};
use aura_db::engine::schema::server;
use aura_db::model::migration::{Migration, Statement};
use aura_db::model::scale::Scale;
use aura_db::source::{migrations, scale};
use compare::Outcome;
use report::Run;
use serde::Deserialize;
use sqlx::{ConnectOptions as _, Executor as _, MySqlConnection};
use std::path::{Path, PathBuf};

/// Plans have to agree on so many of the queries, and estimates to be within [`FACTOR`].
const AGREEMENT: f64 = 0.95;
/// How far an estimate may be from the loaded server's.
const FACTOR: f64 = 1.5;

/// One app: its migrations, its profiles and its queries.
struct App {
    name: &'static str,
    migrations: &'static str,
    small: &'static str,
    large: &'static str,
    queries: &'static str,
}

const APPS: [App; 2] = [
    App {
        name: "community",
        migrations: "migrations",
        small: "profiles/scale/low.yaml",
        large: "profiles/scale/medium.yaml",
        queries: "tests/fixtures/fidelity/community.yaml",
    },
    App {
        name: "metering",
        migrations: "tests/fixtures/fidelity/metering/migrations",
        small: "tests/fixtures/fidelity/metering/small.yaml",
        large: "tests/fixtures/fidelity/metering/large.yaml",
        queries: "tests/fixtures/fidelity/metering.yaml",
    },
];

#[derive(Debug, Deserialize)]
struct Question {
    name: String,
    shape: String,
    sql: String,
}

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

async fn run(conn: &mut MySqlConnection, sql: &str) {
    let safe = sqlx::AssertSqlSafe(sql.to_owned());
    conn.execute(sqlx::raw_sql(safe)).await.unwrap_or_else(|error| panic!("{error}, of: {sql}"));
}

/// A session of a server that holds the rows, analysed.
async fn loaded(server: &Sandbox, statements: &[&Statement], scale: &Scale) -> MySqlConnection {
    let mut conn = server.connect_options().connect().await.unwrap();
    let engine = server.engine().clone();
    run(&mut conn, "CREATE DATABASE loaded CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; USE loaded").await;
    for statement in statements {
        run(&mut conn, &statement.sql).await;
    }
    let schema = server::read(&mut conn, &engine, &[]).await.unwrap();
    run(&mut conn, "CREATE DATABASE source; USE source").await;
    for statement in rows::numbers(scale.tables.values().map(|table| table.rows).max().unwrap_or(1)) {
        run(&mut conn, &statement).await;
    }
    run(&mut conn, "USE loaded; SET foreign_key_checks = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO'").await;
    for table in &schema.tables {
        run(&mut conn, &format!("DELETE FROM `{}`", table.name)).await;
    }
    for statement in rows::fill(&schema, scale, "source.numbers") {
        run(&mut conn, &statement).await;
    }
    let histograms = server.engine().kind == aura_db::model::engine::EngineKind::Mysql
        && std::env::var("AURA_DB_FIDELITY_HISTOGRAMS").as_deref() != Ok("no");
    for table in &schema.tables {
        let how =
            if server.engine().kind == aura_db::model::engine::EngineKind::Mariadb { "PERSISTENT FOR ALL" } else { "" };
        run(&mut conn, &format!("ANALYZE TABLE `{}` {how}", table.name)).await;
        let unindexed = |column: &&String| {
            let parts = table.indexes.iter().flat_map(|index| &index.parts);
            !parts.filter_map(|part| part.column.as_ref()).any(|name| name == *column)
        };
        let described = scale.tables.get(&table.name).map(|table| table.columns.keys().filter(unindexed));
        let columns: Vec<String> = described.into_iter().flatten().map(|name| format!("`{name}`")).collect();
        if histograms && !columns.is_empty() {
            let columns = columns.join(", ");
            run(&mut conn, &format!("ANALYZE TABLE `{}` UPDATE HISTOGRAM ON {columns} WITH 100 BUCKETS", table.name))
                .await;
        }
    }
    run(&mut conn, "DROP DATABASE source").await;
    explain::prepare_session(&mut conn, &engine, JsonVersion::One).await.unwrap();
    conn
}

async fn outcomes(app: &App, kind: ServerKind, large: bool) -> Run {
    let scale = scale::load(&at(if large { app.large } else { app.small })).unwrap();
    let migrations: Vec<Migration> = migrations::load(&at(app.migrations)).unwrap();
    let statements: Vec<&Statement> = migrations.iter().flat_map(|migration| &migration.up.statements).collect();
    let text = std::fs::read_to_string(at(app.queries)).unwrap();
    let questions: Vec<Question> = serde_saphyr::from_str(&text).unwrap();

    // A production server has its working set in memory.
    let server = Sandbox::start(&Options { buffer_pool: 1536, ..Options::new(kind) }).await.unwrap();
    let mut conn = loaded(&server, &statements, &scale).await;
    let planner = Planner::sandbox(kind, &statements, &scale, JsonVersion::One, 1).await.unwrap();
    let mut outcomes = Vec::new();
    for question in &questions {
        let real = explain::explain(&mut conn, server.engine(), &question.sql, JsonVersion::One).await;
        let real = real.unwrap_or_else(|error| panic!("{}: {error}", question.name));
        let ours = planner.explain(&question.sql).await.unwrap_or_else(|error| panic!("{}: {error}", question.name));
        outcomes.push(Outcome::new(&question.name, &question.shape, &real, &ours, &compare::same(&planner.schema)));
    }
    let rows = scale.tables.values().map(|table| table.rows).sum();
    Run { app: app.name, engine: server.engine().to_string(), rows, outcomes }
}

fn agree(kind: ServerKind) {
    let file = std::env::var("AURA_DB_FIDELITY").ok().filter(|file| !file.is_empty());
    let large = file.is_some() && std::env::var("AURA_DB_FIDELITY_SIZE").is_ok_and(|size| size != "small");
    let runs: Vec<Run> = APPS.iter().map(|app| crate::servers::block_on(outcomes(app, kind, large))).collect();
    let text = report::markdown(&runs, FACTOR);
    if let Some(file) = file {
        let suffix = if kind == ServerKind::Mysql { "mysql" } else { "mariadb" };
        std::fs::write(format!("{file}.{suffix}"), &text).unwrap();
    }
    for run in &runs {
        let agreed = run.outcomes.iter().filter(|outcome| outcome.agrees).count() as f64;
        assert!(agreed >= AGREEMENT * run.outcomes.len() as f64, "{text}");
        let near = run.outcomes.iter().filter(|outcome| outcome.is_hit(FACTOR)).count() as f64;
        assert!(near >= AGREEMENT * run.outcomes.len() as f64, "{text}");
    }
}

#[test]
fn plans_without_rows_are_those_with_rows_on_mysql() {
    agree(ServerKind::Mysql);
}

#[test]
fn plans_without_rows_are_those_with_rows_on_mariadb() {
    agree(ServerKind::Mariadb);
}
