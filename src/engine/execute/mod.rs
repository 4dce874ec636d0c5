//! The one way in which a user's statement is sent to a server: it gives way to the app instead of keeping it waiting, is
//! looked after while it takes long, and is not left behind on the server.
//!
//! DDL that waits for a metadata lock makes every later statement on the table wait behind it. So each attempt waits for
//! seconds (`lock_wait_timeout`, error 1205), gives way, and is made again after a pause. A refused attempt has had no
//! effect. A statement that writes rows waits for as long as `innodb_lock_wait_timeout` says, and is sent again where the
//! server has taken it back by itself and kept its transaction. A deadlock (1213) rolls that back: going back to the last
//! commit is the runner's.

mod blockers;
mod companion;
mod notice;
mod policy;
mod repeatable;
mod waits;

pub use blockers::{Blocker, Blockers};
pub use notice::Notice;
pub use policy::Policy;
pub(super) use waits::session_named;

use super::session::SessionConnection;
use super::{EngineError, Session};
use crate::sql::ddl::{self, AlterAction, Effect};
use crate::sql::quote;
use companion::Companion;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use waits::Wanted;

/// How often an index whose name is called incorrect is tried again.
const RETRIES: u32 = 5;
/// How often a pause looks whether Ctrl-C was pressed.
const SLICE: Duration = Duration::from_millis(50);

/// Told at once of what goes on.
pub type Notify<'a> = dyn FnMut(Notice) + Send + 'a;

/// Sends the statements of one run.
#[derive(Debug)]
pub struct Executor {
    policy: Policy,
    interrupted: Arc<AtomicBool>,
    lost: Arc<AtomicBool>,
    companion: Option<Companion>,
    /// The reasons why it is not known who is in the way, each told once in a run.
    told: BTreeSet<String>,
}

impl Executor {
    /// Sends statements by a policy until `interrupted` is set, or `lost`, which says that the runner lock is another's.
    #[must_use]
    pub fn new(policy: Policy, interrupted: Arc<AtomicBool>, lost: Arc<AtomicBool>) -> Self {
        Self { policy, interrupted, lost, companion: None, told: BTreeSet::new() }
    }

    /// Fails when Ctrl-C was pressed, or when the runner lock was lost.
    ///
    /// # Errors
    /// [`EngineError::Interrupted`] or [`EngineError::Locked`].
    pub fn check(&self) -> Result<(), EngineError> {
        if self.lost.load(Ordering::SeqCst) {
            return Err(EngineError::Locked(
                "the runner lock is lost: no heartbeat of this run reached the server for too long, and another runner may \
                 be at work"
                    .into(),
            ));
        }
        if self.interrupted.load(Ordering::SeqCst) { Err(EngineError::Interrupted) } else { Ok(()) }
    }

    async fn pause(&self, pause: Duration) -> Result<(), EngineError> {
        let until = Instant::now() + pause;
        while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            self.check()?;
            tokio::time::sleep(left.min(SLICE)).await;
        }
        self.check()
    }
}

/// Runs one statement of the user's. `effect` is what it does, as [`ddl::effect`] reads it (of `EXECUTE`: what it stands
/// for). On the embedded engine it is run as it is, since locks are the file's there.
///
/// # Errors
/// When the engine refuses it: [`EngineError::Blocked`] when a lock could not be had, after every attempt where it may be
/// tried again. When the connection breaks, after its server side was ended. When Ctrl-C was pressed.
pub async fn execute(
    session: &mut Session,
    sql: &str,
    effect: &Effect,
    executor: &mut Executor,
    notify: &mut Notify<'_>,
) -> Result<(), EngineError> {
    executor.check()?;
    if !matches!(session.connection, SessionConnection::Server(_)) {
        return session.run(sql).await;
    }
    let lower = |names: Vec<String>| names.into_iter().map(|name| name.to_lowercase()).collect::<Vec<_>>();
    let mut databases = lower(ddl::databases(sql));
    databases.extend(session.database().map(|name| name.to_lowercase()));
    let wanted = Wanted {
        kind: session.engine.kind,
        connection: session.connection_id(),
        tables: lower(ddl::targets(sql)),
        databases,
        rows: matches!(effect, Effect::Rows { .. }),
    };
    let mut refused: Option<Instant> = None;
    // Why it may not be sent again, found out once.
    let mut obstacle: Option<Option<String>> = None;
    for attempt in 1.. {
        let error = match attempt_once(session, sql, effect, &wanted, attempt, executor, notify).await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_lock_timeout() => error,
            Err(error) if attempt <= RETRIES && error.code() == Some(super::online::LEFT_OVER) => {
                let Some(table) = left_over(effect) else { return Err(error) };
                // The last handle that is closed takes the rest of the index along. Without the right to flush it takes
                // until the others are closed by themselves.
                match session.run_own(&format!("FLUSH TABLES {}", quote::name(table))).await {
                    Err(EngineError::Server(_)) | Ok(()) => executor.pause(policy::pause(attempt)).await?,
                    Err(other) => return Err(other),
                }
                continue;
            }
            Err(error) => return Err(error),
        };
        let since = *refused.get_or_insert_with(Instant::now);
        let blockers = match executor.companion.as_mut().and_then(|companion| companion.blockers.take()) {
            Some(blockers) => blockers,
            None => Box::pin(ask_itself(session, &wanted)).await,
        };
        let obstacle = match &mut obstacle {
            Some(known) => known,
            None => obstacle.insert(Box::pin(repeatable::obstacle(session, sql, effect)).await),
        };
        let pause = policy::pause(attempt);
        let limit = executor.policy.give_up_after;
        if obstacle.is_some() || since.elapsed() + pause >= limit {
            let blockers = blockers.told_once(&mut executor.told);
            return Err(given_up(error, attempt, executor.policy, effect, &blockers, obstacle.as_deref()));
        }
        notify(Notice::Retrying { attempt, pause, limit, blockers }.told_once(&mut executor.told));
        executor.pause(pause).await?;
    }
    Ok(())
}

/// Sends the statement once, and looks after it when it takes long.
async fn attempt_once(
    session: &mut Session,
    sql: &str,
    effect: &Effect,
    wanted: &Wanted,
    attempt: u32,
    executor: &mut Executor,
    notify: &mut Notify<'_>,
) -> Result<(), EngineError> {
    let canceller = session.canceller();
    let Executor { companion, told, policy, .. } = executor;
    let policy = *policy;
    let companion = companion.get_or_insert_with(|| Companion::new(canceller.clone()));
    let mut once = |notice: Notice| notify(notice.told_once(told));
    // Once somebody was in the way the companion is there already, and can look as soon as the statement waits again.
    let after = if attempt == 1 { policy.watch_after } else { policy.watch_after.min(Duration::from_millis(200)) };
    // The row of a statement that is part of a transaction is locked by that transaction.
    let heartbeat = !effect.is_transactional();
    let outcome = {
        // Boxed: it holds a whole connection, and is part of every future around it.
        let watching = Box::pin(companion.watch(wanted, heartbeat, after, policy.dead_after, &mut once));
        tokio::select! {
            biased;
            outcome = session.run(sql) => outcome,
            dead = watching => Err(EngineError::Connection(dead)),
        }
    };
    if let Err(EngineError::Connection(_)) = &outcome {
        // What nobody waits for any more must not go on behind the client's back.
        let ended = Box::pin(canceller.end()).await;
        let failed = ended.err().map(|error| error.to_string());
        if !failed.as_deref().is_some_and(is_away) {
            once(Notice::Abandoned { connection: wanted.connection, failed });
        }
    }
    outcome
}

/// Whether nobody listens any more where the server was: there is no side of it left to speak of.
fn is_away(why: &str) -> bool {
    ["Connection refused", "No such file or directory"].iter().any(|words| why.contains(words))
}

/// The table on which an index may only seem to be there: `InnoDB` keeps one whose build was cut off until every handle on
/// its table is closed, and calls its name incorrect until then (error 1280, seen on `MySQL` 9.7).
fn left_over(effect: &Effect) -> Option<&str> {
    match effect {
        Effect::CreateIndex { table, .. } => Some(table),
        Effect::AlterTable { table, actions } => {
            actions.iter().any(|action| matches!(action, AlterAction::AddIndex(_))).then_some(table)
        }
        _ => None,
    }
}

/// Asks over the statement's own connection, which is free again: no second one was needed, or none could be had.
async fn ask_itself(session: &mut Session, wanted: &Wanted) -> Blockers {
    match &mut session.connection {
        SessionConnection::Server(connection) if wanted.rows => waits::row_blockers(connection, wanted).await,
        SessionConnection::Server(connection) => waits::blockers(connection, wanted).await,
        SessionConnection::Embedded(_) => Blockers::Unknown("the embedded engine does not say".into()),
    }
}

fn given_up(
    error: EngineError,
    attempts: u32,
    policy: Policy,
    effect: &Effect,
    blockers: &Blockers,
    obstacle: Option<&str>,
) -> EngineError {
    let EngineError::Server(error) = error else { return error };
    let tried = match attempts {
        1 => String::from("1 attempt"),
        more => format!("{more} attempts in {} s", policy.give_up_after.as_secs()),
    };
    // Rows have a limit of their own, which is the server's or the file's.
    let (wait, limits) = if effect.is_transactional() {
        (String::from("(for a row as long as innodb_lock_wait_timeout says)"), "lock-give-up")
    } else {
        (format!("of {} s", policy.lock_wait_timeout.as_secs()), "lock-wait-timeout and lock-give-up")
    };
    let effect = match obstacle {
        None => "; the statement has had no effect".to_owned(),
        Some(because) => format!("; it was not sent again, because {because}"),
    };
    let remedy = match blockers.connections().first() {
        Some(id) => format!("end that transaction (or KILL {id}), then run the command again"),
        None => "run the command again when the table is not in use".into(),
    };
    let story = format!(
        "gave up after {tried} {wait} for a lock, {blockers}{effect}\n{remedy}; {limits} of the profile {} how long is waited",
        if limits.contains(" and ") { "say" } else { "says" }
    );
    EngineError::Blocked { error, story }
}
