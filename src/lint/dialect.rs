//! Constructs that only one of the two servers knows.
//!
//! Looked at only after the server at hand has refused a statement: the refusal is the proof, the construct its reason.

use crate::model::engine::EngineKind;
use sqlparser::dialect::MySqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

/// A gap of any length.
const GAP: &str = "…";
/// Any one token.
const ANY: &str = "_";

type Construct = (&'static [&'static str], &'static str);

const MARIADB: [Construct; 43] = [
    (&["ALTER", "TABLE", "IF"], "ALTER TABLE IF EXISTS"),
    (&["ALTER", "TABLE", GAP, "ADD", "COLUMN", "IF"], "ADD COLUMN IF NOT EXISTS"),
    (&["ALTER", "TABLE", GAP, "DROP", "COLUMN", "IF"], "DROP COLUMN IF EXISTS"),
    (&["ALTER", "TABLE", GAP, "IF", "NOT", "EXISTS"], "IF NOT EXISTS in ALTER TABLE"),
    (&["ALTER", "TABLE", GAP, "IF", "EXISTS"], "IF EXISTS in ALTER TABLE"),
    (&["INDEX", "IF", "NOT", "EXISTS"], "CREATE INDEX IF NOT EXISTS"),
    (&["DROP", "INDEX", "IF", "EXISTS"], "DROP INDEX IF EXISTS"),
    (&["RENAME", "TABLE", "IF"], "RENAME TABLE IF EXISTS"),
    (&["CREATE", "OR", "REPLACE", "TABLE"], "CREATE OR REPLACE TABLE"),
    (&["CREATE", "OR", "REPLACE"], "CREATE OR REPLACE of anything but a view"),
    (&["CREATE", "SEQUENCE"], "sequences"),
    (&["ALTER", "SEQUENCE"], "sequences"),
    (&["DROP", "SEQUENCE"], "sequences"),
    (&["NEXT", "VALUE", "FOR"], "sequences"),
    (&["NEXTVAL", "("], "sequences"),
    (&["SYSTEM", "VERSIONING"], "system-versioned tables"),
    (&["PERIOD", "FOR"], "periods"),
    (&["FOR", "SYSTEM_TIME"], "system-versioned tables"),
    (&["FOR", "PORTION", "OF"], "periods"),
    (&["WITHOUT", "OVERLAPS"], "periods"),
    (&["RETURNING"], "RETURNING"),
    (&["INET6"], "the type INET6"),
    (&["INET4"], "the type INET4"),
    (&[ANY, "UUID", "NOT"], "the type UUID"),
    (&[ANY, "UUID", "NULL"], "the type UUID"),
    (&[ANY, "UUID", "DEFAULT"], "the type UUID"),
    (&[ANY, "UUID", "PRIMARY"], "the type UUID"),
    (&[ANY, "UUID", ","], "the type UUID"),
    (&[ANY, "UUID", ")"], "the type UUID"),
    (&["ENGINE", "=", "ARIA"], "the engine Aria"),
    (&["ENGINE", "ARIA"], "the engine Aria"),
    (&["IGNORED"], "IGNORED indexes"),
    (&["PERSISTENT"], "PERSISTENT columns"),
    (&["BEGIN", "NOT", "ATOMIC"], "BEGIN NOT ATOMIC"),
    (&["EXECUTE", "IMMEDIATE"], "EXECUTE IMMEDIATE"),
    (&["SET", "STATEMENT"], "SET STATEMENT"),
    (&["ALGORITHM", "=", "NOCOPY"], "ALGORITHM=NOCOPY"),
    (&["PAGE_CHECKSUM"], "PAGE_CHECKSUM"),
    (&["ENCRYPTED", "="], "ENCRYPTED"),
    (&["CREATE", GAP, "PACKAGE"], "packages"),
    (&["ALTER", "IGNORE", "TABLE"], "ALTER IGNORE TABLE"),
    (&["ALTER", "TABLE", ANY, "WAIT"], "ALTER TABLE … WAIT"),
    (&["ALTER", "TABLE", ANY, "NOWAIT"], "ALTER TABLE … NOWAIT"),
];

const MYSQL: [Construct; 32] = [
    (&["INVISIBLE"], "INVISIBLE indexes (MariaDB has IGNORED)"),
    (&["VISIBLE"], "VISIBLE indexes (MariaDB has NOT IGNORED)"),
    (&["INDEX", "(", "("], "functional key parts"),
    (&["INDEX", ANY, "(", "("], "functional key parts"),
    (&["INDEX", ANY, "ON", ANY, "(", "("], "functional key parts"),
    (&["KEY", "(", "("], "functional key parts"),
    (&["KEY", ANY, "(", "("], "functional key parts"),
    (&["ALTER", "TABLE", GAP, "DROP", "CHECK"], "DROP CHECK (MariaDB has DROP CONSTRAINT)"),
    (&["ALTER", "TABLE", GAP, "ALTER", "CHECK"], "ALTER CHECK"),
    (&["NOT", "ENFORCED"], "NOT ENFORCED"),
    (&["->"], "the operator -> (MariaDB has JSON_EXTRACT)"),
    (&["->>"], "the operator ->> (MariaDB has JSON_VALUE)"),
    (&["MEMBER", "OF"], "MEMBER OF"),
    (&["LATERAL"], "LATERAL"),
    (&["VALUES", "ROW", "("], "VALUES ROW()"),
    (&["AS", ANY, "ON", "DUPLICATE", "KEY"], "a row alias before ON DUPLICATE KEY UPDATE (MariaDB has VALUES())"),
    (&["SRID"], "SRID"),
    (&["SPATIAL", "REFERENCE", "SYSTEM"], "CREATE SPATIAL REFERENCE SYSTEM"),
    (&["SET", "PERSIST"], "SET PERSIST"),
    (&["SET", "PERSIST_ONLY"], "SET PERSIST_ONLY"),
    (&["ENCRYPTION", "="], "ENCRYPTION (MariaDB has ENCRYPTED)"),
    (&["SECONDARY_ENGINE"], "SECONDARY_ENGINE"),
    (&["ENGINE_ATTRIBUTE"], "ENGINE_ATTRIBUTE"),
    (&["AUTOEXTEND_SIZE"], "AUTOEXTEND_SIZE"),
    (&["AS", ANY, "ARRAY"], "multi-valued indexes"),
    (&["AS", ANY, "(", ANY, ")", "ARRAY"], "multi-valued indexes"),
    (&["REGEXP_LIKE", "("], "REGEXP_LIKE()"),
    (&["BIN_TO_UUID", "("], "BIN_TO_UUID()"),
    (&["UUID_TO_BIN", "("], "UUID_TO_BIN()"),
    (&["ANY_VALUE", "("], "ANY_VALUE()"),
    (&["GROUPING", "("], "GROUPING()"),
    (&["TABLESPACE"], "TABLESPACE"),
];

/// The construct of the other server in a statement that this one refused: whose it is, and its name.
#[must_use]
pub(super) fn foreign(sql: &str, refused_by: EngineKind) -> Option<(EngineKind, &'static str)> {
    let tokens = tokens(sql);
    let (owner, table): (_, &[Construct]) = match refused_by {
        EngineKind::Mysql => (EngineKind::Mariadb, &MARIADB),
        EngineKind::Mariadb => (EngineKind::Mysql, &MYSQL),
        EngineKind::Embedded => return None,
    };
    let prefix = if owner == EngineKind::Mariadb { "UCA1400" } else { "UTF8MB4_0900" };
    if tokens.iter().any(|token| token.contains(prefix)) {
        let name =
            if owner == EngineKind::Mariadb { "the collations of UCA 14.0" } else { "the collations utf8mb4_0900_…" };
        return Some((owner, name));
    }
    table.iter().find(|(pattern, _)| has(&tokens, pattern)).map(|(_, name)| (owner, *name))
}

fn has(tokens: &[String], pattern: &[&str]) -> bool {
    (0..tokens.len()).any(|start| begins(&tokens[start..], pattern))
}

fn begins(tokens: &[String], pattern: &[&str]) -> bool {
    match (pattern.split_first(), tokens.split_first()) {
        (None, _) => true,
        (Some((&GAP, rest)), _) => has(tokens, rest),
        (Some((&ANY, rest)), Some((_, tokens))) => begins(tokens, rest),
        (Some((word, rest)), Some((token, tokens))) => token == word && begins(tokens, rest),
        (Some(_), None) => false,
    }
}

/// The tokens of a statement: words in upper case, quoted names and texts as `?`, without spaces and comments.
pub(super) fn tokens(sql: &str) -> Vec<String> {
    let Ok(tokens) = Tokenizer::new(&MySqlDialect {}, sql).tokenize() else { return Vec::new() };
    let word = |token: Token| match token {
        Token::Whitespace(_) => None,
        Token::Word(word) if word.quote_style.is_some() => Some("?".into()),
        Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) => Some("?".into()),
        other => Some(other.to_string().to_ascii_uppercase()),
    };
    tokens.into_iter().filter_map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_other_server_alone_knows_is_named() {
        for (sql, name) in [
            ("ALTER TABLE t ADD COLUMN IF NOT EXISTS a INT", "ADD COLUMN IF NOT EXISTS"),
            ("alter table t add key if not exists k (a)", "IF NOT EXISTS in ALTER TABLE"),
            ("CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a)", "CREATE INDEX IF NOT EXISTS"),
            ("CREATE SEQUENCE s START WITH 1", "sequences"),
            ("CREATE TABLE t (id UUID PRIMARY KEY)", "the type UUID"),
            ("CREATE TABLE t (a TEXT) COLLATE utf8mb4_uca1400_ai_ci", "the collations of UCA 14.0"),
            ("DELETE FROM t WHERE a = 1 RETURNING a", "RETURNING"),
        ] {
            assert_eq!(foreign(sql, EngineKind::Mysql), Some((EngineKind::Mariadb, name)), "{sql}");
        }
        for (sql, name) in [
            ("CREATE INDEX i ON t ((lower(a)))", "functional key parts"),
            ("ALTER TABLE t ADD INDEX i (a) INVISIBLE", "INVISIBLE indexes (MariaDB has IGNORED)"),
            ("CREATE TABLE t (a TEXT) COLLATE=utf8mb4_0900_ai_ci", "the collations utf8mb4_0900_…"),
            ("UPDATE t SET a = b->>'$.x'", "the operator ->> (MariaDB has JSON_VALUE)"),
        ] {
            assert_eq!(foreign(sql, EngineKind::Mariadb), Some((EngineKind::Mysql, name)), "{sql}");
        }
    }

    #[test]
    fn names_and_texts_are_no_constructs() {
        for sql in
            ["CREATE TABLE t (`returning` INT)", "INSERT INTO t VALUES ('CREATE SEQUENCE s')", "CREATE TABEL t (a INT)"]
        {
            assert_eq!(foreign(sql, EngineKind::Mysql), None, "{sql}");
        }
    }
}
