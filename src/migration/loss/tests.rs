//! What down scripts destroy, as it is read from them.

use super::fixture::migration;
use super::*;
use crate::model::schema::{Column, Table};

fn whats(down: &[&str]) -> Vec<What> {
    let column = Column { name: "c".into(), ..Column::default() };
    let table = |name: &str| Table { name: name.into(), columns: vec![column.clone()], ..Table::default() };
    let schema = Schema { tables: vec![table("a"), table("t")], routines: vec![] };
    at_risk(&[&migration(&[], down)], &schema, Some("own")).into_iter().map(|risk| risk.what).collect()
}

#[test]
fn what_down_scripts_destroy_is_listed() {
    assert_eq!(whats(&["DROP TABLE IF EXISTS t, gone"]), [What::Table("t".into())]);
    assert_eq!(whats(&["ALTER TABLE t DROP COLUMN c, DROP INDEX i"]), [What::Column("t".into(), "c".into())]);
    assert_eq!(whats(&["DELETE FROM t WHERE id IN (1, 2)"]), [What::RowsWhere("t".into(), "id IN (1, 2)".into())]);
    assert_eq!(whats(&["DELETE t FROM t JOIN a ON a.c = t.c"]).len(), 1);
    assert_eq!(whats(&["DROP INDEX i ON t", "DROP VIEW v"]), []);
    assert!(matches!(whats(&["EXECUTE s"])[..], [What::Unknown(_)]));
}

#[test]
fn definitions_are_needed_for_all_but_whole_tables() {
    let only = |up: &[&str], down: &[&str]| drops_tables_only(&[&migration(up, down)]);
    assert!(only(&["CREATE TABLE t (a INT)"], &["SET @x = 1", "DROP TABLE IF EXISTS t, u"]));
    assert!(!only(&["INSERT INTO t (a) VALUES (1)"], &["DROP TABLE t"]));
    assert!(!only(&[], &["DROP TABLE t", "ALTER TABLE u DROP COLUMN a"]));
    assert!(!only(&[], &["DELETE FROM t"]));
    assert!(!only(&[], &["EXECUTE s"]));
}

#[test]
fn what_hides_in_other_words_is_listed_too() {
    assert_eq!(whats(&["/*!50000 DROP TABLE t */"]), [What::Table("t".into())]);
    assert_eq!(whats(&["CREATE OR REPLACE TABLE t (a INT)"]), [What::Table("t".into())]);
    assert!(matches!(whats(&["DROP TABLE other.t"])[..], [What::Unknown(_)]));
    assert_eq!(whats(&["DROP TABLE own.t"]), [What::Table("t".into())]);
    assert!(matches!(whats(&["WITH x AS (SELECT 1) DELETE FROM t"])[..], [What::RowsWhere(..)]));
    assert!(matches!(whats(&["BEGIN NOT ATOMIC DELETE FROM t; END"])[..], [What::Unknown(_)]));
    assert!(matches!(whats(&["ALTER TABLE t TRUNCATE PARTITION p0"])[..], [What::Unknown(_)]));
    assert_eq!(whats(&["BEGIN", "UNLOCK TABLES", "ANALYZE TABLE t", "COMMIT"]), []);
}

#[test]
fn what_only_mariadb_says_is_listed_too() {
    assert!(matches!(whats(&["ALTER IGNORE TABLE t ADD UNIQUE (c)"])[..], [What::Unknown(_)]));
    assert_eq!(whats(&["ALTER IGNORE TABLE t ADD INDEX (c)"]), []);
    assert!(matches!(whats(&["SET STATEMENT max_statement_time = 1 FOR DELETE FROM t"])[..], [What::Unknown(_)]));
}

#[test]
fn a_row_that_replaces_an_equal_one_counts_where_others_go_with_it() {
    let column = |name: &str| Column { name: name.into(), column_type: "int".into(), ..Column::default() };
    let key = crate::model::schema::Index {
        name: "PRIMARY".into(),
        kind: crate::model::schema::IndexKind::Primary,
        parts: vec![crate::model::schema::KeyPart::column("id")],
        visible: true,
        comment: String::new(),
        cardinality: vec![],
    };
    let parent = Table { name: "p".into(), columns: vec![column("id")], indexes: vec![key], ..Table::default() };
    let reference = crate::model::schema::ForeignKey {
        name: "fk".into(),
        columns: vec!["p".into()],
        referenced_table: "p".into(),
        referenced_columns: vec!["id".into()],
        on_delete: "CASCADE".into(),
        on_update: "NO ACTION".into(),
    };
    let child =
        Table { name: "c".into(), columns: vec![column("p")], foreign_keys: vec![reference], ..Table::default() };
    let condition = |tables: Vec<Table>| {
        let schema = Schema { tables, routines: vec![] };
        let down = migration(&[], &["REPLACE INTO p (id) VALUES (1)"]);
        match at_risk(&[&down], &schema, Some("own")).remove(0).what {
            What::Overwritten { condition, .. } => condition,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(condition(vec![parent.clone()]), "(((`id` <=> 1)) AND NOT (`id` <=> 1))");
    assert_eq!(condition(vec![parent, child]), "(((`id` <=> 1)))");
}

#[test]
fn a_renamed_column_loses_nothing_until_it_is_dropped() {
    assert_eq!(whats(&["ALTER TABLE t RENAME COLUMN c TO d"]), []);
    assert_eq!(
        whats(&["ALTER TABLE t RENAME COLUMN c TO d", "ALTER TABLE t DROP COLUMN d"]),
        [What::Column("t".into(), "c".into())]
    );
}

#[test]
fn a_table_is_followed_through_renames() {
    assert_eq!(whats(&["RENAME TABLE t TO old_t", "DROP TABLE old_t"]), [What::Table("t".into())]);
}
