//! The outputs for other tools, driven on a help desk app inside a repository: all at once, of one run.

use crate::binary::{AuraDb, Outcome};
use crate::json_schema::violations;
use crate::junit_rules;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const WORKLOAD: &str = "\
queries:
  - name: tickets.by-subject
    source: src/tickets.js
    line: 42
    sql: SELECT id FROM tickets WHERE subject = 'x|<b>`'
  - name: tickets.newest
    sql: SELECT id, subject FROM tickets ORDER BY created_at DESC LIMIT 20
    allow: [{rule: filesort, because: shown to admins only}, {rule: full-table-scan, because: shown to admins only}]
  - name: tickets.by-id
    sql: SELECT id, subject FROM tickets WHERE id = 7
  - name: tickets.broken
    sql: SELECT nothing_like_it FROM tickets WHERE id = 7
";

/// The app in a folder of a repository.
struct Desk {
    top: TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { top: tempfile::tempdir().unwrap() };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/apps/helpdesk");
        let to = desk.app();
        fs::create_dir_all(to.join("migrations")).unwrap();
        fs::create_dir_all(desk.top.path().join(".git")).unwrap();
        fs::copy(from.join("scale.yaml"), to.join("scale.yaml")).unwrap();
        for entry in fs::read_dir(from.join("migrations")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), to.join("migrations").join(entry.file_name())).unwrap();
        }
        fs::write(to.join("workload.yaml"), WORKLOAD).unwrap();
        desk
    }

    fn app(&self) -> PathBuf {
        self.top.path().join("apps/desk")
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.app().join(file)).unwrap()
    }

    fn audit(&self, flags: &[&str]) -> Outcome {
        let arguments = ["audit", "--embedded", "--workload", "workload.yaml", "--scale", "scale.yaml", "--quiet"];
        AuraDb::new(arguments.iter().chain(flags)).at(&self.app()).run()
    }
}

#[test]
fn all_forms_of_one_audit_at_once() {
    let desk = Desk::new();
    let outcome = desk.audit(&[
        "tickets.*",
        "--format",
        "github",
        "--output",
        "sarif=a.sarif",
        "--output",
        "junit=a.xml",
        "--output",
        "markdown=a.md",
        "--output",
        "json=a.json",
        "--output",
        "table=a.txt",
    ]);
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    insta::assert_snapshot!("github", outcome.stdout);
    insta::assert_snapshot!("markdown", desk.read("a.md"));
    insta::assert_snapshot!("junit", desk.read("a.xml"));
    insta::assert_snapshot!("table", desk.read("a.txt"));
    assert_eq!(junit_rules::violations(&desk.read("a.xml")), Vec::<String>::new());

    let log: Value = serde_json::from_str(&desk.read("a.sarif")).unwrap();
    let schema = include_str!("../fixtures/sarif/sarif-2.1.0-rtm.5.json");
    let wrong = violations(&serde_json::from_str(schema).unwrap(), &log);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // A page of help needs an address; there is none as long as the package names no repository.
    let is_known = !env!("CARGO_PKG_REPOSITORY").is_empty();
    assert_eq!(desk.read("a.sarif").contains("helpUri"), is_known);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let of = |name: &str| {
        let uri = |result: &&Value| {
            let artifact = &result["locations"][0]["physicalLocation"]["artifactLocation"];
            artifact["uri"] == name && artifact["uriBaseId"] == "%SRCROOT%"
        };
        results.iter().filter(uri).count()
    };
    assert!(of("apps/desk/src/tickets.js") > 0 && of("apps/desk/workload.yaml") > 0, "{results:?}");
    assert_eq!(of("apps/desk/src/tickets.js") + of("apps/desk/workload.yaml"), results.len());

    // Every form has the same findings.
    let report: Value = serde_json::from_str(&desk.read("a.json")).unwrap();
    let open = report["findings"].as_array().unwrap().len();
    assert_eq!(results.iter().filter(|one| one["suppressions"].is_null()).count(), open);
    assert_eq!(outcome.stdout.lines().filter(|line| line.starts_with("::")).count(), open);
    assert_eq!(desk.read("a.md").matches("<details>").count(), open);
}

#[test]
fn lint_has_the_same_forms() {
    let desk = Desk::new();
    let arguments = ["lint", "--embedded", "--quiet", "--format", "sarif", "--output", "junit=l.xml"];
    let outcome = AuraDb::new(arguments).at(&desk.app()).run();
    let log: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let schema = include_str!("../fixtures/sarif/sarif-2.1.0-rtm.5.json");
    let wrong = violations(&serde_json::from_str(schema).unwrap(), &log);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let text = desk.read("l.xml");
    assert_eq!(junit_rules::violations(&text), Vec::<String>::new());
    let cases = roxmltree::Document::parse(&text).unwrap();
    let file = "apps/desk/migrations/20260301000000_create_helpdesk.up.sql";
    assert!(cases.descendants().any(|node| node.attribute("file") == Some(file)), "{text}");
}

#[test]
fn one_file_alone_takes_the_report_from_stdout_as_before() {
    let desk = Desk::new();
    let outcome = desk.audit(&["--format", "json", "--output", "a.json", "--fail-on", "never"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), ""), "{}", outcome.stderr);
    assert!(desk.read("a.json").starts_with("{\n  \"format_version\""));
}

#[test]
fn what_cannot_be_written_is_told_with_the_verdict() {
    let desk = Desk::new();
    let gone = desk.audit(&["--output", "sarif=no/such/a.sarif"]);
    assert_eq!((gone.code, gone.stdout.as_str()), (Some(3), ""));
    assert!(gone.stderr.contains("cannot write to no/such/a.sarif"), "{}", gone.stderr);
    let full = desk.audit(&["tickets.by-id", "--output", "sarif=/dev/full", "--output", "junit=a.xml"]);
    assert_eq!(full.code, Some(3), "{}", full.stderr);
    assert!(full.stderr.contains("cannot write to /dev/full"), "{}", full.stderr);
    assert!(full.stderr.contains("the audit itself: 1 query: 1 clean"), "{}", full.stderr);
    // The others have their report all the same.
    assert!(full.stdout.contains("passed at warning") && desk.read("a.xml").contains("tests=\"1\""));
    let twice = desk.audit(&["--output", "a.md", "--output", "markdown=a.md"]);
    assert_eq!(twice.code, Some(2), "{}", twice.stderr);
    assert_eq!(desk.audit(&["--list-rules", "--format", "sarif"]).code, Some(2));
}

#[test]
fn the_action_runs_under_bash() {
    let desk = Desk::new();
    let file = |name: &str| desk.top.path().join(name);
    let action = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/github-action");
    let run = |fail_on: &str, workload: &str| {
        fs::write(file("output"), "").unwrap();
        fs::write(file("summary"), "").unwrap();
        let mut command = Command::new("bash");
        command.arg(action.join("audit.sh")).current_dir(desk.app());
        command.env("AURA_DB", env!("CARGO_BIN_EXE_aura-db")).env("ENGINE", "embedded").env("FAIL_ON", fail_on);
        command.env("WORKLOAD", workload).env("SCALE", "scale.yaml").env("RUNNER_TEMP", desk.top.path());
        command.env("GITHUB_OUTPUT", file("output")).env("GITHUB_STEP_SUMMARY", file("summary"));
        command.env("GITHUB_WORKSPACE", desk.top.path());
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), fs::read_to_string(file("output")).unwrap())
    };
    let (code, stdout, outputs) = run("warning", "workload.yaml");
    assert_eq!(code, Some(1));
    assert!(stdout.contains("::error file=apps/desk/src/tickets.js,line=42,title="), "{stdout}");
    assert!(outputs.starts_with("exit-code=1\nsarif="), "{outputs}");
    for line in outputs.lines().skip(1) {
        assert!(Path::new(line.split_once('=').unwrap().1).is_file(), "{line}");
    }
    assert_eq!(outputs.lines().count(), 4);
    assert!(fs::read_to_string(file("summary")).unwrap().starts_with("### ❌ aura-db audit\n"));
    assert_eq!(run("never", "workload.yaml").0, Some(0));
    // One that cannot run leaves no report of an earlier run, and its exit code is the job's.
    let (code, _, outputs) = run("warning", "no such file; touch x");
    assert_eq!((code, outputs.as_str()), (Some(3), "exit-code=3\n"));
}
