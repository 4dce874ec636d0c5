//! The architecture as a test: who may import whom, who may use which crate, and how long a file may be.
//! A change of the design is a change of this table, of the picture in `lib.rs` and of README's, together.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each top-level module and the ones of ours that it may name.
const MAY_IMPORT: [(&str, &[&str]); 16] = [
    ("model", &[]),
    ("exit", &[]),
    ("sql", &["model"]),
    // SQLite names indexes for the whole database: the reader has to know how sql::translate named them.
    ("explain", &["model", "sql"]),
    ("migration", &["model", "sql"]),
    // audit and lint share what a waiver is.
    ("waiver", &["model", "sql"]),
    ("audit", &["model", "sql", "waiver"]),
    ("lint", &["model", "sql", "migration", "waiver"]),
    ("tune", &["model", "sql"]),
    ("render", &["model"]),
    ("source", &["model", "sql", "waiver"]),
    ("engine", &["model", "sql", "explain", "migration"]),
    ("term", &["model", "render", "cli"]),
    ("cli", &["model", "exit"]),
    (
        "command",
        &[
            "model",
            "exit",
            "sql",
            "explain",
            "migration",
            "audit",
            "lint",
            "waiver",
            "tune",
            "render",
            "source",
            "engine",
            "term",
            "cli",
        ],
    ),
    ("main", &["cli", "command", "exit", "term"]),
];
/// Crates that belong to some modules only. `model` is plain data and may use nothing but `serde` besides `std`.
const BELONGS_TO: [(&str, &[&str]); 5] = [
    ("sqlx", &["engine"]),
    // main starts the runtime; nothing of its own is async.
    ("tokio", &["engine", "command", "main"]),
    ("clap", &["cli", "command", "main"]),
    ("anyhow", &["command", "main"]),
    ("indicatif", &["term"]),
];
const LONGEST: usize = 400;

struct Source {
    path: PathBuf,
    module: String,
    code: String,
    lines: usize,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap().to_owned();
                let first = Path::new(inside.components().next().unwrap().as_os_str());
                let module = first.file_stem().unwrap().to_str().unwrap().to_owned();
                let text = fs::read_to_string(&path).unwrap();
                let code =
                    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
                sources.push(Source { path: inside, module, code, lines: text.lines().count() });
            }
        }
    }
    sources
}

/// The modules of ours that the code names: of `crate::a::b` and of `crate::{a, b::{c}}`.
fn imports(code: &str) -> BTreeSet<&str> {
    let paths = code.match_indices("crate::").filter(|(at, _)| !code[..*at].ends_with('$'));
    let paths = paths.chain(code.match_indices("aura_db::"));
    paths.flat_map(|(at, name)| heads(&code[at + name.len()..])).collect()
}

fn heads(after: &str) -> Vec<&str> {
    let Some(group) = after.strip_prefix('{') else { return vec![head(after)] };
    let mut depth = 0_usize;
    let mut names = vec![head(group)];
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(head(&group[at + 1..])),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn head(path: &str) -> &str {
    let path = path.trim_start();
    &path[..path.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(path.len())]
}

/// Whether the code names the crate: `name::…`, not as the end of a longer path or word.
fn uses(code: &str, name: &str) -> bool {
    code.match_indices(&format!("{name}::"))
        .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':')))
}

#[test]
fn modules_import_only_what_the_design_lets_them() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.module != "lib") {
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(module, _)| *module == source.module) else {
            panic!("the table does not know `{}`, of {}", source.module, source.path.display());
        };
        for import in imports(&source.code) {
            if import != source.module && !allowed.contains(&import) {
                wrong.push(format!("{} imports `{import}`", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn crates_stay_in_the_modules_that_they_belong_to() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, modules) in BELONGS_TO {
            if uses(&source.code, name) && !modules.contains(&source.module.as_str()) {
                wrong.push(format!("{} uses `{name}`", source.path.display()));
            }
        }
        let foreign = source.code.lines().filter_map(|line| line.trim_start().strip_prefix("use ")).map(head);
        let plain = ["std", "core", "serde", "crate", "super", "self"];
        if source.module == "model" {
            let ours = foreign.filter(|name| !plain.contains(name));
            wrong.extend(ours.map(|name| format!("{} uses `{name}`", source.path.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_too_long_to_read() {
    let long = sources().into_iter().filter(|source| source.lines > LONGEST);
    let long: Vec<String> = long.map(|source| format!("{}: {} lines", source.path.display(), source.lines)).collect();
    assert!(long.is_empty(), "over {LONGEST} lines: {}", long.join(", "));
}

#[test]
fn the_test_reads_imports_as_the_compiler_does() {
    let code =
        "use crate::{sql, engine::{connect::Pool, lock}, model::plan};\nlet a = crate::render::table();\n$crate::x!()";
    assert_eq!(imports(code), BTreeSet::from(["sql", "engine", "model", "render"]));
    assert!(uses("use sqlx::Row;", "sqlx") && uses("(sqlx::query", "sqlx"));
    assert!(!uses("crate::sqlx::x; my_sqlx::y", "sqlx"));
}
