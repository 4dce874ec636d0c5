//! What every verb on the ledger needs first: files, session, lock, ledger.

use super::failure::Failure;
use super::target::Target;
use crate::engine::connect::{Purpose, session};
use crate::engine::ledger::Ledger;
use crate::engine::lock;
use crate::engine::online::{CopyPolicy, refused_copy};
use crate::engine::{Session, foreign_keys, journal, planned};
use crate::migration::copied::{copied, may_copy};
use crate::migration::needed_index::{Rules, drops_index, needed};
use crate::migration::planned::Outcome;
use crate::migration::runner_conflict::conflicts;
use crate::migration::unit::Began;
use crate::migration::verify::{Entry, refusals, verify};
use crate::model::journal::{JournalRow, Progress};
use crate::model::migration::{Direction, LedgerRow, Migration};
use crate::sql::dialect::foreign;
use crate::sql::lex::{split, split_under};
use crate::sql::quote::Backslash;
use crate::sql::translate;
use crate::term::Term;

/// Refuses migrations whose file has no statement yet.
///
/// # Errors
/// When there is one; its file is named.
pub(super) fn written(chosen: &[&Migration]) -> Result<(), Failure> {
    let empty = chosen.iter().filter(|migration| migration.up.statements.is_empty());
    let named: Vec<String> = empty
        .map(|migration| format!("{}: the file has no statement; write one, or remove the file", migration.up.file))
        .collect();
    if named.is_empty() { Ok(()) } else { Err(Failure::unable(named.join("\n"))) }
}

/// Refuses an embedded database that was named and is not there: a mistyped path is no empty database.
///
/// # Errors
/// When the file is missing.
pub(super) fn present(target: &Target) -> Result<(), Failure> {
    match target.missing_file() {
        Some((file, true)) => {
            Err(Failure::unable(format!("{} is not there; check the path, or make it with migrate", file.display())))
        }
        _ => Ok(()),
    }
}

/// Opens the session and says on stderr where it is.
///
/// # Errors
/// When the database cannot be reached.
pub(super) async fn open(target: &Target, purpose: Purpose, term: &mut Term) -> Result<Session, Failure> {
    opening(target, term);
    let missing = target.missing_file().map(|(file, _)| file.display().to_string());
    let session = session(&target.settings, purpose).await?;
    if let (Some(file), Purpose::Read) = (missing, purpose) {
        term.note(&format!("{file} is not there yet: read as an empty database"));
    }
    opened(&session, term);
    Ok(session)
}

/// Says what may be why a session cannot be opened.
pub(super) fn opening(target: &Target, term: &mut Term) {
    if let Some(note) = &target.note {
        term.note(note);
    }
}

/// Says on stderr where a session is.
pub(super) fn opened(session: &Session, term: &mut Term) {
    term.note(&format!("database: {} ({})", session.place, session.engine));
}

/// What the database says of its migrations.
#[derive(Debug)]
pub(super) struct History {
    /// The ledger's rows.
    pub(super) ledger: Vec<LedgerRow>,
    /// The journal's rows.
    pub(super) journal: Vec<JournalRow>,
    /// What became of the statements that a run was cut off in after it had planned them: rows of ledger and journal say
    /// so here already.
    pub(super) planned: Outcome,
    /// Whether a migration that is begun has a row in the ledger.
    remembers_begun: bool,
}

impl History {
    /// Reads ledger and journal. Writes nothing.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) async fn read(session: &mut Session, ledger: &Ledger) -> Result<Self, Failure> {
        let mut rows = ledger.rows(session).await?;
        let mut journal = journal::outline(session, ledger.table()).await?;
        let planned = planned::outcome(session, &journal).await?;
        planned.apply(ledger.format, &mut rows, &mut journal);
        Ok(Self { ledger: rows, journal, planned, remembers_begun: ledger.format.remembers_begun() })
    }

    /// Whether a migration is applied by aura-db as its file stands, or by another tool, so that its down script is run
    /// as it is. Of one that is half-applied, or that found something there, only a part may be.
    pub(super) fn goes_down_as_written(&self, version: i64) -> bool {
        let rows: Vec<_> = self.journal.iter().filter(|row| row.version == version).collect();
        let is_whole = |row: &&JournalRow| row.direction == Direction::Up && row.progress == Progress::Done;
        rows.iter().all(is_whole) && rows.last().is_none_or(|last| last.position == last.of)
    }

    /// What a run began from that is one unit and was cut off, if there is something left of it to go on with.
    ///
    /// # Errors
    /// When the journal's row of it cannot be read.
    pub(super) fn unit(&self) -> Result<Option<Began>, Failure> {
        let Some(row) = self.journal.iter().find(|row| row.progress == Progress::Applying) else { return Ok(None) };
        let began = Began::read(row).map_err(|error| {
            Failure::state(format!("the journal holds no state of the unit that was cut off: {error}"))
        })?;
        Ok((!began.is_over(&self.ledger, &self.journal)).then_some(began))
    }

    /// Whether it is not known if a migration has run: `adopt` could not tell.
    pub(super) fn is_unsure(&self, version: i64) -> bool {
        self.journal.iter().any(|row| row.version == version && row.progress == Progress::Unsure)
    }

    /// Whether a run was cut off while it took a unit back.
    pub(super) fn has_undoing(&self) -> bool {
        self.journal.iter().any(|row| row.progress == Progress::Undoing)
    }

    /// Writes down what became of the statements that a run was cut off in after it had planned them. Nothing can run
    /// before that.
    ///
    /// # Errors
    /// When the server refuses.
    pub(super) async fn record_planned(
        &self,
        session: &mut Session,
        ledger: &Ledger,
        term: &mut Term,
    ) -> Result<(), Failure> {
        if self.planned.is_empty() {
            return Ok(());
        }
        for row in &self.planned.done {
            term.note(&format!("{}: found done, although the run that did it was cut off", row.place));
        }
        Ok(planned::record(session, ledger, &self.planned).await?)
    }

    /// Every version that files, ledger or journal know.
    pub(super) fn entries<'a>(&'a self, migrations: &'a [Migration]) -> Vec<Entry<'a>> {
        verify(migrations, &self.ledger, &self.journal, self.remembers_begun)
    }

    /// The same, refusing what is not in order for a verb that goes this way.
    ///
    /// # Errors
    /// When a migration is edited, missing, half-applied or out of order.
    pub(super) fn checked<'a>(
        &'a self,
        migrations: &'a [Migration],
        going: Direction,
        allow_out_of_order: bool,
    ) -> Result<Vec<Entry<'a>>, Failure> {
        let entries = self.entries(migrations);
        let refusals = refusals(&entries, Some(going), allow_out_of_order);
        if refusals.is_empty() { Ok(entries) } else { Err(Failure::state(refusals.join("\n"))) }
    }
}

/// Makes sure that the embedded engine knows every statement, before any of them runs.
///
/// # Errors
/// When one cannot be translated; its file and line are named.
pub(super) fn translatable<'a>(
    session: &Session,
    statements: impl Iterator<Item = &'a crate::model::migration::Statement>,
) -> Result<(), Failure> {
    if !session.has_transactional_ddl() {
        return Ok(());
    }
    let refused = untranslatable(statements);
    if refused.is_empty() { Ok(()) } else { Err(Failure::unable(refused.join("\n"))) }
}

/// The statements that the embedded engine cannot run, each with its file, line and reason.
pub(super) fn untranslatable<'a>(
    statements: impl Iterator<Item = &'a crate::model::migration::Statement>,
) -> Vec<String> {
    let refused = |statement: &crate::model::migration::Statement| {
        let error = translate::to_sqlite(&statement.sql).err()?;
        Some(format!("{}: the embedded engine cannot run this: {}", statement.at, error.message))
    };
    statements.filter_map(refused).collect()
}

/// Refuses statements that are written for the other server, before any of them runs. What is not proved by the text is
/// left to the server.
///
/// # Errors
/// When there is one; its file and line and the construct are named.
pub(super) fn understood<'a>(
    session: &Session,
    statements: impl Iterator<Item = &'a crate::model::migration::Statement>,
) -> Result<(), Failure> {
    let engine = &session.engine;
    let refused: Vec<String> = statements
        .filter_map(|statement| {
            let (owner, construct) = foreign(&statement.sql, engine)?;
            Some(format!("{}: {engine} refuses this, as it is {owner}'s syntax: {construct}", statement.at))
        })
        .collect();
    if refused.is_empty() {
        return Ok(());
    }
    let remedy = "nothing was run: write it in words that both servers know, or keep the file for the other server";
    Err(Failure::unable(format!("{}\n{remedy}", refused.join("\n"))))
}

/// Refuses statements that cannot mean in a run what they mean in a client, before any of them runs. Those that an earlier
/// run has done already are marked so.
///
/// # Errors
/// When there is one; its file and line, the reason and the remedy are named.
pub(super) fn compatible<'a>(
    session: &Session,
    scripts: impl Iterator<Item = &'a crate::model::migration::Script>,
    is_done: impl Fn(&crate::model::migration::Statement) -> bool,
) -> Result<(), Failure> {
    let Some(database) = session.database().filter(|_| !session.has_transactional_ddl()) else { return Ok(()) };
    let lock = lock::name(&database);
    let scripts: Vec<_> = scripts.collect();
    if let Some(misread) = scripts.iter().find_map(|script| misread(script, session.backslash())) {
        return Err(Failure::unable(format!("{misread}\nnothing was run")));
    }
    let refused: Vec<String> = scripts
        .iter()
        .flat_map(|script| conflicts(&script.statements, &lock))
        .filter(|(statement, _)| !is_done(statement))
        .map(|(statement, conflict)| format!("{}: {}; {}", statement.at, conflict.reason, conflict.remedy))
        .collect();
    if refused.is_empty() {
        return Ok(());
    }
    Err(Failure::unable(format!("{}\nnothing was run", refused.join("\n"))))
}

/// Where a script falls into other statements under the session's mode than those that were read.
fn misread(script: &crate::model::migration::Script, backslash: Backslash) -> Option<String> {
    if backslash == Backslash::Escapes {
        return None;
    }
    let told = |line: u32, column: u32| {
        format!(
            "{}:{line}:{column}: a backslash stands before a quote here, and the server's sql_mode has \
             NO_BACKSLASH_ESCAPES, under which it escapes nothing; double the quote instead, or SET sql_mode at the \
             beginning of the file to what the file is written for",
            script.file
        )
    };
    match (split(&script.text), split_under(&script.text, backslash)) {
        (Ok(read), Ok(there)) => {
            let other = read.iter().zip(&there).find(|(read, there)| read.sql != there.sql);
            let (read, _) = other.or_else(|| (read.len() != there.len()).then(|| read.last().zip(there.last()))?)?;
            Some(told(read.line, read.column))
        }
        (_, Err(error)) => Some(told(error.line, error.column)),
        (Err(_), Ok(_)) => None,
    }
}

/// Refuses statements that are longer than the server takes, before any of them runs.
///
/// # Errors
/// When there is one; its file and line and both sizes are named.
pub(super) fn sendable<'a>(
    session: &Session,
    statements: impl Iterator<Item = &'a crate::model::migration::Statement>,
) -> Result<(), Failure> {
    let most = session.longest_statement();
    let refused: Vec<String> = statements
        .filter(|statement| statement.sql.len() > most)
        .map(|statement| {
            let length = statement.sql.len();
            format!("{}: the statement has {length} bytes, and the server takes {most} at most", statement.at)
        })
        .collect();
    if refused.is_empty() {
        return Ok(());
    }
    let remedy =
        "nothing was run: split it, or raise the server's max_allowed_packet (SET GLOBAL max_allowed_packet = …)";
    Err(Failure::unable(format!("{}\n{remedy}", refused.join("\n"))))
}

/// Refuses statements that drop the last index which a foreign key needs, before any of them runs; those of which it is
/// not certain that they run as they stand are marked `false`. The embedded engine's foreign keys need none.
///
/// # Errors
/// When there is one; its file and line, the foreign key and the index are named.
pub(super) async fn spare_needed_indexes(
    session: &mut Session,
    ledger: &Ledger,
    statements: &[(&crate::model::migration::Statement, bool)],
) -> Result<(), Failure> {
    let drops = statements.iter().any(|(statement, certain)| *certain && drops_index(&statement.sql));
    if !drops || session.has_transactional_ddl() {
        return Ok(());
    }
    let Some(standard_key) = foreign_keys::asks_for_standard_key(session).await? else { return Ok(()) };
    let schema = session.schema(&[ledger.table()]).await?;
    let database = session.database();
    let rules = Rules { engine: session.engine.kind, standard_key, database: database.as_deref() };
    let refused: Vec<String> = needed(statements.iter().copied(), &schema, rules)
        .into_iter()
        .map(|needed| {
            format!(
                "{}: {}; drop the foreign key first, keep the index, or add another one in the same statement",
                needed.statement.at, needed.reason
            )
        })
        .collect();
    if refused.is_empty() { Ok(()) } else { Err(Failure::state(refused.join("\n"))) }
}

/// Refuses statements that copy a table above the limit, before any of them runs, as far as text and catalogue show it;
/// those of which it is not certain that they run as they stand are marked `false`.
///
/// # Errors
/// When there is one; its file and line, the table and its size are named.
pub(super) async fn spare_copies(
    session: &mut Session,
    ledger: &Ledger,
    copies: &CopyPolicy,
    statements: &[(&crate::model::migration::Statement, bool)],
) -> Result<(), Failure> {
    let may = statements.iter().any(|(statement, certain)| *certain && may_copy(&statement.sql));
    if copies.allow || !may || session.has_transactional_ddl() {
        return Ok(());
    }
    let checks = foreign_keys::asks_for_standard_key(session).await?.is_some();
    let schema = session.schema(&[ledger.table()]).await?;
    let mut refused = Vec::new();
    // Before the first one nothing has run, and the server itself says why it must copy.
    let first = statements.first().map(|(statement, _)| &statement.at);
    for one in copied(statements.iter().copied(), &schema, checks) {
        if Some(&one.statement.at) != first
            && let Some(message) = refused_copy(session, &one.table, copies, &one.why).await?
        {
            refused.push(format!("{}: {message}", one.statement.at));
        }
    }
    if refused.is_empty() { Ok(()) } else { Err(Failure::state(format!("{}\nnothing was run", refused.join("\n")))) }
}
