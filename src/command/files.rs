//! The migrations that a verb works with, and the ledger that belongs to them.

use super::failure::Failure;
use super::prepare;
use super::target::Target;
use crate::cli::{LedgerChoice, Migrations};
use crate::engine::Session;
use crate::engine::connect::{Purpose, session};
use crate::engine::ledger::{Ledger, find};
use crate::engine::settings::Address;
use crate::migration::choice::{Request, choose};
use crate::migration::verify::{State, verify};
use crate::model::ledger::Tool;
use crate::model::migration::Migration;
use crate::source::migrations::{Folder, Options, read};
use crate::source::sqlx_toml;
use crate::sql::ddl::targets;
use crate::term::Term;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The folder when nothing else is said.
const DEFAULT_FOLDER: &str = "migrations";

/// How long a connection is waited for that nobody needs any more.
const PATIENCE: Duration = Duration::from_secs(1);

/// A folder of migrations, read.
#[derive(Debug)]
pub(super) struct Files {
    /// The migrations by version.
    pub(super) migrations: Vec<Migration>,
    request: Request,
}

impl Files {
    /// Loads the migrations that flags, profile and `sqlx.toml` point to; every unusable file is named in the failure.
    ///
    /// # Errors
    /// When a file cannot be used.
    pub(super) fn load(args: &Migrations, target: Option<&Target>, term: &mut Term) -> Result<Self, Failure> {
        let (files, notes) = Self::read(args, target)?;
        for note in &notes {
            term.note(note);
        }
        Ok(files)
    }

    /// Loads the migrations while the session is being opened, which takes a server longer; what is wrong with the files
    /// is told first.
    ///
    /// # Errors
    /// When a file cannot be used, or the database cannot be reached.
    pub(super) async fn load_and_open(
        args: &Migrations,
        target: &Target,
        purpose: Purpose,
        term: &mut Term,
    ) -> Result<(Self, Session), Failure> {
        if matches!(target.settings.address, Address::Embedded(_)) {
            let files = Self::load(args, Some(target), term)?;
            if purpose == Purpose::Write && target.missing_file().is_some() {
                files.runnable(target)?;
            }
            return Ok((files, Box::pin(prepare::open(target, purpose, term)).await?));
        }
        prepare::opening(target, term);
        let (folder, place) = (args.clone(), target.clone());
        let mut reading = tokio::task::spawn_blocking(move || Self::read(&folder, Some(&place)));
        let mut opening = Box::pin(session(&target.settings, purpose));
        let (read, opened) = tokio::select! {
            read = &mut reading => (read, None),
            opened = &mut opening => (reading.await, Some(opened)),
        };
        let (files, notes) = match read {
            Ok(Ok(files)) => files,
            unusable => {
                // A server counts a connection that breaks off before it stands as an attack.
                if opened.is_none()
                    && let Ok(Ok(session)) = tokio::time::timeout(PATIENCE, opening).await
                {
                    session.close().await.ok();
                }
                return Err(match unusable {
                    Ok(Err(failure)) => failure,
                    _ => Failure::unable("the migrations could not be read: their reader stopped"),
                });
            }
        };
        for note in &notes {
            term.note(note);
        }
        let session = match opened {
            Some(opened) => opened?,
            None => opening.await?,
        };
        prepare::opened(&session, term);
        Ok((files, session))
    }

    /// Refuses what the embedded engine cannot run before its file is made.
    fn runnable(&self, target: &Target) -> Result<(), Failure> {
        let chosen: Vec<&Migration> = self.migrations.iter().collect();
        prepare::written(&chosen)?;
        let refused = prepare::untranslatable(chosen.iter().flat_map(|migration| &migration.up.statements));
        if refused.is_empty() {
            return Ok(());
        }
        let why = match target.missing_file() {
            Some((file, false)) => format!(
                "no database is configured, so the embedded engine was taken, in {}: is DATABASE_URL set?\n",
                file.display()
            ),
            _ => String::new(),
        };
        Err(Failure::unable(format!("{why}{}", refused.join("\n"))))
    }

    /// The files, and what is worth a line about them.
    fn read(args: &Migrations, target: Option<&Target>) -> Result<(Self, Vec<String>), Failure> {
        let place = Place::of(args)?;
        let mut said = Vec::new();
        if place.by_sqlx_toml {
            said.push(format!("migrations: {}, as sqlx.toml says", place.folder.display()));
        }
        let tool = tool(args).or_else(|| target.and_then(|target| target.ledger));
        let table = args.ledger_table.clone().or_else(|| target.and_then(|target| target.ledger_table.clone()));
        let options = Options { tool, ignored: place.ignored };
        let Folder { migrations, tool: files, notes } = read(&place.folder, &options)
            .map_err(|errors| Failure::unable(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
        said.extend(notes);
        let highest = migrations.last().map_or(0, |migration| migration.version);
        let request = Request { tool, table, sqlx_table: place.sqlx_table, files, highest };
        Ok((Self { migrations, request }, said))
    }

    /// The ledger, said on stderr when it is not the usual one.
    ///
    /// # Errors
    /// When files, database and flags do not agree on one, or a migration touches it.
    pub(super) async fn ledger(&self, session: &mut Session, term: &mut Term) -> Result<Ledger, Failure> {
        let found = find(session, &self.request.tables()).await?;
        let choice = choose(&self.request, &found).map_err(Failure::state)?;
        if choice.ledger != Ledger::default() || choice.other.is_some() {
            let other =
                choice.other.as_ref().map(|other| format!("; the database has {other} too, which is not looked at"));
            term.note(&format!("ledger: {}{}", choice.ledger, other.unwrap_or_default()));
        }
        if let (false, Some(other)) = (choice.is_there, &choice.other) {
            self.unrecorded(session, other).await?;
        }
        untouched(&self.migrations, &choice.ledger)?;
        Ok(choice.ledger)
    }

    /// The ledger, for a verb that needs no migrations: an unusable file is not in its way.
    ///
    /// # Errors
    /// When database and flags do not agree on one.
    pub(super) async fn ledger_alone(
        args: &Migrations,
        target: &Target,
        session: &mut Session,
        term: &mut Term,
    ) -> Result<Ledger, Failure> {
        let tool = tool(args).or(target.ledger);
        let table = args.ledger_table.clone().or_else(|| target.ledger_table.clone());
        let request = Request { tool, table, sqlx_table: Place::of(args)?.sqlx_table, files: None, highest: 0 };
        Self { migrations: Vec::new(), request }.ledger(session, term).await
    }

    /// Refuses a new ledger for migrations that another one records already: they would run again.
    async fn unrecorded(&self, session: &mut Session, other: &Ledger) -> Result<(), Failure> {
        let rows = other.rows(session).await?;
        let entries = verify(&self.migrations, &rows, &[], true);
        let recorded = entries.iter().filter(|entry| entry.state == State::Applied).count();
        if recorded == 0 {
            return Ok(());
        }
        Err(Failure::state(format!(
            "{} of these migrations are recorded in the ledger {} already, and would run again with a new one; leave out \
             what names the new one, or rename the table",
            recorded, other.table
        )))
    }
}

/// Where the migrations are.
#[derive(Debug)]
pub(super) struct Place {
    /// The folder.
    pub(super) folder: PathBuf,
    by_sqlx_toml: bool,
    sqlx_table: Option<String>,
    ignored: Vec<char>,
}

impl Place {
    /// The place as the flag says, else `sqlx.toml` in the current directory, else the usual one.
    ///
    /// # Errors
    /// When `sqlx.toml` cannot be used.
    pub(super) fn of(args: &Migrations) -> Result<Self, Failure> {
        let toml = sqlx_toml::load(Path::new("sqlx.toml")).map_err(|error| Failure::unable(error.message))?;
        let by_toml = toml.folder.filter(|_| args.migrations.as_os_str() == DEFAULT_FOLDER);
        let by_sqlx_toml = by_toml.as_ref().is_some_and(|folder| *folder != args.migrations);
        Ok(Self {
            folder: by_toml.unwrap_or_else(|| args.migrations.clone()),
            by_sqlx_toml,
            sqlx_table: toml.table,
            ignored: toml.ignored,
        })
    }
}

/// The tool that the flag names.
pub(super) fn tool(args: &Migrations) -> Option<Tool> {
    args.ledger.map(|choice| match choice {
        LedgerChoice::Sqlx => Tool::Sqlx,
        LedgerChoice::Refinery => Tool::Refinery,
    })
}

/// A quick look: `false` only when the statement cannot name the table.
fn may_name(sql: &str, table: &str) -> bool {
    // A backtick in a name is written twice.
    table.contains('`') || sql.to_lowercase().contains(&table.to_lowercase())
}

/// Refuses migrations that would write to a ledger whose name nobody could know when the files were read.
fn untouched(migrations: &[Migration], ledger: &Ledger) -> Result<(), Failure> {
    let statements = migrations.iter().flat_map(|migration| {
        migration.up.statements.iter().chain(migration.down.iter().flat_map(|down| &down.statements))
    });
    let touching = statements
        .filter(|statement| may_name(&statement.sql, ledger.table()))
        .filter(|statement| targets(&statement.sql).iter().any(|name| name.eq_ignore_ascii_case(ledger.table())));
    let refusals: Vec<String> = touching
        .map(|statement| {
            let (at, ledger) = (&statement.at, ledger.table());
            format!("{at}: a migration may not touch the ledger {ledger}; remove the statement")
        })
        .collect();
    if refusals.is_empty() { Ok(()) } else { Err(Failure::unable(refusals.join("\n"))) }
}
