//! Statements that cannot mean in a run what they mean in a client: table locks end with the runner's transaction, the
//! runner lock is the session's own, and what the last statement left is not there after one that is committed by itself.

use crate::model::migration::Statement;
use crate::sql::ddl::{Effect, effect};
use crate::sql::lex::split;
use crate::sql::prepared::{Prepared, Source, prepared};
use crate::sql::setting::{keeps_what_it_reads, reads_last};
use crate::sql::words::names_any;
use sqlparser::dialect::MySqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

/// Why a statement cannot be part of a run, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The reason.
    pub reason: String,
    /// The remedy.
    pub remedy: &'static str,
}

/// The statements of a script that cannot be part of a run.
#[must_use]
pub fn conflicts<'a>(statements: &'a [Statement], lock: Option<&str>) -> Vec<(&'a Statement, Conflict)> {
    let mut found = Vec::new();
    for (at, statement) in statements.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| statements[before].sql.as_str());
        found.extend(conflict(&statement.sql, before, lock).map(|conflict| (statement, conflict)));
    }
    found
}

/// Why one statement cannot be part of a run; `before` is the one before it in its file, and `lock` the name of the runner
/// lock.
#[must_use]
pub fn conflict(sql: &str, before: Option<&str>, lock: Option<&str>) -> Option<Conflict> {
    if let Some(Prepared::Prepare { source: Source::Text(text), .. } | Prepared::ExecuteImmediate { source: Source::Text(text) }) =
        prepared(sql)
    {
        // The text of another statement, in which a `;` may stand at the end.
        let piece = split(&text).ok()?.first().map(|piece| piece.sql.to_owned())?;
        return conflict(&piece, before, lock);
    }
    let words = ["LOCK", "FLUSH", "RELEASE_ALL_LOCKS", "RELEASE_LOCK", "KILL"];
    if names_any(sql, &words)
        && let Some(conflict) = locks(sql, lock)
    {
        return Some(conflict);
    }
    let reads = reads_last(sql)?;
    let effect = effect(sql);
    if !effect.is_transactional() || !keeps_what_it_reads(sql, &effect) {
        return None;
    }
    let last = crate::sql::ddl::effect(before?);
    // What is prepared is known when it runs.
    if last.is_transactional() || prepared(before?).is_some() {
        return None;
    }
    Some(Conflict {
        reason: format!(
            "it reads {reads} of the statement before it, which is committed by itself: the journal is written between the \
             two, and what the first one left is gone"
        ),
        remedy: "write the number as such (it is 0 after DDL), or, after CALL, let the procedure hand it over in an OUT \
                 parameter or a user variable",
    })
}

fn locks(sql: &str, lock: Option<&str>) -> Option<Conflict> {
    let plain = sql.replace("/*M!", "/*!");
    let tokens = Tokenizer::new(&MySqlDialect {}, &plain).tokenize().ok()?;
    let tokens: Vec<Token> = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    let word = |at: usize| match tokens.get(at) {
        Some(Token::Word(word)) if word.quote_style.is_none() => word.value.to_ascii_uppercase(),
        _ => String::new(),
    };
    let is_table = |text: &str| text == "TABLE" || text == "TABLES";
    let names = |text: &str| (0..tokens.len()).any(|at| word(at) == text);
    let first = word(0);
    if first == "LOCK" && is_table(&word(1)) {
        return Some(Conflict {
            reason: "the lock would end at once: the runner opens its own transaction after each statement, which unlocks all \
                     tables"
                .into(),
            remedy: "remove LOCK TABLES and UNLOCK TABLES (mysqldump leaves them out with --skip-add-locks); the runner lock \
                     keeps other runs away, and rows are locked by the statements that write them, or by SELECT … FOR UPDATE",
        });
    }
    if first == "FLUSH" && (1..4).any(|at| is_table(&word(at))) && (names("READ") || names("EXPORT")) {
        return Some(Conflict {
            reason: "the lock that it takes is in the way of the journal, or ends with the runner's next transaction".into(),
            remedy: "remove it; what has to be done under such a lock is no part of a migration",
        });
    }
    if matches!(effect(sql), Effect::Routine { .. }) {
        // The body of a program runs when somebody calls it.
        return None;
    }
    let called = |at: usize, name: &str| word(at) == name && tokens.get(at + 1) == Some(&Token::LParen);
    let all = (0..tokens.len()).any(|at| called(at, "RELEASE_ALL_LOCKS"));
    let own = (0..tokens.len()).any(|at| {
        let is_own = |name: &str| lock.is_some_and(|lock| lock.eq_ignore_ascii_case(name));
        called(at, "RELEASE_LOCK")
            && matches!(tokens.get(at + 2), Some(Token::SingleQuotedString(name) | Token::DoubleQuotedString(name)) if is_own(name))
    });
    if all || own {
        return Some(Conflict {
            reason: "it would give up the runner lock, and another run could begin in the middle of this one".into(),
            remedy: "release the locks that the migration has taken, one by one, with RELEASE_LOCK and their names",
        });
    }
    if first == "KILL" && names("CONNECTION_ID") {
        return Some(Conflict {
            reason: "it would end the connection that the run works on".into(),
            remedy: "remove it",
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(sql: &str) -> bool {
        conflict(sql, None, Some("11388403628f36c2")).is_some()
    }

    #[test]
    fn what_unlocks_tables_or_gives_up_the_runner_lock_is_refused() {
        for sql in [
            "LOCK TABLES t WRITE",
            "lock table t read, u write",
            "/*!40000 LOCK TABLES `t` WRITE */",
            "FLUSH TABLES WITH READ LOCK",
            "FLUSH TABLES t FOR EXPORT",
            "SELECT RELEASE_ALL_LOCKS()",
            "DO RELEASE_LOCK('11388403628F36C2')",
            "SET @a = release_all_locks ()",
            "PREPARE s FROM 'SELECT RELEASE_ALL_LOCKS()'",
            "KILL CONNECTION_ID()",
            "KILL CONNECTION CONNECTION_ID()",
        ] {
            assert!(refused(sql), "{sql}");
        }
        for sql in [
            "UNLOCK TABLES",
            "FLUSH TABLES t",
            "SELECT RELEASE_LOCK('mine')",
            "SELECT * FROM t WHERE a = 'LOCK TABLES t WRITE' FOR UPDATE",
            "ALTER TABLE t ADD COLUMN a INT, LOCK = NONE",
            "CREATE PROCEDURE p() SELECT RELEASE_ALL_LOCKS()",
            "INSERT INTO `lock` VALUES ('RELEASE_ALL_LOCKS()')",
        ] {
            assert!(!refused(sql), "{sql}");
        }
    }

    #[test]
    fn what_is_read_of_a_statement_that_is_committed_is_refused_only_where_it_is_kept() {
        let after = |before, sql| conflict(sql, Some(before), None).is_some();
        assert!(after("CREATE TABLE t (a INT)", "SET @n = ROW_COUNT()"));
        assert!(after("CALL p()", "INSERT INTO log VALUES (ROW_COUNT())"));
        assert!(!after("CALL p()", "SELECT ROW_COUNT()"));
        assert!(!after("UPDATE t SET a = 1", "SET @n = ROW_COUNT()"));
        assert!(!after("EXECUTE s", "SET @n = ROW_COUNT()"));
        assert!(conflict("SET @n = ROW_COUNT()", None, None).is_none());
    }
}
