//! What `lint` takes over from a server to the throwaway one: its settings, what older rules allowed, and a note when it is
//! of another version.

use crate::binary::AuraDb;
use crate::lint::classes;
use crate::project::contains;
use crate::servers::block_on;
use aura_db::engine::sandbox::{Options, Sandbox, ServerKind};
use serde_json::Value;
use sqlx::ConnectOptions as _;

/// The notes of a report, and how each statement is done.
fn linted(sandbox: &Sandbox, folder: &std::path::Path) -> (Value, Vec<String>) {
    let url = sandbox.url("shop");
    let outcome =
        AuraDb::new(["lint", "--format", "json", "--fail-on", "never"]).at(folder).env("DATABASE_URL", url).run();
    let report: Value = serde_json::from_str(&outcome.exits(0).stdout).unwrap();
    let classes = classes(&report);
    (report["basis"]["notes"].clone(), classes)
}

/// A server of its own, with a database `shop` as older rules allowed it and younger ones as the server's own now.
fn legacy(kind: ServerKind, extra: &[&str]) -> Sandbox {
    let options = Options { extra: extra.iter().map(|word| (*word).into()).collect(), ..Options::new(kind) };
    let sandbox = block_on(Sandbox::start(&options)).unwrap();
    let setup = "CREATE DATABASE shop; USE shop; SET SESSION sql_mode = ''; \
                 CREATE TABLE old (id INT, at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00') ENGINE=InnoDB; \
                 CREATE TABLE parent (id INT PRIMARY KEY); CREATE TABLE child (id INT PRIMARY KEY, parent_id INT); \
                 SET GLOBAL foreign_key_checks = 0";
    block_on(async {
        let mut connection = sandbox.connect_options().connect().await.unwrap();
        sqlx::raw_sql(setup).execute(&mut connection).await.unwrap();
        if kind == ServerKind::Mysql {
            sqlx::raw_sql("SET GLOBAL sql_require_primary_key = 1").execute(&mut connection).await.unwrap();
        }
    });
    sandbox
}

#[test]
fn what_older_rules_allowed_is_copied_and_the_servers_settings_decide() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("migrations")).unwrap();
    let up = "ALTER TABLE child ADD FOREIGN KEY (parent_id) REFERENCES parent (id);\nALTER TABLE old DROP COLUMN at;\n";
    std::fs::write(folder.path().join("migrations/1_keys.up.sql"), up).unwrap();
    for kind in [ServerKind::Mysql, ServerKind::Mariadb] {
        let (notes, classes) = linted(&legacy(kind, &[]), folder.path());
        assert!(notes.is_null(), "{kind:?}: {notes}");
        assert_ne!(classes[0], "copy shared", "{kind:?}: unchecked, a foreign key is added in place");
        // The table without a primary key was copied; to change it is what the rule of today refuses, there as here.
        assert_eq!(classes[1], if kind == ServerKind::Mysql { "- -" } else { "instant none" }, "{kind:?}");
    }
    let (notes, classes) = linted(&legacy(ServerKind::Mariadb, &["--version=10.6.99-MariaDB"]), folder.path());
    let note = notes[0].as_str().unwrap();
    contains(note, "tried on MariaDB 10.11.");
    contains(note, "while the server is MariaDB 10.6.99");
    contains(note, "--scratch-schema NAME");
    assert_eq!(classes[1], "instant none");
}
