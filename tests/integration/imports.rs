//! `catalogue import general-log`, `performance-schema` and `sql`, from a help desk's statements on real servers to its audit.

use crate::binary::AuraDb;
use crate::servers::{ask, block_on, mysql, on_tcp};
use aura_db::engine::sandbox::{Options, Sandbox, ServerKind};
use serde_json::Value;
use sqlx::{ConnectOptions as _, MySqlConnection};
use std::path::{Path, PathBuf};

fn app() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/apps/helpdesk")
}

/// A server that keeps a general log and counts digests.
fn counting(kind: ServerKind, log: &Path) -> (Sandbox, String, MySqlConnection) {
    let extra = vec!["--general-log=ON".into(), format!("--general-log-file={}", log.display()).into()];
    let (sandbox, port) = on_tcp(&Options { performance_schema: true, extra, ..Options::new(kind) });
    let connection = block_on(sandbox.connect_options().connect()).unwrap();
    (sandbox, format!("mysql://root@127.0.0.1:{port}/helpdesk"), connection)
}

/// Runs the app's migrations, and then some of its statements.
fn used(connection: &mut MySqlConnection, url: &str) {
    ask(connection, "CREATE DATABASE helpdesk");
    AuraDb::new(["migrate", "--database-url", url]).at(&app()).run().exits(0);
    ask(connection, "USE helpdesk");
    for organisation in 1..=5 {
        ask(
            connection,
            &format!(
                "SELECT id, subject FROM tickets\n WHERE organisation_id = {organisation} AND status IN ('new', 'open')\n \
                 ORDER BY updated_at DESC LIMIT 50"
            ),
        );
    }
    for name in ["Ann", "Bob", "Cem"] {
        let prepared = sqlx::query("SELECT id, email FROM requesters WHERE name = ?").bind(name);
        block_on(prepared.fetch_all(&mut *connection)).unwrap();
    }
    // Of what is prepared MariaDB makes no digest.
    for locale in ["de", "fr"] {
        ask(connection, &format!("SELECT id FROM requesters WHERE locale = '{locale}'"));
    }
    ask(connection, "SELECT VERSION()");
}

fn class<'a>(digest: &'a Value, begins: &str) -> &'a Value {
    let classes = digest["classes"].as_array().unwrap();
    let found = classes.iter().find(|class| class["fingerprint"].as_str().unwrap().starts_with(begins));
    found.unwrap_or_else(|| panic!("no class {begins}: {digest:#}"))
}

/// Audits a workload of the app, and gives the rules that found something in each query.
fn audited(workload: &str, sandbox: &str) -> Vec<(String, String)> {
    AuraDb::new(["catalogue", "check", workload]).run().exits(0);
    let audit = ["audit", "--workload", workload, "--scale", "scale.yaml", "--sandbox", sandbox, "--format", "json"];
    let report: Value = serde_json::from_str(&AuraDb::new(audit).at(&app()).run().exits(1).stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| (text(&finding["subject"]["query"]), text(&finding["rule"]))).collect()
}

#[track_caller]
fn scans_requesters(findings: &[(String, String)]) {
    let scans = |(query, rule): &(String, String)| query.contains("select-requesters") && rule == "full-table-scan";
    assert!(findings.iter().any(scans), "{findings:?}");
    assert!(!findings.iter().any(|(query, rule)| query.contains("select-tickets") && rule == "full-table-scan"));
}

fn what_ran_is_audited(kind: ServerKind, sandbox: &str) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("general.log");
    let (_server, url, mut connection) = counting(kind, &log);
    used(&mut connection, &url);
    let at = |name: &str| folder.path().join(name).display().to_string();

    let log = log.display().to_string();
    let json = AuraDb::new(["catalogue", "import", "general-log", &log, "--format", "json"]).run().exits(0);
    let digest: Value = serde_json::from_str(&json.stdout).unwrap();
    let tickets = class(&digest, "select id, subject from tickets where organisation_id = ? and status in(?+)");
    assert_eq!((tickets["count"].as_u64(), tickets["total_ms"].as_f64()), (Some(5), None));
    let requesters = class(&digest, "select id, email from requesters where name = ?");
    assert_eq!(requesters["count"], 3, "an execution counts, its preparation does not");
    assert_eq!(digest["broken"], serde_json::json!([]));
    let table = AuraDb::new(["catalogue", "import", "general-log", &log, "--format", "table", "--limit", "1"]).run();
    assert!(table.exits(0).stdout.contains("of them are not shown"));
    let workload = at("general.yaml");
    AuraDb::new(["catalogue", "import", "general-log", &log, "--output", &workload]).run().exits(0);
    let text = std::fs::read_to_string(&workload).unwrap();
    assert!(text.contains("'Ann'") && text.contains("a migration tool's own bookkeeping"), "{text}");
    scans_requesters(&audited(&workload, sandbox));

    let import = ["catalogue", "import", "performance-schema", "--database-url", &url];
    let json = AuraDb::new(import.iter().chain(&["--format", "json"])).run().exits(0);
    let digest: Value = serde_json::from_str(&json.stdout).unwrap();
    let is_mysql = kind == ServerKind::Mysql;
    let tickets = class(&digest, if is_mysql { "select id, subject from tickets" } else { "select id , subject from" });
    assert_eq!(tickets["count"], 5);
    assert_eq!(tickets["p95_ms"].is_number(), is_mysql, "{tickets:#}");
    assert!(tickets["total_ms"].as_f64().unwrap() > 0.0 && tickets["last_seen"].is_string(), "{tickets:#}");
    assert_eq!(tickets["database"], "helpdesk");
    assert!(!json.stdout.contains("_sqlx_migrations") && !json.stdout.contains("_aura_db_"), "{}", json.stdout);
    assert!(digest["notes"][0].as_str().unwrap().starts_with("counted since 20"), "{digest:#}");
    let workload = at("digests.yaml");
    let run = AuraDb::new(import.iter().chain(&["--output", workload.as_str()])).run().exits(0);
    assert!(run.stderr.contains("note: counted since"), "{}", run.stderr);
    let text = std::fs::read_to_string(&workload).unwrap();
    assert!(!text.contains("information_schema") && text.contains("on the server's own tables left out"), "{text}");
    assert!(text.contains("params: [\"a\"]") && text.contains("the values are stand-ins"), "{text}");
    scans_requesters(&audited(&workload, sandbox));

    ask(&mut connection, "CREATE USER 'reader'@'127.0.0.1'");
    ask(&mut connection, "GRANT SELECT ON helpdesk.* TO 'reader'@'127.0.0.1'");
    let refused = AuraDb::new([&import[..4], &[&url.replace("root", "reader")]].concat()).run().exits(3);
    assert!(refused.stderr.contains("GRANT SELECT ON performance_schema.* TO"), "{}", refused.stderr);
}

#[test]
fn what_ran_on_mysql_is_audited() {
    what_ran_is_audited(ServerKind::Mysql, "mysql");
}

#[test]
fn what_ran_on_mariadb_is_audited() {
    what_ran_is_audited(ServerKind::Mariadb, "mariadb");
}

#[test]
fn a_server_that_does_not_count_is_told_from_one_that_is_idle() {
    for kind in [ServerKind::Mysql, ServerKind::Mariadb] {
        let (_server, port) = on_tcp(&Options::new(kind));
        let url = format!("mysql://root@127.0.0.1:{port}/mysql");
        let run = AuraDb::new(["catalogue", "import", "performance-schema", "--database-url", &url]).run();
        assert_eq!((run.code, run.stdout.as_str()), (Some(3), ""), "{}", run.stderr);
        assert!(run.stderr.contains("performance_schema is off"), "{}", run.stderr);
        assert!(run.stderr.contains("performance_schema = ON below [mysqld]"), "{}", run.stderr);
    }
    let url = mysql().database("imports_idle").url();
    let run = AuraDb::new(["catalogue", "import", "performance-schema", "--database-url", &url]).run().exits(0);
    assert!(run.stdout.ends_with("queries: []\n"), "{}", run.stdout);
    assert!(run.stderr.contains("0 entries from 0 statements; 0 classes not covered"), "{}", run.stderr);
    let run = AuraDb::new(["catalogue", "import", "performance-schema", "--database-url", "sqlite::memory:"]).run();
    assert!(run.code != Some(0) && run.stdout.is_empty(), "{}", run.stderr);
}

#[test]
fn named_statements_of_files_are_audited_at_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    let queries = folder.path().join("requesters.sql");
    std::fs::write(
        &queries,
        "-- name: ByName :many\nSELECT id, email\nFROM requesters WHERE name = sqlc.arg(name);\n\n\
         -- name: overdue^\n-- aura-db: allow unbounded-result because the list is short\n\
         SELECT id FROM tickets WHERE status = :state AND due_at < @now;\n\nDROP TABLE nothing;\n",
    )
    .unwrap();
    let (file, workload) = (queries.display().to_string(), folder.path().join("w.yaml").display().to_string());
    let run = AuraDb::new(["catalogue", "import", "sql", &file, "--output", &workload]).at(&app()).run().exits(0);
    assert!(run.stderr.contains("2 entries from 1 file; 1 not covered"), "{}", run.stderr);
    let text = std::fs::read_to_string(&workload).unwrap();
    assert!(text.contains("  - name: ByName\n") && text.contains("    line: 2\n"), "{text}");
    assert!(text.contains("requesters.sql:9 requesters.line-9: EXPLAIN has no plan for it"), "{text}");
    assert!(text.contains("-- aura-db: allow unbounded-result because the list is short\n"), "{text}");
    let import = |flags: &[&str]| {
        let all = ["catalogue", "import", "sql", &file].into_iter().chain(flags.iter().copied());
        AuraDb::new(all).at(&app()).run().exits(0).stdout
    };
    let named: Value = serde_json::from_str(&import(&["--format", "json"])).unwrap();
    assert_eq!((named["count"].as_u64(), named["statements"][0]["source"]["line"].as_u64()), (Some(2), Some(2)));
    assert_eq!(named["not_covered"][0]["at"]["line"], 9, "{named:#}");
    let table = import(&["--format", "table", "--limit", "1"]);
    assert!(table.contains("ByName") && !table.contains("overdue  "), "{table}");
    assert!(table.ends_with("2 statements in 1 file, 1 not covered; 1 of them are not shown\n"), "{table}");
    assert!(!import(&["--limit", "1"]).contains("name: overdue"));

    let kept = folder.path().join("kept.yaml").display().to_string();
    import(&["--into", &kept]);
    let read = || std::fs::read_to_string(&kept).unwrap();
    let by_hand = "    frequency: 6/min\n";
    std::fs::write(&kept, read().replacen("ByName # imported\n", &format!("ByName # imported\n{by_hand}"), 1)).unwrap();
    let statements = std::fs::read_to_string(&queries).unwrap();
    std::fs::write(
        &queries,
        format!("-- one more line\n{}", statements.replace("overdue^", "late^").replace("due_at <", "due_at <=")),
    )
    .unwrap();
    import(&["--into", &kept, "--prune"]);
    let text = read();
    assert!(text.contains(by_hand) && text.contains("    line: 3\n"), "{text}");
    assert!(text.contains("name: late # imported") && !text.contains("overdue"), "{text}");
    std::fs::write(&queries, statements).unwrap();
    let audit = ["audit", "--workload", &workload, "--scale", "scale.yaml", "--sandbox", "mysql", "--format", "json"];
    let report: Value = serde_json::from_str(&AuraDb::new(audit).at(&app()).run().exits(1).stdout).unwrap();
    let found = |query: &str, rule: &str| {
        let findings = report["findings"].as_array().unwrap();
        findings.iter().any(|finding| finding["subject"]["query"] == query && finding["rule"] == rule)
    };
    assert!(found("ByName", "full-table-scan"), "{report:#}");
    assert!(!found("overdue", "unbounded-result"), "{report:#}");
}
