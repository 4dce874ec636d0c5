//! DDL on tables in use: carried out in the least harmful way that the server knows, and never a copy by surprise.

use crate::project::{Project, contains};
use crate::servers::{Database, block_on, both, mariadb, mysql};
use aura_db::engine::Session;
use aura_db::engine::connect::{self, Purpose};
use aura_db::engine::online::{CopyPolicy, classify, run_asserted};
use aura_db::engine::settings::{Address, Settings};
use aura_db::model::engine::EngineKind;
use aura_db::model::online::{LockTaken, OnlineClass, Outcome};
use aura_db::sql::online::group;
use std::time::Duration;

const PROFILE: &str = "connect: {url-variable: DATABASE_URL}\ncopy-limit: 0 B\n";
const TABLES: &str = "CREATE TABLE p (id INT PRIMARY KEY);
    CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(20), x TEXT, p INT, KEY ka (a)) DEFAULT CHARSET=utf8mb4;
    INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 7, 'x', 'words', 1), (2, 7, 'y', 'more', 1)";

fn session(database: &Database) -> Session {
    let settings = Settings {
        address: Address::from_url(&database.url()).unwrap(),
        pool: 1,
        connect_timeout: Duration::from_secs(10),
        lock_wait_timeout: Duration::from_secs(10),
        lock_give_up: Duration::from_secs(10),
        runner_lock_timeout: Duration::from_secs(10),
    };
    block_on(connect::session(&settings, Purpose::Write)).unwrap()
}

fn classified(database: &Database, sql: &str) -> Outcome {
    block_on(classify(&mut session(database), sql))
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
        .unwrap_or_else(|| panic!("{sql} is none for the ladder"))
}

#[test]
fn the_class_of_a_statement_is_what_the_server_does_with_it() {
    const INPLACE: OnlineClass = OnlineClass::Inplace { rebuild: Some(false) };
    const REBUILD: OnlineClass = OnlineClass::Inplace { rebuild: Some(true) };
    for server in both() {
        let mariadb = server.engine().kind == EngineKind::Mariadb;
        for (sql, class, lock) in [
            ("ALTER TABLE t ADD COLUMN n INT", OnlineClass::Instant, LockTaken::None),
            ("ALTER TABLE t RENAME TO tt", OnlineClass::Instant, LockTaken::None),
            ("ALTER TABLE t ADD INDEX i (b)", INPLACE, LockTaken::None),
            ("CREATE UNIQUE INDEX i ON t (b) -- by name", INPLACE, LockTaken::None),
            ("DROP INDEX ka ON t", INPLACE, LockTaken::None),
            ("ALTER TABLE t FORCE", REBUILD, LockTaken::None),
            ("CREATE FULLTEXT INDEX f ON t (x)", REBUILD, LockTaken::Shared),
            ("ALTER TABLE t MODIFY a BIGINT", OnlineClass::Copy, LockTaken::Shared),
            ("ALTER TABLE t ADD FOREIGN KEY (p) REFERENCES p (id)", OnlineClass::Copy, LockTaken::Shared),
            ("ALTER TABLE t PARTITION BY HASH (id) PARTITIONS 2", OnlineClass::Copy, LockTaken::Shared),
            ("ALTER TABLE t ORDER BY a, b", OnlineClass::Copy, LockTaken::Shared),
            (
                "ALTER TABLE t MODIFY b VARCHAR(200)",
                if mariadb { OnlineClass::Instant } else { OnlineClass::Copy },
                if mariadb { LockTaken::None } else { LockTaken::Shared },
            ),
            ("ALTER TABLE t ADD COLUMN n INT, LOCK=SHARED", OnlineClass::Instant, LockTaken::None),
            ("ALTER TABLE t ADD INDEX i (b), ALGORITHM=COPY", OnlineClass::Copy, LockTaken::Default),
            ("ALTER TABLE t FORCE, ALGORITHM=INPLACE, LOCK=NONE", REBUILD, LockTaken::None),
        ] {
            let database = server.database("classified");
            database.run(TABLES);
            let outcome = classified(&database, sql);
            assert_eq!((outcome.class, outcome.lock), (Some(class), lock), "{} {sql}: {outcome:?}", server.engine());
            assert!(outcome.own || class == OnlineClass::Instant || outcome.reason().is_some(), "{outcome:?}");
        }
    }
}

#[test]
fn an_error_of_the_statement_is_its_own_whichever_way_it_shows_in() {
    for server in both() {
        let database = server.database("own_error");
        database.run(TABLES);
        for (sql, codes) in [
            ("ALTER TABLE t ADD UNIQUE u (a)", &[1062][..]),
            ("ALTER TABLE t ADD INDEX i (nope)", &[1072]),
            ("ALTER TABLE nope ADD COLUMN a INT", &[1146]),
            ("CREATE INDEX ka ON t (b)", &[1061]),
            ("DROP INDEX nope ON t", &[1091]),
            ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 9)", &[3819, 4025]),
            ("ALTER TABLE t ADD COLUMN", &[1064]),
        ] {
            let error = block_on(classify(&mut session(&database), sql)).unwrap_err();
            assert!(error.code().is_some_and(|code| codes.contains(&code)), "{} {sql}: {error}", server.engine());
        }
        assert_eq!(database.value("SELECT COUNT(*) FROM t").as_deref(), Some("2"));
    }
}

#[test]
fn a_lock_that_the_table_cannot_do_without_is_said() {
    for server in both() {
        let project = Project::new(server, "shared_lock");
        project.database.run(TABLES);
        project.up(1, "CREATE FULLTEXT INDEX f ON t (x);");
        let outcome = project.run("migrate").exits(0);
        contains(&outcome.stderr, "table t: INPLACE, and writes to it waited; the server on the next better way: ");
        contains(&outcome.stderr, "Fulltext index creation requires a lock");
    }
}

/// The numbers of the tables, which change when one is built anew.
fn numbers(database: &Database) -> Vec<String> {
    let catalogue =
        if database.server.engine().kind == EngineKind::Mariadb { "innodb_sys_tables" } else { "innodb_tables" };
    database.column(&format!(
        "SELECT CONCAT(name, ' ', table_id) FROM information_schema.{catalogue} \
         WHERE name IN (CONCAT(DATABASE(), '/t'), CONCAT(DATABASE(), '/p')) ORDER BY 1"
    ))
}

/// The statements that MySQL has seen in this database, with literals left out.
fn seen(database: &Database) -> String {
    let digests = "SELECT digest_text FROM performance_schema.events_statements_summary_by_digest \
                   WHERE schema_name = DATABASE()";
    database.column(digests).join("\n").replace('`', "").replace(" = ", "=")
}

#[test]
fn columns_and_indexes_come_and_go_beside_the_app() {
    for server in both() {
        let project = Project::new(server, "beside");
        project.database.run(TABLES);
        project.file("profiles/environments/strict.yaml", PROFILE);
        let before = numbers(&project.database);
        project.pair(1, "ALTER TABLE t ADD COLUMN n INT NOT NULL DEFAULT 5;", "ALTER TABLE t DROP COLUMN n;");
        project.pair(2, "CREATE INDEX i ON t (b); -- by name\n", "DROP INDEX i ON t;");
        project.pair(3, "ALTER TABLE t ADD INDEX j (b, a), ALGORITHM=INPLACE, LOCK=NONE;", "DROP INDEX j ON t;");
        project.run("migrate --profile strict --yes").exits(0);
        assert_eq!(project.database.column("SELECT n FROM t"), ["5", "5"]);
        project.run("rollback all --discard-data --profile strict --yes").exits(0);
        assert_eq!(numbers(&project.database), before, "{}", server.engine());
        assert_eq!(project.database.column("SELECT b FROM t ORDER BY id"), ["x", "y"]);
        if server.engine().kind == EngineKind::Mysql {
            let seen = seen(&project.database);
            contains(&seen, "ALTER TABLE t ALGORITHM=INSTANT , ADD COLUMN n");
            contains(&seen, "CREATE INDEX i ON t ( b ) ALGORITHM=INPLACE LOCK=NONE");
            contains(&seen, "DROP INDEX i ON t ALGORITHM=INPLACE LOCK=NONE");
            contains(&seen, "ALTER TABLE t ADD INDEX j ( b , a ) , ALGORITHM=INPLACE , LOCK=NONE");
            assert!(!seen.contains("COPY"), "{seen}");
        }
    }
}

#[test]
fn a_copy_above_the_limit_needs_to_be_allowed() {
    for server in both() {
        let project = Project::new(server, "copy");
        project.database.run(TABLES);
        project.file("profiles/environments/strict.yaml", PROFILE);
        project.pair(1, "ALTER TABLE t MODIFY a BIGINT;", "ALTER TABLE t MODIFY a INT;");
        let (contents, before) = (project.contents(), numbers(&project.database));
        for verb in ["migrate", "apply schema"] {
            let refused = project.run(&format!("{verb} --profile strict --yes")).exits(4);
            for part in [
                "_step.up.sql:1:1",
                "table t has about",
                "rows by the server's estimate, which is above the limit of 0 bytes (copy-limit)",
                "  ALGORITHM=INSTANT",
                "the server would work on it by ALGORITHM=COPY, LOCK=SHARED: the app's writes wait",
                "ALGORITHM=INPLACE, LOCK=NONE: error 1846",
                "pass --allow-copy",
                "the database is as it was before it",
            ] {
                contains(&refused.stderr, part);
            }
            assert_eq!((project.contents(), numbers(&project.database)), (contents.clone(), before.clone()));
            assert_eq!(project.states(), ["1 pending"]);
        }
        project.run("migrate --profile strict --yes --allow-copy").exits(0);
        assert_eq!(project.database.column("SELECT CONCAT(id, a, b) FROM t ORDER BY id"), ["17x", "27y"]);
        let refused = project.run("rollback --profile strict --yes --discard-data").exits(4);
        contains(&refused.stderr, "pass --allow-copy");
        assert_eq!(project.states(), ["1 applied"]);
        project.run("rollback --profile strict --yes --discard-data --allow-copy").exits(0);
        assert_eq!(project.states(), ["1 pending"]);
        // By default a table of this size may be copied.
        project.run("migrate").exits(0);
    }
}

#[test]
fn a_copy_that_is_certain_is_refused_before_the_whole_run() {
    for server in both() {
        let project = Project::new(server, "copy_whole");
        project.database.run(TABLES);
        project.file("profiles/environments/strict.yaml", PROFILE);
        for (script, why) in [
            (
                "ALTER TABLE t RENAME COLUMN a TO c; RENAME TABLE t TO u; ALTER TABLE u MODIFY c BIGINT",
                "1_step.up.sql:1:58: table t has about",
            ),
            (
                "CREATE TABLE n (id INT); ALTER TABLE t ADD FOREIGN KEY (p) REFERENCES p (id)",
                "a copy, as it adds a foreign key that is checked",
            ),
            ("CREATE TABLE n (id INT); ALTER TABLE t FORCE, ALGORITHM=COPY", "ALGORITHM=COPY, which it asks for"),
        ] {
            project.up(1, script);
            let before = project.contents();
            let refused = project.run("migrate --profile strict --yes").exits(4);
            contains(&refused.stderr, why);
            contains(&refused.stderr, "nothing was run");
            assert_eq!((project.contents(), project.states()), (before, vec!["1 pending".to_owned()]));
        }
        // An empty table is copied at once, whatever stands in the catalogue.
        project.up(1, "DELETE FROM t; ALTER TABLE t MODIFY a BIGINT");
        project.run("migrate --profile strict --yes").exits(0);
    }
}

#[test]
fn a_copy_that_the_statement_asks_for_needs_to_be_allowed_too() {
    for server in both() {
        let project = Project::new(server, "own_copy");
        project.database.run(TABLES);
        project.file("profiles/environments/strict.yaml", PROFILE);
        project.up(1, "ALTER TABLE t ADD INDEX i (b), ALGORITHM=COPY;");
        let refused = project.run("migrate --profile strict --yes").exits(4);
        contains(&refused.stderr, "ALGORITHM=COPY, which it asks for");
        project.run("migrate --profile strict --yes --allow-copy").exits(0);
        // MariaDB 10.11 copies for an ORDER BY although it is told to be instant.
        project.up(2, "ALTER TABLE t ALGORITHM=INSTANT, ORDER BY a;");
        let before = numbers(&project.database);
        let refused = project.run("migrate --profile strict --yes").exits(4);
        let expected = if server.engine().kind == EngineKind::Mariadb { "COPY, whatever else" } else { "error 1845" };
        contains(&refused.stderr, expected);
        assert_eq!(numbers(&project.database), before);
    }
}

#[test]
fn foreign_keys_say_why_they_copy() {
    for server in both() {
        let project = Project::new(server, "foreign_copy");
        project.database.run(TABLES);
        project.file("profiles/environments/strict.yaml", PROFILE);
        project.up(1, "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id);");
        let refused = project.run("migrate --profile strict --yes").exits(4);
        contains(&refused.stderr, "every row has to be looked up in the parent table");
        // Without checks the server adds it in place.
        project.up(1, "SET foreign_key_checks = 0;\nALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id);");
        let before = numbers(&project.database);
        project.run("migrate --profile strict --yes").exits(0);
        assert_eq!(numbers(&project.database), before, "{}", server.engine());
    }
}

#[test]
fn tables_without_users_are_changed_without_questions() {
    for server in both() {
        let project = Project::new(server, "fresh");
        project.database.run("CREATE TABLE p (id INT PRIMARY KEY, a INT)");
        project.file("profiles/environments/strict.yaml", PROFILE);
        // One has no row, the other is made by this very run.
        project.up(1, "ALTER TABLE p MODIFY a BIGINT;");
        project.up(2, "CREATE TABLE t (id INT); INSERT INTO t VALUES (1); ALTER TABLE t MODIFY id BIGINT;");
        project.run("migrate --profile strict --yes").exits(0);
        assert_eq!(project.database.column("SELECT id FROM t"), ["1"]);
        if server.engine().kind == EngineKind::Mysql {
            let seen = seen(&project.database);
            contains(&seen, "ALTER TABLE t MODIFY id INT8");
            assert!(!seen.contains("ALTER TABLE t ALGORITHM"), "{seen}");
        }
    }
}

#[test]
fn what_no_clause_can_stand_in_is_judged_by_size_alone() {
    for server in both() {
        let database = server.database("blind");
        database.run(
            "CREATE TABLE t (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 2; INSERT INTO t VALUES (1), (2)",
        );
        let sql = "ALTER TABLE t ADD PARTITION PARTITIONS 2";
        let mut session = session(&database);
        let mut texts = Vec::new();
        let mut send = async |session: &mut Session, text: &str| {
            texts.push(text.to_owned());
            session.run(text).await
        };
        let strict = CopyPolicy::new(0, false);
        let refused = block_on(run_asserted(&mut session, sql, &strict, &mut send)).unwrap_err();
        contains(&refused.to_string(), "a way that cannot be asserted (the partition operation copies rows");
        let outcome = block_on(run_asserted(&mut session, sql, &CopyPolicy::default(), &mut send)).unwrap().unwrap();
        assert_eq!((outcome.class, texts), (None, vec![sql.to_owned()]));
        assert_eq!(database.value("SELECT COUNT(*) FROM t").as_deref(), Some("2"));
    }
}

#[test]
fn temporary_tables_are_never_in_use() {
    for server in [mysql(), mariadb()] {
        let project = Project::new(server, "temporary");
        project.file("profiles/environments/strict.yaml", PROFILE);
        project.up(
            1,
            "CREATE TEMPORARY TABLE s (a INT); INSERT INTO s VALUES (1); ALTER TABLE s ADD INDEX (a);\n\
             CREATE INDEX i ON s (a); DROP INDEX i ON s; CREATE TABLE r AS SELECT * FROM s;",
        );
        project.run("migrate --profile strict --yes").exits(0);
        assert_eq!(project.database.column("SELECT a FROM r"), ["1"]);
    }
}

#[test]
fn a_lock_of_its_own_stays_and_is_no_way_around_the_limit() {
    for server in both() {
        let database = server.database("own_lock");
        database.run(TABLES);
        let run = |sql: &str, policy: &CopyPolicy| {
            let send = async |session: &mut Session, text: &str| session.run(text).await;
            block_on(run_asserted(&mut session(&database), sql, policy, send))
        };
        let strict = CopyPolicy::new(0, false);
        let outcome = run("ALTER TABLE t ADD COLUMN n INT, LOCK=NONE", &strict).unwrap().unwrap();
        assert_eq!((outcome.class, outcome.lock), (Some(OnlineClass::Instant), LockTaken::None));
        let outcome = run("CREATE INDEX i ON t (b) LOCK=EXCLUSIVE", &strict).unwrap().unwrap();
        assert_eq!(outcome.lock, LockTaken::Exclusive, "{}", server.engine());
        contains(&outcome.sent, "LOCK=EXCLUSIVE ALGORITHM=INPLACE");
        let refused = run("ALTER TABLE t MODIFY a BIGINT, LOCK=SHARED", &strict).unwrap_err();
        contains(&refused.to_string(), "pass --allow-copy");
        let impossible = run("ALTER TABLE t MODIFY a BIGINT, LOCK=NONE", &CopyPolicy::default()).unwrap_err();
        assert_eq!(impossible.code(), Some(1846), "{impossible}");
        let outcome = run("ALTER TABLE t MODIFY a BIGINT, LOCK=SHARED", &CopyPolicy::default()).unwrap().unwrap();
        assert_eq!((outcome.class, outcome.lock), (Some(OnlineClass::Copy), LockTaken::Shared));
    }
}

#[test]
fn an_index_of_mariadb_goes_by_the_alter_table_that_says_the_same() {
    let database = mariadb().database("drop_index");
    database.run(TABLES);
    let outcome = classified(&database, "DROP INDEX IF EXISTS `ka` ON t");
    assert_eq!(outcome.sent, "ALTER TABLE t ALGORITHM=NOCOPY, LOCK=NONE, DROP INDEX IF EXISTS `ka`");
    assert_eq!(classified(&database, "DROP INDEX IF EXISTS `ka` ON t WAIT 3").lock, LockTaken::None);
    let primary = classified(&database, "DROP INDEX `PRIMARY` ON t");
    let keys =
        "SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 't'";
    assert_eq!(database.value(keys).as_deref(), Some("0"), "{primary:?}");
}

#[test]
fn a_table_that_has_had_its_instant_changes_is_rebuilt_beside_the_app() {
    let database = mysql().database("row_versions");
    database.run("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)");
    let mut session = session(&database);
    let mut outcomes = (0..300).map(|number| {
        let sql = format!("ALTER TABLE t ADD COLUMN c{number} TINYINT");
        block_on(classify(&mut session, &sql)).unwrap().unwrap()
    });
    let first = outcomes.find(|outcome| outcome.class != Some(OnlineClass::Instant)).expect("the versions never end");
    assert_eq!(first.class, Some(OnlineClass::Inplace { rebuild: Some(true) }));
    assert_eq!(first.refusals.iter().map(|refusal| refusal.error.code).collect::<Vec<_>>(), [4092], "{first:?}");
}

#[test]
fn grouped_index_statements_do_what_each_would_have_done() {
    let statements = [
        "CREATE INDEX i USING BTREE ON t (b(5), a DESC) COMMENT 'x, y'",
        "ALTER TABLE t ADD KEY j (a, b), DROP INDEX ka",
        "CREATE INDEX `k k` ON t (p)",
    ];
    let groups = group(&statements);
    assert_eq!(groups.len(), 1);
    for server in both() {
        let create = |statements: &[&str]| {
            let database = server.database("grouped");
            database.run(TABLES);
            for sql in statements {
                database.run(sql);
            }
            database.rows("SHOW CREATE TABLE t")[0][1].clone().unwrap()
        };
        let one = groups[0].combined.as_deref().unwrap();
        assert_eq!(create(&[one]), create(&statements), "{}", server.engine());
        let database = server.database("grouped");
        database.run(TABLES);
        let outcome = classified(&database, one);
        assert_eq!(outcome.class, Some(OnlineClass::Inplace { rebuild: Some(false) }), "{outcome:?}");
    }
}
