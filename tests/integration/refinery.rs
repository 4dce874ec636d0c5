//! Taking turns with refinery: what either tool writes, the other reads, checks and goes on with.

use crate::binary::AuraDb;
use crate::project::Project;
use crate::servers::{Server, block_on, both};
use refinery_core::traits::r#async::{AsyncMigrate, AsyncQuery, AsyncTransaction};
use refinery_core::{Migration, Runner, SchemaVersion, Target, load_sql_migrations};
use sqlx::{Connection, Database, Executor, Row};
use std::path::Path;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// refinery over sqlx's connection, as its own drivers do it: one transaction for each migration and its row.
struct Refinery<'a, C>(&'a mut C);

impl<C, D> AsyncTransaction for Refinery<'_, C>
where
    D: Database,
    C: Connection<Database = D> + Send,
    for<'c> &'c mut C: Executor<'c, Database = D>,
{
    type Error = sqlx::Error;

    async fn execute<'a, T: Iterator<Item = &'a str> + Send + 'a>(
        &'a mut self,
        queries: T,
    ) -> Result<usize, sqlx::Error> {
        (&mut *self.0).execute(sqlx::raw_sql("BEGIN")).await?;
        let mut count = 0;
        for query in queries {
            (&mut *self.0).execute(sqlx::raw_sql(sqlx::AssertSqlSafe(query.to_owned()))).await?;
            count += 1;
        }
        (&mut *self.0).execute(sqlx::raw_sql("COMMIT")).await?;
        Ok(count)
    }
}

impl<C, D> AsyncQuery<Vec<Migration>> for Refinery<'_, C>
where
    D: Database,
    C: Connection<Database = D> + Send,
    for<'c> &'c mut C: Executor<'c, Database = D>,
    usize: sqlx::ColumnIndex<D::Row>,
    for<'r> i32: sqlx::Decode<'r, D> + sqlx::Type<D>,
    for<'r> String: sqlx::Decode<'r, D> + sqlx::Type<D>,
{
    async fn query<'a>(&'a mut self, query: &'a str) -> Result<Vec<Migration>, sqlx::Error> {
        let rows = (&mut *self.0).fetch_all(sqlx::raw_sql(sqlx::AssertSqlSafe(query.to_owned()))).await?;
        // As strict as refinery's own drivers, which panic here too.
        let applied = |row: &D::Row| {
            let applied_on = OffsetDateTime::parse(&row.get::<String, _>(2), &Rfc3339).unwrap();
            let checksum = row.get::<String, _>(3).parse().expect("checksum must be a valid u64");
            Migration::applied(row.get::<SchemaVersion, _>(0), row.get(1), applied_on, checksum)
        };
        Ok(rows.iter().map(applied).collect())
    }
}

impl<C, D> AsyncMigrate for Refinery<'_, C>
where
    D: Database,
    C: Connection<Database = D> + Send,
    for<'c> &'c mut C: Executor<'c, Database = D>,
    usize: sqlx::ColumnIndex<D::Row>,
    for<'r> i32: sqlx::Decode<'r, D> + sqlx::Type<D>,
    for<'r> String: sqlx::Decode<'r, D> + sqlx::Type<D>,
{
}

/// Runs refinery up to a version, aborting on whatever diverges or is missing; gives what it applied.
async fn refinery<C: Send>(connection: &mut C, folder: &Path, to: i32) -> Result<Vec<String>, refinery_core::Error>
where
    for<'c> Refinery<'c, C>: AsyncMigrate,
{
    let migrations = load_sql_migrations(folder)?;
    let runner = Runner::new(&migrations).set_abort_divergent(true).set_abort_missing(true);
    let report = runner.set_target(Target::Version(to)).run_async(&mut Refinery(connection)).await?;
    Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
}

fn refinery_runs(project: &Project, to: i32) -> Result<Vec<String>, refinery_core::Error> {
    let mut connection = project.database.connect();
    block_on(refinery(&mut connection, &project.path("migrations"), to))
}

/// A file and the checksum that a `refinery_cli` built with `int8-versions` recorded for it.
const WIDE_TEXT: &str = "CREATE TABLE t0001 (id INT PRIMARY KEY)";
const WIDE_CHECKSUM: &str = "9908666186697201360";
/// Of `printf 'CREATE TABLE a\n (id INT)' | sha384sum`.
const WITHOUT_CR: &str = "E37FA4560BE93307";

const FILES: [(&str, &str); 4] = [
    ("V1__create_users.sql", "CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(20));\n"),
    (
        "sub/V2__Größe_und_mehr.sql",
        "ALTER TABLE users ADD COLUMN size INT;\r\nINSERT INTO users VALUES (1, 'ü', 3);\r\n",
    ),
    ("V003__index_users_name.sql", "-- by name\nCREATE INDEX by_name ON users (name);"),
    ("V10__orders.sql", "CREATE TABLE orders (id INT PRIMARY KEY, user_id INT);"),
];

fn project(server: &'static Server, name: &str) -> Project {
    let project = Project::new(server, name);
    for (file, text) in FILES {
        project.file(&format!("migrations/{file}"), text);
    }
    project
}

fn versions(project: &Project) -> Vec<String> {
    project.database.column("SELECT version FROM refinery_schema_history ORDER BY version")
}

#[test]
fn the_two_take_turns() {
    for server in both() {
        let project = project(server, "refinery_turns");
        let first = project.run("migrate --to 1").exits(0);
        assert!(first.stderr.contains("ledger: refinery_schema_history (refinery's format)"), "{}", first.stderr);
        assert_eq!(refinery_runs(&project, 3).unwrap(), ["V2__Größe_und_mehr", "V3__index_users_name"]);
        project.run("status --check").exits(1);
        assert_eq!(project.states(), ["1 applied", "2 applied", "3 applied", "10 pending"], "{}", server.engine());
        project.run("migrate").exits(0);
        assert_eq!(refinery_runs(&project, 99).unwrap(), [""; 0], "{}", server.engine());
        assert_eq!(versions(&project), ["1", "2", "3", "10"]);
        assert_eq!(project.tables(), ["orders", "refinery_schema_history", "users"]);
        let nothing = project.run("migrate").exits(0);
        assert_eq!(nothing.stdout, "");
        assert!(nothing.stderr.contains("nothing to do"), "{}", nothing.stderr);
    }
}

#[test]
fn table_and_rows_are_what_refinery_would_write() {
    for server in both() {
        let (ours, theirs) = (project(server, "refinery_rows"), project(server, "refinery_rows"));
        ours.run("migrate").exits(0);
        refinery_runs(&theirs, 99).unwrap();
        let table = |project: &Project| project.database.rows("SHOW CREATE TABLE refinery_schema_history");
        assert_eq!(table(&ours), table(&theirs), "{}", server.engine());
        let rows = |project: &Project| {
            project.database.rows("SELECT version, name, checksum FROM refinery_schema_history ORDER BY version")
        };
        assert_eq!(rows(&ours), rows(&theirs), "{}", server.engine());
        for time in ours.database.column("SELECT applied_on FROM refinery_schema_history") {
            let age = OffsetDateTime::now_utc() - OffsetDateTime::parse(&time, &Rfc3339).unwrap();
            assert!(time.ends_with('Z') && (0..600).contains(&age.whole_seconds()), "{time}");
        }
        assert_eq!(ours.fingerprint(), theirs.fingerprint(), "{}", server.engine());
    }
}

#[test]
fn what_was_edited_renamed_or_lost_is_refused_by_name() {
    for server in both() {
        let project = project(server, "refinery_edited");
        refinery_runs(&project, 10).unwrap();
        let unix = FILES[1].1.replace("\r\n", "\n");
        project.file(&format!("migrations/{}", FILES[1].0), unix);
        project.run("status --check").exits(0);
        project.file("migrations/V1__create_users.sql", "CREATE TABLE users (id BIGINT PRIMARY KEY);\n");
        std::fs::rename(
            project.path("migrations/V003__index_users_name.sql"),
            project.path("migrations/V3__other.sql"),
        )
        .unwrap();
        std::fs::remove_file(project.path("migrations/V10__orders.sql")).unwrap();
        let before = project.contents();
        let refused = project.run("migrate").exits(4);
        for expected in [
            "V1__create_users.sql: edited",
            "V3__other.sql: renamed: version 3 was applied under the name `index_users_name`",
            "migration 10 (orders) is applied but its file is missing",
        ] {
            assert!(refused.stderr.contains(expected), "{expected} not in:\n{}", refused.stderr);
        }
        assert_eq!(project.contents(), before, "{}", server.engine());
    }
}

#[test]
fn an_older_v_file_is_refused_and_a_u_file_runs_whenever_it_comes() {
    for server in both() {
        let project = project(server, "refinery_order");
        project.run("migrate").exits(0);
        project.file("migrations/U4__late.sql", "CREATE TABLE late (id INT);");
        project.run("migrate").exits(0);
        project.file("migrations/V5__too_late.sql", "CREATE TABLE too_late (id INT);");
        let refused = project.run("migrate").exits(4);
        assert!(refused.stderr.contains("V5__too_late.sql: out of order"), "{}", refused.stderr);
        assert!(refinery_runs(&project, 99).unwrap_err().to_string().contains("missing from the filesystem"));
        project.run("migrate --allow-out-of-order").exits(0);
        assert_eq!(versions(&project), ["1", "2", "3", "4", "5", "10"], "{}", server.engine());
        assert_eq!(refinery_runs(&project, 99).unwrap(), [""; 0]);
    }
}

#[test]
fn a_set_may_be_left_for_later_when_that_is_said() {
    for server in both() {
        let project = project(server, "refinery_sets");
        project.run("apply schema").exits(0);
        assert_eq!(versions(&project), ["1", "2", "10"], "{}", server.engine());
        let refused = project.run("apply indexes").exits(4);
        assert!(refused.stderr.contains("V003__index_users_name.sql: out of order"), "{}", refused.stderr);
        project.run("apply indexes --allow-out-of-order").exits(0);
        assert_eq!(refinery_runs(&project, 99).unwrap(), [""; 0], "{}", server.engine());
    }
}

#[test]
fn what_has_a_down_file_can_be_taken_back_and_refinery_does_not_see_it() {
    for server in both() {
        let project = project(server, "refinery_down");
        project.run("migrate").exits(0);
        let refused = project.run("rollback").exits(4);
        assert!(
            refused.stderr.contains("write ") && refused.stderr.contains("V10__orders.down.sql"),
            "{}",
            refused.stderr
        );
        project.file("migrations/V10__orders.down.sql", "DROP TABLE orders;");
        assert_eq!(refinery_runs(&project, 99).unwrap(), [""; 0]);
        project.run("rollback").exits(0);
        assert_eq!(versions(&project), ["1", "2", "3"], "{}", server.engine());
        assert_eq!(refinery_runs(&project, 99).unwrap(), ["V10__orders"]);
        project.run("status --check").exits(0);
    }
}

#[test]
fn a_history_with_64_bit_versions_is_kept_as_it_is() {
    for server in both() {
        // As a refinery built with int8-versions left it; the checksum is its own.
        let project = Project::new(server, "refinery_wide");
        project.file("migrations/V1__create_t0001.sql", WIDE_TEXT);
        project.database.run(&format!(
            "CREATE TABLE refinery_schema_history(version int8 PRIMARY KEY, name VARCHAR(255), applied_on VARCHAR(255), \
             checksum VARCHAR(255)); {WIDE_TEXT}; INSERT INTO refinery_schema_history VALUES \
             (1, 'create_t0001', '2026-11-22T19:20:56.45970376Z', '{WIDE_CHECKSUM}')"
        ));
        project.run("status --check").exits(0);
        project.file("migrations/V20260105090000__next.sql", "CREATE TABLE next (id INT)");
        let outcome = project.run("migrate").exits(0);
        assert!(outcome.stderr.contains("64-bit versions"), "{}", outcome.stderr);
        assert_eq!(versions(&project), ["1", "20260105090000"], "{}", server.engine());
        let narrow = Project::new(server, "refinery_narrow");
        narrow.file("migrations/V1__a.sql", "CREATE TABLE a (id INT)");
        narrow.run("migrate").exits(0);
        narrow.file("migrations/V20260105090000__next.sql", "CREATE TABLE next (id INT)");
        let refused = narrow.run("migrate").exits(4);
        assert!(refused.stderr.contains("does not fit the ledger refinery_schema_history"), "{}", refused.stderr);
    }
}

#[test]
fn a_migration_that_stopped_half_way_goes_on_there_and_refinery_goes_on_after_it() {
    for server in both() {
        let project = project(server, "refinery_stopped");
        project.run("migrate").exits(0);
        let broken = "ALTER TABLE users DROP COLUMN size;\nINSERT INTO nowhere VALUES (1);\n";
        project.file("migrations/V11__drop_size.sql", broken);
        let stopped = project.run("migrate").exits(4);
        assert!(stopped.stderr.contains("half-applied"), "{}", stopped.stderr);
        assert_eq!(versions(&project), ["1", "2", "3", "10"], "{}", server.engine());
        assert_eq!(project.states()[4], "11 half-applied", "{}", server.engine());
        project.file("migrations/V11__drop_size.sql", broken.replace("nowhere VALUES (1)", "orders VALUES (1, 1)"));
        project.run("migrate").exits(0);
        assert_eq!(versions(&project), ["1", "2", "3", "10", "11"], "{}", server.engine());
        assert_eq!(project.database.value("SELECT COUNT(*) FROM orders").as_deref(), Some("1"));
        assert_eq!(refinery_runs(&project, 99).unwrap(), [""; 0], "{}", server.engine());
        project.run("status --check").exits(0);
    }
}

#[test]
fn two_apps_in_one_database_have_a_ledger_each() {
    for server in both() {
        let project = Project::new(server, "refinery_apps");
        project.file("one/V1__a.sql", "CREATE TABLE a (id INT); CREATE INDEX i ON a (id);");
        project.file("one/V1__a.down.sql", "DROP TABLE a;");
        project.file("two/V1__a.sql", "CREATE TABLE b (id INT); CREATE INDEX i ON b (id);");
        project.run("migrate --migrations one --ledger-table one").exits(0);
        project.run("migrate --migrations two --ledger-table two").exits(0);
        project.run("rollback --migrations one --ledger-table one").exits(0);
        project.run("status --check --migrations two --ledger-table two").exits(0);
        project.run("migrate --migrations one --ledger-table one").exits(0);
        project.run("status --check --migrations two --ledger-table two").exits(0);
        assert_eq!(project.tables(), ["a", "b", "one", "two"], "{}", server.engine());
    }
}

#[test]
fn ledgers_are_never_mixed_by_accident() {
    for server in both() {
        let project = Project::new(server, "refinery_mixed");
        project.up(1, "CREATE TABLE a (id INT)");
        project.run("migrate").exits(0);
        std::fs::remove_file(project.path("migrations/1_step.up.sql")).unwrap();
        project.file("migrations/V1__a.sql", "CREATE TABLE a (id INT)");
        let before = project.contents();
        for verb in ["migrate", "status", "rollback"] {
            let refused = project.run(verb).exits(4);
            assert!(refused.stderr.contains("_sqlx_migrations is sqlx's"), "{verb}: {}", refused.stderr);
        }
        assert_eq!(project.contents(), before, "{}", server.engine());
        project.file("migrations/V1__a.sql", "CREATE TABLE b (id INT)");
        let outcome = project.run("migrate --ledger refinery").exits(0);
        assert!(outcome.stderr.contains("the database has _sqlx_migrations"), "{}", outcome.stderr);
        let both = project.run("status").exits(4);
        assert!(both.stderr.contains("two ledgers") && both.stderr.contains("--ledger sqlx"), "{}", both.stderr);
        project.run("status --check --ledger refinery").exits(0);
        project.up(1, "CREATE TABLE a (id INT)");
        let mixed = project.run("status").exits(3);
        assert!(mixed.stderr.contains("the folder mixes sqlx's names"), "{}", mixed.stderr);
        project.run("status --check --ledger sqlx").exits(0);
        project.run("status --check --ledger refinery").exits(0);
    }
}

#[test]
fn the_table_may_have_another_name() {
    for server in both() {
        let project = project(server, "refinery_table");
        project.run("migrate --ledger-table history").exits(0);
        assert_eq!(project.tables(), ["history", "orders", "users"], "{}", server.engine());
        project.run("status --check --ledger-table history").exits(0);
        project.database.run("RENAME TABLE history TO refinery_schema_history");
        let refused = project.run("migrate --ledger-table history").exits(4);
        assert!(refused.stderr.contains("4 of these migrations are recorded in"), "{}", refused.stderr);
        project.database.run("RENAME TABLE refinery_schema_history TO history");
        project.file("migrations/V11__x.sql", "DROP TABLE history");
        let refused = project.run("migrate --ledger-table history").exits(3);
        assert!(refused.stderr.contains("V11__x.sql:1:1: a migration may not touch the ledger"), "{}", refused.stderr);
        let usage = project.run("migrate --ledger-table other.history").exits(2);
        assert!(usage.stderr.contains("another database"), "{}", usage.stderr);
    }
}

#[test]
fn sqlx_toml_says_where_sqlxs_migrations_are() {
    for server in both() {
        let project = Project::new(server, "sqlx_toml");
        project.file(
            "sqlx.toml",
            "[common]\ndatabase-url-var = \"X\"\n[migrate]\ntable-name = \"history\"\nmigrations-dir = \"db\"\n\
             ignored-chars = [\"\\r\"]\n",
        );
        project.file("db/1_a.sql", "CREATE TABLE a\r\n (id INT)");
        let outcome = project.run("migrate").exits(0);
        assert!(outcome.stderr.contains("migrations: db, as sqlx.toml says"), "{}", outcome.stderr);
        assert_eq!(project.tables(), ["a", "history"], "{}", server.engine());
        let checksum = project.database.value("SELECT LEFT(HEX(checksum), 16) FROM history");
        assert_eq!(checksum.as_deref(), Some(WITHOUT_CR), "{}", server.engine());
        project.file("db/1_a.sql", "CREATE TABLE\r a\n (id INT)");
        project.run("status --check").exits(0);
        let elsewhere = project.run("status --migrations ./migrations").exits(4);
        assert!(elsewhere.stdout.contains("its file is missing"), "{}", elsewhere.stdout);
    }
}

#[test]
fn new_files_go_on_as_the_folder_began() {
    let project = project(crate::servers::mysql(), "refinery_new");
    let made = project.run("new add_emails").exits(0).stdout;
    assert_eq!(made, "migrations/V11__add_emails.sql\nmigrations/V11__add_emails.down.sql\n");
    let refused = project.run("migrate").exits(3);
    assert!(refused.stderr.contains("V11__add_emails.sql: the file has no statement"), "{}", refused.stderr);
}

#[test]
fn the_embedded_engine_has_refinerys_ledger_too() {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in FILES {
        let path = folder.path().join("migrations").join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let run = |line: &str| AuraDb::new(line.split_whitespace()).at(folder.path()).run();
    run("migrate --to 2").exits(0);
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("aura-db.sqlite3"));
    block_on(async {
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        let migrations = folder.path().join("migrations");
        assert_eq!(refinery(&mut connection, &migrations, 3).await.unwrap(), ["V3__index_users_name"]);
        connection.close().await.unwrap();
    });
    run("migrate").exits(0);
    block_on(async {
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        let migrations = folder.path().join("migrations");
        assert_eq!(refinery(&mut connection, &migrations, 99).await.unwrap(), [""; 0]);
        connection.close().await.unwrap();
    });
    run("status --check").exits(0);
}
