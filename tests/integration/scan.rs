//! `catalogue scan` on a small app in JavaScript and TypeScript.

use crate::binary::AuraDb;
use std::path::{Path, PathBuf};

fn app() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/scan")
}

fn scanned(arguments: &[&str]) -> (serde_json::Value, String) {
    let src = app().join("src").display().to_string();
    let all = [&["catalogue", "scan", &src, "--format", "json"], arguments].concat();
    let run = AuraDb::new(all).run();
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    (serde_json::from_str(&run.stdout).unwrap(), run.stderr)
}

/// `file:line` of each, as the expected list has them, with what follows.
fn lines(list: &serde_json::Value, words: impl Fn(&serde_json::Value) -> String) -> Vec<String> {
    let src = format!("{}/", app().join("src").display());
    let one = |item: &serde_json::Value| {
        let file = item["at"]["file"].as_str().unwrap().strip_prefix(&src).unwrap();
        format!("{file}:{} {}", item["at"]["line"], words(item))
    };
    list.as_array().unwrap().iter().map(one).collect()
}

#[test]
fn each_statement_is_found_at_its_line_or_told() {
    let (scan, _) = scanned(&[]);
    let flat = |text: &serde_json::Value| text.as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut all = lines(&scan["statements"], |one| {
        let each = if one["in_loop"] == true { "in a loop: " } else { "" };
        let loose = if one["call"].is_null() { "in no call: " } else { "" };
        format!("{each}{loose}{}", flat(&one["sql"]))
    });
    all.extend(lines(&scan["not_covered"], |one| format!("not covered: {}", flat(&one["because"]))));
    all.extend(lines(&scan["findings"], |one| format!("finding: {}", flat(&one["rule"]))));
    let expected = std::fs::read_to_string(app().join("expected.txt")).unwrap();
    let expected: Vec<&str> = expected.lines().collect();
    assert_eq!(all, expected);
}

#[test]
fn what_is_written_by_hand_outlives_a_scan() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let code = |text: &str| std::fs::write(path("app.js"), text).unwrap();
    code(
        "function one(id) {\n  return db.query('SELECT a FROM t WHERE id = ?', [id]);\n}\nfunction two() {\n  return db.query('SELECT b FROM t');\n}\n",
    );
    let scan = |more: &[&str]| {
        let (app, into) = (path("app.js"), path("w.yaml"));
        let all = [&["catalogue", "scan", &app, "--into", &into], more].concat();
        let run = AuraDb::new(all).run();
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        (std::fs::read_to_string(path("w.yaml")).unwrap(), run.stderr)
    };
    let (first, _) = scan(&[]);
    let check = AuraDb::new(["catalogue", "check", &path("w.yaml")]).run();
    assert_eq!(check.code, Some(0), "{}", check.stderr);
    assert_eq!(scan(&[]).0, first, "nothing has changed");

    let by_hand = first.replace(
        "params: [42]",
        "params: [4711]\n    frequency: 6/min\n    # asked of the shop\n    allow: [{rule: select-star, because: few}]",
    ) + "  - name: mine\n    sql: SELECT 7\n";
    std::fs::write(path("w.yaml"), &by_hand).unwrap();
    code(
        "// a line more\nfunction zero() {\n  return db.query('SELECT z FROM t');\n}\nfunction one(id) {\n  return db.query('SELECT a FROM t WHERE id = ?', [id]);\n}\n",
    );
    let (second, told) = scan(&[]);
    assert!(told.contains("1 added, 1 changed, 1 vanished"), "{told}");
    for words in [
        "params: [4711]",
        "frequency: 6/min",
        "# asked of the shop",
        "because: few",
        "  - name: mine\n    sql: SELECT 7\n",
        "line: 6",
        "# scanned, vanished",
    ] {
        assert!(second.contains(words), "{words}: {second}");
    }
    let (third, _) = scan(&["--prune"]);
    assert!(!third.contains("SELECT b FROM t") && third.contains("name: mine"), "{third}");
    let check = AuraDb::new(["catalogue", "check", &path("w.yaml")]).run();
    assert_eq!(check.code, Some(0), "{}", check.stderr);
}

#[test]
fn a_workload_that_is_laid_out_otherwise_is_left_as_it_is() {
    let src = app().join("src").display().to_string();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("workload.yaml");
    let scan = || AuraDb::new(["catalogue", "scan", &src, "--into", file.to_str().unwrap(), "--prune"]).run();
    let text = "queries: [{name: mine, sql: SELECT 1}, {name: other, sql: SELECT 2}]\n";
    std::fs::write(&file, text).unwrap();
    let refused = scan();
    assert_eq!(refused.code, Some(3), "{}", refused.stderr);
    assert!(refused.stderr.contains("its entries are not laid out as a scan can edit them"), "{}", refused.stderr);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    // What follows the entries is not theirs, and does not go with the last of them.
    let entry = "  - name: gone # scanned\n    sql: SELECT 3\n";
    std::fs::write(&file, format!("queries:\n  - name: mine\n    sql: SELECT 1\n{entry}allow: []\n")).unwrap();
    let merged = scan();
    assert_eq!(merged.code, Some(0), "{}", merged.stderr);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("  - name: mine\n    sql: SELECT 1\n") && !text.contains("SELECT 3"), "{text}");
    assert!(text.ends_with("\nallow: []\n"), "{text}");
}

#[test]
fn files_that_are_no_source_are_left_out_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("fine.js", b"db.query('SELECT 1 FROM t');");
    write("latin.js", b"// caf\xe9\ndb.query('SELECT 2 FROM t');");
    write("deep.js", "(".repeat(100_000).as_bytes());
    write("packed.js", format!("db.query('SELECT 3 FROM t');{}", "a=1;".repeat(10_000)).as_bytes());
    write("long.js", format!("const f = (sql) => db.query(sql, {}1);", "a + ".repeat(200_000)).as_bytes());
    write("ignored.js", b"db.query('SELECT 4 FROM t');");
    write(".gitignore", b"ignored.js\n");
    let run = AuraDb::new(["catalogue", "scan", &folder.path().display().to_string()]).run();
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("SELECT 1 FROM t") && run.stdout.contains("SELECT 2 FROM t"), "{}", run.stdout);
    assert!(!run.stdout.contains("SELECT 3") && !run.stdout.contains("SELECT 4"), "{}", run.stdout);
    for words in [
        "latin.js:1: not covered: the file is not UTF-8",
        "deep.js:1: not covered",
        "packed.js:1: not covered: the file is minified",
    ] {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
    let nothing = AuraDb::new(["catalogue", "scan", "/nowhere"]).run();
    assert!(nothing.code != Some(0) && nothing.stderr.contains("/nowhere: cannot be read"), "{}", nothing.stderr);
}
