use super::*;
use crate::model::location::Location;

fn index(name: &str, columns: &[&str]) -> Index {
    let parts = columns.iter().map(|column| KeyPart::column(*column)).collect();
    let kind = match name {
        "PRIMARY" => IndexKind::Primary,
        "by_code" => IndexKind::Unique,
        _ => IndexKind::Plain,
    };
    Index { name: name.into(), kind, parts, visible: true, comment: String::new(), cardinality: vec![] }
}

fn key(name: &str, columns: &[&str], table: &str, referred: &[&str]) -> ForeignKey {
    let names = |columns: &[&str]| columns.iter().map(|column| (*column).to_owned()).collect();
    ForeignKey {
        name: name.into(),
        columns: names(columns),
        referenced_table: table.into(),
        referenced_columns: names(referred),
        on_delete: "RESTRICT".into(),
        on_update: "RESTRICT".into(),
    }
}

/// `child(parent_id)` refers to `parent(code)`, and `pair(a, b)` to `parent(id, code)`.
fn schema() -> Schema {
    let table = |name: &str, indexes: Vec<Index>, foreign_keys: Vec<ForeignKey>| Table {
        name: name.into(),
        indexes,
        foreign_keys,
        ..Table::default()
    };
    Schema {
        tables: vec![
            table(
                "child",
                vec![index("PRIMARY", &["id"]), index("by_parent", &["parent_id"])],
                vec![key("fk", &["parent_id"], "parent", &["code"])],
            ),
            table(
                "pair",
                vec![index("PRIMARY", &["a", "b"])],
                vec![key("two", &["a", "b"], "parent", &["id", "code"])],
            ),
            table("parent", vec![index("PRIMARY", &["id", "code"]), index("by_code", &["code"])], vec![]),
        ],
        routines: vec![],
    }
}

fn found(engine: EngineKind, standard_key: bool, script: &[(&str, bool)]) -> Vec<String> {
    let at = Location::line("x.sql", 1);
    let statements: Vec<(Statement, bool)> =
        script.iter().map(|(sql, certain)| (Statement { sql: (*sql).into(), at: at.clone() }, *certain)).collect();
    let statements = statements.iter().map(|(statement, certain)| (statement, *certain));
    let rules = Rules { engine, standard_key, database: Some("app") };
    needed(statements, &schema(), rules).into_iter().map(|needed| needed.reason).collect()
}

fn refusals(script: &[&str]) -> Vec<String> {
    let script: Vec<_> = script.iter().map(|sql| (*sql, true)).collect();
    found(EngineKind::Mysql, true, &script)
}

#[test]
fn the_last_index_of_either_side_is_needed() {
    assert_eq!(
        refusals(&["DROP INDEX by_parent ON child"]),
        ["the foreign key fk of child needs index by_parent on child: no other index there begins with (parent_id)"]
    );
    assert_eq!(
        refusals(&["ALTER TABLE parent DROP INDEX by_code"]),
        ["the foreign key fk of child needs index by_code on parent: no other index there is a UNIQUE key of (code)"]
    );
    assert_eq!(
        refusals(&["ALTER TABLE pair DROP PRIMARY KEY"]),
        ["the foreign key two of pair needs the primary key on pair: no other index there begins with (a, b)"]
    );
}

#[test]
fn what_stands_in_its_place_frees_it() {
    for free in [
        &["CREATE INDEX wide ON child (parent_id, id)", "DROP INDEX by_parent ON child"][..],
        &["ALTER TABLE child ADD INDEX wide (parent_id, id), DROP INDEX by_parent"],
        &["ALTER TABLE child ADD INDEX by_parent (parent_id, id), DROP INDEX by_parent"],
        &["ALTER TABLE child DROP FOREIGN KEY fk, DROP INDEX by_parent"],
        &["DROP TABLE child", "DROP INDEX by_code ON parent"],
        &["ALTER TABLE parent DROP INDEX by_code, ADD UNIQUE KEY other (code)"],
        &["ALTER TABLE pair DROP PRIMARY KEY, ADD PRIMARY KEY (b, a)"],
        &["ALTER TABLE child ADD INDEX whatever ((1 + 1), parent_id) COMMENT 'x'", "DROP INDEX nothing ON child"],
    ] {
        assert_eq!(refusals(free), [""; 0], "{free:?}");
    }
}

#[test]
fn no_other_order_prefix_or_kind_stands_in_its_place() {
    for taken in [
        &["CREATE INDEX other ON child (id, parent_id)", "DROP INDEX by_parent ON child"][..],
        &["ALTER TABLE pair ADD KEY turned (b, a), DROP PRIMARY KEY"],
        &["CREATE FULLTEXT INDEX words ON child (parent_id)", "DROP INDEX by_parent ON child"],
        &["ALTER TABLE parent DROP INDEX by_code, ADD INDEX other (code)"],
        &["ALTER TABLE parent DROP INDEX by_code, ADD UNIQUE other (code, id)"],
    ] {
        assert_eq!(refusals(taken).len(), 1, "{taken:?}");
    }
    let script = [("ALTER TABLE parent DROP INDEX by_code, ADD INDEX other (code)", true)];
    assert_eq!(found(EngineKind::Mysql, false, &script), [""; 0]);
    assert_eq!(found(EngineKind::Mariadb, false, &script), [""; 0]);
}

#[test]
fn the_run_is_followed_through_names_and_settings() {
    for taken in [
        &["SET @x = 1", "CREATE VIEW v AS SELECT 1", "DROP INDEX by_parent ON child"][..],
        &["RENAME TABLE child TO c", "DROP INDEX by_parent ON c"],
        &["ALTER TABLE parent RENAME TO p", "DROP INDEX by_code ON p"],
        &["ALTER TABLE pair MODIFY a INT", "DROP INDEX by_parent ON child"],
    ] {
        assert_eq!(refusals(taken).len(), 1, "{taken:?}");
    }
}

#[test]
fn what_is_not_certain_is_left_to_the_server() {
    for unsure in [
        &["SET foreign_key_checks = 0", "DROP INDEX by_parent ON child"][..],
        &["/*!40014 SET FOREIGN_KEY_CHECKS=0 */", "DROP INDEX by_parent ON child"],
        &["CALL p()", "DROP INDEX by_parent ON child"],
        &["CREATE TEMPORARY TABLE child (id INT)", "DROP INDEX by_parent ON child"],
        &["DROP INDEX by_parent ON elsewhere.child"],
        &["ALTER TABLE child MODIFY parent_id INT UNIQUE, DROP INDEX by_parent"],
        &["ALTER TABLE child DROP COLUMN id, DROP INDEX by_parent"],
    ] {
        assert_eq!(refusals(unsure), [""; 0], "{unsure:?}");
    }
    let maybe = [("ALTER TABLE child DROP FOREIGN KEY fk", false), ("DROP INDEX by_parent ON child", true)];
    assert_eq!(found(EngineKind::Mysql, true, &maybe), [""; 0]);
    assert_eq!(found(EngineKind::Mysql, true, &[("DROP INDEX by_parent ON child", false)]), [""; 0]);
}

#[test]
fn the_hidden_columns_of_an_index_count_where_the_server_counts_them() {
    let script =
        [("ALTER TABLE child ADD KEY s (id, b)", true), ("ALTER TABLE pair ADD KEY s (a), DROP PRIMARY KEY", true)];
    // Without a primary key nothing is hidden in an index.
    assert_eq!(found(EngineKind::Mariadb, false, &script).len(), 1);
    let mut schema = schema();
    schema.tables[0].indexes.push(index("by_both", &["parent_id", "id"]));
    schema.tables[0].indexes.remove(1);
    schema.tables[0].foreign_keys[0] = key("fk", &["parent_id", "id"], "parent", &["code", "id"]);
    let statement = Statement {
        sql: "ALTER TABLE child ADD KEY short (parent_id), DROP INDEX by_both".into(),
        at: Location::line("x.sql", 1),
    };
    let count = |engine| {
        let rules = Rules { engine, standard_key: false, database: None };
        needed([(&statement, true)], &schema, rules).len()
    };
    assert_eq!((count(EngineKind::Mysql), count(EngineKind::Mariadb)), (1, 0));
}

#[test]
fn an_index_is_known_after_other_changes_of_its_table() {
    let refused = |before: &str, drop: &str| found(EngineKind::Mysql, true, &[(before, true), (drop, true)]).len() == 1;
    for before in [
        "ALTER TABLE child DROP COLUMN note",
        "ALTER TABLE child MODIFY note TEXT, ALTER COLUMN note DROP DEFAULT, COMMENT = 'x'",
        "ALTER TABLE child ADD CONSTRAINT c CHECK (id > 0)",
        "ALTER TABLE child RENAME COLUMN note TO text",
        "ALTER TABLE child DROP FOREIGN KEY other, DROP COLUMN other_id",
        "ALTER TABLE child ROW_FORMAT = DYNAMIC",
        "ALTER TABLE child RENAME COLUMN parent_id TO parent",
        "ALTER TABLE parent CHANGE code kode BIGINT NOT NULL",
    ] {
        assert!(refused(before, "DROP INDEX by_parent ON child"), "{before}");
    }
    assert!(refused("ALTER TABLE child RENAME INDEX by_parent TO other", "DROP INDEX other ON child"));
    for before in [
        "ALTER TABLE child MODIFY parent_id BIGINT UNIQUE",
        "ALTER TABLE child ADD CONSTRAINT g FOREIGN KEY (parent_id) REFERENCES parent (code)",
        "ALTER TABLE child RENAME COLUMN parent_id TO id, RENAME COLUMN id TO parent_id",
        "ALTER TABLE child ENGINE = MyISAM",
        "ALTER TABLE child ADD INDEX wide (parent_id, note)",
        "ALTER TABLE child ADD INDEX wide (parent_id, note), DROP COLUMN note",
    ] {
        assert!(!refused(before, "DROP INDEX by_parent ON child"), "{before}");
    }
    assert!(!refused("ALTER TABLE child RENAME INDEX by_parent TO other", "DROP INDEX by_parent ON child"));
}
