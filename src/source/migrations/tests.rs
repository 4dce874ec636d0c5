use super::*;
use crate::model::migration::Set;

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn refusal(files: &[(&str, &[u8])]) -> String {
    let errors = load(folder(files).path()).unwrap_err();
    errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("\n")
}

#[test]
fn names_sets_and_order_are_as_sqlx_reads_them() {
    let folder = folder(&[
        ("20260102000000_add_an_index.up.sql", b"CREATE INDEX i ON t (a);"),
        ("20260102000000_add_an_index.down.sql", b"DROP INDEX i ON t;"),
        ("20260101000000_make_t.sql", b"\xef\xbb\xbfCREATE TABLE t (a INT)"),
        ("notes.txt", b"not a migration"),
    ]);
    let migrations = load(folder.path()).unwrap();
    let seen: Vec<_> = migrations
        .iter()
        .map(|m| (m.version, m.description.as_str(), m.set, m.down.is_some(), m.up.statements.len()))
        .collect();
    assert_eq!(
        seen,
        [
            (20_260_101_000_000, "make t", Set::Schema, false, 1),
            (20_260_102_000_000, "add an index", Set::Indexes, true, 1)
        ]
    );
    assert!(migrations[0].up.text.starts_with('\u{feff}'), "the text keeps its byte order mark");
}

#[test]
fn every_unusable_file_is_named() {
    let refused = refusal(&[
        ("1_a.up.sql", b"SELECT 1"),
        ("01_b.up.sql", b"SELECT 1"),
        ("README_x.sql", b"SELECT 1"),
        ("2_orphan.down.sql", b"SELECT 1"),
        ("3_use.sql", b"SELECT 1;\n USE railway;"),
        ("4_latin.sql", b"SELECT 1;\nSELECT '\xe4'"),
        ("6_open.sql", b"SELECT 'abc"),
        ("7_ledger.sql", b"DROP TABLE IF EXISTS a, `_SQLX_migrations`"),
    ]);
    for expected in [
        "version 1 is already taken",
        "README_x.sql: the name is not of the form",
        "no up file",
        "3_use.sql:2:2: `USE railway`",
        "4_latin.sql:2: the file is not UTF-8",
        "7_ledger.sql:1:1: a migration may not touch the ledger",
        "6_open.sql:1:8: this quote is never closed",
    ] {
        assert!(refused.contains(expected), "{expected} not in:\n{refused}");
    }
}

#[test]
fn a_missing_folder_says_how_to_name_one() {
    let errors = load(Path::new("/no/such/folder")).unwrap_err();
    assert!(errors[0].message.contains("--migrations"), "{}", errors[0].message);
}

fn refinerys(files: &[&str]) -> Result<Folder, String> {
    let folder = tempfile::tempdir().unwrap();
    for name in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "CREATE TABLE t (id INT);\r\n").unwrap();
    }
    read(folder.path(), &Options { ignored: vec!['\r'], ..Options::default() })
        .map_err(|errors| errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_folder_of_refinerys_is_read_as_refinery_walks_it() {
    let folder =
        refinerys(&["V2__b.sql", "V10__c_d.sql", "sub/U1__a.sql", "sub/U1__a.down.sql", "v3__e.sql", "V1.md"]).unwrap();
    let seen: Vec<_> =
        folder.migrations.iter().map(|m| (m.version, m.description.as_str(), m.naming, m.down.is_some())).collect();
    assert_eq!(
        seen,
        [
            (1, "a", Naming::Unversioned, true),
            (2, "b", Naming::Versioned, false),
            (10, "c_d", Naming::Versioned, false)
        ]
    );
    assert_eq!(folder.tool, Some(Tool::Refinery));
    assert!(folder.notes.len() == 1 && folder.notes[0].contains("v3__e.sql: not read"), "{:?}", folder.notes);
    assert!(folder.migrations[0].up.text.ends_with("\r\n"), "ignored characters are sqlx's affair");
}

#[test]
fn what_refinery_and_aura_db_would_read_differently_is_refused() {
    let twice = refinerys(&["V1__a.sql", "U1__a.sql"]).unwrap_err();
    assert!(twice.contains("V1__a.sql: version 1 is already taken by") && twice.contains("Flyway"), "{twice}");
    assert!(refinerys(&["V1__a.sql", "sub/V01__b.sql"]).unwrap_err().contains("give one of them another version"));
    assert!(refinerys(&["V1__a.sql", "V2__b.rs"]).unwrap_err().contains("V2__b.rs: this is a migration in Rust"));
    let mixed = refinerys(&["V1__a.sql", "2_b.sql"]).unwrap_err();
    assert!(mixed.contains("mixes sqlx's names (2_b.sql) with refinery's (V1__a.sql)"), "{mixed}");
}

#[test]
fn a_mixed_folder_is_read_when_it_is_said_which_kind_counts() {
    let folder = folder(&[("V1__a.sql", b"SELECT 1"), ("2_b.sql", b"SELECT\r\n 1")]);
    let of = |tool| read(folder.path(), &Options { tool: Some(tool), ignored: vec!['\r'] }).unwrap();
    let (ours, theirs) = (of(Tool::Sqlx), of(Tool::Refinery));
    assert_eq!((ours.migrations.len(), ours.migrations[0].version), (1, 2));
    assert_eq!(ours.migrations[0].up.text, "SELECT\n 1");
    assert_eq!((theirs.migrations.len(), theirs.migrations[0].version), (1, 1));
    assert!(ours.notes[0].contains("V1__a.sql: not read") && theirs.notes[0].contains("2_b.sql: not read"));
    std::fs::remove_file(folder.path().join("V1__a.sql")).unwrap();
    let refused = read(folder.path(), &Options { tool: Some(Tool::Refinery), ignored: vec![] }).unwrap_err();
    assert!(refused[0].message.contains("--ledger refinery reads none of them"), "{}", refused[0].message);
}
