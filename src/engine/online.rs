//! The ladder of ways to carry DDL out, from INSTANT to COPY: asked for one by one, so that the server says what it can
//! do, and a table in use is never copied by surprise.
//!
//! A way that the server does not support is refused before anything happens (`MySQL` 9.7 and `MariaDB` 10.11: errors
//! 1845 and 1846, and those of [`REFUSALS`] where INSTANT has come to an end). Any other error is the statement's own.

mod rebuild;
mod size;

pub use size::refused_copy;

use super::{EngineError, Session};
use crate::model::engine::EngineKind;
use crate::model::environment::COPY_LIMIT;
use crate::model::online::{Algorithm, LockTaken, OnlineClass, Outcome, Refusal, Rung};
use crate::sql::ddl::{AlterAction, Effect, databases, effect, targets};
use crate::sql::online::{Online, online};
use std::collections::BTreeSet;

/// The servers' codes for "not in this way": not supported, with and without a reason; no row version left (4092), and
/// rows or columns that could grow too big for INSTANT (4093, 4157, 4158).
pub const REFUSALS: [u32; 6] = [1845, 1846, 4092, 4093, 4157, 4158];

/// `MySQL`'s code for an index whose name is incorrect, which it also gives, now and then, for one whose build was cut off
/// and of which `InnoDB` has something left in memory.
pub const LEFT_OVER: u32 = 1280;

/// Which tables may be copied, or kept from reads, while a statement works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyPolicy {
    /// Up to this many bytes of data and indexes, by the server's estimate.
    pub limit: u64,
    /// Any table (`--allow-copy`).
    pub allow: bool,
    /// Tables that this run has made, in lower case: nobody uses them yet, so nothing is asked.
    made: BTreeSet<String>,
}

impl CopyPolicy {
    /// Tables up to `limit` bytes may be copied, or any when `allow` is set.
    #[must_use]
    pub fn new(limit: u64, allow: bool) -> Self {
        Self { limit, allow, made: BTreeSet::new() }
    }

    /// Takes note of a statement that this run has carried out: a table that it made has no users yet.
    pub fn learn(&mut self, sql: &str) {
        let names = targets(sql).into_iter().map(|name| name.to_lowercase());
        match effect(sql) {
            // IF NOT EXISTS may have left alone a table that is in use.
            Effect::CreateTable { .. } if sql.to_ascii_uppercase().contains("EXISTS") => {}
            Effect::CreateTable { .. } | Effect::ReplaceTable { .. } if databases(sql).is_empty() => {
                self.made.extend(names);
            }
            Effect::DropTable { .. } | Effect::RenameTable { .. } => names.for_each(|name| {
                self.made.remove(&name);
            }),
            Effect::AlterTable { actions, .. }
                if actions.iter().any(|action| matches!(action, AlterAction::RenameTo(_))) =>
            {
                names.for_each(|name| {
                    self.made.remove(&name);
                });
            }
            // It may have put any table in the place of another.
            Effect::Other => self.made.clear(),
            _ => {}
        }
    }

    fn knows_as_made(&self, online: &Online) -> bool {
        online.database.is_none() && self.made.contains(&online.table.to_lowercase())
    }
}

impl Default for CopyPolicy {
    fn default() -> Self {
        Self::new(COPY_LIMIT, false)
    }
}

/// Runs a statement on a server in use in the best way that the server supports. `send` sends a text and waits for its
/// end; it is given the statement itself when there is nothing to ask. `None` when the statement is none for the ladder.
///
/// # Errors
/// [`EngineError::Refused`] when the table would have to be copied and the policy does not allow it: the statement had no
/// effect then. Else the statement's own error, whichever way it showed in.
pub async fn run_asserted(
    session: &mut Session,
    sql: &str,
    policy: &CopyPolicy,
    mut send: impl AsyncFnMut(&mut Session, &str) -> Result<(), EngineError>,
) -> Result<Option<Outcome>, EngineError> {
    let found = if session.engine.kind == EngineKind::Embedded { None } else { online(sql) };
    match found {
        Some(online) if !policy.knows_as_made(&online) => {
            let send = async |session: &mut Session, text: &str, _: Option<Rung>| send(session, text).await;
            climb(session, sql, &online, Some(policy), send).await.map(Some)
        }
        _ => {
            send(session, sql).await?;
            Ok(None)
        }
    }
}

/// Runs a statement on an empty copy of the schema and tells the class that it had there, with the reasons why it had no
/// better one. `None` for a statement that is none for the ladder; it was run too.
///
/// # Errors
/// The statement's own.
pub async fn classify(session: &mut Session, sql: &str) -> Result<Option<Outcome>, EngineError> {
    let found = if session.engine.kind == EngineKind::Embedded { None } else { online(sql) };
    let Some(online) = found else {
        session.run(sql).await?;
        return Ok(None);
    };
    let mut before = None;
    let send = async |session: &mut Session, text: &str, rung: Option<Rung>| {
        if before.is_none() && rung.is_none_or(|rung| rung.algorithm == Algorithm::Inplace) {
            before = rebuild::identities(session, online.database.as_deref()).await;
        }
        session.run(text).await
    };
    let mut outcome = climb(session, sql, &online, None, send).await?;
    if let (Some(OnlineClass::Inplace { rebuild: unknown @ None }), Some(before)) = (&mut outcome.class, before) {
        *unknown =
            rebuild::identities(session, online.database.as_deref()).await.map(|after| !before.is_subset(&after));
    }
    Ok(Some(outcome))
}

/// Whether the app's writes wait for as long as the table is big, by nobody's wish.
fn hurts(rung: Rung) -> bool {
    rung.algorithm == Algorithm::Copy && rung.lock != LockTaken::None
}

async fn climb(
    session: &mut Session,
    sql: &str,
    online: &Online,
    policy: Option<&CopyPolicy>,
    mut send: impl AsyncFnMut(&mut Session, &str, Option<Rung>) -> Result<(), EngineError>,
) -> Result<Outcome, EngineError> {
    let (kind, version) = (session.engine.kind, session.engine.major_minor());
    let overrules = online.may_copy_all_the_same(kind);
    let mut outcome = Outcome {
        table: online.table.clone(),
        class: online.own.algorithm.filter(|_| !overrules).map(Algorithm::class),
        lock: online.own.lock.unwrap_or(LockTaken::Default),
        own: online.own.algorithm.is_some(),
        sent: sql.to_owned(),
        refusals: Vec::new(),
    };
    let mut unchecked = policy;
    for rung in online.rungs(kind, version) {
        // A copy has a table of its own, and so nothing of the index whose build was cut off.
        let is_left_over = outcome.refusals.iter().any(|refusal| refusal.error.code == LEFT_OVER);
        if is_left_over && rung.algorithm != Algorithm::Copy {
            continue;
        }
        if hurts(rung)
            && let Some(policy) = unchecked.take()
        {
            size::check(session, online, policy, &rung.to_string(), &outcome.refusals).await?;
        }
        let text = online.with(sql, rung, kind);
        match send(session, &text, Some(rung)).await {
            Ok(()) => {
                outcome.class = Some(rung.algorithm.class());
                outcome.lock = rung.lock_taken();
                outcome.sent = text;
                return Ok(outcome);
            }
            Err(EngineError::Server(error))
                if REFUSALS.contains(&error.code)
                    || error.code == LEFT_OVER && rung.algorithm != Algorithm::Copy && kind == EngineKind::Mysql =>
            {
                outcome.refusals.push(Refusal { rung, error });
            }
            Err(error) => return Err(error),
        }
    }
    // What says itself how it is to be done is taken at its word; what takes no clauses may copy.
    let copies = matches!(online.own.algorithm, Some(Algorithm::Copy) | None) || overrules;
    if copies && let Some(policy) = unchecked {
        let how = match online.obstacle() {
            Some(because) => format!("a way that cannot be asserted ({because})"),
            None if overrules => "COPY, whatever else it is asked for without LOCK=NONE".to_owned(),
            None => "ALGORITHM=COPY, which it asks for".to_owned(),
        };
        size::check(session, online, policy, &how, &outcome.refusals).await?;
    }
    send(session, sql, None).await?;
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tables_that_this_run_made_are_known_as_made() {
        let mut policy = CopyPolicy::default();
        let made = |policy: &CopyPolicy, name: &str| {
            policy.knows_as_made(&online(&format!("ALTER TABLE {name} FORCE")).unwrap())
        };
        policy.learn("CREATE TABLE A (id INT)");
        policy.learn("CREATE TABLE IF NOT EXISTS b (id INT)");
        policy.learn("CREATE TABLE other.c (id INT)");
        assert!(made(&policy, "a") && !made(&policy, "b") && !made(&policy, "c") && !made(&policy, "other.a"));
        policy.learn("ALTER TABLE a ADD x INT");
        assert!(made(&policy, "a"));
        policy.learn("RENAME TABLE a TO z, big TO a");
        assert!(!made(&policy, "a") && !made(&policy, "z"));
        policy.learn("CREATE TABLE d (id INT)");
        policy.learn("CALL swap()");
        assert!(!made(&policy, "d"));
    }
}
