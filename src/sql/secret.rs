//! Passwords in statements about accounts and servers: what is printed, journalled or told to others goes without them.

use super::quote;
use super::words::names_any;
use std::borrow::Cow;
use std::ops::Range;

/// What stands in a secret's place, quotes included.
const MASK: &str = "'***'";
/// A literal after one of these is a secret, whatever the statement.
const ALWAYS: [&str; 4] = ["PASSWORD", "MASTER_PASSWORD", "SOURCE_PASSWORD", "OLD_PASSWORD"];
/// A literal after one of these is one where an account is identified by it.
const IDENTIFIED: [&str; 5] = ["BY", "AS", "USING", "REPLACE", "OR"];

/// The statement without its secrets.
#[must_use]
pub fn masked(sql: &str) -> Cow<'_, str> {
    let secrets = secrets(sql);
    if secrets.is_empty() {
        return Cow::Borrowed(sql);
    }
    let (mut kept, mut from) = (String::with_capacity(sql.len()), 0);
    for secret in secrets {
        kept.push_str(&sql[from..secret.start]);
        kept.push_str(MASK);
        from = secret.end;
    }
    kept.push_str(&sql[from..]);
    Cow::Owned(kept)
}

/// What a server says of a statement, which may repeat a piece of it, without the statement's secrets.
#[must_use]
pub fn masked_in(message: &str, sql: &str) -> String {
    secrets(sql)
        .into_iter()
        .map(|at| &sql[at.start + 1..at.end - 1])
        .filter(|secret| !secret.is_empty())
        .fold(message.to_owned(), |message, secret| message.replace(secret, "***"))
}

/// Where the secrets stand, with their quotes.
fn secrets(sql: &str) -> Vec<Range<usize>> {
    let is_account = names_any(sql, &["IDENTIFIED"]);
    let is_about = is_account
        || names_any(sql, &ALWAYS[1..])
        || names_any(sql, &["PASSWORD"])
            && ["SET", "CREATE", "ALTER", "GRANT", "CHANGE"].contains(&first_word(sql).as_str());
    if !is_about {
        return Vec::new();
    }
    let (mut found, mut word, mut at) = (Vec::new(), String::new(), 0);
    // `SET PASSWORD FOR 'a'@'b' = '…'`.
    let mut sets_password = false;
    while let Some(first) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let length = match first {
            '\'' | '"' | '`' => quote::length(rest).unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => 2,
            _ if is_part(first) => rest.find(|c| !is_part(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        match first {
            '\'' | '"' if length >= 2 => {
                let is_secret = ALWAYS.contains(&word.as_str()) || is_account && IDENTIFIED.contains(&word.as_str());
                if is_secret {
                    found.push(at..at + length);
                }
                word.clear();
            }
            '=' if sets_password => word = ALWAYS[0].into(),
            '=' | '(' | ' ' | '\t' | '\r' | '\n' => {}
            _ if is_part(first) => {
                let next = rest[..length].to_ascii_uppercase();
                sets_password |= word == "SET" && next == "PASSWORD";
                word = next;
            }
            _ => word.clear(),
        }
        at += length;
    }
    found
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn first_word(sql: &str) -> String {
    sql.trim_start().split(|c| !is_part(c)).next().unwrap_or_default().to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked_and_nothing_else() {
        for (sql, expected) in [
            (
                "CREATE USER 'a'@'%' IDENTIFIED BY 'it''s' REQUIRE SSL",
                "CREATE USER 'a'@'%' IDENTIFIED BY '***' REQUIRE SSL",
            ),
            (
                "ALTER USER a IDENTIFIED WITH x AS \"h\", b IDENTIFIED BY 'n' REPLACE 'o'",
                "ALTER USER a IDENTIFIED WITH x AS '***', b IDENTIFIED BY '***' REPLACE '***'",
            ),
            (
                "CREATE USER a IDENTIFIED VIA p USING PASSWORD('s') OR q USING 'h'",
                "CREATE USER a IDENTIFIED VIA p USING PASSWORD('***') OR q USING '***'",
            ),
            ("SET PASSWORD FOR 'a'@'b' = 'x'", "SET PASSWORD FOR 'a'@'b' = '***'"),
            ("SET PASSWORD = PASSWORD('x')", "SET PASSWORD = PASSWORD('***')"),
            (
                "GRANT ALL ON *.* TO a IDENTIFIED BY PASSWORD '*AB'",
                "GRANT ALL ON *.* TO a IDENTIFIED BY PASSWORD '***'",
            ),
            (
                "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (USER 'u', PASSWORD 'p')",
                "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (USER 'u', PASSWORD '***')",
            ),
            (
                "CHANGE MASTER TO MASTER_PASSWORD = 'p', MASTER_HOST='h'",
                "CHANGE MASTER TO MASTER_PASSWORD = '***', MASTER_HOST='h'",
            ),
            (
                "CREATE TABLE u (password VARCHAR(9) DEFAULT 'x' COMMENT 'BY')",
                "CREATE TABLE u (password VARCHAR(9) DEFAULT 'x' COMMENT 'BY')",
            ),
            ("UPDATE u SET password = 'x'", "UPDATE u SET password = 'x'"),
            ("CREATE USER a IDENTIFIED BY 'open", "CREATE USER a IDENTIFIED BY '***'"),
        ] {
            assert_eq!(masked(sql), expected);
        }
        assert_eq!(masked_in("near 'hush' at", "CREATE USER a IDENTIFIED BY 'hush'"), "near '***' at");
    }
}
