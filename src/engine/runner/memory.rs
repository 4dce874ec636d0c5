//! What the session knows that the journal must too: user variables, and what prepared statements stand for.

use crate::engine::{EngineError, Session, variables};
use crate::model::migration::Statement;
use crate::sql::prepared::{Prepared, Source, prepared};
use crate::sql::quote;
use crate::sql::words::names_any;
use std::collections::BTreeMap;

/// The memory of one migration's run.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The user variables that the script names.
    names: Vec<String>,
    /// Their values as the journal knows them.
    pub(super) saved: String,
    /// The texts of prepared statements.
    prepared: BTreeMap<String, String>,
}

impl Memory {
    pub(super) fn new(statements: &[Statement]) -> Self {
        let mut names: Vec<String> = statements.iter().flat_map(|statement| variables::named(&statement.sql)).collect();
        names.sort();
        names.dedup();
        if statements.iter().any(|statement| names_any(&statement.sql, &variables::ID_NAMES)) {
            names.push(variables::ID.to_owned());
        }
        Self { names, ..Self::default() }
    }

    /// The statement that an `EXECUTE` stands for; `None` for any other statement, and when it is not known.
    pub(super) async fn stands_for(&self, session: &mut Session, sql: &str) -> Result<Option<String>, EngineError> {
        match prepared(sql) {
            Some(Prepared::Execute { name }) => Ok(self.prepared.get(&name).cloned()),
            Some(Prepared::ExecuteImmediate { source }) => text_of(session, source).await,
            _ => Ok(None),
        }
    }

    /// Learns from a statement that has run; gives the assignments for the journal where they have changed.
    pub(super) async fn learn(&mut self, session: &mut Session, sql: &str) -> Result<String, EngineError> {
        if let Some(Prepared::Prepare { name, source }) = prepared(sql)
            && let Some(text) = text_of(session, source).await?
        {
            self.prepared.insert(name, text);
        }
        // A procedure may set them too, and what is executed.
        if self.names.is_empty() {
            return Ok(String::new());
        }
        let values = variables::values(session, &self.names).await?;
        if values == self.saved {
            return Ok(String::new());
        }
        self.saved.clone_from(&values);
        Ok(values)
    }

    /// Empties the variables at the migration's end, together with the next statement: the next migration must not find
    /// what it would not find in a run of its own.
    pub(super) fn forget(&self, session: &mut Session) {
        let names = self.names.iter().filter(|name| *name != variables::ID);
        let empty: Vec<String> = names.map(|name| format!("@{} = NULL", quote::name(name))).collect();
        if !empty.is_empty() {
            session.defer(format!("SET {}", empty.join(", ")));
        }
    }

    /// Puts variables back as the journal knows them.
    pub(super) async fn restore(&mut self, session: &mut Session, assignments: &str) -> Result<(), EngineError> {
        if !assignments.is_empty() {
            session.run_own(&format!("SET {assignments}")).await?;
            assignments.clone_into(&mut self.saved);
        }
        Ok(())
    }
}

async fn text_of(session: &mut Session, source: Source) -> Result<Option<String>, EngineError> {
    match source {
        Source::Text(text) => Ok(Some(text)),
        Source::Variable(name) => variables::text(session, &name).await,
    }
}
