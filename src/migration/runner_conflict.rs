//! Statements that cannot mean in a run what they mean in a client: table locks end with the runner's transaction, the
//! runner lock is the session's own, and what the last statement left is not there after one that is committed by itself.

use crate::model::migration::Statement;
use crate::sql::ddl::effect;
use crate::sql::lex::split;
use crate::sql::lock::{Locking, locking};
use crate::sql::prepared::{Prepared, Source, prepared};
use crate::sql::setting::{assignments, keeps_what_it_reads, reads_last};

/// Why a statement cannot be part of a run, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The reason.
    pub reason: String,
    /// The remedy.
    pub remedy: &'static str,
}

/// The statements of a script that cannot be part of a run; `lock` is the name of the runner lock.
#[must_use]
pub fn conflicts<'a>(statements: &'a [Statement], lock: &str) -> Vec<(&'a Statement, Conflict)> {
    let mut before = None;
    let mut found = Vec::new();
    for statement in statements {
        found.extend(conflict(&statement.sql, before, Some(lock)).map(|conflict| (statement, conflict)));
        before = Some(statement.sql.as_str());
    }
    found
}

/// Why one statement cannot be part of a run; `before` is the one before it in its file, `lock` the name of the runner lock
/// where it is known.
#[must_use]
pub fn conflict(sql: &str, before: Option<&str>, lock: Option<&str>) -> Option<Conflict> {
    match prepared(sql) {
        Some(
            Prepared::Prepare { source: Source::Text(text), .. }
            | Prepared::ExecuteImmediate { source: Source::Text(text) },
        ) => {
            let pieces = split(&text).ok()?;
            conflict(pieces.first()?.sql, before, lock)
        }
        _ => locks(sql, lock).or_else(|| sets(sql)).or_else(|| reads(sql, before?)),
    }
}

fn locks(sql: &str, lock: Option<&str>) -> Option<Conflict> {
    let (reason, remedy) = match locking(sql)? {
        Locking::Tables => (
            "the lock would end at once, as the runner's own transaction after this statement unlocks all tables",
            "remove LOCK TABLES and UNLOCK TABLES (mysqldump leaves them out with --skip-add-locks): the runner lock keeps \
             other runs away, and SELECT … FOR UPDATE locks rows",
        ),
        Locking::FlushedTables => (
            "the lock would end with the runner's next transaction, or keep the journal from being written",
            "remove it: what needs such a lock is no work for a migration",
        ),
        Locking::Releases(name) if !lock.is_some_and(|lock| lock.eq_ignore_ascii_case(&name)) => return None,
        Locking::ReleasesAll | Locking::Releases(_) => (
            "it would give up the runner lock, and another run could begin in the middle of this one",
            "release the locks that the file has taken one by one, with RELEASE_LOCK and their names",
        ),
        Locking::Ends => ("it would end the connection that the run works on", "remove it"),
    };
    Some(Conflict { reason: reason.into(), remedy })
}

/// Settings that the runner's own transactions would use up, or end with.
fn sets(sql: &str) -> Option<Conflict> {
    let is_any = |value: &str, words: &[&str]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
    assignments(sql).into_iter().find_map(|(name, value)| {
        let (reason, remedy) = match name.as_str() {
            "completion_type" if is_any(&value, &["2", "RELEASE"]) => {
                ("every COMMIT, the runner's own too, would end the connection that the run works on", "remove it")
            }
            "gtid_next" if !is_any(&value, &["AUTOMATIC", "DEFAULT"]) => (
                "the journal's row, which is the next transaction, would take the number",
                "write the transaction with a client, outside of migrations",
            ),
            "gtid_seq_no" if !is_any(&value, &["0", "DEFAULT"]) => (
                "the journal's row, which is the next transaction, would take the number",
                "write the transaction with a client, outside of migrations",
            ),
            _ => return None,
        };
        Some(Conflict { reason: format!("with {name} = {value} {reason}"), remedy })
    })
}

fn reads(sql: &str, before: &str) -> Option<Conflict> {
    let reads = reads_last(sql)?;
    let own = effect(sql);
    if !own.is_transactional() || !keeps_what_it_reads(sql, &own) {
        return None;
    }
    // What is prepared is known when it runs.
    if effect(before).is_transactional() || prepared(before).is_some() {
        return None;
    }
    Some(Conflict {
        reason: format!(
            "it reads {reads} of the statement before it, which commits by itself, so that the journal is written between \
             the two"
        ),
        remedy: "write the number as such (it is 0 after DDL); of a procedure, take it from an OUT parameter or a user \
                 variable that the procedure sets",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_runner_lock_must_stay() {
        let refused = |sql: &str| conflict(sql, None, Some("11388403628f36c2")).is_some();
        for sql in [
            "LOCK TABLES t WRITE",
            "SELECT RELEASE_ALL_LOCKS()",
            "DO RELEASE_LOCK('11388403628F36C2')",
            "PREPARE s FROM 'SELECT RELEASE_ALL_LOCKS();'",
            "KILL CONNECTION_ID()",
        ] {
            assert!(refused(sql), "{sql}");
        }
        assert!(!refused("SELECT RELEASE_LOCK('mine')") && !refused("UNLOCK TABLES"));
    }

    #[test]
    fn settings_that_the_runners_own_transactions_would_use_up_are_refused() {
        let refused = |sql: &str| conflict(sql, None, None).is_some();
        for sql in [
            "SET completion_type = 2",
            "SET @a = 1, @@session.completion_type := 'release'",
            "SET SESSION gtid_next = '3E11FA47-71CA-11E1-9E33-C80AA9429562:23'",
            "SET @@gtid_seq_no = 300",
            "PREPARE s FROM 'SET SESSION completion_type = RELEASE'",
        ] {
            assert!(refused(sql), "{sql}");
        }
        for sql in [
            "SET completion_type = CHAIN",
            "SET SESSION gtid_next = 'AUTOMATIC'",
            "SET @completion_type = 2",
            "SET GLOBAL completion_type = 2",
            "SET sql_log_bin = 0",
            "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "SET NAMES utf8mb4",
        ] {
            assert!(!refused(sql), "{sql}");
        }
    }

    #[test]
    fn what_is_read_of_a_statement_that_commits_is_refused_only_where_it_is_kept() {
        let after = |before, sql| conflict(sql, Some(before), None).is_some();
        assert!(after("CREATE TABLE t (a INT)", "SET @n = ROW_COUNT()"));
        assert!(after("CALL p()", "INSERT INTO log VALUES (ROW_COUNT())"));
        assert!(!after("CALL p()", "SELECT ROW_COUNT()"));
        assert!(!after("UPDATE t SET a = 1", "SET @n = ROW_COUNT()"));
        assert!(!after("EXECUTE s", "SET @n = ROW_COUNT()"));
        assert!(conflict("SET @n = ROW_COUNT()", None, None).is_none());
    }
}
