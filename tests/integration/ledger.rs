//! The ledger is sqlx's own: what either tool writes, the other reads.

use crate::project::Project;
use crate::servers::{block_on, both};
use sha2::{Digest, Sha384};
use sqlx::migrate::{Migrate as _, Migrator};
use std::fmt::Write as _;
use std::process::Command;

/// Texts whose checksum is easily got wrong, as (file, description in the ledger, text).
const FILES: [(&str, &str, &[u8]); 4] = [
    ("1_create_a.up.sql", "create a", b"\xef\xbb\xbfCREATE TABLE a (id INT PRIMARY KEY, word VARCHAR(9));\n"),
    ("2_add_b.sql", "add b", b"CREATE TABLE b (id INT PRIMARY KEY);\r\nINSERT INTO b VALUES (1);\r\n"),
    ("3_Index_The_Words.up.sql", "Index The Words", "-- schöne Wörter\nCREATE INDEX words ON a (word)".as_bytes()),
    ("0004_a__b.up.sql", "a  b", b"  \n\nINSERT INTO a VALUES (1, 'x;y');;\n\n"),
];

fn project(server: &'static crate::servers::Server, name: &str) -> Project {
    let project = Project::new(server, name);
    for (file, _, text) in FILES {
        project.file(&format!("migrations/{file}"), text);
    }
    project
}

fn sha384(bytes: &[u8]) -> String {
    Sha384::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// sqlx's library, which sqlx-cli is a thin face of.
fn sqlx_runs(project: &Project) -> Result<(), sqlx::migrate::MigrateError> {
    let mut connection = project.database.connect();
    block_on(async { Migrator::new(project.path("migrations")).await?.run(&mut connection).await })
}

#[test]
fn rows_are_what_sqlx_would_write() {
    for server in both() {
        let project = project(server, "ledger_rows");
        project.run("migrate").exits(0);
        let rows = project.database.rows(
            "SELECT version, description, HEX(checksum), success, execution_time > 0 AND execution_time < 60e9, \
             ABS(TIMESTAMPDIFF(SECOND, installed_on, NOW())) < 60 FROM _sqlx_migrations ORDER BY version",
        );
        for (version, ((_, description, text), row)) in (1..).zip(FILES.iter().zip(&rows)) {
            let expected =
                [version.to_string(), (*description).into(), sha384(text), "1".into(), "1".into(), "1".into()];
            assert_eq!(*row, expected.map(Some), "{}", server.engine());
        }
        assert_eq!(rows.len(), FILES.len());
    }
}

#[test]
fn the_table_is_the_one_that_sqlx_makes() {
    for server in both() {
        let project = project(server, "ledger_table");
        block_on(project.database.connect().ensure_migrations_table("theirs")).unwrap();
        project.run("migrate --to 1").exits(0);
        let definition = |table: &str| {
            let rows = project.database.rows(&format!("SHOW CREATE TABLE {table}"));
            rows[0][1].clone().unwrap().replacen(table, "the ledger", 1)
        };
        assert_eq!(definition("_sqlx_migrations"), definition("theirs"), "{}", server.engine());
    }
}

#[test]
fn what_aura_db_applied_is_done_for_sqlx_and_can_be_taken_back_there() {
    for server in both() {
        let project = Project::shipped(server, "ledger_ours");
        project.run("migrate").exits(0);
        let before = project.contents();
        sqlx_runs(&project).unwrap();
        assert_eq!(project.contents(), before, "{}", server.engine());
        block_on(async {
            let migrator = Migrator::new(project.path("migrations")).await.unwrap();
            migrator.undo(project.database.pool(), 20_260_105_090_200).await.unwrap();
        });
        assert_eq!(project.tables(), ["_sqlx_migrations", "channels", "users"], "{}", server.engine());
        project.run("status").exits(0);
        project.run("migrate").exits(0);
        assert_eq!(project.states().len(), 18);
    }
}

#[test]
fn what_sqlx_applied_is_done_for_aura_db_and_can_be_taken_back_here() {
    for server in both() {
        let ours = Project::shipped(server, "ledger_reference");
        ours.run("migrate").exits(0);
        let project = Project::shipped(server, "ledger_theirs");
        sqlx_runs(&project).unwrap();
        let before = project.contents();
        let outcome = project.run("migrate").exits(0);
        assert_eq!(outcome.stdout, "");
        assert!(outcome.stderr.contains("nothing to do"), "{}", outcome.stderr);
        project.run("status --check").exits(0);
        assert!(project.states().iter().all(|state| state.ends_with(" applied")), "{:?}", project.states());
        assert_eq!(project.contents(), before, "{}", server.engine());
        assert_eq!(project.fingerprint(), ours.fingerprint(), "{}", server.engine());
        project.run("rollback all").exits(0);
        assert_eq!(project.tables(), ["_sqlx_migrations"]);
    }
}

#[test]
fn a_migration_that_sqlx_left_half_applied_is_refused_and_the_other_way_round() {
    for server in both() {
        let project = Project::new(server, "ledger_dirty");
        project.up(1, "CREATE TABLE a (id INT); CREATE TABLE a (id INT);");
        sqlx_runs(&project).unwrap_err();
        assert_eq!(project.ledger(), ["1 0"], "{}", server.engine());
        project.run("status").exits(4);
        let refused = project.run("migrate").exits(4);
        assert!(refused.stderr.contains("migration 1 (step) is half-applied"), "{}", refused.stderr);

        let project = Project::new(server, "ledger_dirty");
        project.up(1, "CREATE TABLE a (id INT); DROP TABLE a; CREATE TABLE b (id INT); SELECT nothing FROM nowhere");
        project.database.run("CREATE TABLE c (id INT, x INT)");
        project.up(1, "ALTER TABLE c DROP COLUMN x; SELECT nothing FROM nowhere");
        project.run("migrate").exits(4);
        let refused = sqlx_runs(&project).unwrap_err().to_string();
        assert!(refused.contains("partially applied"), "{refused}");
    }
}

/// Runs sqlx-cli where there is one: `SQLX_BIN`, or `sqlx` on the PATH. The library tests above need none.
fn sqlx_cli(project: &Project, line: &str) -> Option<String> {
    let program = std::env::var_os("SQLX_BIN").unwrap_or_else(|| "sqlx".into());
    let mut command = Command::new(program);
    let url = project.database.url();
    command.args(line.split_whitespace()).current_dir(project.path("")).env("DATABASE_URL", url);
    let output = command.output().ok()?;
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{line}: {text}");
    Some(text)
}

#[test]
fn sqlx_cli_agrees_where_it_is_installed() {
    for server in both() {
        let project = Project::shipped(server, "ledger_cli");
        project.run("migrate").exits(0);
        let Some(info) = sqlx_cli(&project, "migrate info") else { return };
        assert_eq!(info.matches("/installed").count(), 18, "{info}");
        assert!(!info.contains("different checksum") && !info.contains("pending"), "{info}");
        assert_eq!(sqlx_cli(&project, "migrate run").unwrap(), "");
        let theirs = Project::shipped(server, "ledger_cli");
        sqlx_cli(&theirs, "migrate run");
        theirs.run("status --check").exits(0);
        assert_eq!(theirs.fingerprint(), project.fingerprint(), "{}", server.engine());
        sqlx_cli(&theirs, "migrate revert");
        assert_eq!(theirs.states().last().unwrap(), "20260115090600 pending");
    }
}
