use super::*;

fn index(name: &str, unique: bool, columns: &[&str]) -> IndexDefinition {
    IndexDefinition { name: Some(name.into()), unique, columns: columns.iter().map(|&c| c.into()).collect() }
}

#[test]
fn indexes_are_read_in_every_form() {
    let plain = "CREATE INDEX idx_xp ON users (xp DESC)";
    assert_eq!(effect(plain), Effect::CreateIndex { table: "users".into(), index: index("idx_xp", false, &["xp"]) });
    let prefixed = "create unique index `u` using btree on `shop`.`item` (`name`(20), (lower(code)), price)";
    assert_eq!(
        effect(prefixed),
        Effect::CreateIndex { table: "item".into(), index: index("u", true, &["name", "price"]) }
    );
    let altered = "ALTER TABLE t ADD KEY k (a, b DESC), DROP INDEX old, ALGORITHM=INPLACE, LOCK=NONE";
    assert_eq!(
        effect(altered),
        Effect::AlterTable {
            table: "t".into(),
            actions: vec![
                AlterAction::AddIndex(index("k", false, &["a", "b"])),
                AlterAction::DropIndex("old".into()),
                AlterAction::Execution,
                AlterAction::Execution,
            ],
        }
    );
}

#[test]
fn only_non_unique_secondary_indexes_belong_to_the_index_set() {
    let is_index = |sql: &str| effect(sql).is_index_only();
    assert!(is_index("CREATE INDEX i ON t (a)"));
    assert!(is_index("CREATE FULLTEXT INDEX i ON t (a)"));
    assert!(is_index("DROP INDEX i ON t"));
    assert!(is_index("ALTER TABLE t ADD INDEX (a), ALTER INDEX b INVISIBLE, RENAME INDEX c TO d"));
    assert!(!is_index("CREATE UNIQUE INDEX i ON t (a)"));
    assert!(!is_index("ALTER TABLE t ADD UNIQUE KEY i (a)"));
    assert!(!is_index("ALTER TABLE t ADD CONSTRAINT u UNIQUE (a)"));
    assert!(!is_index("ALTER TABLE t ADD INDEX i (a), ADD COLUMN b INT"));
    assert!(!is_index("ALTER TABLE t ALGORITHM=INPLACE"));
    assert!(!is_index("DROP INDEX `PRIMARY` ON t"));
    assert!(!is_index("CREATE TABLE t (a INT, KEY (a))"));
}

#[test]
fn destructive_clauses_are_told_from_harmless_ones() {
    let actions = |sql: &str| match effect(sql) {
        Effect::AlterTable { actions, .. } => actions,
        other => panic!("{sql} reads as {other:?}"),
    };
    assert_eq!(actions("ALTER TABLE t DROP a"), [AlterAction::DropColumn("a".into())]);
    assert_eq!(actions("ALTER TABLE t DROP COLUMN IF EXISTS `key`"), [AlterAction::DropColumn("key".into())]);
    assert_eq!(actions("ALTER TABLE t DROP FOREIGN KEY fk"), [AlterAction::Other]);
    assert_eq!(actions("ALTER TABLE t DROP PRIMARY KEY"), [AlterAction::Other]);
    assert_eq!(actions("ALTER TABLE t ADD a DECIMAL(10,2) NOT NULL"), [AlterAction::AddColumn("a".into())]);
    assert_eq!(actions("ALTER TABLE t CHANGE a b INT"), [AlterAction::ChangeColumn("a".into(), "b".into())]);
    assert_eq!(actions("ALTER TABLE t DROP PARTITION p0"), [AlterAction::DropPartition]);
    assert_eq!(actions("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4"), [AlterAction::Other]);
}

#[test]
fn tables_rows_programs_and_sessions_are_recognised() {
    assert_eq!(effect("DROP TABLE IF EXISTS a, `b`"), Effect::DropTable { tables: vec!["a".into(), "b".into()] });
    assert_eq!(
        effect("INSERT IGNORE INTO t VALUES (1)"),
        Effect::Rows { verb: "INSERT".into(), table: Some("t".into()) }
    );
    assert_eq!(effect("TRUNCATE t"), Effect::Truncate { table: "t".into() });
    assert_eq!(effect("RENAME TABLE a TO b"), Effect::RenameTable { pairs: vec![("a".into(), "b".into())] });
    assert_eq!(effect("USE railway"), Effect::Use);
    assert_eq!(effect("SET @a := 1"), Effect::Session);
    assert_eq!(
        effect("CREATE DEFINER=`root`@`%` PROCEDURE p() SELECT 1"),
        Effect::Routine { verb: "CREATE".into(), kind: "procedure".into() }
    );
    assert_eq!(effect("ALTER DATABASE d CHARACTER SET utf8mb4"), Effect::Other);
    assert_eq!(effect("CREATE TEMPORARY TABLE t (a INT)"), Effect::Session);
}
