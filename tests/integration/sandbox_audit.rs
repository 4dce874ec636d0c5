//! `audit --sandbox` as a process: the same report however many plans are made at once, several runs side by side, and
//! nothing left of a run that is ended from outside.

use crate::binary::AuraDb;
use crate::project::eventually;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const ENGINES: [&str; 2] = ["mysql", "mariadb"];

fn app(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/apps").join(name)
}

/// An audit of the fixture, with its report in `report`.
fn audit(name: &str, engine: &str, jobs: &str, report: &Path) -> AuraDb {
    let inputs = ["audit", "--migrations", "migrations", "--workload", "workload.yaml", "--scale", "scale.yaml"];
    let run =
        AuraDb::new(inputs.into_iter().chain(["--sandbox", engine, "--jobs", jobs, "--fail-on", "never"]).chain([
            "--format",
            "json",
            "--output",
            report.to_str().unwrap(),
        ]));
    run.at(&app(name))
}

#[test]
fn one_plan_at_a_time_and_eight_give_the_same_report() {
    let reports = tempfile::tempdir().unwrap();
    for engine in ENGINES {
        for name in std::fs::read_dir(app("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
            // Side by side, each on a server of its own.
            let [one, eight] = ["1", "8"].map(|jobs| {
                let report = reports.path().join(format!("{engine}-{name}-{jobs}.json"));
                (audit(&name, engine, jobs, &report).start(), report)
            });
            let [one, eight] = [one, eight].map(|(run, report)| {
                run.wait().exits(0);
                comparable(serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap())
            });
            let plans = one["queries"].as_array().unwrap().len();
            assert!(plans > 20, "{name}: {plans}");
            let [one, eight] = [one, eight].map(|report| serde_json::to_string_pretty(&report).unwrap());
            let differing = one.lines().zip(eight.lines()).find(|(one, eight)| one != eight);
            assert_eq!(differing, None, "{engine}, {name}");
            assert_eq!(one.len(), eight.len(), "{engine}, {name}");
        }
    }
}

#[test]
fn without_a_server_the_variable_or_the_line_that_installs_one_is_named() {
    for (engine, variable) in [("mysql", "AURA_DB_MYSQLD"), ("mariadb", "AURA_DB_MARIADBD")] {
        let report = tempfile::tempdir().unwrap();
        let run = audit("shop", engine, "1", &report.path().join("report.json")).env(variable, "/nowhere/to/be/found");
        let run = run.run().exits(3);
        let expected = format!("error: {variable} is set to `/nowhere/to/be/found`, which is no ");
        assert!(run.stderr.contains(&expected), "{}", run.stderr);
        assert_eq!(run.stdout, "");
        assert_eq!(std::fs::read_dir(report.path()).unwrap().count(), 0, "a report of nothing was written");
    }
}

/// The report without the plans of reads of the dictionary: their rows count the tables of the whole server, the working
/// copies of aura-db among them. Their findings stay.
fn comparable(mut report: Value) -> Value {
    for query in report["queries"].as_array_mut().unwrap() {
        if query["sql"].as_str().unwrap().to_lowercase().contains("information_schema") {
            query["plans"] = Value::Null;
        }
    }
    report
}

/// The folder of the run's throwaway server and its process id, once it has begun to fill the database.
fn filled(temporary: &Path) -> Option<(PathBuf, String)> {
    let folders = std::fs::read_dir(temporary).unwrap();
    let folder = folders.map(|entry| entry.unwrap().path()).find(|it| it.join("data/aura_db_sandbox").exists())?;
    let pid = std::fs::read_to_string(folder.join("pid")).ok()?.trim().to_owned();
    (!pid.is_empty()).then_some((folder, pid))
}

#[test]
fn a_run_that_is_interrupted_or_killed_leaves_no_server_and_no_folder() {
    for engine in ENGINES {
        for signal in ["-INT", "-TERM", "-KILL"] {
            let temporary = tempfile::tempdir().unwrap();
            let name = std::fs::read_dir(app("")).unwrap().next().unwrap().unwrap().file_name().into_string().unwrap();
            let report = temporary.path().join("report.json");
            let run = audit(&name, engine, "2", &report).env("TMPDIR", temporary.path()).start();
            eventually("the throwaway server is filled", || filled(temporary.path()).is_some());
            let (folder, pid) = filled(temporary.path()).unwrap();
            let killed = Command::new("kill").args([signal, &run.pid().to_string()]).status().unwrap();
            assert!(killed.success(), "{engine} {signal}");
            let outcome = run.wait();
            assert_eq!(outcome.code, (signal == "-INT").then_some(130), "{engine} {signal}: {outcome:?}");
            eventually("the server and its folder are gone", || {
                !folder.exists() && !Path::new("/proc").join(&pid).exists()
            });
        }
    }
}
