//! Migrations that try to make the runner lose data or say what is not so, on both servers.

use crate::servers::{Database, both};
use std::process::{Command, Output};

fn aura_db(verb: &[&str], database: &Database, files: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    Command::new(env!("CARGO_BIN_EXE_aura-db"))
        .args(verb)
        .args(["--yes", "--database-url", &database.url(), "--migrations"])
        .arg(folder.path())
        .current_dir(folder.path())
        .output()
        .unwrap()
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn rows_before_a_statement_that_does_not_parse_are_rolled_back_and_so_it_says() {
    for server in both() {
        let database = server.database("torture");
        database.run("CREATE TABLE old (a INT)");
        let up = "INSERT INTO old VALUES (1);\nCREATE TABEL x (a INT);";
        let output = aura_db(&["migrate"], &database, &[("1_a.sql", up)]);
        assert!(words(&output).contains("nothing of this migration is left"), "{}", words(&output));
        assert_eq!(database.column("SHOW TABLES"), ["old"]);
        assert_eq!(database.value("SELECT COUNT(*) FROM old").as_deref(), Some("0"));
    }
}

#[test]
fn a_rollback_in_the_file_does_not_take_the_ledgers_row() {
    for server in both() {
        let database = server.database("torture");
        database.run("CREATE TABLE old (a INT)");
        let up = "INSERT INTO old VALUES (1);\nROLLBACK;\nINSERT INTO old VALUES (2);";
        assert!(aura_db(&["migrate"], &database, &[("1_a.sql", up)]).status.success());
        assert_eq!(database.column("SELECT a FROM old"), ["2"]);
        assert_eq!(database.column("SELECT version FROM _sqlx_migrations WHERE success"), ["1"]);
    }
}

#[test]
fn columns_with_keys_and_checks_of_their_own_are_taken_back() {
    for server in both() {
        let database = server.database("torture");
        database.run("CREATE TABLE old (a INT NOT NULL)");
        let up = "ALTER TABLE old ADD COLUMN j JSON, ADD COLUMN g INT AS (a + 1),\n\
                  ADD COLUMN id INT AUTO_INCREMENT PRIMARY KEY;\nINSERT INTO nowhere VALUES (1);";
        let output = aura_db(&["apply", "all"], &database, &[("1_a.sql", up)]);
        assert!(words(&output).contains("as it was before"), "{}", words(&output));
        let columns = "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE()";
        assert_eq!(database.column(columns), ["a"]);
    }
}

#[test]
fn rows_that_go_with_deleted_ones_are_listed() {
    for server in both() {
        let database = server.database("torture");
        let tables = "CREATE TABLE p (id VARCHAR(9) PRIMARY KEY, name VARCHAR(9));\
                      CREATE TABLE c (id INT, p VARCHAR(9), FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE);";
        let files = [
            ("1_a.sql", tables),
            ("2_b.up.sql", "INSERT INTO p (id, name) VALUES ('a', 'A'), ('b', 'B')"),
            ("2_b.down.sql", "DELETE FROM p"),
        ];
        assert!(aura_db(&["migrate"], &database, &files).status.success());
        database.run("UPDATE p SET name = 'a' WHERE id = 'a'; INSERT INTO c VALUES (1, 'b'), (2, 'b')");
        let output = aura_db(&["rollback"], &database, &files);
        assert_eq!(output.status.code(), Some(4));
        assert!(words(&output).contains("p: 1 row ("), "a changed letter's case counts: {}", words(&output));
        assert!(words(&output).contains("c: 2 rows ("), "{}", words(&output));
    }
}

#[test]
fn a_condition_of_a_thousand_links_is_run() {
    for server in both() {
        let database = server.database("torture");
        let links = (1..1500).map(|at| format!(" OR a = {at}")).collect::<Vec<_>>().concat();
        let up = format!("CREATE TABLE t (a INT);\nINSERT INTO t VALUES (7), (-1);\nDELETE FROM t WHERE a = 0{links};");
        let output = aura_db(&["migrate"], &database, &[("1_a.sql", &up)]);
        assert!(output.status.success(), "{}", words(&output));
        assert_eq!(database.column("SELECT a FROM t"), ["-1"]);
    }
}
