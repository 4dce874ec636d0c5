use super::*;
use crate::model::schema::KeyPart;

fn index(name: &str, unique: bool, parts: &[&str]) -> IndexDefinition {
    let kind = if unique { IndexKind::Unique } else { IndexKind::Plain };
    let parts: Vec<KeyPart> = parts.iter().map(|part| self::part(part)).collect();
    let columns = parts.iter().filter_map(|part| part.column.clone()).collect();
    IndexDefinition { name: Some(name.into()), unique, columns, kind, parts, visible: true }
}

fn part(text: &str) -> KeyPart {
    let (text, descending) = text.strip_suffix(" DESC").map_or((text, false), |text| (text, true));
    match text.split_once(':') {
        Some(("", expression)) => {
            KeyPart { column: None, expression: Some(expression.into()), prefix: None, descending }
        }
        Some((name, length)) => KeyPart { prefix: length.parse().ok(), ..KeyPart::column(name) },
        None => KeyPart { descending, ..KeyPart::column(text) },
    }
}

#[test]
fn indexes_are_read_in_every_form() {
    let plain = "CREATE INDEX idx_xp ON users (xp DESC)";
    assert_eq!(
        effect(plain),
        Effect::CreateIndex { table: "users".into(), index: index("idx_xp", false, &["xp DESC"]) }
    );
    let prefixed = "create unique index `u` using btree on `shop`.`item` (`name`(20), (lower(code)), price)";
    assert_eq!(
        effect(prefixed),
        Effect::CreateIndex { table: "item".into(), index: index("u", true, &["name:20", ":lower(code)", "price"]) }
    );
    let altered = "ALTER TABLE t ADD KEY k (a, b DESC), DROP INDEX old, ALGORITHM=INPLACE, LOCK=NONE";
    assert_eq!(
        effect(altered),
        Effect::AlterTable {
            table: "t".into(),
            actions: vec![
                AlterAction::AddIndex(index("k", false, &["a", "b DESC"])),
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
    assert_eq!(actions("ALTER TABLE t DROP FOREIGN KEY fk"), [AlterAction::DropConstraint("fk".into())]);
    assert_eq!(actions("ALTER TABLE t DROP PRIMARY KEY"), [AlterAction::DropPrimaryKey]);
    assert_eq!(actions("ALTER TABLE t ADD a DECIMAL(10,2) NOT NULL"), [AlterAction::AddColumn("a".into())]);
    assert_eq!(actions("ALTER TABLE t CHANGE a b INT"), [AlterAction::ChangeColumn("a".into(), "b".into())]);
    assert_eq!(actions("ALTER TABLE t DROP PARTITION p0"), [AlterAction::DropPartition]);
    assert_eq!(actions("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4"), [AlterAction::Other]);
}

#[test]
fn double_quotes_hold_a_name_where_one_has_to_stand() {
    assert_eq!(effect("DROP TABLE \"users\""), Effect::DropTable { tables: vec!["users".into()] });
    let dropped = Effect::AlterTable { table: "t".into(), actions: vec![AlterAction::DropColumn("c".into())] };
    assert_eq!(effect("ALTER TABLE \"t\" DROP COLUMN \"c\""), dropped);
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
        Effect::Routine { verb: "CREATE".into(), kind: "procedure".into(), name: Some("p".into()) }
    );
    assert_eq!(effect("ALTER DATABASE d CHARACTER SET utf8mb4"), Effect::Other);
    assert_eq!(effect("CREATE TEMPORARY TABLE t (a INT)"), Effect::Session);
}

#[test]
fn what_hides_behind_other_words_is_seen() {
    let drop = || Effect::DropTable { tables: vec!["t".into()] };
    assert_eq!(effect("/*!50000 DROP TABLE t */"), drop());
    assert_eq!(effect("/*M!100100 DROP TABLE t */"), drop());
    assert_eq!(effect("/*!USE x*/"), Effect::Use);
    assert_eq!(effect("CREATE OR REPLACE TABLE t (a INT)"), Effect::ReplaceTable { table: "t".into() });
    let rows = |verb: &str, table: Option<&str>| Effect::Rows { verb: verb.into(), table: table.map(str::to_owned) };
    assert_eq!(effect("WITH x AS (SELECT 1) DELETE FROM t WHERE a IN (SELECT * FROM x)"), rows("DELETE", Some("t")));
    assert_eq!(effect("WITH x AS (DELETE) SELECT 1"), Effect::Read);
    assert_eq!(effect("UPDATE a JOIN b ON a.x = b.x SET b.y = 1"), rows("UPDATE", None));
    assert_eq!(effect("UPDATE a SET x = 1, y = 2"), rows("UPDATE", Some("a")));
    assert_eq!(effect("DELETE a, b FROM a JOIN b"), rows("DELETE", None));
}

#[test]
fn statements_about_transactions_are_told_from_those_that_may_do_anything() {
    for sql in [
        "BEGIN",
        "start transaction",
        "COMMIT",
        "UNLOCK TABLES",
        "LOCK TABLES `t` WRITE",
        "SET @@session.autocommit = 1",
    ] {
        assert_eq!(effect(sql), Effect::Transaction, "{sql}");
    }
    assert_eq!(effect("BEGIN NOT ATOMIC DELETE FROM t; END"), Effect::Other);
    assert_eq!(effect("SET GLOBAL max_connections = 9"), Effect::Other);
    assert_eq!(effect("/*!40101 SET NAMES utf8mb4 */"), Effect::Session);
}

#[test]
fn the_database_of_a_target_is_told() {
    assert_eq!(databases("DROP TABLE a, `shop`.`b`"), ["shop"]);
    assert_eq!(databases("INSERT INTO shop.t SELECT * FROM other.u"), ["shop"]);
    assert!(databases("DROP TABLE a").is_empty());
}
