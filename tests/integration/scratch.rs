//! `--scratch-schema`: statements tried on the server in use, in a database made for it and gone afterwards, whatever
//! happens; and what reaches beyond it is not run.

use crate::binary::{AuraDb, Running};
use crate::project::{Project, contains, eventually};
use crate::servers::{Server, both, mysql};
use serde_json::Value;

/// A shop in use, with what a copy beside it must not reach out of.
fn shop(server: &'static Server, name: &str) -> Project {
    let project = Project::new(server, name);
    project.pair(
        1,
        "CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(80) NOT NULL);\n\
         CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, customer_id INT NOT NULL, state VARCHAR(40) NOT NULL, \
         FOREIGN KEY (customer_id) REFERENCES customers (id));\n\
         CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC NO SQL RETURN n * 2;\n\
         CREATE VIEW open_orders AS SELECT id, twice(id) AS two FROM orders WHERE state = 'open';\n\
         CREATE TRIGGER stamped BEFORE INSERT ON orders FOR EACH ROW SET NEW.state = COALESCE(NEW.state, 'open');\n",
        "DROP VIEW open_orders; DROP TABLE orders; DROP TABLE customers;",
    );
    project.run("migrate").exits(0);
    project
        .database
        .run("INSERT INTO customers VALUES (1, 'a'); INSERT INTO orders (customer_id, state) VALUES (1, 'open')");
    project
}

/// A run without any server program to start a sandbox from.
fn uninstalled(project: &Project, line: &str) -> AuraDb {
    let none = project.path("no-such-program");
    project.command(line).env("AURA_DB_MYSQLD", &none).env("AURA_DB_MARIADBD", &none)
}

fn scratch(project: &Project) -> String {
    format!("{}_scratch", project.database.name)
}

fn databases(project: &Project, like: &str) -> Vec<String> {
    project.database.column(&format!("SHOW DATABASES LIKE '{}'", like.replace('_', "\\_")))
}

fn report(project: &Project, line: &str, code: i32) -> Value {
    let outcome = uninstalled(project, &format!("lint --format json {line}")).run().exits(code);
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"))
}

#[test]
fn statements_are_tried_on_the_server_itself_and_nothing_is_left() {
    for server in both() {
        let project = shop(server, "scratch_classes");
        project.up(
            2,
            "ALTER TABLE orders ADD COLUMN total INT;\nALTER TABLE orders MODIFY state VARCHAR(9) NOT NULL;\n\
             CREATE INDEX by_state ON orders (state);\nALTER TABLE orders ADD COLUMN state INT;\n",
        );
        let before = project.contents();
        let report = report(&project, &format!("--scratch-schema {}", scratch(&project)), 1);
        let statements = report["statements"].as_array().unwrap();
        assert_eq!(statements[0]["online"]["class"], "instant", "{}", server.engine());
        assert_eq!(statements[1]["online"]["class"], "copy");
        assert_eq!(statements[2]["online"]["lock"], "none");
        assert!(statements[3]["error"].as_str().unwrap().contains("1060"), "{}", statements[3]);
        assert_eq!(report["basis"]["tried"], format!("scratch schema `{}`", scratch(&project)));
        assert!(report["basis"].get("notes").is_none(), "{}: {}", server.engine(), report["basis"]["notes"]);
        assert_eq!(databases(&project, &scratch(&project)), [] as [&str; 0]);
        assert_eq!(project.contents(), before, "{}", server.engine());
    }
}

#[test]
fn what_reaches_beyond_the_schema_is_unknown_and_not_run() {
    for server in both() {
        let project = shop(server, "scratch_beyond");
        let account = format!("u_{}", project.database.name);
        let own = &project.database.name;
        let text = [
            format!("CREATE USER {account}"),
            "SET GLOBAL sort_buffer_size = 300000".into(),
            format!("ALTER TABLE {own}.orders ADD COLUMN here INT"),
            "CREATE EVENT often ON SCHEDULE EVERY 1 SECOND DO DELETE FROM orders".into(),
            format!("INSERT INTO customers SELECT id + 5, name FROM `{own}`.`customers`"),
            "ALTER TABLE orders ADD COLUMN total INT".into(),
        ];
        project.up(2, text.join(";\n"));
        let (before, size) = (project.contents(), project.database.value("SELECT @@GLOBAL.sort_buffer_size"));
        let report = report(&project, &format!("--scratch-schema {} --fail-on never", scratch(&project)), 0);
        let statements = report["statements"].as_array().unwrap();
        for (at, reason) in [(0, "beyond"), (1, "beyond"), (2, own.as_str()), (3, "by itself"), (4, own)] {
            let unknown = statements[at]["unknown"].as_str().unwrap_or_else(|| panic!("{}", statements[at]));
            contains(unknown, reason);
        }
        assert_eq!(statements[5]["online"]["class"], "instant", "{}", server.engine());
        assert_eq!(project.contents(), before, "{}", server.engine());
        assert_eq!(project.database.value("SELECT @@GLOBAL.sort_buffer_size"), size);
        let accounts = project.database.rows(&format!("SELECT 1 FROM mysql.user WHERE User = '{account}'"));
        assert!(accounts.is_empty(), "{}", server.engine());
    }
}

#[test]
fn a_program_that_names_another_database_is_not_copied() {
    for server in both() {
        let project = shop(server, "scratch_program");
        let own = &project.database.name;
        project.database.run(&format!(
            "CREATE TRIGGER logged AFTER INSERT ON customers FOR EACH ROW INSERT INTO {own}.orders (customer_id) VALUES (NEW.id)"
        ));
        project.up(2, "INSERT INTO customers VALUES (7, 'b');\n");
        let before = project.contents();
        let report = report(&project, &format!("--scratch-schema {}", scratch(&project)), 0);
        contains(report["basis"]["notes"][0].as_str().unwrap(), "the trigger logged could not be copied");
        assert_eq!(project.contents(), before, "{}", server.engine());
    }
}

#[test]
fn a_database_that_is_there_is_refused_and_left_alone() {
    for server in both() {
        let project = shop(server, "scratch_taken");
        project.up(2, "ALTER TABLE orders ADD COLUMN total INT;\n");
        let taken = server.database("scratch_mine");
        let own = project.database.name.clone();
        for name in [taken.name.as_str(), &own, "mysql"] {
            let outcome = uninstalled(&project, &format!("lint --scratch-schema {name}")).run().exits(4);
            contains(&outcome.stderr, name);
            assert_eq!(databases(&project, name).len(), 1, "{}", server.engine());
        }
        taken.run("CREATE TABLE _aura_db_scratch (id INT)");
        let outcome = uninstalled(&project, &format!("lint --scratch-schema {}", taken.name)).run().exits(4);
        contains(&outcome.stderr, "not marked");
        assert_eq!(taken.column("SHOW TABLES"), ["_aura_db_scratch"]);
        project.run("lint --scratch-schema x --sandbox mysql").exits(2);
        project.run("migrate --scratch-schema x").exits(2);
        project.command("lint --scratch-schema x --database-url sqlite:x.db").run();
        let embedded = AuraDb::new(["migrate", "--dry-run", "--scratch-schema", "x"])
            .file("migrations/1_a.up.sql", "CREATE TABLE t (a INT);");
        contains(&embedded.run().exits(2).stderr, "--scratch-schema goes with");
    }
}

/// A run whose trial takes until it is ended.
fn slow(project: &Project) -> Running {
    project.up(2, "ALTER TABLE orders ADD COLUMN total INT;\nINSERT INTO customers SELECT 9, SLEEP(50);\n");
    let running = uninstalled(project, &format!("lint --scratch-schema {}", scratch(project))).start();
    let place = scratch(project);
    eventually("the slow trial", || {
        let sessions = project.database.rows("SHOW FULL PROCESSLIST");
        sessions.iter().any(|session| {
            session[3].as_deref() == Some(place.as_str())
                && session[7].as_deref().is_some_and(|info| info.contains("SLEEP"))
        })
    });
    running
}

#[test]
fn ctrl_c_leaves_nothing() {
    for server in both() {
        let project = shop(server, "scratch_interrupted");
        let running = slow(&project);
        running.interrupt();
        let outcome = running.wait().exits(130);
        contains(&outcome.stderr, "interrupted");
        assert_eq!(databases(&project, &scratch(&project)), [] as [&str; 0], "{}", server.engine());
    }
}

#[test]
fn what_a_killed_run_left_is_removed_by_the_next_and_two_do_not_share_one() {
    for server in both() {
        let project = shop(server, "scratch_killed");
        let running = slow(&project);
        let line = format!("lint --scratch-schema {}", scratch(&project));
        let second = uninstalled(&project, &line).run().exits(4);
        contains(&second.stderr, "another run uses the scratch schema");
        // Killed with -9.
        drop(running);
        assert_eq!(databases(&project, &scratch(&project)).len(), 1, "{}", server.engine());
        project.up(2, "ALTER TABLE orders ADD COLUMN total INT;\n");
        contains(&uninstalled(&project, &line).run().exits(0).stdout, "INSTANT");
        assert_eq!(databases(&project, &scratch(&project)), [] as [&str; 0], "{}", server.engine());
    }
}

#[test]
fn a_dry_run_may_use_one_too_and_without_either_both_remedies_are_told() {
    for server in both() {
        let project = shop(server, "scratch_dry");
        project.pair(2, "ALTER TABLE orders ADD COLUMN total INT;\n", "ALTER TABLE orders DROP COLUMN total;");
        let before = project.contents();
        let option = format!("--scratch-schema {}", scratch(&project));
        for line in ["migrate", "apply all"] {
            let outcome = uninstalled(&project, &format!("{line} --dry-run {option}")).run().exits(0);
            contains(&outcome.stdout, "-- migrations/2_step.up.sql:1:1  INSTANT, ");
            assert_eq!(databases(&project, &scratch(&project)), [] as [&str; 0], "{}", server.engine());
        }
        let rollback = uninstalled(&project, &format!("rollback --dry-run {option}")).run().exits(0);
        contains(&rollback.stdout, "-- migrations/1_step.down.sql:1:1  program");
        assert_eq!(project.contents(), before, "{}", server.engine());
        let untried = uninstalled(&project, "lint").run().exits(0);
        contains(&untried.stdout.split_whitespace().collect::<Vec<_>>().join(" "), "or allow a --scratch-schema");
    }
}

#[test]
fn an_account_without_the_right_is_told_which() {
    let project = shop(mysql(), "scratch_rights");
    project.up(2, "ALTER TABLE orders ADD COLUMN total INT;\n");
    let (database, account) = (&project.database.name, format!("r_{}", project.database.name));
    project.database.run(&format!("CREATE USER {account}; GRANT ALL ON `{database}`.* TO {account}"));
    let url = project.database.url().replace("root@", &format!("{account}@"));
    let run = |grant: &str| {
        project.database.run(grant);
        let line = format!("lint --scratch-schema {}", scratch(&project));
        uninstalled(&project, &line).env("DATABASE_URL", &url).run()
    };
    contains(&run("DO 0").exits(4).stderr, "GRANT ALL ON");
    run(&format!("GRANT ALL ON `{}`.* TO {account}", scratch(&project))).exits(0);
    assert_eq!(databases(&project, &scratch(&project)), [] as [&str; 0]);
}
