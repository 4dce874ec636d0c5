//! Builds the copy: from migrations that are applied, or from a live database's definitions.

use super::scratch::Scratch;
use super::{Home, Rehearsal, server, settings};
use crate::engine::connect::{Purpose, session};
use crate::engine::definitions::{Definition, Definitions};
use crate::engine::planner::PlannerError;
use crate::engine::sandbox::ServerKind;
use crate::engine::session::SessionConnection;
use crate::engine::settings::{Address, Settings};
use crate::engine::text::{name, rows, run, text};
use crate::engine::{EngineError, Session};
use crate::model::migration::Statement;
use sqlx::{ConnectOptions, Executor};
use std::borrow::Cow;

/// The database's name where nobody gives one.
const DATABASE: &str = "aura_db_rehearsal";
/// A setting of the whole server.
const FORMAT: &str = "innodb_default_row_format";
/// The server's own databases.
const SYSTEM: [&str; 4] = ["mysql", "sys", "information_schema", "performance_schema"];

impl Rehearsal {
    /// An empty database on a throwaway server; with definitions, of the live one's name, character set and settings,
    /// so that a statement means there what it means here.
    ///
    /// # Errors
    /// When no server can be started, or it refuses.
    pub async fn sandbox(kind: ServerKind, like: Option<&Definitions>) -> Result<Self, PlannerError> {
        let sandbox = server(kind, like.map(|given| given.engine.major_minor())).await?;
        let own = |given: &&Definitions| !SYSTEM.iter().any(|system| system.eq_ignore_ascii_case(&given.database));
        let database = like.filter(own).map_or(DATABASE, |given| &given.database).to_owned();
        let (charset, collation) = like.map_or(("utf8mb4", "utf8mb4_unicode_ci"), |given| {
            (given.collation.0.as_str(), given.collation.1.as_str())
        });
        let mut connection = sandbox.connect_options().connect().await?;
        let create = |options: &str| format!("CREATE DATABASE {}{options}", name(&database));
        let like_it = create(&format!(" CHARACTER SET {} COLLATE {}", text(charset), text(collation)));
        match crate::engine::text::run(&mut connection, like_it).await {
            // A collation of another version of the server: its default has to do.
            Err(EngineError::Server(_)) => crate::engine::text::run(&mut connection, create("")).await?,
            other => other?,
        }
        // Nothing may happen there by itself.
        connection.execute("SET GLOBAL event_scheduler = OFF").await.ok();
        let options = sandbox.connect_options().database(&database);
        let settings = settings(Address::Server(Box::new(options)));
        let mut session = session(&settings, Purpose::Write).await?;
        for (variable, value) in like.iter().flat_map(|given| &given.variables) {
            let value = if value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty() {
                value.clone()
            } else {
                text(value)
            };
            if *variable == FORMAT {
                // A table's definition does not say it, and it decides how long a key may be.
                session.run_own(&format!("SET GLOBAL {variable} = {value}")).await.ok();
                continue;
            }
            // What this version does not have, or does not let anyone set, cannot be the reason of anything here.
            session.run_own(&format!("SET SESSION {variable} = {value}")).await.ok();
        }
        let engine = session.engine.clone();
        Ok(Self {
            engine,
            place: "sandbox".into(),
            settings,
            session,
            reader: None,
            incomplete: false,
            home: Home::Server { _sandbox: Box::new(sandbox) },
        })
    }

    /// An empty database of this name on the live server itself, which the user has allowed.
    ///
    /// # Errors
    /// [`EngineError::Conflict`] when there is a database of that name that is not aura-db's; else what the server says.
    pub async fn scratch(server: &Settings, wanted: &str, like: &Definitions) -> Result<Self, EngineError> {
        let mut scratch = Box::new(Scratch::make(server, wanted, like).await?);
        let settings = Settings {
            connect_timeout: server.connect_timeout,
            ..settings(Address::Server(Box::new(scratch.options())))
        };
        let session = session(&settings, Purpose::Write).await?;
        scratch.receive(session.connection_id());
        Ok(Self {
            engine: session.engine.clone(),
            place: format!("scratch schema `{}`", scratch.name()),
            settings,
            session,
            reader: None,
            incomplete: false,
            home: Home::Scratch(scratch),
        })
    }

    /// Replays statements that are applied. On the embedded engine, what it does not know is left out and told.
    ///
    /// # Errors
    /// At the first statement that a server refuses.
    pub async fn replay(&mut self, statements: &[&Statement]) -> Result<Vec<String>, PlannerError> {
        let embedded = self.session.has_transactional_ddl();
        let mut notes = Vec::new();
        for statement in statements {
            match self.session.run(&statement.sql).await {
                Ok(()) => {}
                Err(error) if embedded => {
                    self.incomplete = true;
                    notes.push(format!("{} is left out of the copy: {error}", statement.at));
                }
                Err(error) => return Err(PlannerError::Replay { at: statement.at.clone(), error }),
            }
        }
        Ok(notes)
    }

    /// Makes the objects of a live database. What cannot be made is told.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn copy(&mut self, definitions: &Definitions) -> Result<Vec<String>, EngineError> {
        let own = lenient(&mut self.session).await?;
        let mut notes = Vec::new();
        let mut waiting: Vec<&Definition> = definitions.objects.iter().collect();
        // Views and functions may need each other: what fails is tried again as long as something else succeeds.
        loop {
            let mut refused = Vec::new();
            let before = waiting.len();
            for object in waiting {
                let sql = object.sql.as_deref().map(|sql| self.localised(object, &definitions.database, sql));
                let made = match sql.as_deref().and_then(|sql| self.out_of_bounds(sql)) {
                    Some(reason) => Err(EngineError::Refused(reason)),
                    None => make(&mut self.session, sql.as_deref()).await,
                };
                if let Err(error) = made {
                    match error {
                        EngineError::Connection(_) => return Err(error),
                        other => refused.push((object, other)),
                    }
                }
            }
            if refused.is_empty() || refused.len() == before {
                self.incomplete |= !refused.is_empty();
                let told = refused.iter().map(|(object, error)| {
                    format!(
                        "the {} {} could not be copied, so statements on it may fail here: {error}",
                        object.kind, object.name
                    )
                });
                notes.extend(told);
                break;
            }
            waiting = refused.into_iter().map(|(object, _)| object).collect();
        }
        for setting in own {
            self.session.run_own(&setting).await.ok();
        }
        Ok(notes)
    }

    /// A definition as it is to be run here: a server names the database in a view, although it is the view's own.
    fn localised<'sql>(&self, object: &Definition, database: &str, sql: &'sql str) -> Cow<'sql, str> {
        if matches!(self.home, Home::Scratch(_)) && object.kind == "view" {
            return Cow::Owned(sql.replace(&format!("{}.", name(database)), ""));
        }
        Cow::Borrowed(sql)
    }
}

/// Lets the session make what is there already, which younger rules might refuse: tables without a primary key or with
/// zero dates as defaults, keys that point ahead. Gives the statements that set the rules again.
async fn lenient(session: &mut Session) -> Result<Vec<String>, EngineError> {
    const RULES: [&str; 3] = ["foreign_key_checks", "innodb_strict_mode", "sql_require_primary_key"];
    // These change how a definition is read, not what it may say.
    const READING: [&str; 4] = ["ANSI_QUOTES", "PIPES_AS_CONCAT", "NO_BACKSLASH_ESCAPES", "ORACLE"];
    let SessionConnection::Server(conn) = &mut session.connection else { return Ok(Vec::new()) };
    let mut own = Vec::new();
    for rule in RULES {
        // Not every server has each of them, or lets this account set it.
        let Ok(rows) = rows(conn, format!("SELECT @@SESSION.{rule}")).await else { continue };
        let value = rows.first().and_then(|row| row.number(0)).unwrap_or(1);
        if run(conn, format!("SET SESSION {rule} = 0")).await.is_ok() {
            own.push(format!("SET SESSION {rule} = {value}"));
        }
    }
    let mode = rows(conn, "SELECT @@SESSION.sql_mode".into()).await?.first().map(|row| row.text(0)).unwrap_or_default();
    let kept: Vec<&str> = mode.split(',').filter(|word| READING.contains(word)).collect();
    run(conn, format!("SET SESSION sql_mode = {}", text(&kept.join(",")))).await?;
    own.push(format!("SET SESSION sql_mode = {}", text(&mode)));
    Ok(own)
}

async fn make(session: &mut Session, sql: Option<&str>) -> Result<(), EngineError> {
    match sql {
        Some(sql) => session.run_own(sql).await,
        None => Err(EngineError::Refused("this account may not see its definition".into())),
    }
}
