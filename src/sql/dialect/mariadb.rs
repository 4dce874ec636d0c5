//! What `MariaDB` alone knows, and every `MySQL` refuses.

use super::words::Words;

/// Types that `MySQL` has no word for.
const TYPES: [&str; 3] = ["UUID", "INET6", "INET4"];
/// Options of a table that `MySQL`'s grammar has no word for.
const OPTIONS: [&str; 4] = ["PAGE_CHECKSUM", "PAGE_COMPRESSED", "TRANSACTIONAL", "ENCRYPTED"];
/// What `CREATE OR REPLACE` may make there and not on `MySQL`.
const REPLACED: [&str; 11] = [
    "TABLE",
    "TEMPORARY",
    "INDEX",
    "SEQUENCE",
    "TRIGGER",
    "PROCEDURE",
    "FUNCTION",
    "EVENT",
    "DATABASE",
    "USER",
    "ROLE",
];

/// The construct's name, if there is one.
pub(super) fn construct(words: &Words<'_>) -> Option<&'static str> {
    head(words).or_else(|| alter(words)).or_else(|| table(words)).or_else(|| rows(words)).or_else(|| anywhere(words))
}

/// What the first words say.
fn head(words: &Words<'_>) -> Option<&'static str> {
    if words.at(0, &["CREATE", "OR", "REPLACE"]) && replaces(words) {
        return Some("CREATE OR REPLACE of anything but a view");
    }
    let sequence = ["CREATE", "ALTER", "DROP"]
        .iter()
        .any(|verb| words.at(0, &[verb, "SEQUENCE"]) || words.at(0, &[verb, "TEMPORARY", "SEQUENCE"]));
    let index = (1..3).any(|at| words.at(0, &["CREATE"]) && words.at(at, &["INDEX", "IF", "NOT", "EXISTS"]));
    let found = [
        (sequence, "sequences"),
        (index, "CREATE INDEX IF NOT EXISTS"),
        (words.at(0, &["DROP", "INDEX", "IF", "EXISTS"]), "DROP INDEX IF EXISTS"),
        (words.at(0, &["RENAME", "TABLE", "IF", "EXISTS"]), "RENAME TABLE IF EXISTS"),
        (words.at(0, &["BEGIN", "NOT", "ATOMIC"]), "BEGIN NOT ATOMIC"),
        (words.at(0, &["EXECUTE", "IMMEDIATE"]) && words.is_text(2), "EXECUTE IMMEDIATE"),
        (words.at(0, &["SET", "STATEMENT"]) && words.is_word(2) && words.at(3, &["="]), "SET STATEMENT … FOR"),
    ];
    found.into_iter().find_map(|(is, name)| is.then_some(name))
}

/// Whether what stands behind `CREATE OR REPLACE` is none of what `MySQL` can replace.
fn replaces(words: &Words<'_>) -> bool {
    if !words.at(3, &["DEFINER", "="]) {
        let special = words.any(3, &["UNIQUE", "FULLTEXT", "SPATIAL"]) && words.at(4, &["INDEX"]);
        return special || words.any(3, &REPLACED) || words.at(3, &["AGGREGATE", "FUNCTION"]);
    }
    // An account: `a@b` with either name in quotes, CURRENT_USER, or a role.
    let mut at = 6;
    let mut dangling = words.text(5).ends_with('@');
    while dangling || words.text(at).starts_with('@') {
        dangling = words.text(at) == "@";
        at += 1;
    }
    if words.at(at, &["(", ")"]) {
        at += 2;
    }
    words.any(at, &REPLACED) || words.at(at, &["AGGREGATE", "FUNCTION"])
}

fn alter(words: &Words<'_>) -> Option<&'static str> {
    let table = words.altered()?;
    let behind = words.behind_name(table)?;
    if words.at(table - 2, &["IF", "EXISTS"]) {
        return Some("ALTER TABLE IF EXISTS");
    }
    if words.at(1, &["IGNORE", "TABLE"]) || words.at(1, &["ONLINE", "TABLE"]) {
        return Some("ALTER IGNORE TABLE and ALTER ONLINE TABLE");
    }
    if words.at(behind, &["NOWAIT"]) || words.at(behind, &["WAIT"]) && words.is_number(behind + 1) {
        return Some("ALTER TABLE … WAIT and NOWAIT");
    }
    words.clauses().into_iter().find_map(|clause| {
        let versioning = ["ADD", "DROP"].iter().any(|verb| words.at(clause.start, &[verb, "SYSTEM", "VERSIONING"]));
        // IF is reserved on both servers, and the function IF() is followed by a parenthesis.
        let conditional = words.within(&clause, &["IF", "EXISTS"]) || words.within(&clause, &["IF", "NOT", "EXISTS"]);
        let ignored = words.at(clause.start, &["ALTER", "INDEX"]) || words.at(clause.start, &["ALTER", "KEY"]);
        let ignored =
            ignored && (words.at(clause.start + 3, &["IGNORED"]) || words.at(clause.start + 3, &["NOT", "IGNORED"]));
        let nocopy =
            words.at(clause.start, &["ALGORITHM", "=", "NOCOPY"]) || words.at(clause.start, &["ALGORITHM", "NOCOPY"]);
        let found = [
            (conditional, "IF EXISTS and IF NOT EXISTS in ALTER TABLE"),
            (versioning, "system-versioned tables"),
            (ignored, "IGNORED indexes (MySQL has INVISIBLE)"),
            (nocopy, "ALGORITHM=NOCOPY"),
        ];
        found.into_iter().find_map(|(is, name)| is.then_some(name))
    })
}

/// Definitions of columns and indexes, and options of a table.
fn table(words: &Words<'_>) -> Option<&'static str> {
    let is_type = |name: &str| words.types().into_iter().any(|at| words.at(at, &[name]));
    if let Some(name) = TYPES.iter().find(|name| is_type(name)) {
        return Some(match *name {
            "UUID" => "the type UUID",
            "INET6" => "the type INET6",
            _ => "the type INET4",
        });
    }
    if words.keys().iter().any(|(_, behind)| words.within(behind, &["IGNORED"])) {
        return Some("IGNORED indexes (MySQL has INVISIBLE)");
    }
    let is_table = words.created().is_some() || words.altered().is_some();
    if is_table && !words.any_select() && words.has(&[")", "PERSISTENT"]) {
        return Some("PERSISTENT columns (both have STORED)");
    }
    let (entries, behind) = words.definitions()?;
    if entries.iter().any(|entry| words.at(entry.start, &["PERIOD", "FOR"])) {
        return Some("periods");
    }
    if words.within(&behind, &["WITH", "SYSTEM", "VERSIONING"]) {
        return Some("system-versioned tables");
    }
    OPTIONS
        .iter()
        .any(|name| words.within(&behind, &[name, "="]))
        .then_some("MariaDB's table options (PAGE_COMPRESSED, ENCRYPTED, …)")
}

/// `RETURNING`, which on `MySQL` may be a column's name: only behind what ends an expression.
fn rows(words: &Words<'_>) -> Option<&'static str> {
    if !words.any(0, &["INSERT", "REPLACE", "DELETE"]) || words.any_select() {
        return None;
    }
    let is_end = |at: usize| words.at(at, &[")"]) || words.is_number(at) || words.is_text(at);
    let returning = |at: &usize| {
        let next = at + 1;
        let value = words.at(next, &["*"])
            || words.is_word(next) && !words.any(next, &["AND", "OR", "XOR", "IS", "IN", "LIKE", "DIV", "MOD"]);
        words.at(*at, &["RETURNING"]) && is_end(at - 1) && value
    };
    (2..words.len()).any(|at| returning(&at)).then_some("RETURNING")
}

fn anywhere(words: &Words<'_>) -> Option<&'static str> {
    let collation = (1..words.len()).any(|at| {
        let behind =
            words.at(at - 1, &["COLLATE"]) || words.at(at - 1, &["="]) && at > 1 && words.at(at - 2, &["COLLATE"]);
        behind && words.is_word(at) && words.text(at).to_ascii_lowercase().contains("uca1400_")
    });
    collation.then_some("the collations of UCA 14.0 (uca1400)")
}
