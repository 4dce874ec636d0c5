//! Whether a statement may change a setting of its session, and whether it reads what the statement before it has left
//! there. What cannot be told counts as if it did.

use crate::sql::ddl::Effect;
use crate::sql::words::names_any;
use sqlparser::dialect::MySqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

/// Whether a statement with this effect may change a setting of the session: a system variable, the character set, a role.
/// User variables are none. A procedure may change anything.
#[must_use]
pub fn may_set(sql: &str, effect: &Effect) -> bool {
    match effect {
        Effect::Session => names_any(sql, &["SET"]) && sets_system(sql),
        Effect::Transaction => names_any(sql, &["autocommit"]),
        Effect::Use | Effect::Other => true,
        _ => false,
    }
}

/// Whether a `SET` has an assignment to something else than a user variable.
fn sets_system(sql: &str) -> bool {
    let sql = sql.replace("/*M!", "/*!");
    let Ok(tokens) = Tokenizer::new(&MySqlDialect {}, &sql).tokenize() else { return true };
    let mut tokens = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_)));
    if !matches!(tokens.next(), Some(Token::Word(word)) if word.value.eq_ignore_ascii_case("SET")) {
        return false;
    }
    let (mut depth, mut starts) = (0_i32, true);
    for token in tokens {
        match &token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ => {}
        }
        if std::mem::take(&mut starts) {
            let is_user = match &token {
                Token::Word(word) => word.value.starts_with('@') && !word.value.starts_with("@@"),
                token => *token == Token::AtSign,
            };
            if !is_user {
                return true;
            }
        }
        starts = depth == 0 && token == Token::Comma;
    }
    false
}

/// The system variables that a `SET` assigns for the session, each with the value as it is written, without its quotes.
#[must_use]
pub fn assignments(sql: &str) -> Vec<(String, String)> {
    let Ok(tokens) = Tokenizer::new(&MySqlDialect {}, &sql.replace("/*M!", "/*!")).tokenize() else {
        return Vec::new();
    };
    let mut tokens = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_)));
    if !matches!(tokens.next(), Some(Token::Word(word)) if word.value.eq_ignore_ascii_case("SET")) {
        return Vec::new();
    }
    let (mut depth, mut pieces) = (0_i32, vec![String::new()]);
    for token in tokens {
        match &token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ => {}
        }
        let text = match &token {
            Token::Comma if depth == 0 => {
                pieces.push(String::new());
                continue;
            }
            Token::Word(word) => word.value.clone(),
            Token::SingleQuotedString(text) | Token::DoubleQuotedString(text) => text.clone(),
            token => token.to_string(),
        };
        if let Some(piece) = pieces.last_mut() {
            piece.push_str(&text);
            piece.push(' ');
        }
    }
    let assignment = |piece: &String| {
        let (name, value) = piece.split_once(":=").or_else(|| piece.split_once('='))?;
        let name = name.to_ascii_lowercase().replace(' ', "");
        if name.contains("global") || name.contains("persist") || name.starts_with('@') && !name.starts_with("@@") {
            return None;
        }
        let name = name.trim_start_matches("@@");
        let name = ["session", "local"].iter().find_map(|scope| name.strip_prefix(scope)).unwrap_or(name);
        Some((name.trim_start_matches('.').to_owned(), value.trim().to_owned()))
    };
    pieces.iter().filter_map(assignment).collect()
}

/// Variables that the servers do not let a session set in an open transaction.
const OUTSIDE: [&str; 11] = [
    "binlog_direct_non_transactional_updates",
    "binlog_format",
    "explicit_defaults_for_timestamp",
    "gtid_domain_id",
    "gtid_next",
    "gtid_seq_no",
    "pseudo_slave_mode",
    "session_track_gtids",
    "skip_replication",
    "sql_log_bin",
    "xa_detach_on_prepare",
];

/// Whether a `SET` has its place between transactions: in an open one the servers refuse it (errors 1568, 1679, 1685, 1694,
/// 1766, 1929, 1953), or it would not be about that one.
#[must_use]
pub fn is_between_transactions(sql: &str) -> bool {
    if !names_any(sql, &["SET"]) {
        return false;
    }
    // Without a scope it is about the next transaction alone; `SESSION` is about all that follow, and taken at any time.
    let compact: String = sql.split_ascii_whitespace().collect::<String>().to_ascii_lowercase();
    let is_about_the_next = ["transaction_isolation", "tx_isolation", "transaction_read_only", "tx_read_only"]
        .iter()
        .any(|name| compact.contains(&format!("@@{name}=")) || compact.contains(&format!("@@{name}:=")));
    let mut words = sql.split_ascii_whitespace();
    let mut is = |word: &str| words.next().is_some_and(|it| it.eq_ignore_ascii_case(word));
    is_about_the_next
        || is("SET") && is("TRANSACTION")
        || assignments(sql).iter().any(|(name, _)| OUTSIDE.contains(&name.as_str()))
}

/// What a statement reads of the one before it: `ROW_COUNT()`, for example. Any other statement in between changes it.
#[must_use]
pub fn reads_last(sql: &str) -> Option<&'static str> {
    if names_any(sql, &["DIAGNOSTICS"])
        && sql.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("GET"))
    {
        return Some("GET DIAGNOSTICS");
    }
    if !names_any(sql, &["ROW_COUNT", "FOUND_ROWS", "warning_count", "error_count"]) {
        return None;
    }
    let tokens = Tokenizer::new(&MySqlDialect {}, sql).tokenize().ok()?;
    let tokens: Vec<Token> = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    (0..tokens.len()).find_map(|at| {
        let Token::Word(word) = &tokens[at] else { return None };
        let is = |name: &str| word.quote_style.is_none() && word.value.eq_ignore_ascii_case(name);
        // Neither takes an argument, so that a column of that name is told from them.
        let is_call = matches!(tokens.get(at + 1..at + 3), Some([Token::LParen, Token::RParen]));
        match () {
            () if is_call && is("ROW_COUNT") => Some("ROW_COUNT()"),
            () if is_call && is("FOUND_ROWS") => Some("FOUND_ROWS()"),
            () if is("@@warning_count") => Some("@@warning_count"),
            () if is("@@error_count") => Some("@@error_count"),
            () => None,
        }
    })
}

/// Whether what a statement reads goes anywhere: a plain `SELECT` shows it to nobody in a migration.
#[must_use]
pub fn keeps_what_it_reads(sql: &str, effect: &Effect) -> bool {
    *effect != Effect::Read || sql.contains(":=") || names_any(sql, &["INTO"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::ddl::effect;

    #[test]
    fn settings_are_told_from_user_variables() {
        let sets = |sql: &str| may_set(sql, &effect(sql));
        for sql in [
            "SET foreign_key_checks = 0",
            "set names latin1",
            "SET CHARACTER SET utf8mb4",
            "SET @old = @@sql_mode, sql_mode = 'ANSI_QUOTES'",
            "SET @@SESSION.time_zone = '+01:00'",
            "SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')",
            "/*!40101 SET SQL_MODE = @OLD */",
            "SET autocommit = 0",
            "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
            "CALL p()",
            "EXECUTE s",
        ] {
            assert!(sets(sql), "{sql}");
        }
        for sql in [
            "SET @a = 1, @b = CONCAT(@a, 'x')",
            "SET @`b c` = (SELECT 1)",
            "PREPARE s FROM 'SET x = 1'",
            "DO 0",
            "COMMIT",
            "UPDATE t SET a = 1",
            "CREATE TEMPORARY TABLE t (a SET('x'))",
            "SELECT 1",
        ] {
            assert!(!sets(sql), "{sql}");
        }
    }

    #[test]
    fn what_the_last_statement_left_is_told_from_columns() {
        assert_eq!(reads_last("SET @n = row_count()"), Some("ROW_COUNT()"));
        assert_eq!(reads_last("SELECT FOUND_ROWS ( ) INTO @n"), Some("FOUND_ROWS()"));
        assert_eq!(reads_last("INSERT INTO log VALUES (@@warning_count)"), Some("@@warning_count"));
        assert_eq!(reads_last("GET DIAGNOSTICS @n = ROW_COUNT"), Some("GET DIAGNOSTICS"));
        for sql in ["UPDATE t SET row_count = 1", "INSERT INTO t (row_count) VALUES (1)", "SELECT 'ROW_COUNT()'"] {
            assert_eq!(reads_last(sql), None, "{sql}");
        }
        let kept = |sql: &str| keeps_what_it_reads(sql, &effect(sql));
        assert!(!kept("SELECT ROW_COUNT()") && kept("SELECT ROW_COUNT() INTO @n") && kept("SET @n = ROW_COUNT()"));
    }

    #[test]
    fn what_stands_between_transactions_is_told_by_its_names() {
        for sql in [
            "SET SESSION sql_log_bin = 0",
            "set @a = 1, @@session.binlog_format := 'ROW'",
            "SET @@sql_log_bin=0",
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "SET @@transaction_isolation = 'SERIALIZABLE'",
            "SET foreign_key_checks = 0, gtid_domain_id = 3",
        ] {
            assert!(is_between_transactions(sql), "{sql}");
        }
        for sql in [
            "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "SET transaction_isolation = 'SERIALIZABLE'",
            "SET @sql_log_bin = 0",
            "SET @a = 'sql_log_bin = 0'",
            "SET GLOBAL binlog_format = 'ROW'",
            "SET NAMES utf8mb4",
            "INSERT INTO t SET sql_log_bin = 0",
        ] {
            assert!(!is_between_transactions(sql), "{sql}");
        }
    }
}
