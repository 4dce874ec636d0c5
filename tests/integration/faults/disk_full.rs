//! A server that gets no more room for its files, and gets it again.
//!
//! No file of the server may grow beyond a limit that is set from outside (`prlimit`); what is there already, the redo
//! log above all, is smaller. So it is the statement that fails, as on a disk that is full, and not the server.

use super::case::Case;
use super::scenario::{Pair, Scenario};
use super::server::Durable;
use crate::project::contains;
use aura_db::engine::sandbox::ServerKind;
use std::process::Command;

/// Bytes: more than the 32 MiB of a sandbox's redo log, less than twice the table of [`SETUP`].
const ROOM: &str = "41943040";

/// A table of 24 MB, and a small one that shows what was done twice.
const SETUP: &str = "
CREATE TABLE digits (d INT PRIMARY KEY);
INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
CREATE TABLE big (id INT PRIMARY KEY, body VARCHAR(7800) CHARACTER SET latin1 NOT NULL);
INSERT INTO big SELECT a.d + b.d * 10 + c.d * 100 + d.d * 1000, REPEAT(CHAR(97 + a.d), 7000)
  FROM digits a, digits b, digits c, digits d WHERE d.d < 3;
CREATE TABLE small (id INT PRIMARY KEY, x INT NOT NULL);
INSERT INTO small VALUES (1, 1), (2, 2);
";

macro_rules! hungry {
    ($statement:literal) => {
        &[
            (1, "UPDATE small SET x = x + 1", "UPDATE small SET x = x - 1"),
            (
                2,
                concat!(
                    "UPDATE small SET x = x + 1;\nALTER TABLE small ADD COLUMN y INT NOT NULL DEFAULT 0;\n\
                     UPDATE small SET x = x + 1, y = y + 1;\n",
                    $statement,
                    ";\nUPDATE small SET x = x + 1, y = y + 1;\n"
                ),
                "DROP TABLE small",
            ),
        ]
    };
}

const ROWS: &[Pair] = hungry!("INSERT INTO big SELECT id + 10000, body FROM big");
const COPY: &[Pair] = hungry!("ALTER TABLE big MODIFY COLUMN body VARCHAR(7800) CHARACTER SET ucs2 NOT NULL");
const INDEX: &[Pair] = hungry!("ALTER TABLE big ADD INDEX body_1 (body(3000), id), ADD INDEX body_2 (body(2900), id)");
const TABLE: &[Pair] = hungry!("CREATE TABLE more SELECT a.id, b.d, a.body FROM big a, digits b WHERE b.d < 2");

fn give_room(server: &Durable, bytes: &str) {
    let pid = server.sandbox().pid().unwrap().to_string();
    let limit = format!("--fsize={bytes}:unlimited");
    assert!(Command::new("prlimit").args(["--pid", &pid, &limit]).status().unwrap().success());
}

#[test]
fn a_statement_that_found_no_room_runs_when_there_is_room_again() {
    for kind in [ServerKind::Mysql, ServerKind::Mariadb] {
        // Without the binary log: a server that cannot write it ends itself.
        let mut server = Durable::start_with(kind, &[]);
        for (name, migrations) in [("rows", ROWS), ("copy", COPY), ("index", INDEX), ("table", TABLE)] {
            let scenario = Scenario { setup: SETUP, ..Scenario::new(name, migrations, "migrate") };
            let case = Case::new(&mut server, &scenario);
            case.run("migrate").exits(0);
            let undisturbed = case.end();
            // What the server has not written yet would find no room either.
            case.forget();

            let case = Case::new(&mut server, &scenario);
            give_room(case.server, ROOM);
            let full = case.run("migrate");
            give_room(case.server, "unlimited");
            assert_ne!(full.code, Some(0), "{name}: there was room enough: {full:?}");
            contains(&full.stderr, "migrations/2_step.up.sql:4:");
            // MariaDB knows only a general error (1030) for a copy that cannot grow.
            assert!(["error 1114", "error 1030"].iter().any(|code| full.stderr.contains(code)), "{full:?}");
            // The file is right as it is.
            contains(&full.stderr, "free space");
            assert!(!full.stderr.contains("correct the file"), "{full:?}");
            let rerun = case.run("migrate");
            let (engine, said) = (case.server.sandbox().engine().clone(), format!("{}{}", full.stderr, rerun.stderr));
            assert_eq!(rerun.code, Some(0), "{engine}, {name}\n{said}");
            let end = case.end();
            assert!(end == undisturbed, "{engine}, {name}\n{}\n{said}", end.difference(&undisturbed));
            case.forget();
        }
    }
}
