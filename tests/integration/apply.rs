//! `apply` is all or nothing: whatever a run did before it failed is gone again, and what could not be is refused first.

use crate::project::{Project, contains};
use crate::servers::both;

/// Runs that fail at their last statement, as (name, scripts). `old` and `parent` are there before, with rows.
const FAILING: [(&str, &[&str]); 16] = [
    ("table", &["CREATE TABLE new (id INT PRIMARY KEY);", "CREATE TABLE more (id INT); SELECT nothing FROM nowhere"]),
    ("at once", &["SELECT nothing FROM nowhere"]),
    ("column", &["ALTER TABLE old ADD COLUMN added INT NOT NULL DEFAULT 7 FIRST", "CREATE TABLE old (id INT)"]),
    ("two columns", &["ALTER TABLE old ADD COLUMN a1 INT, ADD COLUMN a2 INT AFTER id; CREATE TABLE old (id INT)"]),
    ("index", &["CREATE INDEX fresh ON old (word, id); CREATE INDEX fresh ON old (id)"]),
    (
        "descending index",
        &["ALTER TABLE old ADD INDEX fresh (word(3) DESC), ADD UNIQUE one (id, word)", "DROP TABLE nowhere"],
    ),
    ("dropped index", &["DROP INDEX by_word ON old; DROP INDEX by_word ON old"]),
    ("replaced index", &["ALTER TABLE old DROP INDEX by_word, ADD INDEX by_word (word, id)", "DROP TABLE nowhere"]),
    (
        "foreign key",
        &["ALTER TABLE old ADD CONSTRAINT fk_new FOREIGN KEY (parent) REFERENCES parent (id)", "DROP TABLE nowhere"],
    ),
    (
        "new tables that refer to each other",
        &[
            "CREATE TABLE a_one (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id)); \
             CREATE TABLE b_two (id INT PRIMARY KEY, one INT, FOREIGN KEY (one) REFERENCES a_one (id)); \
             ALTER TABLE a_one ADD two INT, ADD FOREIGN KEY (two) REFERENCES b_two (id)",
            "INSERT INTO a_one VALUES (1, 999, NULL)",
        ],
    ),
    (
        "column with its index and key",
        &[
            "ALTER TABLE old ADD COLUMN boss INT, ADD INDEX by_boss (boss), ADD CONSTRAINT fk_boss FOREIGN KEY (boss) REFERENCES \
         parent (id)",
            "SELECT nothing FROM nowhere",
        ],
    ),
    ("view", &["CREATE VIEW seen AS SELECT id FROM old; CREATE VIEW seen AS SELECT 1"]),
    (
        "trigger",
        &["CREATE TRIGGER told BEFORE INSERT ON old FOR EACH ROW SET NEW.word = 'told'", "SELECT nothing FROM nowhere"],
    ),
    (
        "routine",
        &[
            "DELIMITER //\nCREATE PROCEDURE tidy() BEGIN DELETE FROM old; SELECT 1; END//\nDELIMITER ;\nDROP TABLE nowhere;",
        ],
    ),
    ("rows of a new table", &["CREATE TABLE new (id INT); INSERT INTO new VALUES (1), (2); DROP TABLE nowhere"]),
    (
        "rows after the last definition",
        &[
            "CREATE TABLE new (id INT)",
            "UPDATE old SET word = 'lost'; DELETE FROM old WHERE id = 1; SELECT x FROM nowhere",
        ],
    ),
];

/// A database with a past: rows, an index, a foreign key's target.
fn lived_in(project: &Project) {
    project.database.run(
        "CREATE TABLE parent (id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO parent VALUES (1), (2); \
         CREATE TABLE old (id INT PRIMARY KEY, word VARCHAR(20), parent INT, KEY by_word (word)); \
         INSERT INTO old VALUES (1, 'one', 1), (2, 'two', NULL)",
    );
}

#[test]
fn whatever_fails_leaves_the_database_as_it_was() {
    std::thread::scope(|scope| {
        for server in both() {
            scope.spawn(move || {
                for (name, scripts) in FAILING {
                    let project = Project::new(server, "apply_fails");
                    lived_in(&project);
                    let (before, fingerprint) = (project.contents(), project.fingerprint());
                    for (version, script) in (2..).zip(scripts) {
                        project.up(version, script);
                    }
                    project.up(1, "CREATE TABLE first_of_all (id INT); INSERT INTO first_of_all VALUES (1)");
                    let outcome = project.run("apply all").exits(4);
                    let last = format!("migrations/{}_step.up.sql:", scripts.len() + 1);
                    assert!(outcome.stderr.contains(&last), "{} {name}: {}", server.engine(), outcome.stderr);
                    contains(&outcome.stderr, "nothing of this run is left: the database is as it was before it");
                    assert_eq!(outcome.stdout, "", "{name}");
                    assert_eq!(sorted(&project.contents()), sorted(&before), "{} {name}", server.engine());
                    assert_eq!(project.fingerprint(), fingerprint, "{} {name}", server.engine());
                }
            });
        }
    });
}

#[test]
fn an_index_comes_back_with_everything_that_it_had() {
    for (server, hidden) in both().into_iter().zip(["INVISIBLE", "IGNORED"]) {
        let project = Project::new(server, "apply_index");
        project.database.run(&format!(
            "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(99), b TEXT, p INT, KEY odd (a(7) DESC, id) COMMENT 'it''s \\\\ odd' {hidden}, \
             FULLTEXT KEY words (b), UNIQUE KEY one (a, id), KEY fk (p), CONSTRAINT fk FOREIGN KEY (p) REFERENCES t (id)); \
             INSERT INTO t VALUES (1, 'a', 'b', NULL)"
        ));
        let before = project.contents();
        project.up(1, "ALTER TABLE t DROP INDEX odd, DROP INDEX words, DROP INDEX one;\nSELECT nothing FROM nowhere");
        contains(&project.run("apply all").exits(4).stderr, "nothing of this run is left");
        assert_eq!(sorted(&project.contents()), sorted(&before), "{}", server.engine());
        project.up(
            1,
            "ALTER TABLE t DROP INDEX fk, ADD INDEX fk (p, a), DROP INDEX odd, ADD INDEX odd (a);\nDROP TABLE nowhere",
        );
        contains(&project.run("apply all").exits(4).stderr, "nothing of this run is left");
        assert_eq!(sorted(&project.contents()), sorted(&before), "{}", server.engine());
    }
}

/// The lines in one order: an index that was put back stands last among its table's.
fn sorted(contents: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = contents.lines().map(|line| line.trim_end_matches(',')).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_ledger_with_a_past_is_as_it_was_too() {
    for server in both() {
        let project = Project::new(server, "apply_past");
        lived_in(&project);
        project.up(1, "CREATE TABLE one (id INT)");
        project.run("migrate").exits(0);
        let before = project.contents();
        project.up(2, "CREATE TABLE two (id INT); INSERT INTO two VALUES (1)");
        project.up(3, "INSERT INTO old VALUES (3, 'three', 1)");
        project.up(4, "ALTER TABLE two ADD INDEX (id);\nALTER TABLE two DROP INDEX nothing");
        // The rows of 3 would be committed by what follows them.
        let refused = project.run("apply all").exits(4);
        contains(&refused.stderr, "migrations/3_step.up.sql:1:1: it changes rows of old");
        assert_eq!(project.contents(), before, "{}", server.engine());
        project.up(3, "INSERT INTO two VALUES (3)");
        let failed = project.run("apply all").exits(4);
        contains(&failed.stderr, "migrations/4_step.up.sql:2:1: failed: statement 2 of 2");
        contains(&failed.stderr, "error 1091: ");
        assert_eq!(project.contents(), before, "{}", server.engine());
        project.up(4, "ALTER TABLE two ADD INDEX (id)");
        project.run("apply all").exits(0);
        assert_eq!(project.ledger(), ["1 1", "2 1", "3 1", "4 1"]);
    }
}

#[test]
fn what_could_not_be_taken_back_is_refused_before_anything_runs() {
    let refused = [
        ("ALTER TABLE old DROP COLUMN word", "it drops old.word"),
        ("UPDATE old SET word = 'x'", "it changes rows of old"),
        ("ALTER TABLE old MODIFY word TEXT", "it redefines old.word"),
        ("DROP TABLE parent", "it drops parent"),
        ("TRUNCATE TABLE old", "it empties old"),
        ("RENAME TABLE old TO older", "it renames table old to older"),
        ("DROP VIEW seen", "it runs DROP on the view seen, which is there already"),
        ("PREPARE s FROM 'DROP TABLE old';\nEXECUTE s", "it is not known what it changes"),
        ("CALL tidy()", "it is not known what it changes"),
        ("ALTER TABLE old COMMENT 'x'", "it changes old in a way that is not known to be reversible"),
    ];
    for server in both() {
        let project = Project::new(server, "apply_refuses");
        lived_in(&project);
        project.database.run("CREATE VIEW seen AS SELECT id FROM old");
        let before = project.contents();
        project.up(1, "CREATE TABLE new (id INT)");
        project.up(3, "CREATE TABLE last (id INT)");
        for (script, reason) in refused {
            project.up(2, format!("-- a comment\n{script};\n"));
            let outcome = project.run("apply all").exits(4);
            let line = 1 + script.lines().count();
            contains(&outcome.stderr, &format!("migrations/2_step.up.sql:{line}:1: {reason}"));
            contains(&outcome.stderr, "run `aura-db migrate`");
            assert_eq!(project.contents(), before, "{}: {script}", server.engine());
        }
    }
}

#[test]
fn indexes_before_their_tables_are_refused() {
    for server in both() {
        let project = Project::shipped(server, "apply_order");
        let refused = project.run("apply indexes").exits(4);
        contains(&refused.stderr, "table messages is not there; run `aura-db apply schema` first");
        contains(&refused.stderr, "table contact_messages is not there");
        assert_eq!(project.tables(), [] as [&str; 0], "{}", server.engine());
        project.run("apply schema").exits(0);
        project.run("apply indexes").exits(0);
    }
}
