//! What `adopt` and `drift` compare with: what the migrations build on an empty database like the target's, or, where no
//! server of its kind is installed, what their statements say.

use super::failure::Failure;
use crate::engine::ledger::Ledger;
use crate::engine::planner::PlannerError;
use crate::engine::rehearsal::Rehearsal;
use crate::engine::sandbox::{SandboxError, ServerKind};
use crate::engine::{Session, definitions};
use crate::model::built::Built;
use crate::model::drift::ObjectKind;
use crate::model::engine::{Engine, EngineKind};
use crate::model::migration::Migration;
use crate::sql::draft::Draft;
use crate::term::Term;
use std::collections::BTreeMap;

/// Where the migrations are run, or read.
#[derive(Debug)]
pub(super) enum Replica {
    /// An empty database.
    Database(Box<Rehearsal>),
    /// Their text.
    Text(Box<Draft>),
}

/// Starts it: a throwaway server of the target's engine, or the embedded engine in memory. Where no server is installed, or
/// `embedded_terms` asks for it, the statements are read. With what the reader must know.
///
/// # Errors
/// When an installed server cannot be started.
pub(super) async fn start(
    session: &mut Session,
    ledger: &Ledger,
    embedded_terms: bool,
    term: &Term,
) -> Result<(Replica, Vec<String>), Failure> {
    let kind = match session.engine.kind {
        EngineKind::Embedded => return Ok((Replica::Database(Box::new(Rehearsal::embedded().await?)), Vec::new())),
        EngineKind::Mysql => ServerKind::Mysql,
        EngineKind::Mariadb => ServerKind::Mariadb,
    };
    if embedded_terms {
        let note = format!("{READ}. Without --embedded, an installed {} server compares in full", kind.engine());
        return Ok((Replica::Text(Box::new(Draft::new(session.defaults().await?))), vec![note]));
    }
    let like = definitions::read(session, ledger.table()).await?;
    let waiting = term.spinner("starting a throwaway server");
    let started = Rehearsal::sandbox(kind, Some(&like)).await;
    drop(waiting);
    let mut replica = match started {
        Err(PlannerError::Sandbox(error @ SandboxError::NotInstalled { .. })) => {
            let draft = Draft::new(session.defaults().await?);
            return Ok((Replica::Text(Box::new(draft)), vec![without(&error.to_string())]));
        }
        started => started.map_err(|error| Failure::unable(error.to_string()))?,
    };
    // Migrations may refer to tables that no migration makes.
    replica.session().run_own("SET SESSION foreign_key_checks = 0").await?;
    let other = replica.engine.version != like.engine.version;
    let note = format!("compared with {}, while the server is {}", replica.engine, like.engine);
    Ok((Replica::Database(Box::new(replica)), if other { vec![note] } else { Vec::new() }))
}

const READ: &str = "compared in embedded terms: the migrations were read and not run, and what only a server can tell is \
                    unknown, such as what is in a view";

/// The note in place of the error that there is no server; its help is the way to the full comparison.
fn without(error: &str) -> String {
    let (because, help) = error.split_once("\nhelp: ").unwrap_or((error, ""));
    let because: Vec<&str> = because.lines().map(str::trim).collect();
    format!("{READ}, because {}. For the full comparison, {help}", because.join("; "))
}

impl Replica {
    /// Runs a migration there, or reads it. On the embedded engine, what it does not know is left out and told.
    ///
    /// # Errors
    /// When a statement does not run; its place is named.
    pub(super) async fn replay(&mut self, migration: &Migration) -> Result<Vec<String>, Failure> {
        let replica = match self {
            Self::Database(replica) => replica,
            Self::Text(draft) => {
                let mut notes = Vec::new();
                for statement in &migration.up.statements {
                    let known = draft.built.wild.len();
                    draft.apply(&statement.sql, &statement.at.to_string());
                    if draft.built.wild.len() > known {
                        notes.push(format!("{}: in embedded terms it is not known what this changes", statement.at));
                    }
                }
                return Ok(notes);
            }
        };
        let statements: Vec<_> = migration.up.statements.iter().collect();
        replica.replay(&statements).await.map_err(|error| match error {
            PlannerError::Replay { at, error } => Failure::unable(format!(
                "{at}: this does not run on an empty database, so that it cannot be known what the migrations build: {error}"
            )),
            other => Failure::unable(other.to_string()),
        })
    }

    /// What was built.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub(super) async fn built(&mut self) -> Result<Built, Failure> {
        Ok(match self {
            Self::Database(replica) => Built::by_server(replica.schema().await?),
            Self::Text(draft) => draft.built.clone(),
        })
    }

    /// What was built of these names.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub(super) async fn built_of(&mut self, names: &[String]) -> Result<Built, Failure> {
        let draft = match self {
            Self::Database(replica) => return Ok(Built::by_server(replica.session().schema_of(names).await?)),
            Self::Text(draft) => draft,
        };
        let is_named = |name: &str| names.iter().any(|one| one.eq_ignore_ascii_case(name));
        let Built { schema, is_read, mariadb, doubts, wild } = &draft.built;
        let mut built = Built { is_read: *is_read, mariadb: *mariadb, wild: wild.clone(), ..Built::default() };
        built.schema.tables = schema.tables.iter().filter(|table| is_named(&table.name)).cloned().collect();
        built.schema.routines = schema.routines.iter().filter(|one| is_named(&one.name)).cloned().collect();
        let own = doubts.iter().filter(|(object, _)| match object.kind {
            ObjectKind::Program => object.name.as_deref().is_some_and(is_named),
            _ => is_named(&object.table),
        });
        built.doubts = own.map(|(object, doubts)| (object.clone(), doubts.clone())).collect();
        Ok(built)
    }

    /// The engine that the migrations were run on; `None` where they were read.
    pub(super) fn engine(&self) -> Option<Engine> {
        match self {
            Self::Database(replica) => Some(replica.engine.clone()),
            Self::Text(_) => None,
        }
    }

    /// SHOW CREATE TABLE of what was built, by the tables' names in lower case; nothing where no server has built it.
    ///
    /// # Errors
    /// When the server refuses.
    pub(super) async fn definitions(&mut self, ledger: &Ledger) -> Result<BTreeMap<String, String>, Failure> {
        let Self::Database(replica) = self else { return Ok(BTreeMap::new()) };
        if replica.session().has_transactional_ddl() {
            return Ok(BTreeMap::new());
        }
        let read = definitions::read(replica.session(), ledger.table()).await?;
        let tables = read.objects.into_iter().filter(|one| one.kind == "table");
        Ok(tables.filter_map(|one| Some((one.name.to_lowercase(), one.sql?))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_says_why_and_how_to_get_the_full_comparison() {
        let error =
            SandboxError::NotInstalled { kind: ServerKind::Mysql, rejected: vec!["/x/mysqld: it is old".into()] };
        let note = without(&error.to_string());
        for told in ["in embedded terms", "no MySQL server is installed", "/x/mysqld: it is old", "AURA_DB_MYSQLD"] {
            assert!(note.contains(told), "{told}: {note}");
        }
        assert!(!note.contains('\n'), "{note}");
    }
}
