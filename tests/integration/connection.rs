//! The way to a server and what is said when it is closed. No message may hold a password.

use crate::binary::{AuraDb, Outcome};
use crate::project::{Project, contains};
use crate::servers::both;

/// Characters that mean something in a URL, in a shell or in a `.env` file.
const PASSWORD: &str = "p@ss:w/o#r%2Fd?&= $'\"x";

/// Checks exit code and message, and that the password stays where it was.
#[track_caller]
fn fails(run: AuraDb, code: i32, parts: &[&str]) -> Outcome {
    let outcome = run.run().exits(code);
    for part in parts {
        contains(&outcome.stderr, part);
    }
    for secret in [PASSWORD, "hunter2"] {
        assert!(!outcome.stdout.contains(secret) && !outcome.stderr.contains(secret), "{outcome:?}");
    }
    outcome
}

fn status() -> AuraDb {
    AuraDb::new(["status"]).file("migrations/1_a.sql", "SELECT 1")
}

/// A run with the app's variables, but for what `changed` says.
fn with_variables(changed: &[(&str, &str)]) -> AuraDb {
    let app = [
        ("MYSQL_HOST", "127.0.0.1"),
        ("MYSQL_PORT", "1"),
        ("MYSQL_USER", "app"),
        ("MYSQL_PASSWORD", "hunter2"),
        ("MYSQL_DATABASE", "railway"),
    ];
    let kept = app.iter().filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
    kept.chain(changed.iter().filter(|(_, value)| *value != "-"))
        .fold(status(), |run, (name, value)| run.env(name, value))
}

#[test]
fn no_server_is_said_with_its_address() {
    fails(with_variables(&[]), 3, &["cannot reach 127.0.0.1:1/railway", "is the server running"]);
    fails(with_variables(&[("MYSQL_HOST", "no.such.host.invalid")]), 3, &["no.such.host.invalid:1/railway"]);
    let url = "mysql://app:hunter2@127.0.0.1:1/railway";
    fails(status().env("DATABASE_URL", url), 3, &["cannot reach 127.0.0.1:1/railway"]);
}

#[test]
fn missing_empty_and_wrong_settings_are_named() {
    let hints = &["MYSQL_USER is not set, MYSQL_DATABASE is empty; set it in the environment or in .env"];
    fails(with_variables(&[("MYSQL_USER", "-"), ("MYSQL_DATABASE", "")]), 3, hints);
    for port in ["abc", "0", "70000", "-1"] {
        let hint = format!("MYSQL_PORT is `{port}`, which is no port");
        fails(with_variables(&[("MYSQL_PORT", port)]), 3, &[&hint]);
    }
    fails(with_variables(&[("MYSQL_SSL", "maybe")]), 3, &["MYSQL_SSL is `maybe`; write true"]);
    fails(status().env("DATABASE_URL", ""), 3, &["DATABASE_URL is set but empty"]);
    for url in ["postgres://u:hunter2@h/d", "mysql://u:hunter2@h", "mysql://u:hunter2@h:port/d", "hunter2"] {
        fails(status().env("DATABASE_URL", url), 3, &["DATABASE_URL: the database URL"]);
    }
}

#[test]
fn profiles_are_found_by_name_or_the_names_are_listed() {
    let run =
        AuraDb::new(["status", "--profile", "nowhere"]).file("profiles/environments/here.yaml", "connect: embedded");
    fails(run, 3, &["no profile `nowhere` in profiles/environments: there are here"]);
    let run = AuraDb::new(["status", "--profile", "here"])
        .file("profiles/environments/here.yaml", "connect: {url-variable: APP_DB}");
    fails(run, 3, &["APP_DB is not set, and the profile takes the database from it"]);
    let run = AuraDb::new(["status", "--profile", "here"]);
    fails(
        run.file("profiles/environments/here.yaml", "connect: embedded\npassword: hunter2"),
        3,
        &["profiles/environments/here.yaml:2:1: a profile holds no `password`"],
    );
}

#[test]
fn a_dotenv_file_is_read_and_variables_that_are_set_win() {
    let file = "# the app's\nMYSQL_HOST=127.0.0.1\nMYSQL_PORT=1\nMYSQL_USER=app\nMYSQL_PASSWORD=\"hunter2 x\"\nexport MYSQL_DATABASE=filed\n";
    fails(status().file(".env", file), 3, &["cannot reach 127.0.0.1:1/filed"]);
    fails(status().file(".env", file).env("MYSQL_DATABASE", "set"), 3, &["cannot reach 127.0.0.1:1/set"]);
    fails(
        status().file(".env", "MYSQL_HOST=h\nPASSWORD hunter2\n"),
        3,
        &["MYSQL_USER is not set", ".env:2: passed over, as it is not of the form NAME=value"],
    );
}

#[test]
fn refused_accounts_and_databases_come_with_a_remedy() {
    for server in both() {
        let project = Project::new(server, "connection_refused");
        project.up(1, "SELECT 1");
        let url = project.database.url();
        let missing = url.replace(&project.database.name, "no_such_database");
        fails(
            project.command("status").env("DATABASE_URL", missing),
            3,
            &["error 1049: ", "CREATE DATABASE `no_such_database`"],
        );
        let user = format!("{}_u", project.database.name);
        let quoted = PASSWORD.replace('\'', "''");
        project.database.run(&format!("CREATE USER {user}@localhost IDENTIFIED BY '{quoted}'"));
        let wrong = url.replace("root@", &format!("{user}:hunter2@"));
        let hint = format!("check the user name ({user}) and its password");
        fails(project.command("status").env("DATABASE_URL", wrong), 3, &["error 1045: ", &hint]);
    }
}

#[test]
fn a_profile_that_asks_goes_on_with_yes_only() {
    for server in both() {
        let project = Project::new(server, "connection_asks");
        project.pair(1, "CREATE TABLE t (id INT)", "DROP TABLE t");
        project.file("profiles/environments/live.yaml", "connect: {url-variable: X}\nconfirm-writes: true");
        let run =
            |line: &str| project.command(&format!("--profile live {line}")).env("X", project.database.url()).run();
        for line in ["migrate", "apply all"] {
            let refused = run(line).exits(2);
            contains(
                &refused.stderr,
                "this profile asks before writing, and there is no terminal to ask on; pass --yes",
            );
            assert_eq!(project.tables(), [] as [&str; 0], "{}", server.engine());
        }
        run("status").exits(0);
        run("migrate --dry-run").exits(0);
        run("migrate --yes").exits(0);
        run("rollback").exits(2);
        assert_eq!(project.ledger(), ["1 1"]);
        run("rollback --yes").exits(0);
    }
}

#[test]
fn a_line_that_cannot_be_read_does_not_hide_the_others() {
    let file = "\u{feff}export MYSQL_HOST=127.0.0.1\r\nMYSQL_PORT=1 # none\r\nhunter2\r\nMYSQL_USER='a'\r\n\
                MYSQL_PASSWORD=\"p$x\"\r\nMYSQL_DATABASE=d$HOME\r\n";
    let notes = &["cannot reach 127.0.0.1:1/d$HOME", ".env:3: passed over"];
    fails(status().file(".env", file), 3, notes);
}
