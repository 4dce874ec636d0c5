//! Definitions that mean the same in other words are never in conflict, and others always are: on a server of the kind, and
//! in embedded terms, where what only a server could tell is unknown and nothing is taken for there that is not.

use crate::project::Project;
use crate::servers::{Server, both};
use aura_db::model::engine::EngineKind;

/// Which servers take it.
#[derive(Clone, Copy, PartialEq)]
enum On {
    Both,
    Mysql,
    Mariadb,
}
use On::{Both, Mariadb, Mysql};

/// The migration, the statement that was run by hand, and how the migration stands in embedded terms; `$` is its version.
type Case = (On, &'static str, &'static str, &'static str);

const SAME: &[Case] = &[
    (
        Both,
        "T (a INTEGER, b INT(11), c BOOLEAN, d NUMERIC(8))",
        "T (a INT(10), b int, c TINYINT(1), d DECIMAL(8,0))",
        "adopted",
    ),
    (
        Both,
        "T (a BIGINT(20) UNSIGNED, b YEAR(4), c DOUBLE PRECISION)",
        "T (a bigint unsigned, b YEAR, c DOUBLE)",
        "adopted",
    ),
    (
        Both,
        "T (a VARCHAR(9)) CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
        "T (a VARCHAR(9) COLLATE utf8mb4_bin) CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
        "adopted",
    ),
    (Both, "T (a CHAR(4) CHARACTER SET latin1 COLLATE latin1_bin)", "T (a CHAR(4) COLLATE latin1_bin)", "adopted"),
    (Both, "T (a TEXT) CHARSET=utf8", "T (a TEXT) CHARACTER SET utf8mb3", "adopted"),
    (
        Both,
        "T (a DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP)",
        "T (a DATETIME NULL DEFAULT NOW() ON UPDATE LOCALTIME)",
        "adopted",
    ),
    (
        Both,
        "T (a TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3))",
        "T (a TIMESTAMP(3) NOT NULL DEFAULT NOW(3))",
        "adopted",
    ),
    (
        Both,
        "T (a VARCHAR(9) DEFAULT 'it''s', b INT DEFAULT '7', c DECIMAL(4,2) DEFAULT 1.5)",
        "T (a VARCHAR(9) DEFAULT \"it's\", b INT DEFAULT 7, c DECIMAL(4,2) DEFAULT '1.50')",
        "adopted",
    ),
    (
        Both,
        "T (a VARCHAR(9) DEFAULT '', b INT DEFAULT NULL, c BOOL DEFAULT TRUE, d BIT(1) DEFAULT b'1')",
        "T (a VARCHAR(9) DEFAULT '', b INT, c TINYINT(1) DEFAULT 1, d BIT DEFAULT b'1')",
        "adopted",
    ),
    (Both, "T (a DATETIME DEFAULT '2020-01-01')", "T (a DATETIME DEFAULT '2020-01-01 00:00:00')", "adopted"),
    (Both, "T (a ENUM('x','y') DEFAULT 'y')", "T (a enum('x', 'y') DEFAULT 'y')", "adopted"),
    (
        Both,
        "T (a INT PRIMARY KEY, b INT GENERATED ALWAYS AS (a * 2) STORED)",
        "T (a INT, b INT AS ((`a`)*2) STORED, PRIMARY KEY (a))",
        "adopted",
    ),
    (
        Both,
        "T (a INT, CHECK (a > 0 AND a < 9))",
        "T (a INT, CONSTRAINT mine_$ CHECK ((`a` > 0) and (`a` < 9)))",
        "adopted",
    ),
    (
        Both,
        "T (a INT, b VARCHAR(20), KEY k (b(5), a))",
        "T (a INT, b VARCHAR(20), INDEX k USING BTREE (b(5) ASC, a))",
        "adopted",
    ),
    (Both, "T (a INT, b VARCHAR(20), KEY k (b(20)))", "T (a INT, b VARCHAR(20), KEY other (b))", "adopted"),
    (Both, "T (a INT, KEY k (a DESC))", "T (a INT, KEY k (a DESC))", "adopted"),
    (Both, "T (a INT COMMENT 'x') COMMENT='y' ROW_FORMAT=DYNAMIC", "T (a INT)", "adopted"),
    (Both, "T (a INT, b INT)", "T (b INT, a INT) ENGINE=innodb", "adopted"),
    (
        Both,
        "T (a INT PRIMARY KEY, b INT, CONSTRAINT f_$ FOREIGN KEY (b) REFERENCES t$ (a))",
        "T (a INT PRIMARY KEY, b INT, KEY mine (b), FOREIGN KEY (b) REFERENCES t$ (a) ON DELETE RESTRICT ON UPDATE NO ACTION)",
        "adopted",
    ),
    (Both, "T (a INT) PARTITION BY HASH (a) PARTITIONS 2", "T (a INT) PARTITION BY HASH (`a`) PARTITIONS 2", "unknown"),
    (Both, "T (a INT INVISIBLE, b INT)", "T (b INT, a INT INVISIBLE)", "adopted"),
    (
        Both,
        "T (a INT UNIQUE KEY, b INT AUTO_INCREMENT, KEY (b))",
        "T (a INT, b INT NOT NULL AUTO_INCREMENT, UNIQUE INDEX a (a), INDEX b (b))",
        "adopted",
    ),
    (Both, "T (a SERIAL)", "T (a BIGINT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE)", "adopted"),
    (Both, "T (a REAL, b INT ZEROFILL, c TEXT(100))", "T (a DOUBLE, b INT UNSIGNED ZEROFILL, c TEXT)", "unknown"),
    (Both, "T (a JSON)", "T (a JSON)", "adopted"),
    (
        Both,
        "T (Id INT, g INT AS (ID + 1), CONSTRAINT c_$ CHECK (iD > 0))",
        "T (id INT, g INT AS (id + 1), CONSTRAINT c_$ CHECK (id > 0))",
        "adopted",
    ),
    (Both, "T (A INT, `select` INT, KEY K (a))", "T (a INT, `select` INT, KEY k (A))", "adopted"),
    (
        Mariadb,
        "T (a JSON)",
        "T (a LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin CHECK (json_valid(a)))",
        "adopted",
    ),
    (Mariadb, "T (a INT, KEY k (a) IGNORED)", "T (a INT, KEY k (a) IGNORED)", "adopted"),
    (Mariadb, "T (a VARCHAR(36) DEFAULT uuid())", "T (a VARCHAR(36) DEFAULT (UUID()))", "adopted"),
    (
        Mysql,
        "T (a INT, KEY k (a) INVISIBLE, KEY e ((a + 1)))",
        "T (a INT, KEY k (a) /*!80000 INVISIBLE */, KEY e ((`a`+1)))",
        "adopted",
    ),
    (Mysql, "T (a VARCHAR(36) DEFAULT (UUID()))", "T (a VARCHAR(36) DEFAULT (uuid()))", "adopted"),
    (Mysql, "T (a INT, CHECK (a > 0) NOT ENFORCED)", "T (a INT CHECK (a > 0) NOT ENFORCED)", "adopted"),
];

const OTHER: &[Case] = &[
    (Both, "T (a INT)", "T (a BIGINT)", "conflicting"),
    (Both, "T (a INT)", "T (a INT UNSIGNED)", "conflicting"),
    (Both, "T (a BOOLEAN)", "T (a TINYINT)", "conflicting"),
    (Both, "T (a DECIMAL(8))", "T (a DECIMAL(8,2))", "conflicting"),
    (Both, "T (a DATETIME)", "T (a DATETIME(3))", "conflicting"),
    (Both, "T (a INT NOT NULL)", "T (a INT)", "conflicting"),
    (Both, "T (a VARCHAR(9)) COLLATE=utf8mb4_bin", "T (a VARCHAR(9)) COLLATE=utf8mb4_general_ci", "conflicting"),
    (Both, "T (a VARCHAR(9) CHARACTER SET latin1)", "T (a VARCHAR(9))", "conflicting"),
    (Both, "T (a TEXT) CHARSET=utf8mb4", "T (a TEXT) CHARSET=utf8mb3", "conflicting"),
    (Both, "T (a DATETIME DEFAULT CURRENT_TIMESTAMP)", "T (a DATETIME)", "conflicting"),
    (
        Both,
        "T (a DATETIME DEFAULT CURRENT_TIMESTAMP)",
        "T (a DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP)",
        "conflicting",
    ),
    (
        Both,
        "T (a TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3))",
        "T (a TIMESTAMP(3) NOT NULL DEFAULT '2020-01-01')",
        "conflicting",
    ),
    (Both, "T (a VARCHAR(9) DEFAULT '7')", "T (a VARCHAR(9) DEFAULT '07')", "conflicting"),
    (Both, "T (a VARCHAR(9) DEFAULT 'NULL')", "T (a VARCHAR(9) DEFAULT NULL)", "conflicting"),
    (
        Mariadb,
        "T (a VARCHAR(99) DEFAULT 'current_timestamp()')",
        "T (a VARCHAR(99) DEFAULT 'CURRENT_TIMESTAMP')",
        "conflicting",
    ),
    (Both, "T (a INT DEFAULT 7)", "T (a INT DEFAULT 8)", "conflicting"),
    (Both, "T (a ENUM('x','y'))", "T (a ENUM('y','x'))", "conflicting"),
    (Both, "T (a ENUM('x','Y'))", "T (a ENUM('x','y'))", "conflicting"),
    (Both, "T (a INT, b INT AS (a * 2) STORED)", "T (a INT, b INT AS (a * 3) STORED)", "unknown"),
    (Both, "T (a INT, b INT AS (a * 2) STORED)", "T (a INT, b INT AS (a * 2) VIRTUAL)", "conflicting"),
    (Both, "T (a INT, b INT AS (a * 2) STORED)", "T (a INT, b INT)", "conflicting"),
    (Both, "T (a INT, CONSTRAINT c_$ CHECK (a > 0))", "T (a INT, CONSTRAINT c_$ CHECK (a > 1))", "unknown"),
    (Both, "T (a INT, CONSTRAINT c_$ CHECK (a > 0))", "T (a INT)", "partial"),
    (Both, "T (a INT, b VARCHAR(20), KEY k (b(5)))", "T (a INT, b VARCHAR(20), KEY k (b(6)))", "conflicting"),
    (Both, "T (a INT, b VARCHAR(20), KEY k (b(5)))", "T (a INT, b VARCHAR(20), KEY k (b))", "conflicting"),
    (Both, "T (a INT, KEY k (a DESC))", "T (a INT, KEY k (a))", "conflicting"),
    (Both, "T (a INT, UNIQUE KEY k (a))", "T (a INT, KEY k (a))", "conflicting"),
    (Both, "T (a INT, b INT, UNIQUE KEY k (a))", "T (a INT, b INT, KEY other (a, b))", "partial"),
    (
        Both,
        "T (a INT PRIMARY KEY, b INT, CONSTRAINT f_$ FOREIGN KEY (b) REFERENCES t$ (a) ON DELETE CASCADE)",
        "T (a INT PRIMARY KEY, b INT, CONSTRAINT f_$ FOREIGN KEY (b) REFERENCES t$ (a))",
        "conflicting",
    ),
    (Both, "T (a INT) ENGINE=InnoDB", "T (a INT) ENGINE=MyISAM", "conflicting"),
    (Both, "T (a INT) PARTITION BY HASH (a) PARTITIONS 2", "T (a INT)", "conflicting"),
    (Both, "T (a INT) PARTITION BY HASH (a) PARTITIONS 2", "T (a INT) PARTITION BY HASH (a) PARTITIONS 3", "unknown"),
    (Both, "T (a INT INVISIBLE, b INT)", "T (a INT, b INT)", "conflicting"),
    (Both, "T (a INT NOT NULL AUTO_INCREMENT, KEY (a))", "T (a INT NOT NULL, KEY (a))", "conflicting"),
    (Mariadb, "T (a JSON)", "T (a LONGTEXT COLLATE utf8mb4_bin)", "partial"),
    (Mariadb, "T (a INT, KEY k (a))", "T (a INT, KEY k (a) IGNORED)", "conflicting"),
    (Mysql, "T (a JSON)", "T (a LONGTEXT)", "conflicting"),
    (Mysql, "T (a INT, KEY k (a))", "T (a INT, KEY k (a) INVISIBLE)", "conflicting"),
    (Mysql, "T (a INT, KEY k ((a + 1)))", "T (a INT, KEY k ((a + 2)))", "unknown"),
    (Mysql, "T (a INT, CHECK (a > 0))", "T (a INT, CHECK (a > 0) NOT ENFORCED)", "unknown"),
];

/// The standing of each case's migration, of one run over all of them.
fn standings(server: &'static Server, cases: &[Case], line: &str) -> Vec<(Case, String)> {
    let wanted = if server.engine().kind == EngineKind::Mariadb { Mariadb } else { Mysql };
    let cases: Vec<Case> = cases.iter().copied().filter(|case| case.0 == Both || case.0 == wanted).collect();
    let project = Project::new(server, "words");
    for (version, (_, migration, by_hand, _)) in (1..).zip(&cases) {
        let named = |text: &str| {
            format!("CREATE TABLE t{version}{}", text.replace('$', &version.to_string()).strip_prefix('T').unwrap())
        };
        project.up(version, named(migration));
        project.database.run(&named(by_hand));
    }
    let outcome = project.run(&format!("adopt --dry-run --format json {line}"));
    let report: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome:?}"));
    let rows = report["migrations"].as_array().unwrap();
    assert_eq!(rows.len(), cases.len());
    let told = cases.into_iter().zip(rows).map(|(case, row)| {
        let objects = row["objects"].as_array().unwrap().iter().filter(|one| one["verdict"] != "present");
        let objects: Vec<String> = objects.map(ToString::to_string).collect();
        (case, format!("{} {}", row["standing"].as_str().unwrap(), objects.join(" ")))
    });
    told.collect()
}

/// Every case that does not stand as it should, all at once.
fn wrong(server: &'static Server, cases: &[Case], line: &str, is_right: fn(&Case, &str) -> bool) -> Vec<String> {
    let found = standings(server, cases, line).into_iter();
    let wrong = found.filter(|(case, told)| !is_right(case, told.split(' ').next().unwrap_or_default()));
    wrong.map(|(case, told)| format!("{} {line}: {} | {}: {told}", server.engine(), case.1, case.2)).collect()
}

#[test]
fn definitions_in_other_words_are_the_same_and_others_are_not() {
    let mut all = Vec::new();
    for server in both() {
        all.extend(wrong(server, SAME, "", |_, standing| standing == "adopted"));
        all.extend(wrong(server, OTHER, "", |_, standing| matches!(standing, "conflicting" | "partial")));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn in_embedded_terms_the_verdicts_are_the_same_or_unknown() {
    let mut all = Vec::new();
    for server in both() {
        for cases in [SAME, OTHER] {
            all.extend(wrong(server, cases, "--embedded", |case, standing| standing == case.3));
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}
