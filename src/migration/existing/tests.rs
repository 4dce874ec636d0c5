use super::*;
use crate::model::schema::Column;

fn table(indexes: &[&str]) -> Table {
    let columns = [("a", "int"), ("b", "varchar(20)"), ("c", "int")];
    let column =
        |(name, kind): (&str, &str)| Column { name: name.into(), column_type: kind.into(), ..Column::default() };
    let index = |sql: &&str| {
        let effect = effect(sql);
        let (_, index) = added(&effect).next().unwrap();
        Index {
            name: index.name.clone().unwrap(),
            kind: index.kind,
            parts: index.parts.clone(),
            visible: index.visible,
            comment: String::new(),
            cardinality: vec![],
        }
    };
    Table {
        name: "t".into(),
        columns: columns.into_iter().map(column).collect(),
        indexes: indexes.iter().map(index).collect(),
        ..Table::default()
    }
}

fn judged(sql: &str, there: &[&str]) -> Existing {
    judged_with(sql, there, &[])
}

fn judged_with(sql: &str, there: &[&str], defined: &[&str]) -> Existing {
    let engine = Engine { kind: EngineKind::Mysql, version: "9.7.0".into() };
    judge(sql, &effect(sql), &table(there), &engine, &Defined::of(defined.iter().copied()))
}

#[test]
fn what_is_there_by_name_is_skipped_or_conflicts() {
    let same = ["CREATE INDEX i ON t (a, b(5) DESC)", "ALTER TABLE t ADD KEY I (A, b(5) desc), LOCK=NONE"];
    for sql in same {
        assert!(matches!(judged(sql, &["CREATE INDEX i ON t (a, b(5) DESC)"]), Existing::Skip(_)), "{sql}");
    }
    assert!(matches!(judged("CREATE INDEX i ON t (b(20))", &["CREATE INDEX i ON t (b)"]), Existing::Skip(_)));
    for other in ["(a)", "(b, a)", "(a, b DESC)", "(a, b(5))", "((lower(b)))"] {
        let there = format!("CREATE INDEX i ON t {other}");
        assert!(matches!(judged("CREATE INDEX i ON t (a, b)", &[&there]), Existing::Conflict(_)), "{other}");
    }
    let hidden = judged("CREATE INDEX i ON t (a)", &["CREATE INDEX i ON t (a) INVISIBLE"]);
    assert!(matches!(hidden, Existing::Conflict(reason) if reason.contains("hidden from the optimizer")));
    let unique = judged("CREATE UNIQUE INDEX i ON t (a)", &["CREATE INDEX i ON t (a)"]);
    assert!(matches!(unique, Existing::Conflict(reason) if reason.contains("makes UNIQUE (a)")));
}

#[test]
fn what_is_there_by_another_name_serves_unless_the_migrations_make_it() {
    let sql = "CREATE INDEX i ON t (a)";
    assert!(matches!(judged(sql, &["CREATE INDEX x ON t (a)"]), Existing::Skip(reason) if reason.contains("x on t")));
    assert!(matches!(judged(sql, &["CREATE UNIQUE INDEX x ON t (a)"]), Existing::Skip(_)));
    for there in ["CREATE INDEX x ON t (a, b)", "CREATE INDEX x ON t (a) INVISIBLE", "CREATE FULLTEXT INDEX x ON t (a)"]
    {
        assert_eq!(judged(sql, &[there]), Existing::Run, "{there}");
    }
    assert_eq!(judged("CREATE UNIQUE INDEX i ON t (a)", &["CREATE INDEX x ON t (a)"]), Existing::Run);
    for own in ["CREATE TABLE t (a INT, KEY x (a))", "ALTER TABLE t ADD INDEX x (a)"] {
        assert_eq!(judged_with(sql, &["CREATE INDEX x ON t (a)"], &[own]), Existing::Run, "{own}");
    }
    let unnamed = "CREATE TABLE t (a INT UNIQUE)";
    assert_eq!(judged_with(sql, &["CREATE UNIQUE INDEX a_2 ON t (a)"], &[unnamed]), Existing::Run);
}

#[test]
fn of_several_only_the_missing_ones_are_made() {
    let sql = "ALTER TABLE t ADD INDEX i (a), ADD INDEX j (b, c) COMMENT 'x, y', ALGORITHM=INPLACE";
    let Existing::RunInstead(rest, reason) = judged(sql, &["CREATE INDEX i ON t (a)"]) else { panic!() };
    assert_eq!(rest, "ALTER TABLE t ADD INDEX j (b, c) COMMENT 'x, y', ALGORITHM=INPLACE");
    assert!(reason.contains("index i on t"), "{reason}");
    assert!(matches!(judged(sql, &["CREATE INDEX j ON t (c)"]), Existing::Conflict(_)));
    let replaced = "ALTER TABLE t DROP INDEX i, ADD INDEX i (a)";
    assert_eq!(judged(replaced, &["CREATE INDEX i ON t (b)"]), Existing::Run);
}

#[test]
fn beside_other_clauses_too() {
    let there = ["CREATE INDEX i ON t (a)", "CREATE INDEX p ON t (b(5))"];
    for (sql, rest) in [
        ("ALTER TABLE t ADD COLUMN d INT, ADD INDEX i (a)", "ALTER TABLE t ADD COLUMN d INT"),
        ("ALTER TABLE t MODIFY a BIGINT, ADD INDEX i (a)", "ALTER TABLE t MODIFY a BIGINT"),
        ("ALTER TABLE t ADD INDEX other (a), COMMENT 'x'", "ALTER TABLE t COMMENT 'x'"),
        (
            "ALTER TABLE t ADD KEY i (a), ADD FOREIGN KEY (a) REFERENCES u (a)",
            "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (a)",
        ),
    ] {
        assert!(matches!(judged(sql, &there), Existing::RunInstead(run, _) if run == rest), "{sql}");
    }
    for sql in [
        "ALTER TABLE t ADD COLUMN d INT, ADD INDEX i (c)",
        "ALTER TABLE t RENAME COLUMN a TO z, ADD INDEX i (z)",
        "ALTER TABLE t MODIFY b TEXT, ADD INDEX p (b(5))",
        "ALTER TABLE t DROP COLUMN c, ADD UNIQUE i (a)",
    ] {
        assert!(matches!(judged(sql, &there), Existing::Conflict(_)), "{sql}");
    }
    for sql in [
        "ALTER TABLE t RENAME INDEX i TO j, ADD INDEX i (c)",
        "ALTER TABLE t DROP COLUMN a, ADD COLUMN a BIGINT, ADD INDEX i (a, c)",
        "ALTER TABLE t DROP CONSTRAINT i, ADD UNIQUE i (a)",
        "ALTER TABLE t MODIFY b TEXT, ADD INDEX other (b(5))",
        "ALTER TABLE t ADD INDEX n (c), ENGINE=InnoDB",
    ] {
        assert_eq!(judged(sql, &there), Existing::Run, "{sql}");
    }
}

#[test]
fn a_name_that_is_taken_is_told_with_both_definitions() {
    let told = |sql: &str| taken(sql, &effect(sql), Some(&table(&["CREATE INDEX i ON t (a)"])));
    let both = told("ALTER TABLE t RENAME INDEX x TO y, ADD UNIQUE i (b)").unwrap();
    assert!(both.contains("it is (a), and the statement makes UNIQUE (b)"), "{both}");
    assert!(told("ALTER TABLE t ADD KEY n (a), ADD KEY N (b)").unwrap().contains("makes two indexes N on t"));
    assert!(told("ALTER TABLE t RENAME INDEX x TO I").unwrap().contains("makes the one that was x"));
    assert!(told("CREATE TABLE u (a INT, b INT, KEY k (a), KEY k (b))").unwrap().contains("k on u: (a) and (b)"));
    assert_eq!(told("ALTER TABLE t ADD KEY n (a), ADD KEY (b)"), None);
}

#[test]
fn what_was_there_before_stays() {
    let two = "ALTER TABLE t ADD INDEX i (a), ADD INDEX j (b)";
    let kept = kept([("CREATE INDEX k ON T (a)", None), (two, Some("ALTER TABLE t ADD INDEX j (b)"))]);
    assert_eq!(kept.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["i", "k"]);
    assert!(matches!(keep("DROP INDEX K ON t", &kept), Existing::Skip(_)));
    assert_eq!(keep("DROP INDEX j ON t", &kept), Existing::Run);
    let down = keep("ALTER TABLE t DROP INDEX i, DROP KEY j", &kept);
    assert!(matches!(down, Existing::RunInstead(rest, _) if rest == "ALTER TABLE t DROP KEY j"));
}
