use super::*;
use crate::model::query::{Frequency, Value};
use proptest::prelude::*;

fn loaded(text: &str) -> Result<Vec<Query>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.yaml");
    std::fs::write(&path, text).unwrap();
    load(&[path]).map_err(|errors| errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("\n"))
}

#[test]
fn entries_become_queries() {
    let text = "source: api/users.js\nqueries:\n  - name: users.by-email\n    line: 12\n    sql: |\n      SELECT id\n      FROM users WHERE email = ?\n    params: [\"a@b\"]\n    frequency: 4/min per client\n    cache: 5 min\n  - name: users.count\n    source: other.js\n    sql: SELECT COUNT(*) FROM users\n  - name: by-channel\n    sql: SELECT 1 FROM m WHERE c = ?\n    samples:\n      - {label: busy, params: [general]}\n      - {label: quiet, params: [7]}\n";
    let queries = loaded(text).unwrap();
    let first = &queries[0];
    assert_eq!(first.sql, "SELECT id\nFROM users WHERE email = ?");
    assert_eq!(
        first.source.as_ref().map(|source| (source.file.as_str(), source.line)),
        Some(("api/users.js", Some(12)))
    );
    assert_eq!(first.samples[0].params, [Value::Text("a@b".into())]);
    assert_eq!(first.frequency, Some(Frequency { per_minute: 4.0, per_client: true }));
    assert_eq!(first.cache_seconds, Some(300));
    assert_eq!((first.defined_at.line, queries[1].defined_at.line), (3, 11));
    assert_eq!(queries[1].source.as_ref().map(|source| source.file.as_str()), Some("other.js"));
    assert_eq!(queries[2].samples.len(), 2);
}

#[test]
fn every_mistake_is_shown_at_its_place() {
    let text = "queries:\n  - name: a\n    sql: SELECT ? + ?\n    params: [1]\n  - name: a2\n    sql: |\n      SELECT a\n      FROM t WHERE AND b\n  - name: b\n    sql: SELECT 1\n    frequency: often\n  - name: c\n    sql: SELECT ?\n";
    let errors = loaded(text).unwrap_err();
    for expected in [
        "w.yaml:4:13",
        "a has 2 placeholder(s), and 1 parameter(s) are given",
        "w.yaml:8:24",
        "the SQL does not parse",
        "w.yaml:11:16",
        "`often` is no frequency",
        "c has 1 placeholder(s), and no params",
    ] {
        assert!(errors.contains(expected), "{expected} not in:\n{errors}");
    }
}

#[test]
fn unknown_fields_and_broken_yaml_are_named_with_their_line() {
    let unknown = loaded("queries:\n  - name: a\n    sql: SELECT 1\n    parms: [1]\n").unwrap_err();
    assert!(unknown.contains("parms") && unknown.contains("w.yaml:4:5"), "{unknown}");
    let broken = loaded("queries:\n  - name: a\n   sql: [\n").unwrap_err();
    assert!(broken.contains("w.yaml:"), "{broken}");
}

#[test]
fn a_name_taken_twice_is_named_with_both_places() {
    let twice = loaded("queries:\n  - {name: a, sql: SELECT 1}\n  - {name: a, sql: SELECT 2}\n").unwrap_err();
    assert!(twice.contains("w.yaml:3:12") && twice.contains("w.yaml:2:12"), "{twice}");
}

#[test]
fn windows_files_are_read() {
    let queries = loaded("\u{feff}queries:\r\n  - name: a\r\n    sql: |\r\n      SELECT 1\r\n").unwrap();
    assert_eq!(queries[0].sql, "SELECT 1");
}

#[test]
fn an_empty_folder_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let errors = load(&[folder.path().to_owned()]).unwrap_err();
    assert!(errors[0].message.contains("no workload file") && errors[0].message.contains("--workload"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(queries:\n)?[-a-z:{}\\[\\]|>&*\"' \n?]{0,80}") {
        let _ = loaded(&text);
    }
}
