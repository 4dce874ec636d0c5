//! Makes the seeds of the target `explain`: answers of a private MySQL and MariaDB and of the embedded engine, of which one
//! of each form is kept. Run by `scripts/fuzz seeds`.

use aura_db::engine::sandbox::{Options, Sandbox, ServerKind};
use aura_db::model::engine::EngineKind;
use aura_db::source::{migrations, workload};
use aura_db::sql::{lex, placeholder, translate};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, MySqlPool, Row, SqliteConnection};
use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};

/// The most bytes of a seed.
const MOST: usize = 6 << 10;

/// A schema with statements on it.
struct Subject {
    name: String,
    schema: Vec<String>,
    queries: Vec<String>,
}

/// Keeps one answer of each form.
struct Keeper {
    folder: PathBuf,
    forms: BTreeSet<String>,
    kept: usize,
    seen: usize,
}

impl Keeper {
    fn offer(&mut self, reader: &str, sql: &str, answer: &str, form: String) -> std::io::Result<()> {
        self.seen += 1;
        let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
        let seed = format!("-- {sql}\n{answer}");
        if seed.len() > MOST || !self.forms.insert(format!("{reader} {form}")) {
            return Ok(());
        }
        self.kept += 1;
        std::fs::write(self.folder.join(format!("{reader}-{:03}", self.forms.len())), seed)
    }

    fn offer_json(&mut self, reader: &str, sql: &str, answer: &str) -> Result<(), Box<dyn Error>> {
        let value: Value = serde_json::from_str(answer)?;
        let mut form = String::new();
        outline(&value, &mut form);
        Ok(self.offer(reader, sql, &value.to_string(), form)?)
    }
}

/// The keys of an answer, and the values that say how something is done.
fn outline(value: &Value, form: &mut String) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                form.push_str(key);
                match value {
                    Value::String(word) if ["access_type", "message", "join_algorithm"].contains(&key.as_str()) => {
                        form.push_str(word);
                    }
                    _ => {}
                }
                form.push('(');
                outline(value, form);
                form.push(')');
            }
        }
        Value::Array(items) => items.iter().for_each(|item| outline(item, form)),
        Value::String(_) => form.push('s'),
        Value::Number(_) => form.push('n'),
        Value::Bool(_) | Value::Null => form.push('b'),
    }
}

fn statements(text: &str) -> Result<Vec<String>, Box<dyn Error>> {
    Ok(lex::split(text)?.into_iter().map(|piece| piece.sql.to_owned()).collect())
}

fn subjects(root: &Path) -> Result<Vec<Subject>, Box<dyn Error>> {
    let mut subjects = Vec::new();
    let own = std::fs::read_to_string(root.join("fuzz/queries/shop.sql"))?;
    let (schema, queries) = own.split_once("-- queries").ok_or("no line `-- queries`")?;
    subjects.push(Subject { name: "seeds_shop".into(), schema: statements(schema)?, queries: statements(queries)? });
    let fixtures = root.join("tests/fixtures/explain");
    let listed: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(fixtures.join("statements.json"))?)?;
    for entry in std::fs::read_dir(fixtures.join("schema"))? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        let of = listed.iter().filter(|one| one["schema"] == stem.as_str());
        let queries = of.filter_map(|one| one["sql"].as_str().map(str::to_owned)).collect();
        let schema = statements(&std::fs::read_to_string(&path)?)?;
        subjects.push(Subject { name: format!("seeds_{stem}"), schema, queries });
    }
    for (name, migrations, workload) in [
        ("seeds_aura", "migrations", "profiles/workload"),
        ("seeds_other", "tests/fixtures/apps/shop/migrations", "tests/fixtures/apps/shop/workload.yaml"),
    ] {
        let migrations = migrations::load(&root.join(migrations)).map_err(|errors| errors[0].message.clone())?;
        let catalogue = workload::load(&[root.join(workload)]).map_err(|errors| errors[0].message.clone())?;
        let schema = migrations.iter().flat_map(|one| &one.up.statements).map(|one| one.sql.clone()).collect();
        let queries = catalogue
            .iter()
            .flat_map(|query| query.samples.iter().map(move |sample| (query, sample)))
            .filter_map(|(query, sample)| placeholder::bind(&query.sql, &sample.params).ok())
            .collect();
        subjects.push(Subject { name: name.into(), schema, queries });
    }
    Ok(subjects)
}

async fn run(connection: &mut MySqlConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop)
}

async fn server(
    kind: ServerKind,
    subject: &Subject,
    pool: &MySqlPool,
    keeper: &mut Keeper,
) -> Result<(), Box<dyn Error>> {
    let mut connection = pool.acquire().await?;
    run(&mut connection, format!("CREATE DATABASE {0}; USE {0}", subject.name)).await?;
    for sql in &subject.schema {
        if let Err(error) = run(&mut connection, sql.clone()).await {
            eprintln!("{}: {error}", subject.name);
        }
    }
    let readers: &[(&str, &str)] = match kind {
        ServerKind::Mysql => {
            &[("mysql1", "SET explain_json_format_version = 1"), ("mysql2", "SET explain_json_format_version = 2")]
        }
        ServerKind::Mariadb => &[("mariadb", "DO 0")],
    };
    for (reader, setting) in readers {
        run(&mut connection, (*setting).to_owned()).await?;
        for sql in &subject.queries {
            let question = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN FORMAT=JSON {sql}")));
            // What only the other server knows is left out.
            let Ok(row) = question.fetch_one(&mut *connection).await else { continue };
            let answer: String = row.try_get_unchecked(0)?;
            keeper.offer_json(reader, sql, &answer)?;
        }
    }
    Ok(())
}

async fn embedded(subject: &Subject, keeper: &mut Keeper) -> Result<(), Box<dyn Error>> {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
    for sql in &subject.schema {
        let Ok(translation) = translate::to_sqlite(sql) else { continue };
        for sql in translation.statements {
            let _ = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await;
        }
    }
    for sql in &subject.queries {
        let Ok(translation) = translate::to_sqlite(sql) else { continue };
        let Some(translated) = translation.statements.first() else { continue };
        let question = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {translated}")));
        let Ok(rows) = question.fetch_all(&mut connection).await else { continue };
        let line = |row: &sqlx::sqlite::SqliteRow| {
            let (id, parent, detail): (i64, i64, String) = (row.get(0), row.get(1), row.get(3));
            format!("{id} {parent} {detail}")
        };
        let answer = rows.iter().map(line).collect::<Vec<_>>().join("\n");
        let form = answer.chars().filter(|c| c.is_ascii_uppercase() || *c == '\n').collect();
        keeper.offer("sqlite", sql, &answer, form)?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = root.join("fuzz/seeds/explain");
    std::fs::create_dir_all(&folder)?;
    let mut keeper = Keeper { folder, forms: BTreeSet::new(), kept: 0, seen: 0 };
    let subjects = subjects(&root)?;
    for kind in [ServerKind::Mysql, ServerKind::Mariadb] {
        let sandbox = Sandbox::start(&Options::new(kind)).await?;
        let pool = sandbox.pool(None, 1);
        for subject in &subjects {
            server(kind, subject, &pool, &mut keeper).await?;
        }
        pool.close().await;
        assert!(matches!(sandbox.engine().kind, EngineKind::Mysql | EngineKind::Mariadb));
    }
    for subject in &subjects {
        embedded(subject, &mut keeper).await?;
    }
    println!("{} answers, {} kept", keeper.seen, keeper.kept);
    Ok(())
}
