//! The loop as a user of another app goes it: scan its source, audit the workload, take a finding on by hand, edit the
//! source, scan again. What the outputs say stands at the app's own lines.

use crate::binary::{AuraDb, Outcome};
use crate::json_schema::violations;
use crate::project::contains;
use crate::servers::{ask, block_on, on_tcp};
use aura_db::engine::sandbox::{Options, ServerKind};
use serde_json::Value;
use sqlx::ConnectOptions as _;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A place and what is found there: `src/export.js:7 full-table-scan`.
type Places = BTreeSet<String>;

/// A clinic's app in a repository of its own.
struct Clinic {
    top: TempDir,
}

impl Clinic {
    fn new() -> Self {
        let clinic = Self { top: tempfile::tempdir().unwrap() };
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clinic"), clinic.top.path());
        fs::create_dir_all(clinic.path(".git")).unwrap();
        clinic
    }

    fn path(&self, name: &str) -> PathBuf {
        self.top.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Changes words of a file that has to have them.
    #[track_caller]
    fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        contains(&text, from);
        fs::write(self.path(name), text.replacen(from, to, 1)).unwrap();
    }

    fn run(&self, line: &str) -> Outcome {
        AuraDb::new(line.split_whitespace()).at(self.top.path()).run()
    }

    fn scan(&self) -> String {
        self.run("catalogue scan src --into app.yaml --schema migrations").exits(0).stderr
    }

    /// Audits, checks that all forms tell the same findings at the same places, and gives those and the excused ones.
    #[track_caller]
    fn audit(&self, workload: &str, sandbox: &str) -> (Places, Places) {
        let outcome = self
            .run(&format!(
                "audit --sandbox {sandbox} --workload {workload} --scale scale.yaml --format github --output sarif=a.sarif \
                 --output markdown=a.md"
            ))
            .exits(1);
        let log: Value = serde_json::from_str(&self.read("a.sarif")).unwrap();
        let schema = include_str!("../fixtures/sarif/sarif-2.1.0-rtm.5.json");
        assert_eq!(violations(&serde_json::from_str(schema).unwrap(), &log), Vec::<String>::new());
        let (mut open, mut excused) = (Places::new(), Places::new());
        for result in log["runs"][0]["results"].as_array().unwrap() {
            let place = &result["locations"][0]["physicalLocation"];
            let (file, line) = (place["artifactLocation"]["uri"].as_str().unwrap(), &place["region"]["startLine"]);
            let told = format!("{file}:{line} {}", result["ruleId"].as_str().unwrap());
            if result["suppressions"].is_null() { &mut open } else { &mut excused }.insert(told);
        }
        let annotated: Places = outcome.stdout.lines().filter_map(annotation).collect();
        assert_eq!(annotated, open, "{}", outcome.stdout);
        let markdown = self.read("a.md");
        let summaries = markdown.lines().filter(|line| line.starts_with("<details><summary>"));
        let drawn: Places = summaries.filter_map(summary).collect();
        assert_eq!(drawn, open, "{markdown}");
        (open, excused)
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

/// `::error file=F,line=N,col=C,title=RULE%3A QUERY::…`; the column only where it is known.
fn annotation(line: &str) -> Option<String> {
    let rest = line.split_once(" file=")?.1;
    let (file, rest) = rest.split_once(",line=")?;
    let (number, rest) = rest.split_once(",title=")?;
    let number = number.split(',').next()?;
    Some(format!("{file}:{number} {}", rest.split_once("%3A")?.0))
}

/// `<details><summary>❌ <b>error</b> RULE · QUERY · F:N</summary>`
fn summary(line: &str) -> Option<String> {
    let mut parts = line.strip_suffix("</summary>")?.split(" · ");
    let rule = parts.next()?.rsplit(' ').next()?;
    Some(format!("{} {rule}", parts.last()?))
}

fn places(list: &[&str]) -> Places {
    list.iter().map(|&one| one.to_owned()).collect()
}

fn source_to_findings_and_back(sandbox: &str) {
    let clinic = Clinic::new();
    let told = clinic.scan();
    for words in [
        "src/export.js:5: connection-per-request",
        "src/export.js:6: ddl-in-request",
        "src/export.js:8: not covered",
        "src/routes/patients.js:31: not covered",
        "9 statements in 5 files, 0 of them in no known call; 3 not covered; 2 findings",
    ] {
        contains(&told, words);
    }
    clinic.run("catalogue check app.yaml").exits(0);
    let (open, excused) = clinic.audit("app.yaml", sandbox);
    let first = [
        "src/export.js:7 full-table-scan",
        "src/export.js:7 unbounded-result",
        "src/routes/appointments.ts:12 n-plus-one",
        "src/routes/appointments.ts:24 filesort",
        "src/routes/appointments.ts:24 full-index-scan",
        "src/routes/appointments.ts:24 full-table-scan",
        "src/routes/patients.js:15 full-table-scan",
    ];
    assert_eq!((open, excused), (places(&first), Places::new()));

    // A person takes one finding on, and says more of the query.
    let name = "routes.patients.get-patients-by-phone-phone.select-patients # scanned\n";
    let by_hand = "    frequency: 6/min\n    # asked of the front desk\n    \
                   allow: [{rule: full-table-scan, because: the desk rings up twice a day}]\n";
    clinic.edit("app.yaml", name, &format!("{name}{by_hand}"));
    clinic.edit("app.yaml", "note: \"Values: req.params.phone.\"", "note: as the reception asks");
    let (open, excused) = clinic.audit("app.yaml", sandbox);
    assert_eq!((open.len(), excused), (6, places(&["src/routes/patients.js:15 full-table-scan"])));

    // The code moves, a statement changes, one goes, and one comes.
    clinic.edit("src/routes/patients.js", "'use strict';", "'use strict';\n// The front desk.\n");
    clinic.edit("src/routes/patients.js", "`SELECT id, name\n", "`SELECT id, name, born_on\n");
    clinic.edit("src/export.js", "SELECT * FROM appointments", "SELECT id FROM patients WHERE name = ? LIMIT 5");
    let born = "\nexports.born = (day) => pool.query('SELECT id FROM patients WHERE born_on = ? LIMIT 5', [day]);\n";
    clinic.edit("src/lib/db.js", "\nmodule.exports", &format!("{born}\nmodule.exports"));
    let told = clinic.scan();
    contains(&told, "2 added, 3 changed, 1 vanished");
    contains(&told, "export.handler.select-appointments is no more in the code");
    let workload = clinic.read("app.yaml");
    for words in [by_hand, "    note: as the reception asks\n", "SELECT id, name, born_on\n", "    line: 17\n"] {
        contains(&workload, words);
    }
    clinic.run("catalogue check app.yaml").exits(0);
    clinic.run("catalogue scan src --into app.yaml --schema migrations --prune").exits(0);
    let (open, excused) = clinic.audit("app.yaml", sandbox);
    let second = [
        "src/export.js:7 full-table-scan",
        "src/lib/db.js:6 full-table-scan",
        "src/routes/appointments.ts:12 n-plus-one",
        "src/routes/appointments.ts:24 filesort",
        "src/routes/appointments.ts:24 full-index-scan",
        "src/routes/appointments.ts:24 full-table-scan",
    ];
    assert_eq!((open, excused), (places(&second), places(&["src/routes/patients.js:17 full-table-scan"])));
    let again = clinic.read("app.yaml");
    clinic.scan();
    assert_eq!(clinic.read("app.yaml"), again, "a scan of the same code changes nothing");
}

#[test]
fn from_source_to_findings_and_back_on_mysql() {
    source_to_findings_and_back("mysql");
}

#[test]
fn from_source_to_findings_and_back_on_mariadb() {
    source_to_findings_and_back("mariadb");
}

/// What a clinic's server has run, by its slow log and by its digests, and the waivers of the workloads made of it.
fn server_to_findings(kind: ServerKind, sandbox: &str) {
    let clinic = Clinic::new();
    let log = clinic.path("slow.log");
    let slow = ["--slow-query-log=ON", "--long-query-time=0"].map(Into::into);
    let file = format!("--slow-query-log-file={}", log.display()).into();
    let extra = slow.into_iter().chain([file]).collect();
    let (server, port) = on_tcp(&Options { performance_schema: true, extra, ..Options::new(kind) });
    let url = format!("mysql://root@127.0.0.1:{port}/clinic");
    let mut connection = block_on(server.connect_options().connect()).unwrap();
    ask(&mut connection, "CREATE DATABASE clinic");
    clinic.run(&format!("migrate --database-url {url}")).exits(0);
    ask(&mut connection, "USE clinic");
    for phone in ["030-1", "030-2", "030-3"] {
        ask(&mut connection, &format!("SELECT id, name FROM patients WHERE phone = '{phone}'"));
    }
    ask(&mut connection, "SELECT id, name, born_on FROM patients WHERE id = 7");
    ask(&mut connection, "SELECT id, starts_at FROM appointments WHERE doctor_id = 3 ORDER BY starts_at LIMIT 20");

    let imports = [
        ("slow.yaml", "catalogue import slowlog slow.log --into slow.yaml".to_owned()),
        ("digests.yaml", format!("catalogue import performance-schema --database-url {url} --into digests.yaml")),
    ];
    for (number, (workload, import)) in (1..).zip(imports) {
        clinic.run(&import).exits(0);
        clinic.run(&format!("catalogue check {workload}")).exits(0);
        let text = clinic.read(workload);
        assert!(!text.contains("  FROM information_schema") && text.matches("- name:").count() < 10, "{text}");
        let lines: Vec<&str> = text.lines().collect();
        let phone = lines.iter().position(|line| line.contains("phone") && !line.starts_with('#')).unwrap();
        let by_phone = lines[..phone].iter().rposition(|line| line.contains("- name:")).unwrap();
        let place = format!("{workload}:{} full-table-scan", by_phone + 1);
        let (open, excused) = clinic.audit(workload, sandbox);
        assert!(open.contains(&place) && excused.is_empty(), "{place}: {open:?}\n{text}");
        assert!(open.iter().all(|one| one.starts_with(&format!("{workload}:"))), "{open:?}");

        let name = lines[by_phone];
        let entry = format!("{name}\n    allow: [{{rule: full-table-scan, because: the desk rings up twice a day}}]");
        clinic.edit(workload, name, &entry);
        let audit =
            format!("audit --sandbox {sandbox} --workload {workload} --scale scale.yaml --format json --fail-on never");
        let report: Value = serde_json::from_str(&clinic.run(&audit).exits(0).stdout).unwrap();
        let waived = report["waived"].as_array().unwrap();
        assert!(waived.iter().any(|one| one["finding"]["rule"] == "full-table-scan"), "{report:#}");

        // The server runs on, and its log is read again: what was written by hand stays.
        ask(&mut connection, &format!("SELECT id FROM doctors WHERE speciality = 'x' LIMIT {number}"));
        ask(&mut connection, "SELECT id, name FROM patients WHERE phone = '030-4'");
        let told = clinic.run(&import).exits(0).stderr;
        contains(&told, " added, ");
        let text = clinic.read(workload);
        for words in
            [entry.as_str(), ".select-doctors-", if number == 1 { "note: \"4 times, " } else { "note: \"5 times, " }]
        {
            contains(&text, words);
        }
        assert_eq!(text.matches("# Made by").count(), 1, "{text}");
        clinic.run(&format!("catalogue check {workload}")).exits(0);
    }
}

#[test]
fn from_what_mysql_has_run_to_findings() {
    server_to_findings(ServerKind::Mysql, "mysql");
}

#[test]
fn from_what_mariadb_has_run_to_findings() {
    server_to_findings(ServerKind::Mariadb, "mariadb");
}
