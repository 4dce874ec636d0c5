//! Where a migration goes on that an earlier run was cut off in: what that run did is settled from the journal and the
//! catalogue, and the session is brought back to where it was.

use super::answers::Answer;
use super::memory::Memory;
use super::settling::settled_row;
use super::{Observer, Open, RunError, Runner};
use crate::engine::{EngineError, journal};
use crate::migration::checksum::statement_hash;
use crate::migration::recovery::Settled;
use crate::migration::{partial_down, temporary};
use crate::model::journal::{JournalRow, Progress};
use crate::model::migration::{Direction, Migration, Statement};
use crate::sql::ddl::{Effect, effect, temporary as temporary_table};
use crate::sql::lock::is_of_a_named_lock;
use crate::sql::setting::may_set;

/// Where and with what a migration begins.
#[derive(Debug, Default)]
pub(super) struct Resumption {
    /// The first statement to run, counted from 0.
    pub(super) from: usize,
    /// What is left of that statement, when an earlier run did half of it.
    pub(super) rest: Option<String>,
    /// The session's memory.
    pub(super) memory: Memory,
    /// Whether no earlier run has begun it.
    pub(super) is_fresh: bool,
}

/// A statement of which nothing tells whether it took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// Where it stands.
    pub place: String,
    /// The statement.
    pub sql: String,
    /// Why it cannot be told.
    pub reason: String,
    /// Since when.
    pub since: Since,
}

/// What has brought a statement into doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// A run was cut off in it.
    CutOff,
    /// The database was adopted, and what came before is not known.
    Adoption,
}

/// Settles what an earlier run has left of a migration.
pub(super) async fn resume(
    runner: &mut Runner<'_>,
    migration: &Migration,
    observer: &mut dyn Observer,
) -> Result<Resumption, RunError> {
    let statements = runner.direction.statements(migration);
    let fresh = Resumption { is_fresh: true, memory: Memory::new(statements), ..Resumption::default() };
    let is_known = |row: &JournalRow| row.version == migration.version && row.progress != Progress::Unsure;
    if !runner.journal.iter().any(is_known) {
        return Ok(fresh);
    }
    if runner.direction == Direction::Down {
        let ups = rows(runner, migration, Direction::Up);
        let of = ups.last().map_or(0, |row| row.of);
        let done = match ups.last() {
            Some(last) if !(last.progress.is_settled() && last.position == of) => {
                Some(self::settled(runner, migration, Direction::Up, ups, observer).await?.0)
            }
            _ => None,
        };
        runner.partial = done.is_some();
        runner.actions = match done {
            Some(done) => partial(runner, migration, done).await?,
            None => Vec::new(),
        };
        runner.keep_existing(migration)?;
    }
    let known = rows(runner, migration, runner.direction);
    if known.is_empty() {
        return Ok(fresh);
    }
    let success = runner.ledger.success(runner.session, migration.version).await?;
    if success.is_none() && runner.direction == Direction::Up && runner.ledger.format.remembers_begun() {
        // Somebody took the ledger's row away by hand, which says that nothing of the migration is left.
        journal::remove(runner.session, runner.ledger.table(), migration.version, None).await?;
        return Ok(fresh);
    }
    if runner.direction == Direction::Up && success != Some(true) && is_complete(&known) {
        // A run has written down that all of it is done, and that it is applied, in one transaction.
        let last = &known[known.len() - 1];
        match runner.answers.of(&last.place, &last.sql) {
            Some(Answer::TookEffect) => {}
            Some(Answer::DidNot) => {
                journal::remove(runner.session, runner.ledger.table(), migration.version, None).await?;
                return Ok(Resumption {
                    is_fresh: success.is_none(),
                    memory: Memory::new(statements),
                    ..Resumption::default()
                });
            }
            None => {
                return Err(RunError::Doubt(Box::new(Doubt {
                    place: last.place.clone(),
                    sql: last.sql.clone(),
                    reason:
                        "the journal has every statement of the migration as done, and the ledger does not have it as \
                             applied: it may have been taken down since without aura-db, by another tool or by hand"
                            .into(),
                    since: Since::CutOff,
                })));
            }
        }
    }
    let (from, rest) = settled(runner, migration, runner.direction, known.clone(), observer).await?;
    if known.iter().all(|row| !row.progress.is_settled()) && from == 0 && rest.is_none() {
        return Ok(Resumption { is_fresh: false, memory: Memory::new(statements), ..Resumption::default() });
    }
    let file = statements.first().map(|statement| statement.at.file.clone()).unwrap_or_default();
    observer.note(&format!("{file}: a run was cut off here; going on after statement {from} of {}", statements.len()));
    let mut resumption = Resumption { from, rest, memory: Memory::new(statements), is_fresh: false };
    replay(runner, statements, &known, &mut resumption).await?;
    Ok(resumption)
}

/// Whether every statement of a script is done.
fn is_complete(rows: &[JournalRow]) -> bool {
    let of = rows.last().map_or(0, |row| row.of);
    rows.len() == of as usize && rows.iter().all(|row| row.progress.is_settled())
}

fn rows(runner: &Runner<'_>, migration: &Migration, direction: Direction) -> Vec<JournalRow> {
    let own = |row: &&JournalRow| {
        let is_statement = row.position > 0 && row.progress != Progress::Unsure;
        row.version == migration.version && row.direction == direction && is_statement
    };
    runner.journal.iter().filter(own).cloned().collect()
}

/// How many statements have taken effect, and what is left of the next one if it did so in part.
async fn settled(
    runner: &mut Runner<'_>,
    migration: &Migration,
    direction: Direction,
    mut rows: Vec<JournalRow>,
    observer: &mut dyn Observer,
) -> Result<(usize, Option<String>), RunError> {
    let statements = direction.statements(migration);
    let mut rest = None;
    for row in rows.iter_mut().filter(|row| !row.progress.is_settled()) {
        let edited = statements.get(row.position as usize - 1).is_none_or(|one| statement_hash(&one.sql) != row.hash);
        match settle_row(runner, row, edited).await? {
            // What was marked done in a transaction that never committed may be followed by other rows.
            Settled::Done => {
                observer.note(&format!("{}: found done, although the run that did it was cut off", row.place));
                row.progress = Progress::Done;
                if row.position == row.of && direction == runner.direction && runner.open == Open::Nothing {
                    // The last statement of a script is done when the ledger says so too: one transaction holds both.
                    runner.session.defer("START TRANSACTION");
                    runner.open = Open::Work;
                }
                journal::write(runner.session, row).await?;
                continue;
            }
            Settled::NotDone if row.note.is_empty() => {
                observer.note(&format!("{}: had not taken effect when the run was cut off", row.place));
            }
            Settled::NotDone => {}
            Settled::Rest(sql) => rest = Some(sql),
            Settled::InDoubt(reason) => {
                let doubt = Doubt { place: row.place.clone(), sql: row.sql.clone(), reason, since: Since::CutOff };
                return Err(RunError::Doubt(Box::new(doubt)));
            }
        }
        break;
    }
    let done: Vec<&JournalRow> = rows.iter().filter(|row| row.progress.is_settled()).collect();
    for row in &done {
        let now = statements.get(row.position as usize - 1);
        if now.is_none_or(|statement| statement_hash(&statement.sql) != row.hash) {
            return Err(RunError::Edited { place: row.place.clone(), position: row.position, of: row.of });
        }
    }
    Ok((done.iter().map(|row| row.position as usize).max().unwrap_or(0), rest))
}

async fn settle_row(runner: &mut Runner<'_>, row: &JournalRow, edited: bool) -> Result<Settled, EngineError> {
    let settled = settled_row(runner.session, row, edited, false).await?;
    Ok(match (settled, runner.answers.of(&row.place, &row.sql)) {
        (Settled::InDoubt(_), Some(Answer::TookEffect)) => Settled::Done,
        (Settled::InDoubt(_), Some(Answer::DidNot)) => Settled::NotDone,
        (settled, _) => settled,
    })
}

/// Whether a statement that sets the session is run again in a new one. What computes something may write too, and what it
/// computed for variables is in the journal; a savepoint went with its transaction.
fn is_replayed(sql: &str, variables: &str) -> bool {
    let words: Vec<String> = sql.split_whitespace().take(3).map(str::to_ascii_uppercase).collect();
    let first = words.first().map_or("", String::as_str);
    let sets_variables = first == "SET" && sets_user_variables_only(sql);
    let is_known = sets_variables && !variables.is_empty();
    first != "DO" && first != "GET" && !is_known && !words.iter().any(|word| word == "SAVEPOINT")
}

/// Whether every assignment of a `SET` is to a user variable: commas outside parentheses and quotes part them.
/// Of one with a comment this is not said.
fn sets_user_variables_only(sql: &str) -> bool {
    let Some(assignments) = sql.trim_start().get(3..) else { return false };
    if ["--", "/*", "#"].iter().any(|comment| assignments.contains(comment)) {
        return false;
    }
    let is_user = |text: &str| text.starts_with('@') && !text.starts_with("@@");
    let (mut depth, mut quote, mut all) = (0_usize, None, is_user(assignments.trim_start()));
    let mut rest = assignments.char_indices();
    while let Some((at, c)) = rest.next() {
        match (quote, c) {
            // A doubled quote closes and opens again.
            (Some(open), c) if c == open => quote = None,
            (Some('\'' | '"'), '\\') => {
                rest.next();
            }
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => all &= is_user(assignments[at + 1..].trim_start()),
            _ => {}
        }
    }
    all
}

/// What of the down script applies to a migration of which only some statements took effect.
async fn partial(
    runner: &mut Runner<'_>,
    migration: &Migration,
    done: usize,
) -> Result<Vec<partial_down::Action>, RunError> {
    let schema = runner.session.schema(&[runner.ledger.table()]).await?;
    let down = Direction::Down.statements(migration);
    partial_down::actions(down, &migration.up.statements, done, &schema).map_err(|refusal| RunError::Partial {
        place: refusal.statement.at.to_string(),
        reason: refusal.reason,
        done,
        of: migration.up.statements.len(),
    })
}

/// Brings the session to where the statements that are done had brought it.
async fn replay(
    runner: &mut Runner<'_>,
    statements: &[Statement],
    rows: &[JournalRow],
    resumption: &mut Resumption,
) -> Result<(), RunError> {
    let lost = temporary::lost(statements, resumption.from);
    let told = |statement: &Statement| runner.answers.of(&statement.at.to_string(), &statement.sql);
    if let Some(lost) = lost.first().filter(|lost| told(&statements[lost.at]) != Some(Answer::DidNot)) {
        let statement = &statements[lost.at];
        return Err(RunError::Doubt(Box::new(Doubt {
            place: statement.at.to_string(),
            sql: statement.sql.clone(),
            reason: format!(
                "the temporary table {} went with the connection of the run that was cut off, and what it was filled \
                 from may have changed since",
                lost.name
            ),
            since: Since::CutOff,
        })));
    }
    // Some settings are not made in an open transaction.
    runner.end_bookkeeping().await?;
    for (at, statement) in statements[..resumption.from].iter().enumerate() {
        let row = rows.iter().find(|row| row.position as usize == at + 1);
        // Of EXECUTE, what it stands for.
        let sql = row.map_or(statement.sql.as_str(), |row| &row.sql);
        let effect = effect(sql);
        runner.before_setting(sql, &effect).await?;
        if temporary::fills(&statement.sql, &lost) {
            runner.session.run(&statement.sql).await?;
            continue;
        }
        if temporary_table(&statement.sql).is_some() {
            continue;
        }
        if is_of_a_named_lock(sql) {
            // It went with the connection.
            runner.session.run(sql).await?;
            continue;
        }
        let variables = row.map_or("", |row| &row.variables);
        if effect == Effect::Session && is_replayed(sql, variables) {
            let again = runner.session.run(&statement.sql).await;
            // What it computed for variables is known; what it was computed from may be gone.
            if variables.is_empty() || may_set(sql, &effect) {
                again?;
            }
            resumption.memory.learn(runner.session, &statement.sql).await?;
        }
        resumption.memory.restore(runner.session, variables).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_replayed;

    #[test]
    fn variables_whose_values_are_known_are_not_computed_again() {
        assert!(!is_replayed("SET @a = f(1, 2), @b = 'x, y'", "@a=1,@b=2"));
        assert!(!is_replayed("SET @a = f()", "@a=1"));
        assert!(is_replayed("SET @a = 1, sql_mode = ''", "@a=1"));
        assert!(is_replayed("SET @a = (SELECT 1), @@session.sql_mode = ''", "@a=1"));
        assert!(is_replayed("SET @a = f(), @b = 2", ""));
    }
}
