//! The normalised text that a server keeps of a class of statements (`DIGEST_TEXT`), as a statement again.
//!
//! Its tokens stand apart, literals are `?`, and lists of them `(...)` or `?, ...`. A server cuts it off without a mark.

/// Bytes of a token in the server's memory, and of the length of a name beside it.
const TOKEN: usize = 2;
/// Bytes of the longest ASCII name.
const NAME: usize = 64;

/// Whether the text only prepares a statement, which runs under another digest.
#[must_use]
pub fn is_prepared_only(text: &str) -> bool {
    text.starts_with("PREPARE ")
}

/// The statement, with `?` for every literal.
///
/// # Errors
/// Why the text does not tell it.
pub fn statement(text: &str) -> Result<String, String> {
    // MySQL's name for what a prepared statement ran.
    let text = match text.strip_prefix("EXECUTE ") {
        Some(rest) if !rest.contains(" USING ") && rest.contains(' ') => rest,
        _ => text,
    };
    let mut written = String::with_capacity(text.len());
    // Names in quotes stay as they are.
    for (number, part) in text.trim().split('`').enumerate() {
        if number > 0 {
            written.push('`');
        }
        if number % 2 == 1 {
            written.push_str(part);
        } else {
            // `COUNT ( * )` is no function to a server.
            let part = part.replace(" /* , ... */", "").replace(" (", "(");
            let part = part.replace("IN(...)", "IN (?, ?)").replace("LIMIT ?, ...", "LIMIT ?, ?");
            written.push_str(&part);
        }
    }
    let written = with_values(&written).unwrap_or(written);
    match () {
        () if written.contains("...") => {
            Err("the server has kept neither a statement of it nor how many values it has".into())
        }
        () if written.contains("@?") => Err("it uses variables, whose names the server has not kept".into()),
        () => Ok(written),
    }
}

/// `INSERT INTO t (a, b) VALUES (...)` with as many values as columns.
fn with_values(text: &str) -> Option<String> {
    let at = text.find("VALUES(...)")?;
    let before = text[..at].trim_end().strip_suffix(')')?;
    let columns = before[before.rfind('(')? + 1..].split(',').count();
    let marks = vec!["?"; columns].join(", ");
    Some(format!("{}VALUES ({marks}){}", &text[..at], &text[at + "VALUES(...)".len()..]))
}

/// Whether the text may have been cut off in a server that keeps this many bytes of tokens: the next one may not have
/// fitted. Source: `sql_digest.h` of both servers, where a token takes two bytes, and a name its length and two more.
#[must_use]
pub fn may_be_cut(text: &str, kept: usize) -> bool {
    let mut bytes = 0;
    for (number, part) in text.split('`').enumerate() {
        bytes += if number % 2 == 1 { 2 * TOKEN + part.len() } else { TOKEN * part.split_whitespace().count() };
    }
    bytes + 2 * TOKEN + NAME > kept
}

/// Whether a statement reads or writes a table at all; without one there is nothing to plan.
#[must_use]
pub fn names_table(text: &str) -> bool {
    ["FROM", "INTO", "UPDATE", "TABLE"]
        .iter()
        .any(|word| text.split(|letter: char| !letter.is_alphanumeric()).any(|part| part.eq_ignore_ascii_case(word)))
}

/// Whether a digest is of what aura-db itself asks when it opens a session or reads digests.
#[must_use]
pub fn is_our_own(text: &str) -> bool {
    const OURS: [[&str; 2]; 4] = [
        ["PERFORMANCE_SCHEMA_MAX_DIGEST_LENGTH", "PERFORMANCE_SCHEMA_DIGESTS_SIZE"],
        ["VERSION_COMMENT", "SQL_QUOTE_SHOW_CREATE"],
        ["TIME_ZONE", "LOCK_WAIT_TIMEOUT"],
        ["SET SESSION", "INFORMATION_SCHEMA_STATS_EXPIRY"],
    ];
    let text = text.to_ascii_uppercase();
    OURS.iter().any(|words| words.iter().all(|word| text.contains(word)))
}

/// Whether a statement is about the server's own tables.
#[must_use]
pub fn is_about_server(text: &str) -> bool {
    let text = text.to_ascii_lowercase().replace('`', "").replace(" . ", ".");
    ["information_schema.", "performance_schema.", "mysql.", "sys."]
        .iter()
        .any(|schema| text.match_indices(schema).any(|(at, _)| at == 0 || text[..at].ends_with([' ', '(', ','])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::parse::parse_statement;
    use proptest::prelude::*;

    #[test]
    fn texts_of_both_servers_become_statements() {
        for (text, expected) in [
            (
                "SELECT NAME FROM `items` WHERE `id` IN (...) AND NAME LIKE ? LIMIT ?, ... ",
                "SELECT NAME FROM `items` WHERE `id` IN (?, ?) AND NAME LIKE ? LIMIT ?, ?",
            ),
            ("SELECT COUNT ( * ) FROM `a (b` WHERE - `price` = ?", "SELECT COUNT( * ) FROM `a (b` WHERE - `price` = ?"),
            (
                "INSERT INTO `items` ( `id` , NAME ) VALUES (...) /* , ... */",
                "INSERT INTO `items`( `id` , NAME ) VALUES (?, ?)",
            ),
            ("EXECUTE SELECT * FROM `shop` . `items` WHERE `id` = ?", "SELECT * FROM `shop` . `items` WHERE `id` = ?"),
        ] {
            let statement = statement(text).unwrap();
            assert_eq!(statement, expected);
            assert!(parse_statement(&statement).is_ok(), "{statement}");
        }
        assert!(statement("INSERT INTO `items` VALUES ( ?, ... , NOW ( ) )").is_err());
        assert!(statement("SET @? = ?").is_err());
        assert!(is_prepared_only("PREPARE SELECT ?") && !is_prepared_only("SELECT ?"));
    }

    #[test]
    fn what_a_server_may_have_cut_off_is_told() {
        // As MySQL 9.7 and MariaDB 10.11 have cut them at 1024 bytes; the text has no mark.
        let long = format!("SELECT `id` FROM `items` WHERE `price` > ? {}", "OR `price` > ? AND NAME != ? ".repeat(52));
        assert!(may_be_cut(&long, 1024));
        assert!(!may_be_cut("SELECT `id` FROM `items` WHERE `price` > ?", 1024));
    }

    #[test]
    fn the_servers_own_tables_are_known() {
        assert!(is_about_server("SELECT * FROM `information_schema` . `TABLES`"));
        assert!(is_about_server("SELECT a FROM performance_schema.threads"));
        assert!(!is_about_server("SELECT `a` . `b` FROM `my_mysql` . `c`"));
        assert!(is_our_own("SET `time_zone` = ? , NAMES `utf8mb4` , SESSION `lock_wait_timeout` = ?"));
        assert!(!is_our_own("SET `time_zone` = ?"));
        assert!(names_table("UPDATE `t` SET a = ?") && !names_table("SELECT VERSION ( )"));
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[A-Z`().,?@* ]{0,40}") {
            statement(&text).ok();
            prop_assert!(may_be_cut(&text, 10), "no name fits into 10 bytes");
            prop_assert!(!is_about_server(&text), "a capital is no part of such a name");
        }
    }
}
