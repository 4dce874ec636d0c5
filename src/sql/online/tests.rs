use super::*;
use crate::model::engine::EngineKind::{Mariadb, Mysql};
use proptest::prelude::*;

const INPLACE: Rung = Rung { algorithm: Algorithm::Inplace, lock: LockTaken::None };
const INSTANT: Rung = Rung { algorithm: Algorithm::Instant, lock: LockTaken::Default };

fn with(sql: &str, rung: Rung, kind: EngineKind) -> String {
    online(sql).unwrap_or_else(|| panic!("{sql}")).with(sql, rung, kind)
}

#[test]
fn the_clauses_stand_behind_the_table_before_everything_else() {
    for (sql, expected) in [
        ("ALTER TABLE t ADD COLUMN a INT", "ALTER TABLE t ALGORITHM=INPLACE, LOCK=NONE, ADD COLUMN a INT"),
        ("alter table `s`.`t` drop a -- x", "alter table `s`.`t` ALGORITHM=INPLACE, LOCK=NONE, drop a -- x"),
        ("ALTER TABLE t", "ALTER TABLE t ALGORITHM=INPLACE, LOCK=NONE"),
        ("ALTER TABLE t ORDER BY a, b", "ALTER TABLE t ALGORITHM=INPLACE, LOCK=NONE, ORDER BY a, b"),
        (
            "ALTER TABLE t PARTITION BY HASH(id) PARTITIONS 2",
            "ALTER TABLE t ALGORITHM=INPLACE, LOCK=NONE PARTITION BY HASH(id) PARTITIONS 2",
        ),
        ("ALTER TABLE t REMOVE PARTITIONING", "ALTER TABLE t ALGORITHM=INPLACE, LOCK=NONE REMOVE PARTITIONING"),
        (
            "ALTER TABLE t ADD a INT PARTITION BY HASH(id)",
            "ALTER TABLE t ALGORITHM=INPLACE, LOCK=NONE, ADD a INT PARTITION BY HASH(id)",
        ),
        (
            "ALTER ONLINE IGNORE TABLE IF EXISTS t WAIT 5 FORCE",
            "ALTER ONLINE IGNORE TABLE IF EXISTS t WAIT 5 ALGORITHM=INPLACE, FORCE",
        ),
        (
            "ALTER TABLE t ADD a INT /*!80000 INVISIBLE */",
            "ALTER TABLE t ALGORITHM=INPLACE, LOCK=NONE, ADD a INT /*!80000 INVISIBLE */",
        ),
    ] {
        assert_eq!(with(sql, INPLACE, Mysql), expected);
    }
}

#[test]
fn index_statements_take_them_at_their_end_and_no_comment_swallows_them() {
    for (sql, expected) in [
        ("CREATE INDEX i ON t (a)", "CREATE INDEX i ON t (a) ALGORITHM=INPLACE LOCK=NONE"),
        (
            "CREATE UNIQUE INDEX i USING BTREE ON s.t (a, (b + 1)) COMMENT 'x' -- why",
            "CREATE UNIQUE INDEX i USING BTREE ON s.t (a, (b + 1)) COMMENT 'x' ALGORITHM=INPLACE LOCK=NONE -- why",
        ),
        (
            "CREATE INDEX i ON t (a) /*!80000 INVISIBLE */ /* why */;",
            "CREATE INDEX i ON t (a) /*!80000 INVISIBLE */ ALGORITHM=INPLACE LOCK=NONE /* why */;",
        ),
        ("DROP INDEX i ON t # why", "DROP INDEX i ON t ALGORITHM=INPLACE LOCK=NONE # why"),
    ] {
        assert_eq!(with(sql, INPLACE, Mysql), expected);
    }
}

#[test]
fn mariadb_drops_an_index_by_the_alter_table_that_says_the_same() {
    let nocopy = Rung { algorithm: Algorithm::Nocopy, lock: LockTaken::None };
    assert_eq!(
        with("DROP INDEX IF EXISTS `a b` ON `s`.`t` WAIT 3", nocopy, Mariadb),
        "ALTER TABLE `s`.`t` WAIT 3 ALGORITHM=NOCOPY, LOCK=NONE, DROP INDEX IF EXISTS `a b`"
    );
}

#[test]
fn the_statements_own_clauses_are_read_where_they_are_clauses() {
    let own = |sql: &str| online(sql).map(|found| (found.own.algorithm, found.own.lock)).unwrap();
    let (inplace, none) = (Some(Algorithm::Inplace), Some(LockTaken::None));
    assert_eq!(own("ALTER TABLE t ADD a INT, ALGORITHM=INPLACE, LOCK = NONE"), (inplace, none));
    assert_eq!(own("ALTER TABLE t ALGORITHM INPLACE, ADD `lock` INT"), (inplace, None));
    assert_eq!(own("ALTER TABLE t ADD lock INT, ADD (algorithm INT, LOCK INT)"), (None, None));
    assert_eq!(own("ALTER TABLE t ADD a INT COMMENT 'x, ALGORITHM=COPY'"), (None, None));
    assert_eq!(own("ALTER TABLE t ADD a INT, ALGORITHM=DEFAULT, LOCK=DEFAULT"), (None, None));
    assert_eq!(own("ALTER TABLE t ADD a INT, ALGORITHM=COPY, ALGORITHM=INPLACE"), (inplace, None));
    assert_eq!(own("CREATE INDEX i ON t (lock) LOCK=SHARED"), (None, Some(LockTaken::Shared)));
    assert_eq!(own("DROP INDEX lock ON t ALGORITHM = COPY"), (Some(Algorithm::Copy), None));
}

#[test]
fn a_lock_of_its_own_stays_and_only_the_algorithm_is_asked_for() {
    let sql = "ALTER TABLE t ADD a INT, LOCK=SHARED";
    let found = online(sql).unwrap();
    let rungs: Vec<String> = found.rungs(Mysql, (9, 7)).iter().map(ToString::to_string).collect();
    assert_eq!(rungs, ["ALGORITHM=INSTANT", "ALGORITHM=INPLACE, LOCK=SHARED", "ALGORITHM=COPY, LOCK=SHARED"]);
    assert_eq!(found.with(sql, INSTANT, Mysql), "ALTER TABLE t ALGORITHM=INSTANT, ADD a INT, LOCK=DEFAULT");
    let instant = Rung { lock: LockTaken::None, ..INSTANT };
    assert_eq!(found.with(sql, instant, Mariadb), "ALTER TABLE t ALGORITHM=INSTANT, ADD a INT, LOCK=NONE");
    assert!(!found.rungs(Mariadb, (10, 11)).iter().any(|rung| rung.algorithm == Algorithm::Nocopy));
    assert_eq!(found.with(sql, INPLACE, Mysql), "ALTER TABLE t ALGORITHM=INPLACE, ADD a INT, LOCK=SHARED");
    let index = "CREATE INDEX i ON t (a) LOCK=NONE";
    assert_eq!(with(index, INSTANT, Mysql), "CREATE INDEX i ON t (a) LOCK=DEFAULT ALGORITHM=INSTANT");
    assert!(online("ALTER TABLE t FORCE, ALGORITHM=COPY").unwrap().rungs(Mysql, (9, 7)).is_empty());
}

#[test]
fn what_takes_no_clauses_is_told_apart_by_whether_it_moves_rows() {
    for sql in [
        "CREATE TABLE t (a INT)",
        "RENAME TABLE a TO b",
        "ALTER DATABASE d CHARACTER SET utf8mb4",
        "ALTER TABLE t DROP PARTITION p0",
        "ALTER TABLE t ADD PARTITION (PARTITION p2 VALUES LESS THAN (9))",
        "ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u",
        "ALTER TABLE t DISCARD TABLESPACE",
        "CREATE FULLTEXT PARSER x",
        "DROP TABLE t",
        "INSERT INTO t VALUES (1)",
        "ALTER TABLE t ADD COLUMN a INT; DROP TABLE u",
    ] {
        assert_eq!(online(sql), None, "{sql}");
    }
    for sql in [
        "ALTER TABLE t REORGANIZE PARTITION p INTO (PARTITION q VALUES LESS THAN (9))",
        "ALTER TABLE t ADD PARTITION PARTITIONS 4",
        "/*!50000 ALTER TABLE t ADD COLUMN a INT */",
        "ALTER TABLE t /*!80000 ADD COLUMN a INT */",
        "ALTER TABLE t ADD COLUMN a INT /*!80000 , ALGORITHM=INSTANT */",
    ] {
        let found = online(sql).unwrap_or_else(|| panic!("{sql}"));
        assert!(found.obstacle().is_some() && found.rungs(Mysql, (9, 7)).is_empty(), "{sql}");
        assert_eq!(found.table, "t");
    }
    assert!(online("ALTER TABLE t ADD `partition` INT").unwrap().obstacle().is_none());
}

#[test]
fn the_ladder_goes_from_what_hurts_least_to_what_hurts_most() {
    let found = online("ALTER TABLE t ADD a INT").unwrap();
    let rungs = |kind, version| -> Vec<String> {
        found.rungs(kind, version).iter().map(|rung| rung.to_string().replace("ALGORITHM=", "")).collect()
    };
    let mysql = ["INSTANT", "INPLACE, LOCK=NONE", "INPLACE, LOCK=SHARED", "COPY, LOCK=SHARED", "COPY"];
    assert_eq!(rungs(Mysql, (9, 7)), mysql);
    assert_eq!(rungs(Mariadb, (10, 11))[..3], ["INSTANT, LOCK=NONE", "NOCOPY, LOCK=NONE", "INPLACE, LOCK=NONE"]);
    assert!(rungs(Mariadb, (11, 4)).contains(&"COPY, LOCK=NONE".to_owned()));
    assert!(rungs(EngineKind::Embedded, (3, 50)).is_empty());
}

proptest! {
    /// Taking the clauses out again gives the user's words back, to the letter.
    #[test]
    fn the_users_words_are_kept(
        table in "[a-z]{1,6}|`[a-z ,()]{1,6}`",
        clause in "ADD COLUMN `[a-z,( ]{1,5}` INT( DEFAULT '[a-z,;#]{0,4}')?|ADD INDEX \\(a, b\\)|FORCE|ENGINE=InnoDB|ORDER BY a, b",
        tail in "( |\n| /\\* x, \\*/| # x|-- ALGORITHM=COPY)?",
    ) {
        let sql = format!("ALTER TABLE {table} {clause}{tail}");
        let sent = with(&sql, INPLACE, Mysql);
        prop_assert_eq!(sent.replacen(" ALGORITHM=INPLACE, LOCK=NONE,", "", 1), sql);
        let index = format!("CREATE INDEX i ON {table} (a){tail}");
        let sent = with(&index, INPLACE, Mysql);
        prop_assert_eq!(sent.replacen(" ALGORITHM=INPLACE LOCK=NONE", "", 1), index);
    }

    #[test]
    fn any_text_is_read_or_left_alone(text in "(ALTER TABLE|CREATE INDEX|DROP INDEX|ON|t|,|\\(|\\)|'|`|/\\*!|\\*/|LOCK|=| |;|ü){0,14}") {
        if let Some(found) = online(&text) {
            for rung in [INSTANT, INPLACE] {
                prop_assert!(!found.with(&text, rung, Mysql).is_empty());
            }
        }
    }
}

#[test]
fn only_what_is_over_in_a_moment_may_lock_mariadb_exclusively_under_instant() {
    let instant = |sql: &str| {
        let rungs = online(sql).unwrap().rungs(Mariadb, (10, 11));
        rungs.into_iter().filter(|rung| rung.algorithm == Algorithm::Instant).map(|rung| rung.lock).collect::<Vec<_>>()
    };
    assert_eq!(instant("ALTER TABLE t RENAME TO u"), [LockTaken::None, LockTaken::Default]);
    assert_eq!(instant("ALTER TABLE t RENAME u, DISABLE KEYS"), [LockTaken::None, LockTaken::Default]);
    assert_eq!(instant("ALTER TABLE t RENAME TO u, ORDER BY a"), [LockTaken::None]);
    assert_eq!(instant("ALTER TABLE t RENAME COLUMN a TO b"), [LockTaken::None]);
}

#[test]
fn an_instant_of_the_statements_own_is_not_believed_where_mariadb_copies_all_the_same() {
    let copies = |sql: &str, kind| online(sql).unwrap().may_copy_all_the_same(kind);
    assert!(copies("ALTER TABLE t ALGORITHM=INSTANT, ORDER BY a", Mariadb));
    assert!(copies("ALTER TABLE t ALGORITHM=NOCOPY, LOCK=SHARED, ENGINE=MyISAM", Mariadb));
    assert!(copies("ALTER TABLE t ALGORITHM=INSTANT PARTITION BY HASH(id)", Mariadb));
    assert!(!copies("ALTER TABLE t ALGORITHM=INSTANT PARTITION BY HASH(id)", Mysql));
    assert!(!copies("ALTER TABLE t ALGORITHM=INSTANT, LOCK=NONE, ENGINE=MyISAM", Mariadb));
    assert!(!copies("ALTER TABLE t ALGORITHM=INSTANT, ADD a INT", Mariadb));
}
