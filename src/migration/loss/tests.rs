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
