//! `SQLite` in memory with the migrations replayed and a scale profile injected.

use super::{Connections, Planner, PlannerError, size};
use crate::engine::explain::JsonVersion;
use crate::engine::{EngineError, explain, explain_embedded, ledger, schema, stats};
use crate::explain::{sqlite, sqlite_estimate, sqlite_extreme};
use crate::model::engine::{Engine, EngineKind};
use crate::model::location::Location;
use crate::model::migration::Statement;
use crate::model::plan::Plan;
use crate::model::report::Statistics;
use crate::model::scale::Scale;
use crate::sql::parse::parse_statement;
use crate::sql::shape::shape;
use crate::sql::translate::to_sqlite;
#[expect(clippy::disallowed_types, reason = "translated migrations and definitions that the engine itself gave")]
use sqlx::AssertSqlSafe;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions, Executor, Row, SqlitePool};
use std::path::Path;

impl Planner {
    /// Replays these statements in memory and injects the scale. What has no equivalent in `SQLite`, or does not run
    /// there, is kept with its file and line, and the rest goes on.
    ///
    /// # Errors
    /// When the database in memory or its statistics cannot be made.
    pub async fn embedded(statements: &[&Statement], scale: &Scale) -> Result<Self, PlannerError> {
        let pool = memory().await?;
        let mut untranslated = Vec::new();
        for statement in statements {
            if let Err(reason) = replay(&pool, &statement.sql).await {
                untranslated.push((statement.at.clone(), reason));
            }
        }
        finish(pool, "embedded".into(), scale, untranslated).await
    }

    /// Copies the schema of an embedded database into memory and injects the scale; the file is only read.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn embedded_copy(file: &Path, scale: &Scale) -> Result<Self, PlannerError> {
        let mut source = SqliteConnectOptions::new().filename(file).read_only(true).connect().await?;
        let rows = sqlx::query(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
             ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END",
        )
        .fetch_all(&mut source)
        .await?;
        let pool = memory().await?;
        for row in rows {
            run(&pool, row.try_get("sql")?).await?;
        }
        finish(pool, format!("a copy in memory of {}", file.display()), scale, Vec::new()).await
    }
}

/// Runs one statement of a migration; the error is the reason, in words.
async fn replay(pool: &SqlitePool, sql: &str) -> Result<(), String> {
    for statement in to_sqlite(sql).map_err(|error| error.message)?.statements {
        run(pool, statement).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// One connection, kept for good: the database and its statistics live and die with it.
async fn memory() -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new().in_memory(true).disable_statement_logging();
    SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await
}

async fn run(pool: &SqlitePool, sql: String) -> Result<(), EngineError> {
    let statement = AssertSqlSafe(sql);
    pool.execute(sqlx::raw_sql(statement)).await?;
    Ok(())
}

async fn finish(
    pool: SqlitePool,
    place: String,
    scale: &Scale,
    untranslated: Vec<(Location, String)>,
) -> Result<Planner, PlannerError> {
    let mut connection = pool.acquire().await?;
    let mut schema = schema::sqlite::read(&mut connection, &ledger::DEFAULT_TABLES).await?;
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut *connection).await?;
    drop(connection);
    stats::sqlite::inject(&pool, &schema, scale).await?;
    let notes = size(&mut schema, scale);
    Ok(Planner {
        engine: Engine { kind: EngineKind::Embedded, version },
        place,
        statistics: Statistics::Injected { scale: scale.name.clone() },
        schema,
        notes,
        untranslated,
        concurrency: 1,
        version: JsonVersion::One,
        connections: Connections::Embedded(pool, Box::new(scale.clone())),
    })
}

pub(super) async fn explain(
    planner: &Planner,
    pool: &SqlitePool,
    scale: &Scale,
    sql: &str,
) -> Result<Plan, EngineError> {
    explain::check(sql)?;
    let translation = to_sqlite(sql).map_err(|error| EngineError::Untranslatable(error.message))?;
    let [statement] = translation.statements.as_slice() else {
        return Err(EngineError::Untranslatable("it becomes several statements on the embedded engine".into()));
    };
    let plan = sqlite::read(&explain_embedded::explain_sqlite(pool, statement).await?);
    // A plan speaks of aliases, the sizes are the tables'.
    let parsed = parse_statement(sql).ok();
    let facts = parsed.as_ref().map(|statement| shape(statement, &planner.schema));
    let table_of = |alias: &str| -> Option<String> {
        let places = facts.as_ref().map(|facts| facts.sources(alias)).unwrap_or_default();
        places
            .iter()
            .find_map(|(_, block, at)| block.sources[*at].table().map(str::to_owned))
            .or_else(|| planner.schema.table(alias).map(|table| table.name.clone()))
    };
    let plan = match &parsed {
        Some(statement) => sqlite_extreme::settled(plan, statement, &planner.schema, &table_of),
        None => plan,
    };
    let mut plan = sqlite_estimate::with_estimates(plan, &planner.schema, &table_of);
    stats::fill_in(&mut plan, sql, &planner.schema, scale);
    Ok(plan)
}
