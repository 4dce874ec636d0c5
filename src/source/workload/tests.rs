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
fn samples_without_a_label_are_numbered() {
    let text = "queries:\n  - name: a\n    sql: SELECT ?\n    samples: [{params: [1]}, {label: big, params: [9]}]\n  - name: b\n    sql: SELECT ?\n    samples: [{params: [1]}]\n";
    let queries = loaded(text).unwrap();
    let labels = |query: &Query| query.samples.iter().map(|sample| sample.label.clone()).collect::<Vec<_>>();
    assert_eq!((labels(&queries[0]), labels(&queries[1])), (vec!["1".into(), "big".into()], vec![String::new()]));
}

#[test]
fn every_mistake_is_shown_at_its_place() {
    let text = "queries:\n  - name: a\n    sql: SELECT ? + ?\n    params: [1]\n  - name: a2\n    sql: |\n      SELECT a\n      FROM t WHERE AND b\n  - name: b\n    sql: SELECT 1\n    frequency: often\n  - name: c\n    sql: SELECT ?\n";
    let errors = loaded(text).unwrap_err();
    for expected in [
        "w.yaml:4:13",
        "a has 2 placeholders, and was given 1 parameter",
        "w.yaml:8:24",
        "the SQL does not parse",
        "w.yaml:11:16",
        "`often` is no frequency",
        "c has 1 placeholder, and no params",
    ] {
        assert!(errors.contains(expected), "{expected} not in:\n{errors}");
    }
}

#[test]
fn unknown_fields_and_broken_yaml_are_named_with_their_line() {
    let unknown = loaded("queries:\n  - name: a\n    sql: SELECT 1\n    parms: [1]\n").unwrap_err();
    assert!(unknown.contains("did you mean `params`?") && unknown.contains("w.yaml:4:5"), "{unknown}");
    let several =
        loaded("sorce: x\nqueries:\n  - nmae: a\n    sql: SELECT ?\n    cahce: 1 s\n    line: -1\n").unwrap_err();
    for expected in ["`source`", "`name`", "`cache`", "no params", "whole number", "the field `name` is missing"] {
        assert!(several.contains(expected), "{expected} not in:\n{several}");
    }
    let broken = loaded("queries:\n  - name: a\n   sql: [\n").unwrap_err();
    assert!(broken.contains("w.yaml:"), "{broken}");
}

#[test]
fn a_name_taken_twice_is_named_with_both_places() {
    let twice = loaded("queries:\n  - {name: a, sql: SELECT 1}\n  - {name: a, sql: SELECT 2}\n").unwrap_err();
    assert!(twice.contains("w.yaml:3:12") && twice.contains("w.yaml:2:12"), "{twice}");
}

#[test]
fn a_name_is_taken_by_an_entry_with_mistakes_too() {
    let twice = loaded("queries:\n  - {name: a, sql: SELECT ?}\n  - {name: a, sql: SELECT 2}\n").unwrap_err();
    assert!(twice.contains("w.yaml:3:12") && twice.contains("w.yaml:2:12"), "{twice}");
}

#[test]
fn a_mistake_in_sql_is_placed_whatever_holds_it() {
    // The parser stops at the place of the mark, which is not part of the file.
    for scalar in [
        "SELECT 1 FROM t WHERE WHERE ¶a",
        "SELECT 1\n      FROM t\n      WHERE WHERE ¶a",
        "|\n      SELECT 1\n\n      FROM t -- it''s\n        WHERE WHERE ¶a",
        "|-\n      SELECT 1 FROM t WHERE\n      WHERE ¶a",
        ">\n      SELECT 1\n      FROM t\n      WHERE WHERE ¶a",
        "'SELECT ''it''\n      FROM t WHERE WHERE ¶a'",
        "\"SELECT \\\"a\\\"\\n FROM t WHERE WHERE ¶a\"",
        "SELECT 'é', 'ö' FROM t WHERE WHERE ¶a",
        "SELECT 1 +¶",
        "|\n      SELECT 1\n      FROM t WHERE (¶\n\n",
    ] {
        let marked = format!("queries:\n  - name: b\n    sql: {scalar}\n");
        let before: Vec<&str> = marked.split('¶').next().unwrap().split('\n').collect();
        let expected = format!("w.yaml:{}:{}\n", before.len(), before[before.len() - 1].chars().count() + 1);
        let error = loaded(&marked.replace('¶', "")).unwrap_err();
        assert!(error.contains(&expected), "{expected} is not the place in:\n{error}");
    }
}

#[test]
fn a_statement_that_an_alias_stands_for_is_shown_where_it_is_written() {
    let text = "queries:\n  - name: a\n    sql: &same SELECT 1 FROM t WHERE WHERE a\n  - name: b\n    sql: *same\n";
    let error = loaded(text).unwrap_err();
    assert_eq!(error.matches("w.yaml:3:44").count(), 2, "{error}");
}

#[test]
fn a_file_named_twice_is_read_once_and_no_query_at_all_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.yaml");
    std::fs::write(&path, "queries:\n  - {name: a, sql: SELECT 1}\n").unwrap();
    std::fs::create_dir(folder.path().join("more")).unwrap();
    std::fs::write(folder.path().join("more/b.yml"), "queries:\n  - {name: b, sql: SELECT 1}\n").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(), folder.path().join("more/above")).unwrap();
    let queries = load(&[folder.path().to_owned(), path.clone()]).unwrap();
    assert_eq!(queries.iter().map(|query| query.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    std::fs::write(&path, "queries: []\n").unwrap();
    assert!(load(&[path]).unwrap_err()[0].message.contains("no query in"));
}

#[test]
fn a_file_that_is_not_utf_8_is_named_with_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.yaml");
    std::fs::write(&path, b"queries:\n  - name: caf\xe9\n").unwrap();
    assert!(load(&[path]).unwrap_err()[0].message.contains("w.yaml:2: the file is not UTF-8"));
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

#[test]
fn the_end_of_a_file_without_a_final_newline_has_a_place() {
    let error = loaded("queries:\n  - name: a\n    sql: SELECT 1 +").unwrap_err();
    assert!(error.contains("w.yaml:3:20"), "{error}");
}

proptest! {
    #[test]
    fn any_statement_is_read_or_refused_at_a_place(
        style in prop::sample::select(vec!["", "'", "\"", "|\n      ", ">\n      "]),
        words in prop::collection::vec("(SELECT|FROM|WHERE|''|\\\\\"|\\\\n|`|\\(|\\)|\\?|,|a|1|é|--|/\\*|\n      |\\PC)", 0..12),
    ) {
        let close = if style.len() == 1 { style } else { "" };
        let text = format!("queries:\n  - name: a\n    sql: {style}{}{close}", words.join(" "));
        if let Err(errors) = loaded(&text) {
            prop_assert!(errors.contains("w.yaml:") , "{}", errors);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(queries:\n)?[-a-z:{}\\[\\]|>&*\"' \n?]{0,80}") {
        let _ = loaded(&text);
    }
}
