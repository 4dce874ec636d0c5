//! The catalogue of real servers, read into the model.

use crate::servers::{self, Server, block_on};
use crate::session;
use aura_db::engine::schema::server;
use aura_db::migration::fingerprint::fingerprint;
use aura_db::model::engine::Engine;
use aura_db::model::schema::{IndexKind, Schema, Table};
use sqlx::{Executor, MySqlConnection};

const RICH: &str = "CREATE TABLE parent (a INT NOT NULL, b INT NOT NULL, name VARCHAR(300) NOT NULL DEFAULT 'NULL' COMMENT 'who', \
     PRIMARY KEY (a, b), UNIQUE KEY uq_name (name(20))) COMMENT 'the parents'; \
     CREATE TABLE child (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, a INT, b INT, price DECIMAL(10,2) NOT NULL DEFAULT 1.50, \
     twice DECIMAL(10,2) GENERATED ALWAYS AS (price * 2) STORED, changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, \
     note TEXT, kind ENUM('New','OLD') NULL, KEY idx_price (price DESC, id), KEY idx_ab (a, b), FULLTEXT KEY ft_note (note), \
     CONSTRAINT ck_price CHECK (price > 0), CONSTRAINT fk_parent FOREIGN KEY (a, b) REFERENCES parent (a, b) ON DELETE CASCADE ON UPDATE SET NULL); \
     CREATE VIEW cheap AS SELECT c.id, p.name FROM child c JOIN parent p ON p.a = c.a WHERE c.price < 5; \
     CREATE TRIGGER child_in BEFORE INSERT ON child FOR EACH ROW SET NEW.note = 'in'; \
     CREATE PROCEDURE tidy(IN days INT) DELETE FROM child WHERE id < days; \
     CREATE FUNCTION half(x INT) RETURNS INT DETERMINISTIC RETURN x DIV 2; \
     CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM child; \
     CREATE TABLE foreign_leftover (id INT); CREATE TRIGGER left_in BEFORE INSERT ON foreign_leftover FOR EACH ROW SET NEW.id = 1";

async fn rich(server: &Server, name: &str) -> (MySqlConnection, Engine) {
    let mut conn = session::create(server, name).await;
    let engine = server.engine().clone();
    conn.execute(RICH).await.unwrap();
    (conn, engine)
}

fn table<'a>(schema: &'a Schema, name: &str) -> &'a Table {
    schema.table(name).unwrap()
}

#[test]
fn every_kind_of_object_is_read() {
    for server in servers::both() {
        block_on(async {
            let (mut conn, engine) = rich(server, "schema_rich").await;
            let schema = server::read(&mut conn, &engine, &["Foreign_Leftover"]).await.unwrap();
            let names: Vec<&str> = schema.tables.iter().map(|table| table.name.as_str()).collect();
            assert_eq!(names, ["child", "parent"], "{engine}");
            let kinds: Vec<(&str, &str)> =
                schema.routines.iter().map(|one| (one.kind.as_str(), one.name.as_str())).collect();
            let wanted = [
                ("event", "nightly"),
                ("function", "half"),
                ("procedure", "tidy"),
                ("trigger", "child_in"),
                ("view", "cheap"),
            ];
            assert_eq!(kinds, wanted, "{engine}");

            let parent = table(&schema, "parent");
            assert_eq!(
                (parent.comment.as_str(), parent.column("name").unwrap().comment.as_str()),
                ("the parents", "who")
            );
            assert!(
                parent.column("name").unwrap().default.as_deref().is_some_and(|text| text.contains("NULL")),
                "{engine}"
            );
            let unique = parent.index("uq_name").unwrap();
            assert_eq!((unique.kind, unique.parts[0].prefix), (IndexKind::Unique, Some(20)), "{engine}");
            assert_eq!(parent.primary_key().unwrap().parts.len(), 2, "{engine}");

            let child = table(&schema, "child");
            assert_eq!(child.column("a").unwrap().default, None, "{engine}");
            assert!(child.column("kind").unwrap().column_type.contains("'OLD'"), "{engine}");
            assert!(child.column("twice").unwrap().generated.contains("price"), "{engine}");
            assert!(child.column("changed").unwrap().extra.to_lowercase().contains("on update"), "{engine}");
            assert!(child.index("idx_price").unwrap().parts[0].descending, "{engine}");
            assert!(!child.index("idx_price").unwrap().parts[1].descending, "{engine}");
            assert_eq!(child.index("ft_note").unwrap().kind, IndexKind::Fulltext, "{engine}");
            assert_eq!(child.checks[0].0, "ck_price", "{engine}");
            let key = &child.foreign_keys[0];
            assert_eq!(
                (key.columns.len(), key.referenced_table.as_str(), key.referenced_columns[1].as_str()),
                (2, "parent", "b")
            );
            assert_eq!((key.on_delete.as_str(), key.on_update.as_str()), ("CASCADE", "SET NULL"), "{engine}");
        });
    }
}

#[test]
fn equal_databases_of_other_names_are_equal_values() {
    for server in servers::both() {
        block_on(async {
            let (mut one, engine) = rich(server, "schema_one").await;
            let (mut other, _) = rich(server, "schema_other").await;
            let one = server::read(&mut one, &engine, &[]).await.unwrap();
            let other_schema = server::read(&mut other, &engine, &[]).await.unwrap();
            assert_eq!(one, other_schema, "{engine}");
            other.execute("ALTER TABLE child ADD INDEX idx_more (kind)").await.unwrap();
            assert_ne!(one, server::read(&mut other, &engine, &[]).await.unwrap(), "{engine}");
        });
    }
}

#[test]
fn indexes_that_the_optimizer_may_not_use_are_told_apart() {
    for (server, word) in [(servers::mysql(), "INVISIBLE"), (servers::mariadb(), "IGNORED")] {
        block_on(async {
            let mut conn = session::create(server, "schema_hidden").await;
            let engine = server.engine().clone();
            conn.execute("CREATE TABLE t (id INT PRIMARY KEY, a INT, KEY seen (a), KEY hidden (a, id))").await.unwrap();
            conn.execute(sqlx::AssertSqlSafe(format!("ALTER TABLE t ALTER INDEX hidden {word}"))).await.unwrap();
            let schema = server::read(&mut conn, &engine, &[]).await.unwrap();
            let visible = |name: &str| table(&schema, "t").index(name).unwrap().visible;
            assert_eq!((visible("seen"), visible("hidden")), (true, false), "{engine}");
        });
    }
}

#[test]
fn expressions_in_indexes_are_read_where_there_are_any() {
    let server = servers::mysql();
    block_on(async {
        let mut conn = session::create(server, "schema_expressions").await;
        let engine = server.engine().clone();
        conn.execute("CREATE TABLE t (id INT PRIMARY KEY, mail VARCHAR(80), KEY low ((LOWER(mail))))").await.unwrap();
        let schema = server::read(&mut conn, &engine, &[]).await.unwrap();
        let part = &table(&schema, "t").index("low").unwrap().parts[0];
        assert!(
            part.column.is_none() && part.expression.as_deref().is_some_and(|text| text.contains("lower")),
            "{part:?}"
        );
    });
}

#[test]
fn partitions_and_row_formats_are_part_of_a_definition() {
    for server in servers::both() {
        block_on(async {
            let mut conn = session::create(server, "schema_options").await;
            let engine = server.engine().clone();
            conn.execute("CREATE TABLE t (a INT NOT NULL, PRIMARY KEY (a))").await.unwrap();
            let mut seen = std::collections::BTreeSet::new();
            for change in [
                "DO 0",
                "ALTER TABLE t ROW_FORMAT=COMPRESSED",
                "ALTER TABLE t ROW_FORMAT=DYNAMIC PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (10))",
                "ALTER TABLE t ADD PARTITION (PARTITION p1 VALUES LESS THAN (20))",
            ] {
                conn.execute(change).await.unwrap();
                let schema = server::read(&mut conn, &engine, &[]).await.unwrap();
                assert!(seen.insert(fingerprint(&schema)), "{engine}: {change} leaves the fingerprint as it was");
            }
        });
    }
}
