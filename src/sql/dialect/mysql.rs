//! What `MySQL` alone knows, and every known `MariaDB` refuses.

use super::words::Words;

/// `MariaDB` has names for `MySQL`'s collations since 11.4.5.
const KNOWS_0900: (u32, u32) = (11, 4);

/// The construct's name, if there is one.
pub(super) fn construct(words: &Words<'_>, version: (u32, u32)) -> Option<&'static str> {
    head(words)
        .or_else(|| alter(words))
        .or_else(|| table(words))
        .or_else(|| rows(words))
        .or_else(|| anywhere(words))
        .or_else(|| (version < KNOWS_0900).then(|| collation(words)).flatten())
}

fn head(words: &Words<'_>) -> Option<&'static str> {
    let spatial = |at| words.at(at, &["SPATIAL", "REFERENCE", "SYSTEM"]);
    if words.any(0, &["CREATE", "DROP"]) && (spatial(1) || words.at(1, &["OR", "REPLACE"]) && spatial(3)) {
        return Some("SPATIAL REFERENCE SYSTEM");
    }
    let persist = words.at(0, &["SET"]) && words.any(1, &["PERSIST", "PERSIST_ONLY"]);
    (persist && words.is_word(2) && words.at(3, &["="])).then_some("SET PERSIST")
}

fn alter(words: &Words<'_>) -> Option<&'static str> {
    words.clauses().into_iter().find_map(|clause| {
        let at = |offset: usize, word: &[&str]| words.at(clause.start + offset, word);
        let visible = at(0, &["ALTER", "INDEX"]) && words.any(clause.start + 3, &["VISIBLE", "INVISIBLE"]);
        let found = [
            (visible, "INVISIBLE indexes (MariaDB has IGNORED)"),
            (at(0, &["DROP", "CHECK"]), "DROP CHECK (both have DROP CONSTRAINT)"),
            (at(0, &["ALTER", "CHECK"]), "ALTER CHECK"),
        ];
        found.into_iter().find_map(|(is, name)| is.then_some(name))
    })
}

/// Definitions of columns, indexes and checks.
fn table(words: &Words<'_>) -> Option<&'static str> {
    let keys = words.keys();
    if keys.iter().any(|(first, _)| words.has_expression(*first)) {
        return Some("functional key parts");
    }
    if keys.iter().any(|(_, behind)| words.within(behind, &["INVISIBLE"])) {
        return Some("INVISIBLE indexes (MariaDB has IGNORED)");
    }
    let is_table = words.created().is_some() || words.altered().is_some();
    if !is_table || words.any_select() {
        return None;
    }
    let srid = (1..words.len()).any(|at| words.at(at, &["SRID"]) && words.is_number(at + 1) && words.is_word(at - 1));
    if srid {
        return Some("SRID (MariaDB has REF_SYSTEM_ID)");
    }
    words.has(&[")", "NOT", "ENFORCED"]).then_some("NOT ENFORCED")
}

/// New values of rows.
fn rows(words: &Words<'_>) -> Option<&'static str> {
    if !words.any(0, &["INSERT", "REPLACE"]) {
        return None;
    }
    if (1..words.len())
        .any(|at| words.at(at, &["VALUES", "ROW", "("]) && (words.at(at - 1, &[")"]) || words.is_word(at - 1)))
    {
        return Some("VALUES ROW()");
    }
    // Behind VALUES (…), where a query has no place for an alias.
    let alias = |at: usize| {
        let names = if words.at(at + 3, &["("]) { words.behind_parenthesis(at + 3) } else { Some(at + 3) };
        words.at(at, &[")", "AS"]) && names.is_some_and(|next| words.at(next, &["ON", "DUPLICATE", "KEY"]))
    };
    let values = words.has(&["VALUES"]) && !words.any_select();
    (values && (1..words.len()).any(alias))
        .then_some("a row alias before ON DUPLICATE KEY UPDATE (MariaDB has VALUES())")
}

/// Operators, which are what they are wherever they stand.
fn anywhere(words: &Words<'_>) -> Option<&'static str> {
    let lateral = |at: usize| {
        words.at(at, &["LATERAL", "(", "SELECT"]) && (words.at(at - 1, &["JOIN"]) || words.at(at - 1, &[","]))
    };
    (1..words.len()).find_map(|at| {
        let found = [
            (words.touching(at, "-", ">"), "the operators -> and ->> (MariaDB has JSON_EXTRACT and JSON_VALUE)"),
            (words.at(at, &["MEMBER", "OF", "("]), "MEMBER OF"),
            (lateral(at), "LATERAL"),
        ];
        found.into_iter().find_map(|(is, name)| is.then_some(name))
    })
}

fn collation(words: &Words<'_>) -> Option<&'static str> {
    let named = (1..words.len()).any(|at| {
        let behind =
            words.at(at - 1, &["COLLATE"]) || words.at(at - 1, &["="]) && at > 1 && words.at(at - 2, &["COLLATE"]);
        behind && words.is_word(at) && words.text(at).to_ascii_lowercase().starts_with("utf8mb4_0900_")
    });
    named.then_some("the collations utf8mb4_0900_…")
}
