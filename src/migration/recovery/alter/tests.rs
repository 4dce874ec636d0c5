use crate::migration::recovery::{Settled, State, States, settle};
use crate::migration::witness::witness;
use crate::sql::ddl::effect;

const T: &str = "CREATE TABLE `t` (\n  `a` int NOT NULL,\n  `b` int DEFAULT NULL,\n  KEY `i` (`a`)\n) ENGINE=InnoDB";

fn present(definition: &str) -> State {
    State::Present { definition: definition.into(), identity: None }
}

fn settled(sql: &str, before: &[(&str, State)], now: &[(&str, State)]) -> Settled {
    let states = |states: &[(&str, State)]| -> States {
        states.iter().map(|(name, state)| ((*name).to_owned(), state.clone())).collect()
    };
    let effect = effect(sql);
    settle(sql, &effect, &witness(&effect, None), &states(before), &states(now))
}

#[test]
fn each_clause_of_an_alter_is_a_witness_whatever_others_change() {
    let before = [("table t", present(T))];
    let with = |from: &str, to: &str| [("table t", present(&T.replace(from, to)))];
    let elsewhere = with("ENGINE=InnoDB", "ENGINE=InnoDB COMMENT='by somebody else'");
    for (sql, from, to) in [
        ("ALTER TABLE t ADD COLUMN c INT", "  KEY", "  `c` int DEFAULT NULL,\n  KEY"),
        ("ALTER TABLE t DROP COLUMN b", "  `b` int DEFAULT NULL,\n", ""),
        ("ALTER TABLE t MODIFY b BIGINT", "`b` int", "`b` bigint"),
        ("ALTER TABLE t CHANGE b c INT", "`b` int", "`c` int"),
        ("ALTER TABLE t RENAME COLUMN B TO c", "`b` int", "`c` int"),
        ("ALTER TABLE t ADD INDEX j (b)", "KEY `i`", "KEY `j` (`b`),\n  KEY `i`"),
        ("ALTER TABLE t DROP INDEX i", "KEY `i` (`a`)", ""),
        ("CREATE INDEX j ON t (b)", "KEY `i`", "KEY `j` (`b`),\n  KEY `i`"),
        ("DROP INDEX i ON t", "KEY `i` (`a`)", ""),
        ("ALTER TABLE t RENAME INDEX i TO j", "KEY `i` (`a`)", "KEY `j` (`a`)"),
    ] {
        assert_eq!(settled(sql, &before, &before), Settled::NotDone, "{sql}");
        assert_eq!(settled(sql, &before, &with(from, to)), Settled::Done, "{sql}");
        assert_eq!(settled(sql, &before, &elsewhere), Settled::NotDone, "{sql}");
    }
}

#[test]
fn a_name_that_another_clause_takes_does_not_hide_that_the_alter_took_effect() {
    let before = [("table t", present(T))];
    let now = |text: &str| [("table t", present(text))];
    let moved = T.replace("`a` int", "`c` int").replace("`b` int", "`a` int").replace("(`a`)", "(`c`)");
    let again = T.replace("`b` int", "`b` bigint");
    let index = T.replace("KEY `i` (`a`)", "KEY `i` (`b`)");
    for (sql, after) in [
        ("ALTER TABLE t RENAME COLUMN a TO c, RENAME COLUMN b TO a", moved),
        ("ALTER TABLE t DROP COLUMN b, ADD COLUMN b BIGINT", again),
        ("ALTER TABLE t DROP INDEX i, ADD INDEX i (b), ADD COLUMN c INT", index.replace("  KEY", "  `c` int,\n  KEY")),
        ("ALTER TABLE t DROP INDEX i, ADD INDEX i (b)", index.clone()),
        ("ALTER TABLE t RENAME INDEX i TO j, ADD INDEX i (b)", index.replace("  KEY", "  KEY `j` (`a`),\n  KEY")),
    ] {
        let unchanged = settled(sql, &before, &before);
        if sql.contains("ADD COLUMN b") {
            // The new column may be defined as the old one was, and have lost its values.
            assert!(matches!(unchanged, Settled::InDoubt(_)), "{sql}");
        } else {
            assert_eq!(unchanged, Settled::NotDone, "{sql}");
        }
        assert_eq!(settled(sql, &before, &now(&after)), Settled::Done, "{sql}");
    }
    let two = T.replace("  KEY", "  KEY `j` (`b`),\n  KEY");
    let sql = "ALTER TABLE t DROP INDEX i, RENAME INDEX j TO i";
    assert_eq!(settled(sql, &now(&two), &now(&T.replace("(`a`)", "(`b`)"))), Settled::Done);
    assert_eq!(settled(sql, &now(&two), &now(&two)), Settled::NotDone);
}

#[test]
fn constraints_options_and_visibility_are_judged_by_themselves() {
    let t = "CREATE TABLE `t` (\n  `a` int NOT NULL,\n  `b` int DEFAULT NULL,\n  PRIMARY KEY (`a`),\n  KEY `i` (`a`),\n  \
             CONSTRAINT `c` CHECK ((`a` > 1))\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=COMPACT COMMENT='x'";
    let table = |text: &str| [("table t", present(text))];
    let elsewhere = |text: &str| text.replace("  `b` int", "  `z` int,\n  `b` int");
    let checked = t.replace("  CONSTRAINT `c`", "  CONSTRAINT `d` CHECK ((`b` > 1)),\n  CONSTRAINT `c`");
    for (sql, after) in [
        ("ALTER TABLE t ADD CONSTRAINT d CHECK (b > 1)", checked.clone()),
        ("ALTER TABLE t ADD CONSTRAINT d FOREIGN KEY (b) REFERENCES p (id)", checked.clone()),
        ("ALTER TABLE t DROP CONSTRAINT c", t.replace(",\n  CONSTRAINT `c` CHECK ((`a` > 1))", "")),
        ("ALTER TABLE t DROP CHECK c", t.replace(",\n  CONSTRAINT `c` CHECK ((`a` > 1))", "")),
        ("ALTER TABLE t DROP PRIMARY KEY", t.replace("  PRIMARY KEY (`a`),\n", "")),
        ("ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (b)", t.replace("PRIMARY KEY (`a`)", "PRIMARY KEY (`b`)")),
        ("ALTER TABLE t ENGINE=MyISAM", t.replace("=InnoDB", "=MyISAM")),
        ("ALTER TABLE t COMMENT 'y'", t.replace("'x'", "'y'")),
        ("ALTER TABLE t COMMENT ''", t.replace(" COMMENT='x'", "")),
        ("ALTER TABLE t ROW_FORMAT = DYNAMIC", t.replace("COMPACT", "DYNAMIC")),
        ("ALTER TABLE t DEFAULT CHARACTER SET latin1", t.replace("utf8mb4", "latin1")),
        ("ALTER TABLE t ALTER INDEX i INVISIBLE", t.replace("(`a`),\n  CON", "(`a`) /*!80000 INVISIBLE */,\n  CON")),
        ("ALTER TABLE t ALTER COLUMN b SET DEFAULT 4", t.replace("DEFAULT NULL", "DEFAULT '4'")),
        ("ALTER TABLE t RENAME INDEX i TO j", t.replace("KEY `i`", "KEY `j`")),
        ("ALTER TABLE t ADD INDEX (b)", t.replace("  KEY `i`", "  KEY `b` (`b`),\n  KEY `i`")),
    ] {
        assert_eq!(settled(sql, &table(t), &table(t)), Settled::NotDone, "{sql}");
        assert_eq!(settled(sql, &table(t), &table(&after)), Settled::Done, "{sql}");
        assert_eq!(settled(sql, &table(t), &table(&elsewhere(t))), Settled::NotDone, "{sql}: altered by somebody else");
        assert_eq!(settled(sql, &table(t), &table(&elsewhere(&after))), Settled::Done, "{sql}: and done");
    }
    let doubtful = |sql: &str, now: &str| matches!(settled(sql, &table(t), &table(now)), Settled::InDoubt(_));
    assert!(doubtful("ALTER TABLE t COMMENT 'y'", &t.replace("'x'", "'z'")), "somebody else's comment");
    assert!(doubtful("ALTER TABLE t ADD CHECK (b > 1)", &elsewhere(&checked)), "the server names it");
    assert_eq!(settled("ALTER TABLE t ADD CHECK (b > 1)", &table(t), &table(&checked)), Settled::Done);
    let two = "ALTER TABLE t COMMENT 'y' ENGINE=InnoDB";
    assert_eq!(settled(two, &table(t), &table(&elsewhere(t))), Settled::NotDone);
    assert_eq!(settled(two, &table(t), &table(&t.replace("'x'", "'y'"))), Settled::Done);
    assert!(doubtful("ALTER TABLE t SECONDARY_LOAD", &elsewhere(t)), "not known");
    let again = settled("ALTER TABLE t FORCE", &table(t), &table(&elsewhere(t)));
    assert_eq!(again, Settled::NotDone, "twice is as good as once");
}

#[test]
fn a_renamed_table_is_told_by_its_name_whatever_else_has_changed() {
    let other = T.replace("`b` int", "`b` bigint");
    let at = |a: State, b: State| [("table a", a), ("table b", b)];
    let sql = "RENAME TABLE a TO b";
    let before = at(present(T), State::Absent);
    assert_eq!(settled(sql, &before, &at(State::Absent, present(&other))), Settled::Done);
    assert_eq!(settled(sql, &before, &at(present(&other), State::Absent)), Settled::NotDone);
    assert!(matches!(settled(sql, &before, &at(State::Absent, State::Absent)), Settled::InDoubt(_)));
    let moved = "ALTER TABLE a RENAME TO b";
    assert_eq!(settled(moved, &before, &at(State::Absent, present(&other))), Settled::Done);
    assert_eq!(settled(moved, &before, &at(present(&other), State::Absent)), Settled::NotDone);
    let numbered = |text: &str, n: &str| State::Present { definition: text.into(), identity: Some(n.into()) };
    let three = |a: State, b: State| [("table a", a), ("table b", b), ("table c", State::Absent)];
    let swap = "RENAME TABLE a TO c, b TO a, c TO b";
    let twins = three(numbered(T, "1"), numbered(T, "2"));
    assert_eq!(settled(swap, &twins, &three(numbered(T, "2"), numbered(&other, "1"))), Settled::Done);
    assert_eq!(settled(swap, &twins, &three(numbered(&other, "1"), numbered(T, "2"))), Settled::NotDone);
    assert!(matches!(settled(swap, &twins, &three(numbered(T, "3"), numbered(T, "2"))), Settled::InDoubt(_)));
    let unlike = three(present(T), present(&other));
    assert_eq!(settled(swap, &unlike, &three(present(&other), present(T))), Settled::Done);
    assert_eq!(settled(swap, &unlike, &unlike), Settled::NotDone);
}
