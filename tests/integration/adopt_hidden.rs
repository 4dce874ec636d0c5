//! What an account may not see is neither missing nor otherwise: `unknown`, with the grant that would show it.

use crate::project::{Project, contains};
use crate::servers::{Server, both};
use aura_db::model::engine::EngineKind;

const MADE: [&str; 8] = [
    "CREATE TABLE p (id INT PRIMARY KEY)",
    "CREATE TABLE t (id INT PRIMARY KEY, p INT, CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)",
    "CREATE VIEW v AS SELECT id FROM t WHERE p IS NOT NULL",
    "CREATE PROCEDURE pr () SELECT 1",
    "CREATE FUNCTION fu () RETURNS INT DETERMINISTIC RETURN 1",
    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.p = NULL",
    "CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DO SELECT 1",
    "CREATE TABLE q (id INT PRIMARY KEY, n VARCHAR(9))",
];

/// Eight migrations, and an account with these privileges on their database.
fn project(server: &'static Server, name: &str, account: &str, privileges: &[&str]) -> Project {
    let project = Project::new(server, name);
    for (version, statement) in (1..).zip(MADE) {
        project.up(version, statement);
    }
    project.database.run(&format!("DROP USER IF EXISTS {account}@localhost; CREATE USER {account}@localhost"));
    for privilege in privileges {
        project.database.run(&format!("GRANT {privilege} ON `{}`.* TO {account}@localhost", project.database.name));
    }
    project
}

fn run(project: &Project, account: &str, line: &str) -> crate::binary::Outcome {
    let url = project.database.url().replace("root@", &format!("{account}@"));
    project.command(line).env("DATABASE_URL", url).run()
}

/// `kind name verdict` of each object of a drift report that is not simply present.
fn verdicts(json: &str) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(json).unwrap();
    let objects = report["objects"].as_array().unwrap().iter();
    let told = objects.map(|one| format!("{} {} {}", one["table"], one["name"], one["verdict"]).replace('"', ""));
    told.collect()
}

#[test]
fn an_account_that_may_only_read_is_told_what_it_needs() {
    for server in both() {
        let project = project(server, "hidden", "hidden_ro", &["SELECT"]);
        project.run("migrate").exits(0);
        let mariadb = server.engine().kind == EngineKind::Mariadb;
        let outcome = run(&project, "hidden_ro", "drift --format json").exits(1);
        let mut expected = vec!["t f unknown"; usize::from(mariadb)];
        expected.extend(["event ev unknown", "function fu unknown", "procedure pr unknown", "trigger tr unknown"]);
        expected.push("view v unknown");
        assert_eq!(verdicts(&outcome.stdout), expected, "{}", server.engine());
        let text = run(&project, "hidden_ro", "drift").exits(1);
        let name = &project.database.name;
        for privilege in ["SHOW VIEW", "TRIGGER", "EVENT"] {
            contains(&text.stdout, &format!(" GRANT {privilege} ON `{name}`.*"));
        }
        contains(&text.stdout, "no drift to be seen, but not everything could be looked at");
        let routines = if mariadb { "GRANT SELECT ON mysql.proc" } else { "GRANT SHOW_ROUTINE ON *.*" };
        contains(&text.stdout, routines);
        contains(&text.stdout, "note: this account may not see everything");
        // What it may see still counts.
        project.database.run("ALTER TABLE q MODIFY n VARCHAR(8)");
        let drift = run(&project, "hidden_ro", "drift --format json").exits(1);
        assert!(verdicts(&drift.stdout).contains(&"q n conflicting".to_owned()), "{drift:?}");
        let text = run(&project, "hidden_ro", "drift").exits(1);
        contains(&text.stdout, "\ndrift: ");
    }
}

#[test]
fn with_the_grants_that_were_named_everything_is_to_be_seen() {
    for server in both() {
        let mariadb = server.engine().kind == EngineKind::Mariadb;
        let routines = if mariadb { "SELECT ON mysql.proc" } else { "SHOW_ROUTINE ON *.*" };
        let grants = ["SELECT", "SHOW VIEW", "TRIGGER", "EVENT", "REFERENCES"];
        let project = project(server, "seen", "hidden_all", &grants);
        project.database.run(&format!("GRANT {routines} TO hidden_all@localhost"));
        project.run("migrate").exits(0);
        let clean = run(&project, "hidden_all", "drift").exits(0);
        assert!(clean.stdout.starts_with("no drift: "), "{}: {}", server.engine(), clean.stdout);
        project.database.run("DROP TRIGGER tr; DROP PROCEDURE pr; DROP EVENT ev; ALTER VIEW v AS SELECT id FROM t");
        let drift = run(&project, "hidden_all", "drift --format json").exits(1);
        let expected = ["event ev missing", "procedure pr missing", "trigger tr missing", "view v conflicting"];
        assert_eq!(verdicts(&drift.stdout), expected, "{}", server.engine());
    }
}

#[test]
fn adopting_records_nothing_of_what_is_hidden_and_tells_of_it_when_it_refuses_too() {
    for server in both() {
        let project = project(server, "hidden_adopt", "hidden_ad", &["SELECT"]);
        project.database.run(&MADE.join("; "));
        let dry = run(&project, "hidden_ad", "adopt --dry-run").exits(1);
        for version in [3, 4, 5, 6, 7] {
            contains(&dry.stdout, &format!("\n {version}        unknown"));
        }
        contains(&dry.stdout, "\n 8        adopted");
        project.database.run("ALTER TABLE q MODIFY n VARCHAR(8)");
        let refused = run(&project, "hidden_ad", "adopt --dry-run").exits(4);
        contains(&refused.stderr, "column q.n: type: expected varchar(9), found varchar(8)");
        assert!(!refused.stderr.contains("view v"), "{refused:?}");
        contains(&refused.stdout, "note: this account may not see everything");
        contains(&refused.stdout, "GRANT SHOW VIEW ON");
    }
}

#[test]
fn tables_that_an_account_has_no_privilege_on_are_not_missing() {
    for server in both() {
        let project = project(server, "hidden_tables", "hidden_one", &[]);
        project.run("migrate").exits(0);
        for table in ["t", "_sqlx_migrations", "_aura_db_journal"] {
            project
                .database
                .run(&format!("GRANT SELECT ON `{}`.{table} TO hidden_one@localhost", project.database.name));
        }
        let outcome = run(&project, "hidden_one", "drift --format json").exits(1);
        let found = verdicts(&outcome.stdout);
        assert!(
            found.contains(&"p null unknown".to_owned()) && found.contains(&"q null unknown".to_owned()),
            "{found:?}"
        );
        assert!(!found.iter().any(|one| one.ends_with("missing") || one.ends_with("conflicting")), "{found:?}");
    }
}
