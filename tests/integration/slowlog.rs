//! `catalogue import slowlog` on logs that the servers themselves have written.

use crate::binary::AuraDb;
use crate::servers::{ask, block_on};
use aura_db::engine::sandbox::{Options, Sandbox, ServerKind};
use sqlx::ConnectOptions as _;

const INSERT: &str = "INSERT INTO items VALUES (1, 'one', 10), (2, 'it''s two', 20), (3, 'three', 30)";

/// The log of a server that has run some statements, and the folder that it stands in.
fn logged(kind: ServerKind) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("slow.log");
    let options = Options {
        extra: vec![
            "--slow-query-log=ON".into(),
            "--long-query-time=0".into(),
            "--log-queries-not-using-indexes=ON".into(),
            format!("--slow-query-log-file={}", log.display()).into(),
        ],
        ..Options::new(kind)
    };
    let sandbox = block_on(Sandbox::start(&options)).unwrap();
    let mut connection = block_on(sandbox.connect_options().connect()).unwrap();
    ask(&mut connection, "CREATE DATABASE shop");
    ask(&mut connection, "USE shop");
    ask(&mut connection, "CREATE TABLE items (id INT PRIMARY KEY, name VARCHAR(50), price INT)");
    ask(&mut connection, INSERT);
    for id in 0..7 {
        ask(
            &mut connection,
            &format!("SELECT name FROM items\n  WHERE price > {id}0 -- all that cost\n  ORDER BY name"),
        );
    }
    ask(&mut connection, "UPDATE items SET price = price + 1 WHERE id IN (1, 2, 3)");
    ask(&mut connection, "COMMIT");
    drop((connection, sandbox));
    (folder, log.display().to_string())
}

fn the_log_becomes_a_workload(kind: ServerKind) {
    let (folder, log) = logged(kind);
    let workload = folder.path().join("slow.yaml").display().to_string();
    let run = AuraDb::new(["catalogue", "import", "slowlog", &log, "--output", &workload]).run();
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{}", run.stderr);
    let text = std::fs::read_to_string(&workload).unwrap();
    assert!(text.contains("name: slowlog.select-items-"), "{text}");
    assert!(text.contains("note: \"7 times, "), "{text}");
    assert!(text.contains("      SELECT name FROM items\n        WHERE price > "), "the words of the slowest: {text}");
    assert!(text.contains("name: slowlog.update-items-"), "{text}");
    assert!(text.contains("# Not covered:"), "{text}");
    assert!(text.contains("× create table items"), "what has no plan is named: {text}");
    let check = AuraDb::new(["catalogue", "check", &workload]).run();
    assert_eq!(check.code, Some(0), "{}", check.stderr);

    let json = AuraDb::new(["catalogue", "import", "slowlog", &log, "--format", "json"]).run();
    let digest: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let class = |begins: &str| {
        let classes = digest["classes"].as_array().unwrap();
        classes.iter().find(|class| class["fingerprint"].as_str().unwrap().starts_with(begins)).unwrap().clone()
    };
    assert_eq!(class("select name from items where price > ?")["count"], 7);
    assert_eq!(class("insert into items values(?+)")["sample"], INSERT);
    assert_eq!(digest["broken"].as_array().unwrap().len(), 0);

    let table = AuraDb::new(["catalogue", "import", "slowlog", &log, "--format", "table", "--limit", "2"]).run();
    assert_eq!(table.code, Some(0));
    assert!(table.stdout.trim_start().starts_with("COUNT"), "{}", table.stdout);
    assert!(table.stdout.trim_end().ends_with("of them are not shown"), "{}", table.stdout);
}

#[test]
fn mysqls_slow_log_becomes_a_workload() {
    the_log_becomes_a_workload(ServerKind::Mysql);
}

#[test]
fn mariadbs_slow_log_becomes_a_workload() {
    the_log_becomes_a_workload(ServerKind::Mariadb);
}

#[test]
fn what_is_broken_is_said_and_costs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("slow.log").display().to_string();
    let event = "# User@Host: a[a] @ x []\n# Query_time: 0.5  Lock_time: 0\nSELECT a FROM t;\n";
    std::fs::write(&log, format!("{event}{}{event}", &event[..event.len() - 9])).unwrap();
    let run = AuraDb::new(["catalogue", "import", "slowlog", &log]).run();
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let said = "slow.log:4: the statement is cut off by what comes after it; it is left out";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    assert!(run.stdout.contains("note: \"2 times, 1000.0 ms in all"), "{}", run.stdout);
    let none = folder.path().join("none.log").display().to_string();
    let run = AuraDb::new(["catalogue", "import", "slowlog", &none]).run();
    assert_eq!(run.code, Some(3));
    assert!(run.stderr.contains("none.log: cannot be read"), "{}", run.stderr);
}
